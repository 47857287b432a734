"""The clinic as the pure parts need it: where it is and when it reads."""

from datetime import date, time
from typing import Annotated

import msgspec

from aftercare.model.text import END, Line, OptionalLine, Phone

# A zone of its own would contradict the clinic's.
WallTime = Annotated[time, msgspec.Meta(tz=False)]
HolidayName = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+" + END)]


class Opening(msgspec.Struct, frozen=True):
    """One opening of one weekday (0 Monday to 6 Sunday), in the clinic's local time.

    One that closes at or before it opens runs past midnight.
    """

    weekday: Annotated[int, msgspec.Meta(ge=0, le=6)]
    opens: WallTime
    closes: WallTime


class DayOpening(msgspec.Struct, frozen=True):
    """One opening of one date, as `Opening` is of a weekday."""

    opens: WallTime
    closes: WallTime


class Holiday(msgspec.Struct, frozen=True, kw_only=True):
    """A local date on which the weekday's openings do not hold: closed, or open at other times."""

    on: date
    name: HolidayName
    openings: Annotated[tuple[DayOpening, ...], msgspec.Meta(max_length=4)] = ()


class OpeningHours(msgspec.Struct, frozen=True, kw_only=True):
    """When the clinic is open, in its own zone. No weekly openings at all: nothing was said of when it reads."""

    time_zone: str
    openings: tuple[Opening, ...] = ()
    holidays: tuple[Holiday, ...] = ()  # one a date


class ClinicSettingsDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a clinic's admins change about it. Its zone stays: everything that was promised was promised in it."""

    name: Line
    phone: Phone = ""
    urgent_care: OptionalLine = ""  # where to turn when the clinic is closed
    openings: Annotated[tuple[Opening, ...], msgspec.Meta(max_length=28)] = ()
    holidays: Annotated[tuple[Holiday, ...], msgspec.Meta(max_length=100)] = ()


class ClinicSettings(ClinicSettingsDraft, frozen=True, kw_only=True):
    """The same as it stands, with what cannot be changed here."""

    handle: str
    time_zone: str
    country: str
    language: str
    version: int
