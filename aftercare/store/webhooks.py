"""Webhooks of a clinic."""

from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.store.rows import many, one

_SQL = queries("webhooks")


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """An address that hears of alerts. Two secrets sign until `previous_until`, while they are being changed."""

    webhook_id: UUID
    url: str
    created_at: datetime
    previous_until: datetime | None
    disabled_at: datetime | None
    disabled_why: str


async def create(
    db: Connection, clinic_id: UUID, webhook_id: UUID, url: str, secret: str, now: datetime
) -> None:
    """Add a webhook."""
    await db.execute(_SQL["create"], clinic_id, webhook_id, url, secret, now)


async def of_clinic(db: Connection, clinic_id: UUID) -> list[Webhook]:
    """All of them: those that are sent to, then those that were switched off."""
    return many(Webhook, await db.fetch(_SQL["all"], clinic_id))


async def lock(db: Connection, clinic_id: UUID, webhook_id: UUID) -> Webhook | None:
    """One, which nobody else can change until the transaction ends."""
    return one(Webhook, await db.fetchrow(_SQL["lock"], clinic_id, webhook_id))


async def rotate(
    db: Connection, clinic_id: UUID, webhook_id: UUID, secret: str, now: datetime, until: datetime
) -> Webhook | None:
    """Sign with a new secret, and with the one before until an instant; None if it is not sent to."""
    return one(Webhook, await db.fetchrow(_SQL["rotate"], clinic_id, webhook_id, secret, now, until))


async def enable(db: Connection, clinic_id: UUID, webhook_id: UUID) -> bool:
    """Send there again; False if it was not switched off."""
    return await db.fetchval(_SQL["enable"], clinic_id, webhook_id) is not None


async def disable(db: Connection, clinic_id: UUID, webhook_id: UUID, now: datetime, why: str) -> bool:
    """Send there no more; False if it was not active."""
    return await db.fetchval(_SQL["disable"], clinic_id, webhook_id, now, why[:200]) is not None
