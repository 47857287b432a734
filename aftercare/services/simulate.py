"""A synthetic clinic in the database as if it had been lived, quickly: a million check-ins in minutes.

Patients live apart from each other, so processes share them out; each writes whole patients, a batch in a transaction. All
ids come from the seed, so an interrupted run goes on where it stopped, and the same seed and instant give the same rows
(the staff's passwords aside).
"""

import asyncio
import hashlib
import multiprocessing
import os
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from aftercare.care.cohort import draw_visits
from aftercare.db.pool import Busy, Connection, Database, DatabaseAway
from aftercare.errors import AftercareError, Conflict, NotFound
from aftercare.identity.passwords import hash_password
from aftercare.model.audit import AuditEntry
from aftercare.model.clinic import Opening
from aftercare.model.people import ClinicDraft, StaffMember
from aftercare.model.rule_packs import PackState
from aftercare.model.words import Role
from aftercare.services import audit, rule_packs
from aftercare.services.lives import live
from aftercare.services.written import Ids, Practice
from aftercare.settings import Settings
from aftercare.store import audit as audit_store
from aftercare.store import bulk, clinics, patients, staff
from aftercare.store import rule_packs as rule_pack_store

BATCH = 100  # patients
OPENED_BEFORE = timedelta(days=7)  # how long before its first session the clinic opened
_SAMPLE = 200
_WAITS = (1, 5, 20)  # seconds between the tries of a batch
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class ProductionError(AftercareError):
    """A synthetic clinic has no place among real ones: `aftercare simulate` does not run with AFTERCARE_ENV=production."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to simulate: `patients` of a clinic that has worked for `days` days, up to `now`."""

    handle: str
    seed: int
    patients: int
    days: int
    now: datetime


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """The clinic and its plan; `password` is its staff's, None where an earlier run made it."""

    practice: Practice
    plan: Plan
    password: str | None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the patients, for a process of their own."""

    url: str
    practice: Practice
    plan: Plan
    first: int
    last: int  # not included


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch came to; those who were there already are patients without check-ins."""

    patients: int
    check_ins: int


def refuse_in_production(settings: Settings) -> None:
    """Raise ProductionError."""
    if settings.env == "production":
        raise ProductionError


def patients_for(check_ins: int, *, seed: int, days: int, now: datetime) -> int:
    """How many patients it takes to write at least so many check-ins, judged by a sample of them."""
    drawn = (draw_visits(seed, index, now=now, days=days) for index in range(_SAMPLE))
    said = sum(len(visit.check_ins) for visits in drawn for visit in visits)
    # Chance and blocked courses take a little away from what is drawn.
    return max(1, round(1.05 * check_ins * _SAMPLE / max(1, said)))


async def open_clinic(database: Database, plan: Plan) -> Opened:
    """Make the clinic with its staff, or find it as an earlier run left it, with that run's `now`.

    Raises Conflict if another clinic has the handle.
    """
    ids = Ids(Random(f"{plan.seed}/{plan.handle}/clinic"))  # noqa: S311 - ids, no secrets
    clinic_id = ids(_EPOCH)  # the same whenever a run goes on
    async with database.clinic(clinic_id) as db:
        known = await clinics.find(db, plan.handle)
        clinic = await clinics.get(db, clinic_id)
        members = await staff.all_active(db, clinic_id)
        opened_at = await clinics.opened_at(db, clinic_id)
    if known is None:
        return await _make(database, plan, clinic_id, ids)
    if clinic is None or opened_at is None:
        raise Conflict(f"Another clinic is called {plan.handle}, or it was simulated from another seed.")
    plan = msgspec.structs.replace(plan, now=opened_at + timedelta(days=plan.days) + OPENED_BEFORE)
    practice = Practice(seed=plan.seed, clinic=clinic, staff=tuple(members))
    return Opened(practice=practice, plan=plan, password=None)


async def _make(database: Database, plan: Plan, clinic_id: UUID, ids: Ids) -> Opened:
    draft = ClinicDraft(
        name=f"Synthetic Skin Clinic {plan.handle}",
        handle=plan.handle,
        time_zone="Europe/London",
        country="GB",
        phone="+44 20 7946 0000",  # of the range kept for drama
        openings=tuple(
            Opening(weekday=day, opens=time(8), closes=time(20) if day < 5 else time(14)) for day in range(6)
        ),
    )
    opened_at = plan.now - timedelta(days=plan.days) - OPENED_BEFORE
    password = secrets.token_urlsafe(9)
    hashed = await hash_password(password)
    async with database.clinic(clinic_id) as db:
        await clinics.create(db, clinic_id, draft, opened_at)
        await clinics.name_in_directory(db, plan.handle, clinic_id)
        await audit_store.record(
            db, clinic_id, _entry(ids(opened_at), opened_at, "clinic.created", clinic_id)
        )
        for role in Role:
            member = StaffMember(
                staff_id=ids(_EPOCH),
                email=f"{role}@{plan.handle}.invalid",
                name=f"Sample {role.title()}",
                role=role,
            )
            await staff.create(db, clinic_id, member, hashed, opened_at)
            made = _entry(ids(opened_at), opened_at, "staff.created", member.staff_id)
            await audit_store.record(db, clinic_id, made)
        clinic = await clinics.get(db, clinic_id)
        members = await staff.all_active(db, clinic_id)
        await _release_rules(db, clinic_id, members, ids, opened_at)
    if clinic is None:
        raise NotFound
    practice = Practice(seed=plan.seed, clinic=clinic, staff=tuple(members))
    return Opened(practice=practice, plan=plan, password=password)


async def _release_rules(
    db: Connection, clinic_id: UUID, members: Sequence[StaffMember], ids: Ids, at: datetime
) -> None:
    """The practitioner releases the shipped rules, as `rule_packs.release` does: a cohort is about what is told."""
    by = next(one.staff_id for one in members if one.role is Role.PRACTITIONER)
    pack = await rule_packs.begin(db, clinic_id, now=at, pack_id=ids(at))
    await rule_pack_store.set_state(db, clinic_id, pack.number, PackState.LIVE, at=at, released_by=by)
    released = _entry(ids(at), at, "rule_pack.released", pack.pack_id, by=by, detail=pack.changes)
    await audit_store.record(db, clinic_id, released)


def _entry(
    entry_id: UUID,
    at: datetime,
    action: str,
    subject_id: UUID,
    *,
    by: UUID | None = None,
    detail: Any = None,
) -> AuditEntry:
    return AuditEntry(
        entry_id=entry_id,
        at=at,
        actor_kind="staff" if by else "system",
        actor_id=by,
        action=action,
        patient_id=None,
        subject_id=subject_id,
        detail_hash=None if detail is None else hashlib.sha256(msgspec.json.encode(detail)).digest(),
    )


async def populate(
    database: Database, opened: Opened, *, processes: int | None = None
) -> AsyncIterator[Done]:
    """Write every patient who is not there yet, batch by batch; whatever ends it, those written are whole."""
    batches = [
        Batch(
            url=database.url,
            practice=opened.practice,
            plan=opened.plan,
            first=first,
            last=min(first + BATCH, opened.plan.patients),
        )
        for first in range(0, opened.plan.patients, BATCH)
    ]
    wanted = min(processes or os.cpu_count() or 1, len(batches))
    if wanted <= 1:
        for batch in batches:
            yield await _persist(database, batch)
        return
    # Spawned: a fork would take the event loop and its connections along.
    pool = ProcessPoolExecutor(wanted, mp_context=multiprocessing.get_context("spawn"))
    try:
        loop = asyncio.get_running_loop()
        for coming in asyncio.as_completed(
            [loop.run_in_executor(pool, in_process, batch) for batch in batches]
        ):
            yield await coming
    finally:
        pool.shutdown(cancel_futures=True)


def in_process(batch: Batch) -> Done:
    """Write a batch over a connection of its own; what a process of the pool does."""

    async def write() -> Done:
        database = Database(batch.url, role="aftercare_service", size=1)
        await database.open()
        try:
            return await _persist(database, batch)
        finally:
            await database.close()

    return asyncio.run(write())


async def _persist(database: Database, batch: Batch) -> Done:
    """Write a batch, again where the database was away for a moment: what was written is whole, and not written twice."""
    for wait in _WAITS:
        try:
            return await write_batch(database, batch)
        except (Busy, DatabaseAway):
            await asyncio.sleep(wait)
    return await write_batch(database, batch)


async def write_batch(database: Database, batch: Batch) -> Done:
    """Live and write the patients of a batch in one transaction, but for those who are there already."""
    plan, clinic_id = batch.plan, batch.practice.clinic.clinic_id
    drawn = [
        draw_visits(plan.seed, index, now=plan.now, days=plan.days)
        for index in range(batch.first, batch.last)
    ]
    async with database.clinic(clinic_id) as db:
        there = await patients.several(db, clinic_id, [visits[0].id for visits in drawn])
    rows: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for visits in drawn:
        if visits[0].id not in there:
            for table, some in live(batch.practice, visits, plan.now).items():
                rows[table] += some
    rows["deliveries"] = _each_once(rows["deliveries"])
    async with database.clinic(clinic_id) as db:
        await bulk.write(db, rows)
    return Done(patients=len(drawn), check_ins=len(rows["check_ins"]))


def _each_once(deliveries: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The letters that several patients caused once, since the earliest; in an order that two batches cannot lock crosswise."""
    columns = bulk.COLUMNS["deliveries"]
    key, since = columns.index("delivery_id"), columns.index("queued_at")
    once: dict[UUID, tuple[Any, ...]] = {}
    for row in sorted(deliveries, key=lambda row: (row[since], row[key])):
        once.setdefault(row[key], row)
    return sorted(once.values(), key=lambda row: (row[columns.index("what")], row[key]))


async def seal(worker: Database, opened: Opened) -> AsyncIterator[int]:
    """Number and chain the clinic's audit as a worker would, up to its end; how many entries, batch by batch."""
    while sealed := await audit.seal_clinic(worker, opened.practice.clinic.clinic_id):
        yield sealed
