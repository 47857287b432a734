"""What was tried in vain is looked at before each further try: behind an outage nothing arrives that is true no more."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from aftercare.db.pool import Database
from aftercare.model.messages import MessageKind
from aftercare.model.words import Outcome
from aftercare.notify.channel import Retry
from aftercare.services import alerts
from aftercare.store import releases
from tests.services.background import Post, pass_time
from tests.services.conftest import Recovering, Team, Treat
from tests.services.test_quiet_hours import EVENING, TEN, UNTIL_TEN, alert_of, ask, ledger


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
async def patient(treat: Treat) -> Recovering:
    return await treat(EVENING - timedelta(days=3, hours=9))


async def take(service: Database, team: Team, alert_id: UUID, at: datetime) -> None:
    await alerts.acknowledge(service, team.coordinator, alert_id, alerts.Acknowledge(), now=at)


async def resolve(service: Database, team: Team, alert_id: UUID, at: datetime) -> None:
    what = alerts.Resolve(outcome=Outcome.EXPECTED_COURSE)
    await alerts.resolve(service, team.practitioner, alert_id, what, now=at)


@pytest.fixture
async def held_up(worker: Database, post: Post, patient: Recovering) -> datetime:
    """An hour before noon two things were reported, and told once in vain: the relay is away."""
    at = TEN + timedelta(hours=1)
    await patient.says(at, lumps=True)
    await patient.says(at + timedelta(minutes=1), breathing_or_tongue=True)
    post.channel.failure = Retry("relay away")
    await pass_time(worker, post, at + timedelta(minutes=5))
    return at + timedelta(minutes=6)


async def told_after(worker: Database, post: Post, at: datetime) -> list[MessageKind]:
    """What arrives once the relay is back."""
    post.channel.failure = None
    await pass_time(worker, post, at + timedelta(hours=2))
    beside = {
        MessageKind.REMINDER,
        MessageKind.CLINIC_FAULT,
    }  # the patient's reminder hung behind the relay, too
    return [one.kind for one in post.channel.sent if one.kind not in beside]


async def dropped(worker: Database, team: Team, alert_id: UUID | None) -> set[tuple[str, str | None]]:
    """(State, why) of the tried letters about an alert."""
    return {
        (one.state, one.dropped_why)
        for one in await ledger(worker, team.clinic_id)
        if one.alert_id == alert_id and one.attempts and one.kind is not MessageKind.CLINIC_FAULT
    }


@pytest.mark.parametrize(
    ("act", "why"), [(take, "in somebody's hands meanwhile"), (resolve, "resolved meanwhile")]
)
async def test_what_was_tried_in_vain_and_dealt_with_meanwhile_does_not_arrive_when_the_outage_ends(
    service: Database,
    worker: Database,
    team: Team,
    post: Post,
    held_up: datetime,
    act: Callable[[Database, Team, UUID, datetime], Awaitable[None]],
    why: str,
) -> None:
    nodules, airway = [await alert_of(service, team, code, held_up) for code in ("nodules", "airway")]
    for alert_id in (nodules, airway):
        await act(service, team, alert_id, held_up)
    heard = await told_after(worker, post, held_up)
    assert await dropped(worker, team, nodules) == {("dropped", why)}
    # Of an emergency everybody hears while it stands, in whose hands it may be.
    over = why == "resolved meanwhile"
    assert await dropped(worker, team, airway) == {("dropped", why) if over else ("sent", None)}
    assert bool(heard) is not over


async def test_what_a_worker_that_came_back_late_has_sent_meanwhile_stays_sent(
    service: Database, worker: Database, team: Team, post: Post, held_up: datetime
) -> None:
    nodules = await alert_of(service, team, "nodules", held_up)
    await told_after(worker, post, held_up)
    (sent,) = [one for one in await ledger(worker, team.clinic_id) if one.alert_id == nodules]
    async with worker.clinic(team.clinic_id) as db:
        await releases.drop(db, team.clinic_id, sent.delivery_id, "resolved meanwhile", held_up)
    assert await dropped(worker, team, nodules) == {("sent", None)}


async def test_what_still_stands_arrives_when_the_outage_ends(
    service: Database, worker: Database, team: Team, post: Post, held_up: datetime
) -> None:
    await told_after(worker, post, held_up)
    for code in ("nodules", "airway"):
        assert await dropped(worker, team, await alert_of(service, team, code, held_up)) == {("sent", None)}


@pytest.mark.parametrize("codes", [("nodules",), ("nodules", "allergy")], ids=["one of two", "both"])
async def test_a_digest_that_was_tried_in_vain_arrives_unless_all_that_it_stands_for_is_dealt_with(
    service: Database,
    worker: Database,
    team: Team,
    patient: Recovering,
    post: Post,
    codes: tuple[str, ...],
) -> None:
    await ask(service, team.practitioner, quiet=(UNTIL_TEN,))
    await patient.says(EVENING, lumps=True)
    await patient.says(EVENING + timedelta(hours=1), hives="treated_area")
    post.channel.failure = Retry("relay away")
    at = TEN + timedelta(minutes=2)
    await pass_time(worker, post, at)
    for code in codes:
        await take(service, team, await alert_of(service, team, code, at), at)
    heard = await told_after(worker, post, at)
    (tried,) = [
        one for one in await ledger(worker, team.clinic_id) if one.attempts and one.kind is MessageKind.DIGEST
    ]
    if len(codes) == 1:
        assert (heard, tried.state) == ([MessageKind.DIGEST], "sent")
    else:
        assert (heard, tried.state, tried.dropped_why) == ([], "dropped", "in somebody's hands meanwhile")


async def test_a_routine_digest_that_was_tried_in_vain_does_not_arrive_once_nothing_waits(
    service: Database, worker: Database, team: Team, patient: Recovering, post: Post
) -> None:
    await patient.says(EVENING, pus_spots="few")
    post.channel.failure = Retry("relay away")
    at = TEN + timedelta(minutes=2)
    await pass_time(worker, post, at)
    assert {one.attempts > 0 for one in await ledger(worker, team.clinic_id)} == {True}
    await resolve(service, team, await alert_of(service, team, "acne_flare", at), at)
    assert await told_after(worker, post, at) == []
    assert await dropped(worker, team, None) == {("dropped", "nothing waits any more")}
