from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import pytest

from aftercare.alerts import acts
from aftercare.alerts.chains import EVERYONE
from aftercare.alerts.clocks import lapse
from aftercare.alerts.course import course_block
from aftercare.alerts.errors import (
    AlreadyResolvedError,
    AnotherIsOpenError,
    NoConditionError,
    NotYourRoleError,
    PractitionerNeededError,
    SnoozeError,
    TakenError,
)
from aftercare.model.alerts import Alert, Audience, Change, CourseBlock, Why
from aftercare.model.chains import Chain, Step
from aftercare.model.clinic import OpeningHours
from aftercare.model.findings import Finding
from aftercare.model.words import AlertState, Code, Outcome, Role, Tier

ANNE, BEN = UUID(int=7), UUID(int=8)
At = Callable[..., datetime]
Found = Callable[..., Finding]
Raise = Callable[..., Alert]
DOCTOR: dict[str, Any] = {"by": ANNE, "role": Role.PRACTITIONER}
DESK: dict[str, Any] = {"by": BEN, "role": Role.COORDINATOR}


@pytest.fixture
def raised(episode: Any, march: At, finding: Found) -> Raise:
    def make(tier: Tier = Tier.SAME_DAY, code: Code = Code.COLD_SORE, **more: Any) -> Alert:
        episode.report(march(3), finding(code, tier, signs=("tingling",), **more))
        return episode.alert  # type: ignore[no-any-return]

    return make


def one(change: Change) -> Alert:
    (alert,) = change.changed
    return alert


def test_taking_an_alert_starts_the_clock_for_contact(raised: Raise, march: At, hours: OpeningHours) -> None:
    alert = one(acts.acknowledge(raised(), **DESK, now=march(3, 11), hours=hours))
    assert (alert.state, alert.owner, alert.acknowledged_at) == (AlertState.ACKNOWLEDGED, BEN, march(3, 11))
    assert (alert.contact_by, alert.look_at) == (march(3, 15), march(3, 15))


def test_a_routine_alert_that_is_taken_has_no_clock(raised: Raise, march: At, hours: OpeningHours) -> None:
    alert = one(acts.acknowledge(raised(Tier.ROUTINE), **DESK, now=march(3, 11), hours=hours))
    assert (alert.contact_by, alert.look_at) == (None, None)


def test_the_second_to_take_it_is_told_who_has_it(raised: Raise, march: At, hours: OpeningHours) -> None:
    alert = one(acts.acknowledge(raised(), **DOCTOR, now=march(3, 11), hours=hours))
    with pytest.raises(TakenError) as refused:
        acts.acknowledge(alert, **DESK, now=march(3, 11), hours=hours)
    assert refused.value.extra == {"owner": str(ANNE)}
    assert acts.acknowledge(alert, **DOCTOR, now=march(3, 12), hours=hours) == Change()


def test_taking_over_is_explicit_and_does_not_give_more_time(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    alert = one(acts.acknowledge(raised(), **DOCTOR, now=march(3, 11), hours=hours))
    over = one(acts.acknowledge(alert, **DESK, now=march(3, 14), hours=hours, take_over=True))
    assert (over.owner, over.contact_by, over.look_at) == (BEN, march(3, 15), march(3, 15))


@pytest.mark.parametrize("act", [partial(acts.acknowledge, take_over=True), acts.attempt])
def test_what_was_snoozed_past_its_time_has_a_new_one_from_whoever_works_on_it(
    raised: Raise, march: At, hours: OpeningHours, act: Callable[..., Change]
) -> None:
    alert = one(acts.acknowledge(raised(Tier.SOON), **DOCTOR, now=march(3), hours=hours))
    assert alert.look_at == march(10, 13)
    snoozed = one(acts.snooze(alert, until=march(11), **DOCTOR, now=march(5), hours=hours))
    again = one(act(snoozed, **DESK, now=march(10, 14), hours=hours))
    # 48 opening hours, nine a day: five working days and three hours from Tuesday afternoon.
    assert (again.snoozed_until, again.look_at) == (None, march(17, 17))


def test_whoever_reached_the_patient_has_the_alert_that_nobody_had(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    alert = one(acts.contact(raised(), **DESK, now=march(3, 11), hours=hours))
    assert (alert.owner, alert.acknowledged_at, alert.contacted_by) == (BEN, march(3, 11), BEN)


def test_a_call_without_answer_is_counted_and_the_clock_runs_on(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    first = one(acts.attempt(raised(), **DESK, now=march(3, 11), hours=hours))
    assert (first.state, first.owner, first.attempts, first.look_at) == (
        AlertState.ATTEMPTED,
        BEN,
        1,
        march(3, 15),
    )
    assert acts.attempt(first, **DESK, now=march(3, 11) + timedelta(seconds=5), hours=hours) == Change()
    second = one(acts.attempt(first, **DESK, now=march(3, 12), hours=hours))
    assert (second.attempts, second.look_at) == (2, march(3, 15))


def test_contact_stops_the_clock_and_is_not_undone_by_a_later_attempt(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    alert = one(acts.contact(raised(), **DESK, now=march(3, 11), hours=hours))
    assert (alert.state, alert.contacted_at, alert.look_at) == (AlertState.CONTACTED, march(3, 11), None)
    again = one(acts.attempt(alert, **DESK, now=march(4), hours=hours))
    assert (again.state, again.attempts) == (AlertState.CONTACTED, 1)
    assert acts.contact(alert, **DESK, now=march(3, 11), hours=hours) == Change()


@pytest.mark.parametrize("tier", [Tier.SAME_DAY, Tier.EMERGENCY])
def test_only_a_practitioner_resolves_same_day_and_above(raised: Raise, march: At, tier: Tier) -> None:
    alert = raised(tier)
    with pytest.raises(PractitionerNeededError):
        acts.resolve(alert, outcome=Outcome.FALSE_ALARM, **DESK, now=march(3))
    done = one(acts.resolve(alert, outcome=Outcome.FALSE_ALARM, **DOCTOR, now=march(3)))
    assert (done.state, done.outcome, done.resolved_by, done.look_at) == (
        AlertState.RESOLVED,
        Outcome.FALSE_ALARM,
        ANNE,
        None,
    )


@pytest.mark.parametrize("tier", [Tier.ROUTINE, Tier.SOON])
def test_a_coordinator_resolves_below_same_day(raised: Raise, march: At, tier: Tier) -> None:
    done = one(acts.resolve(raised(tier), outcome=Outcome.EXPECTED_COURSE, **DESK, now=march(3)))
    assert done.state is AlertState.RESOLVED


def test_resolving_twice_alike_changes_nothing_and_otherwise_is_refused(raised: Raise, march: At) -> None:
    done = one(acts.resolve(raised(), outcome=Outcome.CONFIRMED, **DOCTOR, now=march(3)))
    assert acts.resolve(done, outcome=Outcome.CONFIRMED, **DOCTOR, now=march(4)) == Change()
    with pytest.raises(AlreadyResolvedError) as refused:
        acts.resolve(done, outcome=Outcome.FALSE_ALARM, **DOCTOR, now=march(4))
    assert refused.value.extra == {"outcome": Outcome.CONFIRMED}


@pytest.mark.parametrize("act", [acts.acknowledge, acts.attempt, acts.contact])
def test_nothing_is_done_with_a_resolved_alert(
    raised: Raise, march: At, hours: OpeningHours, act: Callable[..., Change]
) -> None:
    done = one(acts.resolve(raised(), outcome=Outcome.CONFIRMED, **DOCTOR, now=march(3)))
    with pytest.raises(AlreadyResolvedError) as refused:
        act(done, **DOCTOR, now=march(4), hours=hours)
    assert refused.value.extra == {"outcome": Outcome.CONFIRMED}


@pytest.mark.parametrize("act", [acts.acknowledge, acts.attempt, acts.contact])
def test_an_admin_does_not_work_on_alerts(
    raised: Raise, march: At, hours: OpeningHours, act: Callable[..., Change]
) -> None:
    with pytest.raises(NotYourRoleError):
        act(raised(), by=ANNE, role=Role.ADMIN, now=march(3), hours=hours)


def test_an_admin_who_would_end_a_condition_is_sent_to_whoever_works_on_alerts(
    raised: Raise, march: At
) -> None:
    done = one(acts.resolve(raised(), outcome=Outcome.CONFIRMED, **DOCTOR, now=march(3)))
    with pytest.raises(NotYourRoleError):
        acts.end_condition(done, by=ANNE, role=Role.ADMIN, now=march(4))


def test_an_emergency_cannot_be_snoozed(raised: Raise, march: At, hours: OpeningHours) -> None:
    with pytest.raises(SnoozeError) as refused:
        acts.snooze(raised(Tier.EMERGENCY), until=march(3, 11), **DOCTOR, now=march(3), hours=hours)
    assert refused.value.detail == "An emergency cannot be snoozed. Call the patient, then resolve it."


def test_same_day_cannot_be_snoozed_past_its_time(raised: Raise, march: At, hours: OpeningHours) -> None:
    alert = raised()
    with pytest.raises(SnoozeError) as refused:
        acts.snooze(alert, until=march(3, 12, 1), **DOCTOR, now=march(3), hours=hours)
    assert refused.value.detail == (
        "An alert of the same day cannot be snoozed past its time. Choose an earlier time or call now."
    )
    snoozed = one(acts.snooze(alert, until=march(3, 12), **DOCTOR, now=march(3), hours=hours))
    assert (snoozed.owner, snoozed.snoozed_until) == (ANNE, march(3, 12))


@pytest.mark.parametrize("days", [0, -1, 8])
def test_a_snooze_ends_in_the_future_and_within_a_week(
    raised: Raise, march: At, hours: OpeningHours, days: int
) -> None:
    with pytest.raises(SnoozeError):
        acts.snooze(
            raised(Tier.SOON), until=march(3) + timedelta(days=days), **DOCTOR, now=march(3), hours=hours
        )


def test_nobody_snoozes_what_another_has(raised: Raise, march: At, hours: OpeningHours) -> None:
    alert = one(acts.acknowledge(raised(Tier.SOON), **DOCTOR, now=march(3), hours=hours))
    with pytest.raises(TakenError) as refused:
        acts.snooze(alert, until=march(4), **DESK, now=march(3), hours=hours)
    assert refused.value.extra == {"owner": str(ANNE)}


def test_the_same_snooze_again_changes_nothing(raised: Raise, march: At, hours: OpeningHours) -> None:
    alert = one(acts.snooze(raised(Tier.SOON), until=march(4), **DOCTOR, now=march(3), hours=hours))
    assert acts.snooze(alert, until=march(4), **DOCTOR, now=march(3, 11), hours=hours) == Change()


def test_reopening_starts_a_fresh_clock_and_tells_why(raised: Raise, march: At, hours: OpeningHours) -> None:
    done = one(acts.resolve(raised(), outcome=Outcome.CONFIRMED, **DOCTOR, now=march(3)))
    change = acts.reopen(done, others=[done], **DOCTOR, now=march(4), hours=hours)
    alert = one(change)
    assert (alert.state, alert.outcome, alert.acknowledge_by) == (AlertState.OPEN, None, march(4, 12))
    assert [notice.why for notice in change.notices] == [Why.REOPENED]
    assert acts.reopen(alert, others=[alert], **DOCTOR, now=march(4), hours=hours) == Change()


def test_an_alert_is_not_reopened_beside_a_newer_one(
    episode: Any, raised: Raise, march: At, hours: OpeningHours, finding: Found
) -> None:
    done = one(episode.keep(acts.resolve(raised(), outcome=Outcome.FALSE_ALARM, **DOCTOR, now=march(3))))
    episode.report(march(4), finding(Code.COLD_SORE, Tier.SAME_DAY, "c2", signs=("tingling",)))
    with pytest.raises(AnotherIsOpenError) as refused:
        acts.reopen(done, others=episode.alerts.values(), **DOCTOR, now=march(5), hours=hours)
    assert refused.value.extra == {"alert": str(episode.alert.id)}


def test_an_open_alert_of_another_kind_and_an_ended_one_of_its_own_do_not_keep_one_from_being_reopened(
    episode: Any, raised: Raise, march: At, hours: OpeningHours, finding: Found
) -> None:
    done = one(episode.keep(acts.resolve(raised(), outcome=Outcome.FALSE_ALARM, **DOCTOR, now=march(3))))
    episode.report(march(4), finding(Code.COLD_SORE, Tier.SAME_DAY, "c2", signs=("tingling",)))
    episode.keep(acts.resolve(episode.alert, outcome=Outcome.DUPLICATE, **DOCTOR, now=march(4)))
    episode.report(march(4), finding(Code.SWELLING, Tier.SOON, "c3", grades={"swelling": 2}))
    change = acts.reopen(done, others=episode.alerts.values(), **DOCTOR, now=march(5), hours=hours)
    assert one(change).id == done.id


def test_what_somebody_who_left_had_in_hand_is_open_again_with_a_fresh_clock(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    alert = one(acts.acknowledge(raised(Tier.SOON), **DOCTOR, now=march(3, 11), hours=hours))
    alert = one(acts.snooze(alert, until=march(9), **DOCTOR, now=march(3, 12), hours=hours))
    change = acts.let_go(alert, now=march(4), hours=hours)
    left = one(change)
    assert (left.state, left.owner, left.contact_by, left.snoozed_until) == (
        AlertState.OPEN,
        None,
        None,
        None,
    )
    assert (left.clock_from, left.acknowledge_by, left.look_at) == (march(4), march(6, 16), march(6, 16))
    assert [(told.why, told.to, told.owner, told.not_before) for told in change.notices] == [
        (Why.REOPENED, Audience.PRACTITIONERS, None, march(4))
    ]


def test_what_was_left_behind_goes_to_the_first_step_of_the_chain_that_reaches_somebody(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    chain = Chain(
        steps=(Step(tells="person", staff_id=ANNE), Step(tells="person", staff_id=BEN), EVERYONE),
        absent=frozenset({0}),
    )
    tried = one(acts.attempt(raised(), **DOCTOR, now=march(3, 11), hours=hours))
    change = acts.let_go(tried, now=march(3, 23), hours=hours, chain=chain)
    assert one(change).step == 1
    assert [(told.to, told.whom, told.step, told.not_before) for told in change.notices] == [
        (Audience.PERSON, BEN, 1, march(4, 9))
    ]


def test_what_is_open_in_the_name_of_who_left_keeps_its_clock_and_place_and_others_are_told(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    done = one(acts.resolve(raised(), outcome=Outcome.FALSE_ALARM, **DOCTOR, now=march(3)))
    opened = one(acts.reopen(done, others=[done], **DOCTOR, now=march(4), hours=hours))
    soon_late = acts.let_go(opened, now=march(4, 11), hours=hours)
    assert one(soon_late) == msgspec.structs.replace(opened, owner=None)
    assert [(told.to, told.step) for told in soon_late.notices] == [(Audience.PRACTITIONERS, 0)]
    late = one(lapse(opened, now=march(4, 12), hours=hours))
    change = acts.let_go(late, now=march(4, 13), hours=hours)
    assert one(change) == msgspec.structs.replace(late, owner=None)
    assert [(told.to, told.step) for told in change.notices] == [(Audience.EVERYONE, 1)]


def test_nothing_is_opened_again_that_nobody_had_or_whose_patient_was_reached(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    reached = one(acts.contact(raised(), **DOCTOR, now=march(3), hours=hours))
    done = one(acts.resolve(raised(), outcome=Outcome.CONFIRMED, **DOCTOR, now=march(3)))
    for alert in (raised(), reached, done):
        assert acts.let_go(alert, now=march(4), hours=hours) == Change()


@pytest.mark.parametrize(
    ("tier", "blocked"), [(Tier.ROUTINE, False), (Tier.SOON, True), (Tier.EMERGENCY, True)]
)
def test_an_unresolved_alert_of_soon_or_more_blocks_the_next_session(
    raised: Raise, *, tier: Tier, blocked: bool
) -> None:
    alert = raised(tier)
    block = course_block([alert])
    assert (block is not None) is blocked
    urgent = CourseBlock(reason="An alert of the last session is not resolved yet.", alert_ids=(alert.id,))
    assert block is None or block == urgent


def test_a_row_that_says_course_held_blocks_it_although_routine(raised: Raise, march: At) -> None:
    alert = raised(Tier.ROUTINE, Code.SCARRING, holds_course=True)
    held = "A reported sign holds the course until a practitioner has looked at it."
    assert course_block([alert]) == CourseBlock(reason=held, alert_ids=(alert.id,))
    done = one(acts.resolve(alert, outcome=Outcome.FALSE_ALARM, **DOCTOR, now=march(4)))
    assert course_block([done]) is None


def test_a_confirmed_condition_blocks_it_until_a_practitioner_ends_it(raised: Raise, march: At) -> None:
    done = one(acts.resolve(raised(), outcome=Outcome.CONFIRMED, **DOCTOR, now=march(4)))
    condition = "A confirmed condition has not been ended by a practitioner yet."
    assert course_block([done]) == CourseBlock(reason=condition, alert_ids=(done.id,))
    with pytest.raises(PractitionerNeededError):
        acts.end_condition(done, **DESK, now=march(5))
    ended = one(acts.end_condition(done, **DOCTOR, now=march(5)))
    assert course_block([ended]) is None
    assert acts.end_condition(ended, **DOCTOR, now=march(6)) == Change()


def test_a_condition_confirmed_again_after_reopening_blocks_the_course_again(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    done = one(acts.resolve(raised(), outcome=Outcome.CONFIRMED, **DOCTOR, now=march(4)))
    ended = one(acts.end_condition(done, **DOCTOR, now=march(5)))
    opened = one(acts.reopen(ended, others=[ended], **DOCTOR, now=march(6), hours=hours))
    assert course_block([one(acts.resolve(opened, outcome=Outcome.CONFIRMED, **DOCTOR, now=march(6)))])


def test_what_was_not_confirmed_has_no_condition_to_end(raised: Raise, march: At) -> None:
    done = one(acts.resolve(raised(), outcome=Outcome.EXPECTED_COURSE, **DOCTOR, now=march(4)))
    assert course_block([done]) is None
    with pytest.raises(NoConditionError):
        acts.end_condition(done, **DOCTOR, now=march(5))


def test_a_confirmed_wish_to_talk_is_no_condition(raised: Raise, march: At) -> None:
    alert = raised(Tier.SAME_DAY, Code.CONTACT_REQUEST)
    done = one(acts.resolve(alert, outcome=Outcome.CONFIRMED, **DOCTOR, now=march(4)))
    assert course_block([done]) is None
