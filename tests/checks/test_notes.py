"""Words in notes: what they name in three languages, what they are taken back by, and what they raise."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aftercare.checks import default_pack, judge
from aftercare.checks.words import LANGUAGES, screen
from aftercare.checks.words.lexicon import data, spelled_out
from aftercare.model.findings import Finding
from aftercare.model.timeline import Timeline
from tests.checks.conftest import timeline

CIT = "microneedling"
Raised = Callable[..., dict[str, str]]
Findings = Callable[..., list[Finding]]

CORPUS: list[tuple[str, str, frozenset[str]]] = [
    (language, text, frozenset(names.split()))
    for language in LANGUAGES
    for text, names in tomllib.loads(
        (Path(__file__).parent / "notes" / f"{language}.toml").read_text("utf-8")
    )["notes"]
]


def names(text: str, language: str | None = "en") -> set[str]:
    return {mention.name for mention in screen(text, language) if not mention.negated}


def speaking(language: str, course: dict[int, dict[str, Any]]) -> Timeline:
    return msgspec.structs.replace(timeline(CIT, course), language=language)


def test_the_corpus_is_named_word_for_word() -> None:
    assert len(CORPUS) > 550
    wrong = [(text, sorted(there)) for language, text, there in CORPUS if names(text, language) != there]
    assert wrong == []


def test_every_sign_of_each_language_stands_in_the_corpus() -> None:
    for language in LANGUAGES:
        there = {name for spoken, _, named in CORPUS if spoken == language for name in named}
        rare = {"one_sided", "hives.elsewhere", "warmth.3"}
        assert set(data(language).signs) - there <= rare, language


def test_the_three_languages_name_the_same_signs() -> None:
    first, *others = (set(data(language).signs) for language in LANGUAGES)
    assert all(other == first for other in others)


@pytest.mark.parametrize(
    ("text", "celsius"),
    [
        ("fever 38.5", 38.5),
        ("fever 38,5", 38.5),
        ("temp was 100.4 F", 38.0),
        ("temperature 101", 38.3),
        ("38.6 C", 38.6),
        ("３９°C", 39.0),
        ("٣٩°", 39.0),
        ("𝟑𝟖.𝟓 °C", 38.5),
    ],
)
def test_a_temperature_is_read_in_both_scales_and_in_digits_of_any_script(text: str, celsius: float) -> None:
    assert [m.value for m in screen(text, "en") if m.name == "fever_c"] == [celsius]


@pytest.mark.parametrize(
    "text", ["I am 39 years old", "39 euros for the cream", "page 101", "38", "temperature 20", "38.5 kg"]
)
def test_a_number_that_is_no_temperature_is_none(text: str) -> None:
    assert names(text) == set()


@pytest.mark.parametrize(
    ("out_of_ten", "grade"), [(0, 0), (1, 1), (3, 1), (4, 2), (6, 2), (7, 3), (8, 3), (9, 4), (10, 4)]
)
def test_pain_out_of_ten_is_a_grade(out_of_ten: int, grade: int) -> None:
    assert [m.value for m in screen(f"my pain is {out_of_ten}/10", "en")] == [grade]


@pytest.mark.parametrize(
    ("text", "name", "places"),
    [
        ("blisters on my upper lip", "blisters", {"lips"}),
        ("On my chin there are blisters", "blisters", {"chin"}),
        ("blisters, my eye is fine", "blisters", set()),
        ("blisters but not near the eye", "blisters", set()),
    ],
)
def test_a_sign_is_where_the_same_thought_says(text: str, name: str, places: set[str]) -> None:
    assert [set(m.places) for m in screen(text, "en") if m.name == name] == [places]


def test_the_words_found_are_those_of_the_note_as_it_was_written() -> None:
    text = "¡Ay! Tengo AMPÓLLAS en el\u200b mentón 😢"
    (mention,) = screen(text, "es")
    assert text[mention.start : mention.end] == "AMPÓLLAS"


def test_a_note_is_read_in_the_patients_language_in_the_one_it_is_written_in_and_else_in_all_three() -> None:
    assert names("tengo ampollas", "es-MX") == {"blisters"}
    assert names("tengo ampollas y mucho miedo", "en") == {"blisters", "worried"}  # written in another
    assert names("quiero morirme", "en") == names("I want to die", "pt") == {"self_harm"}
    assert names("I have no pus", "en") == names("sem pus", "pt") == names("sin pus", "es") == set()
    for unknown in (None, "", "fr", "ca-ES"):
        assert names("tengo ampollas", unknown) == names("tenho bolhas", unknown) == {"blisters"}


def test_words_that_two_languages_know_are_denied_in_the_one_that_is_spoken() -> None:
    for note in ("No pus, no crusts, nothing leaking", "Sin pus ni costras", "Sem pus nem crostas"):
        assert names(note, None) == set()


def test_a_slip_of_the_finger_in_a_long_word_is_understood_and_in_a_short_one_not() -> None:
    for slip in ("bilsters", "blizters", "bliisters", "blistrs", "blisterss"):
        assert names(f"I see {slip}") == {"blisters"}, slip
    assert names("my cheek is weepiing") == {"weeping"}
    assert names("twisters, misters, sisters, bilzters, lbister") == set()
    assert names("I have never, the lever and fewer") == set()
    assert names("I was injected and then I was blending it") == set()


# What a note raises: as if ticked, never less.


def test_what_a_note_names_counts_as_if_ticked(raised: Raised) -> None:
    assert raised(CIT, {4: {"note": "tiny blisters on my chin"}}) == raised(CIT, {4: {"blisters": "few"}})
    assert raised(CIT, {4: {"note": "blisters near my eye"}}) == {
        "cold_sore.blisters": "same_day",
        "cold_sore.blisters_at_eye": "emergency",
    }
    assert (
        raised(CIT, {4: {"note": "fever 39 and it is spreading"}})["infection.spreading_fever"] == "emergency"
    )


def test_words_join_what_was_ticked(raised: Raised) -> None:
    assert raised(CIT, {4: {"spreading": True, "note": "I have chills"}}) == {
        "infection.spreading_fever": "emergency",
        "infection.spreading": "same_day",
        "infection.chills": "same_day",
    }


def test_a_denied_question_that_the_note_contradicts_counts_as_there_and_says_so(findings: Findings) -> None:
    (found,) = findings(CIT, {4: {"blisters": "none", "note": "Hello. I have tiny blisters here. Thanks"}})
    assert found.row == "cold_sore.blisters"
    assert found.reason == "Few blisters, on day 4 (told in the note)."
    quoted = [line for line in found.evidence if line.item == "note"]
    assert [(line.now, line.text) for line in quoted] == [
        ("I have tiny blisters here", "names blisters, answered none")
    ]


def test_a_grade_is_raised_by_strong_words_and_never_lowered(findings: Findings) -> None:
    def pain(told: dict[str, Any]) -> list[int]:
        return [found.grades["pain"] for found in findings(CIT, {4: told}) if "pain" in found.grades]

    assert pain({"pain": 1, "note": "it hurts so much"})[0] == 3
    (found,) = findings(CIT, {4: {"pain": 1, "note": "it hurts so much"}})
    assert [line.text for line in found.evidence if line.item == "note"] == ["names pain, answered mild"]
    assert pain({"pain": 4, "note": "it hurts so much"}) == [4]
    assert pain({"pain": 4, "note": "pain 1/10, no pain at all"}) == [4]


def test_a_row_that_stood_without_the_note_stands_with_it(raised: Raised) -> None:
    few = raised(CIT, {4: {"pus_spots": "few"}})
    many = raised(CIT, {4: {"pus_spots": "few", "note": "lots of pus spots now"}})
    assert few == {"acne_flare.few_pus_spots": "routine"}
    assert many == few | {"infection.pus_spots": "soon"}


@pytest.mark.parametrize(
    ("language", "note"),
    [
        ("en", "I want to kill myself"),
        ("es", "Me quiero morir"),
        ("pt", "Não quero viver"),
        ("de", "quiero morir"),
    ],
)
def test_words_of_self_harm_are_an_emergency_in_every_language(language: str, note: str) -> None:
    (found,) = judge(default_pack(), speaking(language, {20: {"note": note, "redness": 0}}))
    assert (found.code, found.tier, found.row) == ("note", "emergency", "note.self_harm")
    assert [line.now for line in found.evidence if line.item == "note"] == [note]


def test_thanks_and_small_talk_raise_nothing() -> None:
    for language, note, there in CORPUS:
        if not there:
            assert judge(default_pack(), speaking(language, {4: {"note": note}})) == [], note


def test_a_note_of_an_earlier_day_is_no_finding_of_today(findings: Findings) -> None:
    assert findings(CIT, {3: {"note": "I have blisters and a fever of 39"}, 4: {"redness": 0}}) == []


def test_a_choice_within_a_choice_is_refused_instead_of_never_matching() -> None:
    assert spelled_out("(isn't|not) normal") == [("isnt", "normal"), ("not", "normal")]
    with pytest.raises(ValueError, match="within a choice"):
        spelled_out("(isn't|does not (look|feel)) normal")


def test_a_long_note_is_quoted_in_part(findings: Findings) -> None:
    note = "word " * 100 + "and I have blisters on " + "word " * 100
    (found,) = findings(CIT, {4: {"note": note}})
    (quoted,) = [line.now for line in found.evidence if line.item == "note"]
    assert "I have blisters on" in quoted
    assert len(quoted) < 160
    assert quoted.startswith("…")
    assert quoted.endswith("…")


def test_alarm_beside_a_sign_as_urgent_is_told_once_and_beside_a_lesser_one_as_well(raised: Raised) -> None:
    assert raised(CIT, {4: {"note": "I am scared, it is spreading"}}) == {"infection.spreading": "same_day"}
    assert raised(CIT, {4: {"note": "I am scared, lots of pus spots"}}) == {"infection.pus_spots": "soon"}
    assert raised(CIT, {1: {"note": "I am scared, I have chills"}}) == {"note.worried": "soon"}
    assert raised(CIT, {4: {"note": "I am scared", "spreading": True}}) == {
        "infection.spreading": "same_day",
        "note.worried": "soon",
    }
    assert raised(CIT, {4: {"note": "I am scared, white bumps"}}) == {
        "milia.white_bumps": "routine",
        "note.worried": "soon",
    }
