"""What staff and patients ask for, what is refused, and reminders that come at the time a patient chose."""

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest

from aftercare.db.pool import Database
from aftercare.errors import Malformed, NotFound, Outdated
from aftercare.model.addresses import AddressDraft
from aftercare.model.messages import MessageKind
from aftercare.model.preferences import (
    DailySpan,
    Muted,
    PatientPreferencesDraft,
    QuietSpan,
    StaffPreferencesDraft,
)
from aftercare.services import addresses, me, preferences
from tests.services.background import Post, pass_time
from tests.services.conftest import Team, Treat

EVERY_DAY = tuple(range(7))
TREATED = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # a Monday, in winter: London's clock is UTC
DAY = timedelta(days=1)


def span(starts: int, ends: int) -> QuietSpan:
    return QuietSpan(weekdays=EVERY_DAY, starts=time(starts), ends=time(ends))


@pytest.mark.parametrize(
    ("draft", "pointer"),
    [
        (StaffPreferencesDraft(quiet=(span(9, 9),)), "/quiet"),
        (StaffPreferencesDraft(quiet=(span(8, 20), span(20, 8))), "/quiet"),
        (StaffPreferencesDraft(time_zone="Europe/Atlantis"), "/time_zone"),
        (StaffPreferencesDraft(muted=Muted(routine=("smtp",))), "/muted/routine"),
        # Nothing else is registered: mail is the last way.
        (StaffPreferencesDraft(muted=Muted(same_day=("smtp", "sms"))), "/muted/same_day"),
    ],
    ids=["a whole day", "two halves of it", "a zone", "routine's only way", "the last that there is"],
)
async def test_what_would_leave_somebody_unheard_is_refused(
    service: Database, team: Team, draft: StaffPreferencesDraft, pointer: str
) -> None:
    with pytest.raises(Malformed) as refused:
        await preferences.put_staff_preferences(service, team.practitioner, draft, version=0, now=TREATED)
    assert set(refused.value.pointers) == {pointer}
    assert (await preferences.get_staff_preferences(service, team.practitioner)).version == 0


async def test_mail_can_be_taken_away_once_there_is_another_way(service: Database, team: Team) -> None:
    number = AddressDraft(channel="sms", address="+442079460000")
    await addresses.register(service, team.practitioner, uuid4(), number, now=TREATED)
    draft = StaffPreferencesDraft(muted=Muted(same_day=("smtp",)))
    made = await preferences.put_staff_preferences(service, team.practitioner, draft, version=0, now=TREATED)
    assert (made.version, made.muted.same_day) == (1, ("smtp",))


async def test_ones_own_preferences_are_written_over_the_version_that_was_read(
    service: Database, team: Team
) -> None:
    draft = StaffPreferencesDraft(quiet=(span(22, 7),), digest_at=time(16), time_zone="America/New_York")
    made = await preferences.put_staff_preferences(service, team.coordinator, draft, version=0, now=TREATED)
    assert made == await preferences.get_staff_preferences(service, team.coordinator)
    for version in (0, 2):
        with pytest.raises(Outdated):
            await preferences.put_staff_preferences(
                service, team.coordinator, StaffPreferencesDraft(), version=version, now=TREATED
            )
    assert (await preferences.get_staff_preferences(service, team.practitioner)).version == 0


@pytest.mark.parametrize(
    ("draft", "pointer"),
    [
        (PatientPreferencesDraft(reminder_at=time(6, 59)), "/reminder_at"),
        (PatientPreferencesDraft(reminder_at=time(21, 1)), "/reminder_at"),
        (PatientPreferencesDraft(quiet=DailySpan(starts=time(8), ends=time(8))), "/quiet"),
        (PatientPreferencesDraft(quiet=DailySpan(starts=time(10), ends=time(3))), "/quiet"),
        # The reminder that was not moved comes at nine.
        (PatientPreferencesDraft(quiet=DailySpan(starts=time(22), ends=time(10))), "/quiet"),
    ],
)
async def test_a_patients_wish_that_no_reminder_could_meet_is_refused(
    service: Database, treat: Treat, draft: PatientPreferencesDraft, pointer: str
) -> None:
    patient = await treat(TREATED)
    with pytest.raises(Malformed) as refused:
        await preferences.put_patient_preferences(
            service, patient.actor, patient.patient_id, draft, version=0, now=TREATED
        )
    assert set(refused.value.pointers) == {pointer}


async def test_the_reminder_comes_at_the_time_that_the_patient_chose_and_the_app_says_so(
    service: Database, worker: Database, treat: Treat
) -> None:
    patient, post = await treat(TREATED), Post()
    evening = PatientPreferencesDraft(reminder_at=time(19, 30))
    await preferences.put_patient_preferences(
        service, patient.actor, patient.patient_id, evening, version=0, now=TREATED
    )
    today = await me.get_today(service, patient.actor, now=TREATED + DAY)
    assert {one.due_at.time() for one in today.due if one.day > 0} == {time(19, 30)}
    await pass_time(worker, post, TREATED + timedelta(days=3))
    reminded = [mail.written_at for mail in post.channel.sent if mail.kind is MessageKind.REMINDER]
    assert [at.replace(tzinfo=None) for at in reminded if at > TREATED + timedelta(hours=12)] == [
        datetime(2026, 3, 3, 19, 30),  # noqa: DTZ001 - both without
        datetime(2026, 3, 4, 19, 30),  # noqa: DTZ001
    ]


async def test_a_new_time_counts_from_the_same_day_on_and_doubles_no_reminder(
    service: Database, worker: Database, team: Team, treat: Treat
) -> None:
    patient, post = await treat(TREATED), Post()
    noon = TREATED + DAY + timedelta(hours=2)
    await pass_time(worker, post, noon)
    before = len(post.channel.sent)
    later = PatientPreferencesDraft(reminder_at=time(20))
    made = await preferences.put_patient_preferences(
        service, team.coordinator, patient.patient_id, later, version=0, now=noon
    )
    assert made.changed_by == team.coordinator.id
    await pass_time(worker, post, noon + timedelta(hours=11))
    assert len(post.channel.sent) == before  # today's has left in the morning
    await pass_time(worker, post, noon + DAY + timedelta(hours=9))
    assert [mail.written_at.hour for mail in post.channel.sent[before:]] == [20]


async def test_what_falls_into_a_patients_quiet_evening_is_not_asked_and_nobodys_fault(
    service: Database, worker: Database, treat: Treat
) -> None:
    late = TREATED.replace(hour=18)
    patient, post = await treat(late), Post()
    nights = PatientPreferencesDraft(quiet=DailySpan(starts=time(18), ends=time(8)))
    await preferences.put_patient_preferences(
        service, patient.actor, patient.patient_id, nights, version=0, now=late
    )
    await pass_time(worker, post, late + timedelta(hours=14, minutes=59))
    assert (
        post.channel.sent == []
    )  # neither a reminder on the evening of the session, nor a fault at midnight
    await pass_time(worker, post, late + timedelta(hours=15))
    assert [mail.kind for mail in post.channel.sent] == [MessageKind.REMINDER]


async def test_another_clinics_patient_is_not_there(service: Database, team: Team) -> None:
    with pytest.raises(NotFound):
        await preferences.get_patient_preferences(service, team.coordinator, uuid4(), now=TREATED)
    with pytest.raises(NotFound):
        await preferences.put_patient_preferences(
            service, team.coordinator, uuid4(), PatientPreferencesDraft(), version=0, now=TREATED
        )
