"""When a delivery is tried again: quickly at first, then ever more rarely, for a day at least."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from aftercare.model.words import Tier

# A relay or a receiver may be down from one evening to the next.
LIFETIME: Final = timedelta(hours=24)
# If we were down ourselves, a day may pass between two attempts; that alone does not make an address dead.
MIN_ATTEMPTS: Final = 8
MAX_RETRY_AFTER: Final = 6 * 3600.0

# Seconds: first step, longest step.
_STEPS: Final = {
    Tier.EMERGENCY: (2.0, 600.0),
    Tier.SAME_DAY: (10.0, 1800.0),
    Tier.SOON: (30.0, 3600.0),
    Tier.ROUTINE: (60.0, 3600.0),
}


def next_attempt(
    attempt: int,
    *,
    now: datetime,
    first_at: datetime,
    tier: Tier | None,
    retry_after: float | None,
    random: Callable[[], float],
) -> datetime | None:
    """When to try again after `attempt` attempts (1 or more), or `None`: give up, the delivery is dead.

    The step doubles from the tier's first to its longest and is drawn from its upper half ("equal jitter"), so that
    what failed together does not come back together. `retry_after` (seconds) is never undercut below
    `MAX_RETRY_AFTER`. `random` gives a number in [0, 1). Gives up only after `LIFETIME` since `first_at`, the first
    attempt, and `MIN_ATTEMPTS`.
    """
    if attempt >= MIN_ATTEMPTS and now - first_at >= LIFETIME:
        return None
    first, longest = _STEPS[tier or Tier.ROUTINE]
    # 2**16 steps are past any longest one; a larger exponent would overflow a float.
    step = min(longest, first * 2.0 ** min(attempt - 1, 16))
    delay = step * (0.5 + random() / 2)
    if retry_after is not None:
        asked = min(max(retry_after, 0.0), MAX_RETRY_AFTER)
        delay = max(delay, asked + random() * min(asked / 10, 60.0))
    return now + timedelta(seconds=delay)
