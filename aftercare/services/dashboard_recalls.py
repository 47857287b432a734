"""The pages about courses: whom to call back, a patient's courses, and the clinic's numbers for them."""

from datetime import date, datetime
from uuid import UUID

from aftercare.db.pool import Connection, Database
from aftercare.model.course_pages import (
    ContactLine,
    CourseSettingsForm,
    CourseSettingsPage,
    RecallItem,
    RecallsPage,
    RefusedContact,
)
from aftercare.model.course_plans import CoursePlan, RecallContact
from aftercare.model.people import StaffMember
from aftercare.model.recovery import Recovery
from aftercare.services import audit, course_plans, recalls
from aftercare.services import dashboard_views as views
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.store import course_settings, courses, patients, sessions, staff


async def recalls_page(
    database: Database,
    reader: Reader,
    *,
    status: recalls.Status | None = None,
    after: tuple[date, UUID] | None = None,
    refused: RefusedContact | None = None,
    now: datetime,
) -> RecallsPage:
    """Whose next session is due or overdue, the longest waiting first."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        found = await recalls.listed(db, clinic_id, status=status, after=after, now=now)
        people = await patients.several(db, clinic_id, [one.recall.patient_id for one in found])
        members = await staff.several(
            db, clinic_id, list({line.staff_id for one in found for line in one.recall.contacts})
        )
        await audit.record(db, reader.actor, "recalls.listed", now=now)
    place = found[-1].place if len(found) >= recalls.PAGE else None
    narrowed = f"status={status}&" if status else ""
    return RecallsPage(
        head=top,
        items=tuple(
            RecallItem(
                patient=views.patient_view(people[one.recall.patient_id]),
                recall=one.recall,
                log=tuple(_line(line, members.get(line.staff_id)) for line in one.recall.contacts),
            )
            for one in found
        ),
        status=status,
        more=f"/recalls?{narrowed}after={place[0]}&beside={place[1]}" if place else None,
        refused=refused,
    )


def _line(contact: RecallContact, by: StaffMember | None) -> ContactLine:
    return ContactLine(
        at=contact.at, kind=contact.kind, day=contact.day, text=contact.text, by=by.name if by else None
    )


async def plans(db: Connection, clinic_id: UUID, mine: Recovery, now: datetime) -> tuple[CoursePlan, ...]:
    """A patient's courses as their page draws them: those that go on first, then the newest."""
    patient_id = mine.patient.patient_id
    planned = await courses.of_patient(db, clinic_id, patient_id)
    done = course_plans.treated(await sessions.of_patient(db, clinic_id, patient_id))
    found = course_plans.plans_of(planned, done, mine.alerts, mine.patient, now)
    return tuple(sorted(found, key=lambda plan: plan.next is None))


async def settings_page(
    database: Database, reader: Reader, *, refused: CourseSettingsForm | None = None, now: datetime
) -> CourseSettingsPage:
    """How courses are spaced here; with what was typed where it was refused."""
    async with database.clinic(reader.actor.clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        numbers = await course_settings.of_clinic(db, reader.actor.clinic_id)
    return CourseSettingsPage(
        head=top,
        forms=tuple(
            CourseSettingsForm(
                modality=modality,
                settings=settings,
                typed=refused.typed if refused and refused.modality is modality else {},
                problems=refused.problems if refused and refused.modality is modality else {},
            )
            for modality, settings in numbers.items()
        ),
    )
