"""Signed screenings, and answers prepared for one."""

from datetime import datetime
from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.screenings import PreparedScreening, Scope, Screening
from aftercare.model.words import Modality
from aftercare.store.rows import many, one

_SQL = queries("screenings")


async def sign(db: Connection, clinic_id: UUID, screening: Screening) -> bool:
    """Keep a signed screening; False if the id is taken in this clinic."""
    made = await db.fetchval(
        _SQL["sign"], clinic_id, screening.screening_id, screening.patient_id, screening.course_id, screening.scope,
        screening.modality, screening.answers, screening.outcome, screening.reasons, screening.signed_by,
        screening.signed_at, screening.questionnaire, screening.advice,
    )  # fmt: skip
    return made is not None


async def get(db: Connection, clinic_id: UUID, patient_id: UUID, screening_id: UUID) -> Screening | None:
    """One screening of one patient."""
    return one(Screening, await db.fetchrow(_SQL["get"], clinic_id, patient_id, screening_id))


async def of_patient(db: Connection, clinic_id: UUID, patient_id: UUID) -> list[Screening]:
    """The patient's screenings, newest first."""
    return many(Screening, await db.fetch(_SQL["of_patient"], clinic_id, patient_id))


async def page(
    db: Connection, clinic_id: UUID, patient_id: UUID, before: tuple[datetime, UUID], limit: int
) -> list[Screening]:
    """The newest screenings before a place in the list."""
    return many(Screening, await db.fetch(_SQL["page"], clinic_id, patient_id, *before, limit))


async def newest(
    db: Connection, clinic_id: UUID, patient_id: UUID, modality: Modality, scope: Scope
) -> Screening | None:
    """The newest of a treatment and scope."""
    return one(Screening, await db.fetchrow(_SQL["newest"], clinic_id, patient_id, modality, scope))


async def newest_of_several(
    db: Connection, clinic_id: UUID, patient_ids: list[UUID]
) -> dict[tuple[UUID, Modality], Screening]:
    """Each patient's newest candidacy by treatment."""
    found = many(Screening, await db.fetch(_SQL["newest_of_several"], clinic_id, patient_ids))
    return {(screening.patient_id, screening.modality): screening for screening in found}


async def signed_between(
    db: Connection, clinic_id: UUID, patient_id: UUID, modality: Modality, start: datetime, end: datetime
) -> Screening | None:
    """The newest screening before a session that was signed from `start` to `end`."""
    row = await db.fetchrow(_SQL["signed_between"], clinic_id, patient_id, modality, start, end)
    return one(Screening, row)


async def prepare(db: Connection, clinic_id: UUID, prepared: PreparedScreening) -> int:
    """Keep answers, over those that were prepared for this treatment before; returns their version."""
    version: int = await db.fetchval(
        _SQL["prepare"], clinic_id, prepared.patient_id, prepared.modality, prepared.questionnaire, prepared.answers,
        prepared.prepared_by, prepared.prepared_at,
    )  # fmt: skip
    return version


async def prepared(
    db: Connection, clinic_id: UUID, patient_id: UUID, modality: Modality
) -> PreparedScreening | None:
    """The answers prepared for a treatment."""
    return one(PreparedScreening, await db.fetchrow(_SQL["prepared"], clinic_id, patient_id, modality))


async def prepared_of(db: Connection, clinic_id: UUID, patient_id: UUID) -> list[PreparedScreening]:
    """All answers prepared for a patient and not signed yet."""
    return many(PreparedScreening, await db.fetch(_SQL["prepared_of"], clinic_id, patient_id))


async def forget_prepared(db: Connection, clinic_id: UUID, patient_id: UUID, modality: Modality) -> None:
    """The prepared answers were signed."""
    await db.execute(_SQL["forget_prepared"], clinic_id, patient_id, modality)
