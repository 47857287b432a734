"""What the pages about courses show: whom to call back, and the clinic's numbers. Filled and drawn as `model.pages` says."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from aftercare.model.course_plans import ContactKind, CourseSettings, Recall
from aftercare.model.views import Head, PatientView
from aftercare.model.words import Modality

RecallStatus = Literal["due", "overdue"]


class ContactLine(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a call, with who wrote it down."""

    at: datetime
    kind: ContactKind
    day: date | None = None
    text: str = ""
    by: str | None = None


class RecallItem(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to call back."""

    patient: PatientView
    recall: Recall
    log: tuple[ContactLine, ...] = ()  # about this session, newest first


class RefusedContact(msgspec.Struct, frozen=True, kw_only=True):
    """A line that was not written down, as it was typed, and what is wrong with it."""

    course_id: UUID
    problem: str
    kind: ContactKind | None = None
    day: date | None = None
    text: str = ""


class RecallsPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/recalls?status=`: whose next session is due or overdue, the longest waiting first."""

    head: Head
    items: tuple[RecallItem, ...]
    status: RecallStatus | None = None
    more: str | None = None
    refused: RefusedContact | None = None


class CourseSettingsForm(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of one modality as they are, and as somebody typed them if that was refused."""

    modality: Modality
    settings: CourseSettings
    typed: dict[str, str] = {}
    problems: dict[str, str] = {}  # by field, "" for the whole form


class CourseSettingsPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/course-settings`: how courses are spaced here."""

    head: Head
    forms: tuple[CourseSettingsForm, ...]
