"""The re-check: on the day after something of the same day or worse was reported, the patient is asked again.

It is computed from the alerts, like the calendar, and not stored. A day whose check-in is due anyway asks by that; one
question a day, for the most urgent. Source: rules.md 3, Silence.
"""

from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from aftercare.care.calendar import MORNING, at_local, end_of_day, start_of_day
from aftercare.model.alerts import Alert
from aftercare.model.calendar import DueCheckIn
from aftercare.model.words import Code, Outcome, Tier

_DAY = timedelta(days=1)
# Nothing was there, or it is asked about under another alert.
_NOTHING_TO_ASK = {Outcome.FALSE_ALARM, Outcome.DUPLICATE}


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One re-check: when, for which tier, and `alert_id`, the first of its alerts."""

    due: DueCheckIn
    alert_id: UUID
    tier: Tier
    by_calendar: bool  # the day's own check-in asks it
    contacted: bool  # staff have reached the patient since it fell due


def questions(
    alerts: Iterable[Alert],
    asked: Sequence[DueCheckIn],
    session_on: date,
    zone: ZoneInfo,
    *,
    at: time = MORNING,
) -> list[Question]:
    """What is asked again, by date; `asked` is the calendar, `at` the local time of a reminder.

    A day that the calendar asks anyway is there only once all its alerts are resolved: beside an open one, its silence is
    looked at with the calendar.
    """
    # One check-in can raise several at the same instant.
    due = sorted(
        (_asked_on(alert, zone), alert.raised_at, alert.id, alert) for alert in alerts if _asks(alert)
    )
    by_date = {one.date: one for one in asked}
    found = []
    for on, several in groupby(due, key=lambda one: one[0]):
        those = [alert for *_, alert in several]
        if start_of_day(on, zone).astimezone(zone).date() != on:
            continue  # a date that a zone skipped is asked by the next one's own
        calendar = by_date.get(on)
        if calendar is not None and any(alert.unresolved for alert in those):
            continue
        day = calendar or DueCheckIn(
            day=(on - session_on).days, date=on, due_at=at_local(on, at, zone), ends_at=end_of_day(on, zone)
        )
        found.append(
            Question(
                due=day,
                alert_id=those[0].id,
                tier=max((alert.tier for alert in those), key=lambda tier: tier.rank),
                by_calendar=calendar is not None,
                contacted=any(
                    alert.contacted_at is not None and alert.contacted_at >= day.due_at for alert in those
                ),
            )
        )
    return found


def _asks(alert: Alert) -> bool:
    urgent = alert.tier.rank >= Tier.SAME_DAY.rank
    return urgent and alert.code is not Code.SILENCE and alert.outcome not in _NOTHING_TO_ASK


def _asked_on(alert: Alert, zone: ZoneInfo) -> date:
    return alert.clock_from.astimezone(zone).date() + _DAY
