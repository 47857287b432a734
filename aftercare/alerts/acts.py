"""What staff do with an alert. The same by the same person again changes nothing: phones and browsers repeat themselves.

Coordinators take and call; only a practitioner resolves `same_day` and above (design.md 6). `by` is the staff member who
acts, `role` their role at the alert's clinic; every act raises NotYourRoleError for an admin.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from aftercare.alerts.chains import SHIPPED
from aftercare.alerts.clocks import awake, contact_deadline, started
from aftercare.alerts.errors import (
    AlreadyResolvedError,
    AnotherIsOpenError,
    NoConditionError,
    NotYourRoleError,
    PractitionerNeededError,
    RisenError,
    SnoozeError,
    TakenError,
)
from aftercare.alerts.notices import notices
from aftercare.model.alerts import Alert, Change, Why
from aftercare.model.chains import Chain
from aftercare.model.clinic import OpeningHours
from aftercare.model.words import AlertState, Outcome, Role, Tier

# A second click within this time is the first one, not a second call.
SAME_CLICK = timedelta(minutes=1)
LONGEST_SNOOZE = timedelta(days=7)


def acknowledge(
    alert: Alert, *, by: UUID, role: Role, now: datetime, hours: OpeningHours, take_over: bool = False
) -> Change:
    """Take the alert: the clock for contacting the patient starts.

    Whoever comes second is refused and told who has it (`owner` in the problem) unless they take it over, which moves the
    owner and leaves the clock as it is. After the tier rose anybody may take it. Raises AlreadyResolvedError, TakenError.
    """
    _works_on(alert, role)
    if alert.state is AlertState.OPEN:
        return _changed(_taken(alert, by, now, hours))
    if alert.owner == by:
        return Change()
    if not take_over:
        raise TakenError(owner=str(alert.owner))
    return _changed(msgspec.structs.replace(awake(alert, now, hours), owner=by))


def attempt(alert: Alert, *, by: UUID, role: Role, now: datetime, hours: OpeningHours) -> Change:
    """Count a call without an answer. It takes an alert that nobody has; the clock for contact runs on.

    Raises AlreadyResolvedError.
    """
    _works_on(alert, role)
    if alert.attempted_by == by and alert.attempted_at is not None and now - alert.attempted_at < SAME_CLICK:
        return Change()
    taken = awake(_taken(alert, by, now, hours), now, hours)
    reached = taken.state is AlertState.CONTACTED
    return _changed(
        msgspec.structs.replace(
            taken,
            state=AlertState.CONTACTED if reached else AlertState.ATTEMPTED,
            attempts=taken.attempts + 1,
            attempted_at=now,
            attempted_by=by,
        )
    )


def contact(alert: Alert, *, by: UUID, role: Role, now: datetime, hours: OpeningHours) -> Change:
    """Note that the patient was reached: no clock runs until something new is reported.

    A later contact counts anew for "still reported 48 hours after". Raises AlreadyResolvedError.
    """
    _works_on(alert, role)
    if alert.contacted_by == by and alert.contacted_at is not None and now - alert.contacted_at < SAME_CLICK:
        return Change()
    taken = _taken(alert, by, now, hours)
    return _changed(
        msgspec.structs.replace(
            taken,
            state=AlertState.CONTACTED,
            contacted_at=now,
            contacted_by=by,
            still_told_at=None,
            snoozed_until=None,
            look_at=None,
        )
    )


def snooze(
    alert: Alert, *, until: datetime, by: UUID, role: Role, now: datetime, hours: OpeningHours
) -> Change:
    """Put the alert away until an instant, and take it. News about it ends the snooze.

    Raises SnoozeError for an emergency, for `same_day` past its time, and for more than seven days; TakenError if
    somebody else has it; AlreadyResolvedError.
    """
    _works_on(alert, role)
    if alert.state is not AlertState.OPEN and alert.owner != by:
        raise TakenError(owner=str(alert.owner))
    if alert.snoozed_until == until and alert.owner == by:
        return Change()
    _may_snooze(alert, until, now)
    return _changed(msgspec.structs.replace(_taken(alert, by, now, hours), snoozed_until=until))


def resolve(alert: Alert, *, outcome: Outcome, by: UUID, role: Role, now: datetime) -> Change:
    """End the alert with what it turned out to be.

    Raises PractitionerNeededError for `same_day` and above, AlreadyResolvedError (`outcome` in the problem).
    """
    _may_judge(alert, role)
    if not alert.unresolved:
        if alert.resolved_by == by and alert.outcome is outcome:
            return Change()
        raise AlreadyResolvedError(outcome=alert.outcome)
    return _changed(
        msgspec.structs.replace(
            alert,
            state=AlertState.RESOLVED,
            owner=alert.owner or by,
            outcome=outcome,
            resolved_at=now,
            resolved_by=by,
            snoozed_until=None,
            look_at=None,
        )
    )


def reopen(
    alert: Alert, *, others: Iterable[Alert], by: UUID, role: Role, now: datetime, hours: OpeningHours
) -> Change:
    """Open a resolved alert again with a fresh clock; one that is not resolved stays as it is.

    `others` are the episode's alerts: raises AnotherIsOpenError (`alert` in the problem) if one of this code is
    unresolved, PractitionerNeededError for `same_day` and above.
    """
    _may_judge(alert, role)
    if alert.unresolved:
        return Change()
    for other in others:
        if other.code is alert.code and other.unresolved and other.id != alert.id:
            raise AnotherIsOpenError(alert=str(other.id))
    bare = msgspec.structs.replace(
        alert,
        owner=by,
        outcome=None,
        resolved_at=None,
        resolved_by=None,
        condition_ended_at=None,
        condition_ended_by=None,
    )
    after = started(bare, now, hours)
    return Change(changed=(after,), notices=notices(after, Why.REOPENED, now, hours))


def let_go(alert: Alert, *, now: datetime, hours: OpeningHours, chain: Chain = SHIPPED) -> Change:
    """Open an alert again whose owner has left before they reached the patient: nobody would call until its time is over.

    With a fresh clock, from the first step of the chain; what is open in their name (reopened, or worse than when they
    took it) keeps its clock and place, and others are told. Whose patient was reached waits for nothing; news of it goes
    to every practitioner.
    """
    if alert.owner is None or alert.state in {AlertState.CONTACTED, AlertState.RESOLVED}:
        return Change()
    again = msgspec.structs.replace(alert, owner=None)
    if alert.state is not AlertState.OPEN:
        again = started(again, now, hours)
    place = chain.from_place(again.step)
    after = msgspec.structs.replace(again, step=place)
    return Change(changed=(after,), notices=notices(after, Why.REOPENED, now, hours, to=chain.steps[place]))


def end_condition(alert: Alert, *, by: UUID, role: Role, now: datetime) -> Change:
    """Say that a confirmed condition is over, so that it no longer blocks the course. A practitioner's word only.

    Raises PractitionerNeededError, NoConditionError.
    """
    _not_admin(role)
    if role is not Role.PRACTITIONER:
        raise PractitionerNeededError
    if alert.outcome is not Outcome.CONFIRMED:
        raise NoConditionError
    if alert.condition_ended_at is not None:
        return Change()
    return _changed(msgspec.structs.replace(alert, condition_ended_at=now, condition_ended_by=by))


def refuse_if_risen(alert: Alert, seen: Tier | None) -> None:
    """Refuse an act on what is no longer there: the tier rose after the page that shows `seen` was read.

    Taking is never refused for that: it is better in somebody's hands, and whoever takes it sees what it is now. Raises
    RisenError (`tier` in the problem); with `seen` None the caller says nothing about it.
    """
    if seen is not None and alert.tier.rank > seen.rank:
        now = alert.tier.value.replace("_", " ")
        raise RisenError(f"The alert has changed: it is now {now}. Read it again, then act.", tier=alert.tier)


def _taken(alert: Alert, by: UUID, now: datetime, hours: OpeningHours) -> Alert:
    if alert.state is not AlertState.OPEN:
        return alert
    contact_by = contact_deadline(alert.tier, now, hours)
    return msgspec.structs.replace(
        alert,
        state=AlertState.ACKNOWLEDGED,
        owner=by,
        acknowledged_at=now,
        contact_by=contact_by,
        look_at=contact_by,
        step=0,
    )


def _may_snooze(alert: Alert, until: datetime, now: datetime) -> None:
    if alert.tier is Tier.EMERGENCY:
        raise SnoozeError("An emergency cannot be snoozed. Call the patient, then resolve it.")
    if not now < until <= now + LONGEST_SNOOZE:
        raise SnoozeError
    time = alert.acknowledge_by if alert.state is AlertState.OPEN else alert.contact_by
    if alert.tier is Tier.SAME_DAY and (time is None or until > time):
        raise SnoozeError(
            "An alert of the same day cannot be snoozed past its time. Choose an earlier time or call now."
        )


def _works_on(alert: Alert, role: Role) -> None:
    _not_admin(role)
    if not alert.unresolved:
        raise AlreadyResolvedError(outcome=alert.outcome)


def _may_judge(alert: Alert, role: Role) -> None:
    _not_admin(role)
    if alert.tier.rank >= Tier.SAME_DAY.rank and role is not Role.PRACTITIONER:
        raise PractitionerNeededError


def _not_admin(role: Role) -> None:
    if role is Role.ADMIN:
        raise NotYourRoleError


def _changed(alert: Alert) -> Change:
    return Change(changed=(alert,))
