"""The ledger as staff read it: whom a delivery was for, over what, how it stands, each try of it; and ways that fail."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from aftercare.model.addresses import ChannelName
from aftercare.model.deliveries import Delivery
from aftercare.model.text import Instant

StateFilter = Literal["waiting", "queued", "failed", "sent", "dead", "gathered", "dropped"]
RecipientKind = Literal["staff", "patient", "webhook"]


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt, with the channel's answer: codes and our own words."""

    attempt: int
    at: datetime
    result: str
    answer: str


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Who it is for: a name, and for a webhook the host that it goes to. Never the whole address."""

    kind: RecipientKind
    id: UUID
    name: str


class LedgerEntry(Delivery, frozen=True, kw_only=True):
    """A delivery with everything that became of it.

    `address` says which of the recipient's it went to, as its owner calls it ("Browser on Linux") or by a number's last
    digits. `instead`: over which channel the same reached the same recipient after all. `again_of`: it repeats one that
    was given up.
    """

    recipient: Recipient
    address: str = ""
    next_try_at: datetime | None = None
    tries: tuple[Try, ...] = ()
    instead: ChannelName | None = None
    again_of: UUID | None = None
    sent_again: bool = False
    digest_sent_at: datetime | None = None  # of one that went along in a digest


class Narrowed(msgspec.Struct, frozen=True, kw_only=True):
    """Which deliveries are asked for. A patient's are those to them and those about their alerts."""

    alert_id: UUID | None = None
    patient_id: UUID | None = None
    state: StateFilter | None = None
    channel: ChannelName | None = None

    @property
    def states(self) -> list[str] | None:
        """The states of rows; None for all."""
        if self.state is None:
            return None
        return ["queued", "failed"] if self.state == "waiting" else [self.state]


class ReceiptDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a staff member's browser says of a push: it was shown, or it was opened."""

    kind: Literal["shown", "opened"]
    at: Instant | None = None  # by the browser's clock; left out: now


class ReceiptKept(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a delivery's arrival: of each the earliest instant that was said."""

    delivery_id: UUID
    delivered_at: datetime | None = None
    opened_at: datetime | None = None


class ChannelFault(msgspec.Struct, frozen=True, kw_only=True):
    """A way out over which nothing arrives: a channel, or one webhook.

    `failing`: nothing but failures since an instant. `retired`: the receiver said that it is gone. `no_address`: the last
    address that staff had for this channel was given back by its provider.
    """

    fault_id: UUID
    channel: ChannelName
    webhook_id: UUID | None = None
    why: Literal["failing", "retired", "no_address"]
    since: datetime
    last_at: datetime
    failures: Annotated[int, msgspec.Meta(ge=1)]
    answer: str = ""
    told_at: datetime | None = None
    ended_at: datetime | None = None
    told_end_at: datetime | None = None
    host: str = ""  # of the webhook
