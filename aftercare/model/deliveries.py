"""A delivery: one message to one recipient over one channel, and what makes it the same one."""

from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.model.addresses import ChannelName
from aftercare.model.messages import MessageKind
from aftercare.model.words import Tier


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the ledger; exactly one of staff, patient and webhook is set.

    `delivered_at` and `opened_at` are what the receiving app said. `held_until` and `held_why`: it was due earlier and
    waited, for its recipient's quiet hours. What was held until the same instant leaves as one: `gathered` went along in
    `digest_id`; `dropped` was needed no more before its first or a further try, and says why.
    """

    delivery_id: UUID
    channel: ChannelName
    kind: MessageKind
    tier: Tier | None = None
    staff_id: UUID | None = None
    patient_id: UUID | None = None
    webhook_id: UUID | None = None
    address_id: UUID | None = None
    alert_id: UUID | None = None
    day: int | None = None
    state: str = "queued"
    attempts: int = 0
    queued_at: datetime
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    opened_at: datetime | None = None
    ended_at: datetime | None = None
    held_until: datetime | None = None
    held_why: str | None = None
    digest_id: UUID | None = None
    dropped_why: str | None = None


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery, what makes it the same delivery, and when it may leave."""

    what: str
    delivery: Delivery
    not_before: datetime
