from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from aftercare.alerts import acts
from aftercare.alerts.clocks import due_at, lapse, put_right
from aftercare.model.alerts import Alert, Audience, Change, Why
from aftercare.model.chains import Chain, Step
from aftercare.model.clinic import OpeningHours
from aftercare.model.findings import Finding
from aftercare.model.words import AlertState, Code, Role, Tier

ANNE = UUID(int=7)
DOCTOR: dict[str, Any] = {"by": ANNE, "role": Role.PRACTITIONER}
At = Callable[..., datetime]
Found = Callable[..., Finding]


@pytest.fixture
def raised(episode: Any, march: At, finding: Found) -> Callable[..., Alert]:
    def make(tier: Tier, now: datetime | None = None) -> Alert:
        episode.report(now or march(3), finding(Code.COLD_SORE, tier, signs=("tingling",)))
        return episode.alert  # type: ignore[no-any-return]

    return make


Raise = Callable[..., Alert]


@pytest.mark.parametrize(
    ("tier", "day", "hour", "minute"),
    [
        (Tier.EMERGENCY, 3, 10, 15),
        (Tier.SAME_DAY, 3, 12, 0),
        (Tier.SOON, 5, 16, 0),  # 24 opening hours: 8 on Tuesday, 9 on Wednesday, 7 on Thursday
        (Tier.ROUTINE, 10, 10, 0),
    ],
)
def test_until_when_an_alert_must_be_taken(
    raised: Raise, march: At, tier: Tier, day: int, hour: int, minute: int
) -> None:
    assert due_at(raised(tier)) == march(day, hour, minute)


def test_same_day_on_friday_evening_counts_from_monday_morning(raised: Raise, march: At) -> None:
    assert due_at(raised(Tier.SAME_DAY, march(6, 17))) == march(9, 10)


def test_before_its_time_nothing_changes(raised: Raise, march: At, hours: OpeningHours) -> None:
    assert lapse(raised(Tier.SAME_DAY), now=march(3, 11, 59), hours=hours) == Change()


def test_past_its_time_everyone_is_told_and_told_again(raised: Raise, march: At, hours: OpeningHours) -> None:
    first = lapse(raised(Tier.EMERGENCY), now=march(3, 10, 15), hours=hours)
    assert [(one.why, one.to) for one in first.notices] == [(Why.OVERDUE, Audience.EVERYONE)]
    (late,) = first.changed
    assert (late.step, late.acknowledge_by) == (1, march(3, 10, 15))
    assert due_at(late) == march(3, 10, 30)
    again = lapse(late, now=march(3, 10, 30), hours=hours)
    assert [(one.why, one.to, one.step) for one in again.notices] == [(Why.OVERDUE, Audience.EVERYONE, 1)]


def test_after_an_outage_one_look_takes_one_step(raised: Raise, march: At, hours: OpeningHours) -> None:
    change = lapse(raised(Tier.EMERGENCY), now=march(5), hours=hours)
    assert len(change.notices) == 1
    assert due_at(change.changed[0]) == march(5, 10, 15)


def test_the_chain_is_a_value(raised: Raise, march: At, hours: OpeningHours) -> None:
    chain = Chain(
        steps=(Step(tells="owner"), Step(tells="role", role=Role.PRACTITIONER), Step(tells="everyone"))
    )
    alert, told = raised(Tier.EMERGENCY), []
    for minute in (15, 30, 45):
        change = lapse(alert, now=march(3, 10, minute), hours=hours, chain=chain)
        (alert,) = change.changed
        told += [one.to for one in change.notices]
    assert told == [Audience.ROLE, Audience.EVERYONE, Audience.EVERYONE]


def test_taking_it_stops_the_escalation_and_a_missed_contact_starts_it_again(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    late = lapse(raised(Tier.SAME_DAY), now=march(3, 12), hours=hours).changed[0]
    taken = acts.acknowledge(late, **DOCTOR, now=march(3, 12, 30), hours=hours).changed[0]
    assert (taken.step, due_at(taken)) == (0, march(3, 16, 30))
    assert lapse(taken, now=march(3, 16), hours=hours) == Change()
    missed = lapse(taken, now=march(3, 16, 30), hours=hours)
    assert [one.to for one in missed.notices] == [Audience.EVERYONE]
    assert missed.changed[0].state is AlertState.ACKNOWLEDGED
    assert due_at(missed.changed[0]) == march(4, 11, 30)


def test_contacted_and_resolved_alerts_have_no_clock(raised: Raise, march: At, hours: OpeningHours) -> None:
    alert = acts.contact(raised(Tier.EMERGENCY), **DOCTOR, now=march(3), hours=hours).changed[0]
    assert due_at(alert) is None
    assert lapse(alert, now=march(30), hours=hours) == Change()


def test_a_snooze_ends_and_its_owner_is_told(raised: Raise, march: At, hours: OpeningHours) -> None:
    snoozed = acts.snooze(raised(Tier.SOON), until=march(4), **DOCTOR, now=march(3), hours=hours).changed[0]
    assert due_at(snoozed) == march(4)
    change = lapse(snoozed, now=march(4), hours=hours)
    assert [(one.why, one.to, one.owner) for one in change.notices] == [
        (Why.SNOOZE_ENDED, Audience.OWNER, ANNE)
    ]
    assert change.changed[0].snoozed_until is None
    assert due_at(change.changed[0]) == snoozed.contact_by


def test_a_deadline_that_passed_during_the_snooze_is_given_anew(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    taken = acts.acknowledge(raised(Tier.SOON), **DOCTOR, now=march(3), hours=hours).changed[0]
    snoozed = acts.snooze(taken, until=march(11), **DOCTOR, now=march(5), hours=hours).changed[0]
    change = lapse(snoozed, now=march(11), hours=hours)
    assert [one.why for one in change.notices] == [Why.SNOOZE_ENDED]
    following = due_at(change.changed[0])
    assert following is not None
    assert following > march(11) + timedelta(days=1)


def test_a_deadline_after_the_snooze_holds_even_if_nobody_looked_in_between(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    alert = acts.snooze(
        raised(Tier.SAME_DAY), until=march(3, 11), **DOCTOR, now=march(3), hours=hours
    ).changed[0]
    change = lapse(alert, now=march(5), hours=hours)
    assert [(one.why, one.to) for one in change.notices] == [(Why.OVERDUE, Audience.EVERYONE)]


def test_a_snooze_to_the_very_deadline_does_not_put_it_off(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    taken = acts.acknowledge(raised(Tier.SAME_DAY), **DOCTOR, now=march(3), hours=hours).changed[0]
    assert taken.look_at == march(3, 14)
    snoozed = acts.snooze(taken, until=march(3, 14), **DOCTOR, now=march(3), hours=hours).changed[0]
    change = lapse(snoozed, now=march(3, 14), hours=hours)
    assert [(one.why, one.to) for one in change.notices] == [(Why.OVERDUE, Audience.EVERYONE)]
    assert change.changed[0].snoozed_until is None


def test_an_alert_survives_being_stored(raised: Raise) -> None:
    alert = raised(Tier.SAME_DAY)
    assert msgspec.json.decode(msgspec.json.encode(alert), type=Alert) == alert


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize("taken", [False, True])
def test_a_clock_that_goes_forward_has_nothing_to_put_right(
    raised: Raise, march: At, hours: OpeningHours, tier: Tier, *, taken: bool
) -> None:
    alert = raised(tier)
    if taken:
        (alert,) = acts.acknowledge(alert, now=march(3, 11), hours=hours, **DOCTOR).changed
    for now in (march(3, 11), march(4, 7), march(12, 20)):
        assert put_right(alert, now=now, hours=hours) == alert


def test_what_a_clock_ahead_has_set_is_as_if_it_began_now(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    alert = put_right(raised(Tier.EMERGENCY, march(5)), now=march(3), hours=hours)
    assert (alert.clock_from, alert.look_at) == (march(3), march(3, 10, 15))
    assert alert.acknowledge_by == march(3, 10, 15)


def test_a_call_that_a_clock_ahead_has_set_is_as_if_it_was_promised_now(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    (taken,) = acts.acknowledge(raised(Tier.SAME_DAY), now=march(5, 11), hours=hours, **DOCTOR).changed
    right = put_right(taken, now=march(3, 11), hours=hours)
    assert (right.contact_by, right.look_at) == (march(3, 15), march(3, 15))


def test_until_when_it_had_to_be_taken_stays_on_record_once_it_is(
    raised: Raise, march: At, hours: OpeningHours
) -> None:
    alert = raised(Tier.SAME_DAY, march(5))
    (taken,) = acts.acknowledge(alert, now=march(5, 11), hours=hours, **DOCTOR).changed
    right = put_right(taken, now=march(3, 11), hours=hours)
    assert (right.acknowledge_by, right.look_at) == (march(5, 12), march(3, 15))
