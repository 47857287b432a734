"""Consents: every word is kept, the newest counts."""

from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.check_ins import ConsentState
from aftercare.store.rows import many

_SQL = queries("consents")


async def record(db: Connection, clinic_id: UUID, patient_id: UUID, consent: ConsentState) -> None:
    """Keep one word on one purpose."""
    await db.execute(
        _SQL["record"], clinic_id, patient_id, consent.kind, consent.given_at, consent.granted, consent.text_version,
        consent.language,
    )  # fmt: skip


async def newest(db: Connection, clinic_id: UUID, patient_id: UUID) -> dict[str, ConsentState]:
    """The newest word on each purpose that was ever asked about."""
    rows = await db.fetch(_SQL["newest"], clinic_id, patient_id)
    return {consent.kind: consent for consent in many(ConsentState, rows)}
