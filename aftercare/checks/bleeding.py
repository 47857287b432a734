"""Bleeding: fresh blood from day 2 on. Pinpoint bleeding belongs to day 0 and is dry by day 1.

Sources: clinical.md 1.1; rules.md 3.
"""

from collections.abc import Iterator

from aftercare.checks.found import found, since, where
from aftercare.checks.moment import Moment
from aftercare.model.findings import Evidence, Finding

WAKES = ("fresh_bleeding", "sites")


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the bleeding row."""
    if moment.says("fresh_bleeding") and moment.day >= moment.pack.signs.bleeding_from_day:
        reason = f"Fresh bleeding{where(moment, 'fresh_bleeding')}, {since(moment, 'fresh_bleeding')}"
        thinner = moment.patient.blood_thinner
        notes = () if thinner is None else (Evidence(item="blood_thinner", now=thinner),)
        yield found(
            moment,
            "bleeding.fresh",
            reason,
            items=("fresh_bleeding",),
            signs=("fresh_bleeding",),
            notes=notes,
        )
