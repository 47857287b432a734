"""Swelling above what its day allows, growing, or coming back.

After needling swelling peaks on the evening of day 0 or the morning of day 1 and must fall; after Laser Genesis it is
gone in two to three days. Swelling that stays is filler, allergy or infection; severe swelling at the lids or on one
side is orbital until seen. Sources: clinical.md 1.1-1.3 and 2, number 2 (HK J Derm Venereol 2018;26:52-57); rules.md 2.
"""

from collections.abc import Iterator

from aftercare.checks.levels import course, level, two_in_a_row
from aftercare.checks.moment import Moment
from aftercare.model.findings import Finding

WAKES = ("swelling",)


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the swelling rows."""
    grade = moment.grade("swelling") or 0
    if moment.above("swelling") > 0:
        numbers = moment.pack.swelling
        if grade >= numbers.severe:
            yield _severe(moment, grade)
        elif grade > 1:
            yield level(moment, "swelling.moderate", "swelling", "Swelling")
        else:
            pair = two_in_a_row(moment, "swelling")
            if pair or moment.day >= numbers.mild_from_day:
                yield level(moment, "swelling.mild", "swelling", "Swelling", pair=pair)
    yield from course(moment, "swelling", "Swelling", rise="swelling.rise", rebound="swelling.rebound")


def _severe(moment: Moment, grade: int) -> Finding:
    at_eye = "lid_swelling" in moment.eye or "shut" in moment.eye
    beside = (*(("eye",) if at_eye else ()), *(("one_sided",) if moment.says("one_sided") else ()))
    lids = at_eye or "around_eye" in moment.places("swelling")
    if grade == 4 and moment.day >= moment.pack.swelling.worst_from_day:
        row = "swelling.very_severe"
    elif lids or beside:
        row = "swelling.severe_lids_or_one_sided"
    else:
        row = "swelling.severe"
    return level(moment, row, "swelling", "Swelling", also=beside)
