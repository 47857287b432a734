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


class PushData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the app is told. `id` is the delivery's: the app drops a second copy, and names it in its receipts."""

    id: UUID
    kind: MessageKind
    title: str
    body: str
    link: str
    tier: Tier | None = None
    alert: UUID | None = None


def push_data(message: OutgoingMessage) -> PushData:
    """Give all that a push holds. Raises `Refused` if the link is malformed."""
    if not is_link(message.link):
        raise Refused("link malformed")
    words = short_words(message)
    return PushData(
        id=message.id,
        kind=message.kind,
        title=words.title,
        body=words.body,
        link=message.link,
        tier=message.tier,
        alert=message.about,
    )


def is_at_once(message: OutgoingMessage) -> bool:
    """Whether it wakes a sleeping phone."""
    return message.tier in _AT_ONCE


def keep_for(message: OutgoingMessage) -> timedelta:
    """How long the push service keeps it for a phone that is away."""
    return _HALF_A_DAY if message.kind is MessageKind.REMINDER else _DAY


def replaces(message: OutgoingMessage) -> str:
    """What it takes the place of on the screen: the last one about this alert, or else the last one of this kind."""
    return str(message.about) if message.about else message.kind.value
