"""What the pages about messages show. Filled and drawn as `model.pages` says."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from aftercare.model.patient_messages import Conversation, Message, Template
from aftercare.model.views import Head, PatientView

Which = Literal["waiting", "recent"]


class InboxItem(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation in one line."""

    patient: PatientView
    conversation: Conversation


class MessagesPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/messages?which=`: who waits, the longest first; or everybody, the newest first."""

    head: Head
    items: tuple[InboxItem, ...]
    which: Which
    more: str | None = None


class MessagePhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A photo of a message: the paths of its small rendition and of the page that shows it large."""

    thumbnail: str
    page: str


class MessageLine(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a conversation. `day` since the session before it, where there is one."""

    message: Message
    photos: tuple[MessagePhoto, ...] = ()
    day: int | None = None


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it is being written: kept where it was refused or a template was put into it."""

    message_id: UUID
    text: str = ""
    urgent: bool = False
    problem: str = ""


class ConversationPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/patients/{id}/messages`: one patient's messages, the oldest of them first.

    `read_up_to` is the newest that the page shows: what came after it was not seen. `told_at`: when the patient would be
    told of an answer written now; later than now by night.
    """

    head: Head
    patient: PatientView
    language: str
    lines: tuple[MessageLine, ...]
    unread: int
    waiting_since: datetime | None
    read_due_at: datetime | None
    read_up_to: UUID | None
    templates: tuple[Template, ...]  # in the patient's language first
    writing: Writing
    told_at: datetime
    has_app: bool
    earlier: str | None = None
    latest: str | None = None  # where the page shows an older part


class TemplatesPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/messages/templates`: words that are sent often, and a form for one of them."""

    head: Head
    templates: tuple[Template, ...]
    may_write: bool
    editing: UUID | None = None  # None: a new one
    version: int = 0
    typed: dict[str, str] = {}
    problems: dict[str, str] = {}  # by field, "" for the whole form
