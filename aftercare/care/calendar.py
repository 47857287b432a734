"""When check-ins fall due: local days that exist, in the patient's own zone (rules.md 1, design.md 7).

Instants are UTC. A local day may be missing (Apia, 30 December 2011), begin at 01:00 (Cairo, Beirut), or have its
midnight twice (St John's until 2011), so no day is ever assumed to be 24 hours long.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from aftercare.model.calendar import DueCheckIn
from aftercare.model.words import Modality

DAYS = {
    Modality.MICRONEEDLING: (0, 1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 28, 42),
    Modality.LASER_GENESIS: (0, 1, 2, 3, 5, 7, 10, 14, 21, 28, 42),
}
LAST_DAY = 42
DAY_90 = 90
MORNING = time(9)
EVENING = time(19)
AFTER_LASER = timedelta(hours=4)
# The skin cannot be judged while the numbing cream still works, nor the question answered on the way home.
AFTER_NEEDLING = timedelta(hours=1)
# A late session must still leave time to answer on its own day.
TIME_TO_ANSWER = timedelta(hours=1)


def calendar(
    modality: Modality,
    session_at: datetime,
    time_zone: str,
    *,
    with_day_90: bool = False,
    at: time = MORNING,
    evening: time = EVENING,
) -> list[DueCheckIn]:
    """Return every check-in that an episode asks for, in order, each on a local day that exists.

    Day 0 falls due in the evening after needling and 4 hours after laser, but always on the session's own local day;
    the other days at the local time `at`. A day that the zone skipped is asked on the next one, unless that one is asked
    anyway. Raises `zoneinfo.ZoneInfoNotFoundError` for an unknown zone.
    """
    return list(_calendar(modality, session_at, time_zone, with_day_90, at, evening))


# Asked for again at every look at an episode, and always the same: a worker looks at few episodes many times.
@lru_cache(maxsize=4096)
def _calendar(
    modality: Modality,
    session_at: datetime,
    time_zone: str,
    with_day_90: bool,  # noqa: FBT001 - the arguments are the key of the cache
    at: time,
    evening: time,
) -> tuple[DueCheckIn, ...]:
    zone = ZoneInfo(time_zone)
    session_on = session_at.astimezone(zone).date()
    due: dict[date, DueCheckIn] = {}
    for number in (*DAYS[modality], DAY_90) if with_day_90 else DAYS[modality]:
        on = start_of_day(session_on + timedelta(days=number), zone).astimezone(zone).date()
        if on in due:
            continue
        ends_at = end_of_day(on, zone)
        due_at = (
            _day_0(modality, session_at, ends_at, at_local(on, evening, zone))
            if number == 0
            else _within(at_local(on, at, zone), ends_at)
        )
        due[on] = DueCheckIn(day=(on - session_on).days, date=on, due_at=due_at, ends_at=ends_at)
    return tuple(due.values())


def day_of(session_at: datetime, recorded_at: datetime, time_zone: str) -> int:
    """Return the rule's day: local date of `recorded_at` minus local date of the session, both in `time_zone`."""
    zone = ZoneInfo(time_zone)
    return (recorded_at.astimezone(zone).date() - session_at.astimezone(zone).date()).days


def monitored_until(session_at: datetime, time_zone: str, *, with_day_90: bool = False) -> datetime:
    """Return the end of local day 42, or 90 where asked: what comes later is kept and judged, but no longer awaited."""
    zone = ZoneInfo(time_zone)
    last = session_at.astimezone(zone).date() + timedelta(days=DAY_90 if with_day_90 else LAST_DAY)
    return end_of_day(start_of_day(last, zone).astimezone(zone).date(), zone)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local day; of a day that does not exist, the first instant after it."""
    return at_local(day, time.min, zone)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant from which a local day is over for good, also where its last hour is lived twice."""
    tomorrow = day + timedelta(days=1)
    over = at_local(tomorrow, time.min, zone, last=True)
    if (over - timedelta(microseconds=1)).astimezone(zone).date() <= day:
        return over
    # Clocks went back to midnight and no further (Havana): tomorrow's first hour is lived twice, today ended before.
    return at_local(tomorrow, time.min, zone)


def at_local(day: date, wall: time, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """Return the UTC instant at which clocks of `zone` show `wall` on `day`.

    A time that clocks skip is the first instant after the gap; one that they show twice is the first, or with `last`
    the second.
    """
    local = datetime.combine(day, wall, zone)
    instant = local.replace(fold=1 if last else 0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # In a gap the fold names the side (PEP 495): fold 1 lands before the change of clocks, fold 0 after it.
    return _change_between(local.replace(fold=1).astimezone(UTC), local.replace(fold=0).astimezone(UTC), zone)


def _change_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    old, second = before.astimezone(zone).utcoffset(), timedelta(seconds=1)
    low, high = 0, int((after - before) / second)
    while high - low > 1:
        middle = (low + high) // 2
        if (before + middle * second).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return (before + high * second).replace(microsecond=0)


def _within(due_at: datetime, ends_at: datetime) -> datetime:
    """Keep a due instant within its day, also where clocks skip the last hour of it (Nuuk, every spring)."""
    return due_at if due_at < ends_at else ends_at - TIME_TO_ANSWER


def _day_0(modality: Modality, session_at: datetime, ends_at: datetime, evening: datetime) -> datetime:
    laser = modality is Modality.LASER_GENESIS
    wished = session_at + AFTER_LASER if laser else max(evening, session_at + AFTER_NEEDLING)
    return max(session_at, min(wished, ends_at - TIME_TO_ANSWER)).astimezone(UTC)
