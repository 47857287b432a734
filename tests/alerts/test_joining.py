from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from aftercare.alerts import acts
from aftercare.model.alerts import Alert, Audience, Change, Fate, Why
from aftercare.model.findings import Finding
from aftercare.model.words import AlertState, Code, Outcome, Role, Tier

ANNE = UUID(int=7)
At = Callable[..., datetime]
Found = Callable[..., Finding]


def fates(change: Change) -> list[Fate]:
    return [told.fate for told in change.findings]


def whys(change: Change) -> list[Why]:
    return [notice.why for notice in change.notices]


def contacted(episode: Any, at: datetime) -> Alert:
    episode.keep(
        acts.acknowledge(episode.alert, by=ANNE, role=Role.PRACTITIONER, now=at, hours=episode.hours)
    )
    episode.keep(acts.contact(episode.alert, by=ANNE, role=Role.PRACTITIONER, now=at, hours=episode.hours))
    return episode.alert  # type: ignore[no-any-return]


def resolved(episode: Any, at: datetime, outcome: Outcome = Outcome.EXPECTED_COURSE) -> None:
    episode.keep(acts.resolve(episode.alert, outcome=outcome, by=ANNE, role=Role.PRACTITIONER, now=at))


def test_tingling_at_the_lip_raises_one_alert_and_tells_the_practitioners_at_once(
    episode: Any, march: At, finding: Found
) -> None:
    change = episode.report(march(3), finding(Code.COLD_SORE, Tier.SAME_DAY, signs=("tingling",)))
    assert fates(change) == [Fate.RAISED]
    (alert,) = change.new
    assert (alert.state, alert.acknowledge_by) == (AlertState.OPEN, march(3, 12))
    (notice,) = change.notices
    assert (notice.why, notice.to, notice.not_before) == (Why.RAISED, Audience.PRACTITIONERS, march(3))


def test_several_rows_about_one_problem_make_one_alert_led_by_the_most_urgent(
    episode: Any, march: At, finding: Found
) -> None:
    change = episode.report(
        march(3),
        finding(Code.INFECTION, Tier.ROUTINE, grades={"warmth": 1}),
        finding(Code.INFECTION, Tier.SAME_DAY, signs=("spreading",), reason="An area is getting bigger."),
        finding(Code.SWELLING, Tier.SOON, grades={"swelling": 3}),
    )
    assert sorted(alert.code for alert in change.new) == [Code.INFECTION, Code.SWELLING]
    infection = next(alert for alert in change.new if alert.code is Code.INFECTION)
    assert (infection.tier, infection.reason) == (Tier.SAME_DAY, "An area is getting bigger.")
    assert sorted(fates(change)) == [Fate.JOINED, Fate.RAISED, Fate.RAISED]
    assert len(change.notices) == 2


def test_judging_the_same_check_in_again_changes_nothing(episode: Any, march: At, finding: Found) -> None:
    said = finding(Code.SWELLING, Tier.SOON, grades={"swelling": 3})
    episode.report(march(3), said)
    again = episode.report(march(4), said)
    assert fates(again) == [Fate.KNOWN]
    assert (again.new, again.changed, again.notices) == ((), (), ())
    resolved(episode, march(5), Outcome.FALSE_ALARM)
    after = episode.report(march(6), said)
    assert fates(after) == [Fate.KNOWN]
    assert (after.new, after.changed, after.notices) == ((), (), ())


def test_the_same_evidence_judged_more_strictly_does_raise_the_tier(
    episode: Any, march: At, finding: Found
) -> None:
    episode.report(march(3), finding(Code.SWELLING, Tier.SOON, row="swelling.one_sided"))
    change = episode.report(march(4), finding(Code.SWELLING, Tier.SAME_DAY, row="swelling.one_sided"))
    assert fates(change) == [Fate.ESCALATED]


def test_the_same_next_day_joins_and_tells_nobody(episode: Any, march: At, finding: Found) -> None:
    episode.report(march(3), finding(Code.SWELLING, Tier.SOON, "c1", grades={"swelling": 2}))
    change = episode.report(march(4), finding(Code.SWELLING, Tier.SOON, "c2", grades={"swelling": 2}))
    assert fates(change) == [Fate.JOINED]
    assert "nobody is told again" in change.findings[0].reason
    assert not change.notices
    assert len(change.changed[0].reported) == 2


def test_a_tier_that_rises_starts_the_clock_again_and_keeps_the_owner(
    episode: Any, march: At, finding: Found
) -> None:
    episode.report(march(3), finding(Code.SWELLING, Tier.SOON, "c1", grades={"swelling": 2}))
    contacted(episode, march(3, 11))
    change = episode.report(march(4), finding(Code.SWELLING, Tier.SAME_DAY, "c2", grades={"swelling": 4}))
    alert = episode.alert
    assert fates(change) == [Fate.ESCALATED]
    assert (alert.state, alert.owner, alert.tier) == (AlertState.OPEN, ANNE, Tier.SAME_DAY)
    assert (alert.clock_from, alert.acknowledge_by, alert.contact_by) == (march(4), march(4, 12), None)
    assert [(notice.why, notice.to, notice.owner) for notice in change.notices] == [
        (Why.TIER_ROSE, Audience.OWNER, ANNE)
    ]


def test_a_lower_tier_later_never_takes_the_alert_down(episode: Any, march: At, finding: Found) -> None:
    episode.report(march(3), finding(Code.INFECTION, Tier.SAME_DAY, "c1", signs=("spreading",)))
    before = episode.alert
    episode.report(march(4), finding(Code.INFECTION, Tier.ROUTINE, "c2", signs=("swollen_glands",)))
    assert (episode.alert.tier, episode.alert.reason) == (Tier.SAME_DAY, before.reason)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"signs": ("blisters",)}, Why.SIGN_JOINED),
        ({"grades": {"pain": 3}}, Why.GRADE_ROSE),
        ({"grades": {"warmth": 2}}, Why.GRADE_ROSE),
    ],
)
def test_a_new_sign_and_a_higher_grade_are_told_again(
    episode: Any, march: At, finding: Found, more: dict[str, Any], why: Why
) -> None:
    first = finding(Code.COLD_SORE, Tier.SAME_DAY, "c1", signs=("tingling",), grades={"pain": 2})
    episode.report(march(3), first)
    change = episode.report(march(4), finding(Code.COLD_SORE, Tier.SAME_DAY, "c2", **more))
    assert whys(change) == [why]
    assert episode.alert.acknowledge_by == march(3, 12)  # the clock runs on


def test_decisive_without_a_sign_by_its_name_another_row_is_another_sign(
    episode: Any, march: At, finding: Found
) -> None:
    def rested(check_in: str, row: str) -> Finding:
        return finding(Code.ALLERGY, Tier.SAME_DAY, check_in, row=row, decisive=True)

    episode.report(march(3), rested("c1", "allergy.hives"))
    assert whys(episode.report(march(4), rested("c2", "allergy.hives"))) == []
    assert whys(episode.report(march(5), rested("c3", "allergy.spread"))) == [Why.SIGN_JOINED]
    assert whys(episode.report(march(6), rested("c4", "allergy.hives"))) == []


def test_still_reported_two_days_after_contact_is_told_once_each_two_days(
    episode: Any, march: At, finding: Found
) -> None:
    def same(check_in: str) -> Finding:
        return finding(Code.COLD_SORE, Tier.SAME_DAY, check_in, signs=("tingling",))

    episode.report(march(2), same("c1"))
    contacted(episode, march(2, 11))
    assert whys(episode.report(march(4, 10), same("c2"))) == []
    assert whys(episode.report(march(4, 11), same("c3"))) == [Why.STILL_REPORTED]
    assert whys(episode.report(march(5, 11), same("c4"))) == []
    assert whys(episode.report(march(6, 11), same("c5"))) == [Why.STILL_REPORTED]


def test_what_was_recorded_before_the_contact_and_arrives_after_it_is_not_still_reported(
    episode: Any, march: At, finding: Found
) -> None:
    episode.report(march(2), finding(Code.COLD_SORE, Tier.SAME_DAY, "c1", signs=("tingling",)))
    contacted(episode, march(3))
    late = finding(Code.COLD_SORE, Tier.SAME_DAY, "c2", signs=("tingling",))
    change = episode.report(march(6), late, recorded={"c2": march(2, 20)})
    assert fates(change) == [Fate.JOINED]
    assert not change.notices


def test_an_emergency_reported_again_after_contact_starts_the_clock_again(
    episode: Any, march: At, finding: Found
) -> None:
    episode.report(march(2), finding(Code.AIRWAY, Tier.EMERGENCY, "c1", signs=("breathing_or_tongue",)))
    contacted(episode, march(2, 11))
    again = finding(Code.AIRWAY, Tier.EMERGENCY, "c2", signs=("breathing_or_tongue",))
    assert whys(episode.report(march(2, 20), again)) == [Why.REPORTED_AGAIN] * 2
    assert episode.alert.look_at == march(2, 20, 15)


def test_an_emergency_recorded_before_the_contact_does_not_start_the_clock_again(
    episode: Any, march: At, finding: Found
) -> None:
    episode.report(march(2), finding(Code.AIRWAY, Tier.EMERGENCY, "c1", signs=("breathing_or_tongue",)))
    contacted(episode, march(2, 11))
    late = finding(Code.AIRWAY, Tier.EMERGENCY, "c2", signs=("breathing_or_tongue",))
    assert whys(episode.report(march(2, 20), late, recorded={"c2": march(2, 9)})) == []
    assert episode.alert.state is AlertState.CONTACTED


def test_news_ends_a_snooze(episode: Any, march: At, finding: Found) -> None:
    episode.report(march(2), finding(Code.SWELLING, Tier.SOON, "c1", grades={"swelling": 2}))
    snoozed = acts.snooze(
        episode.alert, until=march(6), by=ANNE, role=Role.PRACTITIONER, now=march(2), hours=episode.hours
    )
    episode.keep(snoozed)
    episode.report(march(3), finding(Code.SWELLING, Tier.SOON, "c2", grades={"swelling": 3}))
    assert episode.alert.snoozed_until is None


def test_news_after_a_deadline_that_passed_during_a_snooze_gives_a_new_one(
    episode: Any, march: At, finding: Found
) -> None:
    doctor: dict[str, Any] = {"by": ANNE, "role": Role.PRACTITIONER, "hours": episode.hours}
    episode.report(march(2), finding(Code.SWELLING, Tier.SOON, "c1", grades={"swelling": 2}))
    episode.keep(acts.acknowledge(episode.alert, now=march(2), **doctor))
    assert episode.alert.look_at == march(9, 13)
    episode.keep(acts.snooze(episode.alert, until=march(10), now=march(4), **doctor))
    episode.report(march(9, 14), finding(Code.SWELLING, Tier.SOON, "c2", grades={"swelling": 3}))
    assert (episode.alert.snoozed_until, episode.alert.look_at) == (None, march(16, 17))


def test_the_same_again_leaves_a_snooze_alone(episode: Any, march: At, finding: Found) -> None:
    episode.report(march(2), finding(Code.SWELLING, Tier.SOON, "c1", grades={"swelling": 2}))
    episode.keep(
        acts.snooze(
            episode.alert, until=march(6), by=ANNE, role=Role.PRACTITIONER, now=march(2), hours=episode.hours
        )
    )
    episode.report(march(3), finding(Code.SWELLING, Tier.SOON, "c2", grades={"swelling": 2}))
    assert episode.alert.snoozed_until == march(6)


def test_a_call_without_answer_ends_a_snooze(episode: Any, march: At, finding: Found) -> None:
    episode.report(march(2), finding(Code.SWELLING, Tier.SOON, "c1", grades={"swelling": 2}))
    doctor: dict[str, Any] = {"by": ANNE, "role": Role.PRACTITIONER, "hours": episode.hours}
    episode.keep(acts.snooze(episode.alert, until=march(6), now=march(2), **doctor))
    episode.keep(acts.attempt(episode.alert, now=march(3), **doctor))
    assert episode.alert.snoozed_until is None


def test_of_equal_urgency_a_sign_leads_and_the_latest_news_is_what_is_read(
    episode: Any, march: At, finding: Found
) -> None:
    episode.report(
        march(2),
        finding(Code.INFECTION, Tier.SOON, grades={"warmth": 2}, reason="Warmth."),
        finding(Code.INFECTION, Tier.SOON, signs=("ulcer",), reason="A sore."),
    )
    assert episode.alert.reason == "A sore."
    episode.report(
        march(3), finding(Code.INFECTION, Tier.SOON, "c2", grades={"warmth": 3}, reason="Warmer.", day=3)
    )
    assert (episode.alert.reason, episode.alert.day) == ("Warmer.", 3)


@pytest.mark.parametrize("outcome", [Outcome.CONFIRMED, Outcome.EXPECTED_COURSE])
def test_what_was_just_resolved_is_held_for_fourteen_days(
    episode: Any, march: At, finding: Found, outcome: Outcome
) -> None:
    def swollen(check_in: str) -> Finding:
        return finding(Code.SWELLING, Tier.SOON, check_in, grades={"swelling": 2})

    episode.report(march(2), swollen("c1"))
    resolved(episode, march(3), outcome)
    change = episode.report(march(16), swollen("c2"))
    assert fates(change) == [Fate.HELD]
    assert "until 2026-03-17" in change.findings[0].reason
    assert (change.new, change.notices) == ((), ())
    assert fates(episode.report(march(17), swollen("c3"))) == [Fate.RAISED]
    # What was held is known, also when judged again after the hold.
    assert fates(episode.report(march(18), swollen("c2"))) == [Fate.KNOWN]


@pytest.mark.parametrize(
    ("tier", "more"),
    [
        (Tier.SOON, {"grades": {"swelling": 3}}),
        (Tier.SAME_DAY, {"grades": {"swelling": 2}}),
        (Tier.SOON, {"grades": {"swelling": 2}, "signs": ("one_sided",)}),
        (Tier.SOON, {"grades": {"swelling": 2, "pain": 1}}),
    ],
)
def test_worse_or_joined_by_another_sign_is_not_held(
    episode: Any, march: At, finding: Found, tier: Tier, more: dict[str, Any]
) -> None:
    episode.report(march(2), finding(Code.SWELLING, Tier.SOON, "c1", grades={"swelling": 2}))
    resolved(episode, march(3))
    assert fates(episode.report(march(4), finding(Code.SWELLING, tier, "c2", **more))) == [Fate.RAISED]


def test_a_grade_that_had_fallen_before_it_was_resolved_may_not_rise_again_unseen(
    episode: Any, march: At, finding: Found
) -> None:
    episode.report(march(2), finding(Code.SWELLING, Tier.SOON, "c1", day=2, grades={"swelling": 3}))
    episode.report(march(3), finding(Code.SWELLING, Tier.SOON, "c2", day=3, grades={"swelling": 2}))
    resolved(episode, march(3))
    again = finding(Code.SWELLING, Tier.SOON, "c3", day=5, grades={"swelling": 3})
    assert fates(episode.report(march(5), again)) == [Fate.RAISED]


def test_what_arrived_late_is_not_the_grade_that_was_seen_when_it_was_resolved(
    episode: Any, march: At, finding: Found
) -> None:
    episode.report(march(4), finding(Code.SWELLING, Tier.SOON, "c2", day=3, grades={"swelling": 2}))
    episode.report(march(4), finding(Code.SWELLING, Tier.SOON, "c1", day=2, grades={"swelling": 4}))
    resolved(episode, march(4))
    again = finding(Code.SWELLING, Tier.SOON, "c3", day=5, grades={"swelling": 3})
    assert fates(episode.report(march(6), again)) == [Fate.RAISED]


def test_another_row_is_held_by_its_grade_alone_and_by_nothing_without_one(
    episode: Any, march: At, finding: Found
) -> None:
    episode.report(
        march(2), finding(Code.SWELLING, Tier.SOON, "c1", row="swelling.day", grades={"swelling": 2})
    )
    resolved(episode, march(3))
    same = finding(Code.SWELLING, Tier.SOON, "c2", row="swelling.rise", grades={"swelling": 2})
    assert fates(episode.report(march(4), same)) == [Fate.HELD]
    other = finding(Code.SWELLING, Tier.SOON, "c3", row="swelling.one_sided")
    assert fates(episode.report(march(5), other)) == [Fate.RAISED]


def test_one_finding_that_is_worse_brings_those_that_were_held_with_it(
    episode: Any, march: At, finding: Found
) -> None:
    episode.report(march(2), finding(Code.INFECTION, Tier.SOON, "c1", grades={"warmth": 2}))
    resolved(episode, march(3))
    same = finding(Code.INFECTION, Tier.SOON, "c2", grades={"warmth": 2})
    worse = finding(Code.INFECTION, Tier.SAME_DAY, "c2", signs=("yellow_crust",))
    assert fates(episode.report(march(4), same, worse)) == [Fate.RAISED, Fate.JOINED]


def test_the_latest_outcome_says_what_is_held(episode: Any, march: At, finding: Found) -> None:
    def swollen(check_in: str, grade: int) -> Finding:
        return finding(Code.SWELLING, Tier.SOON, check_in, grades={"swelling": grade})

    episode.report(march(2), swollen("c1", 2))
    resolved(episode, march(2, 12))
    episode.report(march(3), swollen("c2", 3))
    resolved(episode, march(3, 12), Outcome.FALSE_ALARM)
    assert fates(episode.report(march(4), swollen("c3", 2))) == [Fate.RAISED]


@pytest.mark.parametrize("outcome", [Outcome.FALSE_ALARM, Outcome.DUPLICATE])
def test_a_false_alarm_holds_nothing(episode: Any, march: At, finding: Found, outcome: Outcome) -> None:
    episode.report(march(2), finding(Code.SWELLING, Tier.SOON, "c1", grades={"swelling": 2}))
    resolved(episode, march(3), outcome)
    again = finding(Code.SWELLING, Tier.SOON, "c2", grades={"swelling": 2})
    assert fates(episode.report(march(4), again)) == [Fate.RAISED]


@pytest.mark.parametrize(
    ("code", "tier"),
    [
        (Code.AIRWAY, Tier.EMERGENCY),
        (Code.CONTACT_REQUEST, Tier.ROUTINE),
        (Code.SILENCE, Tier.SOON),
        (Code.NOTE, Tier.SAME_DAY),
    ],
)
def test_emergencies_requests_silence_and_notes_are_never_held(
    episode: Any, march: At, finding: Found, code: Code, tier: Tier
) -> None:
    episode.report(march(2), finding(code, tier, "c1", row="row"))
    resolved(episode, march(3))
    assert fates(episode.report(march(4), finding(code, tier, "c2", row="row"))) == [Fate.RAISED]


def test_silence_on_another_day_is_other_evidence(episode: Any, march: At, finding: Found) -> None:
    episode.report(march(2), finding(Code.SILENCE, Tier.SOON, None, day=1))
    assert fates(episode.report(march(3), finding(Code.SILENCE, Tier.SOON, None, day=1))) == [Fate.KNOWN]
    assert fates(episode.report(march(3), finding(Code.SILENCE, Tier.SOON, None, day=2))) == [Fate.JOINED]


def test_a_sign_that_holds_the_course_marks_its_alert(episode: Any, march: At, finding: Found) -> None:
    episode.report(
        march(2), finding(Code.SCARRING, Tier.ROUTINE, signs=("lines_or_rows",), holds_course=True)
    )
    assert episode.alert.holds_course
    episode.report(march(3), finding(Code.SCARRING, Tier.ROUTINE, "c2", grades={"pain": 1}))
    assert episode.alert.holds_course


def test_a_sign_that_holds_the_course_does_so_behind_a_more_urgent_one(
    episode: Any, march: At, finding: Found
) -> None:
    episode.report(
        march(2),
        finding(Code.PIGMENT, Tier.SOON, signs=("dark_patches",)),
        finding(Code.PIGMENT, Tier.ROUTINE, signs=("light_patches",), holds_course=True),
    )
    assert episode.alert.holds_course
