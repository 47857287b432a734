"""Local days told by walking through time and looking at the clock on the wall: nothing here computes with offsets."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MINUTE = timedelta(minutes=1)
_SIDE = timedelta(
    hours=16
)  # no zone is further from UTC; what begins between two minutes is left to the table


def days_between(zone: ZoneInfo, start: datetime, end: datetime) -> list[date]:
    """The local dates that are lived between two instants, in order, each once."""
    quarters = int((end - start) / timedelta(minutes=15)) + 1
    return sorted(
        {(start + number * timedelta(minutes=15)).astimezone(zone).date() for number in range(quarters)}
    )


def first_minute_at(zone: ZoneInfo, day: date, wall: time) -> datetime | None:
    """The first minute of a local day whose clock shows `wall` or later; None if its clocks never do."""
    for minute in _minutes_around(day):
        shown = minute.astimezone(zone)
        if shown.date() == day and shown.time() >= wall:
            return minute
    return None


def _minutes_around(day: date) -> Iterator[datetime]:
    minute = datetime.combine(day, time.min, UTC) - _SIDE
    end = minute + 2 * _SIDE + timedelta(days=1)
    while minute < end:
        yield minute
        minute += _MINUTE
