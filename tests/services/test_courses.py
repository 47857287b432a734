"""Sessions, their consumables and what blocks the next one."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from aftercare.care.spacing import TooSoonError
from aftercare.db.pool import Database
from aftercare.errors import Malformed, OtherContent
from aftercare.model.care import CourseDraft, SessionDraft
from aftercare.model.screenings import ScreeningDraft
from aftercare.model.words import Modality, Outcome
from aftercare.services import alerts, courses, screenings
from aftercare.services.course_plans import BlockedError
from aftercare.store import sessions
from tests.services.conftest import CARTRIDGE, SCREENED, Team, Treat, next_session


@pytest.fixture
def session_at() -> datetime:
    return datetime(2026, 2, 2, 11, 0, tzinfo=UTC)


def _next(course_id: object, at: datetime, reason: str = "") -> SessionDraft:
    return msgspec.convert(
        {
            "course_id": str(course_id),
            "session_at": at.isoformat(),
            "consumables": [msgspec.to_builtins(CARTRIDGE)],
            "override_reason": reason,
            "screening": msgspec.to_builtins(SCREENED),
        },
        SessionDraft,
    )


async def test_the_next_session_waits_four_weeks_unless_a_practitioner_says_why(
    service: Database, team: Team, treat: Treat, session_at: datetime
) -> None:
    patient = await treat(session_at)
    early = session_at + timedelta(days=20)
    with pytest.raises(TooSoonError, match="2026-03-02"):
        await courses.record_session(
            service, team.practitioner, patient.patient_id, _next(patient.course_id, early), now=early
        )
    draft = _next(patient.course_id, early, "Half face only, agreed with the patient.")
    session, episode = await courses.record_session(
        service, team.practitioner, patient.patient_id, draft, now=early
    )
    assert (session.override_reason, episode.session_at) == (draft.override_reason, early)


async def test_an_unresolved_alert_of_soon_blocks_the_next_session_and_a_confirmed_one_until_it_is_ended(
    service: Database, team: Team, treat: Treat, session_at: datetime
) -> None:
    patient = await treat(session_at)
    at = session_at + timedelta(days=3)
    await patient.says(at, tingling=True)
    later = session_at + timedelta(days=40)
    draft = _next(patient.course_id, later)
    with pytest.raises(BlockedError, match="not resolved yet"):
        await courses.record_session(service, team.practitioner, patient.patient_id, draft, now=later)
    (alert,) = await alerts.list_alerts(service, team.practitioner, whose="everyone", offset=0, now=at)
    confirmed = alerts.Resolve(outcome=Outcome.CONFIRMED)
    await alerts.resolve(service, team.practitioner, alert.id, confirmed, now=at)
    with pytest.raises(BlockedError, match="confirmed condition"):
        await courses.record_session(service, team.practitioner, patient.patient_id, draft, now=later)
    await alerts.end_condition(service, team.practitioner, alert.id, alerts.Note(), now=later)
    await courses.record_session(service, team.practitioner, patient.patient_id, draft, now=later)


@pytest.mark.parametrize(
    "fault", [{"expires_on": "2026-01-31"}, {"sterile": False}, {"single_use": False}], ids=str
)
async def test_needles_are_sterile_single_use_and_not_expired(
    service: Database, team: Team, treat: Treat, session_at: datetime, fault: dict[str, object]
) -> None:
    patient = await treat(session_at)
    at = session_at + timedelta(days=40)
    item = {**msgspec.to_builtins(CARTRIDGE), **fault}
    if "expires_on" in fault:
        item["expires_on"] = (at - timedelta(days=1)).date().isoformat()
    draft = msgspec.convert(
        {"course_id": str(patient.course_id), "session_at": at.isoformat(), "consumables": [item]},
        SessionDraft,
    )
    with pytest.raises(Malformed):
        await courses.record_session(service, team.practitioner, patient.patient_id, draft, now=at)


async def test_a_lot_expires_with_the_day_where_the_patient_is(
    service: Database, team: Team, treat: Treat, session_at: datetime
) -> None:
    """Half past midnight in a London summer is still the day before in UTC, as which a browser sends it."""
    patient = await treat(session_at)
    at = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
    draft = next_session(patient.course_id, at)

    def of_a_lot_until(day: date) -> SessionDraft:
        item = msgspec.structs.replace(CARTRIDGE, expires_on=day)
        return msgspec.structs.replace(draft, consumables=(item,))

    with pytest.raises(Malformed):
        await courses.record_session(
            service, team.practitioner, patient.patient_id, of_a_lot_until(date(2026, 6, 1)), now=at
        )
    await courses.record_session(
        service, team.practitioner, patient.patient_id, of_a_lot_until(date(2026, 6, 2)), now=at
    )


async def test_a_lot_is_found_again_for_a_recall(
    service: Database, team: Team, treat: Treat, session_at: datetime
) -> None:
    patient = await treat(session_at)
    (used,) = await courses.find_lot(service, team.practitioner, "LOT-1", now=session_at)
    assert (used.patient_id, used.session_at) == (patient.patient_id, session_at)


async def test_a_recall_names_every_session_of_a_lot_page_by_page(
    service: Database, team: Team, treat: Treat, session_at: datetime
) -> None:
    patients = [await treat(session_at) for _ in range(5)]  # all at the same instant
    place, named = (session_at + timedelta(days=1), UUID(int=0)), []
    async with service.clinic(team.clinic_id) as db:
        while page := await sessions.by_lot(db, team.clinic_id, "LOT-1", place, 2):
            assert len(page) <= 2
            named += [used.patient_id for used in page]
            place = (page[-1].session_at, page[-1].session_id)
    assert len(named) == 5
    assert set(named) == {one.patient_id for one in patients}


async def test_a_course_planned_twice_at_once_is_one_course(
    service: Database, team: Team, treat: Treat, session_at: datetime
) -> None:
    patient = await treat(session_at)
    draft = CourseDraft(modality=Modality.LASER_GENESIS, course_id=uuid4())
    made = await asyncio.gather(
        *(
            courses.create_course(service, team.practitioner, patient.patient_id, draft, now=session_at)
            for _ in range(4)
        )
    )
    assert {course.course_id for course in made} == {draft.course_id}
    both = await courses.get_courses(service, team.practitioner, patient.patient_id, now=session_at)
    assert len(both.courses) == 2


async def test_ids_of_another_patient_are_refused_and_leave_nothing_behind(
    service: Database, team: Team, treat: Treat, session_at: datetime
) -> None:
    one, two, by = await treat(session_at), await treat(session_at), team.practitioner
    later, ids = session_at + timedelta(days=40), (uuid4(), uuid4())
    screening = ScreeningDraft(
        screening_id=ids[0], scope="session", modality=Modality.MICRONEEDLING, answers={}, outcome="candidate"
    )
    session = next_session(one.course_id, later, session_id=ids[1])
    await screenings.screen(service, by, one.patient_id, screening, now=later)
    await courses.record_session(service, by, one.patient_id, session, now=later)
    course = CourseDraft(modality=Modality.MICRONEEDLING, course_id=one.course_id)
    with pytest.raises(OtherContent):
        await courses.create_course(service, by, two.patient_id, course, now=later)
    with pytest.raises(OtherContent):
        await screenings.screen(service, by, two.patient_id, screening, now=later)
    taken = next_session(two.course_id, later, session_id=ids[1])
    with pytest.raises(OtherContent):
        await courses.record_session(service, by, two.patient_id, taken, now=later)
    of_two = await courses.get_courses(service, by, two.patient_id, now=later)
    assert (len(of_two.courses), len(of_two.sessions), len(of_two.screenings)) == (1, 1, 1)


async def test_a_screening_sent_twice_is_one_and_with_other_content_refused(
    service: Database, team: Team, treat: Treat, session_at: datetime
) -> None:
    patient, by = await treat(session_at), team.practitioner
    draft = ScreeningDraft(
        screening_id=uuid4(),
        scope="session",
        modality=Modality.MICRONEEDLING,
        answers={},
        outcome="candidate",
    )
    first = await screenings.screen(service, by, patient.patient_id, draft, now=session_at)
    later = session_at + timedelta(minutes=1)
    assert await screenings.screen(service, by, patient.patient_id, draft, now=later) == first
    other = msgspec.structs.replace(draft, answers={"pregnant": True})
    with pytest.raises(OtherContent):
        await screenings.screen(service, by, patient.patient_id, other, now=later)


async def test_answers_that_came_before_the_session_was_recorded_are_judged_by_it(
    service: Database, team: Team, treat: Treat, session_at: datetime
) -> None:
    patient = await treat(session_at)
    second = session_at + timedelta(days=35)
    # One day after the second treatment, which nobody has entered yet: quite expected there, far too much on day 36.
    await patient.says(second + timedelta(days=1), pain=2, warmth=2, swelling=4)
    before = await alerts.list_alerts(service, team.practitioner, whose="everyone", offset=0, now=second)
    recorded_at = second + timedelta(days=1, hours=6)
    await courses.record_session(
        service,
        team.practitioner,
        patient.patient_id,
        _next(patient.course_id, second, "The first recovery was seen in person."),
        now=recorded_at,
    )
    found = await alerts.list_alerts(service, team.practitioner, whose="everyone", offset=0, now=recorded_at)
    new = [one for one in found if one.id not in {old.id for old in before}]
    assert [(one.code, one.day) for one in new] == [("swelling", 1)]


async def test_a_session_recorded_late_keeps_its_distance_to_the_next_one_too(
    service: Database, team: Team, treat: Treat, session_at: datetime
) -> None:
    patient = await treat(session_at)
    earlier = session_at - timedelta(days=10)
    with pytest.raises(TooSoonError):
        await courses.record_session(
            service, team.practitioner, patient.patient_id, _next(patient.course_id, earlier), now=session_at
        )
