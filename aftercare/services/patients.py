"""Patients and their risks."""

from datetime import UTC, date, datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.db.pool import Connection, Database
from aftercare.errors import Malformed, NotFound, Outdated
from aftercare.model.people import Actor, Clinic, Patient, PatientDraft
from aftercare.services import audit
from aftercare.services.erasures import absent
from aftercare.services.recovery import look_again
from aftercare.services.zones import require_zone
from aftercare.store import clinics, episodes
from aftercare.store import patients as store

_END = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
PAGE = 50


async def create_patient(database: Database, actor: Actor, draft: PatientDraft, *, now: datetime) -> Patient:
    """A new patient. Zone, country and language default to the clinic's. Raises Malformed."""
    async with database.clinic(actor.clinic_id) as db:
        clinic = await _clinic(db, actor)
        patient = as_patient(draft, clinic, uuid7(), version=1, created_at=now, today=now.date())
        await store.create(db, actor.clinic_id, patient)
        await store.move(db, actor.clinic_id, patient.patient_id, patient.time_zone, now)
        await audit.record(db, actor, "patient.created", now=now, patient_id=patient.patient_id, detail=draft)
    return patient


async def update_patient(
    database: Database, actor: Actor, patient_id: UUID, draft: PatientDraft, *, version: int, now: datetime
) -> Patient:
    """The patient as the draft says. Raises NotFound, Outdated if `version` is not the newest, Malformed."""
    async with database.clinic(actor.clinic_id) as db:
        clinic, before = await _clinic(db, actor), await store.lock(db, actor.clinic_id, patient_id)
        if before is None:
            raise NotFound
        after = as_patient(
            draft, clinic, patient_id, version=version, created_at=before.created_at, today=now.date()
        )
        return await write_over(db, actor, before, after, detail=draft, now=now)


async def write_over(
    db: Connection, actor: Actor, before: Patient, after: Patient, *, detail: object, now: datetime
) -> Patient:
    """Write a patient whose row is locked over the version that `after` names, on record. Raises Outdated."""
    newer = await store.update(db, actor.clinic_id, after)
    if newer is None:
        raise Outdated
    if after.time_zone != before.time_zone:
        await store.move(db, actor.clinic_id, after.patient_id, after.time_zone, now)
    # What is due, and how long silence may last, follow the zone and the risks.
    for episode in (await episodes.of_patient(db, actor.clinic_id, after.patient_id))[:1]:
        await look_again(db, actor.clinic_id, episode, now)
    await audit.record(db, actor, "patient.updated", now=now, patient_id=after.patient_id, detail=detail)
    return msgspec.structs.replace(after, version=newer)


async def get_patient(database: Database, actor: Actor, patient_id: UUID, *, now: datetime) -> Patient:
    """One patient, seen on record. Raises NotFound, Gone if they were erased."""
    async with database.clinic(actor.clinic_id) as db:
        patient = await store.get(db, actor.clinic_id, patient_id)
        if patient is None:
            raise await absent(db, actor.clinic_id, patient_id)
        await audit.record(db, actor, "patient.seen", now=now, patient_id=patient_id)
    return patient


async def list_patients(
    database: Database, actor: Actor, *, before: tuple[datetime, UUID] | None = None, now: datetime
) -> list[Patient]:
    """The newest patients, or those before a place in the list."""
    async with database.clinic(actor.clinic_id) as db:
        found = await store.page(db, actor.clinic_id, before or _END, PAGE)
        await audit.record(db, actor, "patients.listed", now=now)
    return found


async def search_patients(database: Database, actor: Actor, text: str, *, now: datetime) -> list[Patient]:
    """Patients in whom every word of the text begins a word of the name or the reference."""
    async with database.clinic(actor.clinic_id) as db:
        found = await store.search(db, actor.clinic_id, text, PAGE)
        await audit.record(db, actor, "patients.searched", now=now)
    return found


async def _clinic(db: Connection, actor: Actor) -> Clinic:
    clinic = await clinics.get(db, actor.clinic_id)
    if clinic is None:
        raise NotFound
    return clinic


def as_patient(
    draft: PatientDraft, clinic: Clinic, patient_id: UUID, *, version: int, created_at: datetime, today: date
) -> Patient:
    """The patient that a draft describes, with the clinic's defaults. Raises Malformed."""
    if draft.birth_date is not None and not date(1890, 1, 1) <= draft.birth_date <= today:
        raise Malformed(pointers={"/birth_date": "This is not the birth date of a living person."})
    return Patient(
        patient_id=patient_id,
        name=draft.name,
        reference=draft.reference,
        birth_date=draft.birth_date,
        phone=draft.phone,
        email=draft.email,
        language=draft.language or clinic.language,
        country=draft.country or clinic.country,
        time_zone=require_zone(draft.time_zone or clinic.time_zone, "/time_zone"),
        fitzpatrick=draft.fitzpatrick,
        hsv_history=draft.hsv_history,
        diabetes=draft.diabetes,
        immunosuppressed=draft.immunosuppressed,
        keloid_history=draft.keloid_history,
        blood_thinner=draft.blood_thinner,
        baseline={str(item): grade for item, grade in draft.baseline.items()},
        allergies=draft.allergies,
        medicines=draft.medicines,
        prophylaxis=draft.prophylaxis,
        version=version,
        created_at=created_at,
    )
