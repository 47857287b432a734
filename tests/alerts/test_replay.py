import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.alerts.replay import Expect, Line, load_timelines, meets, named_hours, replay
from aftercare.checks import default_pack
from aftercare.checks.files import TimelineFileError
from aftercare.model.timeline import Timeline
from aftercare.model.words import Code, Tier

BARE: dict[str, Any] = {"id": "T1", "modality": "microneedling", "session_at": "2026-03-03T11:00:00+00:00"}


def timeline(*check_ins: dict[str, Any], **more: Any) -> Timeline:
    ((one, _),) = load_timelines(json.dumps({**BARE, "check_ins": check_ins, **more}).encode())
    return one


def run(*check_ins: dict[str, Any], **more: Any) -> list[tuple[int, Code, Tier]]:
    return [
        (line.day, line.check, line.tier) for line in replay(timeline(*check_ins, **more), default_pack())
    ]


def test_an_uneventful_course_says_nothing() -> None:
    assert run({"day": 0, "answers": {"redness": 3}}, {"day": 1, "answers": {"redness": 2}}) == []


def test_a_prodrome_is_one_line_however_often_it_is_reported() -> None:
    assert run(*({"day": day, "answers": {"tingling": True}} for day in (2, 3, 4))) == [
        (2, Code.COLD_SORE, Tier.SAME_DAY)
    ]


def test_a_cold_sore_that_reaches_the_eye_is_escalated_in_its_own_line() -> None:
    lines = run(
        {"day": 2, "answers": {"tingling": True}},
        {"day": 3, "answers": {"blisters": "few", "sites": {"blisters": ["around_eye"]}}},
    )
    assert [line for line in lines if line[1] is Code.COLD_SORE] == [
        (2, Code.COLD_SORE, Tier.SAME_DAY),
        (3, Code.COLD_SORE, Tier.EMERGENCY),
    ]


def test_check_ins_are_taken_in_the_order_of_their_own_time() -> None:
    late_first = [{"day": 3, "answers": {"tingling": True}}, {"day": 2, "answers": {"spreading": True}}]
    assert [line[0] for line in run(*late_first)] == [2, 3]


def test_a_line_carries_its_evidence_and_the_version_of_the_pack() -> None:
    (line,) = replay(timeline({"day": 2, "answers": {"tingling": True}}), default_pack())
    assert line.id == "T1"
    assert [one.item for one in line.evidence] == ["tingling", "rule"]
    assert line.version
    assert line.reason


def test_a_bare_timeline_a_case_and_a_list_of_both_are_read() -> None:
    case = {"timeline": BARE, "expect": {"at_most": None}, "source": "constructed", "note": ""}
    read = load_timelines(json.dumps([BARE, case]).encode())
    assert [one.id for one, _ in read] == ["T1", "T1"]
    assert [expect for _, expect in read] == [None, Expect(at_most=None)]
    # Only beside a timeline is it what a case expects.
    ((_, expect),) = load_timelines(json.dumps({**BARE, "expect": {"at_most": None}}).encode())
    assert expect is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"7", "Expected `object`"),
        (b'[{"id": "x"}]', "Entry 1"),
        (json.dumps({**BARE, "session_at": "2026-03-03T11:00:00"}).encode(), "offset"),
        (json.dumps({**BARE, "session_at": "9999-12-31T11:00:00Z"}).encode(), "between 1900 and 2200"),
        (json.dumps({**BARE, "time_zone": "Mars/Olympus"}).encode(), "time_zone"),
        (json.dumps({**BARE, "time_zone": "../../etc/passwd"}).encode(), "time_zone"),
        (json.dumps({**BARE, "check_ins": [{"day": "two"}]}).encode(), r"check_ins\[0\].day"),
        (json.dumps({**BARE, "check_ins": [{"day": 10**9}]}).encode(), "within a century"),
        (json.dumps({"timeline": BARE, "expect": {"flag_bye": 3}}).encode(), "flag_bye"),
        (json.dumps({"timeline": BARE, "expect": {}}).encode(), "flag_by or at_most"),
    ],
)
def test_what_is_no_timeline_is_refused_in_one_sentence(content: bytes, says: str) -> None:
    with pytest.raises(TimelineFileError, match=says) as refused:
        load_timelines(content)
    assert "\n" not in refused.value.detail


WHEN = "session_at must carry an offset, such as +00:00, and lie between 1900 and 2200."
ZONE = "There is no such time_zone; write one like Europe/Berlin."
CENTURY = "Days must lie within a century of the session."
NEEDS = "What the case expects needs flag_by or at_most."


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"session_at": "1900-01-01T00:00:00Z"}, None),
        ({"session_at": "1899-12-31T23:59:59Z"}, WHEN),
        ({"session_at": "2200-12-31T00:00:00Z"}, None),
        ({"session_at": "2201-01-01T00:00:00Z"}, WHEN),
        ({"session_at": "2026-03-03T11:00:00"}, WHEN),
        ({"time_zone": "Mars/Olympus"}, ZONE),
        ({"check_ins": [{"day": 36_500}, {"day": -36_500}]}, None),
        ({"check_ins": [{"day": 1}, {"day": 36_501}]}, CENTURY),
        ({"check_ins": [{"day": -36_501}]}, CENTURY),
        ({"check_ins": [{"day": 1, "hours_after": 24 * 36_500 + 1}]}, CENTURY),
        ({"until_day": 0}, None),
        ({"until_day": 36_500}, None),
        ({"until_day": -1}, CENTURY),
        ({"until_day": 36_501}, CENTURY),
    ],
)
def test_a_timeline_that_would_fail_in_the_middle_is_refused_with_the_very_bound(
    more: dict[str, Any], says: str | None
) -> None:
    assert refused_for({**BARE, **more}) == says


def refused_for(entry: Any) -> str | None:
    try:
        load_timelines(json.dumps(entry).encode())
    except TimelineFileError as refused:
        return refused.detail
    return None


def test_what_is_wrong_with_an_entry_says_which_one_and_with_its_expectation_what() -> None:
    later = {**BARE, "session_at": "2201-01-01T00:00:00Z"}
    assert refused_for([BARE, later, later]) == f"Entry 2: {WHEN}"
    assert refused_for({"timeline": BARE, "expect": {}}) == NEEDS
    for enough in ({"flag_by": 0}, {"at_most": None}, None):
        assert refused_for({"timeline": BARE, "expect": enough}) is None
    misspelt = refused_for({"timeline": BARE, "expect": {"flag_bye": 3}})
    assert misspelt is not None
    assert misspelt.startswith("What the case expects is not understood: Object contains unknown field")


def test_what_was_raised_together_carries_all_of_its_evidence_the_leads_first() -> None:
    said = {"day": 3, "answers": {"spreading": True, "yellow_crust": True, "redness": 3}}
    (infection,) = [one for one in replay(timeline(said), default_pack()) if one.check is Code.INFECTION]
    assert {"spreading", "yellow_crust"} <= {one.item for one in infection.evidence}
    alone = replay(timeline({"day": 3, "answers": {"spreading": True}}), default_pack())
    assert len(infection.evidence) > len(next(one for one in alone if one.check is Code.INFECTION).evidence)


def test_answers_at_one_hour_are_told_apart_by_their_place_in_the_file() -> None:
    names = named_hours(timeline({"day": 2}, {"day": 3, "hours_after": 70.5, "id": "c9"}, {"day": 4}))
    assert names == [("check-in 0001", 48.0), ("c9", 70.5), ("check-in 0003", 96.0)]


def line(day: int, check: Code, tier: Tier) -> Line:
    return Line(id="T1", day=day, check=check, tier=tier, reason="", evidence=(), version="1")


@pytest.mark.parametrize(
    ("expect", "met"),
    [
        (Expect(flag_by=3, at_least=Tier.SAME_DAY), True),
        (Expect(flag_by=2, at_least=Tier.SAME_DAY), False),
        (Expect(flag_by=3, at_least=Tier.EMERGENCY), False),
        (Expect(flag_by=3, checks=(Code.COLD_SORE,)), True),
        (Expect(flag_by=3, checks=(Code.MILIA,)), False),
        (Expect(at_most=Tier.SAME_DAY), True),
        (Expect(at_most=Tier.SOON), False),
        (Expect(at_most=None), False),
    ],
)
def test_a_case_is_met_by_day_tier_and_check(expect: Expect, *, met: bool) -> None:
    assert meets(expect, [line(3, Code.COLD_SORE, Tier.SAME_DAY), line(4, Code.PAIN, Tier.ROUTINE)]) is met


def test_silence_does_not_count_for_a_case() -> None:
    assert meets(Expect(at_most=None), [line(3, Code.SILENCE, Tier.SOON)])
    assert not meets(Expect(flag_by=3), [line(3, Code.SILENCE, Tier.SOON)])


CASES = sorted((Path(__file__).parents[1] / "checks" / "cases").glob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_published_course_gives_what_its_case_expects(path: Path) -> None:
    ((one, expect),) = load_timelines(path.read_bytes())
    assert expect is not None
    assert meets(expect, replay(one, default_pack()))


answers = st.fixed_dictionaries(
    {},
    optional={
        "swelling": st.integers(0, 4),
        "pain": st.integers(0, 4),
        "redness": st.integers(0, 4),
        "tingling": st.booleans(),
        "blisters": st.sampled_from(("none", "few", "many")),
        "spreading": st.booleans(),
        "breathing_or_tongue": st.booleans(),
    },
)
courses = st.dictionaries(st.integers(0, 20), answers, min_size=1, max_size=8).map(
    lambda by_day: [{"day": day, "answers": given_, "id": f"day {day}"} for day, given_ in by_day.items()]
)


@given(course=courses, order=st.randoms(use_true_random=False))
def test_the_order_in_which_a_file_lists_check_ins_does_not_matter(
    course: list[dict[str, Any]], order: Random
) -> None:
    shuffled = course.copy()
    order.shuffle(shuffled)
    assert run(*shuffled) == run(*course)


@given(course=courses)
def test_what_comes_later_adds_lines_and_never_takes_one_back(course: list[dict[str, Any]]) -> None:
    course.sort(key=lambda check_in: int(check_in["day"]))
    whole = run(*course)
    for length in range(len(course)):
        said = run(*course[:length])
        assert whole[: len(said)] == said


@given(course=courses)
def test_a_code_is_raised_once_and_then_only_rises(course: list[dict[str, Any]]) -> None:
    tiers: dict[Code, Tier] = {}
    for _, check, tier in run(*course):
        assert check not in tiers or tier.rank > tiers[check].rank
        tiers[check] = tier


def silences(*check_ins: dict[str, Any], **more: Any) -> list[tuple[int, Tier]]:
    return [(day, tier) for day, check, tier in run(*check_ins, **more) if check is Code.SILENCE]


FINE = {"redness": 1, "pain": 0}


def test_without_an_end_silence_is_not_judged() -> None:
    assert silences({"day": 0, "answers": FINE}, patient={"hsv_history": True}) == []


def test_a_patient_with_cold_sores_before_who_falls_silent_is_raised_the_day_after_the_next() -> None:
    heard = {"day": 0, "answers": FINE, "hours_after": 9}
    assert silences(heard, patient={"hsv_history": True}, until_day=1) == []
    assert silences(heard, patient={"hsv_history": True}, until_day=2) == [(1, Tier.SOON)]


def test_low_risk_silence_is_a_call_and_no_alert() -> None:
    assert silences({"day": 0, "answers": FINE}, until_day=10) == []


def test_silence_after_an_open_alert_has_that_alerts_tier() -> None:
    prodrome = {"day": 2, "answers": {"tingling": True}}
    assert silences(prodrome, until_day=2) == []
    assert silences(prodrome, until_day=3) == [(3, Tier.SAME_DAY)]


def test_a_check_in_that_says_nothing_is_silence_too() -> None:
    empty: list[dict[str, Any]] = [{"day": day, "answers": {}} for day in (1, 2, 3)]
    heard = {"day": 0, "answers": FINE, "hours_after": 9}
    assert silences(heard, *empty, patient={"hsv_history": True}, until_day=3) == [(1, Tier.SOON)]


def test_whoever_answers_every_day_is_never_silent() -> None:
    daily = [{"day": day, "answers": FINE, "hours_after": 24 * day + 1} for day in range(8)]
    assert silences(*daily, patient={"immunosuppressed": True}, until_day=7) == []


@pytest.mark.parametrize("time_zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_silence_ends_with_the_day_where_the_patient_lives(time_zone: str) -> None:
    heard = {"day": 0, "answers": FINE, "hours_after": 9}
    lives = {"patient": {"hsv_history": True}, "time_zone": time_zone}
    assert silences(heard, **lives, until_day=1) == []
    assert silences(heard, **lives, until_day=2) == [(1, Tier.SOON)]


def test_after_laser_on_dark_skin_one_miss_is_an_alert() -> None:
    heard = {"day": 0, "answers": FINE, "hours_after": 9}
    dark = {"patient": {"fitzpatrick": 5}, "until_day": 2}
    assert silences(heard, modality="laser_genesis", **dark) == [(1, Tier.SOON)]
    assert silences(heard, modality="microneedling", **dark) == []


def test_who_answers_before_the_reminder_leaves_has_answered_that_day() -> None:
    early = [{"day": day, "answers": FINE, "hours_after": 24 * day - 4} for day in (1, 2, 3)]
    heard = {"day": 0, "answers": FINE, "hours_after": 9}
    assert silences(heard, *early, patient={"hsv_history": True}, until_day=4) == []
    assert silences(heard, *early, patient={"hsv_history": True}, until_day=5) == [(4, Tier.SOON)]


def test_who_writes_unasked_on_the_day_after_a_miss_is_not_silent() -> None:
    daily = [{"day": day, "answers": FINE, "hours_after": 24 * day + 1} for day in range(7)]
    unasked = {"day": 8, "answers": FINE}
    assert silences(*daily, unasked, patient={"hsv_history": True}, until_day=8) == []
    assert silences(*daily, patient={"hsv_history": True}, until_day=8) == [(7, Tier.SOON)]


@pytest.mark.parametrize(("minutes_late", "told"), [(0, []), (1, [(3, Tier.SAME_DAY)])])
def test_an_answer_at_the_very_end_of_the_twelve_hours_is_in_time(
    minutes_late: int, told: list[tuple[int, Tier]]
) -> None:
    """The check-in of day 3 falls due at 09:00, 70 hours after the session."""
    prodrome = {"day": 2, "answers": {"tingling": True}}
    answer = {"day": 3, "answers": FINE, "hours_after": 70 + 12 + minutes_late / 60}
    assert silences(prodrome, answer, until_day=3) == told


def test_after_a_lump_on_day_42_the_check_in_of_day_90_is_awaited() -> None:
    asked = (0, 1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 28)
    daily = [{"day": day, "answers": FINE} for day in asked]
    lump = {"day": 42, "answers": {"lumps": True}}
    assert silences(*daily, lump, until_day=89) == []
    assert silences(*daily, lump, until_day=90) == [(90, Tier.SOON)]
