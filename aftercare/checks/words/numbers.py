"""Numbers in a note: a temperature in Celsius or Fahrenheit, and pain out of ten."""

from collections.abc import Iterator
from typing import Final

from aftercare.checks.words.lexicon import Found
from aftercare.checks.words.text import Word

_CELSIUS: Final = (34.0, 43.0)
_FAHRENHEIT: Final = (93.2, 109.4)
_WITHIN = 8  # words between a number and the word that says what it is
_SENTENCE_ENDS = frozenset(".;!?\n")
_UNITS = frozenset({"c", "f", "celsius", "fahrenheit", "centigrade"})

Numbered = tuple[str, int, int, bool, float]


def numbers(words: list[Word], found: list[Found | None], denied: list[bool]) -> Iterator[Numbered]:
    """Yield name, first word, the place after the last, whether it is denied, and the value.

    `fever_c` is in degrees Celsius, to a tenth; `pain` is a grade, from ten (rules.md 1).
    """
    for at, word in enumerate(words):
        if not word.text[0].isdigit():
            continue
        value = _value(word.text)
        if value is None:
            continue
        no = denied[at] or (at > 0 and _ends_here(found, at, "below"))
        celsius = _celsius(words, found, at, value)
        if celsius is not None:
            yield "fever_c", at, at + 1, no, celsius
        elif _role(found, at + 1, "out_of_ten") and _beside(words, found, at, "pain") and value <= 10:
            yield "pain", at, found[at + 1].end, no, _grade(value)  # type: ignore[union-attr]


def _celsius(words: list[Word], found: list[Found | None], at: int, value: float) -> float | None:
    after = at + 1
    fahrenheit = _FAHRENHEIT[0] <= value <= _FAHRENHEIT[1]
    if not fahrenheit and not _CELSIUS[0] <= value <= _CELSIUS[1]:
        return None
    if _role(found, after, "other_units"):
        return None
    unit = after < len(words) and (words[after].text in _UNITS or _role(found, after, "degrees"))
    if not unit and not _beside(words, found, at, "warm"):
        return None
    return round((value - 32) * 5 / 9, 1) if fahrenheit else value


def _grade(out_of_ten: float) -> float:
    """Pain from ten to four: 1-3, 4-6, 7-8 and 9-10."""
    return float(sum(out_of_ten >= lowest for lowest in (1, 4, 7, 9)))


def _value(text: str) -> float | None:
    try:
        return float(text.replace(",", ".")) if len(text) <= 5 else None
    except ValueError:
        return None


def _beside(words: list[Word], found: list[Found | None], at: int, role: str) -> bool:
    """Whether a word of that role stands near, in the same sentence."""
    for way in (-1, 1):
        place = at + way
        while 0 <= place < len(words) and abs(place - at) <= _WITHIN:
            if words[place].text in _SENTENCE_ENDS:
                break
            if _role(found, place, role):
                return True
            place += way
    return False


def _role(found: list[Found | None], at: int, role: str) -> bool:
    if at >= len(found):
        return False
    here = found[at]
    return here is not None and any(role in roles for _, roles in here.ends)


def _ends_here(found: list[Found | None], at: int, role: str) -> bool:
    """Whether a phrase of that role ends right before a place."""
    for start in range(max(0, at - 4), at):
        here = found[start]
        if here is not None and any(end == at and role in roles for end, roles in here.ends):
            return True
    return False
