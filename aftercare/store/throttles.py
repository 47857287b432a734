"""Tries counted by what was tried."""

from datetime import datetime
from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries

_SQL = queries("throttles")


async def count_try(
    db: Connection, clinic_id: UUID, subject: bytes, now: datetime, window_start: datetime
) -> tuple[int, datetime]:
    """(the tries of a subject with this one, when their run began); a run older than the window begins anew."""
    row = await db.fetchrow(_SQL["count_try"], clinic_id, subject, now, window_start)
    return (1, now) if row is None else (row["failures"], row["since"])


async def give_back(db: Connection, clinic_id: UUID, subject: bytes) -> None:
    """One try was no failure."""
    await db.execute(_SQL["give_back"], clinic_id, subject)


async def forget(db: Connection, clinic_id: UUID, subject: bytes) -> None:
    """Success clears the count."""
    await db.execute(_SQL["forget"], clinic_id, subject)


async def forget_old(db: Connection, clinic_id: UUID, window_start: datetime) -> None:
    """Runs that began before the window count for nothing any more."""
    await db.execute(_SQL["forget_old"], clinic_id, window_start)
