"""Note: what a patient writes that fits no question, beside the answers or in a message. Words of harm, and of alarm.

A screen of words misses much and a clinic must not lean on it; but a sentence of wanting to die that nobody is told of
would be worse than any number of false alarms, so it is an emergency. "Something is wrong", "worse than yesterday" fit no
sign and are often right: patients who feel unheard call late. A week, the term of a routine alert, is too long for that,
and the same day too much for a worry without a sign: soon. Words that do fit a sign count as the sign (engine), and where one
of them is as urgent, the alarm beside it is not told a second time.
Sources: rules.md 3, last row; clinical.md 4.5.
"""

from collections.abc import Iterator

from aftercare.checks.found import found
from aftercare.checks.moment import Moment
from aftercare.checks.words.screen import SOURCES
from aftercare.checks.words.ticked import SELF_HARM, WORRIED
from aftercare.model.findings import Finding

WAKES = tuple(SOURCES)  # also the items of the lines of evidence that quote what was written
_ALARM = "note.worried"

_REASONS = {
    SELF_HARM: "speaks of self-harm",
    WORRIED: "is alarmed or says that it gets worse",
}


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the note rows."""
    for named, reason in _REASONS.items():
        if named in moment.heard:
            quoted = moment.heard[named]
            yield found(
                moment,
                f"note.{named}",
                f"The {quoted[0].item} {reason} on day {moment.day}",
                items=(),
                signs=(f"note.{named}",),
                notes=quoted,
            )


def told_once(found: list[Finding]) -> list[Finding]:
    """Leave the alarm out where something else that the note names is at least as urgent: code `note` if none fits."""
    alarm = next((one for one in found if one.row == _ALARM), None)
    if alarm is None:
        return found
    rest = [one for one in found if one is not alarm]
    fits = any(one.tier.rank >= alarm.tier.rank and _rests_on_note(one) for one in rest)
    return rest if fits else found


def _rests_on_note(finding: Finding) -> bool:
    return any(line.item in SOURCES for line in finding.evidence)
