"""Pigment: darker patches that outlast healing, and lighter ones.

Darkening of treated spots is expected to day 14, longer is post-inflammatory, mostly on skin types III-VI (Dogra 2014:
5 of 30). Lighter patches mean lost pigment and hold the course. In the first week after a laser both are `burn`.
Sources: clinical.md 2, numbers 13 and 14; rules.md 3.
"""

from collections.abc import Iterator

from aftercare.checks.found import found, since, where
from aftercare.checks.moment import Moment
from aftercare.model.findings import Finding

WAKES = ("dark_patches", "light_patches", "sites")


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the pigment rows."""
    signs = moment.pack.signs
    if moment.says("dark_patches") and moment.day >= signs.pigment_from_day:
        yield _patches(moment, "dark_patches", "Patches darker than before the session")
    if moment.says("light_patches") and not (moment.laser and moment.day <= signs.laser_colour_burn_to_day):
        yield _patches(moment, "light_patches", "Patches lighter than before the session")


def _patches(moment: Moment, sign: str, words: str) -> Finding:
    reason = f"{words}{where(moment, sign)}, {since(moment, sign)}"
    return found(moment, f"pigment.{sign}", reason, items=(sign,), signs=(sign,))
