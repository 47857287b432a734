"""What msgspec says of a wrong form, as a JSON pointer (RFC 6901) and words that hold no value."""

import re

_PATH = re.compile(r"^(?P<what>.*) - at `(?:key in )?\$(?P<path>.*)`$", re.DOTALL)
_KEY = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")


def pointers_of(message: str) -> dict[str, str]:
    """`Expected `int`, got `str` - at `$.day`` as {"/day": "Expected `int`, got `str`"}; "" is the whole."""
    match = _PATH.match(message)
    if match is None:
        return {"": message}
    keys = [
        (key or index).replace("~", "~0").replace("/", "~1") for key, index in _KEY.findall(match["path"])
    ]
    return {"".join(f"/{key}" for key in keys): match["what"]}
