"""Redness above what its day allows, growing above it, or coming back.

Redness fades in one to three days (light needling to day 4, deep to day 7; laser two days). It shows less on skin types
IV-VI and people agree badly on it even face to face, so no other row needs it, and it is rarely urgent alone.
Sources: clinical.md 1 and 2, number 17; rules.md 2 and 3.
"""

from collections.abc import Iterator

from aftercare.checks.levels import course, level, two_in_a_row
from aftercare.checks.moment import Moment
from aftercare.model.findings import Finding

WAKES = ("redness",)


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the redness rows."""
    above = moment.above("redness")
    if above > 0:
        numbers = moment.pack.redness
        if above >= numbers.far_above or moment.day >= numbers.late_from_day:
            yield level(moment, "redness.far_above_or_late", "redness", "Redness")
        elif pair := two_in_a_row(moment, "redness"):
            yield level(moment, "redness.above", "redness", "Redness", pair=pair)
    yield from course(
        moment, "redness", "Redness", rise="redness.rise", rebound="redness.rebound", only_above=True
    )
