"""Courses, sessions and the episodes that they open."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec

from aftercare.model.course_plans import EndReason
from aftercare.model.screenings import SessionScreening
from aftercare.model.text import END, Instant, Line, OptionalLine, Paragraph
from aftercare.model.timeline import Treatment
from aftercare.model.words import Modality


class CourseDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A course to be planned: sessions of one modality, at least `min_days_apart` days apart.

    What is left out is the clinic's: its fewest sessions and fewest days (`/v1/clinic/course-settings`).
    """

    course_id: UUID | None = None  # made here when left out
    modality: Modality
    planned_sessions: Annotated[int, msgspec.Meta(ge=1, le=12)] | None = None
    min_days_apart: Annotated[int, msgspec.Meta(ge=28, le=366)] | None = None


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions of one modality for one patient, with the numbers that it was planned with."""

    course_id: UUID
    patient_id: UUID
    modality: Modality
    planned_sessions: int
    min_days_apart: int
    created_at: Instant
    max_days_apart: int = 42  # after that the next session is overdue
    maintenance_from_months: int = 6
    maintenance_to_months: int = 12
    ended_at: Instant | None = None
    ended_by: UUID | None = None
    ended_because: EndReason | None = None
    ended_note: str = ""


class Consumable(msgspec.Struct, frozen=True, kw_only=True):
    """One device or product used up in a session, so that a lot can be looked up."""

    device: Line
    lot: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+" + END)]
    expires_on: date
    sterile: bool
    single_use: bool


class SessionDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A treatment that was done. Opens an episode with its calendar."""

    session_id: UUID | None = None
    course_id: UUID
    session_at: Instant
    areas: Annotated[tuple[Line, ...], msgspec.Meta(max_length=20)] = ()
    needle_depth_mm: Annotated[float, msgspec.Meta(gt=0, le=5)] | None = None
    fluence_j_cm2: Annotated[float, msgspec.Meta(gt=0, le=100)] | None = None
    pulse_ms: Annotated[float, msgspec.Meta(gt=0, le=1000)] | None = None
    pigment_treated: bool | None = None
    anaesthetic: OptionalLine = ""
    consumables: Annotated[tuple[Consumable, ...], msgspec.Meta(max_length=40)] = ()
    with_day_90: bool = False
    override_reason: Paragraph = ""  # why it was done although blocked, too soon, or not screened
    screening: SessionScreening | None = None  # asked before it; or one was signed that day


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One treatment."""

    session_id: UUID
    patient_id: UUID
    course_id: UUID
    modality: Modality
    session_at: Instant
    areas: tuple[str, ...]
    needle_depth_mm: float | None
    fluence_j_cm2: float | None
    pulse_ms: float | None
    pigment_treated: bool | None
    anaesthetic: str
    override_reason: str
    performed_by: UUID
    created_at: Instant
    consumables: tuple[Consumable, ...] = ()


class LotUse(Consumable, frozen=True, kw_only=True):
    """Where a lot was used."""

    session_id: UUID
    patient_id: UUID
    session_at: Instant


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """The monitored recovery that a session opened."""

    episode_id: UUID
    patient_id: UUID
    with_day_90: bool
    opened_at: Instant
    calendar_ends_at: Instant | None  # a newer session has taken over the asking
    session_id: UUID
    course_id: UUID
    modality: Modality
    session_at: Instant
    needle_depth_mm: float | None
    pigment_treated: bool | None
    anaesthetic: str

    @property
    def treatment(self) -> Treatment:
        """What changes the expected course."""
        return Treatment(
            needle_depth_mm=self.needle_depth_mm,
            pigment_treated=self.pigment_treated,
            anaesthetic=self.anaesthetic or None,
        )
