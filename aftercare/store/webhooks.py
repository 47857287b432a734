"""Webhooks of a clinic."""

from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.store.rows import many

_SQL = queries("webhooks")


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """An address that hears of alerts; two secrets sign while they are being rotated."""

    webhook_id: UUID
    url: str
    secret: str
    previous_secret: str | None
    created_at: datetime


async def create(
    db: Connection, clinic_id: UUID, webhook_id: UUID, url: str, secret: str, now: datetime
) -> None:
    """Add a webhook."""
    await db.execute(_SQL["create"], clinic_id, webhook_id, url, secret, now)


async def active(db: Connection, clinic_id: UUID) -> list[Webhook]:
    """Those that are sent to."""
    return many(Webhook, await db.fetch(_SQL["active"], clinic_id))


async def disable(db: Connection, clinic_id: UUID, webhook_id: UUID, now: datetime) -> bool:
    """Send there no more; False if it was not active."""
    return await db.fetchval(_SQL["disable"], clinic_id, webhook_id, now) is not None
