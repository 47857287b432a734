"""Every named case beside its twin: the same person, who denies what the row rests on, raises that row no more."""

from collections.abc import Callable
from typing import Any

import pytest

from aftercare.care.instrument import load
from aftercare.care.noise import denial
from aftercare.checks import default_pack
from aftercare.model.findings import Finding
from tests.checks.test_level_rows import LEVELS
from tests.checks.test_sign_rows import SIGNS

ITEMS = {item.key: item for item in load().items}
CASES = [case for case in (*LEVELS, *SIGNS) if case[4]]


def twin_of(answers: dict[str, Any], found: Finding) -> dict[str, Any]:
    """Deny what a finding rests on; a temperature is simply not taken."""
    rests_on = {line.item for line in found.evidence} & set(ITEMS)
    kept = {key: value for key, value in answers.items() if key not in rests_on}
    denials = {key: denial(ITEMS[key]) for key in rests_on}
    return {**kept, **{key: no for key, no in denials.items() if no is not None}}


@pytest.mark.parametrize(
    ("what", "modality", "course", "known", "rows"), CASES, ids=[case[0] for case in CASES]
)
def test_who_denies_what_a_row_rests_on_does_not_raise_it(
    findings: Callable[..., list[Finding]],
    what: str,
    modality: str,
    course: dict[int, dict[str, Any]],
    known: dict[str, Any],
    rows: dict[str, str],
) -> None:
    last = max(course)
    found = findings(modality, course, **known)
    assert {one.row for one in found} == set(rows)
    for one in found:
        twin = {**course, last: twin_of(course[last], one)}
        assert one.row not in {other.row for other in findings(modality, twin, **known)}


def test_every_row_has_such_a_twin() -> None:
    without_a_note = {row for row in default_pack().rows if not row.startswith("note.")}
    assert without_a_note <= {row for case in CASES for row in case[4]}
