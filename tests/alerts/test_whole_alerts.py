"""Each act and each piece of news against the whole alert: what it changes, and that it changes nothing besides."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from aftercare.alerts import acts
from aftercare.alerts.clocks import lapse
from aftercare.alerts.errors import SnoozeError
from aftercare.alerts.joining import absorb
from aftercare.model.alerts import Alert, Audience, Change, Fate, Notice, Reported, Told, Why
from aftercare.model.chains import Chain, Step
from aftercare.model.clinic import OpeningHours
from aftercare.model.findings import Finding
from aftercare.model.words import AlertState, Code, Outcome, Role, Tier

ANNE, BEN = UUID(int=7), UUID(int=8)
EPISODE, ALERT = UUID(int=1), UUID(int=50)
At = Callable[..., datetime]
Found = Callable[..., Finding]
DOCTOR: dict[str, Any] = {"by": ANNE, "role": Role.PRACTITIONER}
DESK: dict[str, Any] = {"by": BEN, "role": Role.COORDINATOR}
with_ = msgspec.structs.replace


@pytest.fixture
def new(march: At) -> Alert:
    """A same-day alert of Tuesday the 3rd at 10, as it is raised: to be taken within two opening hours."""
    tingling = Reported(
        check_in="c1",
        row="cold_sore.tingling",
        day=2,
        tier=Tier.SAME_DAY,
        at=march(3, 9),
        signs=("tingling",),
    )
    return Alert(
        id=ALERT,
        episode_id=EPISODE,
        code=Code.COLD_SORE,
        tier=Tier.SAME_DAY,
        raised_at=march(3),
        day=2,
        reason="cold_sore on c1",
        version="1",
        clock_from=march(3),
        acknowledge_by=march(3, 12),
        look_at=march(3, 12),
        reported=(tingling,),
    )


@pytest.fixture
def worn(new: Alert, march: At) -> Alert:
    """The same after all that staff can do to an alert that is still theirs: no field is as it was raised."""
    return with_(
        new,
        state=AlertState.CONTACTED,
        owner=BEN,
        contact_by=march(3, 15),
        look_at=march(5, 12),
        step=1,
        snoozed_until=march(5, 17),
        acknowledged_at=march(3, 11),
        attempts=2,
        attempted_at=march(3, 12),
        attempted_by=BEN,
        contacted_at=march(3, 13),
        contacted_by=BEN,
        still_told_at=march(5),
    )


@pytest.fixture
def news(hours: OpeningHours, finding: Found) -> Callable[..., Change]:
    """What a check-in makes of an alert."""

    def report(alert: Alert | None, now: datetime, *findings: Finding, **more: Any) -> Change:
        return absorb(
            [] if alert is None else [alert],
            findings,
            episode_id=EPISODE,
            now=now,
            hours=hours,
            new_id=lambda: ALERT if alert is None else UUID(int=51),
            **more,
        )

    return report


def reported(one: Finding, at: datetime) -> Reported:
    return Reported(
        check_in=str(one.check_in),
        row=one.row,
        day=one.day,
        tier=one.tier,
        at=at,
        grades=one.grades,
        signs=one.signs,
    )


def notice(alert: Alert, why: Why, at: datetime, **more: Any) -> Notice:
    usual = Notice(
        alert_id=ALERT,
        why=why,
        to=Audience.OWNER,
        owner=alert.owner,
        tier=alert.tier,
        step=alert.step,
        at=at,
        not_before=at,
    )
    return with_(usual, **more)


def test_a_new_alert_says_when_what_and_until_when(
    news: Callable[..., Change], finding: Found, new: Alert, march: At
) -> None:
    said = finding(Code.COLD_SORE, Tier.SAME_DAY, signs=("tingling",))
    assert news(None, march(3), said, recorded={"c1": march(3, 9)}) == Change(
        new=(new,),
        findings=(
            Told(finding=said, fate=Fate.RAISED, alert_id=ALERT, reason="Nothing of this kind was open."),
        ),
        notices=(notice(new, Why.RAISED, march(3), to=Audience.PRACTITIONERS),),
    )


def test_what_was_raised_together_is_told_once_and_led_by_the_most_urgent(
    news: Callable[..., Change], finding: Found, march: At
) -> None:
    late = finding(Code.SCARRING, Tier.ROUTINE, signs=("lines",), holds_course=True)
    worse = finding(Code.SCARRING, Tier.SOON, grades={"pain": 2}, day=9, reason="Worse.", version="2")
    change = news(None, march(3), late, worse)
    (alert,) = change.new
    assert (alert.tier, alert.day, alert.reason, alert.version) == (Tier.SOON, 9, "Worse.", "2")
    assert alert.holds_course
    assert alert.reported == (reported(worse, march(3)), reported(late, march(3)))
    assert [(told.finding, told.fate, told.reason) for told in change.findings] == [
        (worse, Fate.RAISED, "Nothing of this kind was open."),
        (late, Fate.JOINED, "Raised together with it."),
    ]


def test_the_same_judged_again_is_told_as_known(
    news: Callable[..., Change], finding: Found, new: Alert, march: At
) -> None:
    said = finding(Code.COLD_SORE, Tier.SAME_DAY, signs=("tingling",))
    reason = "Already part of this alert: judged again, nothing new."
    known = Told(finding=said, fate=Fate.KNOWN, alert_id=ALERT, reason=reason)
    assert news(new, march(4), said) == Change(findings=(known,))


def test_a_tier_that_rises_starts_everything_anew_but_keeps_who_called(
    news: Callable[..., Change], finding: Found, worn: Alert, march: At
) -> None:
    said = finding(
        Code.COLD_SORE, Tier.EMERGENCY, "c2", signs=("at_eye",), day=4, version="2", holds_course=True
    )
    after = with_(
        worn,
        tier=Tier.EMERGENCY,
        reason=said.reason,
        day=4,
        version="2",
        holds_course=True,
        state=AlertState.OPEN,
        clock_from=march(5, 11),
        acknowledge_by=march(5, 11, 15),
        look_at=march(5, 11, 15),
        contact_by=None,
        step=0,
        snoozed_until=None,
        acknowledged_at=None,
        contacted_at=None,
        contacted_by=None,
        still_told_at=None,
        reported=(*worn.reported, reported(said, march(5, 11))),
    )
    why = "It is more urgent than what was open: the clock starts again."
    assert news(worn, march(5, 11), said) == Change(
        changed=(after,),
        findings=(Told(finding=said, fate=Fate.ESCALATED, alert_id=ALERT, reason=why),),
        notices=(notice(after, Why.TIER_ROSE, march(5, 11)),),
    )


@pytest.mark.parametrize(
    ("more", "why", "reason"),
    [
        ({"signs": ("blisters",)}, Why.SIGN_JOINED, "Another sign joined the open alert."),
        ({"grades": {"pain": 1}}, Why.GRADE_ROSE, "It got worse than what the open alert had."),
    ],
)
def test_news_of_the_same_tier_leads_wakes_the_alert_and_leaves_its_clock(
    news: Callable[..., Change],
    finding: Found,
    worn: Alert,
    march: At,
    more: dict[str, Any],
    why: Why,
    reason: str,
) -> None:
    said = finding(Code.COLD_SORE, Tier.SAME_DAY, "c2", day=4, version="2", **more)
    after = with_(
        worn,
        reason=said.reason,
        day=4,
        version="2",
        snoozed_until=None,
        reported=(*worn.reported, reported(said, march(5, 11))),
    )
    assert news(worn, march(5, 11), said) == Change(
        changed=(after,),
        findings=(Told(finding=said, fate=Fate.JOINED, alert_id=ALERT, reason=reason),),
        notices=(notice(after, why, march(5, 11)),),
    )


def test_news_of_a_lower_tier_is_told_but_does_not_lead(
    news: Callable[..., Change], finding: Found, worn: Alert, march: At
) -> None:
    said = finding(Code.COLD_SORE, Tier.SOON, "c2", signs=("ulcer",), day=4, version="2")
    change = news(worn, march(5, 11), said)
    (after,) = change.changed
    assert (after.tier, after.reason, after.day, after.version) == (worn.tier, worn.reason, 2, "1")
    assert [one.why for one in change.notices] == [Why.SIGN_JOINED]


def test_what_is_no_news_joins_in_silence(
    news: Callable[..., Change], finding: Found, worn: Alert, march: At
) -> None:
    said = finding(Code.COLD_SORE, Tier.SAME_DAY, "c2", signs=("tingling",), day=4, version="2")
    reason = "Joined the open alert; nothing is worse than before, so nobody is told again."
    assert news(worn, march(5, 11), said) == Change(
        changed=(with_(worn, reported=(*worn.reported, reported(said, march(5, 11)))),),
        findings=(Told(finding=said, fate=Fate.JOINED, alert_id=ALERT, reason=reason),),
    )


def test_still_there_48_hours_after_it_was_last_told_is_told_to_the_minute(
    news: Callable[..., Change], finding: Found, worn: Alert, march: At
) -> None:
    said = finding(Code.COLD_SORE, Tier.SAME_DAY, "c2", signs=("tingling",))
    told = with_(worn, still_told_at=march(4))
    early = news(told, march(6), said, recorded={"c2": march(6) - timedelta(seconds=1)})
    assert not early.notices
    change = news(told, march(6, 11), said, recorded={"c2": march(6)})
    (after,) = change.changed
    assert after.still_told_at == march(6, 11)
    assert [(one.why, one.at) for one in change.notices] == [(Why.STILL_REPORTED, march(6, 11))]
    assert change.findings[0].reason == "Still reported 48 hours after contact."


def test_an_emergency_said_again_after_contact_starts_the_clock_again(
    news: Callable[..., Change], finding: Found, worn: Alert, march: At
) -> None:
    urgent = with_(worn, tier=Tier.EMERGENCY)
    said = finding(Code.COLD_SORE, Tier.EMERGENCY, "c2", signs=("tingling",))
    change = news(urgent, march(5, 11), said, recorded={"c2": march(3, 13, 1)})
    (after,) = change.changed
    assert (after.state, after.clock_from) == (AlertState.OPEN, march(5, 11))
    assert [told.reason for told in change.findings] == [
        "An emergency was reported again after contact: the clock starts again."
    ]
    # Recorded at the very instant of the contact: it is what the contact was about.
    before = news(urgent, march(5, 11), said, recorded={"c2": march(3, 13)})
    assert [one.state for one in before.changed] == [AlertState.CONTACTED]
    assert not before.notices


@pytest.mark.parametrize(
    ("outcome", "word"), [(Outcome.CONFIRMED, "confirmed"), (Outcome.EXPECTED_COURSE, "expected course")]
)
def test_what_is_held_says_as_what_it_was_resolved_and_until_when(
    news: Callable[..., Change], finding: Found, worn: Alert, march: At, outcome: Outcome, word: str
) -> None:
    ended = with_(worn, state=AlertState.RESOLVED, outcome=outcome, resolved_at=march(5), resolved_by=ANNE)
    said = finding(Code.COLD_SORE, Tier.SAME_DAY, "c2", signs=("tingling",))
    reason = f"The same at the same grade was resolved as {word}: held until 2026-03-19 unless it gets worse."
    assert news(ended, march(18), said) == Change(
        changed=(with_(ended, held=(reported(said, march(18)),)),),
        findings=(Told(finding=said, fate=Fate.HELD, alert_id=ALERT, reason=reason),),
    )
    assert len(news(ended, march(19), said).new) == 1


def test_each_act_changes_what_it_says_and_nothing_else(new: Alert, march: At, hours: OpeningHours) -> None:
    taken = with_(
        new,
        state=AlertState.ACKNOWLEDGED,
        owner=BEN,
        acknowledged_at=march(3, 11),
        contact_by=march(3, 15),
        look_at=march(3, 15),
    )
    late = with_(new, step=1)
    assert acts.acknowledge(late, **DESK, now=march(3, 11), hours=hours) == Change(changed=(taken,))
    called = with_(taken, state=AlertState.ATTEMPTED, attempts=1, attempted_at=march(3, 12), attempted_by=BEN)
    assert acts.attempt(taken, **DESK, now=march(3, 12), hours=hours) == Change(changed=(called,))
    reached = with_(
        called, state=AlertState.CONTACTED, contacted_at=march(3, 13), contacted_by=ANNE, look_at=None
    )
    asleep = with_(called, snoozed_until=march(3, 14), still_told_at=march(3))
    assert acts.contact(asleep, **DOCTOR, now=march(3, 13), hours=hours) == Change(changed=(reached,))
    away = with_(taken, snoozed_until=march(3, 14))
    assert acts.snooze(new, until=march(3, 12), **DESK, now=march(3, 11), hours=hours) == Change(
        changed=(with_(taken, snoozed_until=march(3, 12)),)
    )
    assert acts.snooze(taken, until=march(3, 14), **DESK, now=march(3, 12), hours=hours) == Change(
        changed=(away,)
    )
    over = with_(taken, owner=ANNE)
    assert acts.acknowledge(away, **DOCTOR, now=march(3, 12), hours=hours, take_over=True) == Change(
        changed=(over,)
    )


def test_resolving_ends_every_clock_and_reopening_starts_one(
    worn: Alert, march: At, hours: OpeningHours
) -> None:
    ended = with_(
        worn,
        state=AlertState.RESOLVED,
        outcome=Outcome.CONFIRMED,
        resolved_at=march(6),
        resolved_by=ANNE,
        snoozed_until=None,
        look_at=None,
    )
    assert acts.resolve(worn, outcome=Outcome.CONFIRMED, **DOCTOR, now=march(6)) == Change(changed=(ended,))
    over = with_(ended, condition_ended_at=march(9), condition_ended_by=ANNE)
    assert acts.end_condition(ended, **DOCTOR, now=march(9)) == Change(changed=(over,))
    again = with_(
        over,
        state=AlertState.OPEN,
        owner=ANNE,
        outcome=None,
        resolved_at=None,
        resolved_by=None,
        condition_ended_at=None,
        condition_ended_by=None,
        clock_from=march(10),
        acknowledge_by=march(10, 12),
        look_at=march(10, 12),
        contact_by=None,
        step=0,
        acknowledged_at=None,
        contacted_at=None,
        contacted_by=None,
        still_told_at=None,
    )
    assert acts.reopen(over, others=[over], **DOCTOR, now=march(10), hours=hours) == Change(
        changed=(again,), notices=(notice(again, Why.REOPENED, march(10)),)
    )


def test_an_alert_that_nobody_owned_belongs_to_who_resolves_it(new: Alert, march: At) -> None:
    (ended,) = acts.resolve(new, outcome=Outcome.FALSE_ALARM, **DOCTOR, now=march(3, 11)).changed
    assert ended.owner == ANNE


def test_a_snooze_may_last_seven_days_to_the_second_and_not_begin_in_the_past(
    new: Alert, march: At, hours: OpeningHours
) -> None:
    routine = with_(new, tier=Tier.ROUTINE)
    week = march(3) + timedelta(days=7)
    assert acts.snooze(routine, until=week, **DESK, now=march(3), hours=hours).changed
    for wrong in (march(3), week + timedelta(seconds=1)):
        with pytest.raises(SnoozeError):
            acts.snooze(routine, until=wrong, **DESK, now=march(3), hours=hours)


def test_a_second_click_counts_as_the_first_for_a_minute(worn: Alert, march: At, hours: OpeningHours) -> None:
    just, later = timedelta(seconds=59), timedelta(minutes=1)
    for act, first in ((acts.attempt, march(3, 12)), (acts.contact, march(3, 13))):
        assert act(worn, **DESK, now=first + just, hours=hours) == Change()
        assert act(worn, **DESK, now=first + later, hours=hours).changed
        assert act(worn, **DOCTOR, now=first + just, hours=hours).changed  # somebody else's call is a call


def test_a_late_alert_takes_one_step_and_waits_as_long_again(
    new: Alert, march: At, hours: OpeningHours
) -> None:
    chain = Chain(steps=(Step(tells="owner"), Step(tells="on_call"), Step(tells="everyone")))
    after = with_(new, step=1, look_at=march(3, 14))
    assert lapse(new, now=march(3, 12), hours=hours, chain=chain) == Change(
        changed=(after,),
        notices=(notice(after, Why.OVERDUE, march(3, 12), to=Audience.ON_CALL, owner=None),),
    )
    last = with_(new, step=2)
    (told,) = lapse(last, now=march(3, 12), hours=hours, chain=chain).notices
    assert (told.to, told.step) == (Audience.EVERYONE, 2)
    taken = with_(new, state=AlertState.ATTEMPTED, owner=BEN)
    (late,) = lapse(taken, now=march(3, 12), hours=hours).changed
    assert late.look_at == march(3, 16)  # four opening hours to reach the patient


def test_check_ins_that_come_at_once_are_taken_one_after_the_other(
    news: Callable[..., Change], finding: Found, march: At
) -> None:
    """Moderate on the first, severe on the second: the second is news of the alert that the first has made."""
    first = finding(Code.SWELLING, Tier.SOON, "c1", grades={"swelling": 2}, day=3)
    second = finding(Code.SWELLING, Tier.SAME_DAY, "c2", grades={"swelling": 4}, day=4)
    change = news(None, march(3), first, second)
    (alert,) = change.new
    assert [told.fate for told in change.findings] == [Fate.RAISED, Fate.ESCALATED]
    assert (alert.tier, alert.day, [one.check_in for one in alert.reported]) == (
        Tier.SAME_DAY,
        4,
        ["c1", "c2"],
    )
    assert [(one.why, one.tier) for one in change.notices] == [(Why.TIER_ROSE, Tier.SAME_DAY)]


def test_what_one_check_in_changed_leaves_the_other_alerts_known_to_the_next(
    news: Callable[..., Change], finding: Found, new: Alert, march: At
) -> None:
    other = finding(Code.SWELLING, Tier.SOON, "c2", grades={"swelling": 2})
    same = finding(Code.COLD_SORE, Tier.SAME_DAY, "c3", signs=("tingling",))
    change = news(new, march(3, 11), other, same)
    assert [told.fate for told in change.findings] == [Fate.RAISED, Fate.JOINED]


def test_an_open_alert_that_several_check_ins_at_once_make_worse_is_changed_and_told_of_once(
    news: Callable[..., Change], finding: Found, new: Alert, march: At
) -> None:
    rose = finding(Code.COLD_SORE, Tier.EMERGENCY, "c2", signs=("at_eye",))
    more = finding(Code.COLD_SORE, Tier.EMERGENCY, "c3", signs=("at_eye", "blisters"))
    change = news(new, march(3, 11), rose, more)
    (alert,) = change.changed
    assert change.new == ()
    assert [one.check_in for one in alert.reported] == ["c1", "c2", "c3"]
    assert [told.fate for told in change.findings] == [Fate.ESCALATED, Fate.JOINED]
    assert [one.why for one in change.notices] == [Why.TIER_ROSE]


def test_what_is_known_is_on_record_beside_what_is_new(
    news: Callable[..., Change], finding: Found, new: Alert, march: At
) -> None:
    known = finding(Code.COLD_SORE, Tier.SAME_DAY, signs=("tingling",))
    added = finding(Code.COLD_SORE, Tier.SAME_DAY, signs=("blisters",))
    change = news(new, march(3, 11), added, known)
    assert [(told.finding, told.fate) for told in change.findings] == [
        (known, Fate.KNOWN),
        (added, Fate.JOINED),
    ]
