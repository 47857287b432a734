"""When the clinic reads, and deadlines that count only while it does.

Instants are UTC; openings are wall times of the clinic's zone, so an opening over a change of clocks is as long as it
really was. An opening that closes at or before it opens runs past midnight; one that closes at 23:59 closes at midnight.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aftercare.care.calendar import at_local, end_of_day, start_of_day
from aftercare.model.clinic import Opening, OpeningHours

_LAST_MINUTE = time(23, 59)
_DAY = timedelta(days=1)
_WEEK_AND_A_DAY = timedelta(days=8)


def is_open(hours: OpeningHours, at: datetime) -> bool:
    """Say whether the clinic is open at this instant; at the very instant of closing it is closed."""
    first = next(_spans(hours, at), None)
    return first is not None and first[0] <= at


def next_opening(hours: OpeningHours, at: datetime) -> datetime | None:
    """Return the next instant after `at` at which the clinic opens; `None` if it has no opening hours."""
    return next((opens for opens, _ in _spans(hours, at) if opens > at), None)


def add_open_time(hours: OpeningHours, start: datetime, amount: timedelta) -> datetime:
    """Return the instant by which the clinic has been open for `amount` since `start`.

    A clinic without any opening hours has said nothing, which must not mean that no deadline ever passes: then every
    minute counts.
    """
    if amount <= timedelta(0):
        return start.astimezone(UTC)
    left = amount
    for opens, closes in _spans(hours, start):
        begins = max(opens, start)
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    return start.astimezone(UTC) + amount


def digest_at(hours: OpeningHours, now: datetime) -> datetime:
    """Return when the next daily digest leaves: at the first opening of a day (09:00 for a clinic without hours)."""
    zone = ZoneInfo(hours.time_zone)
    today = now.astimezone(zone).date()
    previous = None
    for opens, _ in _spans(hours, start_of_day(today, zone)):
        day = opens.astimezone(zone).date()
        if day != previous and opens >= now:
            return opens
        previous = day
    nine = at_local(today, time(9), zone)
    return nine if nine >= now else at_local(today + _DAY, time(9), zone)


def _spans(hours: OpeningHours, after: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Walk the openings that end after `after`, in order and merged where they touch, week after week without end."""
    openings = [one for one in hours.openings if 0 <= one.weekday <= 6]
    if not openings:
        return
    zone = ZoneInfo(hours.time_zone)
    opens = closes = None
    for begins, ends in _in_order(openings, after, zone):
        if closes is not None and begins <= closes:
            closes = max(closes, ends)
            if (
                opens is not None and closes - opens > _WEEK_AND_A_DAY
            ):  # it never closes: do not look for the end
                yield opens, datetime.max.replace(tzinfo=UTC)
                return
            continue
        if opens is not None and closes is not None and closes > after:
            yield opens, closes
        opens, closes = begins, ends


def _in_order(
    openings: list[Opening], after: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    day = after.astimezone(zone).date() - 2 * _DAY
    while True:
        exists = start_of_day(day, zone).astimezone(zone).date() == day
        today = (one for one in openings if exists and one.weekday == day.weekday())
        for one in sorted(today, key=lambda one: (one.opens, one.closes)):
            if one.closes >= _LAST_MINUTE:
                ends = end_of_day(day, zone)
            else:
                ends = at_local(day if one.closes > one.opens else day + _DAY, one.closes, zone, last=True)
            begins = at_local(day, one.opens, zone)
            if begins < ends:
                yield begins, ends
        day += _DAY
