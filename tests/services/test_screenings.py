"""What a session needs before it, what a signature keeps, and what the patient's record learns from it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from aftercare.db.pool import Database
from aftercare.errors import Malformed, NotFound, OtherContent
from aftercare.model.care import CourseDraft, SessionDraft
from aftercare.model.people import PatientDraft
from aftercare.model.screenings import Screening, ScreeningDraft, ScreeningQuestion, SessionScreening
from aftercare.model.words import Modality, Tier
from aftercare.services import alerts, courses, patients, screenings
from tests.services.conftest import SCREENED, Team, Treat, make_team, next_session

CIT, LASER = Modality.MICRONEEDLING, Modality.LASER_GENESIS


@pytest.fixture
def session_at() -> datetime:
    return datetime(2026, 2, 2, 11, 0, tzinfo=UTC)


@pytest.fixture
async def new(service: Database, team: Team, session_at: datetime) -> tuple[UUID, UUID]:
    """A patient who was never treated, with a course of needling."""
    at = session_at - timedelta(days=10)
    patient = await patients.create_patient(
        service, team.practitioner, PatientDraft(name="Sample Rowan"), now=at
    )
    course = await courses.create_course(
        service, team.practitioner, patient.patient_id, CourseDraft(modality=CIT), now=at
    )
    return patient.patient_id, course.course_id


def bare(course_id: UUID, at: datetime, reason: str = "") -> SessionDraft:
    return msgspec.structs.replace(next_session(course_id, at, reason), screening=None)


def asked(outcome: Any = "candidate", modality: Modality = CIT, **more: Any) -> ScreeningDraft:
    return ScreeningDraft(
        scope="session",
        modality=modality,
        outcome=outcome,
        answers=SCREENED.answers,
        reasons=("Seen.",),
        **more,
    )


@pytest.mark.parametrize(
    ("hours", "enough"),
    [(-24, True), (-25, False), (-11, True), (0, True), (12, True), (14, False)],
)
async def test_a_session_needs_a_screening_of_its_day_or_of_the_24_hours_before(
    service: Database, team: Team, new: tuple[UUID, UUID], session_at: datetime, hours: int, enough: Any
) -> None:  # fmt: skip
    patient_id, course_id = new
    signed_at = session_at + timedelta(hours=hours)
    await screenings.screen(service, team.practitioner, patient_id, asked(), now=signed_at)
    now, draft = max(signed_at, session_at), bare(course_id, session_at)
    if enough:
        await courses.record_session(service, team.practitioner, patient_id, draft, now=now)
    else:
        with pytest.raises(screenings.ScreeningNeededError):
            await courses.record_session(service, team.practitioner, patient_id, draft, now=now)
        because = bare(course_id, session_at, "Asked by telephone, written down late.")
        await courses.record_session(service, team.practitioner, patient_id, because, now=now)


async def test_a_screening_for_another_treatment_or_a_whole_course_is_not_the_one_before_a_session(
    service: Database, team: Team, new: tuple[UUID, UUID], session_at: datetime
) -> None:
    patient_id, course_id = new
    for draft in (asked(modality=LASER), msgspec.structs.replace(asked(), scope="course")):
        await screenings.screen(service, team.practitioner, patient_id, draft, now=session_at)
    with pytest.raises(screenings.ScreeningNeededError):
        await courses.record_session(
            service, team.practitioner, patient_id, bare(course_id, session_at), now=session_at
        )


async def test_the_newest_screening_before_a_session_is_the_one_that_counts(
    service: Database, team: Team, new: tuple[UUID, UUID], session_at: datetime
) -> None:
    patient_id, course_id = new
    hours = {3: "candidate", 1: "not_now"}
    for ago, outcome in hours.items():
        at = session_at - timedelta(hours=ago)
        await screenings.screen(service, team.practitioner, patient_id, asked(outcome), now=at)
    with pytest.raises(screenings.NotNowError):
        await courses.record_session(
            service, team.practitioner, patient_id, bare(course_id, session_at), now=session_at
        )
    await courses.record_session(
        service, team.practitioner, patient_id, next_session(course_id, session_at), now=session_at
    )


async def test_a_refused_session_leaves_no_screening_behind(
    service: Database, team: Team, new: tuple[UUID, UUID], session_at: datetime
) -> None:
    patient_id, course_id = new
    ill = SessionScreening(answers={"active_cold_sore": True}, outcome="not_now")
    draft = msgspec.structs.replace(next_session(course_id, session_at), screening=ill)
    with pytest.raises(screenings.NotNowError):
        await courses.record_session(service, team.practitioner, patient_id, draft, now=session_at)
    found = await screenings.list_screenings(service, team.practitioner, patient_id, now=session_at)
    record = await patients.get_patient(service, team.practitioner, patient_id, now=session_at)
    assert (found, record.hsv_history) == ([], None)


async def test_what_was_advised_stays_as_it_was_on_the_day(
    service: Database, team: Team, new: tuple[UUID, UUID], session_at: datetime
) -> None:
    patient_id, _ = new
    draft = ScreeningDraft(
        screening_id=uuid4(), modality=CIT, questionnaire=1, outcome="with_precautions", reasons=("Late enough.",),
        answers={"hsv_history": True, "last_outbreak": "2026-01-05", "from_a_newer_app": {"deep": [1]}},
    )  # fmt: skip
    first = await screenings.screen(service, team.practitioner, patient_id, draft, now=session_at)
    assert first.advice is not None
    assert {reason.item for reason in first.advice.reasons} == {"hsv_history", "last_outbreak"}
    assert [one.pointer for one in first.advice.unread] == ["/from_a_newer_app"]
    much_later = session_at + timedelta(days=200)  # the outbreak would weigh nothing any more
    assert await screenings.screen(service, team.practitioner, patient_id, draft, now=much_later) == first
    others: tuple[dict[str, Any], ...] = (
        {"outcome": "not_now"}, {"reasons": ("Else.",)}, {"answers": {}}, {"questionnaire": 2}
    )  # fmt: skip
    for other in others:
        with pytest.raises(OtherContent):
            await screenings.screen(
                service,
                team.practitioner,
                patient_id,
                msgspec.structs.replace(draft, **other),
                now=much_later,
            )
    seen: Screening = await screenings.get_screening(
        service, team.practitioner, patient_id, first.screening_id, now=much_later
    )
    assert seen == first


async def test_what_is_learned_is_on_the_record_and_watched_from_then_on(
    service: Database, team: Team, treat: Treat, session_at: datetime, database_url: str
) -> None:
    patient = await treat(session_at, allergies="none")
    later = session_at + timedelta(days=2, hours=1)
    draft = ScreeningDraft(
        modality=CIT, outcome="with_precautions", reasons=("Speaks with the family doctor.",),
        answers={"immunosuppressed": True, "allergies": ["numbing_cream"], "allergies_named": "latex"},
    )  # fmt: skip
    before = await patients.get_patient(service, team.practitioner, patient.patient_id, now=later)
    signed = await screenings.screen(service, team.practitioner, patient.patient_id, draft, now=later)
    after = await patients.get_patient(service, team.practitioner, patient.patient_id, now=later)
    assert (after.immunosuppressed, after.allergies) == (True, "numbing cream\nlatex")
    assert after.version == before.version + 1
    root = await asyncpg.connect(database_url)
    try:
        due = await root.fetchval(
            "select due_at from due_work where kind = 'sweep' and subject_id = $1", patient.episode.episode_id
        )
        actions = await root.fetch(
            "select action, subject_id, actor_id from audit_entries where at = $1 order by entry_id", later
        )
    finally:
        await root.close()
    assert due <= later  # silence is judged anew, by the risk that is known now
    assert [(row["action"], row["subject_id"]) for row in actions] == [
        ("patient.seen", None),
        ("patient.updated", None),
        ("screening.signed", signed.screening_id),
        ("patient.seen", None),
    ]
    # And the checks: an ulcer is one tier more urgent in somebody whose defence is weak.
    at = later + timedelta(days=9)
    other = await treat(session_at)
    for one in (patient, other):
        await one.says(at, ulcer=True)
    found = await alerts.list_alerts(service, team.practitioner, whose="everyone", offset=0, now=at)
    tiers = {alert.patient_id: alert.tier for alert in found}
    assert tiers == {patient.patient_id: Tier.SAME_DAY, other.patient_id: Tier.SOON}


async def test_a_record_that_is_full_says_so_and_nothing_is_signed(
    service: Database, team: Team, session_at: datetime
) -> None:
    full = PatientDraft(name="Sample Rowan", medicines="x" * 3999)
    patient = await patients.create_patient(service, team.practitioner, full, now=session_at)
    draft = ScreeningDraft(modality=CIT, outcome="candidate", answers={"medicines_named": "zinc"})
    with pytest.raises(Malformed) as refused:
        await screenings.screen(service, team.practitioner, patient.patient_id, draft, now=session_at)
    assert set(refused.value.pointers) == {"/answers/medicines_named"}
    assert (
        await screenings.list_screenings(service, team.practitioner, patient.patient_id, now=session_at) == []
    )


async def test_another_clinics_patient_is_not_there(
    service: Database, team: Team, new: tuple[UUID, UUID], session_at: datetime
) -> None:
    patient_id, _ = new
    stranger = (await make_team(service, "beta", session_at)).practitioner
    question = ScreeningQuestion(modality=CIT)
    for act in (
        screenings.screen(service, stranger, patient_id, asked(), now=session_at),
        screenings.advise(service, stranger, patient_id, question, now=session_at),
        screenings.prepare(service, stranger, patient_id, question, version=0, now=session_at),
        screenings.list_screenings(service, stranger, patient_id, now=session_at),
        screenings.get_prepared(service, stranger, patient_id, CIT, now=session_at),
    ):
        with pytest.raises(NotFound):
            await act
