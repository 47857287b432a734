"""Anaesthetic: ringing ears, metallic taste, numb mouth or twitching after the numbing cream.

These are the first signs of local anaesthetic in the blood, before fits and arrhythmia; they come within hours of the
cream. An emergency on day 0; told later it has passed, and the practitioner must still know on the same day.
Sources: clinical.md 2, number 1; rules.md 3.
"""

from collections.abc import Iterator

from aftercare.checks.found import found, since
from aftercare.checks.moment import Moment
from aftercare.model.findings import Finding

WAKES = ("numbing_reaction",)


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the anaesthetic rows."""
    if not moment.says("numbing_reaction"):
        return
    row = "anaesthetic.day_0" if moment.day <= moment.pack.signs.numbing_to_day else "anaesthetic.later"
    yield found(
        moment,
        row,
        f"Ringing ears, metallic taste, numb mouth or twitching after the numbing cream, {since(moment, 'numbing_reaction')}",
        items=("numbing_reaction",),
        signs=("numbing_reaction",),
    )
