"""The page around an erasure: what there is, what was erased before, and what the patient asked for."""

from datetime import datetime
from uuid import UUID

from aftercare.db.pool import Database
from aftercare.model.erasure_pages import ErasePage
from aftercare.services import audit
from aftercare.services import dashboard_views as views
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.services.erasures import absent
from aftercare.store import erasures as store
from aftercare.store import patients


async def erase_page(
    database: Database,
    reader: Reader,
    patient_id: UUID,
    *,
    typed: dict[str, str] | None = None,
    problem: str = "",
    now: datetime,
) -> ErasePage:
    """The page, seen on record. Raises NotFound, Gone."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        patient = await patients.get(db, clinic_id, patient_id)
        if patient is None:
            raise await absent(db, clinic_id, patient_id)
        known = await store.of_patient(db, clinic_id, patient_id)
        page = ErasePage(
            head=top,
            patient=views.patient_view(patient),
            photos=await store.photos(db, clinic_id, patient_id),
            alert_open=await store.unresolved(db, clinic_id, patient_id),
            waiting=next((one for one in known if one.started_at is None and one.refused_at is None), None),
            past=tuple(one for one in known if one.started_at is not None or one.refused_at is not None),
            typed=typed or {},
            problem=problem,
        )
        await audit.record(db, reader.actor, "erasures.listed", now=now, patient_id=patient_id)
    return page
