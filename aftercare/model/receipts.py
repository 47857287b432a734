"""Receipts: what a phone says that it has shown, sent with what was queued offline."""

from datetime import date
from uuid import UUID

import msgspec

from aftercare.model.instructions import Number
from aftercare.model.text import Instant


class Receipt(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every receipt says. The same receipt twice is the same as once."""

    id: UUID
    at: Instant  # on the phone's clock


class InstructionsShown(Receipt, frozen=True, kw_only=True, tag="instructions_shown"):
    """The instructions of a local day were on the screen."""

    date: date
    version: Number


class DeliveryShown(Receipt, frozen=True, kw_only=True, tag="delivery_shown"):
    """A push was shown by the phone."""

    delivery_id: UUID


class DeliveryOpened(Receipt, frozen=True, kw_only=True, tag="delivery_opened"):
    """A push was opened."""

    delivery_id: UUID


# A kind of receipt that joins is one more Struct here and one more case in services/receipts.py.
AnyReceipt = InstructionsShown | DeliveryShown | DeliveryOpened
