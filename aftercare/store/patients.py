"""Patients and the words that find them."""

import unicodedata
from datetime import datetime
from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.people import Patient
from aftercare.store.rows import many, one

_SQL = queries("patients")
_AFTER = "\U0010ffff"  # sorts behind every word that starts with a prefix


def fold(text: str) -> list[str]:
    """The words of a text, lower case and without accents, as they are searched."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(" " if not (c.isalnum() or unicodedata.combining(c)) else c for c in plain)
    return sorted({"".join(c for c in word if not unicodedata.combining(c)) for word in kept.split()} - {""})


async def create(db: Connection, clinic_id: UUID, patient: Patient) -> None:
    """Add a patient."""
    await db.execute(_SQL["create"], clinic_id, patient.patient_id, *_fields(patient), patient.created_at)
    await _index(db, clinic_id, patient)


async def update(db: Connection, clinic_id: UUID, patient: Patient) -> int | None:
    """Write the patient over the version it was read at; the new version, or None if someone was quicker."""
    version: int | None = await db.fetchval(
        _SQL["update"], clinic_id, patient.patient_id, patient.version, *_fields(patient)
    )
    if version is not None:
        await db.execute(_SQL["forget_words"], clinic_id, patient.patient_id)
        await _index(db, clinic_id, patient)
    return version


def _fields(patient: Patient) -> tuple[object, ...]:
    return (
        patient.name, patient.reference, patient.birth_date, patient.phone, patient.email, patient.language,
        patient.country, patient.time_zone, patient.fitzpatrick, patient.hsv_history, patient.diabetes,
        patient.immunosuppressed, patient.keloid_history, patient.blood_thinner, patient.baseline,
        patient.allergies, patient.medicines, patient.prophylaxis,
    )  # fmt: skip


async def _index(db: Connection, clinic_id: UUID, patient: Patient) -> None:
    await db.execute(
        _SQL["add_words"], clinic_id, patient.patient_id, fold(f"{patient.name} {patient.reference}")
    )


async def get(db: Connection, clinic_id: UUID, patient_id: UUID) -> Patient | None:
    """One patient."""
    return one(Patient, await db.fetchrow(_SQL["get"], clinic_id, patient_id))


async def lock(db: Connection, clinic_id: UUID, patient_id: UUID) -> Patient | None:
    """One patient, until the end of the transaction ours alone: the lock of everything about a recovery.

    It covers all episodes of the patient, so that no order among episodes is needed; foreign keys pass it.
    """
    return one(Patient, await db.fetchrow(_SQL["lock"], clinic_id, patient_id))


async def several(db: Connection, clinic_id: UUID, patient_ids: list[UUID]) -> dict[UUID, Patient]:
    """Patients by id."""
    rows = await db.fetch(_SQL["several"], clinic_id, patient_ids)
    return {patient.patient_id: patient for patient in many(Patient, rows)}


async def page(db: Connection, clinic_id: UUID, before: tuple[datetime, UUID], limit: int) -> list[Patient]:
    """The newest patients before a place in the list."""
    return many(Patient, await db.fetch(_SQL["page"], clinic_id, *before, limit))


async def search(db: Connection, clinic_id: UUID, text: str, limit: int) -> list[Patient]:
    """Patients in whom every word of the text starts a word of the name or the reference."""
    words = fold(text)
    if not words:
        return []
    longest, *others = sorted(words, key=len, reverse=True)
    rows = await db.fetch(_SQL["search"], clinic_id, longest, longest + _AFTER, limit * 20)
    found = list(dict.fromkeys(row["patient_id"] for row in rows))
    for word in others:
        kept = await db.fetch(_SQL["words_of"], clinic_id, found, word, word + _AFTER)
        keep = {row["patient_id"] for row in kept}
        found = [patient_id for patient_id in found if patient_id in keep]
    patients = await several(db, clinic_id, found[:limit])
    return sorted(patients.values(), key=lambda patient: (patient.name, patient.patient_id))


async def move(db: Connection, clinic_id: UUID, patient_id: UUID, time_zone: str, now: datetime) -> None:
    """The patient is in another zone from now on; the older one stays on record."""
    await db.execute(_SQL["move"], clinic_id, patient_id, now, time_zone)
    await db.execute(_SQL["set_zone"], clinic_id, patient_id, time_zone)


async def moved_at(db: Connection, clinic_id: UUID, patient_id: UUID) -> datetime | None:
    """When the patient came to the zone where they are; None if they were always there."""
    at: datetime | None = await db.fetchval(_SQL["moved_at"], clinic_id, patient_id)
    return at
