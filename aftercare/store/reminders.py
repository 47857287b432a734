"""What patients asked for about reminders."""

from datetime import datetime
from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.reminders import ALWAYS, Reminders, RemindersDraft
from aftercare.store.rows import one

_SQL = queries("reminders")


async def get(db: Connection, clinic_id: UUID, patient_id: UUID) -> Reminders:
    """A patient's wish."""
    return one(Reminders, await db.fetchrow(_SQL["get"], clinic_id, patient_id)) or ALWAYS


async def put(
    db: Connection, clinic_id: UUID, patient_id: UUID, draft: RemindersDraft, by: UUID | None, now: datetime
) -> None:
    """Keep a wish in place of the one before."""
    await db.execute(_SQL["put"], clinic_id, patient_id, draft.state, draft.until, now, by)
