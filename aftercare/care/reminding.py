"""When a reminder may reach a patient: at its own time, or later by day, but never late at night nor on another day."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from aftercare.care.calendar import MORNING, at_local, end_of_day

NIGHT: Final = time(21)
# A question that the calendar itself asks late in the evening, after a late session, leaves then.
ON_TIME: Final = timedelta(minutes=15)


def leaves_at(planned: datetime, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Say when a reminder planned for an instant leaves, seen from `now`; None: no more, its day is over or as good as.

    On time it leaves at once. Late (we, or the mail relay, were away) it leaves between nine in the morning and nine in
    the evening of the same local day in `zone`.
    """
    if now < planned:
        return planned
    day = planned.astimezone(zone).date()
    if now >= end_of_day(day, zone):
        return None
    opens = at_local(day, MORNING, zone)
    if now - planned < ON_TIME or opens <= now < at_local(day, NIGHT, zone):
        return now
    return opens if now < opens else None
