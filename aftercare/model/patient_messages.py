"""Messages between a patient and the clinic, and the clinic's templates. What leaves the house is in model/messages.py."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec

from aftercare.model.advice import Advice
from aftercare.model.check_ins import Adjusted
from aftercare.model.text import Instant, Language, Line, Zone
from aftercare.model.words import Tier

LONGEST_MESSAGE: Final = 4000  # characters
MOST_PHOTOS: Final = 6

Words = Annotated[str, msgspec.Meta(max_length=LONGEST_MESSAGE, pattern=r"^[^\x00]*$")]
SaidWords = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_MESSAGE, pattern=r"^[^\x00]*$")]


class Direction(StrEnum):
    """Who wrote."""

    FROM_PATIENT = "from_patient"
    FROM_CLINIC = "from_clinic"


class MessageDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A message as a phone sends it: words, photos that the phone has sent or is about to send, or both.

    `written_at` is when it was written by the phone's clock; it is judged by that day, in that zone.
    """

    text: Words = ""
    photos: Annotated[list[UUID], msgspec.Meta(max_length=MOST_PHOTOS)] = []
    written_at: Instant
    time_zone: Zone


class ReplyDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A message to a patient.

    `message_id` makes sending it twice the same as once. `read_up_to` is the newest message that its writer has seen: it
    and what came before count as read; left out, everything that is there does. `urgent`: the patient is told by night too.
    """

    text: SaidWords
    message_id: UUID | None = None
    urgent: bool = False
    read_up_to: UUID | None = None


class ReadDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What was read: this message and every one that came before it."""

    up_to: UUID


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message as staff see it. `flag` is the highest tier that its words raised; `late_at` when it became a contact request.

    `photos` are those that are here; `photos_named` counts those that its writer attached.
    """

    message_id: UUID
    direction: Direction
    text: str
    photos: tuple[UUID, ...] = ()
    photos_named: int = 0
    written_at: Instant
    received_at: Instant
    staff_id: UUID | None = None
    staff_name: str | None = None
    urgent: bool = False
    flag: Tier | None = None
    read_due_at: Instant | None = None
    late_at: Instant | None = None
    read_at: Instant | None = None
    read_by: UUID | None = None
    read_by_name: str | None = None


class MyMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as its patient sees it. `read_at` of one's own: when somebody of the clinic read it."""

    message_id: UUID
    direction: Direction
    text: str
    photos: tuple[UUID, ...] = ()
    written_at: Instant
    received_at: Instant
    staff_name: str | None = None
    read_at: Instant | None = None


class MessageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the phone is told at once: what to do, and when the clinic reads. It never says that somebody has read it.

    `hours_notice` is there while the clinic is closed: when it reads next, and where to turn meanwhile.
    """

    message_id: UUID
    received_at: Instant
    advice: Advice
    hours_notice: str | None = None
    adjusted: tuple[Adjusted, ...] = ()
    consent_needed: tuple[str, ...] = ()


class ReadState(msgspec.Struct, frozen=True, kw_only=True):
    """How many were marked as read now, and how many wait still."""

    marked: int
    unread: int


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """A patient's messages in a line of the inbox. `waiting_since`: the oldest that nobody of the clinic has read."""

    patient_id: UUID
    name: str
    reference: str
    unread: int
    waiting_since: Instant | None
    read_due_at: Instant | None
    late: bool
    flag: Tier | None  # the highest of what waits, or of the last message
    last_at: Instant
    last_id: UUID
    last_direction: Direction


class TemplateDraft(msgspec.Struct, frozen=True, kw_only=True):
    """Words that staff send often. Nothing is filled in: what is sent is what somebody has read and sent."""

    title: Line
    language: Language
    text: SaidWords


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A template as it stands. `version` is the ETag of an edit; a retired one is offered no more."""

    template_id: UUID
    version: int
    language: str
    title: str
    text: str
    written_by: UUID
    written_at: Instant
    retired: bool = False


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """A patient's message as the checks see it: its words at the instant and in the zone by which they are judged."""

    message_id: UUID
    text: str
    written_at: datetime
    received_at: datetime
    judged_at: datetime
    time_zone: str
