"""A trial: one fault or cohort run in two sizes. `make test` runs the small one, `make prove` the full one."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Trial:
    """What a run draws from, how large it is, and where it says its figure."""

    long: bool
    seed: int
    rng: random.Random
    _record: Callable[[str, object], None]

    def size(self, small: int, long: int) -> int:
        """How many of something this run takes."""
        return long if self.long else small

    def say(self, figure: str) -> None:
        """One line with a number in it, printed when the run has passed."""
        self._record("said", f"proved (seed {self.seed}): {figure}")


@pytest.fixture
def trial(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Trial:
    seed = request.config.getoption("seed")
    # Each run draws its own numbers, whatever ran before it.
    return Trial(
        long=request.config.getoption("long"),
        seed=seed,
        rng=random.Random(f"{seed} {request.node.nodeid}"),  # noqa: S311 - chance, not a secret
        _record=record_property,
    )
