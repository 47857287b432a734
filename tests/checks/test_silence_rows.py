"""Every row of silence by a course of its own beside its harmless twin, told sparsely and with every item answered."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from aftercare.alerts.replay import replay
from aftercare.checks import default_pack
from aftercare.model.timeline import Answers
from aftercare.model.words import Code
from tests.checks.conftest import timeline

CIT, LASER = "microneedling", "laser_genesis"
FINE: Answers = {"redness": 0}
Course = dict[int, Answers]

# what | modality | what was said, by day | until which day | what is known | days and tiers of silence
ROWS: list[tuple[str, str, Course, int, dict[str, Any], list[tuple[int, str]]]] = [
    ("cold sores before, day 1 missed, day 2 too", CIT, {0: FINE}, 2, {"hsv_history": True}, [(1, "soon")]),
    ("the same, before the next day has ended", CIT, {0: FINE}, 1, {"hsv_history": True}, []),
    ("the same, who answers on day 2", CIT, {0: FINE, 2: FINE}, 2, {"hsv_history": True}, []),
    ("nothing known of risk: a call, no alert", CIT, {0: FINE}, 7, {}, []),
    ("cold sores denied", CIT, {0: FINE}, 7, {"hsv_history": False}, []),
    ("weak immune defence", CIT, {0: FINE}, 2, {"immunosuppressed": True}, [(1, "soon")]),
    ("diabetes alone is no such risk", CIT, {0: FINE}, 7, {"diabetes": True}, []),
    ("laser on skin type IV", LASER, {0: FINE}, 2, {"fitzpatrick": 4}, [(1, "soon")]),
    ("laser on skin type III", LASER, {0: FINE}, 7, {"fitzpatrick": 3}, []),
    ("needling on skin type IV", CIT, {0: FINE}, 7, {"fitzpatrick": 4}, []),
    (
        "at risk, day 10 missed: later than day 7 nobody waits",
        CIT,
        dict.fromkeys(range(8), FINE),
        13,
        {"hsv_history": True},
        [],
    ),
    ("silent after a same-day alert", CIT, {2: {"tingling": True}}, 3, {}, [(3, "same_day")]),
    ("silent after an alert of soon", CIT, {3: {"swelling": 2}}, 4, {}, [(4, "soon")]),
    ("silent after a routine alert", CIT, {3: {"pus_spots": "few"}}, 4, {}, []),
    ("who answers after the alert", CIT, {2: {"tingling": True}, 3: FINE}, 3, {}, []),
    ("who says nothing at all after the alert", CIT, {2: {"tingling": True}, 3: {}}, 3, {}, [(3, "same_day")]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "modality", "course", "until_day", "known", "silent"), ROWS, ids=[row[0] for row in ROWS]
)
def test_silence_raises_its_row_and_its_twin_does_not(
    told: Callable[[Course], Course],
    what: str,
    modality: str,
    course: Course,
    until_day: int,
    known: dict[str, Any],
    silent: list[tuple[int, str]],
) -> None:
    # What says nothing stays so: everything answered would be an answer.
    spoken = told({day: answers for day, answers in course.items() if answers}) | {
        day: answers for day, answers in course.items() if not answers
    }
    line = timeline(modality, spoken, hours={0: 9.0}, **known)
    line = msgspec.structs.replace(
        line, until_day=until_day, session_at=datetime(2026, 3, 3, 9, tzinfo=UTC), time_zone="Europe/London"
    )
    lines = [one for one in replay(line, default_pack()) if one.check is Code.SILENCE]
    assert [(one.day, one.tier) for one in lines] == silent
