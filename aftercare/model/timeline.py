"""A patient's recovery as the checks see it, and as `aftercare checks replay` reads it from a file."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from aftercare.model.words import Modality

# Item key -> value as the instrument keeps it (rules.md 1): absent is never zero, denied is stored.
Answers = dict[str, Any]

Grade = Annotated[int, msgspec.Meta(ge=0, le=4)]


class Risks(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the patient that changes a judgement. `None` is not known, which is never `False`."""

    fitzpatrick: Annotated[int, msgspec.Meta(ge=1, le=6)] | None = None
    hsv_history: bool | None = None
    diabetes: bool | None = None
    immunosuppressed: bool | None = None
    keloid_history: bool | None = None
    blood_thinner: bool | None = None
    baseline: dict[str, Grade] = msgspec.field(
        default_factory=dict
    )  # before session 1: redness, itching, dryness


class Treatment(msgspec.Struct, frozen=True, kw_only=True):
    """What was done in the session that changes the expected course."""

    needle_depth_mm: float | None = None
    pigment_treated: bool | None = None
    anaesthetic: str | bool | None = None


class TimelineCheckIn(msgspec.Struct, frozen=True, kw_only=True):
    """One set of answers, placed on the episode's own time."""

    day: int  # local date of `recorded_at` minus local date of the session, in days
    hours_after: float | None = None  # `recorded_at` minus `session_at`; None means 24 x day
    answers: Answers = msgspec.field(default_factory=dict)
    id: str | None = None


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """One episode: the session, the patient's risks, and the check-ins in any order."""

    id: str
    modality: Modality
    session_at: datetime
    time_zone: str = "UTC"
    patient: Risks = msgspec.field(default_factory=Risks)
    session: Treatment = msgspec.field(default_factory=Treatment)
    check_ins: list[TimelineCheckIn] = msgspec.field(default_factory=list)
    language: str | None = None  # the patient's, as a tag such as pt-BR; None: not known
    until_day: int | None = None  # silence is judged up to this day; None: replay ends with the last check-in
