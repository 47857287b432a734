"""Whom to call back for the next session or for maintenance, and what came of calling."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.alerts.course import course_block
from aftercare.care.course_plan import course_plan
from aftercare.care.spacing import local_day
from aftercare.db.pool import Connection, Database
from aftercare.errors import Conflict, Malformed, NotFound, OtherContent
from aftercare.model.alerts import Alert
from aftercare.model.course_plans import (
    ContactKind,
    PlanStatus,
    Recall,
    RecallContact,
    RecallContactDraft,
    SessionDone,
)
from aftercare.model.people import Actor, Patient
from aftercare.services import audit
from aftercare.services.course_plans import staff_id
from aftercare.store import clinics, patients
from aftercare.store import recalls as store
from aftercare.store.recalls import Candidate

PAGE = 50
_BATCH = 100
# The days that PostgreSQL goes by are in UTC: one off in another zone, and up to three more where a month is shorter.
_SLACK = timedelta(days=5)
_LONGEST = timedelta(days=731)
_START = (date.min, UUID(int=0))

Status = Literal["due", "overdue"]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A recall with its place in the list."""

    recall: Recall
    place: tuple[date, UUID]


async def list_recalls(
    database: Database,
    actor: Actor,
    *,
    status: Status | None = None,
    after: tuple[date, UUID] | None = None,
    now: datetime,
) -> list[Listed]:
    """Up to a page of those whose next session is due or overdue, blocked ones included; the longest waiting first."""
    async with database.clinic(actor.clinic_id) as db:
        await audit.record(db, actor, "recalls.listed", now=now)
        return await listed(db, actor.clinic_id, status=status, after=after, now=now)


async def listed(
    db: Connection, clinic_id: UUID, *, status: Status | None, after: tuple[date, UUID] | None, now: datetime
) -> list[Listed]:
    """The same, within a transaction."""
    found: list[Listed] = []
    place, soon = after or _START, now.date() + _SLACK
    window = {
        None: (date.min, date.max),
        "overdue": (date.min, soon),
        "due": (now.date() - _SLACK, date.max),
    }[status]
    while len(found) < PAGE:
        batch = await store.candidates(db, clinic_id, place, soon, window, _BATCH)
        found += await _decided(db, clinic_id, batch, status, now)
        if len(batch) < _BATCH:
            break
        place = batch[-1].recall_on, batch[-1].course_id
    return found[:PAGE]


async def _decided(
    db: Connection, clinic_id: UUID, batch: Sequence[Candidate], status: Status | None, now: datetime
) -> list[Listed]:
    """Those of the candidates who are due, each in the patient's own zone."""
    ids = list({one.patient_id for one in batch})
    people = await patients.several(db, clinic_id, ids)
    done = await store.sessions_of(db, clinic_id, ids)
    holding = await store.holding(db, clinic_id, ids)
    contacts = await store.contacts_of(db, clinic_id, [one.course_id for one in batch])
    made = (
        _recall(
            one,
            people[one.patient_id],
            done.get(one.patient_id, []),
            holding.get(one.patient_id, []),
            contacts.get(one.course_id, []),
            now,
        )
        for one in batch
    )
    return [
        Listed(recall=recall, place=(one.recall_on, one.course_id))
        for one, recall in zip(batch, made, strict=True)
        if recall is not None and status in {None, recall.next.timing}
    ]


def _recall(
    course: Candidate,
    patient: Patient,
    done: Sequence[SessionDone],
    holding: Sequence[Alert],
    contacts: Sequence[RecallContact],
    now: datetime,
) -> Recall | None:
    """What stands in the list, or None if it is not due, or agreed for later."""
    today = local_day(now, patient.time_zone)
    plan = course_plan(course, done, block=course_block(holding), time_zone=patient.time_zone, today=today)
    upcoming = plan.next
    if upcoming is None or upcoming.earliest is None or upcoming.timing is PlanStatus.TOO_EARLY:
        return None
    if course.quiet_until is not None and course.quiet_until > today:
        return None
    mine = [one.done_on for one in plan.sessions if one.done_on is not None]
    return Recall(
        course_id=course.course_id,
        patient_id=course.patient_id,
        name=patient.name,
        reference=patient.reference,
        phone=patient.phone,
        modality=course.modality,
        sessions_done=len(mine),
        planned_sessions=course.planned_sessions,
        last_session_on=mine[-1] if mine else None,
        next=upcoming,
        listed_on=max(upcoming.earliest, course.quiet_until or upcoming.earliest),
        contacts=tuple(one for one in contacts if one.number == upcoming.number),
    )


async def list_contacts(
    database: Database, actor: Actor, course_id: UUID, *, now: datetime
) -> list[RecallContact]:
    """Everything that came of calling about a course, newest first. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        course = await store.course(db, actor.clinic_id, course_id)
        if course is None:
            raise NotFound
        await audit.record(
            db, actor, "recall.seen", now=now, patient_id=course.patient_id, subject_id=course_id
        )
        return (await store.contacts_of(db, actor.clinic_id, [course_id])).get(course_id, [])


async def add_contact(
    database: Database, actor: Actor, course_id: UUID, draft: RecallContactDraft, *, now: datetime
) -> RecallContact:
    """Write down what came of a call; the same again gets it again.

    Declined takes the course off the list until its next session is done, snoozed until a day, booked until the day after
    it; anything later in the log counts instead. Raises NotFound, Malformed, Conflict, OtherContent.
    """
    async with database.clinic(actor.clinic_id) as db:
        course = await store.course(db, actor.clinic_id, course_id)
        if course is None:
            raise NotFound
        patient = await patients.lock(db, actor.clinic_id, course.patient_id)
        course = await store.course(db, actor.clinic_id, course_id)  # as it is under the lock
        if patient is None or course is None:
            raise NotFound
        contact = RecallContact(
            contact_id=draft.contact_id or uuid7(),
            patient_id=course.patient_id,
            course_id=course_id,
            number=course.sessions_done + 1,
            at=now,
            kind=draft.kind,
            day=draft.day,
            text=draft.text,
            staff_id=staff_id(actor),
        )
        known = await store.contact(db, actor.clinic_id, contact.contact_id)
        if known is not None:
            return _same(known, contact)
        if course.ended:
            raise Conflict("This course was ended: nobody is called back for it. Resume it first.")
        clinic = await clinics.get(db, actor.clinic_id)
        _check_day(draft, local_day(now, clinic.time_zone if clinic else patient.time_zone))
        if not await store.add_contact(db, actor.clinic_id, contact):
            raise OtherContent
        await store.be_quiet(db, actor.clinic_id, course_id, course.sessions_done, _quiet_until(draft))
        await audit.record(
            db,
            actor,
            f"recall.{draft.kind}",
            now=now,
            patient_id=course.patient_id,
            subject_id=course_id,
            detail=draft,
        )
    return contact


def _same(known: RecallContact, said: RecallContact) -> RecallContact:
    """The line that is there, if nothing else is said now. Raises OtherContent."""
    as_then = msgspec.structs.replace(said, at=known.at, number=known.number, staff_id=known.staff_id)
    if as_then != known:
        raise OtherContent
    return known


def _check_day(draft: RecallContactDraft, today: date) -> None:
    if draft.kind not in RecallContact.DAYED:
        if draft.day is not None:
            raise Malformed(pointers={"/day": "Only what is booked or snoozed has a day."})
        return
    if draft.day is None:
        raise Malformed(pointers={"/day": "Say for which day it is booked, or until when it can wait."})
    earliest = today if draft.kind is ContactKind.BOOKED else today + timedelta(days=1)
    if not earliest <= draft.day <= today + _LONGEST:
        raise Malformed(pointers={"/day": "Choose a day that lies ahead, within two years."})


def _quiet_until(draft: RecallContactDraft) -> date | None:
    """The day on which the course comes back to the list by itself."""
    match draft.kind:
        case ContactKind.DECLINED:
            return date.max
        case ContactKind.BOOKED if draft.day is not None:
            return draft.day + timedelta(days=1)
        case ContactKind.SNOOZED:
            return draft.day
    return None
