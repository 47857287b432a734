"""A message is screened as a note is: the same words, the same engine, and it says where they were written."""

import msgspec
import pytest

from aftercare.checks import default_pack, judge
from aftercare.checks.words.screen import SOURCES
from aftercare.model.findings import Finding
from aftercare.model.words import Code, Tier
from tests.checks.conftest import timeline

CIT = "microneedling"


def _said(source: str, text: str, *, day: int = 3, language: str = "en") -> list[Finding]:
    spoken = msgspec.structs.replace(timeline(CIT, {day: {source: text}}), language=language)
    return judge(default_pack(), spoken)


@pytest.mark.parametrize(
    "text",
    [
        "My tongue is swelling",
        "I do not want to live any more",
        "a few blisters on my chin, and fever 38.6",
        "It is worse than yesterday",
        "no blisters, all as you said",
        "May I go swimming?",
    ],
)
def test_a_message_raises_what_the_same_words_raise_in_a_note(text: str) -> None:
    noted, written = _said("note", text), _said("message", text)
    assert [(one.row, one.tier, one.signs) for one in written] == [
        (one.row, one.tier, one.signs) for one in noted
    ]


def test_the_evidence_says_that_it_was_a_message() -> None:
    [told] = _said("message", "Ahora tengo ampollas en el labio", language="es")
    assert told.code is Code.COLD_SORE
    assert told.reason.endswith("(told in the message).")
    quotes = [line for line in told.evidence if line.item in SOURCES]
    assert [line.item for line in quotes] == ["message"]
    assert "ampollas" in quotes[0].now


def test_worry_without_a_sign_is_soon_and_says_so() -> None:
    [told] = _said("message", "Something is wrong")
    assert (told.code, told.tier) == (Code.NOTE, Tier.SOON)
    assert told.reason == "The message is alarmed or says that it gets worse on day 3."


def test_a_long_message_is_screened_to_its_end() -> None:
    filler = "We walked along the river and talked about many things. " * 60
    assert 2000 < len(filler) < 4000 - 40
    assert [one.code for one in _said("message", filler + "I cannot breathe")] == [Code.AIRWAY]


def test_a_message_lowers_nothing_that_a_check_in_of_the_day_says() -> None:
    course = timeline(CIT, {2: {"blisters": "few"}, 3: {"message": "No blisters. It is gone."}})
    assert Code.COLD_SORE in {one.code for one in judge(default_pack(), course)}
