"""The clocks of an alert: until when it must be taken, until when the patient must be reached, and what happens if not.

`emergency` and `routine` count every minute; `same_day` and `soon` count opening hours (design.md 6).
"""

from datetime import datetime, timedelta

import msgspec

from aftercare.alerts.chains import SHIPPED
from aftercare.alerts.notices import notices
from aftercare.care.opening import add_open_time, open_time
from aftercare.model.alerts import Alert, Audience, Change, Notice, Why
from aftercare.model.chains import Chain, Step
from aftercare.model.clinic import OpeningHours
from aftercare.model.words import AlertState, Tier


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """How long a tier may wait. `contact` None: nobody has to call within a time."""

    acknowledge: timedelta
    contact: timedelta | None
    opening_hours: bool  # only these count


CLOCKS = {
    Tier.EMERGENCY: Clock(
        acknowledge=timedelta(minutes=15), contact=timedelta(minutes=30), opening_hours=False
    ),
    Tier.SAME_DAY: Clock(acknowledge=timedelta(hours=2), contact=timedelta(hours=4), opening_hours=True),
    Tier.SOON: Clock(acknowledge=timedelta(hours=24), contact=timedelta(hours=48), opening_hours=True),
    Tier.ROUTINE: Clock(acknowledge=timedelta(days=7), contact=None, opening_hours=False),
}


def due_at(alert: Alert) -> datetime | None:
    """Return the next instant at which `lapse` must look at this alert; `None` if time alone changes nothing."""
    if not alert.unresolved:
        return None
    return alert.snoozed_until or alert.look_at


def lapse(alert: Alert, *, now: datetime, hours: OpeningHours, chain: Chain = SHIPPED) -> Change:
    """Let time pass: end a snooze that is over, or take a late alert to the next step of the chain.

    Before `due_at` nothing changes. However long nobody looked, one call takes one step: an outage is caught up once. A step
    that reaches nobody is passed over at once; the last one, everyone, is told again until somebody acts.
    """
    due = due_at(alert)
    if due is None or now < due:
        return Change()
    late = alert.look_at is not None and alert.look_at <= now
    # Who snoozed past a deadline meant to; a deadline at the snooze's end or after it was promised.
    meant = alert.snoozed_until is not None and (alert.look_at is None or alert.look_at < alert.snoozed_until)
    if late and not meant:
        step = chain.from_place(alert.step + 1)
        after = msgspec.structs.replace(
            alert, step=step, snoozed_until=None, look_at=next_look(alert, now, hours)
        )
        return Change(changed=(after,), notices=_overdue(after, now, hours, chain.steps[step]))
    after = awake(alert, now, hours)
    return Change(changed=(after,), notices=notices(after, Why.SNOOZE_ENDED, now, hours))


def _overdue(alert: Alert, now: datetime, hours: OpeningHours, step: Step) -> tuple[Notice, ...]:
    told = notices(alert, Why.OVERDUE, now, hours, to=step)
    if alert.owner is None or step.audience in {Audience.OWNER, Audience.EVERYONE}:
        return told
    # Whoever has it hears that it is late, however the clinic goes on.
    return tuple(dict.fromkeys((*told, *notices(alert, Why.OVERDUE, now, hours))))


def started(alert: Alert, now: datetime, hours: OpeningHours) -> Alert:
    """Return the alert open again with a fresh clock and its owner: raised, its tier rose, or reopened."""
    acknowledge_by = acknowledge_deadline(alert.tier, now, hours)
    return msgspec.structs.replace(
        alert,
        state=AlertState.OPEN,
        clock_from=now,
        acknowledge_by=acknowledge_by,
        look_at=acknowledge_by,
        contact_by=None,
        step=0,
        snoozed_until=None,
        acknowledged_at=None,
        contacted_at=None,
        contacted_by=None,
        still_told_at=None,
    )


def awake(alert: Alert, now: datetime, hours: OpeningHours) -> Alert:
    """Return the alert without its snooze; a deadline that passed meanwhile is given anew."""
    if alert.snoozed_until is None:
        return alert
    passed = alert.look_at is not None and alert.look_at <= now
    look_at = next_look(alert, now, hours) if passed else alert.look_at
    return msgspec.structs.replace(alert, snoozed_until=None, look_at=look_at)


def acknowledge_deadline(tier: Tier, start: datetime, hours: OpeningHours) -> datetime:
    """Return until when somebody must have taken an alert of this tier whose clock starts now."""
    return _after(CLOCKS[tier].acknowledge, tier, start, hours)


def contact_deadline(tier: Tier, start: datetime, hours: OpeningHours) -> datetime | None:
    """Return until when the patient must be reached once the alert is taken; `None` if there is no hurry."""
    contact = CLOCKS[tier].contact
    return None if contact is None else _after(contact, tier, start, hours)


def next_look(alert: Alert, now: datetime, hours: OpeningHours) -> datetime | None:
    """Return when the clock acts next if it acts now: the same wait again."""
    if alert.state is AlertState.OPEN:
        return acknowledge_deadline(alert.tier, now, hours)
    if alert.state in {AlertState.ACKNOWLEDGED, AlertState.ATTEMPTED}:
        return contact_deadline(alert.tier, now, hours)
    return None


def put_right(alert: Alert, *, now: datetime, hours: OpeningHours) -> Alert:
    """Return the alert with no deadline further ahead than one that starts now, nor a start ahead of it.

    So it is by any clock that goes forward. Only one that was ahead and was put back leaves others behind, and an emergency
    would wait for as long as it was ahead.
    """
    longest = next_look(alert, now, hours)
    if longest is None or alert.look_at is None or alert.look_at <= longest:
        return alert
    is_open = alert.state is AlertState.OPEN
    return msgspec.structs.replace(
        alert,
        clock_from=min(alert.clock_from, now),
        look_at=longest,
        acknowledge_by=min(alert.acknowledge_by, longest) if is_open else alert.acknowledge_by,
        contact_by=min(alert.contact_by, longest) if alert.contact_by is not None else None,
    )


def retimed(alert: Alert, *, now: datetime, before: OpeningHours, after: OpeningHours) -> Alert:
    """Return the alert with its running clocks by other opening hours: the clinic changed them now.

    What of its time has passed counts by the hours that held then, and what is left by the new ones. So no deadline that is
    ahead comes to lie in the past, what is late stays late, and hours that stay the same move nothing. A snooze ends when
    it was said to, and an emergency counts every minute whatever the clinic writes.
    """
    if not alert.unresolved or not CLOCKS[alert.tier].opening_hours:
        return alert

    def moved(deadline: datetime | None) -> datetime | None:
        if deadline is None or deadline <= now:
            return deadline
        return add_open_time(after, now, open_time(before, now, deadline))

    contact_by, look_at = moved(alert.contact_by), moved(alert.look_at)
    acknowledge_by = moved(alert.acknowledge_by) or alert.acknowledge_by
    return msgspec.structs.replace(
        alert, acknowledge_by=acknowledge_by, contact_by=contact_by, look_at=look_at
    )


def _after(amount: timedelta, tier: Tier, start: datetime, hours: OpeningHours) -> datetime:
    return add_open_time(hours, start, amount) if CLOCKS[tier].opening_hours else start + amount
