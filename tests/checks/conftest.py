"""Timelines in few words."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from aftercare.care.instrument import load
from aftercare.care.noise import denial
from aftercare.checks import default_pack, judge
from aftercare.model.findings import Finding
from aftercare.model.timeline import Answers, Risks, Timeline, TimelineCheckIn, Treatment
from aftercare.model.words import Modality

Raised = Callable[..., dict[str, str]]


def timeline(
    modality: str, course: dict[int, Answers], *, hours: dict[int, float] | None = None, **known: Any
) -> Timeline:
    """Build a timeline from answers by day; `known` are risks and treatment parameters."""
    treatment = {k: known.pop(k) for k in ("needle_depth_mm", "pigment_treated") if k in known}
    return Timeline(
        id="synthetic",
        modality=Modality(modality),
        session_at=datetime(2026, 3, 3, 11, tzinfo=UTC),
        patient=Risks(**known),
        session=Treatment(**treatment),
        check_ins=[
            TimelineCheckIn(day=day, hours_after=(hours or {}).get(day), answers=answers, id=f"day {day}")
            for day, answers in course.items()
        ],
    )


def filled(course: dict[int, Answers]) -> dict[int, Answers]:
    """Answer and deny every other question in each check-in, so that a case is told by somebody who leaves nothing out.

    What is asked elsewhere in the course stays as it is told; so does a question that a place or a cluster stands for.
    """
    asked = {key for answers in course.values() for key in answers}
    asked |= {sign for answers in course.values() for sign in answers.get("sites", {})}
    asked |= {"blisters"} if "grouped" in asked else set()
    denials = {item.key: denial(item) for item in load().items if item.key not in asked}
    return {
        day: {**{key: no for key, no in denials.items() if no is not None}, **answers}
        for day, answers in course.items()
    }


@pytest.fixture(params=["sparse", "every item answered"])
def told(request: pytest.FixtureRequest) -> Callable[[dict[int, Answers]], dict[int, Answers]]:
    """A course as it is, and the same with everything else asked and denied."""
    return filled if request.param == "every item answered" else dict


@pytest.fixture
def findings() -> Callable[..., list[Finding]]:
    """Give the findings of the last check-in of a course."""

    def run(modality: str, course: dict[int, Answers], **known: Any) -> list[Finding]:
        line = timeline(modality, course, **known)
        last = max(course)
        return [finding for finding in judge(default_pack(), line) if finding.day == last]

    return run


@pytest.fixture
def raised(findings: Callable[..., list[Finding]]) -> Raised:
    """Give the rows that the last check-in of a course raises, each with its tier."""

    def run(modality: str, course: dict[int, Answers], **known: Any) -> dict[str, str]:
        return {finding.row: finding.tier.value for finding in findings(modality, course, **known)}

    return run
