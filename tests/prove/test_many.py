"""Many workers, many patients, many requests at once: the same as one after the other, nothing doubled, nothing missed."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from aftercare.db.pool import Database
from aftercare.services.house import utc_now
from aftercare.store import alerts
from tests.conftest import Server
from tests.prove.cohort import START, Answer, Person, admit, cohort, events_of
from tests.prove.conftest import Trial
from tests.prove.crew import Crew, pools
from tests.prove.fleet import Fleet
from tests.prove.people import enrol, open_clinic
from tests.services.background import Post
from tests.services.conftest import Team, Treat, make_team, team, treat

__all__ = ["team", "treat"]  # fixtures

_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off"}  # nothing here is about the disk

FreshDatabase = Callable[[], AbstractAsyncContextManager[str]]
Rows = Counter[tuple[object, ...]]


@pytest.fixture
def fresh_database(server: Server, template: str) -> FreshDatabase:
    """Another migrated database, for another run of the same cohort."""

    @asynccontextmanager
    async def make() -> AsyncIterator[str]:
        name = f"test_{uuid4().hex}"
        admin = await asyncpg.connect(server.url("postgres"))
        await admin.execute(f"create database {name} template {template}")
        try:
            yield server.url(name)
        finally:
            await admin.execute(f"drop database {name} with (force)")
            await admin.close()

    return make


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a cohort, by names: comparable between runs whose ids differ."""

    reminders: Rows  # patient, which, day, local date, state
    alerts: Rows  # patient, code, tier, state, step
    findings: Rows  # patient, code, row, fate
    deliveries: Rows  # kind, recipient, patient, code, state
    calls: Rows  # patient, day, reason
    acts: Rows  # action, how often
    instants: Rows  # of all of these; the same only where nobody died


_REMINDERS = """
    select p.name, split_part(d.what, ':', 2), d.day, (d.queued_at at time zone p.time_zone)::date, d.state
    from deliveries d join patients p using (clinic_id, patient_id) where d.kind = 'reminder'"""
_ALERTS = "select p.name, a.code, a.tier, a.state, a.step from alerts a join patients p using (clinic_id, patient_id)"
_FINDINGS = """
    select p.name, a.code, f.finding ->> 'row', f.fate from findings f
    join alerts a on a.clinic_id = f.clinic_id and a.id = f.alert_id
    join patients p on p.clinic_id = a.clinic_id and p.patient_id = a.patient_id"""
_DELIVERIES = """
    select d.kind, coalesce(s.email, p.email), q.name, a.code, d.state from deliveries d
    left join staff s using (clinic_id, staff_id)
    left join patients p on p.clinic_id = d.clinic_id and p.patient_id = d.patient_id
    left join alerts a on a.clinic_id = d.clinic_id and a.id = d.alert_id
    left join patients q on q.clinic_id = a.clinic_id and q.patient_id = a.patient_id"""
_CALLS = "select p.name, c.day, c.reason from call_list c join patients p using (clinic_id, patient_id)"
_ACTS = "select action, count(*) from audit_entries group by action"
_INSTANTS = """
    select 'delivery', d.what ~ '^remind', coalesce(d.staff_id is null, false), d.queued_at, d.sent_at, d.attempts
    from deliveries d
    union all
    select 'alert', null, null, raised_at, look_at, step from alerts
    union all
    select 'finding', null, null, at, null, null from findings
    union all
    select 'call', null, null, added_at, done_at, day from call_list"""


async def outcome(url: str) -> Outcome:
    """Read it all through a connection of its own."""
    judge = await asyncpg.connect(url)

    async def rows(query: str) -> Rows:
        return Counter(tuple(row) for row in await judge.fetch(query))

    found = Outcome(
        reminders=await rows(_REMINDERS),
        alerts=await rows(_ALERTS),
        findings=await rows(_FINDINGS),
        deliveries=await rows(_DELIVERIES),
        calls=await rows(_CALLS),
        acts=await rows(_ACTS),
        instants=await rows(_INSTANTS),
    )
    await judge.close()
    return found


def difference(one: Outcome, other: Outcome, *, instants: bool = True) -> dict[str, tuple[Rows, Rows]]:
    """What only the one has and what only the other, by field; empty if they are the same."""
    named = ((name, getattr(one, name), getattr(other, name)) for name in Outcome.__struct_fields__)
    return {
        name: (mine - theirs, theirs - mine)
        for name, mine, theirs in named
        if mine != theirs and (instants or name != "instants")
    }


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One life of the cohort."""

    outcome: Outcome
    sent: list[UUID]  # each message as it went over the channel
    shares: list[int]  # pieces of work, by worker
    died: int


async def live(
    url: str,
    people: list[Person],
    until: datetime,
    *,
    workers: int,
    chance: random.Random,
    deaths: float = 0.0,
) -> Run:
    """Let the cohort live with so many workers."""
    async with (
        pools(url, "aftercare_service", 1, 8) as (service,),
        pools(url, "aftercare_worker", workers, 3) as crew,
    ):
        team = await make_team(service, "alpha", START - timedelta(days=60))
        ids = {one.name: (await admit(service, team, one)).patient_id for one in people}
        post = Post()
        shift = Crew(crew, post, chance, deaths)
        await shift.live(events_of(service, team, ids, people), until)
    return Run(
        outcome=await outcome(url),
        sent=[message.id for message in post.channel.sent],
        shares=shift.done,
        died=shift.died,
    )


def expected_reminders(people: list[Person], until: datetime) -> Rows:
    """What the pure calendar asks for: one for each due check-in that was not answered before it fell due."""
    return Counter(
        (one.name, "due", due.day, due.date, "sent")
        for one in people
        for due in one.due
        if due.due_at <= until
        and not any(said.at <= due.due_at and _answers(one, said.at, due.date) for said in one.says)
    )


def _answers(one: Person, at: datetime, on: date) -> bool:
    return at.astimezone(one.zone).date() == on


async def test_many_workers_do_together_what_one_does_alone(
    fresh_database: FreshDatabase, trial: Trial
) -> None:
    people = cohort(trial.rng, trial.size(12, 500))
    until = START + timedelta(days=trial.size(3, 10), hours=3)
    async with fresh_database() as url:
        alone = await live(url, people, until, workers=1, chance=trial.rng)
    due = Counter({key: count for key, count in alone.outcome.reminders.items() if key[1] == "due"})
    assert due == expected_reminders(people, until)
    assert len(alone.sent) == len(set(alone.sent))
    for workers in [2, 4, 8] if trial.long else [trial.rng.choice([2, 4, 8])]:
        async with fresh_database() as url:
            together = await live(url, people, until, workers=workers, chance=trial.rng)
        assert difference(together.outcome, alone.outcome) == {}
        assert len(together.sent) == len(set(together.sent)) == len(alone.sent)
        assert min(together.shares) > 0  # nobody stood by while another did it all
        trial.say(
            f"{workers} workers, {len(people)} patients: {due.total()} reminders, {alone.outcome.alerts.total()} alerts,"
            f" {alone.outcome.deliveries.total()} deliveries, all as by one worker; pieces of work each: {together.shares}"
        )


async def test_a_worker_that_dies_over_its_work_leaves_nothing_undone(
    fresh_database: FreshDatabase, trial: Trial
) -> None:
    people = cohort(trial.rng, trial.size(12, 200))
    until = START + timedelta(days=trial.size(3, 10), hours=3)
    async with fresh_database() as url:
        alone = await live(url, people, until, workers=1, chance=trial.rng)
    async with fresh_database() as url:
        hurt = await live(url, people, until, workers=4, chance=trial.rng, deaths=0.1)
    # What was left lying is done a lease later: the same in all but its instants, and a mail that had left may leave again.
    assert hurt.died > 0
    assert difference(hurt.outcome, alone.outcome, instants=False) == {}
    assert len(set(hurt.sent)) == len(set(alone.sent))
    again = len(hurt.sent) - len(set(hurt.sent))
    assert again <= hurt.died
    trial.say(
        f"{hurt.died} deaths in the middle of {sum(hurt.shares)} pieces of work: missed 0, alerts and reminders doubled 0,"
        f" mails sent a second time under their own id {again}"
    )


# Two days of which neither alone says anything: worse than yesterday, and the same once more.
_PAIRS: tuple[tuple[Answer, Answer], ...] = tuple(
    (Answer(START + timedelta(days=day), before), Answer(START + timedelta(days=day + 1), after))
    for day, before, after in (
        (1, {"swelling": 0}, {"swelling": 2}),
        (2, {"redness": 1}, {"redness": 3}),
        (5, {"redness": 0}, {"redness": 2}),
        (5, {"pain": 1}, {"pain": 1}),
    )
)


async def test_two_check_ins_at_once_raise_what_they_raise_one_after_the_other(
    service: Database, team: Team, treat: Treat, trial: Trial
) -> None:
    now, rounds = START + timedelta(days=7), trial.size(12, 50)

    async def raised(*waves: Sequence[Answer]) -> set[tuple[str, str, str]]:
        """Treat a patient who says each wave at once, and give what stands in the alerts then."""
        patient = await treat(START)
        for wave in waves:
            await asyncio.gather(*(patient.says(said.at, now=now, **said.answers) for said in wave))
        async with service.clinic(team.clinic_id) as db:
            found = await alerts.of_patient(db, team.clinic_id, patient.patient_id)
        return {(alert.code, alert.tier, seen.row) for alert in found for seen in alert.reported}

    together = 0
    for pair in _PAIRS:
        first, second = pair
        assert await raised([first]) == await raised([second]) == set()
        expected = await raised([first], [second])
        assert expected
        for _ in range(-(-rounds // len(_PAIRS))):
            assert await raised(trial.rng.sample(pair, 2)) == expected
            together += 1
    trial.say(f"{together} pairs of check-ins at once: alerts other than one after the other 0")


async def test_a_crowd_that_sends_one_check_in_leaves_one_row_and_hears_one_answer(
    tmp_path: Path, trial: Trial
) -> None:
    now, path = utc_now(), f"/v1/check-ins/{uuid4()}"
    body = {
        "instrument": 1,
        "recorded_at": now.isoformat(),
        "time_zone": "Europe/London",
        "answers": {"tingling": True},
    }
    async with Fleet(tmp_path, postgres=_NOT_DURABLE) as fleet:
        database = fleet.database()
        await database.open()
        team = await open_clinic(database, "alpha", now - timedelta(days=9))
        phone = await enrol(database, team, "Alder Sample", session_at=now - timedelta(days=3))
        await database.close()
        servers = [fleet.serve("--no-worker") for _ in range(2)]
        await asyncio.gather(*(server.ready() for server in servers))
        limits = httpx.Limits(max_connections=100)
        async with httpx.AsyncClient(headers=phone.headers, limits=limits, timeout=60) as client:

            async def put(number: int) -> httpx.Response:
                answer = await client.put(f"{servers[number % 2].address}{path}", json=body)
                if answer.status_code != 503:
                    return answer
                # A machine too busy to serve them all within the wait for a connection says so; phones come again.
                await asyncio.sleep(float(answer.headers["retry-after"]))
                return await put(number)

            answers = await asyncio.gather(*(put(number) for number in range(200)))
        judge = await fleet.judge()
        left = await judge.fetchrow(
            """select (select count(*) from check_ins) as check_ins, (select count(*) from alerts) as alerts,
                      (select count(*) from findings) as findings"""
        )
        await judge.close()
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert left is not None
    assert tuple(left) == (1, 1, 1)
    trial.say(
        f"{len(answers)} times one check-in at once, over 2 servers: rows {left[0]}, alerts {left[1]}, answers 1"
    )
