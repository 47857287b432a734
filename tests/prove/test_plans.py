"""What each way reads is proportional to what it returns: the plans of every statement, at one size and at ten times that."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec

from aftercare.db.pool import Database
from aftercare.model.addresses import ChannelName
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.ledger import Narrowed
from aftercare.model.people import Actor
from aftercare.model.words import Role
from aftercare.services import (
    alerts,
    audit,
    check_ins,
    dashboard,
    dashboard_deliveries,
    dashboard_lists,
    dashboard_patient,
    me,
    patients,
    simulate,
    sweep,
)
from aftercare.services.dashboard_head import Reader
from aftercare.services.recovery import ESCALATE, SWEEP
from aftercare.services.simulate import Opened, Plan
from aftercare.store import audit as audit_store
from aftercare.store import channel_faults, due_work
from aftercare.store import ledger as ledger_store
from aftercare.store.deliveries import work_kind
from aftercare.store.due_work import CALM, URGENT
from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet
from tests.prove.plans import SMALL, PlanLog, Way, explain_logins
from tests.prove.waiting import let_wait

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
TENFOLD = 10
# What a statement looks at in vain: as many rows as it takes twice over, and those of one patient besides.
_PER_ROW, _BESIDES = 2, 60
_FEW = 12  # what may be read beyond what is given where there may be ever so much more
# A claim looks at as many as it takes in each urgency, and then takes the most urgent.
_MOST = {"due_work.claim": len(URGENT + CALM)}
# A look-up goes through one more page where an index has grown by a level. As many alerts are open at both sizes; whom the
# coordinator is to ring grows with the clinic, and is shown.
_GROWTH, _PAGES = 1.5, 24
_READ_TO_RING, _PAGES_TO_RING = 20, 16
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "8GB"}
# As many at both sizes are given up: the newest.
_GIVEN_UP = """update deliveries set state = case when delivery_id = any (array(
    select delivery_id from deliveries order by queued_at desc, delivery_id desc limit 30)) then 'dead' else 'sent' end
where state in ('dead', 'sent')"""
_LOGINS = ("aftercare_service_login", "aftercare_worker_login")


@dataclass
class Stage:
    """A simulated clinic of one size, and who goes the ways in it."""

    service: Database
    worker: Database
    opened: Opened
    patient_id: UUID
    alert_id: UUID

    @property
    def reader(self) -> Reader:
        member = next(one for one in self.opened.practice.staff if one.role is Role.PRACTITIONER)
        return Reader(actor=self.opened.practice.actor(Role.PRACTITIONER), member=member)

    @property
    def phone(self) -> Actor:
        return Actor(clinic_id=self.opened.practice.clinic.clinic_id, kind="patient", id=self.patient_id)

    async def check_in(self, **answers: object) -> None:
        draft = CheckInDraft(
            instrument=1, recorded_at=NOW - timedelta(minutes=1), time_zone="Europe/London", answers=answers
        )
        await check_ins.submit(self.service, self.phone, self.patient_id, uuid4(), draft, now=NOW)

    async def sweep_one(self) -> None:
        async with self.worker.transaction() as db:
            # A lease of no length: the same may be claimed again.
            claims = await due_work.claim(db, SWEEP, LATER, LATER, 20)
        await sweep.sweep(self.worker, claims[0], now=NOW)

    async def claim(self, kind: str, at: datetime) -> None:
        async with self.worker.transaction() as db:
            await due_work.claim(db, kind, at, at, 20)
            await due_work.next_due(db, kind)

    async def ledger(self, **asked: Any) -> None:
        await dashboard_deliveries.deliveries_page(self.service, self.reader, Narrowed(**asked), now=NOW)

    async def head_of_admins(self) -> None:
        clinic_id, lately = self.reader.actor.clinic_id, NOW - timedelta(days=7)
        async with self.service.clinic(clinic_id) as db:
            await ledger_store.count_unheard(db, clinic_id, lately)
            await channel_faults.standing(db, clinic_id, lately)

    async def to_seal(self) -> None:
        async with self.worker.transaction() as db:
            await audit_store.clinics_to_seal(db)

    def ways(self) -> dict[str, Callable[[], Awaitable[object]]]:
        service, reader, actor = self.service, self.reader, self.reader.actor
        return {
            "a quiet check-in": lambda: self.check_in(redness=0, pain=0),
            "a check-in that alerts": lambda: self.check_in(pus_spots="many", very_unwell=True),
            "what is due today": lambda: me.get_today(service, self.phone, now=NOW),
            "claims, nothing due": lambda: self.claim(SWEEP, NOW - timedelta(days=500)),
            "claims of sweeps, and one": self.sweep_one,
            "claims of escalations": lambda: self.claim(ESCALATE, LATER),
            "claims of mail": lambda: self.claim(work_kind("smtp"), LATER),
            "the triage list": lambda: dashboard.triage(service, reader, whose="everyone", offset=0, now=NOW),
            "one alert": lambda: dashboard.alert(service, reader, self.alert_id, back=None, now=NOW),
            "the alerts of the API": lambda: alerts.list_alerts(
                service, actor, whose="nobody", offset=0, now=NOW
            ),
            "a patient's page": lambda: dashboard_patient.patient(service, reader, self.patient_id, now=NOW),
            "a patient's check-ins": lambda: check_ins.list_check_ins(
                service, actor, self.patient_id, before=None, now=NOW
            ),
            "the newest patients": lambda: dashboard_lists.patients(
                service, reader, query="", before=None, now=NOW
            ),
            "a patient by number": lambda: patients.search_patients(service, actor, "SYN-0007", now=NOW),
            "the call list": lambda: dashboard_lists.call_list(service, reader, now=NOW),
            "the ledger": self.ledger,
            "the ledger, what was given up": lambda: self.ledger(state="dead"),
            "the ledger, what waits for mail": lambda: self.ledger(state="waiting", channel=ChannelName.SMTP),
            "the ledger of a channel": lambda: self.ledger(channel=ChannelName.SMTP),
            "the ledger of an alert": lambda: self.ledger(alert_id=self.alert_id),
            "the ledger of a patient": lambda: self.ledger(patient_id=self.patient_id),
            "what reached nobody and what fails": self.head_of_admins,
            "clinics with something to seal": self.to_seal,
            "sealing": lambda: audit.seal(self.worker),
        }

    async def go(self, log: PlanLog) -> dict[str, Way]:
        """Every way twice: the first plans its statements and fills the caches, the second is looked at."""
        gone = {}
        for name, way in self.ways().items():
            await way()
            log.skip()
            await way()
            gone[name] = log.way(name)
        return gone


async def _grow(fleet: Fleet, admin: asyncpg.Connection, plan: Plan, size: int) -> Opened:
    """Bring the clinic to so many check-ins; those who are there stay as they are."""
    wanted = simulate.patients_for(size, seed=plan.seed, days=plan.days, now=plan.now)
    database = fleet.database()
    await database.open()
    opened = await simulate.open_clinic(database, msgspec.structs.replace(plan, patients=wanted))
    async for _ in simulate.populate(database, opened):
        pass
    await database.close()
    # As autovacuum does within a minute: until then PostgreSQL takes the tables for empty.
    await admin.execute("analyze")
    worker = fleet.database("aftercare_worker")
    await worker.open()
    async for _ in simulate.seal(worker, opened):
        pass
    await worker.close()
    return opened


async def _whom(admin: asyncpg.Connection) -> tuple[UUID, UUID]:
    """The patient with the most check-ins of those with an alert, and that alert."""
    row = await admin.fetchrow(
        "select patient_id, (array_agg(id))[1] as alert_id from alerts join check_ins using (clinic_id, patient_id)"
        " group by patient_id order by count(*) desc, patient_id limit 1"
    )
    assert row is not None
    return row["patient_id"], row["alert_id"]


async def test_what_is_read_is_proportional_to_what_is_returned(tmp_path: Path, trial: Trial) -> None:
    full = trial.size(4_000, 1_000_000)
    plan = Plan(handle="plans", seed=trial.seed, patients=1, days=trial.size(80, 364), now=NOW)
    async with Fleet(tmp_path, postgres=_FAST) as fleet:
        admin = await fleet.judge()
        whom: tuple[UUID, UUID] | None = None
        sizes: dict[int, dict[str, Way]] = {}
        to_ring: dict[int, int] = {}
        for size in (full // TENFOLD, full):
            opened = await _grow(fleet, admin, plan, size)
            waiting = fleet.database()
            await waiting.open()
            await let_wait(waiting, admin, opened, trial.size(12, 500), now=NOW)
            await waiting.close()
            await admin.execute(_GIVEN_UP)
            await admin.execute("vacuum analyze")
            whom = whom or await _whom(admin)
            await explain_logins(admin, *_LOGINS, tiny=not trial.long)
            service, worker = fleet.database(size=1), fleet.database("aftercare_worker", size=1)
            await service.open()
            await worker.open()
            stage = Stage(service, worker, opened, *whom)
            sizes[size] = await stage.go(PlanLog(fleet.folder / "postgres" / "server.log"))
            await service.close()
            await worker.close()
            await admin.execute(
                "alter role aftercare_service_login reset all; alter role aftercare_worker_login reset all"
            )
            to_ring[size] = await admin.fetchval("select count(*) from call_list where done_at is null")
        counted = await admin.fetchval("select count(*) from check_ins")
        await admin.close()
    more_to_ring = max(0, to_ring[full] - to_ring[full // TENFOLD])
    tenth, whole = sizes[full // TENFOLD], sizes[full]
    for name, way in whole.items():
        before = tenth[name]
        trial.say(
            f"{name}: {len(way.statements)} statements, rows read {before.read} -> {way.read}, pages"
            f" {before.buffers} -> {way.buffers} ({counted:,} check-ins)"
        )
        for one in way.statements if trial.long else ():
            trial.say(
                f"{name}: {one.name}: {one.kept} rows taken, {one.discarded} in vain, {one.buffers} pages,"
                f" for {one.returned}"
            )
    # All of them at once: the large run is long.
    faults = [fault for name in whole for fault in _faults(name, tenth[name], whole[name], more_to_ring)]
    assert not faults, "\n".join(faults)


def _faults(name: str, before: Way, way: Way, more_to_ring: int) -> Iterator[str]:
    """What is read that is not in proportion to what is returned, and what grew with the clinic."""
    if not way.statements:
        yield f"{name}: no statement"
    for one in way.statements:
        if set(one.scanned) - SMALL:
            yield f"{name}: scans {one}"
        if one.discarded > _PER_ROW * one.kept + _BESIDES:
            yield f"{name}: discards {one}"
        if one.name in _MOST and one.kept > _MOST[one.name] * one.returned + _FEW:
            yield f"{name}: takes more than it gives {one}"
    if way.read > _GROWTH * before.read + _BESIDES + _READ_TO_RING * more_to_ring:
        yield f"{name}: rows read {before.read} -> {way.read}"
    if way.buffers > _GROWTH * before.buffers + _PAGES + _PAGES_TO_RING * more_to_ring:
        yield f"{name}: pages {before.buffers} -> {way.buffers}"
