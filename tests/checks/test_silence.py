"""Silence in its three parts: the reminder never left, it left and nothing came, something came and said nothing."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.care.calendar import calendar
from aftercare.checks import default_pack
from aftercare.checks.clinic_pack import changed
from aftercare.checks.silence import listen
from aftercare.model.silence import (
    Nudge,
    OpenAlert,
    ReCheck,
    Reminder,
    ReminderFate,
    Silence,
    SilenceKind,
    Watch,
    WatchedCheckIn,
)
from aftercare.model.timeline import Risks
from aftercare.model.words import Code, Modality, Tier

SESSION = datetime(2026, 3, 3, 11, tzinfo=UTC)  # day 0; London keeps UTC until 29 March
NEVER_LEFT = Reminder(ReminderFate.FAILED)
SENT = Reminder(ReminderFate.SENT)
HERPES = Risks(hsv_history=True)
NOBODY = Risks()


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Give a London wall time on a day of the episode."""
    return datetime(2026, 3, 3, tzinfo=UTC) + timedelta(days=day, hours=hour, minutes=minute)


def on(day: int) -> date:
    return at(day).date()


def watch(
    answered: set[int], *, patient: Risks = NOBODY, modality: Modality = Modality.MICRONEEDLING, **known: Any
) -> Watch:
    """Watch an episode whose due check-ins of these days were answered when they fell due; `known` by day or whole."""
    by_day = {key: known.pop(key, {}) for key in ("reminder", "miss_reminder", "said_nothing", "asked_again")}
    due = calendar(modality, SESSION, "Europe/London")
    return Watch(
        modality=modality,
        time_zone="Europe/London",
        patient=patient,
        calendar=tuple(
            WatchedCheckIn(
                due=one,
                answered=one.day in answered,
                reminder=by_day["reminder"].get(one.day, SENT),
                miss_reminder=by_day["miss_reminder"].get(one.day, Reminder()),
                said_nothing=one.day in by_day["said_nothing"],
                asked_again=one.day in by_day["asked_again"],
            )
            for one in due
        ),
        heard_at=known.pop("heard_at", tuple(one.due_at for one in due if one.day in answered)),
        **known,
    )


def hear(watched: Watch, now: datetime) -> Silence:
    return listen(default_pack(), watched, now)


def rows(silence: Silence) -> dict[str, str]:
    return {finding.row: finding.tier.value for finding in silence.findings}


# --- low risk


def test_two_misses_in_a_row_in_the_first_days_put_a_low_risk_patient_on_the_call_list_and_raise_nothing() -> (
    None
):
    silence = hear(watch({0, 1}), at(4))
    assert [(call.date, call.sentence) for call in silence.call] == [(on(3), "No check-in on days 2 and 3.")]
    assert silence.findings == ()


def test_a_day_is_not_missed_before_it_is_over() -> None:
    assert hear(watch({0, 1}), at(3, 23, 59)).call == ()


def test_one_miss_between_answers_calls_nobody() -> None:
    assert hear(watch({0, 1, 3, 5}), at(6)).call == ()


def test_low_risk_misses_after_day_5_call_nobody() -> None:
    assert hear(watch({0, 1, 2, 3, 4, 5}), at(20)).call == ()
    assert hear(watch({0, 1, 2, 3, 4}), at(20)).call == ()


def test_one_day_missed_at_each_edge_of_the_days_does_not_count() -> None:
    assert hear(watch({2, 3, 4}), at(6)).call == ()  # days 0 and 1, then day 5 with day 6 to come


def test_day_5_is_the_last_whose_miss_counts() -> None:
    silence = hear(watch({0, 1, 2, 3}), at(6))
    assert [(call.date, call.sentence) for call in silence.call] == [(on(5), "No check-in on days 4 and 5.")]


def test_who_spoke_unasked_between_misses_is_rung_once_the_next_one_is_missed_too() -> None:
    spoke = watch({0, 1}, modality=Modality.LASER_GENESIS, heard_at=(at(0, 20), at(1, 10), at(4, 10)))
    assert hear(spoke, at(5)).call == ()
    assert [call.sentence for call in hear(spoke, at(6)).call] == ["No check-in on days 2 and 3."]


@pytest.mark.parametrize(
    ("misses", "missed_on", "sentence"),
    [(1, 2, "No check-in on day 2."), (3, 4, "No check-in on days 2, 3 and 4.")],
)
def test_a_clinic_says_after_how_many_misses_it_rings(misses: int, missed_on: int, sentence: str) -> None:
    pack, faults = changed(default_pack(), {"silence": {"call_misses": misses}})
    assert not faults
    silent = watch({0, 1})
    assert listen(pack, silent, at(missed_on, 23)).call == ()
    (call,) = listen(pack, silent, at(5)).call
    assert (call.date, call.sentence) == (on(missed_on), sentence)


def test_the_call_is_the_same_entry_while_silence_lasts_and_goes_when_something_is_heard() -> None:
    silent = watch({0})
    assert [call.date for call in hear(silent, at(9)).call] == [on(2)]
    spoke = msgspec.structs.replace(silent, heard_at=(at(8, 3),))
    assert hear(spoke, at(9)).call == ()


# --- at risk


def test_a_miss_at_risk_is_reminded_and_becomes_soon_at_the_end_of_the_next_local_day() -> None:
    silent = watch({0, 1}, patient=HERPES)
    assert hear(silent, at(2, 23)).remind == ()
    assert hear(silent, at(3)).remind == (Nudge(SilenceKind.MISS, on(2)),)
    assert hear(silent, at(3, 23, 59)).findings == ()
    (found,) = hear(silent, at(4)).findings
    assert (found.row, found.tier, found.code, found.day, found.check_in) == (
        "silence.high_risk.2026-03-05",
        Tier.SOON,
        Code.SILENCE,
        2,
        None,
    )
    assert found.reason.endswith("; had cold sores before.")


def test_who_is_alerted_for_is_not_called_as_well() -> None:
    silence = hear(watch({0, 1}, patient=HERPES), at(6))
    assert (len(silence.findings), silence.call) == (3, ())


def test_whatever_comes_before_the_end_of_the_next_day_ends_the_silence() -> None:
    assert hear(watch({0, 1, 3}, patient=HERPES), at(4)).findings == ()
    assert hear(watch({0, 1}, patient=HERPES, heard_at=(at(3, 22),)), at(4)).findings == ()


def test_who_is_at_risk() -> None:
    dark, laser = Risks(fitzpatrick=4), Modality.LASER_GENESIS
    assert rows(hear(watch({0, 1}, patient=dark, modality=laser), at(4)))
    assert rows(hear(watch({0, 1}, patient=Risks(immunosuppressed=True)), at(4)))
    assert not rows(hear(watch({0, 1}, patient=dark), at(4)))
    assert not rows(hear(watch({0, 1}, patient=Risks(fitzpatrick=3), modality=laser), at(4)))
    assert not rows(hear(watch({0, 1}, patient=Risks(diabetes=True, hsv_history=False)), at(4)))


def test_a_skin_type_that_is_not_known_is_never_a_dark_one() -> None:
    pack, _ = changed(default_pack(), {"risk": {"dark_skin_from": 1}})
    for skin_type, silences in ((None, 0), (1, 4)):
        silent = watch({0, 1}, patient=Risks(fitzpatrick=skin_type), modality=Modality.LASER_GENESIS)
        assert len(listen(pack, silent, at(9)).findings) == silences


def test_a_miss_at_risk_outside_days_1_to_7_raises_nothing() -> None:
    to_day_7 = set(range(8))
    assert hear(watch(to_day_7, patient=HERPES), at(20)).findings == ()
    assert rows(hear(watch(to_day_7 - {7}, patient=HERPES), at(9))) == {
        "silence.high_risk.2026-03-10": "soon"
    }


def test_a_reminded_miss_is_not_reminded_again() -> None:
    assert hear(watch({0, 1}, patient=HERPES, miss_reminder={2: SENT}), at(3, 5)).remind == ()


# --- beside an open alert, and re-check questions


def test_after_an_open_alert_twelve_hours_without_an_answer_are_as_urgent_as_it_is() -> None:
    open_alert = OpenAlert(Code.COLD_SORE, Tier.SAME_DAY, at(2, 10))
    silent = watch({0, 1, 2}, alerts=(open_alert,))
    due_at = next(one.due.due_at for one in silent.calendar if one.due.day == 3)
    assert hear(silent, due_at + timedelta(hours=11, minutes=59)).findings == ()
    assert rows(hear(silent, due_at + timedelta(hours=12))) == {"silence.after_alert.2026-03-06": "same_day"}


def test_the_most_urgent_open_alert_gives_the_tier() -> None:
    alerts = (OpenAlert(Code.SWELLING, Tier.SOON, at(1, 10)), OpenAlert(Code.EYE, Tier.EMERGENCY, at(2, 10)))
    assert set(rows(hear(watch({0, 1, 2}, alerts=alerts), at(3, 23))).values()) == {"emergency"}


def test_an_alert_that_is_routine_of_silence_or_younger_than_the_check_in_waits_for_nothing() -> None:
    alerts = (
        OpenAlert(Code.MILIA, Tier.ROUTINE, at(1)),
        OpenAlert(Code.SILENCE, Tier.SOON, at(1)),
        OpenAlert(Code.SWELLING, Tier.SOON, at(3, 20)),
    )
    assert hear(watch({0, 1, 2}, alerts=alerts), at(4)).findings == ()


def test_an_answer_of_any_day_ends_the_wait_beside_an_alert() -> None:
    alerts = (OpenAlert(Code.SWELLING, Tier.SOON, at(2, 10)),)
    assert hear(watch({0, 1, 2}, alerts=alerts, heard_at=(at(3, 20),)), at(4)).findings == ()


def test_a_reminder_that_left_late_gives_its_twelve_hours_from_then() -> None:
    late = Reminder(ReminderFate.SENT, at(3, 15))
    silent = watch({0, 1, 2}, alerts=(OpenAlert(Code.PAIN, Tier.SOON, at(2, 10)),), reminder={3: late})
    assert hear(silent, at(4, 2, 59)).findings == ()
    assert rows(hear(silent, at(4, 3))) == {"silence.after_alert.2026-03-06": "soon"}


def test_a_re_check_question_is_awaited_at_the_tier_of_its_alert() -> None:
    asked = ReCheck(id="q1", tier=Tier.SAME_DAY, day=3, due_at=at(3, 8))
    silent = watch({0, 1, 2, 3}, re_checks=(asked,))
    assert hear(silent, at(3, 19)).findings == ()
    assert rows(hear(silent, at(3, 20))) == {"silence.re_check.2026-03-06.q1": "same_day"}
    answered = msgspec.structs.replace(asked, answered=True)
    assert hear(msgspec.structs.replace(silent, re_checks=(answered,)), at(3, 20)).findings == ()


# --- the clinic's own fault


def test_a_reminder_that_never_left_goes_to_the_admin_and_is_sent_again_while_its_day_lasts() -> None:
    failed = watch({0, 1}, reminder={2: NEVER_LEFT})
    for silence in (hear(failed, at(2, 12)), hear(failed, at(5))):
        assert silence.never_left == (Nudge(SilenceKind.DUE, on(2)),)
    assert hear(failed, at(2, 12)).remind == (Nudge(SilenceKind.DUE, on(2)),)
    assert hear(failed, at(3, 12)).remind == ()


def test_a_reminder_that_never_left_makes_no_miss_of_the_patient() -> None:
    assert hear(watch({0, 1, 4, 5}, reminder={2: NEVER_LEFT}), at(4)).call == ()


def test_whom_no_reminder_reached_for_two_days_is_rung_and_never_said_to_be_silent() -> None:
    silence = hear(watch({0}, reminder={1: NEVER_LEFT, 2: NEVER_LEFT}), at(3))
    assert silence.findings == ()
    assert [call.sentence for call in silence.call] == [
        "No check-in on days 1 and 2, and the reminder never left."
    ]


def test_a_reminder_that_never_left_does_not_hide_the_misses_around_it() -> None:
    assert [call.date for call in hear(watch({0}, reminder={2: NEVER_LEFT}), at(4)).call] == [on(3)]


def test_at_risk_and_never_reached_is_called_and_never_said_to_be_silent() -> None:
    silence = hear(watch({0, 1}, patient=HERPES, reminder={2: NEVER_LEFT}), at(4))
    assert silence.findings == ()
    assert [call.sentence for call in silence.call] == [
        "Not heard since day 2, the patient is at risk, and the reminder never left."
    ]


def test_at_risk_a_reminder_that_left_after_the_miss_makes_the_silence_the_patients() -> None:
    later = {2: Reminder(ReminderFate.SENT, at(3, 9))}
    silent = watch({0, 1}, patient=HERPES, reminder={2: NEVER_LEFT}, miss_reminder=later)
    silence = hear(silent, at(4))
    assert (rows(silence), silence.call) == ({"silence.high_risk.2026-03-05": "soon"}, ())


def test_beside_an_open_alert_never_reached_is_called_and_never_said_to_be_silent() -> None:
    alerts = (OpenAlert(Code.EYE, Tier.SAME_DAY, at(2, 10)),)
    silence = hear(watch({0, 1, 2}, alerts=alerts, reminder={3: NEVER_LEFT}), at(3, 22))
    assert (silence.findings, len(silence.call)) == ((), 1)


def test_beside_an_open_alert_the_reminder_that_left_for_one_that_did_not_gives_its_twelve_hours() -> None:
    alerts = (OpenAlert(Code.EYE, Tier.SAME_DAY, at(2, 10)),)
    later = {7: Reminder(ReminderFate.SENT, at(8, 9))}
    silent = watch(set(range(7)), alerts=alerts, reminder={7: NEVER_LEFT}, miss_reminder=later)
    before = hear(silent, at(8, 20, 59))
    assert (before.findings, before.call, before.next_look_at) == ((), (), at(8, 21))
    assert rows(hear(silent, at(8, 21))) == {"silence.after_alert.2026-03-10": "same_day"}


# --- sent, said nothing


def test_what_came_and_said_nothing_is_asked_for_once_more() -> None:
    empty = watch({0, 1}, said_nothing={2})
    assert hear(empty, at(2, 12)).ask_again == (Nudge(SilenceKind.DUE, on(2)),)
    assert hear(watch({0, 1}, said_nothing={2}, asked_again={2}), at(2, 12)).ask_again == ()


def test_what_said_nothing_to_the_end_of_its_day_is_a_miss() -> None:
    silence = hear(watch({0, 1}, said_nothing={2, 3}, asked_again={2, 3}), at(4))
    assert [call.date for call in silence.call] == [on(3)]


# --- time


def test_a_day_ends_when_the_patients_own_day_ends() -> None:
    due = calendar(Modality.MICRONEEDLING, SESSION, "America/Los_Angeles")
    silent = Watch(
        modality=Modality.MICRONEEDLING,
        time_zone="America/Los_Angeles",
        patient=HERPES,
        calendar=tuple(WatchedCheckIn(due=one, answered=one.day < 2, reminder=SENT) for one in due),
    )
    assert hear(silent, at(4, 7, 59)).findings == ()
    assert rows(hear(silent, at(4, 8))) == {"silence.high_risk.2026-03-05": "soon"}


fates = st.sampled_from([Reminder(), SENT, NEVER_LEFT, Reminder(ReminderFate.SENT, at(3, 15))])
by_day = st.dictionaries(st.integers(0, 14), fates)
watches = st.builds(
    watch,
    st.sets(st.integers(0, 14)),
    patient=st.sampled_from([NOBODY, HERPES, Risks(fitzpatrick=5)]),
    modality=st.sampled_from(Modality),
    reminder=by_day,
    miss_reminder=by_day,
    said_nothing=st.sets(st.integers(0, 14)),
    alerts=st.lists(
        st.builds(
            OpenAlert, st.sampled_from([Code.EYE, Code.SILENCE]), st.sampled_from(Tier), st.just(at(2, 10))
        )
    ).map(tuple),
    re_checks=st.lists(
        st.builds(
            lambda day, tier, fate: ReCheck(
                id=f"q{day}", tier=tier, day=day, due_at=at(day, 8), reminder=fate
            ),
            st.integers(1, 10),
            st.sampled_from(Tier),
            fates,
        ),
        max_size=2,
        unique_by=lambda asked: asked.id,
    ).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(watches, st.integers(0, 20 * 24 * 60), st.floats(0, 0.999999))
def test_nothing_changes_before_the_next_look(watched: Watch, minute: int, part: float) -> None:
    now = at(0, 0, minute)
    silence = hear(watched, now)
    end = silence.next_look_at or at(100)
    assert end > now
    assert hear(watched, now + (end - now) * part) == silence


@settings(max_examples=100, deadline=None)
@given(watches)
def test_one_late_look_finds_all_that_looking_in_time_would_have_found(watched: Watch) -> None:
    found: dict[str, str] = {}
    now: datetime | None = at(0)
    last = at(0)
    while now is not None:
        last = now
        silence = hear(watched, now)
        assert len(rows(silence)) == len(silence.findings)
        found |= rows(silence)
        now = silence.next_look_at
        assert now is None or now > last
    assert rows(hear(watched, last + timedelta(days=60))) == found
