"""Sessions and what was used up in them."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.care import Consumable, LotUse, Session
from aftercare.store.rows import many

_SQL = queries("sessions")


async def create(db: Connection, clinic_id: UUID, session: Session) -> bool:
    """Add a session with its consumables; False if the id is taken in this clinic."""
    made = await db.fetchval(
        _SQL["create"], clinic_id, session.session_id, session.patient_id, session.course_id, session.modality,
        session.session_at, session.areas, session.needle_depth_mm, session.fluence_j_cm2, session.pulse_ms,
        session.pigment_treated, session.anaesthetic, session.override_reason, session.performed_by,
        session.created_at,
    )  # fmt: skip
    if made is None:
        return False
    await db.executemany(
        _SQL["add_consumable"],
        [
            (clinic_id, session.session_id, place, c.device, c.lot, c.expires_on, c.sterile, c.single_use)
            for place, c in enumerate(session.consumables)
        ],
    )
    return True


async def of_patient(db: Connection, clinic_id: UUID, patient_id: UUID) -> list[Session]:
    """The patient's sessions with their consumables, newest first."""
    used: dict[UUID, list[Consumable]] = defaultdict(list)
    for row in await db.fetch(_SQL["consumables_of_patient"], clinic_id, patient_id):
        used[row["session_id"]].append(msgspec.convert(dict(row), Consumable))
    sessions = many(Session, await db.fetch(_SQL["of_patient"], clinic_id, patient_id))
    return [msgspec.structs.replace(s, consumables=tuple(used[s.session_id])) for s in sessions]


async def by_lot(
    db: Connection, clinic_id: UUID, lot: str, before: tuple[datetime, UUID], limit: int
) -> list[LotUse]:
    """Where a lot was used, newest first, in up to `limit` sessions from before a place (instant, session)."""
    return many(LotUse, await db.fetch(_SQL["by_lot"], clinic_id, lot, *before, limit))
