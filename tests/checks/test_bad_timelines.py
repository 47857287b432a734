"""Bad timelines through `aftercare checks replay`: kept, reported, never a crash, and never an emergency lost."""

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.alerts.replay import load_timelines, replay
from aftercare.checks import default_pack
from aftercare.checks.files import TimelineFileError
from aftercare.checks.oddities import oddities
from aftercare.cli import _commands
from tests.checks.test_properties import ITEMS, JUNK

FRAME = {"id": "odd", "modality": "microneedling", "session_at": "2026-03-03T11:00:00Z"}
UNWELL = {"very_unwell": True}


def file_of(*check_ins: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({**FRAME, "check_ins": list(check_ins), **more}).encode()


def raised(content: bytes) -> list[tuple[int, str, str]]:
    ((timeline, _),) = load_timelines(content)
    return [(line.day, line.check, line.tier) for line in replay(timeline, default_pack())]


def run(folder: Path, content: bytes) -> Result:
    file = folder / "odd.json"
    file.write_bytes(content)
    return CliRunner().invoke(_commands, ["checks", "replay", str(file)])


def test_days_before_the_session_are_judged_as_day_0_and_reported(tmp_path: Path) -> None:
    content = file_of(
        {"day": -3, "answers": {**UNWELL, "swelling": 3}}, {"day": 2, "answers": {"tingling": True}}
    )
    assert raised(content) == [
        (-3, "infection", "emergency"),
        (-3, "swelling", "soon"),
        (2, "cold_sore", "same_day"),
    ]
    result = run(tmp_path, content)
    assert result.exit_code == 0
    assert result.stderr == "odd.json: odd, check-in 1 (day -3) lies before the session: judged as day 0.\n"
    assert [json.loads(line)["check"] for line in result.stdout.splitlines()] == [
        "infection",
        "swelling",
        "cold_sore",
    ]


def test_the_same_check_in_twice_counts_once(tmp_path: Path) -> None:
    mild = {"day": 4, "id": "a", "answers": {"pain": 1}}
    assert raised(file_of(mild, mild)) == raised(file_of(mild)) == []
    result = run(tmp_path, file_of(mild, mild))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "odd.json: odd, check-in 2 (day 4) repeats an earlier one: taken once.\n"


def test_two_check_ins_under_one_id_are_both_judged(tmp_path: Path) -> None:
    content = file_of(
        {"day": 4, "id": "a", "answers": {"pain": 0}},
        {"day": 5, "id": "a", "answers": UNWELL},
        {"day": 6, "id": "a", "answers": {"tingling": True}},
        {"day": 6, "id": "a (2)", "answers": {"lumps": True}},
    )
    assert [check for _, check, _ in raised(content)] == ["infection", "cold_sore", "nodules"]
    ((timeline, _),) = load_timelines(content)
    assert len({one.id for one in timeline.check_ins}) == 4
    assert run(tmp_path, content).stderr.count("both are judged") == 2


def test_answers_of_a_newer_app_are_set_aside_named_and_change_nothing(tmp_path: Path) -> None:
    newer = {"aura": "purple", "pain": 7, "blisters": "hundreds", "a\u001b[2J": 1, **UNWELL}
    content = file_of({"day": 3, "answers": newer, "mood": 4}, heartbeat=[1], patient={"star_sign": "crab"})
    assert (
        raised(content) == raised(file_of({"day": 3, "answers": UNWELL})) == [(3, "infection", "emergency")]
    )
    result = run(tmp_path, content)
    assert result.exit_code == 0
    reported = result.stderr.splitlines()
    for item in ("/aura", "/pain", "/blisters"):
        assert any(f"set aside {item}. " in line for line in reported)
    assert "purple" not in result.stderr
    assert "hundreds" not in result.stderr
    assert "\u001b" not in result.stderr


@pytest.mark.parametrize(
    "content",
    [
        file_of({"day": "three"}),
        file_of({"day": 10**12}),
        file_of({"day": 1, "hours_after": 1e300}),
        file_of({"answers": UNWELL}),
        file_of(modality="peeling"),
        file_of(session_at="2026-03-03T11:00:00"),
        file_of(time_zone="Europe/Nowhere"),
        b"{",
        b"[1]",
    ],
    ids=range(9),
)
def test_a_frame_that_cannot_be_read_is_one_sentence_and_no_traceback(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(TimelineFileError):
        load_timelines(content)
    result = run(tmp_path, content)
    assert result.exit_code == 1
    assert result.exception is not None
    assert not isinstance(result.exception, KeyError | TypeError | ValueError)


JSON = [one for one in JUNK if not (isinstance(one, float) and math.isnan(one))]
odd_answers = st.dictionaries(st.sampled_from([*ITEMS, "made_up", ""]), st.sampled_from(JSON), max_size=5)
odd_check_ins = st.builds(
    lambda day, answers, name: {"day": day, "answers": answers} | ({"id": name} if name else {}),
    st.integers(-400, 400),
    odd_answers,
    st.sampled_from([None, "a", "b", "a (2)"]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(odd_check_ins, max_size=6), st.integers(0, 6), st.integers(-20, 60))
def test_whatever_is_odd_around_it_an_emergency_is_raised(
    check_ins: list[dict[str, Any]], place: int, day: int
) -> None:
    check_ins.insert(place, {"day": day, "id": "a", "answers": UNWELL})
    content = msgspec.json.encode({**FRAME, "check_ins": check_ins})
    first = min(one["day"] for one in check_ins if one["answers"].get("very_unwell") is True)
    assert (first, "infection", "emergency") in raised(content)
    assert all(sentence.startswith("odd, check-in ") for sentence in oddities(content))
