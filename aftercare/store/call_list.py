"""The coordinator's call list."""

from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.store.rows import many

_SQL = queries("call_list")


class CallListRow(msgspec.Struct, frozen=True, kw_only=True):
    """A patient to ring: two check-ins in a row were missed, the second on `day`."""

    episode_id: UUID
    day: int
    patient_id: UUID
    missed: tuple[int, ...]
    reason: str
    added_at: datetime


async def add(db: Connection, clinic_id: UUID, row: CallListRow) -> bool:
    """Put a patient on the list; False if this miss was there before."""
    return (
        await db.fetchval(
            _SQL["add"],
            clinic_id,
            row.episode_id,
            row.day,
            row.patient_id,
            row.missed,
            row.reason,
            row.added_at,
        )
        is not None
    )


async def open_items(db: Connection, clinic_id: UUID) -> list[CallListRow]:
    """Whom to ring, the longest waiting first."""
    return many(CallListRow, await db.fetch(_SQL["open_items"], clinic_id))


async def count_open(db: Connection, clinic_id: UUID) -> int:
    """How many there are to ring."""
    count: int = await db.fetchval(_SQL["count_open"], clinic_id)
    return count


async def done(
    db: Connection, clinic_id: UUID, episode_id: UUID, day: int, now: datetime, by: UUID | None
) -> UUID | None:
    """Rung; whose it was, or None if it is no longer open."""
    found: UUID | None = await db.fetchval(_SQL["done"], clinic_id, episode_id, day, now, by)
    return found


async def answered(db: Connection, clinic_id: UUID, patient_id: UUID, now: datetime) -> None:
    """The patient has answered: nobody need ring."""
    await db.execute(_SQL["answered"], clinic_id, patient_id, now)
