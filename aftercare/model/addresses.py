"""Where a person can be reached: by mail, and over what their browser or phone gave us."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from aftercare.model.text import END, Instant, Language, OptionalLine, Zone


class ChannelName(StrEnum):
    """The ways out."""

    SMTP = "smtp"
    WEBHOOK = "webhook"
    WEBPUSH = "webpush"
    SMS = "sms"
    FCM = "fcm"
    APNS = "apns"


PUSH = frozenset({ChannelName.WEBPUSH, ChannelName.FCM, ChannelName.APNS})
_AddressText = Annotated[
    str, msgspec.Meta(min_length=3, max_length=4000, pattern=r"^[^\x00-\x1f\x7f]+" + END)
]


class AddressDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser or a phone gives: a push subscription as JSON, a token, or a number with its country (+44...)."""

    channel: Literal["webpush", "sms", "fcm", "apns"]
    address: _AddressText
    label: OptionalLine = ""  # "Firefox on the desk at reception"


class AddressView(msgspec.Struct, frozen=True, kw_only=True):
    """An address as its owner sees it, without the address itself; `ending` is that of a number."""

    address_id: UUID
    channel: ChannelName
    label: str
    ending: str
    created_at: Instant
    seen_at: Instant
    retired_at: Instant | None = None
    retired_why: str = ""


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """One way to one person: a channel and, but for mail, which of their addresses."""

    channel: ChannelName
    address_id: UUID | None = None


class InstallationDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the app says of itself whenever it opens; `push` null: it has no address, or no longer one."""

    app_version: OptionalLine = ""
    locale: Language | None = None
    time_zone: Zone | None = None
    push: AddressDraft | None = None


class InstallationView(msgspec.Struct, frozen=True, kw_only=True):
    """The app on this phone, as we know it."""

    installation_id: UUID
    app_version: str
    locale: str
    time_zone: str
    seen_at: Instant
    push: AddressView | None = None
