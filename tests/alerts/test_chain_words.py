"""Steps of a chain in words: whom each tells, and what the log says when a late alert goes on."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest

from aftercare.alerts import acts
from aftercare.alerts.chain_words import log_line, whom
from aftercare.alerts.chains import EVERYONE
from aftercare.alerts.clocks import lapse
from aftercare.model.alerts import Alert
from aftercare.model.chains import Chain, Step
from aftercare.model.clinic import OpeningHours
from aftercare.model.words import Code, Role, Tier

At = Callable[..., datetime]
ANNE, BEN, NIGHTS = UUID(int=7), UUID(int=8), UUID(int=50)
OWNER, BEN_STEP = Step(tells="owner"), Step(tells="person", staff_id=BEN)
BY_NIGHTS = Step(tells="on_call", rota_id=NIGHTS)
NAMES = {BEN: "Sample Birch", NIGHTS: "Nights"}


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (OWNER, "whoever has it, or every practitioner"),
        (Step(tells="role", role=Role.PRACTITIONER), "every practitioner"),
        (Step(tells="role", role=Role.COORDINATOR), "every coordinator"),
        (Step(tells="role", role=Role.ADMIN), "every admin"),
        (BEN_STEP, "Sample Birch"),
        (Step(tells="person", staff_id=ANNE), "a former colleague"),
        (Step(tells="on_call"), "who is on call"),
        (BY_NIGHTS, "who is on call by Nights"),
        (Step(tells="on_call", rota_id=ANNE), "who is on call by a rota that is gone"),
        (EVERYONE, "everyone at the clinic"),
    ],
)
def test_whom_a_step_tells(step: Step, said: str) -> None:
    assert whom(step, NAMES) == said


@pytest.fixture
def raised(march: At) -> Alert:
    """A same-day alert of Tuesday the 3rd at 10, to be taken by 12."""
    return Alert(
        id=UUID(int=1), episode_id=UUID(int=2), code=Code.BURN, tier=Tier.SAME_DAY, raised_at=march(3), day=2, reason="r",
        version="1", clock_from=march(3), acknowledge_by=march(3, 12), look_at=march(3, 12),
    )  # fmt: skip


def logged(
    alert: Alert, now: datetime, hours: OpeningHours, *steps: Step, absent: tuple[int, ...] = ()
) -> str | None:
    chain = Chain(steps=(*steps, EVERYONE), absent=frozenset(absent))
    change = lapse(alert, now=now, hours=hours, chain=chain)
    return log_line(alert, change, chain, NAMES, now=now, time_zone=hours.time_zone)


def test_the_log_says_to_whom_a_late_alert_went_and_why(
    raised: Alert, march: At, hours: OpeningHours
) -> None:
    assert logged(raised, march(3, 12), hours, OWNER, BEN_STEP) == (
        "Step 2, Sample Birch, since nobody took it until 12:00."
    )
    # By the clinic's own clock and day: what was due on another one says which.
    assert logged(raised, march(4, 0, 30), hours, OWNER, BEN_STEP) == (
        "Step 2, Sample Birch, since nobody took it until Tue 03 Mar 12:00."
    )


def test_the_log_says_which_steps_were_passed_over(raised: Alert, march: At, hours: OpeningHours) -> None:
    assert logged(raised, march(3, 12), hours, OWNER, BEN_STEP, BY_NIGHTS, absent=(1, 2)) == (
        "Step 4, everyone at the clinic, since nobody took it until 12:00."
        " Step 2, Sample Birch, was passed over: it reaches nobody now."
        " Step 3, who is on call by Nights, was passed over: it reaches nobody now."
    )


def test_who_has_it_and_did_not_reach_the_patient_is_said_to_have_had_it(
    raised: Alert, march: At, hours: OpeningHours
) -> None:
    (taken,) = acts.acknowledge(
        raised, by=ANNE, role=Role.PRACTITIONER, now=march(3, 11), hours=hours
    ).changed
    assert logged(taken, march(3, 15), hours, OWNER, BEN_STEP) == (
        "Step 2, Sample Birch, since the patient was not reached until 15:00."
    )


def test_the_same_step_again_is_no_news_but_the_first_time_is(
    raised: Alert, march: At, hours: OpeningHours
) -> None:
    assert logged(raised, march(3, 12), hours) == (
        "Step 1, everyone at the clinic, since nobody took it until 12:00."
    )
    (late,) = lapse(raised, now=march(3, 12), hours=hours, chain=Chain(steps=(EVERYONE,))).changed
    assert logged(late, march(3, 14), hours) is None
    # Of a call that was promised the first time is news too, although the alert stands at that step.
    (called,) = acts.attempt(raised, by=ANNE, role=Role.PRACTITIONER, now=march(3, 11), hours=hours).changed
    assert logged(called, march(3, 15), hours) == (
        "Step 1, everyone at the clinic, since the patient was not reached until 15:00."
    )


def test_a_snooze_that_ends_is_no_step(raised: Alert, march: At, hours: OpeningHours) -> None:
    (away,) = acts.snooze(
        raised, until=march(3, 11), by=ANNE, role=Role.PRACTITIONER, now=march(3), hours=hours
    ).changed
    assert logged(away, march(3, 11), hours, OWNER, BEN_STEP) is None
    assert logged(raised, march(3, 11), hours, OWNER, BEN_STEP) is None
