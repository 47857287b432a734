"""The follow-up log, what comes next, and the clinic's script for each code: plain data."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from aftercare.model.text import END, Instant, OptionalLine, Paragraph
from aftercare.model.words import AlertState, Code, Tier

ScriptLine = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+" + END)]
ScriptLines = Annotated[tuple[ScriptLine, ...], Meta(max_length=20)]
Version = Annotated[int, Meta(ge=0, le=1_000_000)]


class EntryKind(StrEnum):
    """What staff write down beside the acts on an alert."""

    CALL = "call"
    ADVICE = "advice"
    VISIT = "visit"
    MESSAGE = "message"
    NOTE = "note"


class ScriptDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask, what to advise, and when to send the patient on: plain sentences, one line each."""

    ask: ScriptLines = ()
    advise: ScriptLines = ()
    send_on: ScriptLines = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """All of them, in the order in which they are read out."""
        return (*self.ask, *self.advise, *self.send_on)


class Script(ScriptDraft, frozen=True, kw_only=True):
    """A version of a code's script. Version 0 is what was shipped: a default for the clinic to check."""

    code: Code
    version: Version = 0
    changed_at: datetime | None = None
    changed_by: UUID | None = None


class ScriptUse(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of the alert's script that were gone through, word by word, and of which version they are."""

    version: Version
    checked: Annotated[tuple[ScriptLine, ...], Meta(min_length=1, max_length=60)]


class FollowUpDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What is written down. `reached`: the patient was spoken to, so that the alert's clock stops as by *contact*."""

    kind: EntryKind
    text: Paragraph = ""
    advised: Paragraph = ""
    happened_at: Instant | None = None  # None: now
    visit_on: date | None = None
    next_step: OptionalLine = ""
    next_on: date | None = None
    reached: bool = False
    seen_tier: Tier | None = None  # what the page showed: with `reached`, refused if the tier rose since
    script: ScriptUse | None = None


class FollowUp(msgspec.Struct, frozen=True, kw_only=True):
    """What staff did to an alert, or the service itself (then without `staff_id`).

    `kind` is one of EntryKind, or the act. `at` is when it was written down. A next step is its words and its date, both
    or neither.
    """

    follow_up_id: UUID
    alert_id: UUID
    at: datetime
    kind: str
    staff_id: UUID | None = None
    text: str = ""
    outcome: str | None = None
    until: datetime | None = None
    happened_at: datetime | None = None
    advised: str = ""
    visit_on: date | None = None
    next_step: str = ""
    next_on: date | None = None
    done_at: datetime | None = None
    done_by: UUID | None = None
    script_version: int | None = None
    checked: tuple[str, ...] = ()


class StepTiming(StrEnum):
    """Where a next step stands against the clinic's local date."""

    OVERDUE = "overdue"
    TODAY = "today"
    COMING = "coming"


class NextStep(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said would be done next for a patient, and is not done yet."""

    follow_up_id: UUID
    alert_id: UUID
    patient_id: UUID
    name: str
    reference: str
    phone: str
    code: Code
    tier: Tier
    state: AlertState
    owner: UUID | None  # of the alert
    staff_id: UUID | None  # who wrote it down
    at: datetime  # when
    next_step: str
    next_on: date
    timing: StepTiming = StepTiming.COMING
