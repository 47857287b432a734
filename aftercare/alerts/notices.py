"""Who is told of an alert, and when: quiet hours hold delivery, never evaluation (design.md 4 and 6)."""

from datetime import datetime, timedelta

from aftercare.care.opening import digest_at, is_open, next_opening
from aftercare.model.alerts import Alert, Audience, Notice, Why
from aftercare.model.clinic import OpeningHours
from aftercare.model.words import Tier

# A closed clinic that opens within this time will do for `same_day`; if not, the person on call is told.
CALL_BEYOND = timedelta(hours=12)


def notices(
    alert: Alert, why: Why, now: datetime, hours: OpeningHours, *, to: Audience = Audience.OWNER
) -> tuple[Notice, ...]:
    """Return who is told: the owner (without one, every practitioner), and the person on call when it cannot wait.

    An emergency passes through everything. `same_day` and `soon` wait for the opening, `routine` for the digest.
    """
    if to is Audience.OWNER and alert.owner is None:
        to = Audience.PRACTITIONERS
    on_call = _cannot_wait(alert.tier, now, hours)
    opening = now if is_open(hours, now) else next_opening(hours, now) or now
    if to is Audience.EVERYONE and on_call:
        return (_notice(alert, why, to, now, now),)
    told = [_notice(alert, why, to, now, _not_before(alert.tier, now, opening, hours))]
    if on_call:
        calling = _notice(alert, why, Audience.ON_CALL, now, now)
        # Whoever is called now need not be told again at the opening; an owner may be somebody else.
        told = [*told, calling] if to is Audience.OWNER else [calling]
    return tuple(told)


def _cannot_wait(tier: Tier, now: datetime, hours: OpeningHours) -> bool:
    if is_open(hours, now):
        return False
    opening = next_opening(hours, now)
    far = opening is None or opening - now > CALL_BEYOND
    return tier is Tier.EMERGENCY or (tier is Tier.SAME_DAY and far)


def _not_before(tier: Tier, now: datetime, opening: datetime, hours: OpeningHours) -> datetime:
    if tier is Tier.EMERGENCY:
        return now
    return digest_at(hours, now) if tier is Tier.ROUTINE else opening


def _notice(alert: Alert, why: Why, to: Audience, now: datetime, not_before: datetime) -> Notice:
    return Notice(
        alert_id=alert.id,
        why=why,
        to=to,
        owner=alert.owner if to is Audience.OWNER else None,
        tier=alert.tier,
        step=alert.step,
        at=now,
        not_before=not_before,
    )
