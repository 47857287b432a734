"""What the alarms of a period came to, counted from what is kept anyway: check-ins, alerts and their outcomes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from aftercare.db.pool import Connection, Database
from aftercare.errors import Malformed, NotFound
from aftercare.model.people import Actor, Clinic
from aftercare.model.statistics import LONGEST, Period, Statistics, WeekLine, share
from aftercare.services import audit
from aftercare.store import clinics
from aftercare.store import statistics as store

USUAL = timedelta(weeks=12)
_WEEK = timedelta(days=7)
_EARLIEST = date(2000, 1, 1)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The days asked for; None: the last twelve weeks, up to today."""

    since: date | None = None
    until: date | None = None


async def get_statistics(database: Database, actor: Actor, asked: Asked, *, now: datetime) -> Statistics:
    """The statistics of a period. Raises Malformed, naming the end of the period that is wrong."""
    async with database.clinic(actor.clinic_id) as db:
        clinic = await clinics.get(db, actor.clinic_id)
        if clinic is None:
            raise NotFound
        counted = await count(db, clinic, asked, now=now)
        await audit.record(db, actor, "statistics.seen", now=now)
    return counted


async def count(db: Connection, clinic: Clinic, asked: Asked, *, now: datetime) -> Statistics:
    """Count within a transaction of the clinic."""
    period = resolve(asked, clinic.time_zone, now)
    since, until = _instants(period)
    await store.give_room(db)
    return Statistics(
        period=period,
        budget=tuple(await store.budget(db, clinic.clinic_id, since, until)),
        weeks=_every_week(period, await store.weeks(db, clinic.clinic_id, since, until, period.time_zone)),
        checks=tuple(await store.checks(db, clinic.clinic_id, since, until)),
        answered=tuple(await store.answered(db, clinic.clinic_id, since, until, now)),
        muted=tuple(await store.muted(db, clinic.clinic_id, since, until)),
    )


def resolve(asked: Asked, time_zone: str, now: datetime) -> Period:
    """The period that is meant. Raises Malformed."""
    until = asked.until or now.astimezone(ZoneInfo(time_zone)).date()
    if until < _EARLIEST or until.year > now.year + 1:
        raise Malformed("Ask for days between 2000 and today.", pointers={"/until": "out of range"})
    since = asked.since or max(_EARLIEST, until - USUAL + timedelta(days=1))
    if since > until:
        raise Malformed(
            "The period ends before it begins: choose a first day before the last one.",
            pointers={"/since": "after until"},
        )
    if (until - since).days >= LONGEST or since < _EARLIEST:
        raise Malformed(
            f"Ask for at most {LONGEST} days at once.",
            pointers={"/since": f"{LONGEST} days or more before until"},
        )
    return Period(since=since, until=until, time_zone=time_zone)


def _instants(period: Period) -> tuple[datetime, datetime]:
    """From the first midnight to the one after the last day; the second is not included."""
    zone = ZoneInfo(period.time_zone)
    first, last = (
        datetime.combine(day, time(), zone).astimezone(UTC)
        for day in (period.since, period.until + timedelta(days=1))
    )
    return first, last


def _every_week(period: Period, told: list[WeekLine]) -> tuple[WeekLine, ...]:
    """All weeks of the period: one without anything is a fact too, not a gap in the picture."""
    known = {line.week: line for line in told}
    monday = period.since - timedelta(days=period.since.weekday())
    weeks = []
    while monday <= period.until:
        empty = WeekLine(
            week=monday,
            check_ins=share(0, 0),
            emergency=0,
            same_day=0,
            soon=0,
            routine=0,
            silence=0,
            confirmed=0,
        )
        weeks.append(known.get(monday, empty))
        monday += _WEEK
    return tuple(weeks)
