"""What the checks are judged beside: "severe, or two grades worse than the last answer", the same on every day.

The rule of the large symptom-monitoring trials (STAR, PRO-TECT; clinical.md 4.5), on the eight graded items, with requests
for contact as well. Like the checks it raises once for an item and lets what follows join, so that both are counted alike.
"""

from collections.abc import Iterator

from aftercare.model.timeline import Timeline
from tests.prove.judged import Said

GRADED = ("redness", "swelling", "pain", "warmth", "itching", "dryness", "bruising", "crusting")
SEVERE = 3
WORSE_BY = 2
SOON = 1  # everything that this rule says has one urgency


def flat(line: Timeline, *, with_signs: bool = False) -> Iterator[Said]:
    """Yield what the flat rule raises, a day and an item each.

    `with_signs`: every sign that is said raises as well, as a rule does that knows yes-or-no questions but no day.
    """
    last: dict[str, int] = {}
    raised: set[str] = set()
    for check_in in sorted(line.check_ins, key=lambda one: (one.hours_after or 0.0, one.day)):
        for item, value in check_in.answers.items():
            fires = item == "wants_contact" and value != "no"
            if item in GRADED:
                fires = value >= SEVERE or value - last.get(item, value) >= WORSE_BY
                last[item] = value
            elif with_signs and item not in _NO_SIGN:
                fires = bool(value) and value != "none" and (item != "fever_c" or value >= 38)
            if fires and item not in raised:
                raised.add(item)
                yield Said(day=check_in.day, what=item, rank=SOON)


_NO_SIGN = frozenset({"wants_contact", "sites", "note", "painkiller_6h", "new_product", "sun"})
