"""Webhooks of a clinic: who else hears of alerts, and how their receivers are kept in step."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.db.pool import Database
from aftercare.errors import Conflict, Malformed, NotFound
from aftercare.model.addresses import ChannelName
from aftercare.model.deliveries import Delivery, Letter
from aftercare.model.messages import MessageKind
from aftercare.model.people import Actor
from aftercare.model.text import END
from aftercare.notify.http import is_address
from aftercare.notify.webhook import new_secret
from aftercare.services import audit
from aftercare.services.deliveries import queue
from aftercare.store import channel_faults, ledger
from aftercare.store import webhooks as store
from aftercare.store.webhooks import Webhook

# Long enough for a receiver that somebody changes by hand the next morning.
OVERLAP: Final = timedelta(hours=24)
_BY_HAND: Final = "switched off by an admin"


HookUrl = Annotated[str, msgspec.Meta(min_length=8, max_length=2000, pattern=r"^https?://[!-~]+" + END)]


class WebhookView(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook; a secret is told once, when it is made.

    Until `previous_until` the secret before signs as well. `disabled_at` and `disabled_why`: nothing is sent there.
    """

    webhook_id: UUID
    url: str
    created_at: datetime
    secret: str | None = None
    previous_until: datetime | None = None
    disabled_at: datetime | None = None
    disabled_why: str = ""

    @property
    def host(self) -> str:
        """What names it without the rest of its address, which may hold a token."""
        return urlsplit(self.url).netloc


async def create_webhook(database: Database, actor: Actor, url: str, *, now: datetime) -> WebhookView:
    """Add a webhook. Raises Malformed if nothing could be sent to its address."""
    try:
        msgspec.convert(url, HookUrl)
    except msgspec.ValidationError:
        raise Malformed(pointers={"/url": "Write an address that begins with https://."}) from None
    if not is_address(url):
        raise Malformed(pointers={"/url": "Write the address of a host, without a name or password in it."})
    made = WebhookView(webhook_id=uuid7(), url=url, created_at=now, secret=new_secret())
    async with database.clinic(actor.clinic_id) as db:
        await store.create(db, actor.clinic_id, made.webhook_id, url, made.secret or "", now)
        await audit.record(db, actor, "webhook.created", now=now, subject_id=made.webhook_id)
    return made


async def list_webhooks(database: Database, actor: Actor, *, now: datetime) -> list[WebhookView]:
    """Those that are sent to, then those that were switched off, with why."""
    async with database.clinic(actor.clinic_id) as db:
        return [view(one, now) for one in await store.of_clinic(db, actor.clinic_id)]


async def rotate_secret(database: Database, actor: Actor, webhook_id: UUID, *, now: datetime) -> WebhookView:
    """A new secret, told this once; the one before signs as well until the overlap ends. Raises NotFound, Conflict."""
    secret = new_secret()
    async with database.clinic(actor.clinic_id) as db:
        changed = await store.rotate(db, actor.clinic_id, webhook_id, secret, now, now + OVERLAP)
        if changed is None:
            if await store.lock(db, actor.clinic_id, webhook_id) is None:
                raise NotFound
            raise Conflict("This webhook is switched off. Switch it on, then change its secret.")
        await audit.record(db, actor, "webhook.rotated", now=now, subject_id=webhook_id)
    return msgspec.structs.replace(view(changed, now), secret=secret)


async def send_test(database: Database, actor: Actor, webhook_id: UUID, *, now: datetime) -> UUID:
    """Queue a test; the ledger says what becomes of it. Answers the delivery's id. Raises NotFound, Conflict."""
    what = f"test:{webhook_id}:{now.replace(second=0, microsecond=0).isoformat()}"  # a second click is the first one
    test = Delivery(
        delivery_id=uuid7(),
        channel=ChannelName.WEBHOOK,
        kind=MessageKind.TEST,
        webhook_id=webhook_id,
        queued_at=now,
    )
    async with database.clinic(actor.clinic_id) as db:
        found = await store.lock(db, actor.clinic_id, webhook_id)
        if found is None:
            raise NotFound
        if found.disabled_at is not None:
            raise Conflict("This webhook is switched off. Switch it on, then send a test.")
        await queue(db, actor.clinic_id, [Letter(what=what, delivery=test, not_before=now)])
        await audit.record(db, actor, "webhook.tested", now=now, subject_id=webhook_id)
        queued = await ledger.by_what(db, actor.clinic_id, what)
    return queued or test.delivery_id


async def enable_webhook(database: Database, actor: Actor, webhook_id: UUID, *, now: datetime) -> WebhookView:
    """Send there again. What was given up meanwhile stays given up; it can be sent again. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        found = await store.lock(db, actor.clinic_id, webhook_id)
        if found is None:
            raise NotFound
        if await store.enable(db, actor.clinic_id, webhook_id):
            await channel_faults.worked(db, actor.clinic_id, (ChannelName.WEBHOOK, webhook_id), now)
            await audit.record(db, actor, "webhook.enabled", now=now, subject_id=webhook_id)
    return view(msgspec.structs.replace(found, disabled_at=None, disabled_why=""), now)


async def disable_webhook(database: Database, actor: Actor, webhook_id: UUID, *, now: datetime) -> None:
    """Send there no more. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        if not await store.disable(db, actor.clinic_id, webhook_id, now, _BY_HAND):
            raise NotFound
        # Nobody waits for it any more: what failed is over, and no news.
        await channel_faults.worked(db, actor.clinic_id, (ChannelName.WEBHOOK, webhook_id), now)
        await audit.record(db, actor, "webhook.disabled", now=now, subject_id=webhook_id)


def view(one: Webhook, now: datetime) -> WebhookView:
    """A webhook as admins see it."""
    overlaps = one.previous_until is not None and one.previous_until > now
    return WebhookView(
        webhook_id=one.webhook_id,
        url=one.url,
        created_at=one.created_at,
        previous_until=one.previous_until if overlaps else None,
        disabled_at=one.disabled_at,
        disabled_why=one.disabled_why,
    )
