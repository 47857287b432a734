"""The list that the clinic works from: one row a patient."""

from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.store.alerts import PatientAlert
from aftercare.store.rows import many

_SQL = queries("triage")


async def leads(
    db: Connection, clinic_id: UUID, *, owner: UUID | None, unowned: bool, limit: int, offset: int
) -> list[PatientAlert]:
    """The most urgent unresolved alert of each patient: what still waits before what is in hand, then by tier and deadline.

    Of one owner, or of nobody, if asked: then the most urgent of those.
    """
    return many(PatientAlert, await db.fetch(_SQL["leads"], clinic_id, owner, unowned, limit, offset))


async def patients_of(db: Connection, clinic_id: UUID, alert_ids: list[UUID]) -> set[UUID]:
    """Whose these alerts are; an id that is no alert is left out."""
    return {row["patient_id"] for row in await db.fetch(_SQL["patients_of"], clinic_id, alert_ids)}
