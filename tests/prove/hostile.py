"""What nobody means to send: texts, numbers, shapes and whole bodies, as bytes, and every place where they may be put."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# In every hostile text, and in no answer that refuses one.
MARK = "Capercaillie"


def quoted(text: str) -> bytes:
    """The text as JSON; half a surrogate pair as its escape."""
    return json.dumps(text).encode()


TEXTS = {
    "plain": MARK,
    "NUL": f"{MARK}\0end",
    "NUL alone": "\0",
    "control characters": f"{MARK}\x01\x08\x1b[31m\x7f",
    "half a pair": f"{MARK}\ud800",
    "the other half": f"\udc00{MARK}",
    "halves the wrong way round": f"{MARK}\udc00\ud800",
    "right-to-left override": f"{MARK}\u202egnp.exe\u202c",
    "isolates": f"\u2066{MARK}\u2069\u200f",
    "zero width": f"{MARK}\u200b\u200c\u200d\u2060\ufeff",
    "emoji with joiners": f"{MARK} \U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f3f4\U000e0067\U000e007f",
    "stacked marks": f"{MARK}{chr(0x30D) * 60}",
    "composed": f"{MARK} \u00e9\u1e9b\u0323\ufb01\u212b",
    "decomposed": f"{MARK} e\u0301s\u0323\u0307fiA\u030a",
    "private use and last": f"{MARK}\ue000\uffff\U0010ffff",
    "line break at the end": f"{MARK}\n",
    "header": f"{MARK}\r\nBcc: all@patients.test\r\n\r\n",
    "other line breaks": f"{MARK}\x85\u2028\u2029\x0b",
    "blanks alone": " \u00a0\u3000",
    "SQL": f"{MARK}'); drop table patients; -- \\",
    "HTML": f"</textarea></script><script>alert('{MARK}')</script><img src=x onerror=alert(1)>\"'",
    "formula": f'=HYPERLINK("http://x.test","{MARK}")+cmd|\' /C calc\'!A0',
    "template": MARK + "{{7*7}}${7*7}<%= 7 %>{% raw %}%s%n{0}",
    "path": f"../../{MARK}/%2e%2e%2f%00",
    "a megabyte": MARK * 80_000,
    "over every bound": MARK * 400,
    "empty": "",
    "__proto__": "__proto__",
    "number": "1",
    "infinity": "infinity",
    "year 10000": "+10000-01-01T00:00:00Z",
    "first hour": "0001-01-01T00:00:00+14:00",
    "last hour": "9999-12-31T23:59:59-14:00",
    "leap second": "2016-12-31T23:59:60Z",
    "zone": "Etc/GMT+12",
    "zone's path": "../../etc/passwd",
    "nil UUID": "00000000-0000-0000-0000-000000000000",
}
VALUES = {f"text: {name}": quoted(text) for name, text in TEXTS.items()} | {
    "null": b"null",
    "true": b"true",
    "-0": b"-0",
    "-0.0": b"-0.0",
    "1.0": b"1.0",
    "1e400": b"1e400",
    "-1e400": b"-1e400",
    "1e-400": b"1e-400",
    "almost 1": b"0." + b"9" * 400,
    "2**31": b"2147483648",
    "2**63": b"9223372036854775808",
    "-2**63-1": b"-9223372036854775809",
    "2**64": b"18446744073709551616",
    "400 digits": b"9" * 400,
    "10,000 digits": b"9" * 10_000,
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "a leading zero": b"007",
    "[]": b"[]",
    "{}": b"{}",
    "60 deep": b"[" * 60 + b"]" * 60,
    "100 deep": b"[" * 100 + b"]" * 100,
    "10,000 deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "10,000 items": b"[" + b",".join([b'"x"'] * 10_000) + b"]",
    "100,000 keys": b"{" + b",".join(b'"%d":1' % n for n in range(100_000))[:900_000].rsplit(b",", 1)[0] + b"}",
    "one key twice": b'{"a":1,"a":2}',
    "__proto__ as a key": b'{"__proto__":{"polluted":true},"constructor":{"prototype":{}}}',
    "half a pair as a key": b'{"\\ud800":1,"\\udfff":2}',
    "NUL as a key": b'{"\\u0000":1}',
    "invalid escape": b'"\\x"',
    "raw control character": b'"a\x01b"',
    "invalid UTF-8": b'"\xff\xfe\xc0\xaf"',
    "surrogates as UTF-8": b'"\xed\xa0\x80"',
}  # fmt: skip

_JSON = {"content-type": "application/json"}


def whole_bodies(good: bytes) -> dict[str, tuple[dict[str, str], bytes]]:
    """Bodies that are wrong as a whole, made from one that is right: headers and bytes."""
    return {
        "nothing": (_JSON, b""),
        "null": (_JSON, b"null"),
        "a list": (_JSON, b"[" + good + b"]"),
        "a string": (_JSON, quoted(MARK)),
        "a number": (_JSON, b"1e400"),
        "byte order mark": (_JSON, b"\xef\xbb\xbf" + good),
        "UTF-16": (_JSON | {"content-type": "application/json; charset=utf-16"}, good.decode().encode("utf-16")),
        "UTF-32": (_JSON, good.decode().encode("utf-32")),
        "invalid UTF-8": (_JSON, good[:-1] + b',"\xff":"\xff"}'),
        "something behind": (_JSON, good + b" " + quoted(MARK)),
        "twice": (_JSON, good + good),
        "cut": (_JSON, good[: len(good) // 2]),
        "NUL behind": (_JSON, good + b"\0"),
        "compressed": (_JSON | {"content-encoding": "gzip"}, gzip.compress(good)),
        "not compressed": (_JSON | {"content-encoding": "br"}, good),
        "a form": ({"content-type": "application/x-www-form-urlencoded"}, b"name=" + MARK.encode()),
        "a multipart form": ({"content-type": "multipart/form-data; boundary=x"}, b"--x\r\n\r\n" + MARK.encode()),
        "XML": ({"content-type": "application/xml"}, b"<name>" + MARK.encode() + b"</name>"),
        "msgpack": ({"content-type": "application/vnd.msgpack"}, b"\x81\xa4name\xa1x"),
        "no media type": ({"content-type": ""}, good),
        "an odd media type": ({"content-type": 'application/json; charset="' + "x" * 500}, good),
        "past the limit": (_JSON, b'{"x":"' + MARK.encode() * 100_000 + b'"}'),
        "100,000 brackets": (_JSON, b"[{" * 50_000),
        "keys nobody asked for": (_JSON, good[:-1].rstrip() + (b"," if good != b"{}" else b"") + b'"__proto__":{"a":1}}'),
    }  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A field of a body: the way to it, or the way to the object in which a key is chosen freely."""

    way: tuple[str | int, ...]
    is_key: bool = False

    def __str__(self) -> str:
        return "/".join(map(str, self.way)) + (" (key)" if self.is_key else "")


def places(document: dict[str, Any], shape: dict[str, Any]) -> Iterator[Place]:
    """Every field of a body's schema, those of what it holds included; of a list, its first item."""
    yield from _below(document, shape, ())


def _below(document: dict[str, Any], shape: dict[str, Any], way: tuple[str | int, ...]) -> Iterator[Place]:
    if way:
        yield Place(way)
    for one in shape.get("anyOf", [shape]):
        if "$ref" in one:
            known = document["components"]["schemas"][one["$ref"].rpartition("/")[2]]
            # Its own place is yielded already.
            yield from list(_below(document, known, way))[1 if way else 0 :]
        elif "properties" in one:
            for name, inner in one["properties"].items():
                yield from _below(document, inner, (*way, name))
        elif one.get("type") == "object":
            yield Place(way, is_key=True)
        elif "items" in one:
            yield from _below(document, one["items"], (*way, 0))


_HERE = "-- here --"


def body_with(body: dict[str, Any], place: Place, value: bytes) -> bytes:
    """The body with these bytes at a place."""
    changed = json.loads(json.dumps(body))
    node = changed
    for step, following in zip(place.way, (*place.way[1:], None), strict=True):
        if following is None and not place.is_key:
            _put(node, step, _HERE)
        else:
            empty: list[Any] | dict[str, Any] = [] if following == 0 else {}
            node = _get(node, step, empty)
    if place.is_key:
        node[_HERE] = 1
    return json.dumps(changed).encode().replace(quoted(_HERE), value)


def _get(node: Any, step: str | int, empty: list[Any] | dict[str, Any]) -> Any:
    held = node.get(step) if isinstance(node, dict) else node[int(step)] if len(node) > int(step) else None
    if not isinstance(held, type(empty)):
        _put(node, step, empty)
        held = empty
    return held


def _put(node: Any, step: str | int, value: Any) -> None:
    if isinstance(node, list) and len(node) <= int(step):
        node.append(value)
    else:
        node[step] = value
