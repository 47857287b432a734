"""The ledger: retries, dead addresses, leases and fences."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from aftercare.db.pool import Connection, Database
from aftercare.model.addresses import ChannelName
from aftercare.model.ledger import LedgerEntry, Narrowed
from aftercare.model.messages import MessageKind
from aftercare.model.reminders import RemindersDraft
from aftercare.notify.channel import Refused, Retry
from aftercare.services import alerts, deliveries
from aftercare.services.reminders import put_reminders
from aftercare.services.still_needed import ANSWERED, NOT_WANTED
from aftercare.store import deliveries as store
from aftercare.store import due_work, ledger
from aftercare.store.deliveries import work_kind
from tests.services.background import Post, pass_time
from tests.services.conftest import Team, Treat

SMTP = work_kind("smtp")


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
async def raised(service: Database, team: Team, treat: Treat, now: datetime) -> datetime:
    """An emergency has just been reported; its mail is queued."""
    patient = await treat(now - timedelta(days=2))
    await patient.says(now, breathing_or_tongue=True)
    return now + timedelta(seconds=5)


async def _claim(worker: Database, at: datetime) -> list[due_work.Claim]:
    async with worker.transaction() as db:
        return await due_work.claim(db, SMTP, at, at + timedelta(seconds=90), 10)


async def _read(db: Connection, clinic_id: UUID) -> list[LedgerEntry]:
    end = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
    return await ledger.page(db, clinic_id, Narrowed(channel=ChannelName.SMTP), end, 10)


async def test_a_failed_attempt_is_on_record_and_tried_again_with_the_same_id(
    worker: Database, team: Team, post: Post, raised: datetime
) -> None:
    post.channel.failure = Retry("451 4.3.0", retry_after=30)
    (claim,) = await _claim(worker, raised)
    await deliveries.attempt(worker, post, ChannelName.SMTP, claim, raised)
    assert await _claim(worker, raised + timedelta(seconds=29)) == []  # the server asked for thirty
    post.channel.failure = None
    again = raised + timedelta(seconds=60)
    (claim,) = await _claim(worker, again)
    await deliveries.attempt(worker, post, ChannelName.SMTP, claim, again)
    async with worker.clinic(team.clinic_id) as db:
        (delivery,) = await _read(db, team.clinic_id)
        attempts = await store.attempts_of(db, team.clinic_id, delivery.delivery_id)
    assert (delivery.state, delivery.attempts) == ("sent", 2)
    assert [(one.result, one.answer) for one in attempts] == [("retry", "451 4.3.0"), ("sent", "250 2.0.0")]
    assert [mail.id for mail in post.channel.sent] == [delivery.delivery_id]


async def test_a_refused_delivery_is_dead_and_never_tried_again(
    worker: Database, team: Team, post: Post, raised: datetime
) -> None:
    post.channel.failure = Refused("550 5.7.1")
    (claim,) = await _claim(worker, raised)
    await deliveries.attempt(worker, post, ChannelName.SMTP, claim, raised)
    assert await _claim(worker, raised + timedelta(days=3)) == []
    async with worker.clinic(team.clinic_id) as db:
        (delivery,) = await _read(db, team.clinic_id)
    assert delivery.state == "dead"


async def test_two_workers_never_claim_the_same_delivery(worker: Database, raised: datetime) -> None:
    first, second = await _claim(worker, raised), await _claim(worker, raised)
    assert (len(first), second) == (1, [])


async def test_a_claim_whose_lease_ended_is_taken_over_and_the_late_one_writes_nothing(
    worker: Database, team: Team, post: Post, raised: datetime
) -> None:
    (stopped,) = await _claim(worker, raised)
    later = raised + timedelta(seconds=91)
    (taken,) = await _claim(worker, later)
    assert taken.fence > stopped.fence
    post.channel.failure = Retry("timeout")
    await deliveries.attempt(worker, post, ChannelName.SMTP, stopped, later)  # comes back past its lease
    async with worker.clinic(team.clinic_id) as db:
        (delivery,) = await _read(db, team.clinic_id)
    assert (delivery.state, delivery.attempts) == ("queued", 0)
    post.channel.failure = None
    await deliveries.attempt(worker, post, ChannelName.SMTP, taken, later)
    async with worker.clinic(team.clinic_id) as db:
        (delivery,) = await _read(db, team.clinic_id)
    assert delivery.state == "sent"


async def test_the_most_urgent_is_claimed_first(worker: Database, team: Team, now: datetime) -> None:
    ids = [UUID(int=number, version=4) for number in range(4)]
    async with worker.clinic(team.clinic_id) as db:
        for urgency, subject in enumerate(ids):
            await due_work.put(db, team.clinic_id, "test", subject, now - timedelta(minutes=urgency), urgency)
    async with worker.transaction() as db:
        claims = await due_work.claim(db, "test", now, now + timedelta(minutes=1), 2)
    assert {claim.subject_id for claim in claims} == {ids[3], ids[2]}


async def test_an_attempt_that_fails_by_our_own_fault_is_on_record_and_tried_again(
    worker: Database, team: Team, post: Post, raised: datetime
) -> None:
    post.channel.failure = UnicodeError("something personal")
    (claim,) = await _claim(worker, raised)
    await deliveries.attempt(worker, post, ChannelName.SMTP, claim, raised)
    async with worker.clinic(team.clinic_id) as db:
        (delivery,) = await _read(db, team.clinic_id)
        (attempt,) = await store.attempts_of(db, team.clinic_id, delivery.delivery_id)
    assert (attempt.result, attempt.answer) == ("retry", "our own fault: UnicodeError")
    post.channel.failure = None
    again = raised + timedelta(seconds=10)
    (claim,) = await _claim(worker, again)
    await deliveries.attempt(worker, post, ChannelName.SMTP, claim, again)
    assert [mail.id for mail in post.channel.sent] == [delivery.delivery_id]


async def test_an_owner_who_is_on_call_hears_of_news_at_once_and_not_at_the_opening(
    worker: Database, service: Database, team: Team, treat: Treat, post: Post
) -> None:
    friday, saturday = datetime(2026, 3, 6, 12, 0, tzinfo=UTC), datetime(2026, 3, 7, 10, 0, tzinfo=UTC)
    patient = await treat(friday - timedelta(days=3))
    await patient.says(friday, tingling=True)
    (alert,) = await alerts.list_alerts(service, team.practitioner, whose="everyone", offset=0, now=friday)
    taken = friday + timedelta(minutes=1)
    await alerts.acknowledge(service, team.practitioner, alert.id, alerts.Acknowledge(), now=taken)
    await pass_time(worker, post, saturday)
    before = len(post.channel.sent)
    await patient.says(saturday, tingling=True, blisters="few")  # closed until Monday
    await pass_time(worker, post, saturday + timedelta(minutes=1))
    told = [(mail.kind, mail.address) for mail in post.channel.sent[before:]]
    assert told == [("alert_worsened", "practitioner@alpha.test")]


@pytest.mark.parametrize(
    ("hours", "state", "sent"),
    [(6, "sent", 1), (13, "dead", 0), (24, "dead", 0)],
    ids=["the same day", "at night", "the next day"],
)
async def test_a_reminder_held_up_leaves_by_day_on_its_own_day_or_not_at_all(
    worker: Database, team: Team, treat: Treat, post: Post, hours: int, state: str, sent: int
) -> None:
    nine = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    patient = await treat(nine - timedelta(hours=22))
    await pass_time(worker, post, nine - timedelta(minutes=1))
    before = len(post.channel.sent)
    post.channel.failure = Retry("connect: timeout")
    await pass_time(worker, post, nine)
    post.channel.failure = None
    back = nine + timedelta(hours=hours)
    (claim,) = await _claim(worker, back)
    await deliveries.attempt(worker, post, ChannelName.SMTP, claim, back)
    assert len(post.channel.sent) - before == sent
    async with worker.clinic(team.clinic_id) as db:
        reminders = await store.reminders_of(db, team.clinic_id, patient.patient_id, nine)
    assert [one.state for one in reminders] == [state]


@pytest.mark.parametrize("why", [ANSWERED, NOT_WANTED])
async def test_a_reminder_held_up_asks_nobody_who_has_answered_or_wants_none(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, why: str
) -> None:
    nine = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    patient = await treat(nine - timedelta(hours=22))
    await pass_time(worker, post, nine - timedelta(minutes=1))
    before = len(post.channel.sent)
    post.channel.failure = Retry("connect: timeout")
    await pass_time(worker, post, nine)
    ten = nine + timedelta(hours=1)
    if why == ANSWERED:
        await patient.says(ten, redness=1)
    else:
        stop = RemindersDraft(state="stopped")
        await put_reminders(service, team.practitioner, patient.patient_id, stop, now=ten)
    post.channel.failure = None
    await pass_time(worker, post, nine + timedelta(hours=16))  # past midnight: nor does an admin hear of it
    assert post.channel.sent[before:] == []
    async with worker.clinic(team.clinic_id) as db:
        (reminder,) = [one for one in await _read(db, team.clinic_id) if one.queued_at >= nine]
    assert (reminder.state, reminder.dropped_why) == ("dropped", why)


async def test_a_reminder_held_up_still_asks_who_only_sent_yesterdays_answers_late(
    worker: Database, team: Team, treat: Treat, post: Post
) -> None:
    nine = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    patient = await treat(nine - timedelta(hours=22))
    await pass_time(worker, post, nine - timedelta(minutes=1))
    post.channel.failure = Retry("connect: timeout")
    await pass_time(worker, post, nine)
    await patient.says(nine - timedelta(hours=12), now=nine + timedelta(hours=1), redness=1)
    post.channel.failure = None
    await pass_time(worker, post, nine + timedelta(hours=2))
    assert post.channel.sent[-1].kind is MessageKind.REMINDER
    assert post.channel.sent[-1].written_at == nine


async def test_a_clinic_with_its_share_is_passed_over_and_a_lease_is_renewed_by_its_fence_alone(
    worker: Database, team: Team, now: datetime
) -> None:
    ids = [UUID(int=number, version=4) for number in range(5)]
    async with worker.clinic(team.clinic_id) as db:
        for number, subject in enumerate(ids):
            await due_work.put(db, team.clinic_id, "test", subject, now - timedelta(minutes=9 - number))
    ends = now + timedelta(seconds=15)
    async with worker.transaction() as db:
        claims = await due_work.claim(db, "test", now, ends, 5, share=2)
        assert [one.subject_id for one in claims] == ids[:2]
        assert await due_work.claim(db, "test", now, ends, 5, passed_over={team.clinic_id}) == []
        (stale, held) = (due_work.Claim(clinic_id=team.clinic_id, subject_id=ids[0], fence=0), claims[1])
        await due_work.renew(db, "test", [stale, held], ends + timedelta(seconds=15))
    async with worker.transaction() as db:
        later = await due_work.claim(db, "test", ends, ends + timedelta(seconds=15), 5)
    assert [one.subject_id for one in later] == [*ids[2:], ids[0]]
