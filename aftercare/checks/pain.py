"""Pain above what its day allows, growing, or coming back.

Tenderness settles by day 2-3 after needling and within a day after Laser Genesis. Pain out of proportion points at
herpes, zoster, deep infection or a burn. Sources: clinical.md 2, number 20, and 4.3; rules.md 2.
"""

from collections.abc import Iterator

from aftercare.checks.levels import course, level, two_in_a_row
from aftercare.checks.moment import Moment
from aftercare.model.findings import Finding

WAKES = ("pain",)


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the pain rows."""
    grade = moment.grade("pain") or 0
    if moment.above("pain") > 0:
        if grade >= moment.pack.pain.severe:
            yield level(moment, "pain.severe", "pain", "Pain")
        elif grade >= moment.pack.pain.some:
            yield level(moment, "pain.moderate", "pain", "Pain")
        elif pair := two_in_a_row(moment, "pain"):
            yield level(moment, "pain.mild", "pain", "Pain", pair=pair)
    yield from course(moment, "pain", "Pain", rise="pain.rise", rebound="pain.rebound")
