"""Between a screening and the patient's record: what it adds there, and which answers the record gives already. Pure."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from aftercare.care.questionnaire import TEXTS
from aftercare.model.people import ASKED_AND_NONE, Patient
from aftercare.model.screenings import Questionnaire, Risk, Said, ScreeningItem
from aftercare.model.words import Prophylaxis

_ADULT, _CLEARED_FROM = 18, 22


def with_lessons(patient: Patient, lessons: Mapping[Risk, bool | int | str]) -> Patient:
    """The patient's record with what a screening told.

    A risk on record is never taken back by a screening: "no" fills in what was not known. Named allergies and medicines
    are added to those that stand there, each once.
    """
    changes: dict[str, Any] = {}
    for risk, told in lessons.items():
        before = getattr(patient, risk)
        if risk in TEXTS:
            changes[risk] = _added(before, str(told))
        elif risk == "prophylaxis":
            changes[risk] = Prophylaxis(str(told))
        elif risk == "fitzpatrick" or told is True or before is None:
            changes[risk] = told
    return msgspec.structs.replace(patient, **changes)


def _added(before: str, told: str) -> str:
    """What stands there and the lines that name something new. "None" stands only for as long as nothing is named."""
    named = _named(before)
    new = [line for line in told.splitlines() if not _named(line) <= named]
    if not new:
        return before or told
    return "\n".join([*(before.splitlines() if named else []), *new])


def _named(text: str) -> set[str]:
    parts = {part.strip().rstrip(".").casefold() for part in re.split(r"[\n,;]", text)}
    return parts - {"", *ASKED_AND_NONE}


def known_already(
    questionnaire: Questionnaire, patient: Patient, *, last_session: date | None, on: date
) -> dict[str, Any]:
    """Answers that the record gives already, to be looked at and not asked anew."""
    answers: dict[str, Any] = {}
    for item in questionnaire.items:
        said = _said_by(item, patient)
        if said is not None:
            answers[item.key] = said
    if last_session is not None:
        answers |= {"treated_before": True, "last_session": last_session.isoformat()}
    if patient.birth_date is not None:
        years = on.year - patient.birth_date.year
        years -= (on.month, on.day) < (patient.birth_date.month, patient.birth_date.day)
        answers["age"] = (
            "22_or_over" if years >= _CLEARED_FROM else "18_to_21" if years >= _ADULT else "under_18"
        )
    asked = {item.key for item in questionnaire.items}
    return {key: answer for key, answer in answers.items() if key in asked}


def _said_by(item: ScreeningItem, patient: Patient) -> Said | None:
    """The one answer that a risk on record stands for. What is asked before each session is never taken from a record."""
    if "session" in item.scopes or item.kind not in {"yes_no", "choice"}:
        return None
    for lesson in item.learns:
        held = getattr(patient, lesson.risk)
        if held is not None and held != Prophylaxis.NONE and held == lesson.value and len(lesson.said) == 1:
            return lesson.said[0]
    return None
