"""Chance lives a clinic over the services and PostgreSQL: what design.md 6 promises must stand in the rows after each step.

The pure machine (tests/alerts/test_state_machine.py) foresees each finding; here locks, clocks of the worker and two people
at the same instant come in.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from aftercare.db.pool import Database
from aftercare.errors import AftercareError
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.follow_ups import EntryKind, FollowUpDraft
from aftercare.model.people import Actor, StaffDraft
from aftercare.model.words import Outcome, Role, Tier
from aftercare.services import alerts, check_ins, follow_ups, staff
from tests.services.background import Post, pass_time
from tests.services.conftest import Recovering, Team, Treat

# Friday before the clocks of London go forward, so that hours, nights and a weekend lie on both sides.
FRIDAY = datetime(2026, 3, 27, 9, 0, tzinfo=UTC)
SAID: tuple[dict[str, Any], ...] = (
    {"redness": 1},
    {"tingling": True},
    {"blisters": "few", "pain": 3},
    {"breathing_or_tongue": True},
    {"swelling": 2, "pain": 2},
    {"white_bumps": True},
    {"wants_contact": "can_wait"},
    {"wants_contact": "urgent", "redness": 2},
    {"spreading": True, "fever_c": 38.6},
)
PASSING = (timedelta(minutes=7), timedelta(minutes=40), timedelta(hours=3), timedelta(hours=9))

_STANDING = """
select a.id, a.episode_id, a.code, a.tier, a.state, a.snoozed_until, a.look_at, a.outcome, a.resolved_at, r.role as ended_by,
       d.due_at, d.urgency
from alerts a left join staff r on r.clinic_id = a.clinic_id and r.staff_id = a.resolved_by
left join due_work d on d.clinic_id = a.clinic_id and d.kind = 'escalate' and d.subject_id = a.id
"""
_TWICE = """
select alert_id, finding ->> 'row', check_in_id, finding ->> 'tier' from findings where fate in ('raised', 'escalated')
group by 1, 2, 3, 4 having count(*) > 1
"""
_UNTOLD = """
select f.finding_id from findings f where f.fate = 'raised' and not exists (
    select from deliveries d where d.alert_id = f.alert_id
       or d.kind = 'digest' and f.finding ->> 'tier' = 'routine')
"""


class Life:
    """One clinic that chance has its way with."""

    def __init__(
        self, seed: int, service: Database, worker: Database, team: Team, patient: Recovering, second: Actor
    ) -> None:
        self.chance = Random(seed)  # noqa: S311 - a life, no secret
        self.service, self.worker, self.patient = service, worker, patient
        self.staff = (team.practitioner, second, team.coordinator, team.admin)
        self.now, self.post = FRIDAY, Post()
        self.sent: list[UUID] = []
        self.refused: set[int] = set()

    async def step(self) -> None:
        does = self.chance.choices(
            (self.reports, self.acts, self.two_act_at_once, self.time_passes), weights=(4, 6, 3, 3)
        )[0]
        await does()

    async def reports(self) -> None:
        """A check-in, mostly a new one; now and then it takes the place of an earlier one."""
        self.now += timedelta(seconds=self.chance.randrange(30, 300))
        edited = self.chance.choice(self.sent) if self.sent and self.chance.random() < 0.3 else None
        draft = CheckInDraft(
            instrument=1, recorded_at=self.now, time_zone="Europe/London", day=None, supersedes=edited,
            answers=self.chance.choice(SAID),
        )  # fmt: skip
        name = uuid4()
        for _ in range(self.chance.choice((1, 1, 2))):  # a phone that lost the answer sends it again
            await check_ins.submit(
                self.service, self.patient.actor, self.patient.patient_id, name, draft, now=self.now
            )
        self.sent.append(name)

    async def acts(self) -> None:
        self.now += timedelta(seconds=self.chance.randrange(5, 90))
        await self._tried(self._one())

    async def two_act_at_once(self) -> None:
        self.now += timedelta(seconds=self.chance.randrange(5, 90))
        about = await self._about()
        await asyncio.gather(self._tried(self._one(about)), self._tried(self._one(about)))

    async def time_passes(self) -> None:
        self.now += self.chance.choice(PASSING)
        await pass_time(self.worker, self.post, self.now)

    async def _tried(self, act: Awaitable[object]) -> None:
        try:
            await act
        except AftercareError as error:
            self.refused.add(error.status)

    async def _about(self) -> UUID | None:
        async with self.service.clinic(self.patient.actor.clinic_id) as db:
            known: list[UUID] = [row["id"] for row in await db.fetch("select id from alerts order by id")]
        return self.chance.choice(known) if known else None

    async def _one(self, about: UUID | None = None) -> None:
        who, alert_id = self.chance.choice(self.staff), about or await self._about()
        if alert_id is None:
            return
        common = (self.service, who, alert_id)
        seen = self.chance.choice((None, *Tier))
        note = alerts.Note(text="a note", seen_tier=seen)
        until = self.now + timedelta(minutes=self.chance.randrange(-10, 3000))
        outcome = self.chance.choice(tuple(Outcome))
        call = FollowUpDraft(kind=EntryKind.CALL, text="Spoke", reached=True, seen_tier=seen)
        ways: tuple[Callable[[], Awaitable[object]], ...] = (
            lambda: alerts.acknowledge(*common, alerts.Acknowledge(take_over=True), now=self.now),
            lambda: alerts.attempt(*common, note, now=self.now),
            lambda: alerts.contact(*common, note, now=self.now),
            lambda: follow_ups.put_follow_up(*common, uuid4(), call, now=self.now),
            lambda: alerts.snooze(*common, alerts.Snooze(until=until, seen_tier=seen), now=self.now),
            lambda: alerts.resolve(*common, alerts.Resolve(outcome=outcome, seen_tier=seen), now=self.now),
            lambda: alerts.reopen(*common, note, now=self.now),
        )
        await self.chance.choice(ways)()


async def hold_to_the_contract(root: asyncpg.Connection, life: Life) -> None:
    rows = await root.fetch(_STANDING)
    unresolved = [row for row in rows if row["state"] != "resolved"]
    assert len({(row["episode_id"], row["code"]) for row in unresolved}) == len(unresolved)
    for row in rows:
        due = None if row["state"] == "resolved" else row["snoozed_until"] or row["look_at"]
        assert row["due_at"] == due, "the clock that acts is not the one that was promised"
        if due is None:
            in_hand = row["state"] in {"resolved", "contacted"}
            assert in_hand or (row["tier"], row["state"]) in {
                ("routine", "acknowledged"),
                ("routine", "attempted"),
            }
        else:
            assert row["urgency"] == Tier(row["tier"]).rank
        assert row["snoozed_until"] is None or row["tier"] != "emergency"
        if row["state"] == "resolved":
            assert row["outcome"]
            assert row["resolved_at"]
            assert row["ended_by"] == "practitioner" or row["tier"] in {"soon", "routine"}
    assert await root.fetch(_TWICE) == [], "the same evidence was raised twice"
    assert await root.fetch(_UNTOLD) == [], "something was raised and nobody is told"
    assert await root.fetch("select 1 from findings where fate_reason = ''") == []
    assert not await root.fetch(
        "select 1 from follow_ups f join staff s using (clinic_id, staff_id) where s.role = 'admin'"
    )
    assert life.refused <= {403, 409, 422}


@pytest.fixture
async def second(service: Database, team: Team) -> Actor:
    """Another practitioner."""
    system = Actor(clinic_id=team.clinic_id, kind="system")
    draft = StaffDraft(
        email="second@alpha.test", name="Second", role=Role.PRACTITIONER, password="long enough"
    )
    made = await staff.create_staff(service, system, draft, now=FRIDAY - timedelta(days=3))
    return Actor(clinic_id=team.clinic_id, kind="staff", id=made.staff_id, role=Role.PRACTITIONER)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "life_seed" in metafunc.fixturenames:
        first, runs = metafunc.config.option.seed, 25 if metafunc.config.option.long else 1
        metafunc.parametrize("life_seed", range(first, first + runs))


async def test_whatever_chance_does_the_contract_stands_in_the_rows(
    life_seed: int,
    service: Database,
    worker: Database,
    database_url: str,
    team: Team,
    treat: Treat,
    second: Actor,
    request: pytest.FixtureRequest,
) -> None:
    steps = 60 if request.config.option.long else 40
    patient = await treat(FRIDAY - timedelta(days=2), hsv_history=True)
    life = Life(life_seed, service, worker, team, patient, second)
    root = await asyncpg.connect(database_url)
    try:
        for _ in range(steps):
            await life.step()
            await hold_to_the_contract(root, life)
    finally:
        await root.close()
    assert life.sent
    assert life.refused, "nothing was refused: chance has not tried enough"
