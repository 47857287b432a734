"""The page around a patient's reminders: whether they come, until when not, and at what time."""

from datetime import datetime
from uuid import UUID

from aftercare.db.pool import Database
from aftercare.errors import NotFound
from aftercare.model.reminder_pages import RemindersPage
from aftercare.services import audit
from aftercare.services import dashboard_views as views
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.store import patients, preferences, reminders


async def reminders_page(
    database: Database,
    reader: Reader,
    patient_id: UUID,
    *,
    typed: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    now: datetime,
) -> RemindersPage:
    """The page, seen on record. Raises NotFound."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        patient = await patients.get(db, clinic_id, patient_id)
        if patient is None:
            raise NotFound
        await audit.record(db, reader.actor, "reminders.seen", now=now, patient_id=patient_id)
        return RemindersPage(
            head=top,
            patient=views.patient_view(patient),
            time_zone=patient.time_zone,
            wish=await reminders.get(db, clinic_id, patient_id),
            preferences=await preferences.of_patient(db, clinic_id, patient_id),
            typed=typed or {},
            problems=problems or {},
        )
