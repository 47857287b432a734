"""Which check-ins are judged, what counts as earlier, and what of a note is heard."""

from datetime import UTC, datetime

import msgspec
import pytest

from aftercare.checks import default_pack, judge
from aftercare.model.findings import Finding
from aftercare.model.timeline import Answers, Risks, Timeline, TimelineCheckIn, Treatment
from aftercare.model.words import Code, Modality
from tests.checks.conftest import timeline

CIT = "microneedling"
COURSE: dict[int, Answers] = {
    2: {"spreading": True},
    3: {"tingling": True},
    4: {"tingling": True, "white_bumps": True},
}


def said(line: Timeline, **which: str | float | frozenset[Code] | None) -> list[tuple[int, str]]:
    found = judge(default_pack(), line, **which)  # type: ignore[arg-type]
    return [(finding.day, finding.row) for finding in found]


def at_hours(*told: tuple[float, Answers]) -> Timeline:
    """Check-ins at these hours after a session at midnight."""
    return Timeline(
        id="synthetic",
        modality=Modality.MICRONEEDLING,
        session_at=datetime(2026, 3, 3, tzinfo=UTC),
        patient=Risks(),
        session=Treatment(),
        check_ins=[
            TimelineCheckIn(day=int(hours // 24), hours_after=hours, answers=answers, id=f"at {hours:g}")
            for hours, answers in told
        ],
    )


ALL = [
    (2, "infection.spreading"),
    (3, "cold_sore.tingling"),
    (4, "cold_sore.tingling"),
    (4, "milia.white_bumps"),
]


@pytest.mark.parametrize(
    ("since", "judged"),
    [
        (None, ALL),
        ("day 2", ALL),
        ("day 3", ALL[1:]),
        ("day 4", ALL[2:]),
        ("not in the timeline", ALL),
        (72.0, ALL[1:]),
        (72.5, ALL[2:]),
        (97, []),
    ],
)
def test_only_what_came_since_is_judged(since: str | float | None, judged: list[tuple[int, str]]) -> None:
    assert said(timeline(CIT, COURSE), since=since) == judged


def test_what_came_before_is_context_for_what_is_judged() -> None:
    (last, _) = judge(default_pack(), timeline(CIT, COURSE), since="day 4")
    assert last.reason == "Tingling in one spot, also the day before."


def test_of_an_older_session_only_the_late_signs_are_asked_for() -> None:
    assert said(timeline(CIT, COURSE), codes=frozenset({Code.MILIA})) == [(4, "milia.white_bumps")]
    assert said(timeline(CIT, COURSE), codes=frozenset()) == []


def test_two_check_ins_of_one_day_are_no_two_in_a_row() -> None:
    assert said(at_hours((100, {"pain": 1}), (112, {"pain": 1}))) == []
    assert said(at_hours((100, {"pain": 1}), (124, {"pain": 1}))) == [(5, "pain.mild")]


@pytest.mark.parametrize(("apart", "rises"), [(11.9, False), (12, True)])
def test_within_one_date_a_rise_is_counted_from_twelve_hours_on(apart: float, *, rises: bool) -> None:
    rows = [row for _, row in said(at_hours((73, {"warmth": 0}), (73 + apart, {"warmth": 2})))]
    assert ("infection.warmth_rise" in rows) is rises


def test_a_rise_is_counted_from_either_of_two_that_were_equally_low_the_day_before() -> None:
    assert (4, "pain.rise") in said(at_hours((74, {"pain": 0}), (80, {"pain": 0}), (100, {"pain": 2})))


@pytest.mark.parametrize(
    ("morning", "sentence"),
    [
        (False, "Tingling in one spot, new since earlier that day."),
        (True, "Tingling in one spot, on day 3, said before."),
    ],
)
def test_what_was_said_twice_on_one_day_is_told_as_of_that_day(*, morning: bool, sentence: str) -> None:
    told = at_hours((80, {"tingling": morning}), (90, {"tingling": True}))
    assert judge(default_pack(), told)[-1].reason == sentence


def test_two_sets_of_answers_of_one_instant_are_no_course() -> None:
    edited = at_hours((120, {"pain": 0}), (120, {"pain": 2}))
    assert said(edited) == [(5, "pain.moderate")]


def test_a_check_in_without_an_id_is_named_by_its_place_in_time() -> None:
    told: list[tuple[int, float | None]] = [(3, None), (3, 70.5), (3, 72), (3, 72), (2, 70.5), (4, None)]
    line = msgspec.structs.replace(
        timeline(CIT, {}),
        check_ins=[
            TimelineCheckIn(day=day, hours_after=hours, answers={"tingling": True}) for day, hours in told
        ],
    )
    assert [finding.check_in for finding in judge(default_pack(), line)] == [
        "day-2-hour-70.5-2",
        "day-3-hour-70.5",
        "day-3-hour-72",
        "day-3-hour-72-2",
        "day-3-hour-72-3",
        "day-4-hour-96",
    ]


def test_what_came_at_one_instant_is_judged_in_the_order_of_its_ids() -> None:
    line = msgspec.structs.replace(
        timeline(CIT, {}),
        check_ins=[TimelineCheckIn(day=3, answers={"tingling": True}, id=name) for name in ("b", "c", "a")],
    )
    assert [finding.check_in for finding in judge(default_pack(), line)] == ["a", "b", "c"]


def test_a_note_that_is_no_text_is_not_heard() -> None:
    assert said(timeline(CIT, {3: {"note": 5, "tingling": True}})) == [(3, "cold_sore.tingling")]


def test_what_only_the_note_says_joins_the_sentence_of_the_row_that_fires_anyway() -> None:
    ticked = {"swollen_glands": True, "spreading": True}

    def glands(answers: Answers) -> Finding:
        found = judge(default_pack(), timeline(CIT, {3: answers}))
        return next(one for one in found if one.row == "infection.glands_with_signs")

    assert glands(ticked).reason == "Swollen glands with an area getting bigger, on day 3."
    assert glands({**ticked, "note": "I have chills"}).reason == (
        "Swollen glands with an area getting bigger and chills, on day 3 (told in the note)."
    )
