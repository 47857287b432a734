"""Histories for back-tests, and what became of those that the dashboard asked for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.backtests import AlertDifference, Summary, Window
from aftercare.store.rows import one

_SQL = queries("backtest")
_BEFORE_ALL = UUID(int=0)


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """A back-test that the dashboard asked for: how far it is, and what it came to."""

    backtest_id: UUID
    number: int
    since: datetime | None
    until: datetime | None
    state: Literal["waiting", "running", "done", "failed"]
    done: int
    total: int
    summary: Summary | None
    asked_by: UUID | None
    asked_at: datetime
    ended_at: datetime | None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Some patients' histories as documents, of `patients` looked at; `last` is where the next begin, None at the end."""

    histories: list[str]
    patients: int
    last: UUID | None


async def count_patients(db: Connection, clinic_id: UUID) -> int:
    """How many patients the clinic has."""
    count: int = await db.fetchval(_SQL["count_patients"], clinic_id)
    return count


async def histories(db: Connection, clinic_id: UUID, after: UUID | None, limit: int, window: Window) -> Batch:
    """The next patients' histories, not decoded."""
    rows = await db.fetch(
        _SQL["histories"], clinic_id, after or _BEFORE_ALL, limit, window.since, window.until
    )
    return Batch(
        histories=[row["history"] for row in rows if row["history"] is not None],
        patients=len(rows),
        last=rows[-1]["patient_id"] if len(rows) == limit else None,
    )


async def ask(
    db: Connection, clinic_id: UUID, backtest_id: UUID, number: int, window: Window, by: UUID | None, now: datetime
) -> bool:  # fmt: skip
    """Keep a back-test to be run in place of the pack's last; False if that one is not over yet."""
    await db.execute(_SQL["forget"], clinic_id, number)
    made = await db.fetchval(_SQL["ask"], clinic_id, backtest_id, number, window.since, window.until, by, now)
    return made is not None


async def get(db: Connection, clinic_id: UUID, backtest_id: UUID) -> Backtest | None:
    """One back-test."""
    return one(Backtest, await db.fetchrow(_SQL["get"], clinic_id, backtest_id))


async def of_pack(db: Connection, clinic_id: UUID, number: int) -> Backtest | None:
    """The pack's last back-test."""
    return one(Backtest, await db.fetchrow(_SQL["of_pack"], clinic_id, number))


async def begin(db: Connection, clinic_id: UUID, backtest_id: UUID, total: int) -> None:
    """It runs, from the beginning."""
    await db.execute(_SQL["begin"], clinic_id, backtest_id, total)


async def advance(db: Connection, clinic_id: UUID, backtest_id: UUID, done: int) -> None:
    """So many patients are done."""
    await db.execute(_SQL["advance"], clinic_id, backtest_id, done)


async def end_with(
    db: Connection, clinic_id: UUID, backtest_id: UUID, summary: Summary, now: datetime
) -> None:
    """It is done."""
    await db.execute(_SQL["end_with"], clinic_id, backtest_id, summary, now)


async def fail(db: Connection, clinic_id: UUID, backtest_id: UUID, now: datetime) -> None:
    """It broke off."""
    await db.execute(_SQL["fail"], clinic_id, backtest_id, now)


async def add_differences(
    db: Connection, clinic_id: UUID, backtest_id: UUID, first: int, found: Sequence[AlertDifference]
) -> None:
    """Keep differences, numbered from `first` on."""
    places = list(range(first, first + len(found)))
    await db.execute(
        _SQL["add_differences"], clinic_id, backtest_id, places, [each.patient_id for each in found], found
    )


async def differences(db: Connection, clinic_id: UUID, backtest_id: UUID) -> list[AlertDifference]:
    """What was kept of the differences, in the order in which they were found."""
    rows = await db.fetch(_SQL["differences"], clinic_id, backtest_id)
    return [msgspec.convert(row["difference"], AlertDifference) for row in rows]
