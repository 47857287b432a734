"""Clinics: made by the operator, found by their handle."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from aftercare.db.pool import Database
from aftercare.errors import Conflict, NotFound
from aftercare.model.people import Actor, Clinic, ClinicDraft
from aftercare.services import audit, rule_packs
from aftercare.services.zones import require_zone
from aftercare.store import clinics as store


async def create_clinic(database: Database, draft: ClinicDraft, *, now: datetime) -> Clinic:
    """A new tenant, its rules in shadow. Raises Conflict if the handle is taken, Malformed for an unknown zone."""
    require_zone(draft.time_zone, "/time_zone")
    clinic_id = uuid7()
    async with database.clinic(clinic_id) as db:
        await store.create(db, clinic_id, draft, now)
        if not await store.name_in_directory(db, draft.handle, clinic_id):
            raise Conflict(f"Another clinic is called {draft.handle} already.", pointers={"/handle": "taken"})
        system = Actor(clinic_id=clinic_id, kind="system")
        await audit.record(db, system, "clinic.created", now=now, subject_id=clinic_id)
        await rule_packs.begin(db, clinic_id, now=now)
        clinic = await store.get(db, clinic_id)
    if clinic is None:
        raise NotFound
    return clinic


async def clinic_by_handle(database: Database, handle: str) -> UUID:
    """The clinic's id. Raises NotFound."""
    async with database.transaction() as db:
        clinic_id = await store.find(db, handle.lower())
    if clinic_id is None:
        raise NotFound("There is no clinic at this address. Check it with the clinic.")
    return clinic_id


async def get_clinic(database: Database, clinic_id: UUID) -> Clinic:
    """The clinic. Raises NotFound."""
    async with database.clinic(clinic_id) as db:
        clinic = await store.get(db, clinic_id)
    if clinic is None:
        raise NotFound
    return clinic
