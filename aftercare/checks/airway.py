"""Airway: a swelling tongue or throat, trouble breathing, hives away from the treated skin in the first two days.

Normal swelling stays on the treated skin and never reaches tongue or throat. Angioedema and anaphylaxis to the numbing
cream, a serum or latex begin within minutes to 24 hours, to a medicine given later on any day, and can kill (King 2017).
An emergency alone, on any day, whatever else was said. Hives elsewhere later on are `allergy`.
Sources: clinical.md 2, number 1; rules.md 3.
"""

from collections.abc import Iterator

from aftercare.checks.found import found, since
from aftercare.checks.moment import Moment
from aftercare.model.findings import Finding

WAKES = ("breathing_or_tongue", "hives")


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the airway rows."""
    if moment.says("breathing_or_tongue"):
        yield found(
            moment,
            "airway.breathing",
            f"Swelling tongue or throat, or hard to breathe or swallow, {since(moment, 'breathing_or_tongue')}",
            items=("breathing_or_tongue",),
            signs=("breathing_or_tongue",),
        )
    if moment.early and moment.at.answers.get("hives") == "elsewhere":
        yield found(
            moment,
            "airway.hives_elsewhere",
            f"Hives beyond the treated skin {moment.at.hours:.0f} hours after the session",
            items=("hives",),
            signs=("hives.elsewhere",),
        )
