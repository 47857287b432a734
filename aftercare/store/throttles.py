"""Failures counted by what was tried."""

from datetime import datetime
from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries

_SQL = queries("throttles")


async def failures(
    db: Connection, clinic_id: UUID, subjects: list[bytes], window_start: datetime
) -> tuple[int, datetime | None]:
    """(the most failures of any subject since the window's start, when that run began)."""
    row = await db.fetchrow(_SQL["failures"], clinic_id, subjects, window_start)
    return (0, None) if row is None else (row["failures"], row["since"])


async def count_failure(
    db: Connection, clinic_id: UUID, subject: bytes, now: datetime, window_start: datetime
) -> None:
    """One more; a run older than the window begins anew."""
    await db.execute(_SQL["count_failure"], clinic_id, subject, now, window_start)


async def forget(db: Connection, clinic_id: UUID, subjects: list[bytes]) -> None:
    """Success clears the count."""
    await db.execute(_SQL["forget"], clinic_id, subjects)
