"""When a reminder may reach a patient: at its own time, or later by day, but never late at night nor on another day."""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from aftercare.care.calendar import MORNING, at_local, end_of_day
from aftercare.model.preferences import DailySpan

NIGHT: Final = time(21)
# A question that the calendar itself asks late in the evening, after a late session, leaves then.
ON_TIME: Final = timedelta(minutes=15)


def leaves_at(
    planned: datetime, now: datetime, zone: ZoneInfo, quiet: DailySpan | None = None
) -> datetime | None:
    """Say when a reminder planned for an instant leaves, seen from `now`; None: no more, its day is over or as good as.

    On time it leaves at once. Late (we, or the mail relay, were away) it leaves between nine in the morning and nine in
    the evening of the same local day in `zone`. Within the patient's quiet hours it waits until they are over, if that is
    still by day.
    """
    at = _by_day(planned, now, zone)
    if at is None or quiet is None:
        return at
    over = after_quiet(at, zone, quiet)
    return over if over == at or over < at_local(_day_of(planned, zone), NIGHT, zone) else None


def after_quiet(at: datetime, zone: ZoneInfo, quiet: DailySpan | None) -> datetime:
    """Return the instant itself, or when the quiet hours are over that it falls into."""
    wall = at.astimezone(zone)
    if quiet is None or not quiet.holds(wall.time()):
        return at
    later = wall.time() >= quiet.ends
    return at_local(wall.date() + timedelta(days=1) if later else wall.date(), quiet.ends, zone)


def _day_of(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _by_day(planned: datetime, now: datetime, zone: ZoneInfo) -> datetime | None:
    if now < planned:
        return planned
    day = _day_of(planned, zone)
    if now >= end_of_day(day, zone):
        return None
    opens = at_local(day, MORNING, zone)
    if now - planned < ON_TIME or opens <= now < at_local(day, NIGHT, zone):
        return now
    return opens if now < opens else None
