"""What the staff of a synthetic clinic do about an alert: when, who and with which outcome is chance, what comes of it is decided as live."""

from datetime import datetime, timedelta
from random import Random

import msgspec

from aftercare.alerts import acts
from aftercare.alerts.course import is_condition
from aftercare.model.alerts import Alert, Change
from aftercare.model.clinic import OpeningHours
from aftercare.model.people import Actor
from aftercare.model.words import Outcome, Role, Tier
from aftercare.services.written import Practice

# How long an alert has waited for staff; what is younger is left for whoever opens the clinic.
WAITS = {
    Tier.EMERGENCY: timedelta(minutes=12),
    Tier.SAME_DAY: timedelta(hours=2),
    Tier.SOON: timedelta(hours=20),
    Tier.ROUTINE: timedelta(days=4),
}
_OUTCOMES = (Outcome.CONFIRMED,) * 5 + (Outcome.EXPECTED_COURSE,) * 3 + (Outcome.FALSE_ALARM,)
_SAID = {
    "attempt": "No answer.",
    "contact": "Called. Knows whom to ring if it gets worse.",
    "resolve": "Seen; nothing further needed today.",
    "end_condition": "Healed.",
}


class Intention(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody will do about an alert."""

    at: datetime
    by: Actor
    act: str

    @property
    def text(self) -> str:
        """What they write down."""
        return _SAID.get(self.act, "")

    def fits(self, alert: Alert) -> bool:
        """Whether there is anything to do: a condition is ended once it was confirmed, all else before it is resolved."""
        return is_condition(alert) if self.act == "end_condition" else alert.unresolved

    def outcome(self, chance: Random) -> Outcome | None:
        """What it turns out to be, where that is said."""
        return chance.choice(_OUTCOMES) if self.act == "resolve" else None


def intentions(alert: Alert, practice: Practice, chance: Random, *, now: datetime) -> tuple[Intention, ...]:
    """Taken soon, then a call, then its outcome and the end of what was found; the newest wait for somebody."""
    if alert.raised_at >= now - WAITS[alert.tier]:
        return ()
    caller = practice.actor(chance.choice((Role.PRACTITIONER, Role.PRACTITIONER, Role.COORDINATOR)))
    taken = alert.raised_at + timedelta(minutes=chance.randrange(3, 50))
    called = taken + timedelta(minutes=chance.randrange(5, 25))
    ended = called + timedelta(hours=chance.randrange(3, 30))
    over = ended + timedelta(days=chance.randrange(3, 10))
    practitioner = practice.actor(Role.PRACTITIONER)
    plan = (
        (taken, caller, "acknowledge"),
        *(((called - timedelta(minutes=2), caller, "attempt"),) if chance.random() < 0.25 else ()),
        (called, caller, "contact"),
        (ended, practitioner, "resolve"),
        (over, practitioner, "end_condition"),
    )
    return tuple(Intention(at=at, by=by, act=act) for at, by, act in plan)


def decide(
    alert: Alert, one: Intention, outcome: Outcome | None, *, now: datetime, hours: OpeningHours
) -> Change:
    """What comes of it, by the rules of the alerts. Raises what they refuse."""
    if one.by.id is None or one.by.role is None:
        raise ValueError("only staff act on alerts")
    by, role = one.by.id, one.by.role
    if one.act == "resolve" and outcome is not None:
        return acts.resolve(alert, outcome=outcome, by=by, role=role, now=now)
    if one.act == "end_condition":
        return acts.end_condition(alert, by=by, role=role, now=now)
    if one.act == "acknowledge":
        return acts.acknowledge(alert, by=by, role=role, now=now, hours=hours, take_over=True)
    call = {"attempt": acts.attempt, "contact": acts.contact}[one.act]
    return call(alert, by=by, role=role, now=now, hours=hours)
