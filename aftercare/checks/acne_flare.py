"""Acne flare: a few pus spots without pain.

Common in the first two weeks under occlusive creams. Many, or with pain or fever, they are `infection`.
Sources: clinical.md 2, number 6; rules.md 3.
"""

from collections.abc import Iterator

from aftercare.checks.found import found, since, where
from aftercare.checks.moment import Moment
from aftercare.model.findings import Finding

WAKES = ("pus_spots", "sites")


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the acne flare row."""
    if moment.amount("pus_spots") == "few" and not moment.at_least("pain", moment.pack.pain.some):
        reason = f"A few pus spots{where(moment, 'pus_spots')} without pain, {since(moment, 'pus_spots')}"
        items = ("pus_spots", *(("pain",) if moment.grade("pain") is not None else ()))
        yield found(moment, "acne_flare.few_pus_spots", reason, items=items, signs=("pus_spots",))
