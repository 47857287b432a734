"""What quiet hours hold leaves as one, what is needed no more by then does not leave, and what happened is on record."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import msgspec
import pytest

from aftercare.db.pool import Database
from aftercare.model.addresses import ChannelName
from aftercare.model.deliveries import Delivery
from aftercare.model.messages import MessageKind
from aftercare.model.people import Actor
from aftercare.model.preferences import QuietSpan, StaffPreferencesDraft
from aftercare.model.words import Outcome, Tier
from aftercare.services import alerts, deliveries, preferences, releasing
from aftercare.store import clinics as clinic_store
from aftercare.store import deliveries as store
from aftercare.store import due_work
from aftercare.store.deliveries import work_kind
from tests.services.background import Post, pass_time
from tests.services.conftest import Recovering, Team, Treat

EVENING = datetime(2026, 3, 4, 20, 0, tzinfo=UTC)  # a Wednesday; the clinic opens at nine
TEN = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
UNTIL_TEN = QuietSpan(weekdays=tuple(range(7)), starts=time(18), ends=time(10))
MAIL = work_kind(ChannelName.SMTP)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
async def quiet(service: Database, team: Team) -> Actor:
    """The practitioner, who is not to be told between six in the evening and ten in the morning."""
    await ask(service, team.practitioner, quiet=(UNTIL_TEN,))
    return team.practitioner


async def ask(
    service: Database, actor: Actor, *, quiet: tuple[QuietSpan, ...] = (), digest_at: time | None = None
) -> None:
    draft = StaffPreferencesDraft(quiet=quiet, digest_at=digest_at)
    await preferences.put_staff_preferences(service, actor, draft, version=0, now=EVENING)


@pytest.fixture
async def patient(treat: Treat) -> Recovering:
    return await treat(EVENING - timedelta(days=3, hours=9))


async def ledger(worker: Database, clinic_id: UUID) -> list[Delivery]:
    """Everything about alerts or to be looked at on the list, in order of id, with what became of it."""
    async with worker.clinic(clinic_id) as db:
        rows = await db.fetch(
            "select delivery_id, channel, kind, tier, staff_id, alert_id, state, attempts, queued_at, held_until, held_why,"
            " digest_id, dropped_why from deliveries where staff_id is not null order by delivery_id"
        )
    return [msgspec.convert(dict(row), Delivery) for row in rows]


async def alert_of(service: Database, team: Team, code: str, at: datetime) -> UUID:
    found = await alerts.list_alerts(service, team.practitioner, whose="everyone", offset=0, now=at)
    return next(one.id for one in found if one.code == code)


async def test_what_was_held_until_the_same_instant_leaves_as_one_digest(
    worker: Database, team: Team, quiet: Actor, patient: Recovering, post: Post
) -> None:
    await patient.says(EVENING, lumps=True)
    await patient.says(EVENING + timedelta(hours=1), hives="treated_area")
    await pass_time(worker, post, TEN - timedelta(minutes=1))
    assert [one.kind for one in post.channel.sent if one.kind is not MessageKind.REMINDER] == []
    waiting = await ledger(worker, team.clinic_id)
    assert {(one.state, one.held_until, one.held_why) for one in waiting} == {("queued", TEN, "quiet hours")}
    await pass_time(worker, post, TEN + timedelta(minutes=1))
    (mail,) = [one for one in post.channel.sent if one.kind is not MessageKind.REMINDER]
    assert (mail.kind, mail.tier, mail.about, mail.link) == (
        MessageKind.DIGEST,
        Tier.SOON,
        None,
        "https://clinic.test/",
    )
    found = await ledger(worker, team.clinic_id)
    assert sorted(one.state for one in found) == ["gathered", "sent"]
    (gathered,) = [one for one in found if one.state == "gathered"]
    assert gathered.digest_id == mail.id
    assert gathered.staff_id == quiet.id


async def test_the_only_one_that_was_held_leaves_as_itself(
    service: Database, worker: Database, team: Team, quiet: Actor, patient: Recovering, post: Post
) -> None:
    await patient.says(EVENING, lumps=True)
    await pass_time(worker, post, TEN + timedelta(minutes=1))
    (mail,) = [one for one in post.channel.sent if one.kind is not MessageKind.REMINDER]
    alert_id = await alert_of(service, team, "nodules", TEN)
    assert (mail.kind, mail.about) == (MessageKind.ALERT_RAISED, alert_id)
    assert [one.staff_id for one in await ledger(worker, team.clinic_id)] == [quiet.id]


async def _take(service: Database, team: Team, alert_id: UUID, at: datetime) -> None:
    await alerts.acknowledge(service, team.coordinator, alert_id, alerts.Acknowledge(), now=at)


async def _resolve(service: Database, team: Team, alert_id: UUID, at: datetime) -> None:
    what = alerts.Resolve(outcome=Outcome.EXPECTED_COURSE)
    await alerts.resolve(service, team.practitioner, alert_id, what, now=at)


@pytest.mark.parametrize(
    ("act", "why"), [(_take, "in somebody's hands meanwhile"), (_resolve, "resolved meanwhile")]
)
async def test_what_somebody_dealt_with_in_the_night_is_told_no_more_and_the_record_says_why(
    service: Database,
    worker: Database,
    team: Team,
    quiet: Actor,
    patient: Recovering,
    post: Post,
    act: Callable[[Database, Team, UUID, datetime], Awaitable[None]],
    why: str,
) -> None:
    await patient.says(EVENING, lumps=True)
    await patient.says(EVENING + timedelta(hours=1), hives="treated_area")
    lumps = await alert_of(service, team, "nodules", EVENING + timedelta(hours=2))
    await act(service, team, lumps, EVENING + timedelta(hours=3))
    await pass_time(worker, post, TEN + timedelta(minutes=1))
    (mail,) = [one for one in post.channel.sent if one.kind is not MessageKind.REMINDER]
    hives = await alert_of(service, team, "allergy", TEN)
    assert (mail.kind, mail.about) == (MessageKind.ALERT_RAISED, hives)  # one is left: it is told as itself
    (dropped,) = [one for one in await ledger(worker, team.clinic_id) if one.alert_id == lumps]
    assert (dropped.state, dropped.dropped_why, dropped.staff_id) == ("dropped", why, quiet.id)


async def test_an_emergency_passes_through_quiet_hours(
    worker: Database, quiet: Actor, patient: Recovering, post: Post
) -> None:
    await patient.says(EVENING, breathing_or_tongue=True)
    await pass_time(worker, post, EVENING + timedelta(minutes=1))
    told = [one for one in post.channel.sent if one.kind is MessageKind.ALERT_RAISED]
    assert [one.tier for one in told] == [Tier.EMERGENCY]
    assert quiet.id is not None


async def test_a_same_day_alert_reaches_somebody_though_all_are_in_quiet_hours(
    worker: Database, quiet: Actor, patient: Recovering, post: Post
) -> None:
    # Reported at ten in the evening: the clinic opens within twelve hours, when its one practitioner is still not to be told.
    await patient.says(EVENING + timedelta(hours=2), tingling=True)
    await pass_time(worker, post, TEN - timedelta(minutes=59))
    assert [one.tier for one in post.channel.sent if one.kind is MessageKind.ALERT_RAISED] == [Tier.SAME_DAY]
    assert quiet.id is not None


async def _claims(worker: Database, at: datetime) -> list[due_work.Claim]:
    async with worker.transaction() as db:
        return await due_work.claim(db, MAIL, at, at + timedelta(minutes=2), 50)


async def test_workers_that_release_at_once_send_one_digest(
    worker: Database, team: Team, quiet: Actor, patient: Recovering, post: Post
) -> None:
    await patient.says(EVENING, lumps=True)
    await patient.says(EVENING + timedelta(hours=1), hives="treated_area")
    await patient.says(EVENING + timedelta(hours=2), ulcer=True)
    claims = await _claims(worker, TEN)
    assert len(claims) >= 3
    await asyncio.gather(
        *(deliveries.attempt(worker, post, ChannelName.SMTP, claim, TEN) for claim in claims)
    )
    assert [one.kind for one in post.channel.sent if one.kind is not MessageKind.REMINDER] == [
        MessageKind.DIGEST
    ]
    found = await ledger(worker, team.clinic_id)
    assert sorted(one.state for one in found) == ["gathered", "gathered", "sent"]
    assert {one.staff_id for one in found} == {quiet.id}
    assert await _claims(worker, TEN + timedelta(hours=12)) == []  # nothing of them is due any more


async def test_a_digest_whose_worker_died_before_sending_is_sent_once_and_stands_for_all(
    service: Database, worker: Database, team: Team, quiet: Actor, patient: Recovering, post: Post
) -> None:
    await patient.says(EVENING, lumps=True)
    await patient.says(EVENING + timedelta(hours=1), hives="treated_area")
    dying, *_ = await _claims(worker, TEN)
    async with worker.clinic(team.clinic_id) as db:
        delivery = await store.to_send(db, team.clinic_id, dying.subject_id, TEN)
        clinic = await clinic_store.get(db, team.clinic_id)
        assert delivery is not None
        assert clinic is not None
        assert await releasing.may_leave(db, clinic, delivery, TEN)
    # What it was about is dealt with while nobody sends: it still stands for the other one.
    led = next(one for one in await ledger(worker, team.clinic_id) if one.delivery_id == dying.subject_id)
    assert led.alert_id is not None
    await _take(service, team, led.alert_id, TEN + timedelta(minutes=1))
    await pass_time(worker, post, TEN + timedelta(minutes=5))
    mails = [one for one in post.channel.sent if one.kind is not MessageKind.REMINDER]
    assert [(one.kind, one.id) for one in mails] == [(MessageKind.DIGEST, dying.subject_id)]
    assert quiet.id is not None


async def test_a_routine_digest_comes_at_ones_own_time_and_not_at_all_when_nothing_waits_any_more(
    service: Database, worker: Database, team: Team, patient: Recovering, post: Post
) -> None:
    await ask(service, team.practitioner, digest_at=time(16))
    noon = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
    await patient.says(noon, pus_spots="few")
    await pass_time(worker, post, noon + timedelta(hours=4, minutes=1))
    digests = [one for one in post.channel.sent if one.kind is MessageKind.DIGEST]
    assert [one.written_at for one in digests] == [noon + timedelta(seconds=5)]
    next_day = noon + timedelta(days=1)
    await patient.says(next_day, dark_patches=True, white_bumps=True)
    acne = await alert_of(service, team, "milia", next_day)
    for code in ("acne_flare", "milia"):
        await _resolve(service, team, await alert_of(service, team, code, next_day), next_day)
    await pass_time(worker, post, next_day + timedelta(hours=5))
    assert [one for one in post.channel.sent if one.kind is MessageKind.DIGEST] == digests
    dropped = [one for one in await ledger(worker, team.clinic_id) if one.state == "dropped"]
    assert [one.dropped_why for one in dropped] == ["nothing waits any more"]
    assert acne is not None
