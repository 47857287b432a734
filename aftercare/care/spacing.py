"""How sessions of a course are spaced: at least 28 days apart (clinical.md 3: under 4 weeks is a block), 4 to 6 of them.

Days are local dates in the patient's zone; months are calendar months: six after 31 August is the last of February.
"""

import calendar
from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from aftercare.errors import AftercareError, Malformed
from aftercare.model.course_plans import CourseSettings, CourseSettingsDraft
from aftercare.model.words import Modality

MIN_DAYS = 28  # between any two treatments of a skin, whatever their modality
OVERRIDE = "A practitioner can override this with a reason."


class SessionCountError(AftercareError):
    """A course has as many sessions as the clinic's settings allow. Plan within them, or change the settings."""

    status: ClassVar[int] = 422
    type: ClassVar[str] = "session-count"
    title: ClassVar[str] = "Not a course"


class TooSoonError(AftercareError):
    """The last session is too recent. Choose a later date, or override this with a reason."""

    status: ClassVar[int] = 409
    type: ClassVar[str] = "session-too-soon"
    title: ClassVar[str] = "Too soon after the last session"


def shipped(modality: Modality) -> CourseSettings:
    """Return the numbers of a clinic that has changed none: 28-42 days, 4-6 sessions, maintenance after 6-12 months."""
    return CourseSettings(modality=modality)


def check_settings(draft: CourseSettingsDraft) -> None:
    """Raise Malformed where a lower bound lies above its upper one."""
    pairs = (
        ("min_days", "max_days"),
        ("fewest_sessions", "most_sessions"),
        ("maintenance_from_months", "maintenance_to_months"),
    )
    wrong = {
        f"/{most}": f"This may not be less than the {getattr(draft, fewest)} before it."
        for fewest, most in pairs
        if getattr(draft, most) < getattr(draft, fewest)
    }
    if wrong:
        raise Malformed("A range ends before it begins.", pointers=wrong)


def local_day(instant: datetime, time_zone: str) -> date:
    """Return the date of an instant in a zone."""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def add_months(day: date, months: int) -> date:
    """Return the same day some calendar months later, or that month's last day where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
