"""Let time pass for the worker: everything that falls due, each piece at its own time."""

from datetime import datetime, timedelta

from aftercare.db.pool import Database
from aftercare.model.addresses import ChannelName
from aftercare.model.messages import OutgoingMessage
from aftercare.notify.channel import Channel, Receipt
from aftercare.services import alerts, deliveries, follow_ups, hand_overs, messages_unread, sweep
from aftercare.services.follow_ups import NEXT_STEP
from aftercare.services.hand_overs import HAND_OVER
from aftercare.services.messages_unread import UNREAD
from aftercare.services.recovery import ESCALATE, SWEEP
from aftercare.store import due_work
from aftercare.store.deliveries import work_kind

_SENDING = {work_kind(channel): channel for channel in ChannelName if channel is not ChannelName.WEBHOOK}


class RecordingChannel:
    """A fake at the edge: keeps what is sent, or fails as told."""

    def __init__(self) -> None:
        self.sent: list[OutgoingMessage] = []
        self.failure: Exception | None = None

    async def send(self, message: OutgoingMessage) -> Receipt:
        if self.failure is not None:
            raise self.failure
        self.sent.append(message)
        return Receipt("250 2.0.0")


class Post:
    """Where the worker's mail goes in a test."""

    address = "https://clinic.test"

    def __init__(self) -> None:
        self.channel = RecordingChannel()

    @property
    def channels(self) -> dict[ChannelName, Channel]:
        return dict.fromkeys(ChannelName, self.channel)


async def pass_time(worker: Database, post: Post, until: datetime) -> None:
    while True:
        async with worker.transaction() as db:
            due = {
                kind: await due_work.next_due(db, kind)
                for kind in (SWEEP, ESCALATE, UNREAD, NEXT_STEP, HAND_OVER, *_SENDING)
            }
        coming = [(at, kind) for kind, at in due.items() if at is not None and at <= until]
        if not coming:
            return
        at, kind = min(coming)
        async with worker.transaction() as db:
            claims = await due_work.claim(db, kind, at, at + timedelta(minutes=2), 50)
        for claim in claims:
            if kind == SWEEP:
                await sweep.sweep(worker, claim, now=at)
            elif kind == ESCALATE:
                await alerts.escalate(worker, claim, now=at)
            elif kind == NEXT_STEP:
                await follow_ups.remind(worker, claim, now=at)
            elif kind == HAND_OVER:
                await hand_overs.work(worker, claim, now=at)
            elif kind == UNREAD:
                await messages_unread.look(worker, claim, now=at)
            else:
                await deliveries.attempt(worker, post, _SENDING[kind], claim, at)
