"""Dermatitis: itching by level, and dryness, crusting and bruising that stay.

Itching comes with flaking on days 2-4 and stays mild; more, or rising, means an irritant or an allergy to a product.
Dryness, pinpoint crusts and bruises alone are never more than routine after needling. After Laser Genesis a bruise or a
crust is not expected at all; a crust that is more than mild or beside pain or broken skin is `burn`.
Sources: clinical.md 1 and 2, numbers 9 and 10; rules.md 2.
"""

from collections.abc import Iterator

from aftercare.checks.found import found, graded
from aftercare.checks.levels import course, level, two_in_a_row
from aftercare.checks.moment import Moment
from aftercare.model.findings import Finding

WAKES = ("itching", "dryness", "crusting", "bruising")


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the dermatitis rows."""
    if moment.above("itching") > 0:
        value = moment.value("itching", moment.at) or 0
        if value >= moment.pack.dermatitis.itching_severe:
            yield level(moment, "dermatitis.itching_severe", "itching", "Itching")
        elif value >= moment.pack.dermatitis.itching:
            yield level(moment, "dermatitis.itching", "itching", "Itching")
    yield from course(
        moment,
        "itching",
        "Itching",
        rise="dermatitis.itching_rise",
        rebound="dermatitis.itching_rebound",
        only_above=True,
    )
    yield from _lasting(moment, "dryness", "Dryness")
    if moment.laser:
        yield from _laser(moment)
    else:
        yield from _lasting(moment, "crusting", "Crusting")
        yield from _lasting(moment, "bruising", "Bruising", from_day=_bruising_counts_from(moment))


def _lasting(moment: Moment, item: str, name: str, *, from_day: int | None = None) -> Iterator[Finding]:
    # Two in a row from a day on: where the earlier one counts, so does this one.
    if moment.above(item) > 0 and (pair := two_in_a_row(moment, item, from_day=from_day)):
        yield level(moment, f"dermatitis.{item}", item, name, pair=pair)


def _bruising_counts_from(moment: Moment) -> int:
    numbers = moment.pack.dermatitis
    slow = moment.deep or moment.patient.blood_thinner is True or "around_eye" in moment.places("bruising")
    return numbers.bruising_slow_from_day if slow else numbers.bruising_from_day


def _laser(moment: Moment) -> Iterator[Finding]:
    painful = moment.at_least("pain", moment.pack.pain.some)
    if moment.at_least("bruising", 1):
        row = "dermatitis.laser_bruising_painful" if painful else "dermatitis.laser_bruising"
        pain = f" with pain {graded(moment, 'pain')}" if painful else ""
        reason = f"Bruising {graded(moment, 'bruising')}{pain} on day {moment.day}; none is expected after this laser"
        yield found(moment, row, reason, items=("bruising", *(("pain",) if painful else ())))
    if moment.grade("crusting") == 1:
        reason = (
            f"Crusting {graded(moment, 'crusting')} on day {moment.day}; none is expected after this laser"
        )
        yield found(moment, "dermatitis.laser_crusting", reason, items=("crusting",))
