"""An answer that stands alone: a pack may say of a row from which day on it counts all the same.

Before that day the row needs company in the same check-in (another grade above its band, or another sign), or the same item
above its band, or raised, on an earlier one of two in a row: one finger beside the chip that was meant gives neither. The
shipped pack asks it of no row, and no pack may ask it of the floor. Its shape is that of mild swelling in rules.md 2.
"""

from collections.abc import Iterable

import msgspec

from aftercare.checks.found import graded, on_day
from aftercare.checks.moment import Check, Moment
from aftercare.model.findings import Evidence, Finding
from aftercare.model.words import Code

# Somebody who asks for a call says nothing of the skin; redness shows less on dark skin, so no other row may need it.
_NO_COMPANY = frozenset({Code.CONTACT_REQUEST, Code.REDNESS})


def waits(moment: Moment, finding: Finding) -> bool:
    """Say whether this is before the day from which the row counts alone. Days before the session are day 0."""
    return max(moment.day, 0) < moment.pack.rows[finding.row].alone_from_day


def counted(moment: Moment, fired: list[Finding], checks: Iterable[Check]) -> list[Finding]:
    """Leave out what fired but stands alone too early; what counts for its company says so in its evidence."""
    kept = []
    for finding in fired:
        if not waits(moment, finding):
            kept.append(finding)
        elif why := _beside(moment, finding, fired) or _before(moment, finding, checks):
            item, text = why
            from_day = float(moment.pack.rows[finding.row].alone_from_day)
            line = Evidence(item=item, numbers={"alone_from_day": from_day}, text=text)
            *first, rule = finding.evidence
            kept.append(msgspec.structs.replace(finding, evidence=(*first, line, rule)))
    return kept


def _beside(moment: Moment, finding: Finding, fired: Iterable[Finding]) -> tuple[str, str] | None:
    """Give an item that is out of the ordinary in the same check-in too, and what is said of it."""
    own = _items(finding)
    for item in moment.pack.expected[moment.modality]:
        if item not in own and item != Code.REDNESS and moment.above(item) > 0:
            return item, f"not alone: {item} {graded(moment, item)} is above what is expected as well"
    for other in fired:
        if other.code not in _NO_COMPANY and not own & _items(other):
            return other.evidence[0].item, f"not alone: {other.reason.rstrip('.')}"
    return None


def _before(moment: Moment, finding: Finding, checks: Iterable[Check]) -> tuple[str, str] | None:
    """Give an item of a finding that was above its band, or raised, on an earlier check-in of two in a row, and when that was."""
    own = _items(finding)
    for placed in moment.row_before():
        above = [item for item in finding.grades if moment.above(item, placed) > 0]
        if above:
            return above[0], f"not alone: above what is expected {on_day(moment, placed)} as well"
        earlier = [one for one in moment.earlier if (one.hours, one.day) < (placed.hours, placed.day)]
        then = msgspec.structs.replace(moment, at=placed, earlier=earlier)
        for check in checks:
            for other in check(then):
                if not moment.pack.rows[other.row].off and own & _items(other):
                    return other.evidence[0].item, f"not alone: said {on_day(moment, placed)} as well"
    return None


def _items(finding: Finding) -> set[str]:
    return {*finding.grades, *finding.signs}
