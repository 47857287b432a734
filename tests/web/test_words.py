from datetime import UTC, datetime
from enum import StrEnum
from typing import get_args
from uuid import UUID

import pytest

from aftercare.model.findings import Evidence
from aftercare.model.timeline import Risks
from aftercare.model.views import FollowUpKind, RisksView, SessionView
from aftercare.model.words import (
    AlertState,
    AnsweredBy,
    Code,
    Modality,
    Outcome,
    Prophylaxis,
    Role,
    Tier,
    View,
)
from aftercare.web import words
from tests.web.samples import NOW, ONE


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        (Tier, words.TIERS),
        (Code, words.CODES),
        (AlertState, words.STATES),
        (Outcome, words.OUTCOMES),
        (Outcome, words.OUTCOME_HINTS),
        (Role, words.ROLES),
        (View, words.VIEWS),
        (AnsweredBy, words.ANSWERED_BY),
    ],
)
def test_every_word_of_the_model_has_a_name_on_the_screen(
    kind: type[StrEnum], named: dict[StrEnum, str]
) -> None:
    assert set(named) == set(kind)


def test_every_kind_of_follow_up_has_a_name() -> None:
    assert set(words.FOLLOW_UPS) == set(get_args(FollowUpKind))


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("pain", 3, "severe"),
        ("pain", 0, "none"),
        ("pain", 5, "5"),
        ("fever_c", 38.4, "38.4 °C"),
        ("tingling", False, "no"),
        ("tingling", None, "not asked"),
        ("eye", ["lid_swelling", "pain"], "lid swelling, pain"),
        ("eye", [], "none"),
        ("sites", {"blisters": ["lips", "around_mouth"]}, "Blisters: lips, around mouth"),
        ("note", "my_words stay", "my_words stay"),
    ],
)
def test_an_answer_is_said_in_words(key: str, value: object, said: str) -> None:
    assert words.answer(key, value) == said


@pytest.mark.parametrize(
    ("modality", "depth", "day", "said"),
    [
        (Modality.MICRONEEDLING, 1.5, 3, "day 3 after needling 1.5 mm"),
        (Modality.MICRONEEDLING, 2.0, 0, "day of needling 2 mm"),
        (Modality.MICRONEEDLING, None, 1, "day 1 after needling"),
        (Modality.LASER_GENESIS, None, 5, "day 5 after Laser Genesis"),
    ],
)
def test_the_day_is_said_from_what_was_done(
    modality: Modality, depth: float | None, day: int, said: str
) -> None:
    assert (
        words.day_after(day, SessionView(id=ONE.id, modality=modality, at=NOW, needle_depth_mm=depth)) == said
    )


def test_an_earlier_value_is_placed_from_the_check_ins_own_day() -> None:
    line = Evidence(item="warmth", now=3, before=1, before_day=2)
    assert words.before(line, 3) == "warmth the day before: mild"
    assert words.before(line, 5) == "warmth on day 2: mild"
    assert words.before(line, 2) == "warmth earlier that day: mild"
    assert not words.before(Evidence(item="warmth", now=3), 3)


def test_evidence_tells_what_was_said_from_what_it_is_compared_with() -> None:
    line = Evidence(item="swelling", now=3, expected=1, before=1, before_day=3, numbers={"above": 2})
    assert words.evidence_parts(line) == ("Swelling: severe", "expected up to mild; day 3: mild", "above 2")
    assert words.evidence_parts(Evidence(item="hsv_history", text="Had cold sores.")) == (
        "Had cold sores.",
        "",
        "",
    )


def test_cold_sores_without_prophylaxis_weigh() -> None:
    risks = RisksView(known=Risks(hsv_history=True), allergies=(), prophylaxis=Prophylaxis.NONE)
    assert ("no prophylaxis", True) in words.risk_chips(risks)


def test_what_is_not_known_is_said_and_denied_allergies_only_where_asked_for() -> None:
    assert words.risk_chips(RisksView()) == [("not known: cold sores, allergies", False)]
    denied = RisksView(known=Risks(hsv_history=False), allergies=())
    assert words.risk_chips(denied) == []
    assert words.risk_chips(denied, emptied=True) == [("no allergies known", False)]


def test_the_way_back_is_named_after_the_page_that_it_leads_to() -> None:
    """Each page whose links to a patient or an alert lead back to it."""
    named = {"/": "Triage", "/?whose=mine#row-1": "Triage", "/recalls?status=due": "Recalls"}
    named |= {"/call-list": "Call list", "/rules/3/backtest": "Rules", "/patients": "Patients"}
    assert {path: words.place(path) for path in named} == named


def test_a_sentence_begins_large_and_keeps_its_names_and_units() -> None:
    line = Evidence(item="fever_c", before=37.2, before_day=1)
    assert words.begin(words.before(line, 2)) == "Temperature the day before: 37.2 °C"
    laser = SessionView(id=UUID(int=1), modality=Modality.LASER_GENESIS, at=datetime(2026, 3, 1, tzinfo=UTC))
    assert words.begin(words.day_after(3, laser)) == "Day 3 after Laser Genesis"
    assert words.begin("") == ""
