"""One line of the table: ours beside a reference, measured in the same run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`value` is compared with `goal`; `ours` and `reference` are what it was made from, in `unit`."""

    name: str
    ours: float
    reference: float | None  # none where the goal is a limit, not a peer
    unit: str
    value: float
    goal: float
    better: Literal["higher", "lower"]
    met: bool


def ratio(
    name: str, *, ours: float, reference: float, unit: str, goal: float, better: Literal["higher", "lower"]
) -> Row:
    """Ours divided by the reference."""
    return _row(name, ours, reference, unit, ours / reference, goal, better)


def limit(name: str, *, ours: float, unit: str, goal: float, better: Literal["higher", "lower"]) -> Row:
    """Ours against a fixed limit."""
    return _row(name, ours, None, unit, ours, goal, better)


def _row(
    name: str,
    ours: float,
    reference: float | None,
    unit: str,
    value: float,
    goal: float,
    better: Literal["higher", "lower"],
) -> Row:
    met = value >= goal if better == "higher" else value <= goal
    return Row(
        name=name, ours=ours, reference=reference, unit=unit, value=value, goal=goal, better=better, met=met
    )


@dataclass(frozen=True)
class Stage:
    """Where a measurement runs: an empty folder of its own, and a line of progress to write to.

    `quick` is a run of seconds that shows that the measurement works; its figures mean nothing.
    """

    folder: Path
    quick: bool
    say: Callable[[str], None]

    def size(self, quick: int, full: int) -> int:
        """How many of something this run takes."""
        return quick if self.quick else full
