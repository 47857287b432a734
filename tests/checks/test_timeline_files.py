"""A timeline file is read whole, bare or as a case, and what is odd in it is said in sentences that name places only."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from aftercare.checks.files import TimelineFileError, read_timeline
from aftercare.checks.oddities import oddities
from aftercare.model.timeline import Risks, Timeline, TimelineCheckIn, Treatment
from aftercare.model.words import Modality

BARE: dict[str, Any] = {"id": "T1", "modality": "laser_genesis", "session_at": "2026-03-03T11:00:00Z"}
WHOLE: dict[str, Any] = {
    **BARE,
    "time_zone": "Europe/London",
    "patient": {"fitzpatrick": 5, "hsv_history": True, "baseline": {"redness": 2}},
    "session": {"pigment_treated": True, "anaesthetic": "lidocaine"},
    "language": "pt-BR",
    "until_day": 9,
    "check_ins": [
        {"day": 2, "hours_after": 40.5, "id": "a", "answers": {"pain": 2.0, "aura": 1}},
        {"day": 3},
    ],
}
READ = Timeline(
    id="T1",
    modality=Modality.LASER_GENESIS,
    session_at=datetime(2026, 3, 3, 11, tzinfo=UTC),
    time_zone="Europe/London",
    patient=Risks(fitzpatrick=5, hsv_history=True, baseline={"redness": 2}),
    session=Treatment(pigment_treated=True, anaesthetic="lidocaine"),
    check_ins=[
        TimelineCheckIn(day=2, hours_after=40.5, answers={"pain": 2}, id="a"),
        TimelineCheckIn(day=3),
    ],
    language="pt-BR",
    until_day=9,
)


def encoded(content: Any) -> bytes:
    return json.dumps(content).encode()


def test_all_that_a_file_says_is_read_bare_or_as_a_case() -> None:
    assert read_timeline(encoded(WHOLE)) == read_timeline(encoded({"timeline": WHOLE, "expect": {}})) == READ


def test_what_a_file_leaves_out_is_not_known() -> None:
    assert read_timeline(encoded(BARE)) == Timeline(
        id="T1", modality=Modality.LASER_GENESIS, session_at=datetime(2026, 3, 3, 11, tzinfo=UTC)
    )


def test_check_ins_that_share_an_id_are_told_apart_by_the_first_free_number() -> None:
    check_ins = [
        {"day": 1, "id": "a"},
        {"day": 2, "id": "a"},
        {"day": 2, "id": "a (2)"},
        {"day": 3, "id": "a"},
        {"day": 1, "id": "a"},
        {"day": 4},
        {"day": 4},
        {"day": 5, "id": "b"},
        {"day": 6, "id": "b"},
    ]
    read = read_timeline(encoded({**BARE, "check_ins": check_ins})).check_ins
    assert [(one.day, one.id) for one in read] == [
        (1, "a"),
        (2, "a (3)"),
        (2, "a (2)"),
        (3, "a (4)"),
        (4, None),
        (4, None),
        (5, "b"),
        (6, "b (2)"),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (encoded({**BARE, "check_ins": [{"day": "three"}]}), "Expected `int`, got `str` - at `$.check_ins[0].day`."),
        (encoded({"id": "T1"}), "Object missing required field `modality`."),
        (encoded([BARE]), "Expected `object`, got `array`."),
        (b"{", "Input data was truncated."),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_with_the_place_of_the_fault(content: bytes, sentence: str) -> None:
    with pytest.raises(TimelineFileError) as refused:
        read_timeline(content)
    assert str(refused.value) == f"The file is not a timeline: {sentence}"


def test_what_is_odd_is_said_in_the_order_of_the_check_ins() -> None:
    check_ins = [
        {"day": -1, "id": "a", "answers": {"pain": 7}},
        {"day": 2, "answers": {"redness": 1}},
        {"day": 2, "answers": {"redness": 1}},
        {"day": -1, "id": "a", "answers": {"pain": 7}},
        {"day": 0, "id": "a", "answers": {"aura": "purple", "eye": 3}},
        {"day": 4, "answers": [1]},
        {"day": 5},
    ]
    assert oddities(encoded({**BARE, "check_ins": check_ins})) == [
        "T1, check-in 1 (day -1) lies before the session: judged as day 0.",
        "T1, check-in 1 (day -1): set aside /pain. A grade is a whole number from 0 to 4.",
        "T1, check-in 4 (day -1) repeats an earlier one: taken once.",
        "T1, check-in 5 (day 0) has the id of an earlier one and says something else: both are judged.",
        "T1, check-in 5 (day 0): set aside /aura. This item is not part of the instrument.",
        "T1, check-in 5 (day 0): set aside /eye. This item takes a list of: lid_swelling, shut, pain, vision.",
        "T1, check-in 6 (day 4): set aside the answers. The answers are not an object of items.",
    ]


def test_what_is_odd_is_said_of_every_timeline_of_a_list_and_of_none_that_is_not() -> None:
    odd = {**BARE, "id": "T2", "check_ins": [{"day": -2}]}
    sentence = "T2, check-in 1 (day -2) lies before the session: judged as day 0."
    assert oddities(encoded([BARE, {"timeline": odd}, odd])) == [sentence] * 2
    assert oddities(encoded(WHOLE)) == [
        "T1, check-in 1 (day 2): set aside /aura. This item is not part of the instrument."
    ]


def test_what_a_terminal_would_obey_is_written_as_what_it_is() -> None:
    (sentence,) = oddities(encoded({**BARE, "id": "T\u001b[2Jé'1", "check_ins": [{"day": -2}]}))
    assert sentence == "T\\x1b[2Jé'1, check-in 1 (day -2) lies before the session: judged as day 0."
