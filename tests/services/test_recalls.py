"""Whom the clinic calls back: the list against the plan of each course, and what calling does to it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import asyncpg
import pytest

from aftercare.care.spacing import TooSoonError
from aftercare.db.pool import Database
from aftercare.db.sql import queries
from aftercare.errors import Conflict, Malformed, NotFound, OtherContent, Outdated
from aftercare.model.care import CourseDraft
from aftercare.model.course_plans import (
    ContactKind,
    CourseSettingsDraft,
    EndDraft,
    EndReason,
    PlanStatus,
    Recall,
    RecallContactDraft,
)
from aftercare.model.people import PatientDraft
from aftercare.model.words import Modality
from aftercare.services import course_plans, courses, patients, recalls
from tests.services.conftest import Recovering, Team, Treat, make_team, next_session

AT = datetime(2026, 2, 2, 11, 0, tzinfo=UTC)
NEEDLING = Modality.MICRONEEDLING


def days(number: int) -> datetime:
    return AT + timedelta(days=number)


List = Callable[..., Awaitable[list[Recall]]]


@pytest.fixture
def listed(service: Database, team: Team) -> List:
    async def read(now: datetime, status: recalls.Status | None = None) -> list[Recall]:
        found = await recalls.list_recalls(service, team.coordinator, status=status, now=now)
        return [one.recall for one in found]

    return read


@pytest.fixture
def called(service: Database, team: Team) -> Callable[..., Awaitable[UUID]]:
    async def write(course_id: UUID, kind: ContactKind, now: datetime, day: date | None = None) -> UUID:
        draft = RecallContactDraft(kind=kind, day=day)
        return (await recalls.add_contact(service, team.coordinator, course_id, draft, now=now)).contact_id

    return write


async def test_somebody_is_listed_from_the_first_day_of_the_window_and_overdue_after_the_last(
    listed: List, treat: Treat
) -> None:
    patient = await treat(AT, name="Sample Alder", phone="+44 20 7946 0000")
    assert await listed(days(27)) == []
    (due,) = await listed(days(28))
    assert (due.name, due.phone, due.sessions_done, due.last_session_on) == (
        "Sample Alder",
        "+44 20 7946 0000",
        1,
        AT.date(),
    )
    assert (due.next.number, due.next.timing, due.listed_on) == (2, PlanStatus.DUE, days(28).date())
    assert await listed(days(28), "overdue") == []
    (overdue,) = await listed(days(50), "overdue")
    assert (overdue.course_id, overdue.next.overdue_days) == (patient.course_id, 8)
    assert await listed(days(50), "due") == []


async def test_the_next_session_takes_somebody_off_the_list(
    service: Database, team: Team, listed: List, treat: Treat
) -> None:
    patient = await treat(AT)
    await courses.record_session(
        service,
        team.practitioner,
        patient.patient_id,
        next_session(patient.course_id, days(30)),
        now=days(30),
    )
    assert await listed(days(50)) == []
    (again,) = await listed(days(58))
    assert again.next.number == 3


async def test_maintenance_is_listed_after_six_months_again_and_again(
    service: Database, team: Team, listed: List, treat: Treat
) -> None:
    patient = await treat(AT)
    for number in (1, 2, 3):
        at = days(28 * number)
        draft = next_session(patient.course_id, at)
        await courses.record_session(service, team.practitioner, patient.patient_id, draft, now=at)
    assert await listed(datetime(2026, 10, 26, 12, tzinfo=UTC)) == []
    (due,) = await listed(datetime(2026, 10, 27, 12, tzinfo=UTC))
    assert (due.next.number, due.next.maintenance, due.next.timing) == (5, True, PlanStatus.DUE)
    early = next_session(patient.course_id, days(150))
    with pytest.raises(TooSoonError, match="maintenance begins after 6 months: not before 2026-10-27"):
        await courses.record_session(service, team.practitioner, patient.patient_id, early, now=days(150))
    at = datetime(2026, 11, 30, 12, tzinfo=UTC)
    done = next_session(patient.course_id, at)
    await courses.record_session(service, team.practitioner, patient.patient_id, done, now=at)
    assert await listed(at) == []
    (again,) = await listed(datetime(2027, 5, 30, 12, tzinfo=UTC))
    assert again.next.number == 6


async def test_who_is_blocked_stays_on_the_list_with_the_reason(listed: List, treat: Treat) -> None:
    patient = await treat(AT)
    await patient.says(days(3), tingling=True)
    (held,) = await listed(days(30))
    assert (held.next.status, held.next.timing) == (PlanStatus.BLOCKED, PlanStatus.DUE)
    assert held.next.block is not None
    assert held.next.block.alert_ids


async def test_the_day_is_the_patients_own(listed: List, treat: Treat) -> None:
    east = await treat(AT, name="Sample East", time_zone="Pacific/Auckland")
    west = await treat(AT, name="Sample West", time_zone="America/Los_Angeles")
    # It was the 2nd of February in Los Angeles and the 3rd already in Auckland.
    assert await listed(datetime(2026, 3, 2, 7, 59, tzinfo=UTC)) == []
    assert [one.course_id for one in await listed(datetime(2026, 3, 2, 8, tzinfo=UTC))] == [west.course_id]
    assert [one.course_id for one in await listed(datetime(2026, 3, 2, 10, 59, tzinfo=UTC))] == [
        west.course_id
    ]
    both = {one.course_id for one in await listed(datetime(2026, 3, 2, 11, tzinfo=UTC))}
    assert both == {east.course_id, west.course_id}


async def test_what_was_agreed_takes_them_off_the_list_until_then(
    listed: List, called: Callable[..., Awaitable[UUID]], treat: Treat
) -> None:
    patient = await treat(AT)
    course, now = patient.course_id, days(30)
    await called(course, ContactKind.NO_ANSWER, now)
    (rung,) = await listed(now)
    assert [one.kind for one in rung.contacts] == [ContactKind.NO_ANSWER]
    await called(course, ContactKind.SNOOZED, now, days(34).date())
    assert await listed(days(33)) == []
    (back,) = await listed(days(34))
    assert back.listed_on == days(34).date()
    await called(course, ContactKind.BOOKED, days(34), days(36).date())
    assert await listed(days(36)) == []
    (missed,) = await listed(days(37))
    assert [one.kind for one in missed.contacts] == [
        ContactKind.BOOKED,
        ContactKind.SNOOZED,
        ContactKind.NO_ANSWER,
    ]
    await called(course, ContactKind.DECLINED, days(37))
    assert await listed(days(900)) == []
    await called(course, ContactKind.CONTACTED, days(40))
    assert len(await listed(days(40))) == 1


async def test_a_session_ends_what_was_agreed_about_it(
    service: Database, team: Team, listed: List, called: Callable[..., Awaitable[UUID]], treat: Treat
) -> None:
    patient = await treat(AT)
    await called(patient.course_id, ContactKind.DECLINED, days(30))
    draft = next_session(patient.course_id, days(35))
    await courses.record_session(service, team.practitioner, patient.patient_id, draft, now=days(35))
    (due,) = await listed(days(63))
    assert (due.next.number, due.contacts) == (3, ())
    log = await recalls.list_contacts(service, team.practitioner, patient.course_id, now=days(63))
    assert [(one.number, one.kind) for one in log] == [(2, ContactKind.DECLINED)]


async def test_a_day_that_makes_no_sense_is_refused_at_its_field(
    listed: List, called: Callable[..., Awaitable[UUID]], treat: Treat
) -> None:
    patient = await treat(AT)
    for kind, ahead in (
        (ContactKind.BOOKED, None),
        (ContactKind.BOOKED, -1),
        (ContactKind.SNOOZED, 0),
        (ContactKind.SNOOZED, 800),
        (ContactKind.CONTACTED, 3),
    ):
        day = None if ahead is None else days(30 + ahead).date()
        with pytest.raises(Malformed) as refused:
            await called(patient.course_id, kind, days(30), day)
        assert set(refused.value.pointers) == {"/day"}, (kind, ahead)
    (untouched,) = await listed(days(30))
    assert untouched.contacts == ()


async def test_the_same_line_sent_twice_is_one_and_other_content_is_refused(
    service: Database, team: Team, treat: Treat
) -> None:
    patient = await treat(AT)
    draft = RecallContactDraft(contact_id=uuid4(), kind=ContactKind.NO_ANSWER)
    first = await recalls.add_contact(service, team.coordinator, patient.course_id, draft, now=days(30))
    again = await recalls.add_contact(service, team.coordinator, patient.course_id, draft, now=days(31))
    assert again == first
    other = RecallContactDraft(contact_id=draft.contact_id, kind=ContactKind.DECLINED)
    with pytest.raises(OtherContent):
        await recalls.add_contact(service, team.coordinator, patient.course_id, other, now=days(31))
    log = await recalls.list_contacts(service, team.coordinator, patient.course_id, now=days(31))
    assert log == [first]


async def test_an_ended_course_leaves_the_list_takes_no_session_and_can_be_resumed(
    service: Database, team: Team, listed: List, treat: Treat
) -> None:
    patient = await treat(AT)
    end = EndDraft(because=EndReason.MOVED_AWAY, note="Told by telephone.")
    by, ids = team.practitioner, (patient.patient_id, patient.course_id)
    ended = await course_plans.end_course(service, by, *ids, end, now=days(30))
    assert (ended.ended_because, ended.ended_by, ended.ended_at) == (EndReason.MOVED_AWAY, by.id, days(30))
    assert await course_plans.end_course(service, by, *ids, end, now=days(31)) == ended
    with pytest.raises(Conflict, match="ended before"):
        await course_plans.end_course(service, by, *ids, EndDraft(because=EndReason.OTHER), now=days(31))
    assert await listed(days(60)) == []
    late = next_session(patient.course_id, days(60), "Came back.")
    with pytest.raises(course_plans.CourseEndedError):
        await courses.record_session(service, by, patient.patient_id, late, now=days(60))
    with pytest.raises(Conflict, match="nobody is called back"):
        await recalls.add_contact(
            service, by, patient.course_id, RecallContactDraft(kind=ContactKind.NO_ANSWER), now=days(60)
        )
    # One that was done while the course still ran, and is entered late, belongs to it.
    before = next_session(patient.course_id, days(29))
    await courses.record_session(service, by, patient.patient_id, before, now=days(60))
    resumed = await course_plans.resume_course(service, by, *ids, now=days(61))
    assert resumed.ended_at is None
    assert await course_plans.resume_course(service, by, *ids, now=days(61)) == resumed
    (due,) = await listed(days(61))
    assert due.next.number == 3


async def test_a_newer_course_of_the_modality_takes_the_olders_place_on_the_list(
    service: Database, team: Team, listed: List, treat: Treat
) -> None:
    patient = await treat(AT)
    made = await courses.create_course(
        service, team.practitioner, patient.patient_id, CourseDraft(modality=NEEDLING), now=days(40)
    )
    draft = next_session(made.course_id, days(40))
    await courses.record_session(service, team.practitioner, patient.patient_id, draft, now=days(40))
    assert [one.course_id for one in await listed(days(80))] == [made.course_id]


async def test_other_clinics_courses_are_not_there(service: Database, team: Team, treat: Treat) -> None:
    patient = await treat(AT)
    stranger = await make_team(service, "beta", AT)
    assert await recalls.list_recalls(service, stranger.practitioner, now=days(60)) == []
    with pytest.raises(NotFound):
        await recalls.list_contacts(service, stranger.practitioner, patient.course_id, now=days(60))
    with pytest.raises(NotFound):
        await recalls.add_contact(
            service,
            stranger.practitioner,
            patient.course_id,
            RecallContactDraft(kind=ContactKind.DECLINED),
            now=days(60),
        )


async def test_the_list_is_what_the_plans_say_page_by_page(
    service: Database, team: Team, treat: Treat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalls, "PAGE", 4)
    monkeypatch.setattr(recalls, "_BATCH", 3)
    chance, now, everybody = Random(4), days(300), []  # noqa: S311 - what chance draws is no secret
    for number in range(24):
        zone = chance.choice(("Europe/London", "Pacific/Auckland", "America/Los_Angeles"))
        # A third stand in their window, a day or two beside its edges included.
        at = days(chance.randrange(256, 274) if number % 3 == 0 else chance.randrange(0, 300))
        patient = await treat(at, modality=chance.choice(list(Modality)), time_zone=zone)
        everybody.append(patient)
        for _ in range(0 if number % 3 == 0 else chance.randrange(0, 5)):
            at += timedelta(days=chance.randrange(28, 60))
            draft = next_session(patient.course_id, at, "As it was.")
            if at < now:
                await courses.record_session(service, team.practitioner, patient.patient_id, draft, now=at)
    expected: dict[str | None, set[UUID]] = {"due": set(), "overdue": set(), None: set()}
    for patient in everybody:
        (plan,) = (await courses.get_courses(service, team.practitioner, patient.patient_id, now=now)).plans
        assert plan.next is not None
        if plan.next.timing is not PlanStatus.TOO_EARLY:
            expected[None].add(plan.course_id)
            expected[plan.next.timing or ""].add(plan.course_id)
    assert min(len(those) for those in expected.values()) > recalls.PAGE
    status: recalls.Status | None
    for status in (None, "due", "overdue"):
        found: list[recalls.Listed] = []
        while page := await recalls.list_recalls(
            service, team.practitioner, status=status, after=found[-1].place if found else None, now=now
        ):
            found += page
        assert [one.place for one in found] == sorted(one.place for one in found)
        assert len(found) == len(expected[status])
        assert {one.recall.course_id for one in found} == expected[status]


async def test_settings_begin_as_shipped_are_kept_by_version_and_bind_new_courses_only(
    service: Database, team: Team, treat: Treat
) -> None:
    patient, by = await treat(AT), team.admin
    shipped = await course_plans.get_settings(service, by)
    assert {one.version for one in shipped.values()} == {0}
    wider = CourseSettingsDraft(min_days=35, max_days=56, fewest_sessions=3, most_sessions=5)
    made = await course_plans.put_settings(service, by, NEEDLING, wider, version=0, now=days(1))
    assert (made.version, made.changed_by, made.min_days) == (1, by.id, 35)
    for stale in (0, 2):
        with pytest.raises(Outdated):
            await course_plans.put_settings(service, by, NEEDLING, wider, version=stale, now=days(1))
    again = await course_plans.put_settings(service, by, NEEDLING, wider, version=1, now=days(2))
    assert again.version == 2
    assert (await course_plans.get_settings(service, by))[Modality.LASER_GENESIS].version == 0
    new = await courses.create_course(
        service, team.practitioner, patient.patient_id, CourseDraft(modality=NEEDLING), now=days(3)
    )
    assert (new.planned_sessions, new.min_days_apart, new.max_days_apart) == (3, 35, 56)
    known = (await courses.get_courses(service, team.practitioner, patient.patient_id, now=days(3))).courses
    old = next(one for one in known if one.course_id == patient.course_id)
    assert (old.planned_sessions, old.min_days_apart, old.max_days_apart) == (4, 28, 42)
    # Planned again after the change, it is still the same course.
    same = CourseDraft(course_id=old.course_id, modality=NEEDLING)
    assert (
        await courses.create_course(service, team.practitioner, patient.patient_id, same, now=days(4)) == old
    )


async def test_the_list_is_read_by_its_index_and_not_by_what_exists(
    service: Database, team: Team, treat: Treat, database_url: str
) -> None:
    """A clinic of 20,000 courses of which 60 are due: the candidates cost what they are, not what there is."""
    patient: Recovering = await treat(AT)
    root = await asyncpg.connect(database_url)
    try:
        await root.execute(
            "insert into courses (clinic_id, course_id, patient_id, modality, planned_sessions, min_days_apart, created_at,"
            " sessions_done, last_session_at)"
            " select $1, gen_random_uuid(), $2, 'microneedling', 4, 28, $3, 1, $3::timestamptz + make_interval(days =>"
            " case when n <= 60 then 0 else 200 end) from generate_series(1, 20000) n",
            team.clinic_id,
            patient.patient_id,
            AT,
        )
        await root.execute("analyze courses")
        await root.execute("set role aftercare_service")
        await root.execute("select set_config('aftercare.clinic', $1, false)", str(team.clinic_id))
        plan = await root.fetchval(
            f"explain (analyze, buffers, format json) {queries('recalls')['candidates']}",
            team.clinic_id,
            date.min,
            UUID(int=0),
            days(40).date(),
            date.min,
            date.max,
            100,
        )
    finally:
        await root.close()
    assert "courses_recall" in plan
    assert "Seq Scan" not in plan


async def test_a_patient_can_be_forgotten_with_their_recalls(
    service: Database, team: Team, treat: Treat, database_url: str
) -> None:
    patient = await treat(AT)
    draft = RecallContactDraft(kind=ContactKind.NO_ANSWER)
    await recalls.add_contact(service, team.coordinator, patient.course_id, draft, now=days(30))
    root = await asyncpg.connect(database_url)
    try:
        await root.execute("delete from patients where patient_id = $1", patient.patient_id)
        assert await root.fetchval("select count(*) from recall_contacts") == 0
        assert await root.fetchval("select count(*) from courses") == 0
    finally:
        await root.close()


async def test_a_course_planned_and_never_begun_is_listed(
    service: Database, team: Team, listed: List
) -> None:
    person = await patients.create_patient(
        service, team.practitioner, PatientDraft(name="Sample Birch"), now=AT
    )
    made = await courses.create_course(
        service, team.practitioner, person.patient_id, CourseDraft(modality=NEEDLING), now=AT
    )
    (waiting,) = await listed(days(43))
    assert (waiting.course_id, waiting.sessions_done, waiting.last_session_on) == (made.course_id, 0, None)
    assert (waiting.next.number, waiting.next.overdue_days) == (1, 1)
