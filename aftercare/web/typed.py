"""From what was typed to a Struct of the model: field by field, so that everything that is wrong is said at once. Pure."""

from datetime import datetime, time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from aftercare.errors import AftercareError
from aftercare.web.questions import wrong

S = TypeVar("S", bound=msgspec.Struct)

_KNOWN = {"yes": True, "no": False}


def build(kind: type[S], said: dict[str, Any], *, at: str = "") -> tuple[S | None, dict[str, str]]:
    """The Struct, or `None` and what is wrong with it, by the name of the field with `at` before it.

    Text may stand for numbers and dates. A field that is not in `said` has its default, or is missing.
    """
    found: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field in msgspec.structs.fields(kind):
        if field.name not in said:
            if field.required:
                problems[f"{at}{field.name}"] = wrong(field.name)
            continue
        try:
            found[field.name] = msgspec.convert(said[field.name], field.type, strict=False)
        except msgspec.ValidationError:
            problems[f"{at}{field.name}"] = wrong(field.name)
    return (None, problems) if problems else (kind(**found), {})


def known(typed: dict[str, str], name: str) -> bool | None:
    """Yes, no or not known."""
    return _KNOWN.get(typed.get(name, ""))


def refused(error: AftercareError) -> dict[str, str]:
    """What a service refused, by the name of the field its pointer names; its sentence for the whole form.

    Raises the error again where it is ours: nothing that was typed mends that.
    """
    if error.status >= 500:
        raise error
    at_fields = {pointer.strip("/"): what for pointer, what in error.pointers.items()}
    return {"": error.detail, **at_fields}


def whole(text: str, otherwise: int) -> int:
    """The whole number of up to nine digits that a text is; `otherwise` for anything else, such as no text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def wall_time(text: str) -> time | None:
    """The time of day ("08:30"), in whatever zone it is meant; `None` if it is none."""
    try:
        found = time.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is None else None


def local_time(text: str, time_zone: str) -> datetime | None:
    """The instant of a local date and time ("2026-03-04T10:00").

    `None` if it is none, is skipped by the clocks, or lies beyond the calendar in UTC.
    """
    try:
        plain = datetime.fromisoformat(text)
    except ValueError:
        return None
    if plain.tzinfo is not None:
        return None
    zone = ZoneInfo(time_zone)
    placed = plain.replace(tzinfo=zone)
    try:
        there_and_back = placed.astimezone(ZoneInfo("UTC")).astimezone(zone)
    except OverflowError:
        return None
    return placed if there_and_back.replace(tzinfo=None) == plain else None
