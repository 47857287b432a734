"""What a synthetic patient answers: a complication over the natural course, and who asks to be called."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from aftercare.care.answering import Recovery, check_ins
from aftercare.care.natural import Course, Skin
from aftercare.care.rates import rates
from aftercare.care.stories import Story
from aftercare.model.timeline import Treatment
from aftercare.model.words import Modality

SESSION_AT = datetime(2026, 3, 9, 10, tzinfo=UTC)
VERY_SORE = Course(peak=4, begins=0.0, peaks=20.0, ends=40.0, mild_from=None, rounding=0.5)
PUNCTUAL = msgspec.structs.replace(
    rates().noise.without_slips(),
    forgets=(0.0,),
    forgets_shares=(1.0,),
    late=0.0,
    stops=0.0,
    item_skipped=0.0,
    item_skipped_by_carer=0.0,
)


def recovery(story: Story, **more: Any) -> Recovery:
    usual: dict[str, Any] = {
        "modality": Modality.MICRONEEDLING,
        "treatment": Treatment(needle_depth_mm=1.0),
        "session_at": SESSION_AT,
        "time_zone": "Europe/London",
        "story": story,
        "onset": 2,
        "silent_from": None,
        "skin": Skin(courses={"pain": VERY_SORE}, own={}, signs=(), hides_redness=False),
        "noise": PUNCTUAL,
        "typical": False,
    }
    return Recovery(**(usual | more))


def test_a_complication_raises_a_grade_and_never_lowers_one() -> None:
    infected = recovery(Story.INFECTION)
    day_2 = infected.true_on(Random(1), 2, SESSION_AT + timedelta(days=2))  # noqa: S311 - a cohort, no secret
    assert day_2["pain"] == 4  # which an infection alone makes 2 on its first day
    assert day_2["warmth"] == 2  # of which this skin says nothing
    assert day_2["spreading"] is True


@pytest.mark.parametrize(
    ("urgent", "typical", "wanted"),
    [(1.0, False, "urgent"), (0.0, False, "can_wait"), (1.0, True, "can_wait")],
)
def test_who_wants_to_be_called_says_so_once_and_as_urgently_as_they_mean_it(
    *, urgent: float, typical: bool, wanted: str
) -> None:
    noise = msgspec.structs.replace(PUNCTUAL, wants_contact_urgent=urgent)
    asking = recovery(Story.CONTACT_REQUEST, noise=noise, typical=typical)
    said = {one.day: one.answers["wants_contact"] for one in check_ins(Random(1), asking)}  # noqa: S311
    assert said == {day: wanted if day == 2 else "no" for day in said}
    assert {0, 1, 2, 3} <= said.keys()
