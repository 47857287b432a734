"""The instrument: what is asked, and how what comes back is read (rules.md 1)."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.care.instrument import (
    Item,
    Kind,
    SetAside,
    UnknownInstrumentError,
    load,
    read_answers,
)

INSTRUMENT = load(1)
KEYS = [item.key for item in INSTRUMENT.items]


def pointers(raw: Any) -> list[str]:
    return [one.pointer for one in read_answers(INSTRUMENT, raw).set_aside]


def test_the_instrument_asks_what_the_rules_ask() -> None:
    asked = (
        "redness swelling pain warmth itching dryness bruising crusting breathing_or_tongue very_unwell eye fever_c "
        "feverish chills painkiller_6h numbing_reaction tingling blisters grouped pus_spots yellow_crust weeping "
        "raw_or_grey_skin ulcer fresh_bleeding spreading one_sided hives bumpy_rash rash_beyond_area lumps white_bumps "
        "dark_patches light_patches lines_or_rows raised_scar swollen_glands joint_pain new_product sun wants_contact "
        "note sites"
    )
    assert sorted(KEYS) == sorted(asked.split())


def test_every_text_is_there_in_every_language() -> None:
    languages = set(INSTRUMENT.languages)
    texts = [*INSTRUMENT.grades, INSTRUMENT.recall]
    for group in INSTRUMENT.groups:
        texts += [group.text, *([group.gate] if group.gate else [])]
    for item in INSTRUMENT.items:
        assert item.group in {group.key for group in INSTRUMENT.groups}
        assert set(item.value_texts) == set(item.values)
        texts += [item.text, *item.value_texts.values()]
    assert all(set(text) == languages and all(text.values()) for text in texts)


def shown_on(day: int) -> list[Item]:
    """What a form asks unasked that many days after the session, as apps read it from the instrument."""
    return [
        item
        for item in INSTRUMENT.items
        if item.from_day <= day and (item.to_day is None or day <= item.to_day)
    ]


def test_late_signs_are_shown_from_day_7_and_the_numbing_question_on_day_0() -> None:
    def shown(day: int) -> set[str]:
        return {item.key for item in shown_on(day)}

    assert shown(7) - shown(6) == {
        "white_bumps",
        "dark_patches",
        "light_patches",
        "lines_or_rows",
        "raised_scar",
    }
    assert shown(0) - shown(1) == {"numbing_reaction"}


def test_the_form_takes_at_most_twelve_taps_when_nothing_is_wrong() -> None:
    shown = {item.group for item in shown_on(28)}
    gates = [group for group in INSTRUMENT.groups if group.gate and group.key in shown]
    assert len(gates) + len(["wants_contact", "send"]) <= 12


def test_emergency_keys_are_marked() -> None:
    marked = {item.key for item in INSTRUMENT.items if item.emergency}
    assert marked == {"breathing_or_tongue", "very_unwell", "eye", "hives", "numbing_reaction"}


@pytest.mark.parametrize("version", [0, 2, -1, 10**9])
def test_an_unknown_version_is_refused(version: int) -> None:
    with pytest.raises(UnknownInstrumentError):
        load(version)


GOOD: list[dict[str, Any]] = [
    {"redness": 0},
    {"redness": 4},
    {"tingling": False},
    {"blisters": "none"},
    {"eye": []},
    {"eye": ["shut", "vision"]},
    {"fever_c": 34},
    {"fever_c": 38},
    {"fever_c": 37.25},
    {"fever_c": 43},
    {"wants_contact": "urgent"},
    {"note": "Está bien, não coça. \n 🙂"},
    {"note": ""},
    {"sites": {}},
    {"sites": {"tingling": ["lips", "nose"], "swelling": []}},
]


@pytest.mark.parametrize("answers", GOOD, ids=str)
def test_what_is_asked_and_denied_or_told_stays_as_it_is(answers: dict[str, Any]) -> None:
    reading = read_answers(INSTRUMENT, answers)
    assert (reading.answers, reading.set_aside) == (answers, ())


GRADE = "A grade is a whole number from 0 to 4."
FEVER = "This item takes a number from 34 to 43."
BOOL = "This item takes true or false."
BLISTERS = "This item takes one of: none, few, many."
SITES = "lips, around_mouth, nose, cheek, chin, jaw, forehead, temple, around_eye, neck, other"
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"invented": 1}, "/invented", "This item is not part of the instrument."),
    ({"a/b~c": 1}, "/a~1b~0c", "This item is not part of the instrument."),
    ({"redness": 5}, "/redness", GRADE),
    ({"redness": -1}, "/redness", GRADE),
    ({"redness": 1.5}, "/redness", GRADE),
    ({"redness": "1"}, "/redness", GRADE),
    ({"redness": "1.0"}, "/redness", GRADE),
    ({"redness": True}, "/redness", GRADE),
    ({"redness": None}, "/redness", GRADE),
    ({"redness": float("nan")}, "/redness", GRADE),
    ({"redness": float("inf")}, "/redness", GRADE),
    ({"redness": 10**40}, "/redness", GRADE),
    ({"fever_c": 101}, "/fever_c", FEVER),
    ({"fever_c": 33.9}, "/fever_c", FEVER),
    ({"fever_c": float("nan")}, "/fever_c", FEVER),
    ({"fever_c": True}, "/fever_c", FEVER),
    ({"tingling": 1}, "/tingling", BOOL),
    ({"tingling": "true"}, "/tingling", BOOL),
    ({"blisters": "lots"}, "/blisters", BLISTERS),
    ({"blisters": ["few"]}, "/blisters", BLISTERS),
    ({"eye": "vision"}, "/eye", "This item takes a list of: lid_swelling, shut, pain, vision."),
    ({"eye": [3]}, "/eye/0", "An element here is one of: lid_swelling, shut, pain, vision."),
    ({"sites": ["lips"]}, "/sites", "This item takes an object: sign to list of places."),
    ({"sites": {"tingling": "lips"}}, "/sites/tingling", f"This item takes a list of: {SITES}."),
    ({"sites": {"fever_c": ["lips"]}}, "/sites/fever_c", "This is not a sign that has a place."),
    ({"note": 3}, "/note", "This item takes text."),
]


@pytest.mark.parametrize(("answers", "pointer", "reason"), BAD, ids=str)
def test_what_cannot_be_an_answer_is_set_aside_and_named_and_the_rest_is_kept(
    answers: dict[str, Any], pointer: str, reason: str
) -> None:
    reading = read_answers(INSTRUMENT, {**answers, "very_unwell": True})
    assert reading.answers == {"very_unwell": True}
    (aside,) = reading.set_aside
    assert (aside.pointer, aside.reason) == (pointer, reason)
    # What was sent is kept as it came, from where the pointer leads to.
    assert aside.sent is not None or answers == {"redness": None}
    assert msgspec.json.encode(aside.sent) in msgspec.json.encode(answers)


def test_a_name_that_a_pointer_cannot_hold_is_kept_with_what_was_sent_under_it() -> None:
    longest, longer, odd = "n" * 100, "n" * 101, "it \x00hurts\ud83d"
    told = {longest: 1, longer: 2, odd: 3}
    for found, at in (
        (read_answers(INSTRUMENT, told).set_aside, ""),
        (read_answers(INSTRUMENT, {"sites": told}).set_aside, "/sites"),
    ):
        assert [(one.pointer, one.sent) for one in found] == [
            (f"{at}/{longest}", 1),
            (f"{at}/{longest}", {longer: 2}),
            (f"{at}/it \ufffdhurts\ufffd", {odd: 3}),
        ]


def test_a_name_that_is_no_text_is_set_aside() -> None:
    raw: dict[Any, Any] = {7: "seven", ("redness",): 2}
    assert [(one.pointer, one.sent) for one in read_answers(INSTRUMENT, raw).set_aside] == [
        ("/7", {7: "seven"}),
        ("/('redness',)", {("redness",): 2}),
    ]


def test_a_grade_of_one_point_nought_is_the_integer_one() -> None:
    kept = read_answers(INSTRUMENT, {"pain": 1.0}).answers["pain"]
    assert (kept, type(kept)) == (1, int)


def test_of_a_list_the_good_elements_stay_once_each() -> None:
    raw = {"eye": ["vision", "teeth", "vision", None], "sites": {"lumps": ["jaw", {}], "hair": ["jaw"]}}
    assert read_answers(INSTRUMENT, raw).answers == {"eye": ["vision"], "sites": {"lumps": ["jaw"]}}
    assert pointers(raw) == ["/eye/1", "/eye/3", "/sites/lumps/1", "/sites/hair"]


def test_a_note_keeps_its_first_2000_characters() -> None:
    reading = read_answers(INSTRUMENT, {"note": "á" * 2001})
    assert reading.answers == {"note": "á" * 2000}
    assert reading.set_aside == (SetAside("/note", "Only the first 2,000 characters were kept.", "á" * 2001),)
    assert pointers({"note": "á" * 2000}) == []


def test_a_note_loses_only_what_cannot_be_stored() -> None:
    said = "it \x00hurts\ud83d"
    reading = read_answers(INSTRUMENT, {"note": said})
    assert reading.answers == {"note": "it hurts"}
    assert reading.set_aside == (SetAside("/note", "Characters that cannot be stored were left out.", said),)


@pytest.mark.parametrize("raw", [None, 3, "x", [], [{}], True])
def test_answers_that_are_no_object_are_set_aside_whole(raw: Any) -> None:
    reading = read_answers(INSTRUMENT, raw)
    assert reading.answers == {}
    assert reading.set_aside == (SetAside("", "The answers are not an object of items.", raw),)


def test_a_reason_never_repeats_what_was_said() -> None:
    raw = dict.fromkeys(KEYS, "Zanzibar")
    reasons = [one.reason for one in read_answers(INSTRUMENT, {**raw, "eye": ["Zanzibar"]}).set_aside]
    assert len(reasons) == len(KEYS) - 1
    assert not any("Zanzibar" in reason for reason in reasons)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(anything | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), anything, max_size=8))
def test_no_json_value_breaks_the_reading_and_what_is_kept_can_be_stored(raw: Any) -> None:
    reading = read_answers(INSTRUMENT, raw)
    # What was sent stands in `set_aside` as it came; the service makes text of what cannot be stored.
    stored = msgspec.json.encode([reading.answers, [(one.pointer, one.reason) for one in reading.set_aside]])
    assert b"\\u0000" not in stored
    assert set(reading.answers) <= (set(raw) if isinstance(raw, dict) else set())
    again = read_answers(INSTRUMENT, reading.answers)
    assert (again.answers, again.set_aside) == (reading.answers, ())
    for key, kept in reading.answers.items():
        if INSTRUMENT.item(key).kind is Kind.GRADE:  # type: ignore[union-attr]  # only the instrument's keys are kept
            assert kept == raw[key]
            assert isinstance(kept, int)
