"""Messages on their whole way: screened, alerted, told of, read, late; and what they leave alone."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from aftercare.db.pool import Database
from aftercare.errors import Malformed, MessagesOfTodayUsed, OtherContent
from aftercare.model.erasures import StaffErasureDraft
from aftercare.model.messages import MessageKind
from aftercare.model.patient_messages import MessageAnswer, MessageDraft, ReadDraft, ReplyDraft
from aftercare.model.people import Actor
from aftercare.photos.keys import FileKeys
from aftercare.photos.masters import MasterKeys
from aftercare.services import alerts, courses, erasures, me, messages, messages_unread
from aftercare.services.messages_unread import UNREAD
from aftercare.store import due_work
from aftercare.store.alerts import PatientAlert
from tests.services.background import Post, pass_time
from tests.services.conftest import Recovering, Team, Treat, next_session

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
async def alder(treat: Treat, now: datetime) -> Recovering:
    return await treat(now - timedelta(days=3), language="en")


async def writes(who: Recovering, at: datetime, text: str, message_id: UUID | None = None) -> MessageAnswer:
    draft = MessageDraft(text=text, written_at=at, time_zone="Europe/London")
    return await messages.send(who.database, who.actor, message_id or uuid4(), draft, now=at)


async def open_alerts(database: Database, actor: Actor, now: datetime) -> list[PatientAlert]:
    return await alerts.list_alerts(database, actor, whose="everyone", offset=0, now=now)


async def test_an_emergency_in_a_message_alerts_and_is_answered_at_once(
    service: Database, team: Team, alder: Recovering, now: datetime
) -> None:
    answer = await writes(alder, now, "My tongue is swelling and I cannot breathe")
    assert answer.advice.headline == "Call 999 now"
    assert "Do not wait for us" in answer.advice.text
    (alert,) = await open_alerts(service, team.practitioner, now)
    assert (alert.code, alert.tier, alert.day) == ("airway", "emergency", 3)
    detail = await alerts.get_alert(service, team.practitioner, alert.id, now=now)
    assert detail.findings[0].finding.reason.endswith("(told in the message).")
    (seen,) = await messages.list_messages(service, team.coordinator, alder.patient_id, before=None, now=now)
    assert (seen.flag, seen.read_at) == ("emergency", None)


async def test_a_message_is_judged_by_the_day_on_which_it_was_written(
    service: Database, team: Team, treat: Treat, now: datetime
) -> None:
    """Raw skin after laser burns; hives elsewhere are an emergency in the first 48 hours and same-day later."""
    who = await treat(now - timedelta(days=4))
    draft = MessageDraft(
        text="I have hives on my arms and chest",
        written_at=now - timedelta(days=3),
        time_zone="Europe/London",
    )
    await messages.send(service, who.actor, uuid4(), draft, now=now)
    (alert,) = await open_alerts(service, team.practitioner, now)
    assert (alert.code, alert.tier, alert.day) == ("airway", "emergency", 1)


async def test_the_same_again_is_answered_the_same_and_other_words_are_refused(
    service: Database, team: Team, alder: Recovering, now: datetime
) -> None:
    message_id = uuid4()
    first = await writes(alder, now, "Thank you", message_id)
    draft = MessageDraft(text="Thank you", written_at=now, time_zone="Europe/London")
    again = await messages.send(service, alder.actor, message_id, draft, now=now + HOUR)
    assert again == first
    with pytest.raises(OtherContent):
        await writes(alder, now, "No thank you", message_id)
    found = await messages.list_messages(service, team.practitioner, alder.patient_id, before=None, now=now)
    assert [one.text for one in found] == ["Thank you"]


async def test_a_message_cannot_take_the_id_of_a_check_in(alder: Recovering, now: datetime) -> None:
    """Else what it raises would pass for what that check-in raised before."""
    answer = await alder.says(now, note="a few blisters on my chin")
    with pytest.raises(OtherContent):
        await writes(alder, now + HOUR, "many blisters everywhere, and fever", answer.check_in_id)


async def test_nothing_at_all_is_refused_and_a_photo_alone_is_a_message(
    service: Database, alder: Recovering, now: datetime
) -> None:
    with pytest.raises(Malformed):
        await writes(alder, now, "  \n ")
    draft = MessageDraft(photos=[uuid4()], written_at=now, time_zone="Europe/London")
    await messages.send(service, alder.actor, uuid4(), draft, now=now)
    (mine,) = await messages.my_messages(service, alder.actor, before=None, now=now)
    assert mine.photos == ()  # it has not come yet


async def test_a_message_answers_no_check_in(service: Database, alder: Recovering, now: datetime) -> None:
    await writes(alder, now, "All as you said, thank you")
    today = await me.get_today(service, alder.actor, now=now)
    assert [one.answered for one in today.due if one.day == 3] == [False]


async def test_a_flood_is_held_back_and_nothing_of_it_is_lost(
    service: Database, team: Team, alder: Recovering, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "MOST_A_DAY", 2)
    for minute in range(2):
        await writes(alder, now + timedelta(minutes=minute), f"words {minute}")
    with pytest.raises(MessagesOfTodayUsed):
        await writes(alder, now + HOUR, "one more")
    await writes(alder, now + HOUR, "I cannot breathe and my tongue is swollen")  # a red flag never waits
    with pytest.raises(MessagesOfTodayUsed):
        await writes(alder, now + HOUR, "I cannot breathe and my tongue is swollen")  # all of it was heard
    (alert,) = await open_alerts(service, team.practitioner, now + HOUR)
    assert (alert.code, alert.tier) == ("airway", "emergency")
    await writes(alder, now + DAY + HOUR, "one more")


async def test_what_nobody_reads_becomes_a_contact_request_after_a_working_day(
    service: Database, worker: Database, post: Post, team: Team, alder: Recovering, now: datetime
) -> None:
    await writes(alder, now, "May I use my old cream again?")
    assert await open_alerts(service, team.practitioner, now) == []
    await pass_time(worker, post, now + DAY - timedelta(minutes=1))
    assert [one.code for one in await open_alerts(service, team.practitioner, now)] == []
    await pass_time(worker, post, now + DAY)
    (alert,) = await open_alerts(service, team.practitioner, now + DAY)
    assert (alert.code, alert.tier) == ("contact_request", "routine")
    assert alert.reason == "A message of day 3 was not read within a working day."
    (waiting,) = await messages.inbox(service, team.coordinator, "waiting", place=None, now=now + DAY)
    assert (waiting.late, waiting.unread, waiting.waiting_since) == (True, 1, now)
    # A second one that waits joins, and the same one is not requested twice.
    await writes(alder, now + DAY, "Did you see my question?")
    await pass_time(worker, post, now + 4 * DAY)
    (still,) = [
        one for one in await open_alerts(service, team.practitioner, now + 4 * DAY) if one.code == alert.code
    ]
    assert (still.id, len(still.reported)) == (alert.id, 2)


@pytest.mark.parametrize("answered", [False, True])
async def test_reading_or_answering_in_time_clears_what_waits(
    service: Database,
    worker: Database,
    post: Post,
    team: Team,
    alder: Recovering,
    now: datetime,
    *,
    answered: bool,
) -> None:
    seen = await writes(alder, now, "May I use my old cream again?")
    later = now + 2 * HOUR
    if answered:
        await messages.reply(
            service, team.coordinator, alder.patient_id, ReplyDraft(text="From day 7 on."), now=later
        )
    else:
        draft = ReadDraft(up_to=seen.message_id)
        state = await messages.mark_read(service, team.coordinator, alder.patient_id, draft, now=later)
        assert (state.marked, state.unread) == (1, 0)
    async with worker.transaction() as db:
        assert await due_work.next_due(db, UNREAD) is None
    await pass_time(worker, post, now + 3 * DAY)
    codes = {one.code for one in await open_alerts(service, team.practitioner, now + 3 * DAY)}
    assert "contact_request" not in codes
    mine = await messages.my_messages(service, alder.actor, before=None, now=now + 3 * DAY)
    assert mine[-1].read_at == later


async def test_what_comes_while_somebody_answers_is_not_read_by_that(
    service: Database, team: Team, alder: Recovering, now: datetime
) -> None:
    seen = await writes(alder, now, "May I use my old cream again?")
    await writes(alder, now + HOUR, "And my tongue tingles")
    draft = ReplyDraft(text="From day 7 on.", read_up_to=seen.message_id)
    await messages.reply(service, team.practitioner, alder.patient_id, draft, now=now + 2 * HOUR)
    found = await messages.list_messages(
        service, team.practitioner, alder.patient_id, before=None, now=now + 2 * HOUR
    )
    assert [(one.direction, one.read_at is not None) for one in found] == [
        ("from_clinic", False),
        ("from_patient", False),
        ("from_patient", True),
    ]


async def test_an_answer_sent_twice_is_one(
    service: Database, team: Team, alder: Recovering, now: datetime
) -> None:
    draft = ReplyDraft(text="From day 7 on.", message_id=uuid4())
    for _ in range(2):
        await messages.reply(service, team.practitioner, alder.patient_id, draft, now=now)
    other = msgspec.structs.replace(draft, text="From day 8 on.")
    with pytest.raises(OtherContent):
        await messages.reply(service, team.practitioner, alder.patient_id, other, now=now)
    found = await messages.list_messages(service, team.practitioner, alder.patient_id, before=None, now=now)
    assert [one.text for one in found] == ["From day 7 on."]


async def test_staff_are_told_once_for_an_hour_and_nothing_of_what_was_written(
    worker: Database, post: Post, team: Team, alder: Recovering, now: datetime
) -> None:
    for minute in (5, 20, 50):
        await writes(alder, now + timedelta(minutes=minute), "Zarzamora asks about her cream")
    await pass_time(worker, post, now + 2 * HOUR)
    told = [one for one in post.channel.sent if one.kind is MessageKind.MESSAGE_RECEIVED]
    assert sorted(one.address for one in told) == ["coordinator@alpha.test", "practitioner@alpha.test"]
    assert {one.link for one in told} == {"https://clinic.test/messages"}
    assert all("Zarzamora" not in msgspec.json.encode(one).decode() for one in told)


async def test_staff_are_not_sent_to_messages_that_a_colleague_has_read_meanwhile(
    service: Database, worker: Database, post: Post, team: Team, alder: Recovering, now: datetime
) -> None:
    written = await writes(alder, now + timedelta(minutes=5), "About the cream.")
    read = ReadDraft(up_to=written.message_id)
    await messages.mark_read(
        service, team.coordinator, alder.patient_id, read, now=now + timedelta(minutes=9)
    )
    await pass_time(worker, post, now + 2 * HOUR)
    assert [one for one in post.channel.sent if one.kind is MessageKind.MESSAGE_RECEIVED] == []
    await writes(alder, now + 2 * HOUR + timedelta(minutes=5), "About the sun.")
    await pass_time(worker, post, now + 4 * HOUR)
    assert len([one for one in post.channel.sent if one.kind is MessageKind.MESSAGE_RECEIVED]) == 2


async def test_a_patient_is_told_that_the_clinic_wrote_by_night_in_the_morning_and_once(
    service: Database, worker: Database, post: Post, team: Team, alder: Recovering, now: datetime
) -> None:
    night = now.replace(hour=22)
    for text in ("First.", "Second."):
        await messages.reply(service, team.practitioner, alder.patient_id, ReplyDraft(text=text), now=night)
    urgent = ReplyDraft(text="Please call us now.", urgent=True)
    await messages.reply(service, team.practitioner, alder.patient_id, urgent, now=night)
    await pass_time(worker, post, night + HOUR)
    told = [one for one in post.channel.sent if one.kind is MessageKind.MESSAGE_SENT]
    assert [one.link for one in told] == ["https://clinic.test/app/#/messages"]
    await pass_time(worker, post, night + 12 * HOUR)
    told = [one for one in post.channel.sent if one.kind is MessageKind.MESSAGE_SENT]
    assert len(told) == 2
    assert "Please call" not in msgspec.json.encode(told[0]).decode()


async def test_a_patient_is_not_told_in_the_morning_of_what_they_have_read_in_the_night(
    worker: Database, service: Database, team: Team, alder: Recovering, now: datetime, post: Post
) -> None:
    night = now.replace(hour=22)
    draft = ReplyDraft(text="From day 7 on.", message_id=uuid4())
    await messages.reply(service, team.practitioner, alder.patient_id, draft, now=night)
    assert draft.message_id is not None
    seen = ReadDraft(up_to=draft.message_id)
    await messages.mark_mine_read(service, alder.actor, seen, now=night + HOUR)
    await pass_time(worker, post, night + 12 * HOUR)
    assert MessageKind.MESSAGE_SENT not in {mail.kind for mail in post.channel.sent}


async def test_both_sides_see_what_the_other_has_read(
    service: Database, team: Team, alder: Recovering, now: datetime
) -> None:
    sent = await messages.reply(
        service, team.practitioner, alder.patient_id, ReplyDraft(text="How is it today?"), now=now
    )
    state = await messages.mark_mine_read(
        service, alder.actor, ReadDraft(up_to=sent.message_id), now=now + HOUR
    )
    assert (state.marked, state.unread) == (1, 0)
    (seen,) = await messages.list_messages(
        service, team.coordinator, alder.patient_id, before=None, now=now + HOUR
    )
    assert (seen.read_at, seen.read_by, seen.staff_name) == (now + HOUR, None, "Practitioner")
    with pytest.raises(Malformed):
        await messages.mark_mine_read(service, alder.actor, ReadDraft(up_to=uuid4()), now=now)


async def test_the_inbox_has_the_longest_waiting_first_and_then_the_newest(
    service: Database, team: Team, treat: Treat, now: datetime
) -> None:
    people = [await treat(now - DAY, name=name) for name in ("Sample Ash", "Sample Birch", "Sample Cedar")]
    for hours, who in zip((2, 0, 1), people, strict=True):
        await writes(who, now + hours * HOUR, "A question")
    after = now + 3 * HOUR
    waiting = await messages.inbox(service, team.coordinator, "waiting", place=None, now=after)
    assert [one.name for one in waiting] == ["Sample Birch", "Sample Cedar", "Sample Ash"]
    first = messages.place_in("waiting")(waiting[0])
    rest = await messages.inbox(service, team.coordinator, "waiting", place=first, now=after)
    assert [one.name for one in rest] == ["Sample Cedar", "Sample Ash"]
    birch = people[1].patient_id
    await messages.reply(service, team.coordinator, birch, ReplyDraft(text="An answer"), now=after)
    recent = await messages.inbox(service, team.coordinator, "recent", place=None, now=after)
    assert [(one.name, one.unread, one.last_direction) for one in recent] == [
        ("Sample Birch", 0, "from_clinic"),
        ("Sample Ash", 1, "from_patient"),
        ("Sample Cedar", 1, "from_patient"),
    ]


async def test_a_session_entered_late_has_the_messages_since_judged_again(
    service: Database, team: Team, treat: Treat, now: datetime
) -> None:
    """What was said on the evening of a session that nobody had entered yet is an emergency by its own day."""
    who = await treat(now - timedelta(days=30))
    await writes(who, now, "I have hives on my arms and chest")
    before = {one.tier for one in await open_alerts(service, team.practitioner, now)}
    assert before == {"same_day"}
    draft = next_session(who.course_id, now - 6 * HOUR, "Agreed with the patient")
    await courses.record_session(service, team.practitioner, who.patient_id, draft, now=now + HOUR)
    after = {(one.code, one.tier) for one in await open_alerts(service, team.practitioner, now + HOUR)}
    assert ("airway", "emergency") in after


async def test_an_erased_patients_messages_are_gone_and_nothing_waits_for_them(
    service: Database,
    worker: Database,
    post: Post,
    team: Team,
    alder: Recovering,
    treat: Treat,
    now: datetime,
    tmp_path: Path,
) -> None:
    birch = await treat(now - 3 * DAY, name="Birch Sample")
    for who in (alder, birch):
        await writes(who, now, "May I use my old cream again?")
    async with worker.transaction() as db:
        claims = await due_work.claim(db, UNREAD, now + DAY, now + 2 * DAY, 10)
    keys = FileKeys(tmp_path / "keys", lambda: MasterKeys([b"m" * 32]))
    everything = StaffErasureDraft(scope="everything", reason="patient_asked", name="Alder Sample")
    await erasures.erase(service, keys, team.practitioner, alder.patient_id, everything, now=now + HOUR)
    async with worker.clinic(team.clinic_id) as db:
        left = [row["patient_id"] for row in await db.fetch("select patient_id from messages")]
        due = await db.fetch("select subject_id from due_work where kind = $1", UNREAD)
    assert (left, [row["subject_id"] for row in due]) == ([birch.patient_id], [birch.patient_id])
    for claim in claims:  # one that was claimed before the erasure finds nobody
        await messages_unread.look(worker, claim, now=now + DAY)
    (alert,) = await open_alerts(service, team.practitioner, now + DAY)
    assert (alert.patient_id, alert.code) == (birch.patient_id, "contact_request")


async def test_two_phones_that_send_the_same_at_once_make_one_message_and_one_alert(
    service: Database, team: Team, alder: Recovering, now: datetime
) -> None:
    message_id = uuid4()
    several = [writes(alder, now, "My tongue is swelling", message_id) for _ in range(6)]
    answers = await asyncio.gather(*several)
    assert len(set(map(msgspec.json.encode, answers))) == 1
    found = await messages.list_messages(service, team.practitioner, alder.patient_id, before=None, now=now)
    (alert,) = await open_alerts(service, team.practitioner, now)
    assert (len(found), len(alert.reported)) == (1, 1)


async def test_a_message_never_reads_as_a_lowering_of_what_was_said(
    service: Database, team: Team, alder: Recovering, now: datetime
) -> None:
    await alder.says(now, blisters="few", sites={"blisters": ["chin"]})
    before = {one.id: one.tier for one in await open_alerts(service, team.practitioner, now)}
    await writes(alder, now + HOUR, "No blisters any more, all is gone")
    after = {one.id: one.tier for one in await open_alerts(service, team.practitioner, now + HOUR)}
    assert before == after
    assert before
