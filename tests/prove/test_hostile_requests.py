"""Odd addresses, parameters and headers, written by hand onto the line: always an answer, never a 5xx, nothing quoted."""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.api.contract import schema
from tests.prove.conftest import Trial
from tests.prove.fuzzing import who_may
from tests.prove.hostile import MARK
from tests.prove.served import ROLES, Served, served_clinic

_MARK = MARK.encode()
# In the place of an id, a word or a number of the path, as bytes of an address.
SEGMENTS = {
    "NUL": b"%00", "line break": b"%0d%0aX-Injected:1", "half a pair": b"%ED%A0%80", "invalid UTF-8": b"%FF%C0%AF",
    "not an escape": b"%", "half an escape": b"%z1", "slashes": b"..%2f..%2f" + _MARK, "dots": b"..", "backslash": b"..%5c" + _MARK,
    "semicolon": _MARK + b";a=b", "blank": b"%20", "long": _MARK * 500, "very long": b"x" * 7000, "raw bytes": b"\xc3\xb8" + _MARK,
    "right-to-left": b"%E2%80%AE" + _MARK, "SQL": b"%27%20or%201=1--" + _MARK, "template": b"%7B%7B7*7%7D%7D" + _MARK,
    "nil UUID": b"00000000-0000-0000-0000-000000000000", "UUID in braces": b"%7B6ba7b810-9dad-41d1-80b4-00c04fd430c8%7D",
    "URN": b"urn:uuid:6ba7b810-9dad-41d1-80b4-00c04fd430c8", "number": b"9" * 400, "infinity": b"inf", "negative": b"-1",
    "digits of another script": b"%D9%A1%D9%A2", "empty": b"",
}  # fmt: skip
QUERIES = {
    "cursor, garbage": b"cursor=" + _MARK, "cursor, NUL": b"cursor=%00", "cursor, invalid UTF-8": b"cursor=%FF%FE",
    "cursor, long": b"cursor=" + b"k" * 6000, "cursor, twice": b"cursor=a&cursor=b", "cursor, bytes of another": b"cursor=kqCg",
    "cursor, of no calendar": b"cursor=ktb_AAAAAAAAAAAAAADZJGI3YjA5ODg4LTNhNWEtNGU0YS05YzJhLTBmNWQxMzdhYjZlMQ==",
    "offset": b"offset=1e3", "offset, negative": b"offset=-1", "offset, large": b"offset=" + b"9" * 400, "offset, list": b"offset[]=1",
    "whose": b"whose=" + _MARK, "after": b"after=9223372036854775808", "after, text": b"after=" + _MARK,
    "last_event_id": b"last_event_id=" + b"9" * 19, "view": b"view=" + _MARK, "taken_at": b"taken_at=1e400", "check_in_id": b"check_in_id=%00",
    "no name": b"=x&&&=&", "10,000 names": b"&".join([b"a=1"] * 10_000)[:7000], "percent": b"%%%&%00=%00", "semicolons": b"a;b;c",
    "__proto__": b"__proto__[x]=1", "fragment": b"a=1#" + _MARK, "question marks": b"???cursor=" + _MARK,
}  # fmt: skip
HEADERS = {
    "no token": b"Authorization: Bearer ", "token, long": b"Authorization: Bearer acs_" + b"x" * 7000, "token, NUL": b"Authorization: Bearer %00",
    "token, bytes": b"Authorization: Bearer acs_\xff\xfe" + _MARK, "token, two": b"Authorization: Bearer a\r\nAuthorization: Bearer b",
    "basic": b"Authorization: Basic " + _MARK, "no scheme": b"Authorization: " + _MARK, "cookie": b"Cookie: aftercare=" + _MARK,
    "cookie, odd": b'Cookie: aftercare="; ;;=;aftercare=\xff', "cookie, long": b"Cookie: aftercare=" + b"x" * 7000,
    "If-Match": b"If-Match: " + _MARK, "If-Match, weak": b'If-Match: W/"1"', "If-Match, any": b"If-Match: *",
    "If-Match, digits of another script": b'If-Match: "\xc2\xb2"', "If-Match, long": b'If-Match: "' + b"9" * 6000 + b'"',
    "Last-Event-ID": b"Last-Event-ID: " + b"9" * 20, "Last-Event-ID, text": b"Last-Event-ID: " + _MARK, "Last-Event-ID, bytes": b"Last-Event-ID: \xb2",
    "range": b"Range: bytes=0-0", "ranges": b"Range: bytes=" + b",".join([b"0-"] * 1000), "range, odd": b"Range: " + _MARK,
    "if modified": b"If-Modified-Since: " + _MARK, "if none": b'If-None-Match: "*"', "accept": b"Accept: " + _MARK + b";q=nan",
    "accept nothing": b"Accept: application/x-nothing", "language": b"Accept-Language: " + b"x-" * 500, "encoding": b"Accept-Encoding: " + _MARK,
    "forwarded": b"X-Forwarded-For: " + _MARK + b", ::1, 999.1.1.1", "proto": b"X-Forwarded-Proto: " + _MARK, "override": b"X-HTTP-Method-Override: DELETE",
    "form token": b"X-CSRF-Token: " + _MARK, "media type": b"Content-Type: \xff/" + _MARK, "expect": b"Expect: " + _MARK, "upgrade": b"Upgrade: h2c\r\nConnection: Upgrade",
    "websocket": b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13",
    "trace": b"Traceparent: " + _MARK, "hx": b"HX-Request: true\r\nHX-Current-URL: http://[::" + _MARK, "referer": b"Referer: \xff" + _MARK,
}  # fmt: skip
# No HTTP: what reads the line answers by itself, or hangs up; the server behind it is there for the next.
BROKEN = {
    "nothing": b"\r\n\r\n", "garbage": _MARK + b"\r\n\r\n", "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200,
    "two lengths": b"POST /v1/sync HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": b"POST /v1/sync HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"POST /v1/sync HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "a large length": b"POST /v1/sync HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
    "odd chunks": b"POST /v1/sync HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a header folded": b"GET /v1 HTTP/1.1\r\nHost: a\r\nX-A: b\r\n  c\r\n\r\n", "a header without end": b"GET /v1 HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000,
    "a thousand headers": b"GET /v1 HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(1000)) + b"\r\n",
    "NUL in a header": b"GET /v1 HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", "a version to come": b"GET /v1 HTTP/9.9\r\nHost: a\r\n\r\n",
    "no host": b"GET /v1 HTTP/1.1\r\n\r\n", "an address of another": b"GET http://other.test/v1 HTTP/1.1\r\nHost: a\r\n\r\n", "a raw NUL": b"GET /v1\0 HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT": b"CONNECT other.test:443 HTTP/1.1\r\nHost: a\r\n\r\n", "an address of 100,000": b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    status: int
    head: bytes
    body: bytes


@dataclass(frozen=True)
class Try:
    """One request line with its headers, and whether an answer of ours is owed."""

    what: str
    request: bytes


async def on_the_line(address: str, request: bytes, *, whole: bool = True) -> Answer | None:
    """What comes back for these bytes; None if the line was only closed. Of a stream that goes on, its beginning.

    What is not `whole` would be waited for: then the sender says that nothing more comes.
    """
    at = urlsplit(address)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    try:
        writer.write(request)
        if not whole:
            writer.write_eof()
        async with asyncio.timeout(60):
            head = await reader.readuntil(b"\r\n\r\n")
            streams = b"text/event-stream" in head
            body = await reader.read(1) if streams else await reader.read()
    except (asyncio.IncompleteReadError, OSError):
        return None
    finally:
        writer.close()
    return Answer(int(head.split(b" ")[1]), head, body)


def tries(served: Served) -> list[Try]:
    """Every operation with every odd segment, query and header, as somebody who may."""
    found, may = list[Try](), who_may()
    for path, operations in schema()["paths"].items():
        for method, one in operations.items():
            name = one["operationId"]
            if name in {"staff_sign_out", "enrolment_revoke"}:
                continue  # whose headers are right, and who would be out for all that follow
            role = next((role for role in ROLES if role in may[name]), "")
            values = served.held.values | {"id": served.held.values["check_in_id"]}
            there = path.format_map(values).encode()
            who = b"".join(f"{key}: {text}\r\n".encode() for key, text in served.headers(role).items())
            for parameter in re.findall(r"\{(\w+)\}", path):
                for odd, segment in SEGMENTS.items():
                    other = (
                        path.format_map(values | {parameter: "-here-"}).encode().replace(b"-here-", segment)
                    )
                    found.append(Try(f"{name} {parameter}: {odd}", _request(method, other, who)))
            for odd, query in QUERIES.items():
                found.append(Try(f"{name} ?{odd}", _request(method, there + b"?" + query, who)))
            for odd, header in HEADERS.items():
                first = header.partition(b":")[0].lower()
                rest = b"" if first == b"authorization" else who
                found.append(Try(f"{name} {odd}", _request(method, there, rest + header + b"\r\n")))
    return found


def _request(method: str, address: bytes, headers: bytes) -> bytes:
    body = b"Content-Length: 2\r\n\r\n{}" if method in {"put", "post"} else b"\r\n"
    start = method.upper().encode() + b" " + address + b" HTTP/1.1\r\nHost: clinic.test\r\n"
    return start + b"Connection: close\r\n" + headers + body


async def test_every_odd_request_is_answered(tmp_path: Path, trial: Trial) -> None:
    answers: Counter[int] = Counter()
    faults: list[str] = []
    async with served_clinic(tmp_path) as served:
        every = tries(served)
        chosen = every if trial.long else trial.rng.sample(every, 200)
        at_once = asyncio.Semaphore(8)

        async def send(one: Try) -> None:
            async with at_once:
                answer = await on_the_line(served.address, one.request)
            answers[answer.status if answer else 0] += 1
            if answer is None or (wrong := _wrong(answer)):
                faults.append(f"{one.what}: {wrong if answer else 'no answer'}\n    {one.request[:160]!r}")

        await asyncio.gather(*map(send, chosen))
        broken: Counter[str] = Counter()
        for name, request in BROKEN.items():
            came = await on_the_line(served.address, request, whole=False)
            broken[str(came.status) if came else "closed"] += 1
            if came is not None and came.status >= 500:
                faults.append(f"{name}: {came}")
            assert (await served.client.get("/health/ready")).status_code == 200, name
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults[:40])
    trial.say(
        f"{len(chosen)} of {len(every)} odd requests, answers {dict(sorted(answers.items()))}; "
        f"{len(BROKEN)} that are no HTTP: {dict(broken)}"
    )


def _wrong(answer: Answer) -> str:
    if answer.status >= 500:
        return f"{answer.status} {answer.body[:300]!r}"
    if b"x-injected" in answer.head.lower():
        return f"a header of the sender's: {answer.head!r}"
    if answer.status < 400:
        return ""
    if _MARK in answer.body or _MARK in answer.head:
        return f"quoted: {answer.status} {answer.body[:300]!r}"
    # Before there is a request, the server itself says no, in one line and without a body.
    problem = b"application/problem+json" in answer.head or (
        answer.status in {400, 414, 431} and not answer.body
    )
    return "" if problem else f"no problem: {answer.status} {answer.head[:300]!r} {answer.body[:200]!r}"
