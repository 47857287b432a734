"""Addresses have one owner at a time, phones bring and take theirs, and a patient hears over the first way that works."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from aftercare.db.pool import Database
from aftercare.errors import Conflict, Malformed, NotFound
from aftercare.model.addresses import AddressDraft, AddressView, ChannelName, InstallationDraft
from aftercare.model.messages import MessageKind, OutgoingMessage
from aftercare.model.people import Actor
from aftercare.notify.channel import Receipt, Refused, Retired, Retry
from aftercare.services import addresses, enrolments
from aftercare.services.channels import Channels
from aftercare.store import addresses as store
from aftercare.store import deliveries
from tests.services.background import Post, pass_time
from tests.services.conftest import Recovering, Team, Treat, make_team

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
NUMBER = AddressDraft(channel="sms", address="+44 20 7946-0000", label="On-call phone")
Enrol = Callable[[Recovering], Awaitable[Actor]]


def token(name: str) -> AddressDraft:
    return AddressDraft(channel="fcm", address=f"synthetic-token-of-{name}")


async def held_by(service: Database, actor: Actor) -> dict[UUID, AddressView]:
    return {one.address_id: one for one in await addresses.list_addresses(service, actor)}


@pytest.fixture
def enrol(service: Database, team: Team) -> Enrol:
    """Bring the app to a phone of a patient, as whoever uses it then."""

    async def make(patient: Recovering) -> Actor:
        by = team.practitioner
        code = await enrolments.invite(service, by, patient.patient_id, server="https://clinic.test", now=NOW)
        installation_id = uuid4()
        draft = enrolments.Enrolment(code=code.code, installation_id=installation_id)
        await enrolments.enrol(service, draft, address="test", now=NOW)
        return msgspec.structs.replace(patient.actor, installation_id=installation_id)

    return make


async def test_whoever_registers_an_address_last_has_it(service: Database, team: Team) -> None:
    first, second = uuid4(), uuid4()
    await addresses.register(service, team.practitioner, first, NUMBER, now=NOW)
    same = msgspec.structs.replace(NUMBER, address="+442079460000")  # written otherwise, the same number
    await addresses.register(service, team.coordinator, second, same, now=LATER)
    was, has = await held_by(service, team.practitioner), await held_by(service, team.coordinator)
    assert (was[first].retired_at, was[first].retired_why) == (LATER, "registered by somebody else")
    assert (has[second].retired_at, has[second].ending) == (None, "0000")


async def test_two_who_register_one_address_at_once_leave_it_with_one_of_them(
    service: Database, team: Team
) -> None:
    people = [team.practitioner, team.coordinator, team.admin]
    await asyncio.gather(
        *(addresses.register(service, one, uuid4(), NUMBER, now=NOW) for one in people for _ in range(3))
    )
    found = [one for who in people for one in (await held_by(service, who)).values()]
    assert len([one for one in found if one.retired_at is None]) == 1


async def test_the_same_number_at_two_clinics_is_two_addresses(service: Database, team: Team) -> None:
    other = await make_team(service, "beta", NOW)
    address_id = uuid4()
    await addresses.register(service, team.practitioner, address_id, NUMBER, now=NOW)
    await addresses.register(service, other.practitioner, uuid4(), NUMBER, now=NOW)
    assert (await held_by(service, team.practitioner))[address_id].retired_at is None


async def test_a_retired_address_comes_back_only_by_being_registered_again(
    service: Database, team: Team
) -> None:
    address_id = uuid4()
    await addresses.register(service, team.practitioner, address_id, NUMBER, now=NOW)
    await addresses.remove(service, team.practitioner, address_id, now=NOW)
    with pytest.raises(Conflict):
        await addresses.send_test(service, team.practitioner, address_id, now=LATER)
    back = await addresses.register(service, team.practitioner, address_id, NUMBER, now=LATER)
    assert (back.retired_at, back.retired_why) == (None, "")


async def test_an_id_of_somebody_elses_address_is_not_taken_over(service: Database, team: Team) -> None:
    address_id = uuid4()
    await addresses.register(service, team.practitioner, address_id, NUMBER, now=NOW)
    with pytest.raises(Conflict):
        await addresses.register(service, team.coordinator, address_id, token("other"), now=NOW)
    for act in (addresses.remove, addresses.send_test):
        with pytest.raises(NotFound):
            await act(service, team.coordinator, address_id, now=NOW)


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("sms", "020 7946 0000"),
        ("sms", "+0207946"),
        ("apns", "not hexadecimal at all, and much too short"),
        ("apns", "0a" * 32 + "0"),
        ("fcm", "with blanks in it, which no token has"),
        ("webpush", '{"endpoint":"ftp://push.example/1","keys":{"p256dh":"","auth":""}}'),
    ],
)
async def test_what_is_no_address_of_its_channel_is_refused_without_repeating_it(
    service: Database, team: Team, channel: Any, address: str
) -> None:
    with pytest.raises(Malformed) as refused:
        await addresses.register(
            service, team.practitioner, uuid4(), AddressDraft(channel=channel, address=address), now=NOW
        )
    assert set(refused.value.pointers) == {"/address"}
    assert address not in str(refused.value.pointers)


async def test_a_person_may_have_only_so_many(service: Database, team: Team) -> None:
    for number in range(20):
        await addresses.register(service, team.admin, uuid4(), token(f"{number:02}"), now=NOW)
    with pytest.raises(Conflict):
        await addresses.register(service, team.admin, uuid4(), token("one-too-many"), now=NOW)


async def test_a_second_click_on_a_test_is_the_first_one(service: Database, team: Team) -> None:
    first = await addresses.send_test(service, team.admin, None, now=NOW)
    assert await addresses.send_test(service, team.admin, None, now=NOW + timedelta(seconds=3)) == first


async def reaches(service: Database, patient: Recovering) -> list[ChannelName]:
    async with service.clinic(patient.actor.clinic_id) as db:
        found = await store.reaches_of_patient(db, patient.actor.clinic_id, patient.patient_id)
    return [one.channel for one in found]


async def test_a_phone_brings_its_address_changes_it_and_takes_it_back(
    service: Database, treat: Treat, enrol: Enrol
) -> None:
    patient = await treat(NOW - timedelta(days=2))
    phone = await enrol(patient)
    assert phone.installation_id is not None

    async def says(push: AddressDraft | None, at: datetime) -> None:
        draft = InstallationDraft(app_version="1.2", locale="es", time_zone="Europe/Madrid", push=push)
        assert phone.installation_id is not None
        view = await addresses.put_installation(service, phone, phone.installation_id, draft, now=at)
        assert (view.app_version, view.locale, view.time_zone) == ("1.2", "es", "Europe/Madrid")
        assert (view.push is None) == (push is None)

    await says(token("first"), NOW)
    await says(token("first"), LATER)
    assert await reaches(service, patient) == [ChannelName.FCM]
    await says(token("second"), LATER)
    assert await reaches(service, patient) == [ChannelName.FCM]
    await says(None, LATER)
    assert await reaches(service, patient) == []
    with pytest.raises(NotFound):
        await addresses.put_installation(service, phone, uuid4(), InstallationDraft(), now=LATER)


async def test_a_phone_that_changes_hands_shows_nothing_of_its_owner_before(
    service: Database, treat: Treat, enrol: Enrol
) -> None:
    before, after = await treat(NOW - timedelta(days=3)), await treat(NOW - timedelta(days=2))
    for patient in (before, after):
        phone = await enrol(patient)
        assert phone.installation_id is not None
        draft = InstallationDraft(push=token("one-phone"))
        await addresses.put_installation(service, phone, phone.installation_id, draft, now=NOW)
    assert (await reaches(service, before), await reaches(service, after)) == ([], [ChannelName.FCM])


async def test_who_signs_out_is_not_sent_to_any_more(service: Database, treat: Treat, enrol: Enrol) -> None:
    patient = await treat(NOW - timedelta(days=2))
    phone = await enrol(patient)
    assert phone.installation_id is not None
    draft = InstallationDraft(push=token("signed-out"))
    await addresses.put_installation(service, phone, phone.installation_id, draft, now=NOW)
    await enrolments.revoke(service, phone, now=LATER)
    assert await reaches(service, patient) == []


class Failing(Post):
    """Channels that answer as told; those that are not told take everything."""

    def __init__(self, **answers: Exception) -> None:
        super().__init__()
        self.answers = answers
        self.tried: list[ChannelName] = []

    @property
    def channels(self) -> Channels:
        return {name: _Answering(self, name) for name in ChannelName}


class _Answering:
    def __init__(self, post: Failing, name: ChannelName) -> None:
        self.post, self.name = post, name

    async def send(self, message: OutgoingMessage) -> Receipt:
        if message.kind is MessageKind.REMINDER:
            self.post.tried.append(self.name)
        answer = self.post.answers.get(self.name.value)
        if answer is not None:
            raise answer
        return await self.post.channel.send(message)


@pytest.fixture
async def reachable(service: Database, treat: Treat, enrol: Enrol) -> Recovering:
    """A patient who is asked this evening, with a phone that takes pushes, a mail address and a number."""
    patient = await treat(NOW - timedelta(hours=2))
    phone = await enrol(patient)
    assert phone.installation_id is not None
    draft = InstallationDraft(push=token("phone"))
    await addresses.put_installation(service, phone, phone.installation_id, draft, now=NOW)
    number = store.NewAddress(
        address_id=uuid4(),
        channel="sms",
        address="+442079460000",
        address_hash=b"1" * 32,
        patient_id=patient.patient_id,
    )
    async with service.clinic(patient.actor.clinic_id) as db:
        assert await store.register(db, patient.actor.clinic_id, number, NOW)
    return patient


GONE, REFUSED = Retired("410"), Refused("550 5.1.1")
FAULT = Retry("403", retry_after=300)


@pytest.mark.parametrize(
    ("answers", "tried", "states"),
    [
        ({}, ["fcm"], ["sent"]),
        ({"fcm": GONE}, ["fcm", "smtp"], ["dead", "sent"]),
        ({"fcm": Retry("503")}, ["fcm", "fcm", "fcm", "smtp"], ["dead", "sent"]),
        ({"fcm": FAULT}, ["fcm", "smtp"], ["dead", "sent"]),
        ({"fcm": GONE, "smtp": REFUSED}, ["fcm", "smtp", "sms"], ["dead", "dead", "sent"]),
        ({"fcm": GONE, "smtp": REFUSED, "sms": REFUSED}, ["fcm", "smtp", "sms"], ["dead", "dead", "dead"]),
    ],
    ids=[
        "push",
        "then mail",
        "a push service that is away",
        "a push service that is for people to mend",
        "then a text message",
        "then none",
    ],
)
async def test_a_reminder_leaves_over_the_first_way_that_works_and_over_one_alone(
    worker: Database,
    reachable: Recovering,
    answers: dict[str, Exception],
    tried: list[str],
    states: list[str],
) -> None:
    post = Failing(**answers)
    await pass_time(worker, post, NOW + timedelta(hours=11))
    assert [one.value for one in post.tried] == tried
    assert await _states(worker, reachable) == states


async def test_a_reminder_whose_day_is_over_is_tried_over_no_other_way(
    worker: Database, reachable: Recovering
) -> None:
    post = Failing(fcm=Retry("503"), smtp=Retry("451"))
    await pass_time(worker, post, NOW + timedelta(hours=11))
    night = (NOW + timedelta(days=1)).replace(hour=1)
    async with worker.transaction() as db:  # nobody works until the next day
        await db.execute("update due_work set due_at = $1 where kind like 'deliver:%' and due_at < $1", night)
    await pass_time(worker, post, night + timedelta(hours=1))
    assert await _states(worker, reachable) == ["dead", "dead"]  # the push gave way, the mail never left


@pytest.fixture
async def without_mail(service: Database, reachable: Recovering) -> Recovering:
    """The same with the phone alone."""
    async with service.clinic(reachable.actor.clinic_id) as db:
        await db.execute("update patients set email = '' where patient_id = $1", reachable.patient_id)
        await db.execute("update addresses set retired_at = now() where channel = 'sms'")
    return reachable


async def test_a_push_that_is_the_only_way_is_tried_as_long_as_it_has_a_point(
    worker: Database, without_mail: Recovering
) -> None:
    post = Failing(fcm=Retry("503"))
    await pass_time(worker, post, NOW + timedelta(hours=9, minutes=30))
    assert len(post.tried) > 3
    assert set(post.tried) == {ChannelName.FCM}
    post.answers.clear()
    await pass_time(worker, post, NOW + timedelta(hours=11))
    assert await _states(worker, without_mail) == ["sent"]


async def test_a_patient_whose_first_phone_is_gone_hears_on_the_second(
    service: Database, worker: Database, without_mail: Recovering, enrol: Enrol
) -> None:
    second = await enrol(without_mail)
    assert second.installation_id is not None
    draft = InstallationDraft(push=AddressDraft(channel="apns", address="0a" * 32))
    await addresses.put_installation(
        service, second, second.installation_id, draft, now=NOW - timedelta(days=1)
    )
    post = Failing(fcm=GONE)
    await pass_time(worker, post, NOW + timedelta(hours=11))
    assert [one.value for one in post.tried] == ["fcm", "apns"]
    assert await _states(worker, without_mail) == ["dead", "sent"]


async def _states(worker: Database, patient: Recovering) -> list[str]:
    """What became of each delivery of the reminder, in their order."""
    async with worker.clinic(patient.actor.clinic_id) as db:
        rows = await db.fetch(
            "select state from deliveries where kind = 'reminder' and patient_id = $1 order by delivery_id",
            patient.patient_id,
        )
    return [row["state"] for row in rows]


class _Moving(Post):
    """A provider that calls the first address gone while its owner registers another one under the same id."""

    def __init__(self, move: Callable[[], Awaitable[Any]]) -> None:
        super().__init__()
        self.move, self.tried = move, list[str]()

    @property
    def channels(self) -> Channels:
        return {**super().channels, ChannelName.FCM: self}

    async def send(self, message: OutgoingMessage) -> Receipt:
        self.tried.append(message.address)
        if len(self.tried) > 1:
            return Receipt("200")
        await self.move()
        raise GONE


async def test_an_address_that_was_registered_anew_meanwhile_is_not_retired_for_the_one_before(
    service: Database, worker: Database, team: Team
) -> None:
    address_id, by = uuid4(), team.practitioner
    await addresses.register(service, by, address_id, token("before"), now=NOW)
    delivery_id = await addresses.send_test(service, by, address_id, now=NOW)
    post = _Moving(lambda: addresses.register(service, by, address_id, token("after"), now=LATER))
    await pass_time(worker, post, NOW + timedelta(minutes=5))
    assert post.tried == [token("before").address, token("after").address]
    assert (await held_by(service, by))[address_id].retired_at is None
    async with worker.clinic(team.clinic_id) as db:
        attempts = await deliveries.attempts_of(db, team.clinic_id, delivery_id)
    assert [one.answer for one in attempts] == ["410: there is a new address", "200"]


async def test_a_reminder_that_left_over_no_way_goes_to_the_admins(
    worker: Database, team: Team, reachable: Recovering
) -> None:
    post = Failing(fcm=GONE, sms=REFUSED)
    post.answers["smtp"] = REFUSED
    await pass_time(worker, post, NOW + timedelta(hours=11))
    del post.answers["smtp"]
    await pass_time(worker, post, NOW + timedelta(hours=15))
    faults = [one.address for one in post.channel.sent if one.kind is MessageKind.CLINIC_FAULT]
    assert "admin@alpha.test" in faults
    assert reachable.actor.clinic_id == team.clinic_id
