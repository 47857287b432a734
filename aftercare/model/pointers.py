"""What msgspec says of a wrong form, as a JSON pointer (RFC 6901) and words that hold no value."""

import re

_PATH = re.compile(r"^(?P<what>.*) - at `(?:key` in `)?\$(?P<path>.*)`$", re.DOTALL)
_VALUE = re.compile(r"^Invalid (enum )?value .*$", re.DOTALL)
_KEY = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")


def pointers_of(message: str) -> dict[str, str]:
    """`Expected `int`, got `str` - at `$.day`` as {"/day": "Expected `int`, got `str`"}; "" is the whole."""
    match = _PATH.match(message)
    if match is None:
        return {"": without_value(message)}
    keys = [
        (key or index).replace("~", "~0").replace("/", "~1") for key, index in _KEY.findall(match["path"])
    ]
    return {"".join(f"/{key}" for key in keys): without_value(match["what"])}


def without_value(what: str) -> str:
    """The words without the value that some of them quote."""
    return _VALUE.sub("This is not one of the values that are taken.", what)
