"""What a screening adds to the patient's record, and which of its answers the record gives already."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from aftercare.care.candidacy_record import known_already, with_lessons
from aftercare.care.questionnaire import load
from aftercare.model.people import Patient
from aftercare.model.words import Prophylaxis

ON = date(2026, 3, 4)
QUESTIONS = load()
NOTHING_KNOWN = Patient(
    patient_id=UUID(int=1), name="Sample Alder", reference="S-1", birth_date=None, phone="", email="", language="en",
    country="GB", time_zone="Europe/London", fitzpatrick=None, hsv_history=None, diabetes=None, immunosuppressed=None,
    keloid_history=None, blood_thinner=None, baseline={}, allergies="", medicines="", prophylaxis=Prophylaxis.NONE,
    version=1, created_at=datetime(2026, 1, 5, tzinfo=UTC),
)  # fmt: skip


def alder(**known: Any) -> Patient:
    return msgspec.structs.replace(NOTHING_KNOWN, **known)


@pytest.mark.parametrize(
    ("before", "told", "after"),
    [(None, True, True), (None, False, False), (False, True, True), (True, False, True), (False, False, False)],
)  # fmt: skip
def test_a_no_fills_in_what_was_not_known_and_never_takes_a_risk_back(
    *, before: bool | None, told: bool, after: bool
) -> None:
    assert with_lessons(alder(hsv_history=before), {"hsv_history": told}) == alder(hsv_history=after)


def test_skin_type_and_prophylaxis_are_as_they_were_told_last() -> None:
    before = alder(fitzpatrick=2, prophylaxis=Prophylaxis.PRESCRIBED)
    after = with_lessons(before, {"fitzpatrick": 5, "prophylaxis": "taken"})
    assert after == alder(fitzpatrick=5, prophylaxis=Prophylaxis.TAKEN)
    assert type(after.prophylaxis) is Prophylaxis
    assert with_lessons(before, {}) == before


@pytest.mark.parametrize(
    ("before", "told", "after"),
    [
        ("", "latex", "latex"),
        ("penicillin", "latex", "penicillin\nlatex"),
        ("penicillin; latex", "latex\nnickel", "penicillin; latex\nnickel"),
        ("Penicillin, Latex", " latex ", "Penicillin, Latex"),  # named already
        ("penicillin, latex", "latex, Penicillin", "penicillin, latex"),
        (
            "penicillin",
            "penicillin, latex",
            "penicillin\npenicillin, latex",
        ),  # what is new is kept as it was said
        ("penicillin", "latex\n\nnickel", "penicillin\nlatex\nnickel"),
        # Asked, and none: it stands until something is named, and is never added to what is.
        ("", "none", "none"),
        ("none known", "latex", "latex"),
        (" NKDA. ", "latex", "latex"),
        ("None", "none", "None"),
        ("none known", "none", "none known"),
        ("penicillin", "none", "penicillin"),
    ],
)
@pytest.mark.parametrize("risk", ["allergies", "medicines"])
def test_what_is_named_is_added_once_to_what_stands_there(
    risk: Any, before: str, told: str, after: str
) -> None:
    assert with_lessons(alder(**{risk: before}), {risk: told}) == alder(**{risk: after})


def known(patient: Patient, last_session: date | None = None) -> dict[str, Any]:
    return known_already(QUESTIONS, patient, last_session=last_session, on=ON)


def test_the_record_answers_what_one_answer_stands_for() -> None:
    assert known(NOTHING_KNOWN) == {}
    everything = alder(
        fitzpatrick=5, hsv_history=True, diabetes=False, immunosuppressed=True, keloid_history=False,
        blood_thinner=False, prophylaxis=Prophylaxis.TAKEN, allergies="latex", medicines="ramipril",
    )  # fmt: skip
    assert known(everything) == {
        "fitzpatrick": "5", "hsv_history": True, "diabetes": "none", "immunosuppressed": True,
        "keloid_history": "none", "blood_thinner": False, "prophylaxis": "taken",
    }  # fmt: skip


def test_what_could_have_been_one_of_two_answers_is_asked_anew() -> None:
    # Which diabetes it is, and where the keloids are, weighs differently.
    assert known(alder(diabetes=True, keloid_history=True)) == {}


def test_what_is_asked_before_each_session_is_never_taken_from_the_record() -> None:
    answers = known(alder(hsv_history=True))
    assert answers == {"hsv_history": True}  # neither a cold sore now nor a recent outbreak


def test_an_earlier_session_is_known_with_its_day() -> None:
    session = {"treated_before": True, "last_session": "2026-01-31"}
    assert known(NOTHING_KNOWN, date(2026, 1, 31)) == session
    assert known(alder(fitzpatrick=5), date(2026, 1, 31)) == {"fitzpatrick": "5", **session}


@pytest.mark.parametrize(
    ("born", "age"),
    [
        (date(2008, 3, 5), "under_18"),  # eighteen tomorrow
        (date(2008, 3, 4), "18_to_21"),
        (date(2004, 3, 5), "18_to_21"),
        (date(2004, 3, 4), "22_or_over"),
        (date(2004, 2, 29), "22_or_over"),
        (date(2004, 4, 1), "18_to_21"),  # another month counts before the day
        (date(2008, 2, 29), "18_to_21"),
    ],
)
def test_the_age_is_that_of_the_day(born: date, age: str) -> None:
    assert known(alder(birth_date=born)) == {"age": age}


def test_a_questionnaire_that_does_not_ask_is_given_no_answer() -> None:
    shorter = msgspec.structs.replace(
        QUESTIONS, items=tuple(item for item in QUESTIONS.items if item.key != "age")
    )
    patient = alder(birth_date=date(1990, 1, 1), blood_thinner=True)
    assert known_already(shorter, patient, last_session=None, on=ON) == {"blood_thinner": True}
