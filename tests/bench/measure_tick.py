"""Claiming 2,000 due of 200,000 episodes beside 2,000 of 2,000, in buffers and time; and a tick with nothing due."""

import statistics
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

from aftercare.db.pool import Database
from aftercare.services.house import utc_now
from aftercare.services.recovery import SWEEP
from aftercare.store import due_work
from tests.bench.rows import Row, Stage, limit, ratio
from tests.prove.fleet import Fleet
from tests.prove.people import open_clinic
from tests.prove.plans import PlanLog, explain_logins

_CLINICS = 8
_AT_ONCE = 20  # as the worker claims


async def measure(stage: Stage) -> AsyncIterator[Row]:
    """Buffers, time, and the idle tick."""
    due, many = stage.size(100, 2_000), stage.size(1_000, 200_000)
    now = utc_now()
    async with Fleet(stage.folder) as fleet:
        admin = await fleet.judge()
        service = fleet.database()
        await service.open()
        clinics = [
            (await open_clinic(service, f"tick-{number}", now)).clinic_id
            for number in range(stage.size(2, _CLINICS))
        ]
        await service.close()
        stage.say(f"{due:,} due of {due:,}")
        beside = await _claimed(fleet, admin, clinics, due=due, of=due, now=now, stage=stage)
        stage.say(f"{due:,} due of {many:,}")
        ours = await _claimed(fleet, admin, clinics, due=due, of=many, now=now, stage=stage)
        idle = await _idle(fleet, now - timedelta(days=1), stage.size(20, 400))
        await admin.close()
    label = f"tick, {due:,} due of {many:,} / of {due:,}"
    yield ratio(
        f"{label}: buffers", ours=ours[0], reference=beside[0], unit="pages", goal=1.3, better="lower"
    )
    yield ratio(f"{label}: time", ours=ours[1], reference=beside[1], unit="ms", goal=1.3, better="lower")
    yield limit("tick, nothing due", ours=idle, unit="ms", goal=5, better="lower")


async def _claimed(
    fleet: Fleet,
    admin: asyncpg.Connection,
    clinics: list[UUID],
    *,
    due: int,
    of: int,
    now: datetime,
    stage: Stage,
) -> tuple[float, float]:
    """(pages, milliseconds) of claiming everything that is due, as a worker does."""
    times = []
    for _ in range(stage.size(1, 5)):
        await _queue(admin, clinics, due=due, of=of, now=now)
        worker = fleet.database("aftercare_worker", size=1)
        await worker.open()
        await _claim_all(worker, now - timedelta(days=1))  # nothing: the statement is planned
        started = time.perf_counter()
        claimed = await _claim_all(worker, now)
        times.append((time.perf_counter() - started) * 1000)
        await worker.close()
        if claimed != due:
            raise RuntimeError(f"{claimed} were claimed, {due} were due")
    await _queue(admin, clinics, due=due, of=of, now=now)
    await explain_logins(admin, "aftercare_worker_login", tiny=False)
    log = PlanLog(Path(fleet.folder, "postgres", "server.log"))
    worker = fleet.database("aftercare_worker", size=1)
    await worker.open()
    await _claim_all(worker, now - timedelta(days=1))
    log.skip()
    await _claim_all(worker, now)
    await worker.close()
    await admin.execute("alter role aftercare_worker_login reset all")
    return log.way("claims").buffers, statistics.median(times)


async def _queue(admin: asyncpg.Connection, clinics: list[UUID], *, due: int, of: int, now: datetime) -> None:
    """Episodes to look at: so many due, in no order, the others on one of the next days."""
    await admin.execute("truncate due_work")
    rows = [
        (
            clinics[number % len(clinics)],
            SWEEP,
            uuid4(),
            now - timedelta(seconds=1 + number)
            if number < due
            else now + timedelta(minutes=1 + number % 20_000),
        )
        for number in range(of)
    ]
    rows.sort(key=lambda row: row[2])
    await admin.copy_records_to_table(
        "due_work", records=rows, columns=("clinic_id", "kind", "subject_id", "due_at")
    )
    await admin.execute("vacuum analyze due_work")


async def _claim_all(worker: Database, now: datetime) -> int:
    claimed = 0
    while True:
        async with worker.transaction() as db:
            found = await due_work.claim(db, SWEEP, now, now + timedelta(minutes=2), _AT_ONCE)
        claimed += len(found)
        if len(found) < _AT_ONCE:
            return claimed


async def _idle(fleet: Fleet, before: datetime, times: int) -> float:
    """The median of a tick at which nothing is due, in milliseconds."""
    worker = fleet.database("aftercare_worker", size=1)
    await worker.open()
    waits = []
    for _ in range(times):
        started = time.perf_counter()
        if await _claim_all(worker, before):
            raise RuntimeError("something was due")
        waits.append((time.perf_counter() - started) * 1000)
    await worker.close()
    return statistics.median(waits)
