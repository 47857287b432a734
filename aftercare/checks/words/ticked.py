"""What a note names counts as if ticked: merged into the answers so that it can only raise (design.md 5, 7)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from aftercare.care.instrument import Item, Kind, load
from aftercare.checks import answers as read
from aftercare.checks.found import GRADES
from aftercare.checks.words.mention import Mention
from aftercare.model.findings import Evidence
from aftercare.model.timeline import Answers

SELF_HARM, WORRIED = "self_harm", "worried"  # what fits no item

_ITEMS: Final = {item.key: item for item in load().items}
_PLACED: Final = frozenset(_ITEMS["sites"].signs)
_DENIALS: tuple[Any, ...] = (False, "none", "no", 0, [])
_NAMES: Final = {"fever_c": "a temperature", "painkiller_6h": "a painkiller", "eye": "the eye"}
_QUOTED = 60  # characters around the words found
_ENDS: Final = ".;!?\n"


class Heard(msgspec.Struct, frozen=True, gc=False):
    """The answers with what the note names, and the words it was found by, by item."""

    answers: Answers
    evidence: Mapping[str, tuple[Evidence, ...]]


def ticked(answers: Answers, note: str, mentions: Sequence[Mention], source: str = "note") -> Heard | None:
    """Give the answers as if what the note names had been ticked; None where it names nothing.

    Nothing told is lowered: of a grade, a number and an amount the higher stands, and what was denied but is named counts
    as there. The evidence of an item quotes the note, and says so where the answer denied it. `source` is where it was
    written: in the note of a check-in, or in a message.
    """
    merged = dict(answers)
    evidence: dict[str, tuple[Evidence, ...]] = {}
    for mention in mentions:
        if mention.negated:
            continue
        key, _, value = mention.name.partition(".")
        item = _ITEMS.get(key)
        quoted = Evidence(item=source, now=quote(note, mention), text=_names(answers, key, item))
        if quoted not in evidence.get(key, ()):
            evidence[key] = (*evidence.get(key, ()), quoted)
        if item is not None:
            merged[key] = _higher(item, merged, value if mention.value is None else mention.value)
            if mention.places and key in _PLACED:
                merged["sites"] = _placed(merged, key, mention.places)
    return Heard(merged, evidence) if evidence else None


def quote(note: str, mention: Mention) -> str:
    """Give the words that name a sign within the sentence they stand in, cut where that is long."""
    start = max((note.rfind(end, 0, mention.start) for end in _ENDS), default=-1) + 1
    past = min((at for end in _ENDS if (at := note.find(end, mention.end)) >= 0), default=len(note))
    before, after = note[start : mention.start].lstrip(), note[mention.end : past].rstrip()
    if len(before) > _QUOTED:
        before = "…" + before[-_QUOTED:].partition(" ")[2]
    if len(after) > _QUOTED:
        after = after[:_QUOTED].rpartition(" ")[0] + "…"
    return before + note[mention.start : mention.end] + after


def _names(answers: Answers, key: str, item: Item | None) -> str:
    """What the words name, and what was answered where that was a denial or a grade."""
    if item is None:
        return ""
    named = f"names {_NAMES.get(key) or key.replace('_', ' ')}"
    if key in answers and answers[key] in _DENIALS:
        return f"{named}, answered none"
    told = read.grade(answers, key) if item.kind is Kind.GRADE else None
    return named if told is None else f"{named}, answered {GRADES[told]}"


def _higher(item: Item, merged: Answers, value: str | float) -> Any:
    match item.kind:
        case Kind.GRADE:
            return max(read.grade(merged, item.key) or 0, int(value))
        case Kind.NUMBER:
            return max(read.celsius(merged) or 0.0, float(value))
        case Kind.CHOICE:
            told = merged.get(item.key)
            known = item.values.index(told) if isinstance(told, str) and told in item.values else 0
            return item.values[max(known, item.values.index(value) if value in item.values else 1)]
        case Kind.MANY:
            return [*read.eye_signs(merged), value]
        case _:
            return True


def _placed(merged: Answers, sign: str, places: tuple[str, ...]) -> dict[str, Any]:
    sites = merged.get("sites")
    told = read.places(merged, sign)
    return {**(sites if isinstance(sites, dict) else {}), sign: [*dict.fromkeys((*told, *places))]}
