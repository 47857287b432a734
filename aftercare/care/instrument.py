"""The instrument: what a check-in asks, as versioned data, and how what came back is read.

Strict in nothing: an item that is unknown or out of range is set aside and named, the rest is kept. What was asked and
denied stays (`False`, 0, "none", []); what was not asked stays absent; absent is never turned into 0.
The items are inspired by PRO-CTCAE and do not carry its name (rules.md 1).
"""

import math
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from aftercare.errors import AftercareError
from aftercare.model.timeline import Answers

CURRENT_VERSION = 1

_FOLDER = Path(__file__).parent / "instruments"
# PostgreSQL's json takes neither NUL nor half a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LONGEST_NAME = 100

Text = dict[str, str]  # language -> sentence


class UnknownInstrumentError(AftercareError):
    """The version of these questions is not known here. Update the app, or name a version that GET /v1 lists."""

    status: ClassVar[int] = 422
    type: ClassVar[str] = "unknown-instrument"
    title: ClassVar[str] = "Unknown instrument version"


class Kind(StrEnum):
    """What an item takes as its answer."""

    GRADE = "grade"  # 0 none to 4 very severe
    BOOL = "bool"
    CHOICE = "choice"  # one of `values`
    MANY = "many"  # a list of `values`; the empty list denies them all
    NUMBER = "number"  # `minimum` to `maximum`
    TEXT = "text"  # up to `maximum` characters
    SITES = "sites"  # sign -> list of `values`


class EmergencyMark(msgspec.Struct, frozen=True, kw_only=True):
    """Answers that are an emergency alone, up to a day or to so many hours after the session where it says so."""

    values: tuple[str | bool, ...]
    to_day: int | None = None
    to_hours: float | None = None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Items under one gate: "nothing of this" denies every item of the group that is shown. Without a gate: none."""

    key: str
    text: Text
    gate: Text | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One question. `from_day` to `to_day` is where it is shown unasked; an answer is kept and judged on any day."""

    key: str
    kind: Kind
    group: str
    text: Text
    values: tuple[str, ...] = ()
    value_texts: dict[str, Text] = msgspec.field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    unit: str | None = None
    from_day: int = 0
    to_day: int | None = None
    signs: tuple[str, ...] = ()  # of `sites`: the items that have a place
    emergency: tuple[EmergencyMark, ...] = ()


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the questions; check-ins name the version they answer."""

    version: int
    languages: tuple[str, ...]
    recall: Text
    grades: tuple[Text, ...]  # the words for 0 to 4
    groups: tuple[Group, ...]
    items: tuple[Item, ...]

    def item(self, key: str) -> Item | None:
        """Give the item of that key, or None."""
        return _by_key(self.version).get(key)


class SetAside(msgspec.Struct, frozen=True):
    """One thing that could not be judged: where (a JSON pointer inside the answers), why, and what was sent there."""

    pointer: str
    reason: str
    sent: Any = None


class Reading(msgspec.Struct, frozen=True):
    """What was kept of the answers, and what was set aside."""

    answers: Answers
    set_aside: tuple[SetAside, ...] = ()


@cache
def load(version: int = CURRENT_VERSION) -> Instrument:
    """Give the instrument of that version.

    Raises `UnknownInstrumentError` where no such version is shipped.
    """
    try:
        raw = (_FOLDER / f"{int(version)}.json").read_bytes()
    except FileNotFoundError:
        raise UnknownInstrumentError from None
    return msgspec.json.decode(raw, type=Instrument)


def read_answers(instrument: Instrument, raw: Mapping[str, Any]) -> Reading:
    """Read what a client sent as answers, item by item.

    `raw` is any decoded JSON value; whatever it is, nothing is raised. A grade of 1.0 is the integer 1 in JSON and is
    kept as 1; "1" is text and is set aside. Of a list the good elements are kept; of an over-long note the first
    2,000 characters; of a text with characters that cannot be stored all others.
    """
    kept: Answers = {}
    aside: list[SetAside] = []
    if not isinstance(raw, Mapping):
        return Reading(kept, (SetAside("", "The answers are not an object of items.", raw),))
    items = _by_key(instrument.version)
    for key, value in raw.items():
        item = items.get(key) if isinstance(key, str) else None
        if item is None:
            aside.append(
                SetAside(_pointer(key), "This item is not part of the instrument.", _named(key, value))
            )
            continue
        answer = _READERS[item.kind](item, value, aside)
        if answer is not None:
            kept[item.key] = answer
    return Reading(kept, tuple(aside))


@cache
def _by_key(version: int) -> dict[str, Item]:
    return {item.key: item for item in load(version).items}


def _pointer(*names: object) -> str:
    """Build a JSON pointer (RFC 6901) that can be stored and sent, whatever the client called its keys."""
    steps = (_UNSTORABLE.sub("\ufffd", str(name)[:_LONGEST_NAME]) for name in names)
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _named(name: Any, value: Any) -> Any:
    """What was sent under a name that is the client's own, with the name where a pointer cannot hold all of it."""
    whole = isinstance(name, str) and len(name) <= _LONGEST_NAME and not _UNSTORABLE.search(name)
    return value if whole else {name: value}


def _grade(item: Item, value: Any, aside: list[SetAside]) -> int | None:
    number = _whole(value)
    if number is None or not 0 <= number <= 4:
        aside.append(SetAside(_pointer(item.key), "A grade is a whole number from 0 to 4.", value))
        return None
    return number


def _whole(value: Any) -> int | None:
    """Read a JSON integer: 1 and 1.0 are one, True is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None


def _bool(item: Item, value: Any, aside: list[SetAside]) -> bool | None:
    if isinstance(value, bool):
        return value
    aside.append(SetAside(_pointer(item.key), "This item takes true or false.", value))
    return None


def _choice(item: Item, value: Any, aside: list[SetAside]) -> str | None:
    if isinstance(value, str) and value in item.values:
        return value
    aside.append(SetAside(_pointer(item.key), f"This item takes one of: {', '.join(item.values)}.", value))
    return None


def _number(item: Item, value: Any, aside: list[SetAside]) -> float | None:
    low, high = item.minimum or 0, item.maximum or math.inf
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return value
    aside.append(SetAside(_pointer(item.key), f"This item takes a number from {low:g} to {high:g}.", value))
    return None


def _many(item: Item, value: Any, aside: list[SetAside]) -> list[str] | None:
    return _chosen(item.values, value, (item.key,), aside)


def _chosen(
    values: tuple[str, ...], value: Any, at: tuple[str, ...], aside: list[SetAside]
) -> list[str] | None:
    if not isinstance(value, list | tuple):
        aside.append(SetAside(_pointer(*at), f"This item takes a list of: {', '.join(values)}.", value))
        return None
    good: list[str] = []
    for index, element in enumerate(value):
        if not isinstance(element, str) or element not in values:
            aside.append(
                SetAside(_pointer(*at, index), f"An element here is one of: {', '.join(values)}.", element)
            )
        elif element not in good:
            good.append(element)
    # A list of which nothing could be read denies nothing: only a list that came empty does.
    return good if good or not value else None


def _text(item: Item, value: Any, aside: list[SetAside]) -> str | None:
    if not isinstance(value, str):
        aside.append(SetAside(_pointer(item.key), "This item takes text.", value))
        return None
    text = _UNSTORABLE.sub("", value)
    if text != value:
        aside.append(SetAside(_pointer(item.key), "Characters that cannot be stored were left out.", value))
    longest = int(item.maximum or len(text))
    if len(text) > longest:
        aside.append(SetAside(_pointer(item.key), f"Only the first {longest:,} characters were kept.", value))
        text = text[:longest]
    return text


def _sites(item: Item, value: Any, aside: list[SetAside]) -> dict[str, list[str]] | None:
    if not isinstance(value, Mapping):
        aside.append(
            SetAside(_pointer(item.key), "This item takes an object: sign to list of places.", value)
        )
        return None
    places: dict[str, list[str]] = {}
    for sign, listed in value.items():
        if sign not in item.signs:
            aside.append(
                SetAside(
                    _pointer(item.key, sign), "This is not a sign that has a place.", _named(sign, listed)
                )
            )
            continue
        chosen = _chosen(item.values, listed, (item.key, sign), aside)
        if chosen is not None:
            places[sign] = chosen
    return places if places or not value else None


_READERS = {
    Kind.GRADE: _grade,
    Kind.BOOL: _bool,
    Kind.CHOICE: _choice,
    Kind.NUMBER: _number,
    Kind.MANY: _many,
    Kind.TEXT: _text,
    Kind.SITES: _sites,
}
