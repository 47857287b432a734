"""Courses."""

from datetime import datetime
from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.care import Course
from aftercare.model.course_plans import EndDraft
from aftercare.store.rows import many, one

_SQL = queries("courses")


async def create(db: Connection, clinic_id: UUID, course: Course, created_by: UUID | None) -> bool:
    """Add a course; False if the id is taken in this clinic."""
    made = await db.fetchval(
        _SQL["create"], clinic_id, course.course_id, course.patient_id, course.modality, course.planned_sessions,
        course.min_days_apart, created_by, course.created_at, course.max_days_apart, course.maintenance_from_months,
        course.maintenance_to_months,
    )  # fmt: skip
    return made is not None


async def get(db: Connection, clinic_id: UUID, patient_id: UUID, course_id: UUID) -> Course | None:
    """One course of one patient."""
    return one(Course, await db.fetchrow(_SQL["get"], clinic_id, patient_id, course_id))


async def of_patient(db: Connection, clinic_id: UUID, patient_id: UUID) -> list[Course]:
    """The patient's courses, newest first."""
    return many(Course, await db.fetch(_SQL["of_patient"], clinic_id, patient_id))


async def end(
    db: Connection,
    clinic_id: UUID,
    patient_id: UUID,
    course_id: UUID,
    draft: EndDraft,
    by: UUID,
    at: datetime,
) -> bool:
    """End a course; False if it is none of this patient's, or was ended before."""
    done = await db.fetchval(_SQL["end"], clinic_id, patient_id, course_id, at, by, draft.because, draft.note)
    return done is not None


async def resume(db: Connection, clinic_id: UUID, patient_id: UUID, course_id: UUID) -> bool:
    """Take up an ended course again; False if there is no such one."""
    return await db.fetchval(_SQL["resume"], clinic_id, patient_id, course_id) is not None
