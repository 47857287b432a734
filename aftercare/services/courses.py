"""Courses and sessions; a session opens its episode."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.alerts.course import course_block
from aftercare.care.course_plan import planned_course
from aftercare.care.spacing import local_day
from aftercare.db.pool import Connection, Database
from aftercare.errors import Conflict, Malformed, NotFound, OtherContent
from aftercare.model.alerts import CourseBlock
from aftercare.model.care import (
    Course,
    CourseDraft,
    Episode,
    LotUse,
    Session,
    SessionDraft,
)
from aftercare.model.course_plans import CoursePlan
from aftercare.model.people import Actor, Patient
from aftercare.model.screenings import Screening
from aftercare.model.words import Modality
from aftercare.services import audit
from aftercare.services.course_plans import plans_of, refuse_session, staff_id, treated
from aftercare.services.recovery import SWEEP, judge_again
from aftercare.services.screenings import screen_before_session
from aftercare.store import alerts, course_settings, due_work, patients, sessions
from aftercare.store import courses as store
from aftercare.store import episodes as episode_store
from aftercare.store import screenings as screening_store

# Further back a session is history to be imported, not a recovery to be watched; ahead is a slip of the pen.
_OLDEST, _AHEAD = timedelta(days=366), timedelta(minutes=15)
LOT_PAGE = 200  # sessions
_END = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))


class Courses(msgspec.Struct, frozen=True, kw_only=True):
    """What was planned and done for a patient, and why the next session may not take place yet."""

    courses: tuple[Course, ...]
    sessions: tuple[Session, ...]
    screenings: tuple[Screening, ...]
    blocked: CourseBlock | None = None
    plans: tuple[CoursePlan, ...] = ()  # of each course: what is done, due and to come


async def create_course(
    database: Database, actor: Actor, patient_id: UUID, draft: CourseDraft, *, now: datetime
) -> Course:
    """Plan a course with the clinic's numbers; the same again gets it again.

    Raises NotFound, OtherContent, SessionCountError, Malformed.
    """
    async with database.clinic(actor.clinic_id) as db:
        return await plan(db, actor, patient_id, draft, now=now)


async def plan(
    db: Connection, actor: Actor, patient_id: UUID, draft: CourseDraft, *, now: datetime
) -> Course:
    """`create_course` inside a transaction."""
    course_id = draft.course_id or uuid7()
    await _patient(db, actor, patient_id)
    known = await store.get(db, actor.clinic_id, patient_id, course_id)
    if known is not None:
        return _same(known, draft)
    settings = await course_settings.of_clinic(db, actor.clinic_id)
    course = planned_course(
        draft, settings[draft.modality], course_id=course_id, patient_id=patient_id, now=now
    )
    # The database refuses first: the same id twice at once, or another patient's, is no course of this patient.
    if not await store.create(db, actor.clinic_id, course, actor.id):
        known = await store.get(db, actor.clinic_id, patient_id, course_id)
        if known is None:
            raise OtherContent
        return _same(known, draft)
    await audit.record(
        db, actor, "course.created", now=now, patient_id=patient_id, subject_id=course.course_id
    )
    return course


async def get_courses(database: Database, actor: Actor, patient_id: UUID, *, now: datetime) -> Courses:
    """Everything planned and done. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        patient = await _patient(db, actor, patient_id)
        await audit.record(db, actor, "courses.seen", now=now, patient_id=patient_id)
        planned = await store.of_patient(db, actor.clinic_id, patient_id)
        done = await sessions.of_patient(db, actor.clinic_id, patient_id)
        found = await alerts.of_patient(db, actor.clinic_id, patient_id)
        return Courses(
            courses=tuple(planned),
            sessions=tuple(done),
            screenings=tuple(await screening_store.of_patient(db, actor.clinic_id, patient_id)),
            blocked=course_block(found),
            plans=plans_of(planned, treated(done), found, patient, now),
        )


async def record_session(
    database: Database, actor: Actor, patient_id: UUID, draft: SessionDraft, *, now: datetime
) -> tuple[Session, Episode]:
    """Record a treatment and open its episode.

    Raises NotFound, Malformed, BlockedError, ScreeningNeededError, NotNowError, TooSoonError, CourseEndedError.

    `override_reason` passes the block of the course, its spacing and its screening, and stays on record.
    """
    async with database.clinic(actor.clinic_id) as db:
        return await record(db, actor, patient_id, draft, now=now)


async def record(
    db: Connection, actor: Actor, patient_id: UUID, draft: SessionDraft, *, now: datetime
) -> tuple[Session, Episode]:
    """`record_session` inside a transaction."""
    if not now - _OLDEST <= draft.session_at <= now + _AHEAD:
        raise Malformed(
            pointers={"/session_at": "A session is recorded when it was done, within a year at most."}
        )
    patient = await patients.lock(db, actor.clinic_id, patient_id)
    if patient is None:
        raise NotFound
    course = await _course(db, actor, patient_id, draft.course_id)
    done = await sessions.of_patient(db, actor.clinic_id, patient_id)
    if any(session.session_id == draft.session_id for session in done):
        raise Conflict("This session is recorded already.")
    _check_consumables(draft, course.modality, on=local_day(draft.session_at, patient.time_zone))
    await refuse_session(db, actor, patient, course, done, draft)
    session = as_session(draft, course, actor, now)
    await screen_before_session(db, actor, patient, course, draft, session_id=session.session_id, now=now)
    episode = _episode_of(session, draft, done, now)
    if not await sessions.create(db, actor.clinic_id, session):
        raise OtherContent
    for ended in await episode_store.open_episode(db, actor.clinic_id, episode):
        await due_work.bring_forward(db, actor.clinic_id, SWEEP, ended, now)
    await due_work.put(db, actor.clinic_id, SWEEP, episode.episode_id, now)
    await judge_again(db, actor, patient_id, session.session_at, now=now)
    await audit.record(
        db,
        actor,
        "session.recorded",
        now=now,
        patient_id=patient_id,
        subject_id=session.session_id,
        detail=draft,
    )
    return session, episode


async def find_lot(
    database: Database,
    actor: Actor,
    lot: str,
    *,
    before: tuple[datetime, UUID] | None = None,
    now: datetime,
) -> list[LotUse]:
    """Where a lot was used, a page of sessions, the newest first: a recall must be able to name them all."""
    async with database.clinic(actor.clinic_id) as db:
        found = await sessions.by_lot(db, actor.clinic_id, lot, before or _END, LOT_PAGE)
        await audit.record(db, actor, "lot.looked_up", now=now)
    return found


def _episode_of(session: Session, draft: SessionDraft, done: list[Session], now: datetime) -> Episode:
    return Episode(
        episode_id=uuid7(),
        patient_id=session.patient_id,
        with_day_90=draft.with_day_90,
        opened_at=now,
        # Recorded after the one that followed it: that one has taken over the asking already.
        calendar_ends_at=min(
            (other.session_at for other in done if other.session_at > draft.session_at), default=None
        ),
        session_id=session.session_id,
        course_id=session.course_id,
        modality=session.modality,
        session_at=session.session_at,
        needle_depth_mm=session.needle_depth_mm,
        pigment_treated=session.pigment_treated,
        anaesthetic=session.anaesthetic,
    )


def _check_consumables(draft: SessionDraft, modality: Modality, *, on: date) -> None:
    wrong: dict[str, str] = {}
    for place, item in enumerate(draft.consumables):
        if item.expires_on < on:
            wrong[f"/consumables/{place}/expires_on"] = "This lot had expired on the day of the session."
        if modality is Modality.MICRONEEDLING and not (item.sterile and item.single_use):
            wrong[f"/consumables/{place}"] = "What touches needled skin is sterile and used once."
    if modality is Modality.MICRONEEDLING and not draft.consumables:
        wrong["/consumables"] = "Name the needling device with its lot and expiry: a recall must find it."
    if wrong:
        raise Malformed("The consumables cannot be recorded like this.", pointers=wrong)


def _same(known: Course, draft: CourseDraft) -> Course:
    """The course that is there, if the draft says nothing else of it. Raises OtherContent."""
    said = msgspec.structs.asdict(draft)
    if any(value is not None and value != getattr(known, name) for name, value in said.items()):
        raise OtherContent
    return known


def as_session(draft: SessionDraft, course: Course, actor: Actor, now: datetime) -> Session:
    """The session that a draft describes, performed by who records it. Raises Forbidden."""
    return Session(
        session_id=draft.session_id or uuid7(),
        patient_id=course.patient_id,
        course_id=course.course_id,
        modality=course.modality,
        session_at=draft.session_at,
        areas=draft.areas,
        needle_depth_mm=draft.needle_depth_mm,
        fluence_j_cm2=draft.fluence_j_cm2,
        pulse_ms=draft.pulse_ms,
        pigment_treated=draft.pigment_treated,
        anaesthetic=draft.anaesthetic,
        override_reason=draft.override_reason,
        performed_by=staff_id(actor),
        created_at=now,
        consumables=draft.consumables,
    )


async def _patient(db: Connection, actor: Actor, patient_id: UUID) -> Patient:
    patient = await patients.get(db, actor.clinic_id, patient_id)
    if patient is None:
        raise NotFound
    return patient


async def _course(db: Connection, actor: Actor, patient_id: UUID, course_id: UUID) -> Course:
    course = await store.get(db, actor.clinic_id, patient_id, course_id)
    if course is None:
        raise NotFound("There is no such course of this patient.")
    return course
