"""A simulated clinic: what the services would have written, the same from the same seed, whole when interrupted."""

import asyncio
import heapq
import multiprocessing
import os
import re
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from aftercare.care.cohort import SyntheticCheckIn, SyntheticPatient, draw_visits
from aftercare.care.consenting import CURRENT_TEXT
from aftercare.db.pool import Database
from aftercare.errors import Conflict
from aftercare.model.consents import ConsentDraft
from aftercare.model.consents import Kind as ConsentKind
from aftercare.model.messages import OutgoingMessage
from aftercare.model.people import Actor, ClinicDraft, StaffDraft
from aftercare.model.words import Outcome, Role
from aftercare.notify.channel import Receipt
from aftercare.services import (
    alerts,
    check_ins,
    clinics,
    consents,
    courses,
    patients,
    rule_packs,
    screenings,
    simulate,
    staff,
)
from aftercare.services.lives import ARRIVED, BOOKED, TREATED, live
from aftercare.services.simulate import Batch, Opened, Plan, ProductionError
from aftercare.services.synthetic import (
    check_in_draft,
    course_draft,
    patient_draft,
    screening_draft,
    session_draft,
)
from aftercare.services.written import ANSWER
from aftercare.settings import Settings
from aftercare.store.bulk import COLUMNS
from tests.services.background import Post, RecordingChannel, pass_time

# A seed that draws much in little: alerts, calls without an answer, conditions that end, a name on the call list.
PLAN = Plan(handle="drawn", seed=10, patients=22, days=42, now=datetime(2026, 3, 4, 10, 0, tzinfo=UTC))
Row = dict[str, Any]
_ANY = Random(0)  # noqa: S311 - what it draws is replaced by what was drawn


async def populate(database: Database, plan: Plan) -> Opened:
    opened = await simulate.open_clinic(database, plan)
    async for _ in simulate.populate(database, opened, processes=1):
        pass
    return opened


class Relay(RecordingChannel):
    """A relay that takes every mail."""

    async def send(self, message: OutgoingMessage) -> Receipt:
        await super().send(message)
        return Receipt(ANSWER)


@dataclass
class Lived:
    """The same inputs through the services themselves, each at its own time."""

    service: Database
    worker: Database
    clinic_id: UUID
    team: dict[Role, Actor]
    patient_ids: dict[UUID, UUID] = field(default_factory=dict)  # by the id in the drawn cohort
    course_ids: dict[UUID, UUID] = field(default_factory=dict)
    queue: list[tuple[datetime, int, Callable[[datetime], Awaitable[object]]]] = field(default_factory=list)
    order: "count[int]" = field(default_factory=count)

    def at(self, when: datetime, event: Callable[[datetime], Awaitable[object]]) -> None:
        heapq.heappush(self.queue, (when, next(self.order), event))

    async def until(self, end: datetime) -> None:
        post = Post()
        post.channel = Relay()
        while self.queue:
            when, _, event = heapq.heappop(self.queue)
            await pass_time(self.worker, post, when)
            await event(when)
        await pass_time(self.worker, post, end)

    @property
    def by(self) -> Actor:
        return self.team[Role.PRACTITIONER]

    def plan(self, visits: tuple[SyntheticPatient, ...], drawn: dict[str, list[Row]]) -> None:
        """Put on the list what the simulation took as given: who came, what was said, what staff did."""
        sessions = {row["session_at"]: row for row in drawn["sessions"]}
        said = {row["check_in_id"] for row in drawn["check_ins"]}
        self.at(visits[0].session_at + BOOKED, partial(self.enter, visits[0]))
        for visit in visits:
            if visit.session_at in sessions:
                self.at(
                    visit.session_at + TREATED, partial(self.treat, visit, sessions[visit.session_at], drawn)
                )
            for one in visit.check_ins:
                if one.id in said:
                    self.at(one.recorded_at + ARRIVED, partial(self.say, visit, one))
        alert_of = {row["id"]: row for row in drawn["alerts"]}
        for row in drawn["follow_ups"]:
            if row["staff_id"] is not None:  # what the clock wrote down is written down by the services' own
                self.at(row["at"], partial(self.act, visits[0], row, alert_of[row["alert_id"]]))

    async def enter(self, one: SyntheticPatient, at: datetime) -> None:
        patient = await patients.create_patient(self.service, self.by, patient_draft(one), now=at)
        self.patient_ids[one.id] = patient.patient_id

    async def treat(
        self, visit: SyntheticPatient, session: Row, drawn: dict[str, list[Row]], at: datetime
    ) -> None:
        patient_id = self.patient_ids[visit.id]
        first = visit.id not in self.course_ids
        if first:
            planned = msgspec.structs.replace(
                course_draft(visit, _ANY), planned_sessions=drawn["courses"][0]["planned_sessions"]
            )
            course = await courses.create_course(self.service, self.by, patient_id, planned, now=at)
            self.course_ids[visit.id] = course.course_id
            screening = screening_draft(visit, course.course_id)
            await screenings.screen(self.service, self.by, patient_id, screening, now=at)
        draft = session_draft(visit, self.course_ids[visit.id], _ANY)
        lots = [row["lot"] for row in drawn["consumables"] if row["session_id"] == session["session_id"]]
        used = tuple(
            msgspec.structs.replace(one, lot=lot) for one, lot in zip(draft.consumables, lots, strict=True)
        )
        draft = msgspec.structs.replace(draft, consumables=used)
        await courses.record_session(self.service, self.by, patient_id, draft, now=at)
        if first:
            actor = Actor(clinic_id=self.clinic_id, kind="patient", id=patient_id)
            asked: tuple[ConsentKind, ...] = ("care", "photos")
            for kind in asked:
                consent = ConsentDraft(granted=True, text_version=CURRENT_TEXT, language="en")
                await consents.put_consent(self.service, actor, kind, consent, now=at)

    async def say(self, visit: SyntheticPatient, said: SyntheticCheckIn, at: datetime) -> None:
        patient_id = self.patient_ids[visit.id]
        actor = Actor(clinic_id=self.clinic_id, kind="patient", id=patient_id)
        await check_ins.submit(self.service, actor, patient_id, said.id, check_in_draft(visit, said), now=at)

    async def act(self, one: SyntheticPatient, row: Row, alert: Row, at: datetime) -> None:
        async with self.service.clinic(self.clinic_id) as db:
            alert_id = await db.fetchval(
                "select id from alerts where patient_id = $1 and code = $2 and raised_at = $3",
                self.patient_ids[one.id], alert["code"], alert["raised_at"],
            )  # fmt: skip
        actor = (
            self.by if row["kind"] in {"resolve", "end_condition"} else self.team[self.roles[row["staff_id"]]]
        )
        note = alerts.Note(text=row["text"])
        if row["kind"] == "acknowledge":
            await alerts.acknowledge(
                self.service, actor, alert_id, alerts.Acknowledge(take_over=True), now=at
            )
        elif row["kind"] == "resolve":
            end = alerts.Resolve(text=row["text"], outcome=Outcome(row["outcome"]))
            await alerts.resolve(self.service, actor, alert_id, end, now=at)
        else:
            acts = {
                "attempt": alerts.attempt,
                "contact": alerts.contact,
                "end_condition": alerts.end_condition,
            }
            await acts[row["kind"]](self.service, actor, alert_id, note, now=at)

    roles: dict[UUID, Role] = field(default_factory=dict)


async def services_clinic(service: Database, worker: Database, opened: Opened) -> Lived:
    """A clinic with the same hours and people, made by the services."""
    like, at = (
        opened.practice.clinic,
        opened.plan.now - timedelta(days=opened.plan.days) - simulate.OPENED_BEFORE,
    )
    fields = {name: getattr(like, name) for name in ClinicDraft.__struct_fields__}
    draft = msgspec.convert(fields | {"handle": "lived"}, ClinicDraft, from_attributes=True)
    clinic = await clinics.create_clinic(service, draft, now=at)
    system, team = Actor(clinic_id=clinic.clinic_id, kind="system"), {}
    for one in opened.practice.staff:
        new = StaffDraft(email=one.email, name=one.name, role=one.role, password="long enough")
        made = await staff.create_staff(service, system, new, now=at)
        team[one.role] = Actor(clinic_id=clinic.clinic_id, kind="staff", id=made.staff_id, role=one.role)
    await rule_packs.release(service, team[Role.PRACTITIONER], 1, now=at)
    roles = {one.staff_id: one.role for one in opened.practice.staff}
    return Lived(service, worker, clinic.clinic_id, team, roles=roles)


_FATE = {"state", "attempts", "sent_at", "dropped_why"}
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def stored(url: str, clinic_id: UUID) -> dict[str, Counter[str]]:
    """Every row of a clinic's lives as text, its ids replaced by what they name; hashes over ids only by their presence.

    Whether anything still waited when a routine digest was to leave depends on all patients at once, of which a life that
    is drawn alone knows nothing: it always sends. So what became of digests is left out.
    """
    admin = await asyncpg.connect(url)
    names = {str(clinic_id): "the clinic"}
    for statement in _NAMES:
        for row in await admin.fetch(statement, clinic_id):
            names[str(row["id"])] = _named(row["name"], names)
    digests = {
        row["delivery_id"]
        for row in await admin.fetch("select delivery_id from deliveries where kind = 'digest'")
    }
    tables = {}
    for table, columns in COLUMNS.items():
        found = await admin.fetch(f"select {', '.join(columns)} from {table} where clinic_id = $1", clinic_id)
        tables[table] = Counter(_line(row, names) for row in map(dict, found) if not _tries_of(row, digests))
    await admin.close()
    return tables


# In the order in which one's name is part of the next one's.
_NAMES = (
    "select staff_id as id, role as name from staff where clinic_id = $1",
    "select patient_id as id, reference as name from patients where clinic_id = $1",
    "select course_id as id, 'course of ' || patient_id as name from courses where clinic_id = $1",
    "select session_id as id, patient_id || ' session ' || session_at as name from sessions where clinic_id = $1",
    "select episode_id as id, 'episode of ' || session_id as name from episodes where clinic_id = $1",
    "select check_in_id as id, 'check-in ' || check_in_id as name from check_ins where clinic_id = $1",
    "select id, code || ' in ' || episode_id || ' raised ' || raised_at as name from alerts where clinic_id = $1",
    "select delivery_id as id, channel || what || coalesce(staff_id, patient_id) as name from deliveries where clinic_id = $1",
)


def _named(text: str, names: dict[str, str]) -> str:
    return _UUID.sub(lambda found: names.get(found[0], "some id"), text)


def _tries_of(row: Row, digests: set[UUID]) -> bool:
    return "answer" in row and "delivery_id" in row and row["delivery_id"] in digests


def _line(row: Row, names: dict[str, str]) -> str:
    if row.get("kind") == "digest":
        row = {name: value for name, value in row.items() if name not in _FATE}
    if "detail_hash" in row:
        row["detail_hash"] = row["detail_hash"] is not None
    plain = {key: str(value) if not isinstance(value, bytes) else value.hex() for key, value in row.items()}
    return _named(str(plain), names)


async def test_a_simulated_clinic_holds_what_the_services_would_have_written(
    service: Database, worker: Database, database_url: str, request: pytest.FixtureRequest
) -> None:
    long = request.config.getoption("long")
    plan = msgspec.structs.replace(PLAN, patients=60, days=140) if long else PLAN
    opened = await simulate.open_clinic(service, plan)
    lived = await services_clinic(service, worker, opened)
    for index in range(plan.patients):
        visits = draw_visits(plan.seed, index, now=plan.now, days=plan.days)
        drawn = {
            table: [dict(zip(COLUMNS[table], row, strict=True)) for row in rows]
            for table, rows in live(opened.practice, visits, plan.now).items()
        }
        lived.plan(visits, {table: drawn.get(table, []) for table in COLUMNS})
    await lived.until(plan.now)
    truth = await stored(database_url, lived.clinic_id)

    await populate(service, plan)
    ours = await stored(database_url, opened.practice.clinic.clinic_id)

    assert len(truth["alerts"]) >= 10
    assert len(truth["call_list"]) >= 1
    for table in COLUMNS:
        assert ours[table] == truth[table], table


async def everything(url: str, clinic_id: UUID) -> dict[str, list[str]]:
    """Every row to the letter, ids and hashes included; passwords aside."""
    admin = await asyncpg.connect(url)
    rows = {
        table: sorted(
            str(tuple(row))
            for row in await admin.fetch(f"select * from {table} where clinic_id = $1", clinic_id)
        )
        for table in COLUMNS
    }
    await admin.close()
    return rows


@pytest.fixture
async def another(server: Any, template: str) -> Any:
    """A second database, empty, and a service on it."""
    name = f"test_again_{os.getpid()}"
    admin = await asyncpg.connect(server.url("postgres"))
    await admin.execute(f"create database {name} template {template}")
    database = Database(server.url(name), role="aftercare_service", size=4)
    await database.open()
    yield database
    await database.close()
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


SMALL = msgspec.structs.replace(PLAN, handle="small", patients=30)


async def test_the_same_seed_and_instant_write_the_same_rows_however_many_processes_do(
    service: Database, another: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate, "BATCH", 8)
    opened = await populate(service, SMALL)
    again = await simulate.open_clinic(another, SMALL)
    done = [one async for one in simulate.populate(another, again, processes=2)]
    assert sum(one.patients for one in done) == SMALL.patients
    clinic_id = opened.practice.clinic.clinic_id
    assert await everything(another.url, clinic_id) == await everything(service.url, clinic_id)


async def test_an_interrupted_run_leaves_whole_patients_and_goes_on_where_it_stopped(
    service: Database, another: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate, "BATCH", 5)
    whole = await everything(service.url, (await populate(service, SMALL)).practice.clinic.clinic_id)
    first = await simulate.open_clinic(another, SMALL)
    clinic_id = first.practice.clinic.clinic_id
    run = simulate.populate(another, first, processes=1)
    assert (await anext(run)).patients == 5
    await _killed_in_the_middle(first, another.url)
    there = await everything(another.url, clinic_id)
    assert len(there["patients"]) == 5
    for table, rows in there.items():
        # A letter about several patients is known since the first of those who are there.
        assert set(rows) <= set(whole[table]) or table == "deliveries", table

    later = msgspec.structs.replace(SMALL, now=SMALL.now + timedelta(hours=7))
    gone_on = await simulate.open_clinic(another, later)
    assert (gone_on.plan, gone_on.password) == (SMALL, None)
    async for _ in simulate.populate(another, gone_on, processes=1):
        pass
    assert await everything(another.url, clinic_id) == whole


async def _killed_in_the_middle(opened: Opened, url: str) -> None:
    """A process that writes the next batch, killed once its rows are on their way."""
    batch = Batch(url=url, practice=opened.practice, plan=opened.plan, first=5, last=10)
    process = multiprocessing.get_context("spawn").Process(target=simulate.in_process, args=(batch,))
    admin = await asyncpg.connect(url)
    held = admin.transaction()
    await held.start()
    # Nobody may write audit entries meanwhile: the batch has written all the rest when it comes to them.
    await admin.execute("lock table audit_entries in access exclusive mode")
    process.start()
    watcher = await asyncpg.connect(url)
    while not await watcher.fetchval(
        "select count(*) from pg_locks where not granted and relation = 'audit_entries'::regclass"
    ):
        await asyncio.sleep(0.02)
        assert process.is_alive()
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    await held.rollback()
    # Its backend notices that nobody is there any more when it next writes; until then it would hold its locks.
    await watcher.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'aftercare_service'"
        " and state <> 'idle' and datname = current_database()"
    )
    await watcher.close()
    await admin.close()


async def test_a_connection_that_is_cut_costs_a_batch_a_second_try(
    service: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate, "BATCH", 15)
    opened = await simulate.open_clinic(service, SMALL)
    admin = await asyncpg.connect(database_url)
    # The first transaction that comes to write is cut off in its middle, as by a server that starts again.
    await admin.execute(
        "create sequence cuts; grant usage on sequence cuts to public;"
        "create function cut() returns trigger language plpgsql security definer as $$ begin"
        " if nextval('cuts') = 3 then perform pg_terminate_backend(pg_backend_pid()); end if; return new; end $$;"
        "create trigger cut before insert on alerts for each row execute function cut()"
    )
    done = [one async for one in simulate.populate(service, opened, processes=1)]
    there = await admin.fetchval("select count(*) from patients")
    cuts = await admin.fetchval("select last_value from cuts")
    await admin.close()
    assert cuts > 3
    assert sum(one.patients for one in done) == there == SMALL.patients


async def test_a_handle_that_another_clinic_has_is_refused(service: Database) -> None:
    await simulate.open_clinic(service, SMALL)
    with pytest.raises(Conflict):
        await simulate.open_clinic(service, msgspec.structs.replace(SMALL, seed=6))


def test_production_is_no_place_for_synthetic_patients() -> None:
    simulate.refuse_in_production(Settings())
    with pytest.raises(ProductionError):
        simulate.refuse_in_production(Settings(env="production"))


def test_a_number_of_check_ins_is_met_without_counting_them_all() -> None:
    wanted = simulate.patients_for(5000, seed=3, days=200, now=PLAN.now)
    drawn = sum(
        len(visit.check_ins)
        for index in range(wanted)
        for visit in draw_visits(3, index, now=PLAN.now, days=200)
    )
    assert 5000 <= drawn <= 6500
