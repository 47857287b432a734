"""Screenings: answers prepared, advised on and signed; what they tell of risks; and what a session needs before it."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
from uuid_utils.compat import uuid7

from aftercare.care.candidacy import advise_candidacy, learned, why_needed
from aftercare.care.candidacy_record import with_lessons
from aftercare.care.questionnaire import CURRENT_VERSION, load
from aftercare.db.pool import Connection, Database
from aftercare.errors import Malformed, NotFound, OtherContent, Outdated
from aftercare.model.care import Course, SessionDraft
from aftercare.model.people import Actor, Patient
from aftercare.model.screenings import (
    PreparedScreening,
    Screening,
    ScreeningAdvice,
    ScreeningDraft,
    ScreeningQuestion,
    SessionScreening,
)
from aftercare.model.text import Paragraph
from aftercare.model.words import Modality
from aftercare.services import audit
from aftercare.services.course_plans import BlockedError, staff_id
from aftercare.services.patients import write_over
from aftercare.store import courses, patients
from aftercare.store import screenings as store

PAGE = 50
_END = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
_HOLDS_FOR = timedelta(hours=24)


class ScreeningNeededError(BlockedError):
    """The acute contraindications are asked before every session: send the screening with it, sign one that day, or say why not."""

    type = "screening-needed"
    title = "Not screened before the session"


class NotNowError(BlockedError):
    """The newest screening came to “not now”. A practitioner can override it with a reason."""

    type = "screening-not-now"
    title = "Screened: not now"


async def advise(
    database: Database, actor: Actor, patient_id: UUID, question: ScreeningQuestion, *, now: datetime
) -> ScreeningAdvice:
    """What the questionnaire advises today; nothing is kept. Raises NotFound, UnknownQuestionnaireError."""
    questionnaire = load(question.questionnaire or CURRENT_VERSION)
    async with database.clinic(actor.clinic_id) as db:
        patient = await _patient(db, actor, patient_id)
        await audit.record(db, actor, "screening.advised", now=now, patient_id=patient_id, detail=question)
    today = _local_day(patient, now)
    return advise_candidacy(
        questionnaire, question.answers, question.modality, on=today, scope=question.scope
    )


async def prepare(
    database: Database,
    actor: Actor,
    patient_id: UUID,
    question: ScreeningQuestion,
    *,
    version: int,
    now: datetime,
) -> PreparedScreening:
    """Keep answers unsigned, over those of this version (0: none yet) that were prepared for this treatment.

    Raises NotFound, Outdated, UnknownQuestionnaireError.
    """
    questionnaire = load(question.questionnaire or CURRENT_VERSION)
    kept = PreparedScreening(
        patient_id=patient_id,
        modality=question.modality,
        questionnaire=questionnaire.version,
        answers=question.answers,
        prepared_by=staff_id(actor),
        prepared_at=now,
    )
    async with database.clinic(actor.clinic_id) as db:
        if await patients.lock(db, actor.clinic_id, patient_id) is None:
            raise NotFound
        before = await store.prepared(db, actor.clinic_id, patient_id, question.modality)
        if version != (before.version if before else 0):
            raise Outdated
        newer = await store.prepare(db, actor.clinic_id, kept)
        await audit.record(db, actor, "screening.prepared", now=now, patient_id=patient_id, detail=question)
    return msgspec.structs.replace(kept, version=newer)


async def screen(
    database: Database, actor: Actor, patient_id: UUID, draft: ScreeningDraft, *, now: datetime
) -> Screening:
    """Keep a screening, signed by the practitioner who asks; the same again gets the first answer again.

    What it tells of risks goes to the patient's record. Raises NotFound, Malformed, OtherContent,
    UnknownQuestionnaireError.
    """
    async with database.clinic(actor.clinic_id) as db:
        patient = await patients.lock(db, actor.clinic_id, patient_id)
        if patient is None:
            raise NotFound
        if draft.course_id is not None:
            course = await courses.get(db, actor.clinic_id, patient_id, draft.course_id)
            if course is None:
                raise NotFound("There is no such course of this patient.")
        return await sign(db, actor, patient, draft, now=now)


async def sign(
    db: Connection, actor: Actor, patient: Patient, draft: ScreeningDraft, *, now: datetime, at: str = ""
) -> Screening:
    """Sign a screening of a patient whose row is locked. `at`: the pointer of the draft in what was sent."""
    clinic_id = actor.clinic_id
    screening_id = draft.screening_id or uuid7()
    known = await store.get(db, clinic_id, patient.patient_id, screening_id)
    if known is not None:
        return _same(known, draft)
    screening = as_screening(draft, patient, screening_id, actor, now)
    if screening.advice is not None and not any(reason.strip() for reason in draft.reasons):
        why = why_needed(screening.advice, draft.outcome, whole=draft.questionnaire is not None)
        if why is not None:
            raise Malformed(pointers={f"{at}/reasons": why})
    if not await store.sign(db, clinic_id, screening):
        raise OtherContent
    if draft.scope == "course":
        await store.forget_prepared(db, clinic_id, patient.patient_id, draft.modality)
    await _learn(db, actor, patient, screening, now=now, at=at)
    await audit.record(
        db, actor, "screening.signed", now=now, patient_id=patient.patient_id, subject_id=screening_id
    )
    return screening


def as_screening(
    draft: ScreeningDraft, patient: Patient, screening_id: UUID, actor: Actor, now: datetime
) -> Screening:
    """The screening that a draft describes, with what is advised today, signed by who asks. Raises Forbidden."""
    questionnaire = load(draft.questionnaire or CURRENT_VERSION)
    return Screening(
        screening_id=screening_id,
        patient_id=patient.patient_id,
        course_id=draft.course_id,
        scope=draft.scope,
        modality=draft.modality,
        answers=draft.answers,
        outcome=draft.outcome,
        reasons=draft.reasons,
        signed_by=staff_id(actor),
        signed_at=now,
        questionnaire=questionnaire.version,
        advice=advise_candidacy(
            questionnaire, draft.answers, draft.modality, on=_local_day(patient, now), scope=draft.scope
        ),
    )


def _same(known: Screening, draft: ScreeningDraft) -> Screening:
    """The screening that is there, if the draft says nothing else. Raises OtherContent."""
    said = msgspec.structs.asdict(draft)
    named = {name for name in said if name not in {"screening_id", "questionnaire"}}
    if any(said[name] != getattr(known, name) for name in named):
        raise OtherContent
    if draft.questionnaire not in (None, known.questionnaire):
        raise OtherContent
    return known


async def _learn(
    db: Connection, actor: Actor, patient: Patient, screening: Screening, *, now: datetime, at: str
) -> None:
    """Write what the answers tell of risks into the patient's record, so that the checks see it."""
    lessons = learned(load(screening.questionnaire or CURRENT_VERSION), screening.answers)
    after = with_lessons(patient, lessons)
    if after == patient:
        return
    for name in ("allergies", "medicines"):
        try:
            msgspec.convert(getattr(after, name), Paragraph)
        except msgspec.ValidationError:
            where = {f"{at}/answers/{name}_named": "There is no room left for this in the patient's record."}
            raise Malformed(pointers=where) from None
    await write_over(db, actor, patient, after, detail=lessons, now=now)


async def screen_before_session(
    db: Connection,
    actor: Actor,
    patient: Patient,
    course: Course,
    draft: SessionDraft,
    *,
    session_id: UUID,
    now: datetime,
) -> None:
    """Sign the screening that comes with a session, and raise unless the session may take place by what was screened.

    Needed is a signed screening of the acute contraindications: the one that comes with the session, or the newest of the
    session's day or of the 24 hours before it. The draft's `override_reason` passes both errors.
    Raises ScreeningNeededError, NotNowError, Malformed.
    """
    newest = await _before(db, actor, patient, course, draft, session_id=session_id, now=now)
    if draft.override_reason.strip():
        return
    if newest is None:
        raise ScreeningNeededError
    candidacy = await store.newest(db, actor.clinic_id, patient.patient_id, course.modality, "course")
    for screening in (newest, candidacy):
        if screening is not None and screening.outcome == "not_now":
            raise NotNowError(screening_id=str(screening.screening_id))


async def _before(
    db: Connection,
    actor: Actor,
    patient: Patient,
    course: Course,
    draft: SessionDraft,
    *,
    session_id: UUID,
    now: datetime,
) -> Screening | None:
    if draft.screening is not None:
        asked = of_session(draft.screening, session_id, course.modality, course.course_id)
        return await sign(db, actor, patient, asked, now=now, at="/screening")
    zone = ZoneInfo(patient.time_zone)
    day_ends = datetime.combine(_local_day(patient, draft.session_at), time.max, tzinfo=zone)
    day_begins = datetime.combine(day_ends.date(), time.min, tzinfo=zone)
    start = min(day_begins, draft.session_at - _HOLDS_FOR)
    return await store.signed_between(
        db, actor.clinic_id, patient.patient_id, course.modality, start, day_ends
    )


def of_session(
    asked: SessionScreening, session_id: UUID, modality: Modality, course_id: UUID | None = None
) -> ScreeningDraft:
    """The screening of a session. Its id follows from what it says: the same sent twice is signed once."""
    said = msgspec.json.encode(asked, order="deterministic").decode()
    return ScreeningDraft(
        screening_id=uuid5(session_id, said),
        course_id=course_id,
        scope="session",
        modality=modality,
        answers=asked.answers,
        outcome=asked.outcome,
        reasons=asked.reasons,
        questionnaire=asked.questionnaire,
    )


async def list_screenings(
    database: Database,
    actor: Actor,
    patient_id: UUID,
    *,
    before: tuple[datetime, UUID] | None = None,
    now: datetime,
) -> list[Screening]:
    """The newest screenings of a patient, or those before a place in the list. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        await _patient(db, actor, patient_id)
        found = await store.page(db, actor.clinic_id, patient_id, before or _END, PAGE)
        await audit.record(db, actor, "screenings.seen", now=now, patient_id=patient_id)
    return found


async def get_screening(
    database: Database, actor: Actor, patient_id: UUID, screening_id: UUID, *, now: datetime
) -> Screening:
    """One screening, seen on record. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        found = await store.get(db, actor.clinic_id, patient_id, screening_id)
        if found is None:
            raise NotFound
        await audit.record(
            db, actor, "screening.seen", now=now, patient_id=patient_id, subject_id=screening_id
        )
    return found


async def get_prepared(
    database: Database, actor: Actor, patient_id: UUID, modality: Modality, *, now: datetime
) -> PreparedScreening:
    """The answers prepared for a treatment. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        found = await store.prepared(db, actor.clinic_id, patient_id, modality)
        if found is None:
            raise NotFound("Nothing is prepared for this treatment.")
        await audit.record(db, actor, "screening.seen", now=now, patient_id=patient_id)
    return found


def _local_day(patient: Patient, at: datetime) -> date:
    return at.astimezone(ZoneInfo(patient.time_zone)).date()


async def _patient(db: Connection, actor: Actor, patient_id: UUID) -> Patient:
    patient = await patients.get(db, actor.clinic_id, patient_id)
    if patient is None:
        raise NotFound
    return patient
