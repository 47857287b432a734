"""Screenings: the questionnaire, what it advises, and what a practitioner decided and signed."""

from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from aftercare.model.text import Instant, Line
from aftercare.model.words import Modality

Text = dict[str, str]  # language -> sentence
Scope = Literal["course", "session"]
Outcome = Literal["candidate", "with_precautions", "not_now"]
Kind = Literal["yes_no", "choice", "many", "date", "text"]
# What of a patient's record a screening can tell; each is a field of Patient.
Risk = Literal[
    "hsv_history", "diabetes", "immunosuppressed", "keloid_history", "blood_thinner", "fitzpatrick", "prophylaxis",
    "allergies", "medicines",
]  # fmt: skip
Said = bool | str


class Weight(StrEnum):
    """What an answer weighs, heaviest first; `defer`, `conditional`, `precaution` are the A, C, P of clinical.md 3."""

    BLOCK = "block"
    DEFER = "defer"
    CONDITIONAL = "conditional"
    PRECAUTION = "precaution"


class Side(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one of several sources says that do not agree."""

    says: str
    source: str


class Effect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What some answers weigh for some treatments. Of a date: if it lies less than `within_days` before."""

    weight: Weight
    sentence: str
    plan: str
    source: str
    modalities: tuple[Modality, ...] = tuple(Modality)
    said: tuple[Said, ...] = (True,)
    within_days: int | None = None
    sides: tuple[Side, ...] = ()


class Lesson(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What some answers tell of a risk; of a text, the text itself."""

    risk: Risk
    said: tuple[Said, ...] = ()
    value: bool | int | str | None = None


class AskedIf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question that follows from the answer to another one."""

    item: str
    said: tuple[Said, ...]


class ScreeningItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question. `short` is what staff read in a list."""

    key: str
    group: str
    kind: Kind
    short: str
    text: Text
    scopes: tuple[Scope, ...] = ("course",)
    optional: bool = False
    values: tuple[str, ...] = ()
    value_texts: dict[str, Text] = {}
    asked_if: AskedIf | None = None
    learns: tuple[Lesson, ...] = ()
    effects: tuple[Effect, ...] = ()


class ScreeningGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Questions asked together."""

    key: str
    text: Text


class Questionnaire(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of the questions and of what their answers weigh; a screening names the version it answers."""

    version: int
    languages: tuple[str, ...]
    groups: tuple[ScreeningGroup, ...]
    items: tuple[ScreeningItem, ...]


class Unread(msgspec.Struct, frozen=True):
    """An answer that is kept and could not be judged: a JSON pointer inside the answers, and why."""

    pointer: str
    reason: str


class ScreeningReason(msgspec.Struct, frozen=True, kw_only=True):
    """One answer that weighs: what it is, why, what to do if it goes ahead, and both sides where sources conflict."""

    item: str
    short: str
    weight: Weight
    sentence: str
    plan: str
    source: str
    sides: tuple[Side, ...] = ()


class ScreeningAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """What a questionnaire advises on a day. A practitioner decides.

    What is not answered is never "no": with anything in `unanswered` the outcome holds only as far as was answered.
    """

    questionnaire: int
    outcome: Outcome
    reasons: tuple[ScreeningReason, ...] = ()  # the heaviest first
    unanswered: tuple[str, ...] = ()  # keys of items
    unread: tuple[Unread, ...] = ()

    @property
    def precautions(self) -> tuple[str, ...]:
        """What to do if treatment goes ahead, each once."""
        return tuple(dict.fromkeys(reason.plan for reason in self.reasons))


class ScreeningQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Answers to be advised on, without keeping anything."""

    modality: Modality
    scope: Scope = "course"
    questionnaire: Annotated[int, msgspec.Meta(ge=1, le=32767)] | None = None  # default: the newest
    answers: dict[Line, Any] = {}


class SessionScreening(msgspec.Struct, frozen=True, kw_only=True):
    """The short screening asked before a session, signed with it."""

    answers: dict[Line, Any] = {}
    outcome: Outcome
    reasons: Annotated[tuple[Line, ...], msgspec.Meta(max_length=40)] = ()
    questionnaire: Annotated[int, msgspec.Meta(ge=1, le=32767)] | None = None


class ScreeningDraft(msgspec.Struct, frozen=True, kw_only=True):
    """Candidacy as a practitioner settled it; `session` scope is the short one asked again before each session.

    `questionnaire` is the version that was asked; naming it, one answers for what was left open as well.
    """

    screening_id: UUID | None = None
    course_id: UUID | None = None
    scope: Scope = "course"
    modality: Modality
    answers: dict[Line, Any] = {}
    outcome: Outcome
    reasons: Annotated[tuple[Line, ...], msgspec.Meta(max_length=40)] = ()
    questionnaire: Annotated[int, msgspec.Meta(ge=1, le=32767)] | None = None


class Screening(msgspec.Struct, frozen=True, kw_only=True):
    """A signed screening, with what was advised at the time. `advice` is null for those from before there was any."""

    screening_id: UUID
    patient_id: UUID
    course_id: UUID | None
    scope: str
    modality: Modality
    answers: dict[str, Any]
    outcome: Outcome
    reasons: tuple[str, ...]
    signed_by: UUID
    signed_at: Instant
    questionnaire: int | None = None
    advice: ScreeningAdvice | None = None


class PreparedScreening(msgspec.Struct, frozen=True, kw_only=True):
    """Answers written down and not signed: anyone of the care team may prepare them, a practitioner signs.

    `version` is the ETag of an edit.
    """

    patient_id: UUID
    modality: Modality
    questionnaire: int
    answers: dict[str, Any]
    prepared_by: UUID
    prepared_at: Instant
    version: int = 1
