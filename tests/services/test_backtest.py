"""Back-tests of histories made through the services: the pack that was live gives what is in the database, to the instant."""

import asyncio
import os
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from aftercare.alerts.backtest import relive
from aftercare.alerts.comparing import Trial
from aftercare.checks import default_pack
from aftercare.db.pool import Connection, Database
from aftercare.errors import AftercareError, Malformed, NotFound
from aftercare.model.backtests import AlertDifference, History, Progress, Said, Summary, Window
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.rule_packs import RulePackDraft
from aftercare.model.words import Outcome
from aftercare.services import alerts, backtest, check_ins, courses, rule_packs, simulate
from aftercare.services.alerts import Acknowledge, Note, Resolve, Snooze
from aftercare.services.backtest import BACKTEST, BacktestDraft
from aftercare.services.backtest_judge import BackTestsBusy, Judges
from aftercare.services.simulate import Plan
from aftercare.store import backtest as store
from aftercare.store import clinics, due_work, patients
from aftercare.store.due_work import Claim
from tests.services.background import Post, pass_time
from tests.services.conftest import Recovering, Team, Treat, next_session

PLAN = Plan(handle="drawn", seed=10, patients=25, days=60, now=datetime(2026, 3, 4, 10, 0, tzinfo=UTC))
LOOSER = {"expected": {"microneedling": {"swelling": [3] * 20, "redness": [3] * 20}}}
Fact = tuple[UUID, str, str, datetime]


async def read(db: Connection, clinic_id: UUID) -> list[History]:
    batch = await store.histories(db, clinic_id, None, 1000, Window())
    return msgspec.json.decode(f"[{','.join(batch.histories)}]".encode(), type=list[History])


async def both(database: Database, clinic_id: UUID) -> tuple[set[Fact], set[Fact]]:
    """What is in the database, and what the live pack makes of the history."""
    async with database.clinic(clinic_id) as db:
        rows = await db.fetch("select * from alerts where clinic_id = $1", clinic_id)
        clinic = await clinics.get(db, clinic_id)
        histories = await read(db, clinic_id)
    assert clinic is not None
    lived = [relive(default_pack(), clinic, history) for history in histories]
    assert sum(one.acts_without_alert for one in lived) == 0
    fact = {(row["episode_id"], row["code"], row["tier"], row["raised_at"]) for row in rows}
    return fact, {(a.episode_id, a.code, a.tier, a.raised_at) for one in lived for a in one.alerts}


async def run(database: Database, trial: Trial) -> list[Said]:
    async with aclosing(backtest.run(Judges(), database, trial)) as said:
        return [one async for one in said]


class Chance:
    """A clinic's weeks by dice: answers, some late, some before their session is entered; and what staff do."""

    def __init__(self, database: Database, team: Team, seed: int) -> None:
        self.database, self.team = database, team
        self.dice = Random(seed)  # noqa: S311 - answers, no secrets

    def answers(self) -> dict[str, Any]:
        grades = {
            item: self.dice.choice((0, 0, 1, 1, 2, 3)) for item in ("swelling", "pain", "redness", "warmth")
        }
        signs = {item: True for item in ("tingling", "spreading", "lumps") if self.dice.random() < 0.08}
        return grades | signs

    async def say(self, one: Recovering, at: datetime, now: datetime) -> None:
        draft = CheckInDraft(instrument=1, recorded_at=at, time_zone="Europe/London", answers=self.answers())
        await check_ins.submit(self.database, one.actor, one.patient_id, uuid4(), draft, now=now)

    async def act(self, now: datetime) -> None:
        by = self.dice.choice((self.team.practitioner, self.team.coordinator))
        async with self.database.clinic(self.team.clinic_id) as db:
            rows = await db.fetch(
                "select id from alerts where clinic_id = $1 order by id", self.team.clinic_id
            )
        if not rows:
            return
        alert_id, database, dice = self.dice.choice(rows)["id"], self.database, self.dice
        try:
            match dice.choice(("take", "call", "reach", "snooze", "end", "end", "reopen")):
                case "take":
                    await alerts.acknowledge(database, by, alert_id, Acknowledge(take_over=True), now=now)
                case "call":
                    await alerts.attempt(database, by, alert_id, Note(), now=now)
                case "reach":
                    await alerts.contact(database, by, alert_id, Note(), now=now)
                case "snooze":
                    until = now + timedelta(hours=dice.choice((1, 30)))
                    await alerts.snooze(database, by, alert_id, Snooze(until=until), now=now)
                case "end":
                    await alerts.resolve(
                        database, by, alert_id, Resolve(outcome=dice.choice(list(Outcome))), now=now
                    )
                case _:
                    await alerts.reopen(database, by, alert_id, Note(), now=now)
        except AftercareError:
            pass  # what may not be done was not done


async def test_a_simulated_clinic_comes_out_as_it_was(service: Database) -> None:
    opened = await simulate.open_clinic(service, PLAN)
    async for _ in simulate.populate(service, opened, processes=1):
        pass
    fact, again = await both(service, opened.practice.clinic.clinic_id)
    assert again == fact
    assert len(fact) > 15


async def test_weeks_by_dice_come_out_as_they_were(
    service: Database, worker: Database, team: Team, treat: Treat, now: datetime
) -> None:
    chance, post = Chance(service, team, seed=2), Post()
    people = [await treat(now, hsv_history=True), await treat(now), await treat(now + timedelta(hours=1))]
    at = now + timedelta(hours=2)
    for step in range(60):
        at += timedelta(hours=chance.dice.uniform(0.5, 8))
        await pass_time(worker, post, at)
        one = chance.dice.choice(people)
        said = at - timedelta(hours=chance.dice.choice((0, 0, 0, 30, 50)))
        if step == 40:  # entered a day late, after answers about it
            draft = next_session(people[1].course_id, at - timedelta(days=1), reason="Sample reason")
            await courses.record_session(service, team.practitioner, people[1].patient_id, draft, now=at)
        if chance.dice.random() < 0.5:
            await chance.say(one, max(said, now), at)
        else:
            await chance.act(at)
    fact, again = await both(service, team.clinic_id)
    assert again == fact
    assert len(fact) > 12
    assert any(code == "silence" for _, code, _, _ in fact)


@pytest.fixture
async def history(team: Team, treat: Treat, now: datetime) -> Recovering:
    """Two alerts: swelling, confirmed, and tingling."""
    one = await treat(
        now - timedelta(days=10), name="Kestrel Alder", reference="Kestrel-1", allergies="Kestrel"
    )
    await one.says(now - timedelta(days=7), swelling=2)
    await one.says(now - timedelta(days=6), tingling=True)
    async with one.database.clinic(team.clinic_id) as db:
        alert_id = await db.fetchval(
            "select id from alerts where clinic_id = $1 and code = 'swelling'", team.clinic_id
        )
    confirmed = Resolve(outcome=Outcome.CONFIRMED)
    await alerts.resolve(one.database, team.practitioner, alert_id, confirmed, now=now - timedelta(days=5))
    return one


async def drafted(database: Database, team: Team, now: datetime, changes: dict[str, Any]) -> int:
    made = await rule_packs.draft_pack(database, team.practitioner, RulePackDraft(changes=changes), now=now)
    return made.number


async def test_a_looser_draft_loses_and_misses_what_only_the_live_pack_raised(
    service: Database, team: Team, history: Recovering, now: datetime
) -> None:
    number = await drafted(service, team, now, LOOSER)
    trial = await backtest.prepare(service, team.practitioner, number, BacktestDraft(), now=now)
    *said, last = await run(service, trial)
    assert [(one.kind, one.code, one.patient_id) for one in said if isinstance(one, AlertDifference)] == [
        ("lost", "swelling", history.patient_id),
        ("missed", "swelling", history.patient_id),
    ]
    assert isinstance(last, Summary)
    assert (last.patients, last.check_ins, last.differences["missed"]) == (1, 2, 1)
    assert (last.today.alerts, last.tried.alerts, last.today.caught, last.tried.missed) == (2, 1, 1, 1)
    assert said[-1] == Progress(done=1, of=1)


async def test_a_back_test_is_one_entry_of_the_audit_and_changes_nothing_else(
    service: Database, team: Team, history: Recovering, now: datetime, database_url: str
) -> None:
    root = await asyncpg.connect(database_url)

    async def counts() -> dict[str, int]:
        tables = await root.fetch(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        )
        return {name: await root.fetchval(f'select count(*) from "{name}"') for (name,) in tables}

    before = await counts()
    trial = await backtest.prepare(service, team.admin, 0, BacktestDraft(), now=now)
    await run(service, trial)
    after = await counts()
    entries = await root.fetch("select action from audit_entries order by entry_id desc limit 1")
    await root.close()
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "audit_entries": 1
    }
    assert entries[0]["action"] == "rule_pack.simulated"


async def test_names_and_numbers_do_not_leave_the_database(
    service: Database, team: Team, history: Recovering
) -> None:
    async with service.clinic(team.clinic_id) as db:
        known = await patients.get(db, team.clinic_id, history.patient_id)
        batch = await store.histories(db, team.clinic_id, None, 10, Window())
    assert known is not None
    assert known.name == "Kestrel Alder"
    assert batch.histories
    assert "Kestrel" not in "".join(batch.histories)


async def test_patients_are_read_a_few_at_a_time_and_all_once(
    service: Database, team: Team, treat: Treat, now: datetime
) -> None:
    people = [await treat(now - timedelta(days=3)) for _ in range(5)]
    await people[3].says(now - timedelta(days=1), redness=1)
    seen: list[str] = []
    last: UUID | None = None
    sizes = []
    while True:
        async with service.clinic(team.clinic_id) as db:
            batch = await store.histories(db, team.clinic_id, last, 2, Window())
        seen += batch.histories
        sizes.append(batch.patients)
        last = batch.last
        if last is None:
            break
    assert sizes == [2, 2, 1]
    # Who has said nothing is looked at, and not judged.
    (only,) = msgspec.json.decode(f"[{','.join(seen)}]", type=list[History])
    assert only.patient.patient_id == people[3].patient_id


async def test_a_window_that_ends_before_it_begins_is_refused(
    service: Database, team: Team, now: datetime
) -> None:
    with pytest.raises(Malformed) as refused:
        await backtest.prepare(service, team.admin, 0, BacktestDraft(since=now, until=now), now=now)
    assert list(refused.value.pointers) == ["/until"]
    with pytest.raises(NotFound):
        await backtest.prepare(service, team.admin, 77, BacktestDraft(), now=now)


async def test_whoever_stops_listening_ends_the_process(
    service: Database, team: Team, history: Recovering, now: datetime
) -> None:
    trial = await backtest.prepare(service, team.admin, 0, BacktestDraft(), now=now)
    judges = Judges()
    said = backtest.run(judges, service, trial)
    await anext(said)
    children = [int(one) for one in _children()]
    assert (judges.running, len(children)) == (1, 1)
    await said.aclose()
    assert judges.running == 0
    assert not Path(f"/proc/{children[0]}").exists()


def _children() -> list[str]:
    mine = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [pid for pid in mine if b"backtest_worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]


async def test_no_more_than_two_run_at_once_in_a_process(
    service: Database, team: Team, now: datetime
) -> None:
    trial = await backtest.prepare(service, team.admin, 0, BacktestDraft(), now=now)
    judges = Judges()
    async with judges.judge(trial), judges.judge(trial):
        with pytest.raises(BackTestsBusy):
            await anext(backtest.run(judges, service, trial))
    assert judges.running == 0


async def claim(worker: Database, now: datetime) -> Claim:
    async with worker.transaction() as db:
        (one,) = await due_work.claim(db, BACKTEST, now, now + timedelta(minutes=1), 5)
    return one


async def test_what_the_dashboard_asks_for_a_worker_runs_and_keeps(
    service: Database, worker: Database, team: Team, history: Recovering, now: datetime
) -> None:
    number = await drafted(service, team, now, LOOSER)
    asked = await backtest.ask(service, team.practitioner, number, BacktestDraft(), now=now)
    again = await backtest.ask(service, team.practitioner, number, BacktestDraft(since=now), now=now)
    assert (asked.state, again.backtest_id) == ("waiting", asked.backtest_id)
    await backtest.work(worker, Judges(), await claim(worker, now), now=lambda: now)
    async with service.clinic(team.clinic_id) as db:
        kept = await store.of_pack(db, team.clinic_id, number)
        found = await store.differences(db, team.clinic_id, asked.backtest_id)
        assert await due_work.next_due(db, BACKTEST) is None
    assert kept is not None
    assert (kept.state, kept.done, kept.total) == ("done", 1, 1)
    assert kept.summary is not None
    assert kept.summary.tried.missed == 1
    assert [one.kind for one in found] == ["lost", "missed"]


async def test_a_new_one_takes_the_place_of_the_packs_last_one(
    service: Database, worker: Database, team: Team, history: Recovering, now: datetime
) -> None:
    number = await drafted(service, team, now, LOOSER)
    first = await backtest.ask(service, team.practitioner, number, BacktestDraft(), now=now)
    await backtest.work(worker, Judges(), await claim(worker, now), now=lambda: now)
    second = await backtest.ask(service, team.practitioner, number, BacktestDraft(since=now), now=now)
    async with service.clinic(team.clinic_id) as db:
        assert await store.get(db, team.clinic_id, first.backtest_id) is None
        assert await store.differences(db, team.clinic_id, first.backtest_id) == []
        assert await store.get(db, team.clinic_id, second.backtest_id) is not None


async def test_one_that_was_broken_off_begins_anew_with_another_worker(
    service: Database, worker: Database, team: Team, history: Recovering, now: datetime
) -> None:
    number = await drafted(service, team, now, LOOSER)
    asked = await backtest.ask(service, team.practitioner, number, BacktestDraft(), now=now)
    lost = await claim(worker, now)
    running = asyncio.create_task(backtest.work(worker, Judges(), lost, now=lambda: now))
    while True:
        async with service.clinic(team.clinic_id) as db:
            kept = await store.get(db, team.clinic_id, asked.backtest_id)
        if kept is not None and kept.state == "running":
            break
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    again = await claim(worker, now + timedelta(minutes=2))
    await backtest.work(worker, Judges(), again, now=lambda: now)
    async with service.clinic(team.clinic_id) as db:
        kept = await store.get(db, team.clinic_id, asked.backtest_id)
        found = await store.differences(db, team.clinic_id, asked.backtest_id)
    assert kept is not None
    assert (kept.state, len(found)) == ("done", 2)


async def test_what_was_found_about_a_patient_goes_with_the_patient(
    service: Database, worker: Database, team: Team, history: Recovering, now: datetime, database_url: str
) -> None:
    number = await drafted(service, team, now, LOOSER)
    asked = await backtest.ask(service, team.practitioner, number, BacktestDraft(), now=now)
    await backtest.work(worker, Judges(), await claim(worker, now), now=lambda: now)
    root = await asyncpg.connect(database_url)
    await root.execute("delete from episodes where patient_id = $1", history.patient_id)
    await root.execute("delete from patients where patient_id = $1", history.patient_id)
    await root.close()
    async with service.clinic(team.clinic_id) as db:
        assert await store.differences(db, team.clinic_id, asked.backtest_id) == []
        assert await store.get(db, team.clinic_id, asked.backtest_id) is not None
