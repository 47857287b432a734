"""Silence in its three parts, by the scheduled sweep over a real calendar."""

from datetime import UTC, datetime, timedelta

import pytest

from aftercare.care.calendar import DAYS
from aftercare.db.pool import Database
from aftercare.model.messages import MessageKind
from aftercare.model.words import Modality
from aftercare.notify.channel import Refused
from aftercare.services import courses
from aftercare.store import alerts, call_list
from tests.services.background import Post, pass_time
from tests.services.conftest import Team, Treat, next_session


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def session_at() -> datetime:
    """A Monday, eleven o'clock in London (winter time)."""
    return datetime(2026, 2, 2, 11, 0, tzinfo=UTC)


async def _alerts(worker: Database, team: Team) -> list[tuple[str, str]]:
    async with worker.clinic(team.clinic_id) as db:
        found = await alerts.triage(db, team.clinic_id, owner=None, unowned=False, limit=100, offset=0)
    return [(alert.code, alert.tier) for alert in found]


async def test_a_due_check_in_is_reminded_of_once_on_its_local_day(
    worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    await treat(session_at)
    await pass_time(worker, post, session_at + timedelta(days=1))
    reminders = [mail for mail in post.channel.sent if mail.kind is MessageKind.REMINDER]
    assert [mail.address for mail in reminders] == [
        "alder@patients.test"
    ] * 2  # the evening, and next morning
    assert reminders[1].written_at == datetime(2026, 2, 3, 9, 0, tzinfo=UTC)


async def test_an_answered_check_in_is_not_reminded_of(
    worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at)
    await patient.says(session_at + timedelta(hours=21), redness=1)
    await pass_time(worker, post, session_at + timedelta(days=1, hours=8))
    days = [mail.written_at.date().day for mail in post.channel.sent if mail.kind is MessageKind.REMINDER]
    assert days == [2]


async def test_low_risk_silence_of_two_days_is_for_the_call_list_and_no_alert(
    worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at)
    await pass_time(worker, post, session_at + timedelta(days=9))
    assert await _alerts(worker, team) == []
    async with worker.clinic(team.clinic_id) as db:
        (item,) = await call_list.open_items(db, team.clinic_id)
    assert (item.patient_id, item.missed) == (patient.patient_id, (1, 2))


async def test_an_answer_takes_the_patient_off_the_call_list(
    worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at)
    await pass_time(worker, post, session_at + timedelta(days=3))
    await patient.says(session_at + timedelta(days=3, hours=1), redness=1)
    async with worker.clinic(team.clinic_id) as db:
        assert await call_list.open_items(db, team.clinic_id) == []


@pytest.mark.parametrize(
    ("modality", "risk"),
    [
        (Modality.MICRONEEDLING, {"hsv_history": True}),
        (Modality.MICRONEEDLING, {"immunosuppressed": True}),
        (Modality.LASER_GENESIS, {"fitzpatrick": 5}),
    ],
)
async def test_silence_of_a_patient_at_risk_becomes_an_alert_by_the_end_of_the_next_day(
    worker: Database,
    team: Team,
    treat: Treat,
    post: Post,
    session_at: datetime,
    modality: Modality,
    risk: dict[str, object],
) -> None:
    await treat(session_at, modality=modality, **risk)
    await pass_time(worker, post, datetime(2026, 2, 4, 23, 59, tzinfo=UTC))
    assert await _alerts(worker, team) == []
    await pass_time(worker, post, datetime(2026, 2, 5, 0, 1, tzinfo=UTC))
    assert await _alerts(worker, team) == [("silence", "soon")]


async def test_silence_beside_an_open_alert_is_as_urgent_as_that_alert(
    worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at)
    await patient.says(session_at + timedelta(days=2), tingling=True)
    await pass_time(worker, post, datetime(2026, 2, 5, 20, 0, tzinfo=UTC))
    assert await _alerts(worker, team) == [("cold_sore", "same_day")]
    await pass_time(worker, post, datetime(2026, 2, 5, 21, 1, tzinfo=UTC))
    assert sorted(await _alerts(worker, team)) == [("cold_sore", "same_day"), ("silence", "same_day")]


async def test_silence_after_a_late_sign_of_the_older_session_is_heard_in_the_calendar_of_the_newest(
    worker: Database, service: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at)
    again = session_at + timedelta(days=28)
    await courses.record_session(
        service, team.practitioner, patient.patient_id, next_session(patient.course_id, again), now=again
    )
    await pass_time(worker, post, again + timedelta(days=2))
    await patient.says(again + timedelta(days=2), lumps=True)  # judged by the older session
    await pass_time(worker, post, datetime(2026, 3, 5, 20, 59, tzinfo=UTC))
    assert await _alerts(worker, team) == [("nodules", "soon")]
    await pass_time(worker, post, datetime(2026, 3, 5, 21, 1, tzinfo=UTC))
    assert sorted(await _alerts(worker, team)) == [("nodules", "soon"), ("silence", "soon")]


async def test_a_reminder_that_never_left_is_the_clinics_fault_and_never_the_patients_silence(
    worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    await treat(session_at, hsv_history=True, email="")
    await pass_time(worker, post, session_at + timedelta(days=4))
    assert await _alerts(worker, team) == []
    told = {mail.address for mail in post.channel.sent if mail.kind is MessageKind.CLINIC_FAULT}
    assert told == {"admin@alpha.test"}


async def test_mail_that_is_refused_counts_as_never_left(
    worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    await treat(session_at, hsv_history=True)
    post.channel.failure = Refused("550 5.7.1")
    await pass_time(worker, post, session_at + timedelta(days=4))
    assert await _alerts(worker, team) == []


async def test_a_sweep_after_an_outage_catches_up_once(
    worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at, hsv_history=True)
    await patient.says(session_at + timedelta(hours=8), redness=2)
    await pass_time(
        worker, post, session_at + timedelta(days=1, hours=23)
    )  # the reminder of day 1 and 2 left
    before = await _alerts(worker, team)
    late = Post()
    async with worker.transaction() as db:
        await db.execute("update due_work set due_at = '2026-02-06 12:00+00' where kind = 'sweep'")
    await pass_time(worker, late, datetime(2026, 2, 6, 12, 0, tzinfo=UTC))
    assert before == []
    assert await _alerts(worker, team) == [("silence", "soon")]
    reminders = [mail for mail in late.channel.sent if mail.kind is MessageKind.REMINDER]
    assert [mail.written_at.date().day for mail in reminders] == [
        6
    ]  # one for today, none for each day missed


async def test_a_miss_of_a_patient_at_risk_is_reminded_of_in_the_morning_never_at_midnight(
    worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at, modality=Modality.LASER_GENESIS, fitzpatrick=5)
    for day in (0, 1, 2):
        await patient.says(session_at + timedelta(days=day, hours=5), redness=0)
    await pass_time(worker, post, datetime(2026, 2, 6, 23, 0, tzinfo=UTC))
    at = [mail.written_at for mail in post.channel.sent if mail.kind is MessageKind.REMINDER]
    # Due on days 0, 1, 2 and 3; nothing is asked on day 4, so the miss of day 3 has a reminder of its own.
    assert at[-2:] == [datetime(2026, 2, 5, 9, 0, tzinfo=UTC), datetime(2026, 2, 6, 9, 0, tzinfo=UTC)]


async def test_a_new_session_ends_the_older_calendar(
    worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at)
    async with worker.transaction() as db:
        count = await db.fetchval("select count(*) from due_work where kind = 'sweep'")
    assert count == 1
    await pass_time(worker, post, session_at + timedelta(days=60))
    async with worker.transaction() as db:
        assert await db.fetchval("select count(*) from due_work where kind = 'sweep'") == 0
    assert patient.episode.calendar_ends_at is None


@pytest.mark.parametrize("risk", [{"hsv_history": True}, {}])
async def test_a_new_session_long_after_finds_no_silence_in_a_recovery_that_was_answered(
    worker: Database,
    service: Database,
    team: Team,
    treat: Treat,
    post: Post,
    session_at: datetime,
    risk: dict[str, object],
) -> None:
    patient = await treat(session_at, **risk)
    for day in DAYS[Modality.MICRONEEDLING]:
        at = session_at + timedelta(days=day, hours=9)
        await pass_time(worker, post, at)
        await patient.says(at, redness=0)
    later = session_at + timedelta(days=60)  # its monitoring is over, and its calendar is only now ended
    await pass_time(worker, post, later)
    draft = next_session(patient.course_id, later)
    await courses.record_session(service, team.practitioner, patient.patient_id, draft, now=later)
    await pass_time(worker, post, later + timedelta(hours=1))
    assert await _alerts(worker, team) == []
    async with worker.clinic(team.clinic_id) as db:
        assert await call_list.open_items(db, team.clinic_id) == []


async def test_a_session_recorded_after_the_one_that_followed_it_asks_nothing(
    worker: Database, service: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at)
    earlier = next_session(patient.course_id, session_at - timedelta(days=5), "Entered late; half face only.")
    _, episode = await courses.record_session(
        service, team.practitioner, patient.patient_id, earlier, now=session_at + timedelta(minutes=5)
    )
    assert episode.calendar_ends_at == session_at
    await pass_time(worker, post, session_at + timedelta(days=1))
    reminders = [mail.written_at for mail in post.channel.sent if mail.kind is MessageKind.REMINDER]
    assert reminders == [datetime(2026, 2, 2, 19, 0, tzinfo=UTC), datetime(2026, 2, 3, 9, 0, tzinfo=UTC)]


async def test_who_answers_before_being_asked_is_nobodys_fault(
    worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at)
    for day in range(4):
        at = session_at + timedelta(
            days=day, hours=-3 if day else 2
        )  # eight o'clock; the reminder is due at nine
        await pass_time(worker, post, at)
        await patient.says(at, redness=0)
    await pass_time(worker, post, session_at + timedelta(days=3, hours=15))
    assert post.channel.sent == []


async def test_the_admin_hears_of_an_outage_once_and_not_for_weeks_after(
    worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    await treat(session_at)
    await pass_time(worker, post, session_at + timedelta(days=1))
    async with worker.transaction() as db:  # nothing ran on days 2 and 3
        back = session_at + timedelta(days=4)
        await db.execute("update due_work set due_at = $1 where kind = 'sweep'", back)
    await pass_time(worker, post, session_at + timedelta(days=28))
    told = [mail.written_at for mail in post.channel.sent if mail.kind is MessageKind.CLINIC_FAULT]
    assert told == [back]


async def test_a_patient_who_flies_west_is_still_reminded_of_the_next_day(
    worker: Database, service: Database, team: Team, treat: Treat, post: Post
) -> None:
    patient = await treat(datetime(2026, 2, 2, 22, 0, tzinfo=UTC), time_zone="Pacific/Auckland")
    # Auckland's day 4, the seventh there, is reminded of; London's day 5 is the seventh as well.
    landed = datetime(2026, 2, 6, 21, 0, tzinfo=UTC)
    await pass_time(worker, post, landed)
    await patient.says(landed, redness=0)  # the phone says Europe/London
    await pass_time(worker, post, datetime(2026, 2, 7, 9, 1, tzinfo=UTC))
    reminders = [mail.written_at for mail in post.channel.sent if mail.kind is MessageKind.REMINDER]
    assert reminders[-2:] == [
        datetime(2026, 2, 6, 20, 0, tzinfo=UTC),
        datetime(2026, 2, 7, 9, 0, tzinfo=UTC),
    ]


async def test_a_reminder_missed_until_late_at_night_is_no_more_sent_and_the_clinic_hears_of_it(
    worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    await treat(session_at)
    await pass_time(worker, post, session_at + timedelta(hours=20))
    before = len(post.channel.sent)
    async with worker.transaction() as db:
        back = datetime(2026, 2, 3, 22, 30, tzinfo=UTC)
        await db.execute("update due_work set due_at = $1 where kind = 'sweep'", back)
    await pass_time(worker, post, datetime(2026, 2, 4, 9, 0, tzinfo=UTC))
    mails = [(mail.kind, mail.written_at) for mail in post.channel.sent[before:]]
    assert mails == [
        (MessageKind.CLINIC_FAULT, datetime(2026, 2, 4, 0, 0, tzinfo=UTC)),
        (MessageKind.REMINDER, datetime(2026, 2, 4, 9, 0, tzinfo=UTC)),
    ]


async def test_after_an_outage_a_miss_of_days_ago_is_not_reminded_of_beside_todays_own(
    worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    await treat(session_at, modality=Modality.LASER_GENESIS, fitzpatrick=5)
    await pass_time(worker, post, datetime(2026, 2, 5, 8, 0, tzinfo=UTC))
    before = len(post.channel.sent)
    async with worker.transaction() as db:  # asleep over the morning after the miss of day 3
        back = datetime(2026, 2, 7, 10, 0, tzinfo=UTC)
        await db.execute("update due_work set due_at = $1 where due_at < $1", back)
    await pass_time(worker, post, back)
    kinds = [mail.kind for mail in post.channel.sent[before:]]
    assert kinds.count(MessageKind.REMINDER) == 1
