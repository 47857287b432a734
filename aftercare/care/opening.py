"""When the clinic reads, and deadlines that count only while it does.

Instants are UTC; openings are wall times of the clinic's zone, so an opening over a change of clocks is as long as it
really was. An opening that closes at or before it opens runs past midnight; one that closes at 23:59 closes at midnight.
A holiday takes the place of its weekday's openings; what began the evening before still runs past midnight into it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aftercare.care.calendar import at_local, end_of_day, start_of_day
from aftercare.model.clinic import DayOpening, Holiday, Opening, OpeningHours

_LAST_MINUTE = time(23, 59)
_NINE = time(9)
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
    if not hours.openings:
        return start.astimezone(UTC) + amount
    left = amount
    for opens, closes in _spans(hours, start):
        begins = max(opens, start)
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    return start.astimezone(UTC) + amount


def open_time(hours: OpeningHours, start: datetime, until: datetime) -> timedelta:
    """Return for how long the clinic is open between two instants: what `add_open_time` has to add to come from one to the other.

    As there, every minute counts for a clinic without any opening hours.
    """
    if not hours.openings:
        return max(until - start, timedelta(0))
    found = timedelta(0)
    for opens, closes in _spans(hours, start):
        if opens >= until:
            break
        found += min(closes, until) - max(opens, start)
    return found


def openings(hours: OpeningHours, start: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Walk the openings that touch the time between two instants, in order, merged where they touch each other."""
    for opens, closes in _spans(hours, start):
        if opens >= until:
            return
        yield opens, closes


def holidays_from(hours: OpeningHours, day: date, days: int) -> tuple[Holiday, ...]:
    """Return the holidays of some days from a local date on, in order."""
    until = day + days * _DAY
    return tuple(sorted((one for one in hours.holidays if day <= one.on < until), key=lambda one: one.on))


def digest_at(hours: OpeningHours, now: datetime) -> datetime:
    """Return when the next daily digest leaves: at the first opening of a day (09:00 for a clinic without hours)."""
    zone = ZoneInfo(hours.time_zone)
    today = now.astimezone(zone).date()
    begins = next((at for at in _days_begin(hours, start_of_day(today, zone), zone) if at >= now), None)
    if begins is not None:
        return begins
    nine = at_local(today, _NINE, zone)
    return nine if nine >= now else at_local(today + _DAY, _NINE, zone)


def _days_begin(hours: OpeningHours, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Walk the days on which the clinic is open: each at its first opening, or at nine if it was open all night before.

    Who is open round the clock, but for a holiday, opens once in months; their days are days all the same.
    """
    spans = _spans(hours, after)
    current, last = next(spans, None), None
    while current is not None:
        opens, closes = current
        following = next(spans, None)
        opens_again = following[0].astimezone(zone).date() if following else None
        day = opens.astimezone(zone).date()
        if day != last:
            yield opens
        last, day = day, day + _DAY
        while day != opens_again and (nine := at_local(day, _NINE, zone)) < closes:
            yield nine
            last, day = day, day + _DAY
        current = following


def _spans(hours: OpeningHours, after: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Walk the openings that end after `after`, in order and merged where they touch, week after week without end."""
    last_holiday = max((one.on for one in hours.holidays), default=date.min)
    zone = ZoneInfo(hours.time_zone)
    opens = closes = None
    for begins, ends in _in_order(hours, after, zone):
        if closes is not None and begins <= closes:
            closes = max(closes, ends)
            if (
                opens is not None
                and closes - opens > _WEEK_AND_A_DAY
                and closes.astimezone(zone).date() - last_holiday > _WEEK_AND_A_DAY
            ):  # its week never closes: do not look for the end
                yield opens, datetime.max.replace(tzinfo=UTC)
                return
            continue
        if opens is not None and closes is not None and closes > after:
            yield opens, closes
        opens, closes = begins, ends
    if opens is not None and closes is not None and closes > after:
        yield opens, closes


def _in_order(hours: OpeningHours, after: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    special = {one.on: one.openings for one in hours.holidays}
    for day in _days(hours, after.astimezone(zone).date() - 2 * _DAY):
        if start_of_day(day, zone).astimezone(zone).date() != day:
            continue  # a day that the zone skipped
        weekly = [one for one in hours.openings if one.weekday == day.weekday()]
        today: Sequence[Opening | DayOpening] = special.get(day, weekly)
        for one in sorted(today, key=lambda one: (one.opens, one.closes)):
            if one.closes >= _LAST_MINUTE:
                ends = end_of_day(day, zone)
            else:
                ends = at_local(day if one.closes > one.opens else day + _DAY, one.closes, zone, last=True)
            begins = at_local(day, one.opens, zone)
            if begins < ends:
                yield begins, ends


def _days(hours: OpeningHours, first: date) -> Iterator[date]:
    """The days that may have openings: all, or only dates of their own where no weekday has any."""
    if not any(0 <= one.weekday <= 6 for one in hours.openings):
        yield from sorted(one.on for one in hours.holidays if one.on >= first)
        return
    day = first
    while True:
        yield day
        day += _DAY
