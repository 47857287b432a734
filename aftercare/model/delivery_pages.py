"""What the pages about deliveries show. Filled and drawn as `model.pages` says."""

from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.model.ledger import ChannelFault, LedgerEntry, Narrowed
from aftercare.model.views import Head


class RefusedRepeat(msgspec.Struct, frozen=True, kw_only=True):
    """What was not sent again, and why."""

    delivery_id: UUID
    problem: str


class DeliveriesPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/deliveries?state=&channel=&alert_id=&patient_id=`: the newest first.

    `about` is the name of the patient that it is narrowed to, by alert or by patient. `here` leads back to it.
    """

    head: Head
    entries: tuple[LedgerEntry, ...]
    asked: Narrowed
    here: str
    about: str = ""
    more: str | None = None
    faults: tuple[ChannelFault, ...] = ()
    refused: RefusedRepeat | None = None


class WebhookLine(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook with what became of the newest that was sent there."""

    webhook_id: UUID
    url: str
    created_at: datetime
    previous_until: datetime | None = None
    disabled_at: datetime | None = None
    disabled_why: str = ""
    newest: LedgerEntry | None = None


class NewSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A signing secret, shown this once."""

    webhook_id: UUID
    url: str
    secret: str
    previous_until: datetime | None = None


class WebhooksPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/webhooks`: which other systems hear of alerts, for admins."""

    head: Head
    hooks: tuple[WebhookLine, ...]
    made: NewSecret | None = None
    url: str = ""  # as it was typed, where it was refused
    problem: str = ""
