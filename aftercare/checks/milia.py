"""Milia: tiny hard white bumps, painless and still, from the first week to the eighth.

Keratin caught under healing skin; not pus, not blisters; they clear in weeks to months and are not to be picked. With pus
or pain the infection rows apply as well. Sources: clinical.md 2, number 12 (Harris 2015); rules.md 3.
"""

from collections.abc import Iterator

from aftercare.checks.found import found, since, where
from aftercare.checks.moment import Moment
from aftercare.model.findings import Finding

WAKES = ("white_bumps", "sites")


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the milia row."""
    if moment.says("white_bumps"):
        reason = f"Tiny hard white bumps{where(moment, 'white_bumps')}, {since(moment, 'white_bumps')}"
        yield found(moment, "milia.white_bumps", reason, items=("white_bumps",), signs=("white_bumps",))
