"""Check-ins as phones send them, as they are kept, and what is answered."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from aftercare.model.text import Instant, Zone
from aftercare.model.words import AnsweredBy


class CheckInDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope: strict. `answers` is open, because nothing a patient reported is lost for one bad item.

    `day` is what the app believed; the server recomputes it from `recorded_at`. `day: null` is "something changed".
    """

    instrument: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    recorded_at: Instant
    time_zone: Zone
    day: Annotated[int, msgspec.Meta(ge=-100_000, le=100_000)] | None = None
    answered_by: AnsweredBy = AnsweredBy.SELF
    answers: dict[str, Any] = {}
    supersedes: UUID | None = None


class SetAsideItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could not be judged as it was sent: where, and why. What was sent there is kept."""

    pointer: str  # JSON pointer into the request's body
    reason: str


class Adjusted(msgspec.Struct, frozen=True, kw_only=True):
    """Something of the envelope that was recomputed: where, why, and the value used."""

    pointer: str
    reason: str
    used: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A check-in as it is kept."""

    check_in_id: UUID
    instrument: int
    recorded_at: Instant
    received_at: Instant
    judged_at: Instant  # the instant that the checks use
    said_day: int | None
    time_zone: str
    answered_by: AnsweredBy
    staff_id: UUID | None = None
    supersedes: UUID | None = None
    unscheduled: bool = False
    answers: dict[str, Any] = {}
    set_aside: tuple[dict[str, Any], ...] = ()


class KeptOf(Kept, frozen=True, kw_only=True):
    """A check-in as it is kept, with whose it is."""

    patient_id: UUID


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A check-in that is already here: the digest of its content in hex, and what was answered the first time."""

    check_in_id: UUID
    digest: str
    answer: msgspec.Raw


class ConsentState(msgspec.Struct, frozen=True, kw_only=True):
    """The newest word on one purpose."""

    kind: Literal["care", "photos", "teaching", "marketing"]
    given_at: Instant
    granted: bool
    text_version: str
    language: str
