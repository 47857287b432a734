"""What was given up is sent once more, where that has a point."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from aftercare.db.pool import Database
from aftercare.errors import NotFound
from aftercare.model.addresses import AddressDraft, ChannelName
from aftercare.model.ledger import LedgerEntry
from aftercare.model.messages import MessageKind
from aftercare.model.patient_messages import ReplyDraft
from aftercare.notify.channel import Refused, Retired, Retry
from aftercare.services import addresses, alerts, messages
from aftercare.services.channels import Channels
from aftercare.services.sending_again import NotGivenUp, Pointless, send_again
from aftercare.store import deliveries as delivery_store
from aftercare.store import ledger
from aftercare.store.addresses import NewAddress, register
from tests.services.background import Post, RecordingChannel, pass_time
from tests.services.conftest import Recovering, Team, Treat, make_team
from tests.services.ways import kept

SOON = timedelta(seconds=5)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
async def patient(treat: Treat, now: datetime) -> Recovering:
    """Somebody who has just reported an emergency."""
    made = await treat(now - timedelta(days=2))
    await made.says(now, breathing_or_tongue=True)
    return made


@pytest.fixture
async def dead(
    service: Database, worker: Database, team: Team, post: Post, now: datetime, patient: Recovering
) -> LedgerEntry:
    """The practitioner's mail about it, refused for good."""
    post.channel.failure = Refused("550 5.7.1")
    await pass_time(worker, post, now + SOON)
    post.channel.failure = None
    (entry,) = [one for one in await kept(service, team.clinic_id, now, state="dead") if one.alert_id]
    return entry


async def test_it_leaves_under_a_new_id_and_the_ledger_shows_both(
    service: Database, worker: Database, team: Team, post: Post, now: datetime, dead: LedgerEntry
) -> None:
    made = await send_again(service, team.coordinator, dead.delivery_id, now=now + SOON)
    assert made.delivery_id != dead.delivery_id
    assert (made.kind, made.tier, made.staff_id, made.alert_id) == (
        dead.kind, dead.tier, dead.staff_id, dead.alert_id,
    )  # fmt: skip
    await pass_time(worker, post, now + 2 * SOON)
    assert [mail.id for mail in post.channel.sent] == [made.delivery_id]
    again, first = await kept(service, team.clinic_id, now, alert_id=dead.alert_id)
    assert (again.state, again.again_of) == ("sent", dead.delivery_id)
    assert (first.state, first.sent_again) == ("dead", True)


async def test_two_clicks_at_once_send_it_once(
    service: Database, worker: Database, team: Team, post: Post, now: datetime, dead: LedgerEntry
) -> None:
    people = (team.practitioner, team.coordinator, team.admin)
    made = await asyncio.gather(
        *(send_again(service, who, dead.delivery_id, now=now + SOON) for who in people)
    )
    assert len({one.delivery_id for one in made}) == 1
    await pass_time(worker, post, now + 2 * SOON)
    assert len(post.channel.sent) == 1
    late = await send_again(
        service, team.admin, dead.delivery_id, now=now + 3 * SOON
    )  # a third, after it has left
    assert late.delivery_id == made[0].delivery_id


async def test_what_was_given_up_again_can_be_sent_a_second_time_from_either_row(
    service: Database, worker: Database, team: Team, post: Post, now: datetime, dead: LedgerEntry
) -> None:
    post.channel.failure = Refused("550 5.7.1")
    second = await send_again(service, team.admin, dead.delivery_id, now=now + SOON)
    await pass_time(worker, post, now + 2 * SOON)
    third = await send_again(service, team.admin, second.delivery_id, now=now + 3 * SOON)
    assert third.delivery_id not in {dead.delivery_id, second.delivery_id}
    assert third.again_of == dead.delivery_id
    same = await send_again(service, team.admin, dead.delivery_id, now=now + 3 * SOON)
    assert same.delivery_id == third.delivery_id


async def test_a_resolved_alert_needs_nobody_to_hear_of_it(
    service: Database, team: Team, now: datetime, dead: LedgerEntry
) -> None:
    assert dead.alert_id is not None
    end = alerts.Resolve(outcome="confirmed", text="seen")  # type: ignore[arg-type]
    await alerts.acknowledge(service, team.practitioner, dead.alert_id, alerts.Acknowledge(), now=now)
    await alerts.resolve(service, team.practitioner, dead.alert_id, end, now=now)
    with pytest.raises(Pointless, match="The alert is resolved"):
        await send_again(service, team.admin, dead.delivery_id, now=now)


async def test_what_has_left_is_not_sent_twice_and_what_waits_is_not_doubled(
    service: Database, worker: Database, team: Team, post: Post, now: datetime, patient: Recovering
) -> None:
    (waits,) = await kept(service, team.clinic_id, now, state="waiting", channel="smtp")
    with pytest.raises(NotGivenUp, match="still being tried"):
        await send_again(service, team.admin, waits.delivery_id, now=now)
    await pass_time(worker, post, now + SOON)
    with pytest.raises(NotGivenUp, match="has left already"):
        await send_again(service, team.admin, waits.delivery_id, now=now)


class _PushGone(Post):
    """A push service that calls every phone gone; all else goes by the one channel."""

    @property
    def channels(self) -> Channels:
        gone = RecordingChannel()
        gone.failure = Retired("410")
        return {**super().channels, ChannelName.FCM: gone}


async def test_what_another_way_of_the_patient_took_over_is_not_doubled(
    service: Database, worker: Database, team: Team, now: datetime, patient: Recovering
) -> None:
    post = _PushGone()
    await pass_time(worker, post, now)

    async def unheard() -> int:
        async with service.clinic(team.clinic_id) as db:
            return await ledger.count_unheard(db, team.clinic_id, now - timedelta(days=7))

    before = await unheard()
    phone = NewAddress(
        address_id=uuid4(),
        channel="fcm",
        address="sample-phone",
        address_hash=b"1" * 32,
        patient_id=patient.patient_id,
    )
    async with service.clinic(team.clinic_id) as db:
        await register(db, team.clinic_id, phone, now)
    draft = ReplyDraft(text="Sample", urgent=True)
    await messages.reply(service, team.practitioner, patient.patient_id, draft, now=now)
    post.channel.failure = Retry("451 4.3.0")
    await pass_time(worker, post, now + SOON)
    given_up = await kept(service, team.clinic_id, now, patient_id=patient.patient_id, state="dead")
    (push,) = [one for one in given_up if one.kind is MessageKind.MESSAGE_SENT]

    with pytest.raises(NotGivenUp, match="another way"):  # mail is tried
        await send_again(service, team.practitioner, push.delivery_id, now=now + SOON)
    assert await unheard() == before
    post.channel.failure = None
    await pass_time(worker, post, now + timedelta(minutes=5))
    with pytest.raises(NotGivenUp, match="another way"):  # mail has left
        await send_again(service, team.practitioner, push.delivery_id, now=now + timedelta(minutes=5))
    told = [one for one in post.channel.sent if one.kind is MessageKind.MESSAGE_SENT]
    assert len(told) == 1


@pytest.mark.parametrize(("state", "why"), [("gathered", "one digest"), ("dropped", "nobody needed it")])
async def test_what_went_along_or_was_left_out_is_not_sent_again(
    service: Database, team: Team, now: datetime, dead: LedgerEntry, state: str, why: str
) -> None:
    async with service.clinic(team.clinic_id) as db:
        await db.execute("update deliveries set state = $1 where delivery_id = $2", state, dead.delivery_id)
    with pytest.raises(NotGivenUp, match=why):
        await send_again(service, team.admin, dead.delivery_id, now=now)


async def test_an_address_that_is_gone_is_said_and_another_clinics_delivery_is_nobodys(
    service: Database, worker: Database, team: Team, post: Post, now: datetime, dead: LedgerEntry
) -> None:
    draft = AddressDraft(channel="sms", address="+442079460000")
    phone = await addresses.register(service, team.admin, uuid4(), draft, now=now)
    test = await addresses.send_test(service, team.admin, phone.address_id, now=now)
    post.channel.failure = Retired("410")
    await pass_time(worker, post, now + SOON)
    with pytest.raises(Pointless, match="Nobody is reached there any more"):
        await send_again(service, team.admin, test, now=now + SOON)
    other = await make_team(service, "beta", now)
    for who, delivery_id in ((other.admin, dead.delivery_id), (team.admin, uuid4())):
        with pytest.raises(NotFound):
            await send_again(service, who, delivery_id, now=now)


@pytest.mark.parametrize(("hours", "sent"), [(2, 1), (24, 0)], ids=["the same day", "a past day"])
async def test_a_reminder_is_sent_again_on_its_own_day_and_then_it_has_left(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, hours: int, sent: int
) -> None:
    nine = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    patient = await treat(nine - timedelta(hours=22))
    await pass_time(worker, post, nine - SOON)
    post.channel.failure = Refused("550 5.1.1")
    await pass_time(worker, post, nine)
    post.channel.failure = None
    given_up, *_ = await kept(service, team.clinic_id, nine, patient_id=patient.patient_id)
    at = nine + timedelta(hours=hours)
    if not sent:
        with pytest.raises(Pointless, match="is over"):
            await send_again(service, team.coordinator, given_up.delivery_id, now=at)
        return
    await send_again(service, team.coordinator, given_up.delivery_id, now=at)
    await pass_time(worker, post, at + SOON)
    async with service.clinic(team.clinic_id) as db:
        rows = await delivery_store.reminders_of(db, team.clinic_id, patient.patient_id, nine)
    # The sweep finds it under its own name: it has left, and nothing is the clinic's fault any more.
    assert [row.state for row in rows] == ["dead", "sent"]
    assert {row.what: row.state for row in rows} == {rows[0].what: "sent"}


async def test_who_sent_it_again_is_on_record(
    service: Database, worker: Database, team: Team, now: datetime, dead: LedgerEntry
) -> None:
    await send_again(service, team.coordinator, dead.delivery_id, now=now)
    async with service.clinic(team.clinic_id) as db:
        said = await db.fetchrow(
            "select actor_id, subject_id from audit_entries where action = 'delivery.sent_again'"
        )
    assert said is not None
    assert tuple(said) == (team.coordinator.id, dead.delivery_id)


async def test_the_head_counts_what_reached_nobody_and_nothing_else(
    service: Database, worker: Database, team: Team, post: Post, now: datetime, dead: LedgerEntry
) -> None:
    async def count() -> int:
        async with service.clinic(team.clinic_id) as db:
            return await ledger.count_unheard(db, team.clinic_id, now - timedelta(days=7))

    before = await count()
    assert before >= 1
    await send_again(service, team.admin, dead.delivery_id, now=now + SOON)
    assert await count() == before - 1


async def test_lists_are_narrowed_by_state_channel_alert_and_patient_and_go_on_page_by_page(
    service: Database, worker: Database, team: Team, post: Post, now: datetime, dead: LedgerEntry,
    patient: Recovering,
) -> None:  # fmt: skip
    mail = await addresses.send_test(service, team.admin, None, now=now)

    async def ids(**asked: object) -> set[UUID]:
        return {one.delivery_id for one in await kept(service, team.clinic_id, now, **asked)}

    every = await ids()
    assert {mail, dead.delivery_id} <= every
    assert await ids(state="waiting") == {mail}
    assert dead.delivery_id in await ids(state="dead")
    assert await ids(state="dead", channel="sms") == set()
    assert await ids(channel="smtp") == every
    assert await ids(alert_id=dead.alert_id) == {dead.delivery_id}
    assert dead.delivery_id in await ids(patient_id=patient.patient_id)
    assert mail not in await ids(patient_id=patient.patient_id)
    assert await ids(patient_id=uuid4()) == set()
