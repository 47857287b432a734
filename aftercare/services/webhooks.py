"""Webhooks of a clinic: who else hears of alerts."""

from datetime import datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.db.pool import Database
from aftercare.errors import Malformed, NotFound
from aftercare.model.people import Actor
from aftercare.notify.http import is_address
from aftercare.notify.webhook import new_secret
from aftercare.services import audit
from aftercare.store import webhooks as store


class WebhookView(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook; its secret is told once, when it is made."""

    webhook_id: UUID
    url: str
    created_at: datetime
    secret: str | None = None


async def create_webhook(database: Database, actor: Actor, url: str, *, now: datetime) -> WebhookView:
    """Add a webhook. Raises Malformed if nothing could be sent to its address."""
    if not is_address(url):
        raise Malformed(pointers={"/url": "This is not the address of a host."})
    made = WebhookView(webhook_id=uuid7(), url=url, created_at=now, secret=new_secret())
    async with database.clinic(actor.clinic_id) as db:
        await store.create(db, actor.clinic_id, made.webhook_id, url, made.secret or "", now)
        await audit.record(db, actor, "webhook.created", now=now, subject_id=made.webhook_id)
    return made


async def list_webhooks(database: Database, actor: Actor) -> list[WebhookView]:
    """Those that are sent to."""
    async with database.clinic(actor.clinic_id) as db:
        found = await store.active(db, actor.clinic_id)
    return [WebhookView(webhook_id=one.webhook_id, url=one.url, created_at=one.created_at) for one in found]


async def disable_webhook(database: Database, actor: Actor, webhook_id: UUID, *, now: datetime) -> None:
    """Send there no more. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        if not await store.disable(db, actor.clinic_id, webhook_id, now):
            raise NotFound
        await audit.record(db, actor, "webhook.disabled", now=now, subject_id=webhook_id)
