"""Allergy: rash or hives on the treated skin and beyond.

Allergic contact dermatitis to a serum, fragrance, nickel or lidocaine comes 24-96 hours after it, itches most, and
crosses the treated border; with swollen lids or face it is a same-day matter. A rash that stays for a week may be the
granulomatous reaction to what was pressed into the channels. Weals after a laser are common to 48 hours.
Sources: clinical.md 1.2 and 2, numbers 1, 10 and 11 (Friedmann 2024); rules.md 3.
"""

from collections.abc import Iterator

from aftercare.checks.found import found, graded, listed, since, where
from aftercare.checks.moment import Moment
from aftercare.model.findings import Evidence, Finding

WAKES = ("hives", "bumpy_rash", "rash_beyond_area", "sites")

_RASHES = {"bumpy_rash": "Bumpy rash", "rash_beyond_area": "Rash beyond the treated skin"}


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the allergy rows."""
    hives = moment.weals
    if hives == "elsewhere" and not moment.early:
        reason = f"Hives beyond the treated skin on day {moment.day}"
        signs = ("hives", "hives.elsewhere")
        yield found(moment, "allergy.hives_elsewhere", reason, items=("hives",), signs=signs)
    elif hives == "treated_area" and not (moment.laser and moment.early):
        reason = f"Hives on the treated skin{where(moment, 'hives')}, {since(moment, 'hives')}"
        yield found(moment, "allergy.hives_treated_area", reason, items=("hives",), signs=("hives",))
    rashes = tuple(sign for sign in _RASHES if moment.says(sign))
    if rashes:
        yield _rash(moment, rashes)


def _rash(moment: Moment, rashes: tuple[str, ...]) -> Finding:
    numbers = moment.pack.swelling
    puffy = moment.day >= numbers.allergy_from_day and moment.at_least("swelling", numbers.beside_eye)
    lids = "lid_swelling" in moment.eye
    itchy = moment.at_least("itching", moment.pack.signs.rash_itching)
    late = moment.day >= moment.pack.signs.rash_late_from_day
    beside = {"swelling": puffy, "eye": lids, "itching": itchy}
    items = [item for item, there in beside.items() if there]
    words = [("swollen eyelids" if item == "eye" else f"{item} {graded(moment, item)}") for item in items]
    if puffy or lids:
        row = "allergy.rash_with_swelling"
    elif itchy or late:
        row = "allergy.rash_itching_or_late"
    else:
        row = "allergy.rash"
    reason = f"{listed(_RASHES[sign] for sign in rashes)}{where(moment, rashes[0])}"
    reason = f"{reason}{' with ' + listed(words) if words else ''}, {since(moment, rashes[0])}"
    product = moment.says("new_product")
    notes = (Evidence(item="new_product", now=True, text="used a new product"),) if product else ()
    signs = (*rashes, *(("eye.lid_swelling",) if lids else ()))
    return found(moment, row, reason, items=(*rashes, *items), signs=signs, notes=notes)
