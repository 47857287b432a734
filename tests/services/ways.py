"""A clinic's ways out for real: a relay, a push service, a receiver; and the worker's time, which passes as it is told."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from aftercare.db.pool import Database
from aftercare.model.addresses import AddressDraft, ChannelName
from aftercare.model.ledger import LedgerEntry, Narrowed
from aftercare.model.people import Actor
from aftercare.notify.channel import Channel
from aftercare.notify.smtp import SmtpChannel, SmtpSettings, TlsMode
from aftercare.notify.vapid import new_vapid_key, read_vapid_key
from aftercare.notify.webpush import WebPushChannel
from aftercare.services import addresses, channel_faults, deliveries
from aftercare.services.channel_watch import WATCH
from aftercare.services.ledger import newest
from aftercare.store import due_work, ledger
from aftercare.store.deliveries import work_kind
from tests.e2e.push_service import Browser

KEY = read_vapid_key(new_vapid_key(), subject="mailto:it@clinic.test")
_SENDING = {work_kind(channel): channel for channel in ChannelName}


class Ways:
    """Mail over a relay on this port, pushes to whatever subscribed here. Webhooks go where the clinic says."""

    address = "https://clinic.test"

    def __init__(self, relay: int) -> None:
        settings = SmtpSettings(
            host="127.0.0.1", port=relay, from_address="aftercare@clinic.test", tls=TlsMode.NONE
        )
        self.channels: dict[ChannelName, Channel] = {
            ChannelName.SMTP: SmtpChannel(settings),
            ChannelName.WEBPUSH: WebPushChannel(lambda: KEY, listed_hosts=["127.0.0.1"]),
        }


async def deliver(worker: Database, ways: deliveries.Sender, until: datetime) -> None:
    """Everything that is to leave or to be told until then, each at its own time."""
    while True:
        async with worker.transaction() as db:
            due = {kind: await due_work.next_due(db, kind) for kind in (WATCH, *_SENDING)}
        coming = [(at, kind) for kind, at in due.items() if at is not None and at <= until]
        if not coming:
            return
        at, kind = min(coming)
        async with worker.transaction() as db:
            claims = await due_work.claim(db, kind, at, at + timedelta(minutes=2), 50)
        for claim in claims:
            if kind == WATCH:
                await channel_faults.look(worker, claim, now=at)
            else:
                await deliveries.attempt(worker, ways, _SENDING[kind], claim, at)


async def turn_on(service: Database, actor: Actor, browser: Browser, now: datetime) -> UUID:
    """A staff member asks for alerts in a browser."""
    draft = AddressDraft(channel="webpush", address=browser.json, label="Browser at reception")
    return (await addresses.register(service, actor, uuid4(), draft, now=now)).address_id


async def kept(service: Database, clinic_id: UUID, now: datetime, **asked: object) -> list[LedgerEntry]:
    """The ledger, the newest first."""
    async with service.clinic(clinic_id) as db:
        return await ledger.page(db, clinic_id, Narrowed(**asked), newest(now), 100)  # type: ignore[arg-type]
