"""Contact request: the patient asks to be contacted. It may raise, and never lowers another tier.

Patients call about one report in ten urgent (Mazza 2024). Sources: clinical.md 4.5; rules.md 3.
"""

from collections.abc import Iterator

from aftercare.checks.found import found
from aftercare.checks.moment import Moment
from aftercare.model.findings import Finding

WAKES = ("wants_contact",)

_WORDS = {"can_wait": "it can wait", "urgent": "urgent"}


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the contact request rows."""
    wish = moment.at.answers.get("wants_contact")
    if isinstance(wish, str) and wish in _WORDS:
        reason = f"Asks to be contacted on day {moment.day}: {_WORDS[wish]}"
        items, signs = ("wants_contact",), (f"wants_contact.{wish}",)
        yield found(moment, f"contact_request.{wish}", reason, items=items, signs=signs)
