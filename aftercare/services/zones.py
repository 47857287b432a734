"""Time zones as people send them."""

from functools import lru_cache
from zoneinfo import ZoneInfo

from aftercare.errors import Malformed


@lru_cache(maxsize=1024)
def known_zone(name: str) -> bool:
    """Whether the name is an IANA zone that this machine knows."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # unknown, a path, a folder of zones
        return False
    return True


def require_zone(name: str, pointer: str) -> str:
    """The name itself. Raises Malformed."""
    if not known_zone(name):
        raise Malformed(pointers={pointer: "This is not an IANA time zone such as Europe/London."})
    return name
