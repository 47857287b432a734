"""How people answer: a mild for nothing, the chip beside the one that was meant, items left out, a sign not noticed."""

from random import Random
from typing import Any

from aftercare.care.instrument import Item, Kind, load
from aftercare.care.rates import Noise
from aftercare.model.timeline import Answers

_ITEMS = {item.key: item for item in load().items}
_ASIDE = frozenset({"sites", "note", "wants_contact"})  # not noticed, but wanted or told of something else
_VERY_SEVERE = 4


def denial(item: Item) -> Any:
    """Give the answer that says: nothing of this."""
    return {Kind.GRADE: 0, Kind.BOOL: False, Kind.CHOICE: (*item.values, None)[0], Kind.MANY: []}.get(
        item.kind
    )


def answered(chance: Random, noise: Noise, true: Answers, *, by_carer: bool = False) -> Answers:
    """Give what a person answers of what is true; every item of `true` was asked."""
    answers = {key: _noticed(chance, noise, key, value) for key, value in true.items()}
    answers = {key: value for key, value in answers.items() if value is not None}
    graded = [key for key in answers if _ITEMS[key].kind is Kind.GRADE]
    if chance.random() < noise.stray_mild:
        item = chance.choice(graded)
        answers[item] = max(answers[item], 1)
    if chance.random() < noise.wrong_chip:
        _slip(chance, answers)
    if chance.random() < noise.stray_tick:
        answers[chance.choice([key for key in answers if _ITEMS[key].kind is Kind.BOOL])] = True
    skipped = noise.item_skipped_by_carer if by_carer else noise.item_skipped
    return {key: value for key, value in answers.items() if key in _ASIDE or chance.random() >= skipped}


def _noticed(chance: Random, noise: Noise, key: str, value: Any) -> Any:
    item = _ITEMS[key]
    if isinstance(value, int) and item.kind is Kind.GRADE:
        if not value:
            return 0
        drawn = chance.random()
        if drawn < noise.grade_up:
            return min(_VERY_SEVERE, value + 1)
        return value - 1 if drawn < noise.grade_up + noise.grade_down else value
    there = bool(value) and value not in ("none", "no")
    if there and key not in _ASIDE and chance.random() < noise.sign_missed:
        return denial(item)
    return list(value) if isinstance(value, list) else value


def _slip(chance: Random, answers: Answers) -> None:
    """Give one thing that is there to its neighbour in the same group of questions."""
    there = [key for key in answers if _ITEMS[key].kind in (Kind.GRADE, Kind.BOOL) and answers[key]]
    if not there:
        return
    meant = chance.choice(there)
    beside = [
        key
        for key in answers
        if key != meant
        and _ITEMS[key].group == _ITEMS[meant].group
        and _ITEMS[key].kind is _ITEMS[meant].kind
    ]
    if beside:
        hit = min(beside, key=lambda key: abs(_PLACE[key] - _PLACE[meant]))
        answers[hit] = max(answers[hit], answers[meant])
        answers[meant] = denial(_ITEMS[meant])


_PLACE = {key: place for place, key in enumerate(_ITEMS)}
