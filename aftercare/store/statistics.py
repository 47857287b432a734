"""Counts of a clinic's check-ins and alerts in a period, one statement for each table that is shown."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.statistics import (
    AnsweredLine,
    BudgetLine,
    CheckLine,
    Grouping,
    MutedLine,
    Skin,
    Timing,
    Treated,
    WeekLine,
    precision,
    share,
)
from aftercare.model.words import Code, Tier
from aftercare.store.rows import many

_SQL = queries("statistics")


class _Budget(msgspec.Struct, frozen=True, kw_only=True):
    grouping: Grouping
    modality: Treated | None
    skin: Skin | None
    skin_type: int | None
    check_ins: int
    alarming_check_ins: int
    patients: int
    alarming_patients: int
    uneventful: int
    alarming_uneventful: int
    undecided: int
    silence: int


class _Week(msgspec.Struct, frozen=True, kw_only=True):
    week: date
    check_ins: int
    alarming_check_ins: int
    emergency: int
    same_day: int
    soon: int
    routine: int
    silence: int
    confirmed: int


class _Check(msgspec.Struct, frozen=True, kw_only=True):
    code: Code
    version: str
    row: str | None
    alerts: int
    unresolved: int
    confirmed: int
    expected_course: int
    false_alarm: int
    duplicate: int
    acknowledged_median: float | None


class _Answered(msgspec.Struct, frozen=True, kw_only=True):
    tier: Tier
    alerts: int
    taken_in_time: int
    taken_or_late: int
    taken_median: float | None
    taken_p90: float | None
    reached_in_time: int
    reached_or_late: int
    reached_median: float | None
    reached_p90: float | None


async def give_room(db: Connection) -> None:
    """Let the statements of this transaction sort and hash in memory: a year of a large clinic would go to disk and back."""
    await db.execute("set local work_mem = '64MB'")


async def budget(db: Connection, clinic_id: UUID, since: datetime, until: datetime) -> list[BudgetLine]:
    """What raised an alert, by group; everyone together first. `until` is not included."""
    rows = many(_Budget, await db.fetch(_SQL["budget"], clinic_id, since, until))
    return [
        BudgetLine(
            grouping=row.grouping,
            modality=row.modality,
            skin=row.skin,
            skin_type=row.skin_type,
            check_ins=share(row.alarming_check_ins, row.check_ins),
            patients=share(row.alarming_patients, row.patients),
            uneventful=share(row.alarming_uneventful, row.uneventful),
            undecided=row.undecided,
            silence=row.silence,
        )
        for row in rows
    ]


async def weeks(
    db: Connection, clinic_id: UUID, since: datetime, until: datetime, time_zone: str
) -> list[WeekLine]:
    """Weeks in which anything was said or raised, the oldest first."""
    rows = many(_Week, await db.fetch(_SQL["weeks"], clinic_id, since, until, time_zone))
    return [
        WeekLine(
            week=row.week,
            check_ins=share(row.alarming_check_ins, row.check_ins),
            emergency=row.emergency,
            same_day=row.same_day,
            soon=row.soon,
            routine=row.routine,
            silence=row.silence,
            confirmed=row.confirmed,
        )
        for row in rows
    ]


async def checks(db: Connection, clinic_id: UUID, since: datetime, until: datetime) -> list[CheckLine]:
    """What became of the alerts of each check and version; a check's own line (`row` None) before those of its rows."""
    rows = many(_Check, await db.fetch(_SQL["checks"], clinic_id, since, until))
    return [
        CheckLine(
            **msgspec.structs.asdict(row),
            precision=precision(row.confirmed, row.confirmed + row.expected_course + row.false_alarm),
        )
        for row in rows
    ]


async def answered(
    db: Connection, clinic_id: UUID, since: datetime, until: datetime, now: datetime
) -> list[AnsweredLine]:
    """How soon alerts were taken and patients reached, the most urgent tier first."""
    rows = many(_Answered, await db.fetch(_SQL["answered"], clinic_id, since, until, now))
    return [
        AnsweredLine(
            tier=row.tier,
            alerts=row.alerts,
            acknowledged=Timing(
                median=row.taken_median,
                p90=row.taken_p90,
                in_time=share(row.taken_in_time, row.taken_or_late),
            ),
            contacted=Timing(
                median=row.reached_median,
                p90=row.reached_p90,
                in_time=share(row.reached_in_time, row.reached_or_late),
            ),
        )
        for row in rows
    ]


async def muted(db: Connection, clinic_id: UUID, since: datetime, until: datetime) -> list[MutedLine]:
    """What packs in shadow would have said; a pack as a whole before its rows."""
    return many(MutedLine, await db.fetch(_SQL["muted"], clinic_id, since, until))
