"""Candidacy: what the screening questionnaire advises for a treatment on a day (clinical.md 3). It advises; people decide.

The heaviest answer wins: deferred is `not_now`, conditional and precaution are `with_precautions`, nothing is `candidate`.
An answer only ever adds reasons, so that no contraindication improves an outcome; and what is not answered is listed, never
read as "no". Nothing here tells anyone to change a medicine.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from aftercare.care.questionnaire import TEXTS, asked
from aftercare.model.screenings import (
    Effect,
    Lesson,
    Outcome,
    Questionnaire,
    Risk,
    Said,
    Scope,
    ScreeningAdvice,
    ScreeningItem,
    ScreeningReason,
    Unread,
    Weight,
)
from aftercare.model.words import Modality

NOT_KNOWN: Final = "unknown"  # asked, and the patient does not know: as open as not asked

_HEAVIEST_FIRST = tuple(Weight)
_OUTCOMES: Final[dict[Weight, Outcome]] = {
    Weight.BLOCK: "not_now",
    Weight.DEFER: "not_now",
    Weight.CONDITIONAL: "with_precautions",
    Weight.PRECAUTION: "with_precautions",
}
_IN_WORDS: Final[dict[Outcome, str]] = {
    "candidate": "candidate",
    "with_precautions": "with precautions",
    "not_now": "not now",
}
_LONGEST_TEXT = 2000
# PostgreSQL's json takes neither NUL nor half a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_due(item: ScreeningItem, answers: Mapping[str, Any]) -> bool:
    """Whether an item is to be asked, given the answer that it follows from."""
    return item.asked_if is None or _said_any(answers.get(item.asked_if.item), item.asked_if.said)


def advise_candidacy(
    questionnaire: Questionnaire,
    answers: Mapping[str, Any],
    modality: Modality,
    *,
    on: date,
    scope: Scope = "course",
) -> ScreeningAdvice:
    """What these answers come to for a treatment on a day.

    Answers to items of the other scope are judged as well; unknown items and unreadable answers are named in `unread`.
    """
    read, unread = _read(questionnaire, answers)
    found = [
        (_HEAVIEST_FIRST.index(effect.weight), place, _reason(item, effect))
        for place, item in enumerate(questionnaire.items)
        if item.key in read
        for effect in item.effects
        if modality in effect.modalities and _fires(effect, read[item.key], on)
    ]
    reasons = tuple(reason for _, _, reason in sorted(found, key=lambda one: one[:2]))
    return ScreeningAdvice(
        questionnaire=questionnaire.version,
        outcome=_OUTCOMES[reasons[0].weight] if reasons else "candidate",
        reasons=reasons,
        unanswered=tuple(
            item.key
            for item in asked(questionnaire, scope, modality)
            if item.key not in read and not item.optional and is_due(item, read)
        ),
        unread=tuple(unread),
    )


def learned(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> dict[Risk, bool | int | str]:
    """What the answers tell of the patient's risks; several texts of one risk stand below each other."""
    read, _ = _read(questionnaire, answers)
    known: dict[Risk, bool | int | str] = {}
    for item in questionnaire.items:
        for lesson in item.learns if item.key in read else ():
            value = _taught(item, lesson, read[item.key])
            if value is None:
                continue
            before = known.get(lesson.risk)
            if lesson.risk in TEXTS and before:
                known[lesson.risk] = f"{before}\n{value}"
            elif before is not True:  # one answer says so and another does not: it is so
                known[lesson.risk] = value
    return known


def _taught(item: ScreeningItem, lesson: Lesson, answer: Any) -> bool | int | str | None:
    if item.kind == "text":
        return str(answer)
    return lesson.value if _said_any(answer, lesson.said) else None


def _reason(item: ScreeningItem, effect: Effect) -> ScreeningReason:
    return ScreeningReason(
        item=item.key,
        short=item.short,
        weight=effect.weight,
        sentence=effect.sentence,
        plan=effect.plan,
        source=effect.source,
        sides=effect.sides,
    )


def _fires(effect: Effect, answer: Any, on: date) -> bool:
    if effect.within_days is not None:
        # A date ahead of the day is a slip or a plan; either way it is not long ago.
        return isinstance(answer, date) and (on - answer).days < effect.within_days
    return _said_any(answer, effect.said)


def _said_any(answer: Any, said: tuple[Said, ...]) -> bool:
    several = answer if isinstance(answer, (tuple, list)) else (answer,)
    # True == 1 in Python, and neither is an answer of the other's kind.
    return any(type(one) is type(other) and one == other for one in several for other in said)


def _read(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> tuple[dict[str, Any], list[Unread]]:
    """The answers that can be judged, by item; and those that cannot. Not known is not answered."""
    items = {item.key: item for item in questionnaire.items}
    read: dict[str, Any] = {}
    unread: list[Unread] = []
    for key, sent in answers.items():
        if sent is None or sent in (NOT_KNOWN, ""):
            continue
        pointer = f"/{key.replace('~', '~0').replace('/', '~1')}"
        item = items.get(key)
        if item is None:
            unread.append(Unread(pointer, "This questionnaire does not ask this."))
            continue
        value = _READERS[item.kind](item, sent)
        if value is None:
            unread.append(Unread(pointer, "This is not an answer to the question."))
        else:
            read[key] = value
    return read, unread


def _yes_no(_: ScreeningItem, sent: Any) -> Any:
    return sent if isinstance(sent, bool) else None


def _choice(item: ScreeningItem, sent: Any) -> Any:
    return sent if isinstance(sent, str) and sent in item.values else None


def _many(item: ScreeningItem, sent: Any) -> Any:
    # What is known of a list is judged even if another part of it is not: nothing said is lost.
    known = tuple(one for one in sent if one in item.values) if isinstance(sent, (list, tuple)) else ()
    return known if known or sent in ([], ()) else None


def _date(_: ScreeningItem, sent: Any) -> Any:
    try:
        return date.fromisoformat(sent) if isinstance(sent, str) else None
    except ValueError:
        return None


def _text(_: ScreeningItem, sent: Any) -> Any:
    fits = isinstance(sent, str) and len(sent) <= _LONGEST_TEXT and not _UNSTORABLE.search(sent)
    return (sent.strip() or None) if fits else None


_READERS: Final = {"yes_no": _yes_no, "choice": _choice, "many": _many, "date": _date, "text": _text}


def why_needed(advice: ScreeningAdvice, decided: Outcome, *, whole: bool) -> str | None:
    """Why a decision needs the practitioner's own reason, as a sentence; None where the advice says it all.

    `whole`: the questionnaire was gone through as a whole, so that what is open was left open knowingly.
    """
    if decided != advice.outcome:
        because = f" ({advice.reasons[0].short.lower()})" if advice.reasons else ""
        return f"Say why: the questionnaire advises “{_IN_WORDS[advice.outcome]}”{because}."
    if decided == "not_now":
        return None
    for reason in advice.reasons:
        if reason.sides:
            return f"Say why: sources do not agree on this ({reason.short.lower()})."
        if reason.weight is Weight.CONDITIONAL:
            return f"Say why: this is for a practitioner to decide ({reason.short.lower()})."
    if whole and advice.unanswered:
        return "Say why, with questions left open."
    return None
