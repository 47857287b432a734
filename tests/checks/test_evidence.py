"""Every finding says what it rests on: answers now and then, the day's range, the rule's numbers and source, the version.

Walks the named cases of levels and signs, so that every row of the pack is looked at.
"""

from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

import msgspec
import pytest

from aftercare.care.instrument import Kind, load
from aftercare.checks import clinic_pack, default_pack, expected, judge
from aftercare.checks.pack import RulePack
from aftercare.checks.sources import RULE, sources
from aftercare.model.findings import Evidence, Finding
from aftercare.model.timeline import Answers
from aftercare.model.words import Modality
from tests.checks.conftest import timeline
from tests.checks.test_level_rows import LEVELS
from tests.checks.test_sign_rows import SIGNS

Case = tuple[str, str, dict[int, Answers], dict[str, Any]]
PACK = default_pack()
GRADED = {item.key for item in load().items if item.kind is Kind.GRADE}
ASKED = {item.key for item in load().items}
NOTES: list[Case] = [
    ("wants to die", "microneedling", {3: {"note": "I want to die"}}, {}),
    ("something is wrong", "microneedling", {3: {"note": "Something is wrong"}}, {}),
]
CASES: list[Case] = [
    *(
        (f"{name} ({modality})", modality, course, known)
        for name, modality, course, known, _ in (*LEVELS, *SIGNS)
    ),
    *NOTES,
]


def fired(case: Case) -> Iterator[tuple[Finding, dict[int, Answers], dict[str, Any]]]:
    _, modality, course, known = case
    for finding in judge(PACK, timeline(modality, course, **known)):
        yield finding, course, known


def number(pack: RulePack, name: str) -> float:
    """A number of the pack by its path, read on its own."""
    *path, last = name.split(".")
    if last in {"from", "to"}:
        pair = reduce(getattr, path, pack)
        return float(pair[0 if last == "from" else 1])  # type: ignore[index]
    return float(getattr(reduce(getattr, path, pack), last))


def rule_of(finding: Finding) -> Evidence:
    (line,) = (line for line in finding.evidence if line.item == RULE)
    return line


def test_every_row_of_the_pack_is_looked_at_here() -> None:
    assert {finding.row for case in CASES for finding, _, _ in fired(case)} == set(PACK.rows)


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_a_finding_names_day_version_source_and_numbers(case: Case) -> None:
    for finding, course, _ in fired(case):
        line = rule_of(finding)
        assert finding.evidence[-1] is line  # what the patient said comes first
        assert (line.now, line.text) == (finding.row, sources()[finding.row].source)
        assert line.numbers == {name: number(PACK, name) for name in line.numbers}
        assert set(sources()[finding.row].numbers) == {
            name.removesuffix(".from").removesuffix(".to") for name in line.numbers
        }
        assert finding.version == PACK.version
        assert finding.day in course


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_a_finding_names_the_answers_now_and_then_and_the_range_of_the_day(case: Case) -> None:
    _, modality, _, known = case
    for finding, course, _ in fired(case):
        said = course[finding.day]
        lines = [line for line in finding.evidence if line.item in ASKED and line.now is not None]
        assert lines, finding.row
        for line in lines:
            assert line.now == said.get(line.item, line.now)
            # The newest earlier answer of another day; pairs and rises also name the one that they compare with.
            earlier = [day for day in course if day < finding.day and line.item in course[day]]
            if earlier:
                assert line.before_day in earlier
                assert line.before == course[line.before_day][line.item]
            if line.item in GRADED and not line.numbers and not line.text:
                baseline = (known.get("baseline") or {}).get(line.item, 0)
                assert line.expected == expected(
                    PACK, Modality(modality), line.item, finding.day,
                    needle_depth_mm=known.get("needle_depth_mm"), baseline=baseline,
                )  # fmt: skip


def test_the_newest_earlier_answer_is_the_one_beside_the_answer_now(
    findings: Callable[..., list[Finding]],
) -> None:
    found = findings("microneedling", {3: {"pain": 0}, 6: {"pain": 1}, 7: {}, 8: {"pain": 3}})
    assert [one.row for one in found] == ["pain.severe", "pain.rebound"]
    assert {(one.evidence[0].before, one.evidence[0].before_day) for one in found} == {(1, 6)}


def test_a_sign_that_was_only_placed_says_so_and_what_it_counts_as(
    findings: Callable[..., list[Finding]],
) -> None:
    course: list[tuple[Answers, object]] = [
        ({"sites": {"tingling": ["chin"]}}, True),
        ({"sites": {"hives": ["cheek"]}}, "treated_area"),
        ({"grouped": True}, "few"),
    ]
    for said, counts_as in course:
        line = findings("microneedling", {3: said})[0].evidence[0]
        assert line.now == counts_as
        assert line.text.endswith("; the question itself was not answered")


def test_two_in_a_row_names_the_other_of_the_pair_where_something_stands_between(
    findings: Callable[..., list[Finding]],
) -> None:
    course = {5: {"pain": 1}, 6: {"pain": 0}, 7: {"pain": 1}}
    (found,) = findings("microneedling", course)
    pair = next(line for line in found.evidence if line.before_day == 5)
    assert (found.row, pair.before, pair.text) == ("pain.mild", 1, "above the 0 expected of that day as well")
    assert found.evidence[0].before_day == 6


def test_what_was_there_before_treatment_is_said_with_what_of_it_is_taken_off(
    findings: Callable[..., list[Finding]],
) -> None:
    (found,) = findings("microneedling", {9: {"redness": 3}, 10: {"redness": 3}}, baseline={"redness": 2})
    own = next(line for line in found.evidence if line.text == "own skin before treatment, taken off")
    assert (own.item, own.before, own.numbers) == ("redness", 2, {"baseline.at_most": 2.0})
    assert found.evidence[0].expected == 2


def test_a_clinics_own_numbers_and_version_stand_in_its_evidence() -> None:
    pack, faults = clinic_pack.changed(PACK, {"swelling": {"mild_from_day": 5}}, number=3)
    assert not faults
    (found,) = judge(pack, timeline("microneedling", {5: {"swelling": 1}}))
    assert found.version == "default-1+3"
    assert rule_of(found).numbers["swelling.mild_from_day"] == 5


def test_each_number_that_decides_is_named_by_some_row() -> None:
    named = {name for one in sources().values() for name in one.numbers}
    decide = {
        f"{section}.{name}"
        for section in ("fever", "course", "pain", "swelling", "warmth", "redness", "dermatitis", "signs")
        for name in getattr(PACK, section).__struct_fields__
    }
    # These two never raise by themselves: they make notes beside a grade.
    assert decide - named == {"course.new_after_day", "course.plateau_days"}


def test_no_source_is_of_a_row_that_is_not() -> None:
    ours = {row for row in sources() if not row.startswith(("silence.", "note."))}
    assert ours == {row for row in PACK.rows if not row.startswith("note.")}
    assert {row for row in PACK.rows if row.startswith("note.")} <= set(sources())


def test_a_file_of_evidence_from_before_sources_is_still_read() -> None:
    old = b'{"code":"pain","tier":"soon","row":"pain.moderate","day":3,"reason":"Pain.","evidence":[{"item":"pain","now":2,"expected":1}]}'
    assert msgspec.json.decode(old, type=Finding).evidence[0].expected == 1
