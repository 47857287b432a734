"""Openings as people type and read them: "09:00-13:00, 14:00-18:00". Pure."""

import re
from collections.abc import Iterable
from datetime import time

from aftercare.model.clinic import DayOpening, Opening

_SPAN = re.compile(r"(\d{1,2})[:.](\d{2})\s*(?:-|–|to)\s*(\d{1,2})[:.](\d{2})")
HOW = "Write times such as 09:00-13:00, 14:00-18:00; leave it empty where it is closed."


def read_spans(text: str) -> tuple[DayOpening, ...] | None:
    """The openings of one day; none for an empty text, `None` for what cannot be read. 24:00 is midnight."""
    found = []
    for part in filter(None, (one.strip() for one in re.split(r"[,;]", text))):
        match = _SPAN.fullmatch(part)
        if match is None:
            return None
        opens_hour, opens_minute, closes_hour, closes_minute = (int(one) for one in match.groups())
        try:
            opens = time(opens_hour, opens_minute)
            closes = time(closes_hour % 24 if closes_minute == 0 else closes_hour, closes_minute)
        except ValueError:
            return None
        found.append(DayOpening(opens, closes))
    return tuple(found)


def read_week(texts: Iterable[str]) -> tuple[tuple[Opening, ...], tuple[int, ...]]:
    """The openings of seven texts from Monday on, and the weekdays whose text cannot be read."""
    openings: list[Opening] = []
    wrong: list[int] = []
    for weekday, text in enumerate(texts):
        spans = read_spans(text)
        if spans is None:
            wrong.append(weekday)
        else:
            openings += [Opening(weekday, one.opens, one.closes) for one in spans]
    return tuple(openings), tuple(wrong)


def as_written(text: str) -> str:
    """What was typed as openings, as they are written here; as it is where it cannot be read."""
    spans = read_spans(text)
    return text if spans is None else spans_text(spans)


def spans_text(openings: Iterable[DayOpening | Opening]) -> str:
    """The same the other way round."""
    ordered = sorted((one.opens, one.closes) for one in openings)
    return ", ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in ordered)


def week_texts(openings: Iterable[Opening]) -> list[str]:
    """Seven texts, from Monday on."""
    known = list(openings)
    return [spans_text(one for one in known if one.weekday == weekday) for weekday in range(7)]
