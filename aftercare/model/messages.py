"""What leaves the house: one message to one address, thin enough to be read by anyone."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from aftercare.model.words import Tier


class MessageKind(StrEnum):
    """Why something is sent. `reminder` and `message_sent` go to patients, all others to staff."""

    ALERT_RAISED = "alert_raised"
    ALERT_TIER_ROSE = "alert_tier_rose"
    ALERT_WORSENED = (
        "alert_worsened"  # a sign joined, a grade rose, or the same is still reported after contact
    )
    ALERT_OVERDUE = "alert_overdue"
    DIGEST = "digest"
    CALL_LIST = "call_list"
    CLINIC_FAULT = "clinic_fault"
    CLINIC_WELL = "clinic_well"  # a way out that failed works again
    WORK_STOPPED = "work_stopped"  # background work stands still: nothing is sent, nothing goes up the chain
    WORK_RESUMED = "work_resumed"
    WORK_FAILS = "work_fails"  # some of it, again and again: an alert may not go up the chain
    ERASURE_ASKED = "erasure_asked"  # a patient wants to be erased, and the clinic has to answer
    ERASURE_DUE = "erasure_due"  # and has not, with a week left or less
    PICTURES_BROKEN = "pictures_broken"  # photos are missing or damaged in the store
    HAND_OVER = "hand_over"  # its recipient is on call from now on
    MESSAGE_RECEIVED = "message_received"  # a patient wrote
    REMINDER = "reminder"
    MESSAGE_SENT = "message_sent"  # the clinic wrote
    TEST = "test"


class TierCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many alerts of a tier are not resolved."""

    tier: Tier
    count: int


class OutgoingMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An id, a tier and a link behind sign-in: never a patient's name, a sign, a photo or a token.

    `id` is the delivery's and the same in every attempt, so that the receiver can drop a second copy. `address` is
    what the channel understands (a mail address, a URL). `locale` is a BCP 47 tag; what is not translated is English.
    """

    id: UUID
    kind: MessageKind
    address: str
    link: str  # absolute http(s) URL
    clinic_name: str
    written_at: datetime  # when it was queued, with its zone: the same in every attempt
    tier: Tier | None = None
    about: UUID | None = None  # the alert's id, so that a receiver can join messages about one alert
    locale: str = "en"
    open: tuple[TierCount, ...] = ()  # said at a hand-over, as it stands when that leaves
    hours: str = ""  # when the clinic reads, in words of `locale`; said to patients only

    def __repr__(self) -> str:
        """Reach logs without the address and the link."""
        return f"OutgoingMessage(id={self.id}, kind={self.kind.value}, tier={self.tier and self.tier.value})"
