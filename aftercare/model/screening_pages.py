"""The pages of a screening: the questions, what the answers come to, and what was signed."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from aftercare.model.screenings import Kind, Outcome, ScreeningAdvice
from aftercare.model.views import Head, PatientView, StaffView
from aftercare.model.words import Modality


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One possible answer; `opens` further questions."""

    value: str
    label: str
    opens: bool = False


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question, with those that follow from its answer. `said` is how it is put to the patient, in their language."""

    key: str
    kind: Kind
    text: str
    said: str = ""
    choices: tuple[Choice, ...] = ()
    follow_ups: tuple["Question", ...] = ()


class QuestionGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Questions asked together."""

    key: str
    title: str
    questions: tuple[Question, ...]


class ScreeningLine(msgspec.Struct, frozen=True, kw_only=True):
    """A signed screening in one line."""

    id: UUID
    scope: Literal["course", "session"]
    modality: Modality
    outcome: Outcome
    advised: Outcome | None
    signed_at: datetime
    by: StaffView | None = None


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A question with its answer in words."""

    question: str
    answer: str


class ScreeningRecordPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/patients/{patient_id}/screenings/{screening_id}`: as it was signed."""

    head: Head
    patient: PatientView
    line: ScreeningLine
    reasons: tuple[str, ...]
    advice: ScreeningAdvice | None
    open_questions: tuple[str, ...]
    answered: tuple[Answered, ...]


class Candidacy(msgspec.Struct, frozen=True, kw_only=True):
    """What a patient's page says of screenings: those signed, those waiting for it, and what to mind."""

    lines: tuple[ScreeningLine, ...] = ()
    prepared: tuple[Modality, ...] = ()
    precautions: tuple[str, ...] = ()
