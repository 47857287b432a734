"""What a staff member's browser says of a message: that it was opened."""

from datetime import datetime
from uuid import UUID

from aftercare.db.pool import Database
from aftercare.errors import NotFound
from aftercare.model.people import Actor
from aftercare.store import deliveries


async def note_opened(database: Database, actor: Actor, delivery_id: UUID, *, now: datetime) -> None:
    """Put into the ledger that one's own message was opened; the first time counts. Raises NotFound."""
    if actor.id is None:
        raise NotFound
    async with database.clinic(actor.clinic_id) as db:
        if not await deliveries.note_opened(db, actor.clinic_id, delivery_id, actor.id, now):
            raise NotFound
