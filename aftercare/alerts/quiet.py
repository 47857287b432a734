"""Quiet hours: they hold a delivery until they are over, never what is judged, and never an emergency (design.md 6)."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from aftercare.care.calendar import at_local
from aftercare.care.opening import digest_at, openings
from aftercare.model.addresses import Reach
from aftercare.model.clinic import Opening, OpeningHours
from aftercare.model.preferences import QuietSpan, StaffPreferencesDraft
from aftercare.model.words import AlertState, Tier

WHY: Final = "quiet hours"
# A long weekend. Whatever holds longer is no quiet time but a leave, and belongs into the rota.
LONGEST: Final = timedelta(hours=72)
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_MINUTES: Final = 24 * 60  # of a day
_WEEK: Final = 7 * _MINUTES
_LAST_MINUTE: Final = time(23, 59)


class Release(NamedTuple):
    """When something may leave, and why not before; None if nothing holds it."""

    at: datetime
    why: str | None


class Handling(msgspec.Struct, frozen=True, kw_only=True):
    """What of an alert says whether somebody has dealt with it."""

    state: AlertState
    acknowledged_at: datetime | None = None
    attempted_at: datetime | None = None
    contacted_at: datetime | None = None
    snoozed_until: datetime | None = None


def release(preferences: StaffPreferencesDraft, tier: Tier, due: datetime, *, on_call: bool) -> Release:
    """Say when what is due for a person leaves: at once, or at the end of their quiet hours.

    An emergency passes through everything. Whoever is on call has no quiet hours for `same_day`. The preferences name
    their zone.
    """
    if tier is Tier.EMERGENCY or (tier is Tier.SAME_DAY and on_call):
        return Release(due, None)
    over = quiet_until(preferences, due)
    return Release(due, None) if over is None else Release(over, WHY)


def quiet_until(preferences: StaffPreferencesDraft, at: datetime) -> datetime | None:
    """Return when the quiet time that runs at an instant is over; None if none does. Spans that touch are one."""
    if not preferences.quiet:
        return None
    current = next(openings(_as_hours(preferences), at, at + _MINUTE), None)
    return current[1] if current is not None and current[0] <= at else None


def longest(quiet: Sequence[QuietSpan]) -> timedelta:
    """Return the longest stretch of quiet in a week, spans that touch or overlap taken together; a week: it never ends."""
    spans = sorted(_minutes(quiet))
    if not spans:
        return timedelta(0)
    best = 0
    start, end = spans[0]
    # Twice around, since a stretch may run over the end of the week.
    for begins, ends in [*spans[1:], *((one + _WEEK, other + _WEEK) for one, other in spans)]:
        if begins > end:
            start = begins
        end = max(end, ends)
        best = max(best, end - start)
    return timedelta(minutes=min(best, _WEEK))


def ways(preferences: StaffPreferencesDraft, tier: Tier, reaches: Sequence[Reach]) -> tuple[Reach, ...]:
    """Return the ways that are left of those that a tier may use: never none because of what a person took away."""
    muted: tuple[str, ...] = () if tier is Tier.EMERGENCY else getattr(preferences.muted, tier.value)
    return tuple(one for one in reaches if one.channel.value not in muted) or tuple(reaches)


def own_digest(
    preferences: StaffPreferencesDraft, hours: OpeningHours, since: datetime, otherwise: datetime
) -> datetime:
    """Return when a person's routine digest leaves: `otherwise`, the clinic's, or at their own time.

    That is the next one on a day on which the clinic opens, counted from `since`.
    """
    if preferences.digest_at is None:
        return otherwise
    own, zone = ZoneInfo(preferences.time_zone or hours.time_zone), ZoneInfo(hours.time_zone)
    opens = digest_at(hours, since - 2 * _DAY)
    while True:
        at = at_local(opens.astimezone(zone).date(), preferences.digest_at, own)
        if at >= since:
            return at
        opens = digest_at(hours, opens + _MINUTE)


def overtaken(alert: Handling, written_at: datetime, now: datetime) -> str | None:
    """Say why nobody need be told any more of what was written then and held back; None if it is still news."""
    if alert.state is AlertState.RESOLVED:
        return "resolved meanwhile"
    handled = (alert.acknowledged_at, alert.attempted_at, alert.contacted_at)
    if any(at is not None and at > written_at for at in handled):
        return "in somebody's hands meanwhile"
    if alert.snoozed_until is not None and alert.snoozed_until > now:
        return "snoozed meanwhile"  # news about it would have ended a snooze from before
    return None


def by_weekday(quiet: Sequence[QuietSpan]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Return what is quiet on each day of the week, Monday first, as minutes of the day from and to, in order."""
    quiet_minutes = {
        minute % _WEEK
        for begins, ends in _minutes(quiet)
        for minute in range(begins, min(ends, begins + _WEEK))
    }
    return tuple(
        tuple(_runs([minute for minute in range(_MINUTES) if day * _MINUTES + minute in quiet_minutes]))
        for day in range(7)
    )


def _runs(minutes: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for minute in minutes:
        if found and found[-1][1] == minute:
            found[-1] = (found[-1][0], minute + 1)
        else:
            found.append((minute, minute + 1))
    return found


def _as_hours(preferences: StaffPreferencesDraft) -> OpeningHours:
    """Quiet hours run as opening hours do: past midnight, over changes of clocks, in a zone."""
    spans = tuple(
        Opening(weekday=weekday, opens=span.starts, closes=span.ends)
        for span in preferences.quiet
        for weekday in span.weekdays
    )
    return OpeningHours(time_zone=preferences.time_zone or "UTC", openings=spans)


def _minutes(quiet: Sequence[QuietSpan]) -> list[tuple[int, int]]:
    found = []
    for span in quiet:
        starts, ends = _minute(span.starts), _minute(span.ends)
        if span.ends >= _LAST_MINUTE:
            ends = _MINUTES
        elif ends <= starts:
            ends += _MINUTES
        found += [(day * _MINUTES + starts, day * _MINUTES + ends) for day in span.weekdays]
    return found


def _minute(wall: time) -> int:
    return wall.hour * 60 + wall.minute
