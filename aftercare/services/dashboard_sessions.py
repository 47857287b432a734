"""A session as the clinic's form records it: planned into its course, recorded, its short screening signed."""

from datetime import datetime
from uuid import UUID, uuid5

import msgspec

from aftercare.db.pool import Database
from aftercare.model.care import CourseDraft, SessionDraft
from aftercare.model.people import Actor
from aftercare.model.words import Modality
from aftercare.services import courses
from aftercare.services.dashboard_forms import course_for
from aftercare.store import courses as store
from aftercare.store import sessions


async def record(
    database: Database,
    actor: Actor,
    patient_id: UUID,
    session_id: UUID,
    modality: Modality,
    session: SessionDraft,
    *,
    now: datetime,
) -> None:
    """Record a session, with its screening, under the course it belongs to. May be repeated after a lost answer.

    `session.course_id` is not looked at: the course is the newest one of the modality that is not ended, or planned
    here. Raises NotFound, Malformed, BlockedError, TooSoonError.
    """
    async with database.clinic(actor.clinic_id) as db:
        done = await sessions.of_patient(db, actor.clinic_id, patient_id)
        if any(one.session_id == session_id for one in done):
            return
        course = course_for(modality, await store.of_patient(db, actor.clinic_id, patient_id))
        if isinstance(course, CourseDraft):
            # From the session's own id, so that the same form sent twice at once plans one course.
            named = msgspec.structs.replace(course, course_id=uuid5(session_id, modality))
            course = await courses.plan(db, actor, patient_id, named, now=now)
        draft = msgspec.structs.replace(session, session_id=session_id, course_id=course.course_id)
        await courses.record(db, actor, patient_id, draft, now=now)
