from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.model.words import Tier
from aftercare.notify.retry import LIFETIME, MAX_RETRY_AFTER, MIN_ATTEMPTS, next_attempt

START = datetime(2030, 3, 1, 9, tzinfo=UTC)
TIERS = [*Tier, None]


def instants(tier: Tier | None, random: Callable[[], float]) -> list[datetime]:
    """Every attempt of a delivery that always fails at once."""
    at, made = START, [START]
    while True:
        due = next_attempt(len(made), now=at, first_at=START, tier=tier, retry_after=None, random=random)
        if due is None:
            return made
        at = due
        made.append(at)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_a_failing_delivery_is_tried_for_at_least_24_hours_and_then_given_up(
    tier: Tier | None, chance: float
) -> None:
    made = instants(tier, lambda: chance)
    assert LIFETIME <= made[-1] - made[0] <= LIFETIME + timedelta(hours=1)
    assert len(made) < 400


def test_an_emergency_is_tried_again_within_seconds() -> None:
    made = instants(Tier.EMERGENCY, lambda: 0.999)
    assert made[1] - START <= timedelta(seconds=2)
    assert sum(at - START <= timedelta(minutes=1) for at in made) >= 5
    assert max(later - earlier for earlier, later in pairwise(made)) <= timedelta(minutes=10)


def test_the_more_urgent_the_sooner() -> None:
    second = [
        instants(tier, lambda: 0.5)[1] for tier in (Tier.EMERGENCY, Tier.SAME_DAY, Tier.SOON, Tier.ROUTINE)
    ]
    assert second == sorted(set(second))


def test_waits_grow_and_what_failed_together_comes_back_apart() -> None:
    low, high = instants(Tier.SOON, lambda: 0.0), instants(Tier.SOON, lambda: 0.999)
    assert all(later - START > earlier - START for earlier, later in pairwise(low))
    assert (high[1] - START) > 1.9 * (low[1] - START)


@given(
    attempt=st.integers(1, 10_000),
    age=st.floats(0, 23.9 * 3600),
    tier=st.sampled_from(TIERS),
    asked=st.floats(0, MAX_RETRY_AFTER),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_retry_after_is_always_obeyed(
    attempt: int, age: float, tier: Tier | None, asked: float, chance: float
) -> None:
    now = START + timedelta(seconds=age)
    due = next_attempt(attempt, now=now, first_at=START, tier=tier, retry_after=asked, random=lambda: chance)
    assert due is not None
    # datetime counts whole microseconds.
    assert due - now >= timedelta(seconds=asked) - timedelta(microseconds=1)
    assert due > now


def test_an_absurd_retry_after_is_capped() -> None:
    due = next_attempt(
        1, now=START, first_at=START, tier=Tier.EMERGENCY, retry_after=1e12, random=lambda: 0.0
    )
    assert due == START + timedelta(seconds=MAX_RETRY_AFTER)


def test_a_day_of_our_own_absence_does_not_end_a_delivery_after_two_attempts() -> None:
    late = START + timedelta(days=3)

    def due(attempt: int) -> datetime | None:
        return next_attempt(
            attempt, now=late, first_at=START, tier=Tier.SOON, retry_after=None, random=lambda: 0.5
        )

    assert due(2) is not None
    assert due(MIN_ATTEMPTS) is None
