"""Whose next session may be due, what that depends on, and what came of calling them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.care import Course
from aftercare.model.course_plans import RecallContact, SessionDone
from aftercare.store.alerts import PatientAlert
from aftercare.store.rows import many, one

_SQL = queries("recalls")


class Candidate(Course, frozen=True, kw_only=True):
    """A course that may be due; `recall_on` is its place in the list."""

    quiet_until: date | None
    recall_on: date


class CourseState(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a course is and how far it is."""

    patient_id: UUID
    sessions_done: int
    ended: bool


class _PatientSession(SessionDone, frozen=True, kw_only=True):
    patient_id: UUID


async def candidates(
    db: Connection,
    clinic_id: UUID,
    after: tuple[date, UUID],
    until: date,
    overdue: tuple[date, date],
    limit: int,
) -> list[Candidate]:
    """Courses behind a place of the list that enter it up to a day, and become overdue between two days."""
    rows = await db.fetch(_SQL["candidates"], clinic_id, *after, until, *overdue, limit)
    return many(Candidate, rows)


async def course(db: Connection, clinic_id: UUID, course_id: UUID) -> CourseState | None:
    """A course of this clinic."""
    return one(CourseState, await db.fetchrow(_SQL["course"], clinic_id, course_id))


async def sessions_of(
    db: Connection, clinic_id: UUID, patient_ids: Sequence[UUID]
) -> dict[UUID, list[SessionDone]]:
    """Every session of these patients."""
    found: dict[UUID, list[SessionDone]] = defaultdict(list)
    for session in many(_PatientSession, await db.fetch(_SQL["sessions_of"], clinic_id, patient_ids)):
        found[session.patient_id].append(session)
    return found


async def holding(
    db: Connection, clinic_id: UUID, patient_ids: Sequence[UUID]
) -> dict[UUID, list[PatientAlert]]:
    """The alerts that may hold the next session of these patients."""
    found: dict[UUID, list[PatientAlert]] = defaultdict(list)
    for alert in many(PatientAlert, await db.fetch(_SQL["holding"], clinic_id, patient_ids)):
        found[alert.patient_id].append(alert)
    return found


async def contacts_of(
    db: Connection, clinic_id: UUID, course_ids: Sequence[UUID]
) -> dict[UUID, list[RecallContact]]:
    """The log of each course, newest first."""
    found: dict[UUID, list[RecallContact]] = defaultdict(list)
    for contact in many(RecallContact, await db.fetch(_SQL["contacts_of"], clinic_id, course_ids)):
        found[contact.course_id].append(contact)
    return found


async def contact(db: Connection, clinic_id: UUID, contact_id: UUID) -> RecallContact | None:
    """One line of a log."""
    return one(RecallContact, await db.fetchrow(_SQL["contact"], clinic_id, contact_id))


async def add_contact(db: Connection, clinic_id: UUID, contact: RecallContact) -> bool:
    """Add a line; False if the id is taken in this clinic."""
    made = await db.fetchval(
        _SQL["add_contact"], clinic_id, contact.contact_id, contact.patient_id, contact.course_id, contact.number,
        contact.at, contact.kind, contact.day, contact.text, contact.staff_id,
    )  # fmt: skip
    return made is not None


async def be_quiet(db: Connection, clinic_id: UUID, course_id: UUID, done: int, until: date | None) -> None:
    """Take a course off the list until a day (`date.max`: for good), or put it back with None."""
    await db.execute(_SQL["be_quiet"], clinic_id, course_id, done, until)
