"""The clinic as the pure parts need it: where it is and when it reads."""

from datetime import time

import msgspec


class Opening(msgspec.Struct, frozen=True):
    """One opening of one weekday (0 Monday to 6 Sunday), in the clinic's local time; `closes` after `opens`."""

    weekday: int
    opens: time
    closes: time


class OpeningHours(msgspec.Struct, frozen=True, kw_only=True):
    """When the clinic is open, in its own zone. No openings at all means never open."""

    time_zone: str
    openings: tuple[Opening, ...] = ()
