"""What of a patient's courses is planned, done, due and blocked; their end; and the clinic's numbers for them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from aftercare.alerts.course import course_block
from aftercare.care.course_plan import check_session, course_plan
from aftercare.care.spacing import OVERRIDE, check_settings, local_day
from aftercare.db.pool import Connection, Database
from aftercare.errors import Conflict, Forbidden, NotFound, Outdated
from aftercare.model.alerts import Alert
from aftercare.model.care import Course, Episode, Session, SessionDraft
from aftercare.model.course_plans import (
    CoursePlan,
    CourseSettings,
    CourseSettingsDraft,
    EndDraft,
    NextSession,
    SessionDone,
)
from aftercare.model.people import Actor, Patient
from aftercare.model.recovery import Recovery
from aftercare.model.words import Modality
from aftercare.services import audit
from aftercare.store import alerts, patients
from aftercare.store import course_settings as settings_store
from aftercare.store import courses as store


class BlockedError(Conflict):
    """The course's next session is blocked. A practitioner can override it with a reason."""

    type = "course-blocked"
    title = "Course blocked"


class CourseEndedError(Conflict):
    """This course was ended. Resume it first, or record the session under another course."""

    type = "course-ended"
    title = "Course ended"


def treated(sessions: Iterable[Session | Episode]) -> tuple[SessionDone, ...]:
    """The treatments, as far as spacing looks at them."""
    return tuple(
        SessionDone(
            session_id=one.session_id,
            course_id=one.course_id,
            modality=one.modality,
            session_at=one.session_at,
            override_reason=one.override_reason if isinstance(one, Session) else "",
        )
        for one in sessions
    )


def plans_of(
    courses: Iterable[Course],
    done: Sequence[SessionDone],
    found: Iterable[Alert],
    patient: Patient,
    now: datetime,
) -> tuple[CoursePlan, ...]:
    """The plan of each course of a patient; `done` are all sessions and `found` all alerts of the patient."""
    block, today = course_block(found), local_day(now, patient.time_zone)
    return tuple(
        course_plan(one, done, block=block, time_zone=patient.time_zone, today=today) for one in courses
    )


async def refuse_session(
    db: Connection,
    actor: Actor,
    patient: Patient,
    course: Course,
    done: Sequence[Session],
    draft: SessionDraft,
) -> None:
    """Raise CourseEndedError, BlockedError or TooSoonError if this session may not be recorded.

    The last two are passed by the draft's `override_reason`; a course that was ended is resumed first.
    """
    if course.ended_at is not None and draft.session_at > course.ended_at:
        raise CourseEndedError
    if draft.override_reason.strip():
        return
    block = course_block(await alerts.of_patient(db, actor.clinic_id, patient.patient_id))
    if block is not None:
        raise BlockedError(
            f"{block.reason} The next session waits for that. {OVERRIDE}",
            alerts=[str(alert_id) for alert_id in block.alert_ids],
        )
    check_session(course, treated(done), draft.session_at, patient.time_zone)


async def next_session_of(
    db: Connection, clinic_id: UUID, mine: Recovery, now: datetime
) -> NextSession | None:
    """When the newest session's course goes on, for the patient to plan with; None while it is held, or at its end."""
    newest, patient = mine.newest, mine.patient
    course = await store.get(db, clinic_id, patient.patient_id, newest.course_id) if newest else None
    if course is None:
        return None
    (plan,) = plans_of([course], treated(mine.episodes), mine.alerts, patient, now)
    upcoming = plan.next
    if upcoming is None or upcoming.block or upcoming.earliest is None or upcoming.latest is None:
        return None
    return NextSession(earliest=upcoming.earliest, latest=upcoming.latest)


async def get_settings(database: Database, actor: Actor) -> dict[Modality, CourseSettings]:
    """The clinic's numbers for each modality."""
    async with database.clinic(actor.clinic_id) as db:
        return await settings_store.of_clinic(db, actor.clinic_id)


async def put_settings(
    database: Database,
    actor: Actor,
    modality: Modality,
    draft: CourseSettingsDraft,
    *,
    version: int,
    now: datetime,
) -> CourseSettings:
    """Write the numbers over a version, for courses planned from now on. Raises Malformed, Outdated."""
    check_settings(draft)
    by = staff_id(actor)
    async with database.clinic(actor.clinic_id) as db:
        if await settings_store.put(db, actor.clinic_id, modality, draft, version, by, now) is None:
            raise Outdated
        await audit.record(db, actor, "course_settings.changed", now=now, detail=(modality, draft))
        return (await settings_store.of_clinic(db, actor.clinic_id))[modality]


async def end_course(
    database: Database, actor: Actor, patient_id: UUID, course_id: UUID, draft: EndDraft, *, now: datetime
) -> Course:
    """End a course: nothing of it is due any more. The same again changes nothing. Raises NotFound, Conflict."""
    async with database.clinic(actor.clinic_id) as db:
        course = await _locked(db, actor, patient_id, course_id)
        if course.ended_at is not None:
            if (course.ended_because, course.ended_note) == (draft.because, draft.note):
                return course
            raise Conflict("This course was ended before. Resume it first to end it for another reason.")
        await store.end(db, actor.clinic_id, patient_id, course_id, draft, staff_id(actor), now)
        await audit.record(
            db, actor, "course.ended", now=now, patient_id=patient_id, subject_id=course_id, detail=draft
        )
        return await _locked(db, actor, patient_id, course_id)


async def resume_course(
    database: Database, actor: Actor, patient_id: UUID, course_id: UUID, *, now: datetime
) -> Course:
    """Take up an ended course again; one that was not ended stays as it is. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        course = await _locked(db, actor, patient_id, course_id)
        if not await store.resume(db, actor.clinic_id, patient_id, course_id):
            return course
        await audit.record(db, actor, "course.resumed", now=now, patient_id=patient_id, subject_id=course_id)
        return await _locked(db, actor, patient_id, course_id)


async def _locked(db: Connection, actor: Actor, patient_id: UUID, course_id: UUID) -> Course:
    if await patients.lock(db, actor.clinic_id, patient_id) is None:
        raise NotFound
    course = await store.get(db, actor.clinic_id, patient_id, course_id)
    if course is None:
        raise NotFound("There is no such course of this patient.")
    return course


def staff_id(actor: Actor) -> UUID:
    """Who acts, where only a staff member may. Raises Forbidden."""
    if actor.kind != "staff" or actor.id is None:
        raise Forbidden
    return actor.id
