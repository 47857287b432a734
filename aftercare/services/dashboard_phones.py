"""The page of a patient's phones: where the app is, when it was last open there, and whether it is signed out."""

from datetime import datetime
from uuid import UUID

from aftercare.db.pool import Database
from aftercare.errors import NotFound
from aftercare.model.phone_pages import PhoneLine, PhonesPage
from aftercare.services import audit
from aftercare.services import dashboard_views as views
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.store import installations, patients


async def phones_page(database: Database, reader: Reader, patient_id: UUID, *, now: datetime) -> PhonesPage:
    """Every installation, seen on record. Raises NotFound."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        patient = await patients.get(db, clinic_id, patient_id)
        if patient is None:
            raise NotFound
        found = await installations.of_patient(db, clinic_id, patient_id)
        await audit.record(db, reader.actor, "installations.seen", now=now, patient_id=patient_id)
    return PhonesPage(
        head=top,
        patient=views.patient_view(patient),
        phones=tuple(
            PhoneLine(
                device=one.device,
                app_version=one.app_version,
                enrolled_at=one.enrolled_at,
                seen_at=max(one.seen_at, one.enrolled_at),  # enrolled again, and not opened since
                revoked_at=one.revoked_at,
                pushed=one.pushed,
            )
            for one in found
        ),
    )
