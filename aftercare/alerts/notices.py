"""Who is told of an alert, and when: quiet hours hold delivery, never evaluation (design.md 4 and 6)."""

from datetime import datetime, timedelta

from aftercare.care.opening import digest_at, is_open, next_opening
from aftercare.model.alerts import Alert, Audience, Notice, Why
from aftercare.model.chains import Step
from aftercare.model.clinic import OpeningHours
from aftercare.model.words import Tier

OWNER = Step(tells="owner")
# A closed clinic that opens within this time will do for `same_day`; if not, the person on call is told.
CALL_BEYOND = timedelta(hours=12)


def notices(
    alert: Alert, why: Why, now: datetime, hours: OpeningHours, *, to: Step = OWNER
) -> tuple[Notice, ...]:
    """Return who is told: whom the step of the chain means, and the person on call when it cannot wait.

    An owner who is not there yet is every practitioner. An emergency passes through everything. `same_day` and `soon`
    wait for the opening, `routine` for the digest.
    """
    audience = to.audience
    if audience is Audience.OWNER and alert.owner is None:
        audience = Audience.PRACTITIONERS
    on_call = cannot_wait(alert.tier, now, hours)
    waits = _not_before(alert.tier, now, hours)
    if not on_call:
        return (_notice(alert, why, audience, to, now, waits),)
    if audience in {Audience.EVERYONE, Audience.ON_CALL}:
        return (_notice(alert, why, audience, to, now, now),)
    calling = _notice(alert, why, Audience.ON_CALL, OWNER, now, now)
    if audience is Audience.PRACTITIONERS:
        # Whoever is called now need not be told again at the opening.
        return (calling,)
    # An owner, and whomever the clinic names, may be somebody else.
    return (_notice(alert, why, audience, to, now, waits), calling)


def cannot_wait(tier: Tier, now: datetime, hours: OpeningHours) -> bool:
    """Say whether the person on call must hear of it now: the clinic is closed, and what happened does not keep until it opens."""
    if is_open(hours, now):
        return False
    opens = next_opening(hours, now)
    far = opens is None or opens - now > CALL_BEYOND
    return tier is Tier.EMERGENCY or (tier is Tier.SAME_DAY and far)


def opening(hours: OpeningHours, now: datetime) -> datetime:
    """Return when what waits for the opening leaves: now, if the clinic is open or says no hours."""
    return now if is_open(hours, now) else next_opening(hours, now) or now


def _not_before(tier: Tier, now: datetime, hours: OpeningHours) -> datetime:
    if tier is Tier.EMERGENCY:
        return now
    return digest_at(hours, now) if tier is Tier.ROUTINE else opening(hours, now)


def _notice(alert: Alert, why: Why, to: Audience, step: Step, now: datetime, not_before: datetime) -> Notice:
    return Notice(
        alert_id=alert.id,
        why=why,
        to=to,
        owner=alert.owner if to is Audience.OWNER else None,
        tier=alert.tier,
        step=alert.step,
        at=now,
        not_before=not_before,
        role=step.role,
        whom=step.staff_id or step.rota_id,
    )
