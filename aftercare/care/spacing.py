"""How sessions of a course are spaced: 4 to 6 of them, at least 28 days apart (clinical.md 3: under 4 weeks is a block)."""

from datetime import date, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from aftercare.errors import AftercareError

SESSIONS = range(4, 7)
MIN_DAYS = 28


class SessionCountError(AftercareError):
    """A course has four to six sessions. Plan another course, or maintenance, for more."""

    status: ClassVar[int] = 422
    type: ClassVar[str] = "session-count"
    title: ClassVar[str] = "Not a course"


class TooSoonError(AftercareError):
    """The last session is too recent. Choose a later date."""

    status: ClassVar[int] = 409
    type: ClassVar[str] = "session-too-soon"
    title: ClassVar[str] = "Too soon after the last session"


def earliest_next(last_session_at: datetime, time_zone: str, *, min_days: int = MIN_DAYS) -> date:
    """Return the first local date in `time_zone` on which the next session may take place."""
    return last_session_at.astimezone(ZoneInfo(time_zone)).date() + timedelta(days=min_days)


def check_spacing(
    last_session_at: datetime, session_at: datetime, time_zone: str, *, min_days: int = MIN_DAYS
) -> None:
    """Raise TooSoonError, with `earliest` as a date, if a session would follow the last one too soon."""
    earliest = earliest_next(last_session_at, time_zone, min_days=min_days)
    if session_at.astimezone(ZoneInfo(time_zone)).date() < earliest:
        raise TooSoonError(
            f"Sessions are at least {min_days} days apart: not before {earliest.isoformat()}.",
            earliest=earliest.isoformat(),
        )


def planned(first: date, sessions: int, *, days_apart: int = MIN_DAYS) -> tuple[date, ...]:
    """Return the dates of a course whose sessions are `days_apart`. Raises SessionCountError unless 4 to 6."""
    if sessions not in SESSIONS:
        raise SessionCountError
    return tuple(first + timedelta(days=days_apart * number) for number in range(sessions))
