"""What a single answer is worth where nobody has checked it: a grade out of its range is none, a place stands for a few."""

from typing import Any

import pytest

from aftercare.checks import answers as read


@pytest.mark.parametrize(
    ("value", "grade"),
    [(0, 0), (4, 4), (4.0, 4), (5, None), (-1, None), (2.5, None), (True, None), ("2", None), (None, None)],
)
def test_a_grade_is_a_whole_number_from_0_to_4_and_anything_else_was_not_given(
    value: Any, grade: int | None
) -> None:
    assert read.grade({"pain": value}, "pain") == grade


@pytest.mark.parametrize("sign", ["blisters", "pus_spots"])
def test_what_was_placed_and_not_counted_is_a_few_and_what_was_denied_is_none(sign: str) -> None:
    placed = {"sites": {sign: ["chin"]}}
    assert read.amount(placed, sign) == "few"
    assert read.amount({**placed, sign: "many"}, sign) == "many"
    assert read.amount({**placed, sign: "none"}, sign) is None
    assert read.amount({"sites": {"tingling": ["chin"]}}, sign) is None
    assert read.amount({}, sign) is None


@pytest.mark.parametrize(
    ("value", "celsius"),
    [(34, 34.0), (33.9, None), (43, 43.0), (43.1, None), (38.5, 38.5), (True, None), ("38.5", None)],
)
def test_a_temperature_is_one_that_a_living_patient_can_have(value: Any, celsius: float | None) -> None:
    assert read.celsius({"fever_c": value}) == celsius


@pytest.mark.parametrize(
    ("item", "value", "shown"),
    [
        ("pain", 3, 3),
        ("pain", 9, None),
        ("tingling", False, False),
        ("tingling", "yes", None),
        ("blisters", "few", "few"),
        ("blisters", "hundreds", None),
        ("blisters", 3, None),
        ("blisters", ["few"], None),
        ("eye", ["pain"], ["pain"]),
        ("eye", ["pain", "itch of the nose"], ["pain"]),
        ("eye", [], []),
        ("eye", ["itch of the nose"], None),
        ("eye", "pain", None),
        ("eye", "", None),
        ("fever_c", 38.5, 38.5),
        ("fever_c", 99, None),
        ("note", "all is well", None),
        ("pain", None, None),
    ],
)
def test_what_cannot_be_an_answer_is_not_shown_as_evidence(item: str, value: Any, shown: Any) -> None:
    assert read.given({item: value}, item) == shown
