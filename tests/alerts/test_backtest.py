"""A history judged again: the same as it was under the same pack, and exactly otherwise under another."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

import msgspec
import pytest

from aftercare.alerts import acts
from aftercare.alerts.backtest import relive
from aftercare.alerts.comparing import Trial, try_on, try_on_timeline
from aftercare.alerts.replay import load_timelines, replay
from aftercare.checks import default_pack
from aftercare.checks.clinic_pack import changed
from aftercare.checks.pack import RulePack
from aftercare.model.alerts import Alert, Change
from aftercare.model.backtests import (
    AlertDifference,
    History,
    InFact,
    Part,
    Seen,
    StaffAct,
    Tally,
    Unasked,
    Window,
)
from aftercare.model.care import Episode
from aftercare.model.check_ins import Kept
from aftercare.model.clinic import Opening
from aftercare.model.findings import Finding
from aftercare.model.people import Clinic, Patient
from aftercare.model.words import AnsweredBy, Code, Modality, Outcome, Prophylaxis, Role, Tier

SESSION = datetime(2026, 3, 2, 11, tzinfo=UTC)  # a Monday
PATIENT, EPISODE, WHO = UUID(int=1), UUID(int=2), UUID(int=3)
CLINIC = Clinic(
    clinic_id=UUID(int=9),
    handle="alpha",
    name="Sample Clinic",
    time_zone="Europe/London",
    country="GB",
    language="en",
    phone="",
    urgent_care="",
    openings=tuple(Opening(weekday=day, opens=time(9), closes=time(18)) for day in range(5)),
    private_webhook_hosts=(),
)


def pack(**changes: Any) -> RulePack:
    made, faults = changed(default_pack(), changes, number=1)
    assert not faults
    return made


def patient(**fields: Any) -> Patient:
    blank: dict[str, Any] = dict.fromkeys(Patient.__struct_fields__)
    texts = dict.fromkeys(("name", "reference", "phone", "email", "allergies", "medicines"), "")
    known = {
        "patient_id": PATIENT,
        "language": "en",
        "country": "GB",
        "time_zone": "Europe/London",
        "baseline": {},
        "prophylaxis": Prophylaxis.NONE,
        "version": 1,
        "created_at": SESSION - timedelta(days=3),
    }
    return Patient(**(blank | texts | known | fields))


def episode(at: datetime = SESSION, *, number: int = 2, opened_at: datetime | None = None) -> Episode:
    return Episode(
        episode_id=UUID(int=number),
        patient_id=PATIENT,
        with_day_90=False,
        opened_at=opened_at or at,
        calendar_ends_at=None,
        session_id=UUID(int=100 + number),
        course_id=UUID(int=200),
        modality=Modality.MICRONEEDLING,
        session_at=at,
        needle_depth_mm=1.0,
        pigment_treated=None,
        anaesthetic="",
    )


def said(day: float, *, arrives: float | None = None, number: int | None = None, **answers: Any) -> Kept:
    """Answers of so many days after the session, which arrive then or later."""
    at = SESSION + timedelta(days=day)
    came = SESSION + timedelta(days=day if arrives is None else arrives)
    return Kept(
        check_in_id=UUID(int=number or 10_000 + int(day * 1000)),
        instrument=1,
        recorded_at=at,
        received_at=came,
        judged_at=at,
        said_day=None,
        time_zone="Europe/London",
        answered_by=AnsweredBy.SELF,
        answers=answers,
    )


def history(*check_ins: Kept, **more: Any) -> History:
    usual: dict[str, Any] = {"patient": patient(), "episodes": (episode(),), "check_ins": check_ins}
    return History(**(usual | more))


def in_fact(alert: Alert, outcome: Outcome | None = None) -> InFact:
    lead = alert.reported[0]
    seen = Seen(
        tier=alert.tier,
        raised_as=lead.tier,
        row=lead.row,
        day=lead.day,
        at=alert.raised_at,
        reason=alert.reason,
    )
    return InFact(id=alert.id, episode_id=alert.episode_id, code=alert.code, seen=seen, outcome=outcome)


def act(kind: str, alert: Alert, at: datetime, role: Role = Role.PRACTITIONER, **more: Any) -> StaffAct:
    return StaffAct(at=at, kind=kind, alert_id=alert.id, by=WHO, role=role, **more)


def alerts(told: History, by: RulePack | None = None, **more: Any) -> list[Alert]:
    return list(relive(by or default_pack(), CLINIC, told, **more).alerts)


def short(found: list[Alert]) -> list[tuple[Code, Tier, timedelta]]:
    return [(one.code, one.tier, one.raised_at - SESSION) for one in found]


def trial(tried: RulePack, **window: datetime) -> Trial:
    return Trial(clinic=CLINIC, today=default_pack(), tried=tried, window=Window(**window))


def test_an_alert_is_raised_when_its_check_in_arrives_not_on_the_day_it_speaks_of() -> None:
    assert short(alerts(history(said(2, arrives=4.5, tingling=True)))) == [
        (Code.COLD_SORE, Tier.SAME_DAY, timedelta(days=4.5))
    ]


def test_what_came_before_its_session_was_entered_is_judged_again_with_it() -> None:
    # Swelling of grade 2 is the last column's matter without a session, and expected on the day of one.
    early = said(0.1, swelling=2)
    late = episode(opened_at=SESSION + timedelta(days=2))
    before = alerts(history(early, episodes=(late,)), until=SESSION + timedelta(days=1))
    assert [one.episode_id for one in before] == [PATIENT]
    tingled = history(said(1, tingling=True), episodes=(late,))
    assert [(one.episode_id, one.raised_at) for one in alerts(tingled)] == [
        (PATIENT, SESSION + timedelta(days=1)),
        (EPISODE, SESSION + timedelta(days=2)),
    ]
    at_once = history(said(0, arrives=1, breathing_or_tongue=True), episodes=(late,))
    assert [one.episode_id for one in alerts(at_once)] == [PATIENT, EPISODE]


def test_what_staff_resolved_is_held_in_the_replay_too() -> None:
    told = history(said(3, swelling=2), said(5, swelling=2))
    (first,) = alerts(told)
    ended = act("resolve", first, first.raised_at + timedelta(hours=1), outcome=Outcome.FALSE_ALARM)
    known = {"alerts": (in_fact(first),)}
    again = msgspec.structs.replace(told, acts=(ended,), **known)
    assert [one.state.value for one in alerts(again)] == ["resolved", "open"]  # a false alarm holds nothing
    held = msgspec.structs.replace(ended, outcome=Outcome.EXPECTED_COURSE)
    (only,) = alerts(msgspec.structs.replace(told, acts=(held,), **known))
    assert [one.day for one in only.held] == [5]


def test_an_act_on_what_a_pack_does_not_raise_is_counted_and_changes_nothing() -> None:
    told = history(said(3, swelling=2))
    (first,) = alerts(told)
    ended = act("resolve", first, first.raised_at + timedelta(hours=1), outcome=Outcome.CONFIRMED)
    told = msgspec.structs.replace(told, alerts=(in_fact(first),), acts=(ended,))
    loose = pack(expected={"microneedling": {"swelling": [3] * 20}})
    replayed = relive(loose, CLINIC, told)
    assert (replayed.alerts, replayed.acts_without_alert) == ((), 1)
    assert relive(default_pack(), CLINIC, told).acts_without_alert == 0
    part = try_on(trial(loose), told)
    assert (part.today.acts_without_alert, part.tried.acts_without_alert) == (0, 1)


def test_an_act_that_its_role_may_not_do_any_more_is_no_act() -> None:
    told = history(said(3, swelling=2))
    (first,) = alerts(told)
    ended = act("resolve", first, SESSION + timedelta(days=4), Role.COORDINATOR, outcome=Outcome.FALSE_ALARM)
    told = msgspec.structs.replace(told, alerts=(in_fact(first),), acts=(ended,))
    assert [one.unresolved for one in alerts(told)] == [False]
    strict = pack(rows={"swelling.moderate": {"tier": "same_day"}})
    assert [one.unresolved for one in alerts(told, strict)] == [True]


AS_WHO: dict[str, Any] = {"by": WHO, "role": Role.PRACTITIONER}
AT_CLINIC: dict[str, Any] = {**AS_WHO, "hours": CLINIC.hours}
HOUR = timedelta(hours=1)
CONFIRMED: dict[str, Any] = {"outcome": Outcome.CONFIRMED}
Live = Callable[[Alert, datetime], Change]
# What a colleague did before, the act, and the same act live; a snooze ends before the time of its alert.
ACTS: dict[str, tuple[str | None, dict[str, Any], Live]] = {
    "acknowledge": (
        "acknowledge",
        {},
        lambda one, now: acts.acknowledge(one, **AT_CLINIC, now=now, take_over=True),
    ),
    "attempt": (None, {}, lambda one, now: acts.attempt(one, **AT_CLINIC, now=now)),
    "contact": (None, {}, lambda one, now: acts.contact(one, **AT_CLINIC, now=now)),
    "snooze": (
        None,
        {"until": SESSION + timedelta(days=3) + 1.5 * HOUR},
        lambda one, now: acts.snooze(
            one, **AT_CLINIC, now=now, until=SESSION + timedelta(days=3) + 1.5 * HOUR
        ),
    ),
    "resolve": (None, CONFIRMED, lambda one, now: acts.resolve(one, **AS_WHO, **CONFIRMED, now=now)),
    "reopen": ("resolve", {}, lambda one, now: acts.reopen(one, **AT_CLINIC, others=[one], now=now)),
    "end_condition": ("resolve", {}, lambda one, now: acts.end_condition(one, **AS_WHO, now=now)),
}


@pytest.mark.parametrize("kind", ACTS)
def test_each_act_does_in_the_replay_what_it_does_live_and_none_where_its_role_may_not(kind: str) -> None:
    told = history(said(3, tingling=True))
    raised = SESSION + timedelta(days=3)
    (new,) = alerts(told, until=raised + timedelta(minutes=1))
    before, more, live = ACTS[kind]
    done = [act(before, new, raised + HOUR / 2, **CONFIRMED)] if before else []
    done = [msgspec.structs.replace(one, by=UUID(int=4)) for one in done]

    def after(*those: StaffAct) -> tuple[list[Alert], int]:
        with_acts = msgspec.structs.replace(told, alerts=(in_fact(new),), acts=(*done, *those))
        lived = relive(default_pack(), CLINIC, with_acts, until=raised + 1.25 * HOUR)
        return list(lived.alerts), lived.acts_without_alert

    (stood,), nothing = after()
    assert nothing == 0
    assert after(act(kind, new, raised + HOUR, **more)) == (list(live(stood, raised + HOUR).changed), 0)
    assert after(act(kind, new, raised + HOUR, Role.ADMIN, **more)) == ([stood], 1)


def test_two_alerts_that_staff_end_at_one_instant_are_both_ended() -> None:
    told = history(said(3, tingling=True), said(4, swelling=2))
    both = alerts(told)
    ended = tuple(act("resolve", one, SESSION + timedelta(days=5), **CONFIRMED) for one in both)
    told = msgspec.structs.replace(told, alerts=tuple(map(in_fact, both)), acts=ended)
    assert [one.unresolved for one in alerts(told)] == [False, False]


def two_of_a_kind() -> tuple[History, Alert, Alert]:
    """Swelling on day 3 that was ended an hour later, and again on day 5."""
    told = history(said(3, swelling=2), said(5, swelling=2))
    (first,) = alerts(told, until=SESSION + timedelta(days=4))
    ended = act("resolve", first, first.raised_at + HOUR, outcome=Outcome.FALSE_ALARM)
    told = msgspec.structs.replace(told, alerts=(in_fact(first),), acts=(ended,))
    _, second = alerts(told)
    return msgspec.structs.replace(told, alerts=(in_fact(first), in_fact(second))), first, second


def test_an_act_is_done_to_the_alert_of_its_own_instant_and_not_to_another_of_its_kind() -> None:
    told, first, second = two_of_a_kind()
    called = act("attempt", second, second.raised_at + HOUR)
    lived = relive(default_pack(), CLINIC, msgspec.structs.replace(told, acts=(*told.acts, called)))
    assert [one.attempts for one in lived.alerts] == [0, 1]
    # Live it would be refused as well: another of its kind is open.
    again = act("reopen", first, second.raised_at + HOUR)
    lived = relive(default_pack(), CLINIC, msgspec.structs.replace(told, acts=(*told.acts, again)))
    assert [one.unresolved for one in lived.alerts] == [False, True]
    assert lived.acts_without_alert == 1


def test_an_alert_that_a_pack_raises_later_is_reopened_in_place_of_the_one_in_fact() -> None:
    told = history(said(3, swelling=2), said(4, swelling=2))
    (first,) = alerts(told)
    ended = act("resolve", first, SESSION + timedelta(days=5), outcome=Outcome.FALSE_ALARM)
    opened = act("reopen", first, SESSION + timedelta(days=6))
    told = msgspec.structs.replace(told, alerts=(in_fact(first),), acts=(ended, opened))
    lived = relive(pack(expected={"microneedling": {"swelling": [2, 2, 2, 2, 1, 0]}}), CLINIC, told)
    assert [(one.day, one.unresolved) for one in lived.alerts] == [(4, True)]
    assert lived.acts_without_alert == 0


def test_each_act_on_what_a_pack_does_not_raise_is_counted() -> None:
    told, _, second = two_of_a_kind()
    called = act("attempt", second, second.raised_at + HOUR)
    ended = act("resolve", second, second.raised_at + 2 * HOUR, outcome=Outcome.FALSE_ALARM)
    told = msgspec.structs.replace(told, acts=(*told.acts, called, ended))
    only_the_first = pack(expected={"microneedling": {"swelling": [2, 2, 2, 1, 1, 2]}})
    lived = relive(only_the_first, CLINIC, told)
    assert [one.unresolved for one in lived.alerts] == [False]
    assert lived.acts_without_alert == 2


def test_a_reopened_alert_is_the_one_that_was_reopened() -> None:
    told = history(said(3, swelling=2), said(5, swelling=2))
    (first,) = alerts(told, until=SESSION + timedelta(days=4))
    hour = timedelta(hours=1)
    ended = act("resolve", first, first.raised_at + hour, outcome=Outcome.FALSE_ALARM)
    opened = act("reopen", first, first.raised_at + 2 * hour)
    told = msgspec.structs.replace(told, alerts=(in_fact(first),), acts=(ended, opened))
    (only,) = alerts(told)
    assert (only.unresolved, len(only.reported)) == (True, 2)


def test_clocks_pass_in_the_replay_with_the_clinics_opening_hours() -> None:
    told = history(said(3, tingling=True))
    (first,) = alerts(told)
    # Thursday noon in London; same_day within two open hours.
    assert alerts(told, until=first.raised_at + timedelta(hours=1))[0].step == 0
    assert alerts(told, until=first.raised_at + timedelta(hours=3))[0].step == 1
    evening = history(said(3.3, tingling=True))  # after closing: nobody is late before the morning
    assert alerts(evening, until=SESSION + timedelta(days=3.3, hours=6))[0].step == 0


def test_a_snooze_ends_by_itself() -> None:
    told = history(said(3, swelling=2))
    (first,) = alerts(told)
    ends = first.raised_at + timedelta(hours=20)
    snoozed = act("snooze", first, first.raised_at + timedelta(hours=1), until=ends)
    told = msgspec.structs.replace(told, alerts=(in_fact(first),), acts=(snoozed,))
    assert alerts(told, until=ends)[0].snoozed_until is None
    assert alerts(told, until=ends - timedelta(minutes=1))[0].snoozed_until == ends


def test_a_snooze_of_what_everyone_was_told_of_ends_by_itself_too() -> None:
    told = history(said(3, swelling=2))
    (first,) = alerts(told)
    taken = act("acknowledge", first, first.raised_at + HOUR)
    late = first.raised_at + timedelta(days=8)  # who took it has not reached the patient in 48 open hours
    snoozed = act("snooze", first, late, until=late + 20 * HOUR)
    told = msgspec.structs.replace(told, alerts=(in_fact(first),), acts=(taken, snoozed))
    (asleep,) = alerts(told, until=late + 19 * HOUR)
    assert (asleep.step, asleep.snoozed_until) == (1, late + 20 * HOUR)
    assert alerts(told, until=late + 20 * HOUR)[0].snoozed_until is None


@pytest.mark.parametrize(("recorded", "news"), [(3.02, 1), (3.1, 2)])
def test_an_emergency_that_arrives_after_a_contact_is_news_only_if_it_was_written_after_it(
    recorded: float, news: int
) -> None:
    told = history(
        said(3, breathing_or_tongue=True), said(recorded, arrives=3.2, breathing_or_tongue=True, number=5)
    )
    (first,) = alerts(told, until=SESSION + timedelta(days=3.01))
    reached = act("contact", first, first.raised_at + timedelta(hours=1))
    told = msgspec.structs.replace(told, alerts=(in_fact(first),), acts=(reached,))
    when = (SESSION + timedelta(days=3), SESSION + timedelta(days=3.2))
    assert relive(default_pack(), CLINIC, told).told_at == when[:news]


def test_silence_stands_as_it_was_under_any_pack() -> None:
    quiet = Finding(
        code=Code.SILENCE,
        tier=Tier.SOON,
        row="silence.high_risk",
        day=2,
        reason="Sample silence",
        version="1",
    )
    told = history(
        said(1), unasked=(Unasked(at=SESSION + timedelta(days=3), episode_id=EPISODE, finding=quiet),)
    )
    for by in (default_pack(), pack(silence={"after_alert_hours": 72})):
        (silence,) = alerts(told, by)
        assert short([silence]) == [(Code.SILENCE, Tier.SOON, timedelta(days=3))]
        assert silence.episode_id == EPISODE
    part = try_on(trial(pack()), told)
    assert (part.today.silence, part.today.patients_alerting) == (1, 0)


def test_a_pack_that_is_stricter_in_one_row_gains_exactly_that_row() -> None:
    told = history(said(2, swelling=2), said(4, swelling=1), said(6.5, itching=1))
    strict = pack(swelling={"mild_from_day": 4}, expected={"microneedling": {"swelling": [2, 2, 2, 0, 0, 0]}})
    part = try_on(trial(strict), told)
    (gained,) = part.differences
    assert (gained.kind, gained.code, gained.today) == ("gained", Code.SWELLING, None)
    assert gained.tried is not None
    assert (gained.tried.row, gained.tried.day, gained.tried.tier) == ("swelling.mild", 4, Tier.ROUTINE)
    assert (part.today.alerts, part.tried.alerts) == (0, 1)


def test_a_pack_that_is_looser_in_one_band_loses_exactly_what_it_held() -> None:
    told = history(said(3, swelling=2), said(4, tingling=True))
    loose = pack(expected={"microneedling": {"swelling": [2] * 20}})
    part = try_on(trial(loose), told)
    (lost,) = part.differences
    assert (lost.kind, lost.code, lost.tried) == ("lost", Code.SWELLING, None)
    assert part.tried.by == {Code.COLD_SORE: {Tier.SAME_DAY: 1}}


def test_the_same_alert_at_another_tier_or_day_is_changed_not_gained_and_lost() -> None:
    told = history(said(3, swelling=2), said(4, swelling=2))
    higher = try_on(trial(pack(rows={"swelling.moderate": {"tier": "same_day"}})), told)
    (one,) = higher.differences
    assert one.kind == "changed"
    assert one.today is not None
    assert one.tried is not None
    assert (one.today.tier, one.tried.tier) == (Tier.SOON, Tier.SAME_DAY)
    later = try_on(trial(pack(expected={"microneedling": {"swelling": [2, 2, 2, 2, 1, 0]}})), told)
    assert [
        (one.kind, one.today and one.today.day, one.tried and one.tried.day) for one in later.differences
    ] == [("changed", 3, 4)]


@pytest.mark.parametrize(
    ("bands", "fate"),
    [([2, 2, 2, 1, 1, 0], "caught"), ([2, 2, 2, 2, 1, 0], "late"), ([2, 2, 2, 2, 2, 2], "missed")],
)
def test_a_confirmed_alert_is_caught_raised_later_or_missed(bands: list[int], fate: str) -> None:
    told = history(said(3, swelling=2), said(4, swelling=2))
    (first,) = alerts(told)
    told = msgspec.structs.replace(told, alerts=(in_fact(first, Outcome.CONFIRMED),))
    part = try_on(trial(pack(expected={"microneedling": {"swelling": bands}})), told)
    counted = {name: getattr(part.tried, name) for name in ("caught", "late", "missed")}
    assert counted == dict.fromkeys(counted, 0) | {fate: 1}
    assert part.today.caught == 1
    named = [one for one in part.differences if one.kind == fate]
    assert [one.today for one in named] == ([] if fate == "caught" else [in_fact(first).seen])


def test_a_patients_part_says_what_each_pack_raised_when_and_where_they_part() -> None:
    told = history(said(3, tingling=True), said(4, swelling=2), said(6, swelling=2))
    cold, swollen = alerts(told)
    quiet = Finding(
        code=Code.SILENCE, tier=Tier.SOON, row="silence.high_risk", day=12, reason="Quiet.", version="1"
    )
    told = msgspec.structs.replace(
        told,
        alerts=(in_fact(cold, Outcome.CONFIRMED), in_fact(swollen, Outcome.CONFIRMED)),
        unasked=(Unasked(at=SESSION + timedelta(days=13), episode_id=EPISODE, finding=quiet),),
    )
    part = try_on(trial(pack(expected={"microneedling": {"swelling": [2, 2, 2, 2, 2, 0]}})), told)
    both = Tally(
        alerts=3,
        by={
            Code.COLD_SORE: {Tier.SAME_DAY: 1},
            Code.SWELLING: {Tier.SOON: 1},
            Code.SILENCE: {Tier.SOON: 1},
        },
        weeks={date(2026, 3, 2): 2, date(2026, 3, 9): 1},
        check_ins_alerting=2,
        patients_alerting=1,
        silence=1,
        told=3,
        caught=2,
    )
    before = in_fact(swollen).seen
    after = msgspec.structs.replace(
        before,
        day=6,
        at=SESSION + timedelta(days=6),
        reason="Swelling 2 (moderate) on day 6; none is expected, and it was 2 on day 4.",
    )
    parted = AlertDifference(
        kind="changed",
        patient_id=PATIENT,
        episode_id=EPISODE,
        code=Code.SWELLING,
        today=before,
        tried=after,
    )
    assert part == Part(
        patients=1,
        check_ins=3,
        first=SESSION + timedelta(days=3),
        last=SESSION + timedelta(days=6),
        today=both,
        tried=msgspec.structs.replace(both, caught=1, late=1),
        differences=[parted, msgspec.structs.replace(parted, kind="late")],
    )


def test_alerts_are_counted_by_code_tier_and_week_of_the_clinic() -> None:
    told = history(said(3, swelling=2), said(5, swelling=2), said(27.525, tingling=True))
    (first, _) = alerts(told)
    ended = act("resolve", first, first.raised_at + timedelta(hours=1), outcome=Outcome.FALSE_ALARM)
    told = msgspec.structs.replace(told, alerts=(in_fact(first),), acts=(ended,))
    part = try_on(trial(pack()), told)
    tally = part.today
    assert part.tried == tally
    assert tally.by == {Code.SWELLING: {Tier.SOON: 2}, Code.COLD_SORE: {Tier.SAME_DAY: 1}}
    # Half an hour before midnight of Sunday in UTC: the clinic's clocks went forward that day, and say Monday.
    assert tally.weeks == {date(2026, 3, 2): 2, date(2026, 3, 30): 1}


def test_an_alert_that_had_ended_before_does_not_catch_a_later_one() -> None:
    told = history(said(3, swelling=2), said(8, swelling=2, number=7))
    (first,) = alerts(told, until=SESSION + timedelta(days=4))
    ended = act("resolve", first, first.raised_at + timedelta(hours=1), outcome=Outcome.FALSE_ALARM)
    known = msgspec.structs.replace(told, alerts=(in_fact(first),), acts=(ended,))
    _, second = alerts(known)
    known = msgspec.structs.replace(known, alerts=(in_fact(first), in_fact(second, Outcome.CONFIRMED)))
    bands = [2, 2, 2, 1, 1, 1, 1, 1, 2]
    part = try_on(trial(pack(expected={"microneedling": {"swelling": bands}})), known)
    assert (part.tried.caught, part.tried.missed) == (0, 1)


def test_a_window_counts_what_falls_into_it_and_lives_through_what_came_before() -> None:
    told = history(said(3, swelling=2), said(5, swelling=2), said(9, tingling=True))
    since, until = SESSION + timedelta(days=4), SESSION + timedelta(days=8)
    part = try_on(trial(pack(), since=since, until=until), told)
    # The alert of day 3 is open when the window begins, so day 5 raises nothing new.
    assert (part.check_ins, part.today.alerts) == (1, 0)
    assert try_on(trial(pack(), since=since), told).today.alerts == 1


def test_what_happens_when_a_window_ends_or_later_is_not_lived_through() -> None:
    told = history(said(3, swelling=2), said(5, swelling=4))
    assert alerts(told, until=SESSION + timedelta(days=3)) == []
    part = try_on(trial(pack(), until=SESSION + timedelta(days=4)), told)
    assert part.today.by == {Code.SWELLING: {Tier.SOON: 1}}
    assert try_on(trial(pack()), told).today.by != part.today.by


def test_only_what_was_confirmed_within_a_window_is_caught_or_missed() -> None:
    told = history(said(3, swelling=2))
    (first,) = alerts(told)
    told = msgspec.structs.replace(told, alerts=(in_fact(first, Outcome.CONFIRMED),))
    for days, caught in ((3, 1), (4, 0)):
        part = try_on(trial(pack(), since=SESSION + timedelta(days=days)), told)
        assert (part.today.caught, part.today.missed) == (caught, 0)


def test_who_sent_nothing_is_no_patient_of_the_trial() -> None:
    assert try_on(trial(pack()), history()) == Part()


def test_a_timeline_without_check_ins_has_no_first_and_no_last() -> None:
    ((timeline, _),) = load_timelines(
        b'{"id": "T1", "modality": "microneedling", "session_at": "2026-03-02T11:00:00+00:00"}'
    )
    assert try_on_timeline(default_pack(), pack(), timeline) == Part(patients=1)


def test_a_pack_beside_itself_differs_in_nothing() -> None:
    chance = Random(7)  # noqa: S311 - answers, no secrets
    rows = ("swelling", "pain", "warmth", "redness", "itching")
    raised = 0
    for _ in range(150):
        check_ins = [
            said(
                day + 0.3,
                arrives=day + chance.choice((0.3, 0.3, 2.1)),
                **{row: chance.randint(0, 4) for row in rows},
            )
            for day in range(1, 9)
            if chance.random() < 0.7
        ]
        part = try_on(trial(default_pack()), history(*check_ins))
        assert part.differences == []
        assert part.today == part.tried
        raised += part.today.alerts
    assert raised > 100


def test_tallies_of_patients_add_up() -> None:
    told = history(said(3, swelling=2), said(4, tingling=True))
    one = try_on(trial(pack()), told).today
    both = Tally()
    both.add(one)
    both.add(one)
    assert both.alerts == 2 * one.alerts == 4
    assert both.by == {Code.SWELLING: {Tier.SOON: 2}, Code.COLD_SORE: {Tier.SAME_DAY: 2}}
    assert sum(both.weeks.values()) == 4


def test_a_timeline_file_is_tried_as_replay_reads_it() -> None:
    case = (
        b'{"id": "T1", "modality": "microneedling", "session_at": "2026-03-02T11:00:00+00:00", "check_ins":'
        b' [{"day": 3, "answers": {"swelling": 2}}, {"day": 4, "answers": {"tingling": true}}]}'
    )
    ((timeline, _),) = load_timelines(case)
    loose = pack(expected={"microneedling": {"swelling": [2] * 20}})
    part = try_on_timeline(default_pack(), loose, timeline)
    assert (part.today.alerts, part.tried.alerts) == tuple(
        len(replay(timeline, by)) for by in (default_pack(), loose)
    )
    (lost,) = part.differences
    assert (lost.kind, lost.code, lost.timeline) == ("lost", Code.SWELLING, "T1")
    assert (lost.patient_id, lost.episode_id) == (UUID(int=0), UUID(int=0))
    assert (part.patients, part.check_ins, part.first, part.last) == (
        1,
        2,
        timeline.session_at + timedelta(days=3),
        timeline.session_at + timedelta(days=4),
    )
    cold_sore = Tally(
        alerts=1,
        by={Code.COLD_SORE: {Tier.SAME_DAY: 1}},
        weeks={date(2026, 3, 2): 1},
        check_ins_alerting=1,
        patients_alerting=1,
        told=1,
    )
    assert part.tried == cold_sore
    assert part.today == msgspec.structs.replace(
        cold_sore,
        alerts=2,
        by={**cold_sore.by, Code.SWELLING: {Tier.SOON: 1}},
        weeks={date(2026, 3, 2): 2},
        check_ins_alerting=2,
        told=2,
    )


def test_the_weeks_of_a_timeline_are_those_of_its_own_zone() -> None:
    ((timeline, _),) = load_timelines(
        b'{"id": "T1", "modality": "microneedling", "session_at": "2026-03-05T11:00:00+00:00",'
        b' "time_zone": "Pacific/Auckland", "check_ins": [{"day": 3, "answers": {"tingling": true}}]}'
    )
    part = try_on_timeline(default_pack(), pack(), timeline)
    # Eleven o'clock of Sunday in UTC is midnight in Auckland.
    assert part.today.weeks == part.tried.weeks == {date(2026, 3, 9): 1}


def test_an_earlier_alert_that_had_ended_is_not_taken_for_a_later_one() -> None:
    told = history(said(3, swelling=2), said(8, swelling=2))
    (first,) = alerts(told, until=SESSION + timedelta(days=4))
    ended = act("resolve", first, first.raised_at + timedelta(hours=1), outcome=Outcome.FALSE_ALARM)
    told = msgspec.structs.replace(told, alerts=(in_fact(first),), acts=(ended,))
    part = try_on(trial(pack(expected={"microneedling": {"swelling": [2, 2, 2, 2, 1, 1, 1, 1, 0]}})), told)
    assert [(one.kind, one.today and one.today.day) for one in part.differences] == [("lost", 3)]
    assert (part.today.alerts, part.tried.alerts) == (2, 1)


def test_time_passes_between_what_happens() -> None:
    told = history(said(3, tingling=True), said(9, redness=0))
    assert [one.step for one in alerts(told)] == [1]
