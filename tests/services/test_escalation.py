"""The clocks of an alert over the services: who is told, what an acknowledgement stops."""

from datetime import UTC, datetime, timedelta

import pytest

from aftercare.alerts.errors import PractitionerNeededError, TakenError
from aftercare.db.pool import Database
from aftercare.jobs.clock import Clock
from aftercare.model.messages import MessageKind
from aftercare.model.words import AlertState, Outcome
from aftercare.services import alerts
from aftercare.store.alerts import PatientAlert
from tests.services.background import Post, pass_time
from tests.services.conftest import Team, Treat

_ALL = {"practitioner@alpha.test", "coordinator@alpha.test", "admin@alpha.test"}


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def session_at() -> datetime:
    return datetime(2026, 2, 2, 11, 0, tzinfo=UTC)


async def _one(service: Database, team: Team, now: datetime) -> PatientAlert:
    (alert,) = await alerts.list_alerts(service, team.practitioner, whose="everyone", offset=0, now=now)
    return alert


def _told(post: Post, kind: MessageKind) -> set[str]:
    return {mail.address for mail in post.channel.sent if mail.kind is kind}


async def test_an_emergency_that_nobody_takes_reaches_everyone_after_a_quarter_of_an_hour(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at)
    at = datetime(2026, 2, 8, 3, 0, tzinfo=UTC)  # a Sunday night
    await patient.says(at, breathing_or_tongue=True)
    await pass_time(worker, post, at + timedelta(minutes=1))
    assert _told(post, MessageKind.ALERT_RAISED) == {"practitioner@alpha.test"}
    await pass_time(worker, post, at + timedelta(minutes=14))
    assert _told(post, MessageKind.ALERT_OVERDUE) == set()
    await pass_time(worker, post, at + timedelta(minutes=16))
    assert _told(post, MessageKind.ALERT_OVERDUE) == _ALL


async def test_an_acknowledgement_stops_the_escalation_until_contact_is_late(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at)
    at = session_at + timedelta(days=2)
    await patient.says(at, breathing_or_tongue=True)
    alert = await _one(service, team, at)
    taken_at = at + timedelta(minutes=5)
    await alerts.acknowledge(service, team.practitioner, alert.id, alerts.Acknowledge(), now=taken_at)
    await pass_time(worker, post, taken_at + timedelta(minutes=29))
    assert _told(post, MessageKind.ALERT_OVERDUE) == set()
    await pass_time(worker, post, taken_at + timedelta(minutes=31))
    assert _told(post, MessageKind.ALERT_OVERDUE) == _ALL


async def test_contact_stops_the_clock_for_good(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at)
    at = session_at + timedelta(days=2)
    await patient.says(at, breathing_or_tongue=True)
    alert = await _one(service, team, at)
    now = at + timedelta(minutes=5)
    await alerts.contact(service, team.practitioner, alert.id, alerts.Note(), now=now)
    async with worker.transaction() as db:
        assert await db.fetchval("select count(*) from due_work where kind = 'escalate'") == 0


async def test_same_day_at_night_waits_for_the_opening_unless_that_is_far(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at)
    night = datetime(2026, 2, 4, 23, 0, tzinfo=UTC)  # opens in ten hours
    await patient.says(night, tingling=True)
    await pass_time(worker, post, night + timedelta(hours=9))
    assert _told(post, MessageKind.ALERT_RAISED) == set()
    await pass_time(worker, post, night + timedelta(hours=10, minutes=1))
    assert _told(post, MessageKind.ALERT_RAISED) == {"practitioner@alpha.test"}
    weekend = datetime(2026, 2, 7, 12, 0, tzinfo=UTC)  # opens in two days
    await patient.says(weekend, yellow_crust=True)
    await pass_time(worker, post, weekend + timedelta(minutes=1))
    assert len([mail for mail in post.channel.sent if mail.kind is MessageKind.ALERT_RAISED]) == 2


async def test_routine_news_of_a_day_is_one_mail(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    at = session_at + timedelta(days=21)
    for name in ("Alder Sample", "Birch Sample", "Cedar Sample"):
        patient = await treat(session_at, name=name)
        await patient.says(at, white_bumps=True)
    await pass_time(worker, post, at + timedelta(days=2))
    digests = [mail for mail in post.channel.sent if mail.kind is MessageKind.DIGEST]
    assert [mail.address for mail in digests] == ["practitioner@alpha.test"]


async def test_a_second_person_is_told_who_has_it_and_may_take_over(
    service: Database, team: Team, treat: Treat, session_at: datetime
) -> None:
    patient = await treat(session_at)
    at = session_at + timedelta(days=2)
    await patient.says(at, tingling=True)
    alert = await _one(service, team, at)
    await alerts.acknowledge(service, team.coordinator, alert.id, alerts.Acknowledge(), now=at)
    with pytest.raises(TakenError):
        await alerts.acknowledge(service, team.practitioner, alert.id, alerts.Acknowledge(), now=at)
    taken = await alerts.acknowledge(
        service, team.practitioner, alert.id, alerts.Acknowledge(take_over=True), now=at
    )
    assert taken.owner == team.practitioner.id


async def test_only_a_practitioner_resolves_same_day_and_above(
    service: Database, team: Team, treat: Treat, session_at: datetime
) -> None:
    patient = await treat(session_at)
    at = session_at + timedelta(days=2)
    await patient.says(at, tingling=True)
    alert = await _one(service, team, at)
    what = alerts.Resolve(outcome=Outcome.CONFIRMED)
    with pytest.raises(PractitionerNeededError):
        await alerts.resolve(service, team.coordinator, alert.id, what, now=at)
    ended = await alerts.resolve(service, team.practitioner, alert.id, what, now=at)
    assert ended.state is AlertState.RESOLVED


async def test_an_emergency_raised_by_a_clock_that_was_a_day_ahead_still_goes_up_in_time(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at)
    at = datetime(2026, 2, 8, 3, 0, tzinfo=UTC)
    wall = [at + timedelta(days=1)]
    clock = Clock(worker, lambda: wall[0])
    await patient.says(wall[0], breathing_or_tongue=True)
    await pass_time(worker, post, wall[0] + timedelta(minutes=1))
    wall[0] = at + timedelta(minutes=2)
    await clock.mind()
    await pass_time(worker, post, at + timedelta(minutes=3))
    alert = await _one(service, team, at)
    assert alert.acknowledge_by == at + timedelta(minutes=17)
    assert _told(post, MessageKind.ALERT_OVERDUE) == set()
    await pass_time(worker, post, at + timedelta(minutes=18))
    assert _told(post, MessageKind.ALERT_OVERDUE) == _ALL
