"""A session as the clinic's form records it: planned into its course, recorded, its short screening signed."""

from datetime import datetime
from uuid import UUID, uuid5

import msgspec

from aftercare.db.pool import Database
from aftercare.model.care import CourseDraft, ScreeningDraft, SessionDraft
from aftercare.model.people import Actor
from aftercare.services import courses
from aftercare.services.dashboard_forms import course_for


async def sign(
    database: Database,
    actor: Actor,
    patient_id: UUID,
    session_id: UUID,
    screening: ScreeningDraft,
    *,
    now: datetime,
) -> None:
    """Sign the short screening of a session. Its id follows from what it says: the same form sent twice signs once."""
    said = msgspec.json.encode(screening, order="deterministic").decode()
    draft = msgspec.structs.replace(screening, screening_id=uuid5(session_id, said))
    await courses.screen(database, actor, patient_id, draft, now=now)


async def record(
    database: Database,
    actor: Actor,
    patient_id: UUID,
    session_id: UUID,
    session: SessionDraft,
    screening: ScreeningDraft,
    *,
    now: datetime,
) -> None:
    """Record a session under the course it belongs to, then sign its screening. May be repeated after a lost answer.

    `session.course_id` is not looked at: the course is the newest one of the modality that is not complete, or planned
    here. Raises NotFound, Malformed, BlockedError, TooSoonError.
    """
    mine = await courses.get_courses(database, actor, patient_id, now=now)
    known = next((one for one in mine.sessions if one.session_id == session_id), None)
    if known is None:
        course = course_for(screening.modality, mine.courses)
        if isinstance(course, CourseDraft):
            # From the session's own id, so that a form sent again after a refusal does not plan a second course.
            named = msgspec.structs.replace(course, course_id=uuid5(session_id, screening.modality))
            course = await courses.create_course(database, actor, patient_id, named, now=now)
        draft = msgspec.structs.replace(session, session_id=session_id, course_id=course.course_id)
        await courses.record_session(database, actor, patient_id, draft, now=now)
        course_id = course.course_id
    else:
        course_id = known.course_id
    await sign(
        database,
        actor,
        patient_id,
        session_id,
        msgspec.structs.replace(screening, course_id=course_id),
        now=now,
    )
