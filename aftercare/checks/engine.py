"""The engine: a timeline in, findings out. The same for live, replay, back-test and shadow; it remembers nothing."""

from bisect import bisect_left
from operator import attrgetter

import msgspec

from aftercare.checks import (
    acne_flare,
    airway,
    allergy,
    alone,
    anaesthetic,
    bleeding,
    burn,
    cold_sore,
    contact_request,
    dermatitis,
    eye,
    infection,
    milia,
    nodules,
    note,
    pain,
    pigment,
    redness,
    scarring,
    swelling,
)
from aftercare.checks.moment import Check, Moment, Placed
from aftercare.checks.pack import RulePack
from aftercare.checks.words import screen
from aftercare.checks.words.ticked import ticked
from aftercare.model.findings import Finding
from aftercare.model.timeline import Answers, Timeline, TimelineCheckIn
from aftercare.model.words import Code

_MODULES = (
    airway,
    eye,
    anaesthetic,
    cold_sore,
    burn,
    infection,
    swelling,
    pain,
    redness,
    allergy,
    nodules,
    dermatitis,
    acne_flare,
    milia,
    pigment,
    scarring,
    bleeding,
    contact_request,
    note,
)
CHECKS: tuple[Check, ...] = tuple(module.check for module in _MODULES)
# Item -> the checks that it can wake, as bits: a check-in in which everything is denied wakes none.
_WOKEN_BY: dict[str, int] = {}
for _bit, _module in enumerate(_MODULES):
    for _item in _module.WAKES:
        _WOKEN_BY[_item] = _WOKEN_BY.get(_item, 0) | 1 << _bit

_DENIALS = ("none", "no")
_in_time = attrgetter("hours", "day")


def judge(
    pack: RulePack,
    timeline: Timeline,
    *,
    since: str | float | None = None,
    codes: frozenset[Code] | None = None,
) -> list[Finding]:
    """Give every row that fires in each check-in, in the episode's own time, most urgent first within a check-in.

    `since` is the id of a check-in, or hours after the session: only it and what came later are judged, what came
    earlier is context; an id that is not in the timeline judges all. `codes` keeps only findings of those codes (for the
    late signs of an older session). The order in which check-ins stand in the timeline does not matter. A check-in
    without an id is named by its place in time. Answers need not have been read by the instrument: what cannot be an
    answer counts as not given. At most one finding per row and check-in; several rows of a code may fire.
    A note, or a message, is heard in the check-in being judged; as context an earlier one stands as it was ticked.
    """
    placed = _place(timeline.check_ins)
    findings: list[Finding] = []
    for index in range(_start(placed, since), len(placed)):
        at = placed[index]
        checks = _woken(at.answers)
        if not checks:
            continue
        # Two sets of answers of one instant, such as an edit, are no course: neither is earlier than the other.
        earlier = placed[: bisect_left(placed, _in_time(at), hi=index, key=_in_time)]
        moment = Moment(pack, timeline.modality, timeline.patient, timeline.session, at, earlier)
        fired = _fired(moment, checks)
        source = "note" if "note" in at.answers else "message" if "message" in at.answers else None
        if source is not None and (noted := _with_note(moment, source, timeline.language)):
            fired = _either(fired, note.told_once(_fired(noted, _woken(noted.at.answers))))
        if codes is not None:
            fired = [finding for finding in fired if finding.code in codes]
        if len(fired) > 1:
            fired.sort(key=lambda finding: -finding.tier.rank)
        findings += fired
    return findings


def _fired(moment: Moment, checks: list[Check]) -> list[Finding]:
    rows = moment.pack.rows
    fired = [finding for check in checks for finding in check(moment) if not rows[finding.row].off]
    return alone.counted(moment, fired, checks) if any(alone.waits(moment, one) for one in fired) else fired


def _with_note(moment: Moment, source: str, language: str | None) -> Moment | None:
    """The same moment with what its note or message names as if ticked; None where that names nothing."""
    answers, words = moment.at.answers, moment.at.answers[source]
    if not isinstance(words, str):
        return None
    heard = ticked(answers, words, screen(words, language, source), source)
    if heard is None:
        return None
    at = msgspec.structs.replace(moment.at, answers=heard.answers)
    return msgspec.structs.replace(moment, at=at, heard=heard.evidence)


def _either(told: list[Finding], noted: list[Finding]) -> list[Finding]:
    """What the answers raise with the note, and what they raise without it: a note takes no row away."""
    rows = {finding.row: finding for finding in told}
    for finding in noted:
        if finding.row not in rows or finding.tier.rank >= rows[finding.row].tier.rank:
            rows[finding.row] = finding
    return list(rows.values())


def _woken(answers: Answers) -> list[Check]:
    bits = 0
    for item, value in answers.items():
        if value and value not in _DENIALS:
            bits |= _WOKEN_BY.get(item, 0)
    return [check for bit, check in enumerate(CHECKS) if bits >> bit & 1] if bits else []


def _start(placed: list[Placed], since: str | float | None) -> int:
    if since is None:
        return 0
    if isinstance(since, int | float):
        return bisect_left(placed, since, key=lambda at: at.hours)
    hours = next((at.hours for at in placed if at.id == since), None)
    return 0 if hours is None else bisect_left(placed, hours, key=lambda at: at.hours)


def _place(check_ins: list[TimelineCheckIn]) -> list[Placed]:
    """Put check-ins in the episode's own time; those of one instant in the order of their ids."""
    placed = []
    unnamed: dict[float, int] = {}
    for check_in in check_ins:
        hours = check_in.hours_after
        if hours is None:
            hours = 24.0 * check_in.day
        name = check_in.id
        if name is None:
            nth = unnamed[hours] = unnamed.get(hours, 0) + 1
            name = f"day-{check_in.day}-hour-{hours:g}" + (f"-{nth}" if nth > 1 else "")
        placed.append(Placed(hours, check_in.day, name, check_in.answers))
    placed.sort(key=lambda at: (at.hours, at.day, str(at.id)))
    return placed
