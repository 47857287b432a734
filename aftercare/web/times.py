"""Instants as the clinic says them: in its own zone, counted from the moment the page was read."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def span(seconds: float) -> str:
    """Say a length of time as deadlines do: "under 1 min", "12 min", "2 h 05 min", "9 h", "3 days"."""
    whole = int(abs(seconds))
    if whole < MINUTE:
        return "under 1 min"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < 6 * HOUR:
        hours, minutes = whole // HOUR, whole % HOUR // MINUTE
        return f"{hours} h {minutes:02} min" if minutes else f"{hours} h"
    if whole < 2 * DAY:
        return f"{whole // HOUR} h"
    return f"{whole // DAY} days"


class Clock:
    """Words for instants, seen from `now` (aware) in `time_zone` (IANA). Raises `ZoneInfoNotFoundError` for others."""

    def __init__(self, now: datetime, time_zone: str) -> None:
        self.zone = ZoneInfo(time_zone)
        self.zone_name = time_zone
        self.now = now.astimezone(self.zone)

    @property
    def today(self) -> date:
        """The clinic's local date."""
        return self.now.date()

    def left(self, deadline: datetime) -> str:
        """Say "12 min left" or "late by 3 min"."""
        seconds = (deadline - self.now).total_seconds()
        return f"{span(seconds)} left" if seconds >= 0 else f"late by {span(seconds)}"

    def is_late(self, deadline: datetime) -> bool:
        """Tell whether the deadline has passed."""
        return deadline < self.now

    def ago(self, instant: datetime) -> str:
        """Say "12 min ago", "5 h ago", "just now"; a clock ahead of ours is "just now" too."""
        seconds = (self.now - instant).total_seconds()
        if seconds < MINUTE:
            return "just now"
        return f"{int(seconds) // HOUR} h ago" if HOUR <= seconds < 2 * DAY else f"{span(seconds)} ago"

    def when(self, instant: datetime) -> str:
        """Say "14:05" today, "yesterday 14:05", "Tue 14:05" within six days, else "12 Mar, 14:05"."""
        local = instant.astimezone(self.zone)
        gap = (self.today - local.date()).days
        if gap == 0:
            return f"{local:%H:%M}"
        if gap in {1, -1}:
            return f"{'yesterday' if gap == 1 else 'tomorrow'} {local:%H:%M}"
        if 1 < abs(gap) < 7:
            return f"{local:%a %H:%M}"
        return f"{local.day} {local:%b}{self._year(local)}, {local:%H:%M}"

    def on(self, day: date | datetime) -> str:
        """Say a date alone: "12 Mar", with the year where it is another one."""
        local = day.astimezone(self.zone).date() if isinstance(day, datetime) else day
        return f"{local.day} {local:%b}{self._year(local)}"

    def exact(self, instant: datetime) -> str:
        """Say the instant in full, for hover, focus and screen readers."""
        local = instant.astimezone(self.zone)
        return f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({self.zone_name})"

    def late_arrival(self, recorded_at: datetime | None, arrived_at: datetime | None) -> str:
        """Say "reported Tuesday, arrived Friday" when the local dates differ, else ""."""
        if recorded_at is None or arrived_at is None:
            return ""
        said, came = recorded_at.astimezone(self.zone), arrived_at.astimezone(self.zone)
        if came.date() <= said.date():
            return ""
        if came - said < timedelta(days=6):
            return f"reported {said:%A}, arrived {came:%A}"
        return f"reported {self.on(said)}, arrived {self.on(came)}"

    def _year(self, day: date) -> str:
        return "" if day.year == self.now.year else f" {day.year}"
