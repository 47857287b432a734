"""Reading single answers. A timeline may come from a file that nobody checked: what cannot be an answer is absent."""

from typing import Any, Literal

from aftercare.care.instrument import Item, Kind, load
from aftercare.model.timeline import Answers

_ITEMS: dict[str, Item] = {item.key: item for item in load().items}
_EYE_SIGNS = _ITEMS["eye"].values
_PLACES = _ITEMS["sites"].values
_PLACED_SIGNS = frozenset(_ITEMS["sites"].signs)
_COLDEST, _HOTTEST = _ITEMS["fever_c"].minimum or 0.0, _ITEMS["fever_c"].maximum or 0.0

Amount = Literal["few", "many"]
Weals = Literal["treated_area", "elsewhere"]


def grade(answers: Answers, item: str) -> int | None:
    """Give a grade 0-4, or None where it was not given."""
    value = answers.get(item)
    if value.__class__ is int or (value.__class__ is float and value.is_integer()):
        return int(value) if 0 <= value <= 4 else None
    return None


def places(answers: Answers, sign: str) -> tuple[str, ...]:
    """Give where a sign is, of the places the instrument knows."""
    sites = answers.get("sites")
    listed = sites.get(sign) if isinstance(sites, dict) and sign in _PLACED_SIGNS else None
    return tuple(place for place in listed if place in _PLACES) if isinstance(listed, list | tuple) else ()


def says(answers: Answers, sign: str) -> bool:
    """Say whether a yes-or-no sign is there. One that was not answered but placed somewhere is there."""
    value = answers.get(sign)
    return value is True or (value is not False and "sites" in answers and bool(places(answers, sign)))


def amount(answers: Answers, sign: str) -> Amount | None:
    """Give how many: "few", "many" or None.

    A sign that was not answered but placed somewhere counts as few, and so do blisters of which only the cluster was
    told: what a patient said is not lost because the question above it was.
    """
    value = answers.get(sign)
    if value == "many":
        return "many"
    if value == "few" or (value != "none" and "sites" in answers and places(answers, sign)):
        return "few"
    if sign == "blisters" and value != "none" and answers.get("grouped") is True:
        return "few"
    return None


def weals(answers: Answers) -> Weals | None:
    """Give where hives are, or None. Not answered but placed on the face, they are at least on the treated skin."""
    value = answers.get("hives")
    if value == "elsewhere":
        return "elsewhere"
    if value == "treated_area" or (value != "none" and "sites" in answers and places(answers, "hives")):
        return "treated_area"
    return None


def eye_signs(answers: Answers) -> tuple[str, ...]:
    """Give what was ticked at the eyes, in the instrument's order."""
    listed = answers.get("eye")
    return tuple(sign for sign in _EYE_SIGNS if sign in listed) if isinstance(listed, list | tuple) else ()


def celsius(answers: Answers) -> float | None:
    """Give the measured temperature in degrees Celsius, or None."""
    value = answers.get("fever_c")
    if value.__class__ in (int, float) and _COLDEST <= value <= _HOTTEST:
        return float(value)
    return None


def given(answers: Answers, item: str) -> Any:
    """Give any answer for showing as evidence; None where there is none or it cannot be one."""
    value = answers.get(item)
    match _ITEMS[item].kind:
        case Kind.GRADE:
            return grade(answers, item)
        case Kind.BOOL:
            return value if isinstance(value, bool) else None
        case Kind.CHOICE:
            return value if isinstance(value, str) and value in _ITEMS[item].values else None
        case Kind.MANY:
            return (
                list(eye_signs(answers))
                if isinstance(value, list | tuple) and (eye_signs(answers) or not value)
                else None
            )
        case Kind.NUMBER:
            return celsius(answers)
        case _:
            return None
