"""Nodules: firm lumps, and joint pain beside a rash or lumps.

Lumps that do not heal, in the pattern of the needles, are atypical mycobacteria (5 days to 8 weeks) or granulomas from a
product not made for the skin's depth; with fever or joint pain the reaction is general.
Sources: clinical.md 2, numbers 7 and 11 (Friedmann 2024); rules.md 3.
"""

from collections.abc import Iterator

from aftercare.checks.found import fever_items, found, graded, listed, one_fever, since, where
from aftercare.checks.moment import Moment
from aftercare.model.findings import Finding

WAKES = ("lumps", "joint_pain", "sites")


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the nodules rows."""
    joints = moment.says("joint_pain")
    if moment.says("lumps"):
        yield _lumps(moment, joints=joints)
    beside = tuple(sign for sign in ("bumpy_rash", "rash_beyond_area", "lumps") if moment.says(sign))
    if joints and beside:
        words = listed(dict.fromkeys("lumps" if sign == "lumps" else "a rash" for sign in beside))
        reason = f"Joint pain with {words} on day {moment.day}"
        yield found(
            moment, "nodules.joint_pain", reason, items=("joint_pain", *beside), signs=("joint_pain", *beside)
        )


def _lumps(moment: Moment, *, joints: bool) -> Finding:
    beside = {}
    if moment.at_least("pain", moment.pack.pain.severe):
        beside["pain"] = f"pain {graded(moment, 'pain')}"
    if joints:
        beside["joint_pain"] = "joint pain"
    beside |= dict.fromkeys(fever_items(moment)[:1], "fever")
    reason = f"Firm lumps{where(moment, 'lumps')}{' with ' + listed(beside.values()) if beside else ''}, {since(moment, 'lumps')}"
    row = "nodules.lumps_with_signs" if beside else "nodules.lumps"
    signs = ("lumps", *one_fever(item for item in beside if item != "pain"))
    return found(moment, row, reason, items=("lumps", *beside), signs=signs)
