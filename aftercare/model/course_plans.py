"""How a clinic spaces the sessions of a course, what of a course is done and due, and who is called back."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec

from aftercare.model.alerts import CourseBlock
from aftercare.model.text import Instant, Paragraph
from aftercare.model.words import Modality


class CourseSettingsDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A clinic's numbers for courses of one modality; days between sessions, sessions, calendar months to maintenance."""

    min_days: Annotated[int, msgspec.Meta(ge=28, le=180)] = 28
    max_days: Annotated[int, msgspec.Meta(ge=28, le=366)] = 42
    fewest_sessions: Annotated[int, msgspec.Meta(ge=1, le=12)] = 4
    most_sessions: Annotated[int, msgspec.Meta(ge=1, le=12)] = 6
    maintenance_from_months: Annotated[int, msgspec.Meta(ge=1, le=24)] = 6
    maintenance_to_months: Annotated[int, msgspec.Meta(ge=1, le=36)] = 12


class CourseSettings(CourseSettingsDraft, frozen=True, kw_only=True):
    """The numbers in force; version 0 are the shipped ones, which nobody changed."""

    modality: Modality
    version: int = 0
    changed_at: Instant | None = None
    changed_by: UUID | None = None


class SessionDone(msgspec.Struct, frozen=True, kw_only=True):
    """A treatment, as far as spacing looks at it."""

    session_id: UUID
    course_id: UUID
    modality: Modality
    session_at: Instant
    override_reason: str = ""


class PlanStatus(StrEnum):
    """Where a session of a course stands."""

    DONE = "done"
    BLOCKED = "blocked"
    TOO_EARLY = "too_early"
    DUE = "due"
    OVERDUE = "overdue"


class PlannedSession(msgspec.Struct, frozen=True, kw_only=True):
    """One session of a course, done or to come; days are local to the patient.

    `timing` is what the calendar alone says of a session to come, also where it is blocked.
    """

    number: int  # in the course, from 1; maintenance goes on counting
    maintenance: bool = False
    status: PlanStatus
    timing: PlanStatus | None = None
    done_on: date | None = None
    session_id: UUID | None = None
    override_reason: str = ""  # why it was done although blocked or too soon
    earliest: date | None = None
    latest: date | None = None
    overdue_days: int = 0
    block: CourseBlock | None = None


class EndReason(StrEnum):
    """Why a course is not gone on with."""

    COMPLETED = "completed"
    DECLINED = "declined"
    MOVED_AWAY = "moved_away"
    NOT_SUITABLE = "not_suitable"
    OTHER = "other"


class CoursePlan(msgspec.Struct, frozen=True, kw_only=True):
    """A course as it went and goes on. `next` is null when it was ended, or another course has taken its place."""

    course_id: UUID
    modality: Modality
    planned_sessions: int
    sessions: tuple[PlannedSession, ...]
    next: PlannedSession | None = None
    ended_on: date | None = None
    ended_because: EndReason | None = None
    replaced_by: UUID | None = None  # a course of the same modality with a later session


class EndDraft(msgspec.Struct, frozen=True, kw_only=True):
    """Why a course is ended."""

    because: EndReason
    note: Paragraph = ""


class ContactKind(StrEnum):
    """What came of calling somebody back."""

    CONTACTED = "contacted"
    NO_ANSWER = "no_answer"
    BOOKED = "booked"
    DECLINED = "declined"
    SNOOZED = "snoozed"


class RecallContactDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, as it is written down. `day`: booked for, or snoozed until; only with these two."""

    contact_id: UUID | None = None  # made here when left out
    kind: ContactKind
    day: date | None = None
    text: Paragraph = ""


class RecallContact(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log of a course's recalls."""

    DAYED: ClassVar[frozenset[ContactKind]] = frozenset({ContactKind.BOOKED, ContactKind.SNOOZED})

    contact_id: UUID
    patient_id: UUID
    course_id: UUID
    number: int  # of the session that it was about
    at: Instant
    kind: ContactKind
    day: date | None
    text: str
    staff_id: UUID


class Recall(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose next session is due or overdue, with what was done about it, newest first."""

    course_id: UUID
    patient_id: UUID
    name: str
    reference: str
    phone: str
    modality: Modality
    sessions_done: int
    planned_sessions: int
    last_session_on: date | None
    next: PlannedSession
    listed_on: date  # since when on the list: due, or the end of what was agreed
    contacts: tuple[RecallContact, ...] = ()


class NextSession(msgspec.Struct, frozen=True, kw_only=True):
    """When the next session can be, for the patient to plan with."""

    earliest: date
    latest: date
