"""A clinic in Berlin on working days from 9 to 18, one episode, and short ways to say what was reported."""

from collections.abc import Callable
from datetime import UTC, datetime, time
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from aftercare.alerts.joining import absorb
from aftercare.model.alerts import Alert, Change
from aftercare.model.clinic import Opening, OpeningHours
from aftercare.model.findings import Finding
from aftercare.model.words import Code, Tier

EPISODE = UUID(int=1)


@pytest.fixture(scope="session")
def hours() -> OpeningHours:
    return OpeningHours(
        time_zone="Europe/Berlin", openings=tuple(Opening(day, time(9), time(18)) for day in range(5))
    )


@pytest.fixture(scope="session")
def march() -> Callable[..., datetime]:
    """An instant of March 2026 in Berlin; the 2nd, 9th and 16th are Mondays."""

    def at(day: int, hour: int = 10, minute: int = 0) -> datetime:
        return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)

    return at


@pytest.fixture(scope="session")
def finding() -> Callable[..., Finding]:
    def make(code: Code, tier: Tier, check_in: str | None = "c1", **more: Any) -> Finding:
        grades = more.get("grades", {})
        sign = more.get("signs", ())
        row = f"{code}." + (
            "_".join(sign) or "_".join(f"{item}_{grade}" for item, grade in grades.items()) or "row"
        )
        bare = Finding(
            code=code, tier=tier, row=row, day=2, reason=f"{code} on {check_in}", check_in=check_in
        )
        return msgspec.structs.replace(bare, **{"version": "1", "decisive": bool(sign), **more})

    return make


class Episode:
    """The alerts of one episode, stored as a service would: everything that a change returns is kept."""

    def __init__(self, hours: OpeningHours) -> None:
        self.hours = hours
        self.alerts: dict[UUID, Alert] = {}
        self._ids = count(100)

    def report(
        self, now: datetime, *findings: Finding, recorded: dict[str, datetime] | None = None
    ) -> Change:
        change = absorb(
            self.alerts.values(),
            findings,
            episode_id=EPISODE,
            now=now,
            hours=self.hours,
            new_id=lambda: UUID(int=next(self._ids)),
            recorded=recorded,
        )
        return self.keep(change)

    def keep(self, change: Change) -> Change:
        self.alerts |= {alert.id: alert for alert in (*change.new, *change.changed)}
        return change

    @property
    def alert(self) -> Alert:
        """The newest alert."""
        return max(self.alerts.values(), key=lambda alert: alert.id)


@pytest.fixture
def episode(hours: OpeningHours) -> Episode:
    return Episode(hours)
