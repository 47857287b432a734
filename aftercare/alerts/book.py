"""The alerts of one history, kept in memory: what the services keep in the database, for replay and back-test."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import count
from uuid import UUID

import msgspec

from aftercare.alerts.chains import SHIPPED
from aftercare.alerts.clocks import due_at, lapse
from aftercare.alerts.joining import absorb
from aftercare.model.alerts import Alert, Change, Fate, Why
from aftercare.model.clinic import OpeningHours
from aftercare.model.findings import Finding

_LAST_STEP = len(SHIPPED.steps) - 1
_LOUD = frozenset({Fate.RAISED, Fate.ESCALATED})
_BY_THE_CLOCK = frozenset({Why.OVERDUE, Why.SNOOZE_ENDED})


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a history: its alerts in the order in which they were raised, as they stand at the end."""

    alerts: tuple[Alert, ...]
    loud: frozenset[str]  # check-ins that raised an alert, or its tier
    told_at: tuple[datetime, ...]  # each time somebody was told of news
    acts_without_alert: int = 0  # of staff, where there was nothing to act on


class Book:
    """What stands of the alerts of a patient's episodes, and how time and findings change it."""

    def __init__(self, hours: OpeningHours) -> None:
        """Nothing was raised yet."""
        self.hours = hours
        self.alerts: dict[UUID, Alert] = {}
        self._loud: set[str] = set()
        self._told_at: list[datetime] = []
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
        self._loud |= {one.finding.check_in or "" for one in change.findings if one.fate in _LOUD}
        self._told_at += [now] * len({one.alert_id for one in change.notices if one.why not in _BY_THE_CLOCK})
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

    def replayed(self, *, acts_without_alert: int = 0) -> Replayed:
        """What became of everything."""
        return Replayed(
            alerts=tuple(self.alerts.values()),
            loud=frozenset(self._loud),
            told_at=tuple(self._told_at),
            acts_without_alert=acts_without_alert,
        )


def _next_act(alert: Alert) -> datetime | None:
    """When the clock changes something: the chain's last step only repeats itself for as long as nobody acts."""
    if alert.step >= _LAST_STEP and alert.snoozed_until is None:
        return None
    return due_at(alert)
