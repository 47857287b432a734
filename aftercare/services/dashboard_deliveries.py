"""The pages about deliveries: the ledger, and the clinic's webhooks."""

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from aftercare.db.pool import Connection, Database
from aftercare.errors import NotFound
from aftercare.model.delivery_pages import (
    DeliveriesPage,
    NewSecret,
    RefusedRepeat,
    WebhookLine,
    WebhooksPage,
)
from aftercare.model.ledger import Narrowed
from aftercare.services import audit, channel_faults
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.services.ledger import newest
from aftercare.services.webhooks import WebhookView
from aftercare.store import alerts, ledger, patients, webhooks

PAGE = 50


async def deliveries_page(
    database: Database,
    reader: Reader,
    asked: Narrowed,
    *,
    before: tuple[datetime, UUID] | None = None,
    refused: RefusedRepeat | None = None,
    now: datetime,
) -> DeliveriesPage:
    """Who was told what and what became of it, the newest first. Raises NotFound for another clinic's patient."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        patient_id = await _about(db, clinic_id, asked)
        entries = await ledger.page(db, clinic_id, asked, before or newest(now), PAGE)
        named = await patients.several(db, clinic_id, [patient_id]) if patient_id else {}
        faults = await channel_faults.standing(db, clinic_id, now)
        await audit.record(
            db, reader.actor, "deliveries.listed", now=now, patient_id=patient_id, subject_id=asked.alert_id
        )
    last = entries[-1] if len(entries) >= PAGE else None
    place = {"before": last.queued_at.isoformat(), "beside": str(last.delivery_id)} if last else {}
    return DeliveriesPage(
        head=top,
        entries=tuple(entries),
        asked=asked,
        here=path_to(asked),
        about=named[patient_id].name if patient_id in named else "",
        more=path_to(asked, **place) if place else None,
        faults=tuple(faults),
        refused=refused,
    )


async def _about(db: Connection, clinic_id: UUID, asked: Narrowed) -> UUID | None:
    """The patient that it is narrowed to. Raises NotFound."""
    if asked.alert_id is not None:
        alert = await alerts.get(db, clinic_id, asked.alert_id)
        if alert is None:
            raise NotFound
        return alert.patient_id
    if asked.patient_id is not None and not await patients.several(db, clinic_id, [asked.patient_id]):
        raise NotFound
    return asked.patient_id


def path_to(asked: Narrowed, **more: str) -> str:
    """The address of the page that shows this."""
    named = {"alert_id": asked.alert_id, "patient_id": asked.patient_id, "state": asked.state}
    query = {name: str(value) for name, value in named.items() if value is not None}
    query |= {"channel": asked.channel.value} if asked.channel else {}
    return "/deliveries" + (f"?{urlencode(query | more)}" if query or more else "")


async def webhooks_page(
    database: Database,
    reader: Reader,
    *,
    made: WebhookView | None = None,
    url: str = "",
    problem: str = "",
    now: datetime,
) -> WebhooksPage:
    """The clinic's webhooks, with the secret that was just made, or the address that was just refused."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        found = await webhooks.of_clinic(db, clinic_id)
        latest = await ledger.newest_of_hooks(db, clinic_id)
    return WebhooksPage(
        head=top,
        hooks=tuple(
            WebhookLine(
                webhook_id=one.webhook_id,
                url=one.url,
                created_at=one.created_at,
                previous_until=one.previous_until
                if one.previous_until and one.previous_until > now
                else None,
                disabled_at=one.disabled_at,
                disabled_why=one.disabled_why,
                newest=latest.get(one.webhook_id),
            )
            for one in found
        ),
        made=NewSecret(
            webhook_id=made.webhook_id, url=made.url, secret=made.secret, previous_until=made.previous_until
        )
        if made is not None and made.secret
        else None,
        url=url,
        problem=problem,
    )
