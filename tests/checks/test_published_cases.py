"""Published courses as timelines, with what they must raise (format: design.md 4)."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from aftercare.checks import default_pack, judge
from aftercare.checks.files import TimelineFileError, read_timeline
from aftercare.model.words import Code, Tier

HERE = Path(__file__).parent / "cases"
BESIDE = (
    Path(__file__).parents[3] / "shared" / "cases"
)  # newer ones, where the project's shared folder is there


def cases() -> list[Path]:
    newest = {path.name: path for folder in (HERE, BESIDE) for path in sorted(folder.glob("*.json"))}
    return list(newest.values())


@pytest.mark.parametrize("path", cases(), ids=lambda path: path.stem)
def test_a_published_course_raises_what_it_must(path: Path) -> None:
    raw = path.read_bytes()
    expect: dict[str, Any] = msgspec.json.decode(raw)["expect"]
    findings = [f for f in judge(default_pack(), read_timeline(raw)) if f.code is not Code.SILENCE]
    if "at_most" in expect:
        highest = max((f.tier.rank for f in findings), default=-1)
        assert highest <= (Tier(expect["at_most"]).rank if expect["at_most"] else -1)
        return
    enough = [
        f
        for f in findings
        if f.day <= expect["flag_by"]
        and f.tier.rank >= Tier(expect["at_least"]).rank
        and (expect["checks"] is None or f.code in expect["checks"])
    ]
    assert enough


def test_there_are_cases_of_both_kinds() -> None:
    kinds = ["at_most" in msgspec.json.decode(path.read_bytes())["expect"] for path in cases()]
    assert kinds.count(True) >= 5
    assert kinds.count(False) >= 9


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'"x"', b'{"timeline": 3}', b'{"id": "x"}', b"\xff\xfe", b"[" * 100_000], ids=range(7)
)
def test_a_file_that_is_no_timeline_is_refused_in_one_sentence(raw: bytes) -> None:
    with pytest.raises(TimelineFileError, match=r"^The file is not a timeline: "):
        read_timeline(raw)


def test_the_answers_of_a_file_are_read_by_the_instrument() -> None:
    raw = b'{"id": "x", "modality": "microneedling", "session_at": "2026-03-03T11:00:00Z", "check_ins": [{"day": 2, "answers": {"pain": 9, "tingling": true}}]}'
    assert read_timeline(raw).check_ins[0].answers == {"tingling": True}
