"""The alerts of one history, kept in memory: what the services keep in the database, for replay and back-test."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import count
from uuid import UUID

from aftercare.alerts.clocks import FIXED_CHAIN, due_at, lapse
from aftercare.alerts.joining import absorb
from aftercare.model.alerts import Alert, Change
from aftercare.model.clinic import OpeningHours
from aftercare.model.findings import Finding

_LAST_STEP = len(FIXED_CHAIN) - 1


class Book:
    """What stands of the alerts of a patient's episodes, and how time and findings change it."""

    def __init__(self, hours: OpeningHours) -> None:
        """Nothing was raised yet."""
        self.hours = hours
        self.alerts: dict[UUID, Alert] = {}
        self._ids = count(1)

    def of(self, episode_id: UUID) -> list[Alert]:
        """The alerts of an episode, in the order in which they were raised."""
        return [alert for alert in self.alerts.values() if alert.episode_id == episode_id]

    def absorb(
        self,
        episode_id: UUID,
        findings: Iterable[Finding],
        now: datetime,
        recorded: Mapping[str, datetime] | None = None,
    ) -> Change:
        """Turn findings into alerts."""
        change = absorb(
            self.of(episode_id),
            findings,
            episode_id=episode_id,
            now=now,
            hours=self.hours,
            new_id=lambda: UUID(int=next(self._ids)),
            recorded=recorded,
        )
        return self.keep(change)

    def keep(self, change: Change) -> Change:
        """Keep what became of alerts."""
        for alert in (*change.new, *change.changed):
            self.alerts[alert.id] = alert
        return change

    def pass_time(self, until: datetime) -> None:
        """Let every clock act that is due by then, each at its own instant."""
        for alert_id, alert in self.alerts.items():
            one = alert
            while (at := _next_act(one)) is not None and at <= until:
                one = next(iter(lapse(one, now=at, hours=self.hours).changed))
            if one is not alert:
                self.alerts[alert_id] = one


def _next_act(alert: Alert) -> datetime | None:
    """When the clock changes something: the chain's last step only repeats itself for as long as nobody acts."""
    if alert.step >= _LAST_STEP and alert.snoozed_until is None:
        return None
    return due_at(alert)
