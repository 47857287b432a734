"""What a push says, whichever service carries it: thin enough for a lock screen that strangers read.

A title, a sentence that names the clinic, ids and a link behind sign-in; never a name, a sign, a photo or a token.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from aftercare.model.messages import MessageKind, OutgoingMessage
from aftercare.model.words import Tier
from aftercare.notify.channel import Refused
from aftercare.notify.wording import is_link, short_words

# For a phone that is switched off. A reminder is about its own day; everything else is still true tomorrow.
_DAY: Final = timedelta(hours=24)
_HALF_A_DAY: Final = timedelta(hours=12)
_AT_ONCE: Final = frozenset({Tier.EMERGENCY, Tier.SAME_DAY})


class PushIds(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the app needs to know. `id` is the delivery's: the app drops a second copy, and names it in its receipts."""

    id: UUID
    kind: MessageKind
    link: str
    tag: str  # a later one with the same takes the earlier one's place on the screen
    tier: Tier | None = None
    alert: UUID | None = None


class PushData(PushIds, frozen=True, kw_only=True):
    """The same with its words, for an app that shows them itself."""

    title: str
    body: str


class AppleAlert(msgspec.Struct, frozen=True):
    """What an Apple phone shows."""

    title: str
    body: str


class AppleShown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="kebab"):
    """Apple's `aps`. `time-sensitive` passes a Focus; `critical`, which passes the mute switch, needs Apple's consent."""

    alert: AppleAlert
    interruption_level: str
    sound: str = ""
    thread_id: str = ""


class ApplePayload(msgspec.Struct, frozen=True):
    """What APNs carries, by itself or through FCM."""

    aps: AppleShown
    aftercare: PushIds


def push_data(message: OutgoingMessage) -> PushData:
    """Give all that a push holds. Raises `Refused` if the link is malformed."""
    words, ids = short_words(message), _ids(message)
    return PushData(title=words.title, body=words.body, **msgspec.structs.asdict(ids))


def apple_payload(message: OutgoingMessage) -> ApplePayload:
    """Give the same as Apple's phones want it. Raises `Refused` if the link is malformed."""
    words = short_words(message)
    level = {Tier.EMERGENCY: "time-sensitive", Tier.ROUTINE: "passive"}
    shown = AppleShown(
        alert=AppleAlert(words.title, words.body),
        interruption_level=level.get(message.tier, "active") if message.tier else "active",
        sound="" if message.tier is Tier.ROUTINE else "default",
        thread_id=str(message.about or ""),
    )
    return ApplePayload(shown, _ids(message))


def _ids(message: OutgoingMessage) -> PushIds:
    if not is_link(message.link):
        raise Refused("link malformed")
    return PushIds(
        id=message.id,
        kind=message.kind,
        link=message.link,
        tag=replaces(message),
        tier=message.tier,
        alert=message.about,
    )


def wakes(message: OutgoingMessage) -> bool:
    """Whether it wakes a sleeping phone: what is urgent, and what somebody is to read at its hour, as a reminder."""
    return message.tier is None or message.tier in _AT_ONCE


def keep_for(message: OutgoingMessage) -> timedelta:
    """How long the push service keeps it for a phone that is away."""
    return _HALF_A_DAY if message.kind is MessageKind.REMINDER else _DAY


def replaces(message: OutgoingMessage) -> str:
    """What it takes the place of on the screen: the last one about this alert, or else the last one of this kind."""
    return str(message.about) if message.about else message.kind.value
