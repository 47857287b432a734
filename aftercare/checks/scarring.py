"""Scarring: lines or rows that match the needles, and raised scars. Both hold the course.

Tram-track scars follow the roller over bone, two to eight weeks later (Dogra 2014: 2 of 30); hypertrophic scars and
keloids grow from week 3 on. More needling makes them worse. Sources: clinical.md 2, numbers 15 and 16; rules.md 3.
"""

from collections.abc import Iterator

from aftercare.checks.found import found, since, where
from aftercare.checks.moment import Moment
from aftercare.model.findings import Evidence, Finding

WAKES = ("lines_or_rows", "raised_scar", "sites")

_SIGNS = {"lines_or_rows": "Lines or rows of dots or ridges", "raised_scar": "Raised, thick scar"}


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the scarring rows."""
    for sign, words in _SIGNS.items():
        if moment.says(sign):
            reason = f"{words}{where(moment, sign)}, {since(moment, sign)}"
            keloid = moment.patient.keloid_history
            notes = () if keloid is None else (Evidence(item="keloid_history", now=keloid),)
            yield found(moment, f"scarring.{sign}", reason, items=(sign,), signs=(sign,), notes=notes)
