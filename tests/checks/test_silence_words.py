"""What is said about silence, whole: every sentence, every line of evidence, every nudge, and when to look again."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from aftercare.checks.sources import RULE
from aftercare.model.findings import Evidence, Finding
from aftercare.model.silence import (
    CallReason,
    Nudge,
    OpenAlert,
    ReCheck,
    Reminder,
    ReminderFate,
    SilenceKind,
    Watch,
)
from aftercare.model.timeline import Risks
from aftercare.model.words import Code, Modality, Tier
from tests.checks.test_silence import HERPES, NEVER_LEFT, SENT, at, hear, on, watch

LASER = Modality.LASER_GENESIS
EVERY_RISK = Risks(hsv_history=True, immunosuppressed=True, fitzpatrick=5)
OPEN = (OpenAlert(Code.COLD_SORE, Tier.SAME_DAY, at(1, 20)), OpenAlert(Code.INFECTION, Tier.SOON, at(1, 20)))


def due(watched: Watch, day: int) -> datetime:
    return next(one.due.due_at for one in watched.calendar if one.due.day == day)


def said(finding: Finding) -> tuple[Any, ...]:
    """A finding without the rule it rests on, which is held against the pack here."""
    *lines, rule = finding.evidence
    assert (rule.item, rule.now) == (RULE, ".".join(finding.row.split(".")[:2]))
    assert (finding.code, finding.version) == (Code.SILENCE, "default-1")
    return finding.row, finding.tier, finding.day, finding.reason, lines


def test_silence_of_a_patient_at_risk_names_every_risk_and_when_something_was_last_heard() -> None:
    silent = watch({0, 1}, patient=EVERY_RISK, modality=LASER, heard_at=(at(0, 19), at(1, 9, 5)))
    (found,) = hear(silent, at(4)).findings
    assert said(found) == (
        "silence.high_risk.2026-03-05",
        Tier.SOON,
        2,
        "Nothing heard since the check-in of day 2 fell due, nor on the day after it; had cold sores before, weak immune defence, laser on dark skin.",
        [
            Evidence(item="silence", text="last heard 2026-03-04 09:05 UTC"),
            Evidence(item="hsv_history", now=True, text="had cold sores before"),
            Evidence(item="immunosuppressed", now=True, text="weak immune defence"),
            Evidence(item="fitzpatrick", now=5, text="laser on dark skin"),
        ],
    )


def test_who_was_never_heard_is_said_never_to_have_been() -> None:
    found = hear(watch(set(), patient=HERPES), at(4)).findings[0]
    assert found.evidence[0] == Evidence(item="silence", text="never heard")


@pytest.fixture
def server_in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


def test_when_something_was_last_heard_is_said_in_utc_wherever_the_server_stands(
    server_in_tokyo: None,
) -> None:
    silent = watch({0, 1}, patient=HERPES, heard_at=(at(1, 9, 5).astimezone(ZoneInfo("Pacific/Auckland")),))
    assert hear(silent, at(4)).findings[0].evidence[0].text == "last heard 2026-03-04 09:05 UTC"


def test_silence_beside_open_alerts_names_them_and_is_as_urgent_as_the_worst() -> None:
    silent = watch({0, 1}, alerts=OPEN)
    assert hear(silent, due(silent, 2) + timedelta(hours=12) - timedelta(seconds=1)).findings == ()
    (found,) = hear(silent, due(silent, 2) + timedelta(hours=12)).findings
    assert said(found)[:4] == (
        "silence.after_alert.2026-03-05",
        Tier.SAME_DAY,
        2,
        "No answer 12 hours after the check-in of day 2 fell due, with an alert open: cold sore, infection.",
    )
    assert found.evidence[1:3] == (
        Evidence(item="cold_sore", now=Tier.SAME_DAY, text="open alert"),
        Evidence(item="infection", now=Tier.SOON, text="open alert"),
    )


def test_a_re_check_without_an_answer_is_named_by_its_local_date_and_its_id() -> None:
    asked = ReCheck(id="r1", tier=Tier.SAME_DAY, day=3, due_at=at(3, 20))
    far_east = msgspec.structs.replace(watch(set(range(9)), re_checks=(asked,)), time_zone="Pacific/Auckland")
    assert hear(far_east, at(4, 8) - timedelta(seconds=1)).findings == ()
    (found,) = hear(far_east, at(4, 8)).findings
    row, tier, day, reason, lines = said(found)
    assert (row, tier, day) == ("silence.re_check.2026-03-07.r1", Tier.SAME_DAY, 3)
    assert reason == "No answer 12 hours after the re-check question of day 3 fell due."
    assert lines[1:] == [Evidence(item="re_check", now=Tier.SAME_DAY, text="tier of its alert")]


def test_a_re_check_that_never_left_is_sent_again_told_to_the_admin_and_rung_by_its_local_date() -> None:
    asked = ReCheck(id="r1", tier=Tier.SAME_DAY, day=3, due_at=at(3, 20), reminder=NEVER_LEFT)
    far_east = msgspec.structs.replace(watch(set(range(9)), re_checks=(asked,)), time_zone="Pacific/Auckland")
    again = (Nudge(SilenceKind.RE_CHECK, on(4), "r1"),)
    before = hear(far_east, at(3, 20) - timedelta(seconds=1))
    assert (before.remind, before.never_left, before.call) == ((), again, ())
    assert hear(far_east, at(3, 20)).remind == again
    after = hear(far_east, at(4, 8))
    assert after.findings == ()
    assert after.call == (
        CallReason(on(4), "The re-check of day 3 is not answered, and the reminder never left."),
    )
    answered = msgspec.structs.replace(asked, answered=True)
    done = hear(msgspec.structs.replace(far_east, re_checks=(answered,)), at(4, 8))
    assert (done.call, done.remind, done.findings) == ((), (), ())


def test_whom_no_reminder_reached_is_rung_with_the_reason_for_hurry() -> None:
    at_risk = watch({0, 1, 3}, patient=HERPES, reminder={2: NEVER_LEFT}, heard_at=())
    unheard = msgspec.structs.replace(
        at_risk, calendar=tuple(one for one in at_risk.calendar if one.due.day <= 2)
    )
    assert hear(unheard, at(4) - timedelta(seconds=1)).call == ()
    assert hear(unheard, at(4)).call == (
        CallReason(on(2), "Not heard since day 2, the patient is at risk, and the reminder never left."),
    )
    beside = watch({0, 1}, alerts=OPEN, reminder={2: NEVER_LEFT})
    late = due(beside, 2) + timedelta(hours=12)
    assert hear(beside, late - timedelta(seconds=1)).call == ()
    assert hear(beside, late).call == (
        CallReason(on(2), "Not heard since day 2, an alert is open, and the reminder never left."),
    )


def test_two_days_without_a_reminder_are_rung_about_as_ours() -> None:
    ours = watch({0, 1}, reminder={2: NEVER_LEFT, 3: NEVER_LEFT})
    assert hear(ours, at(4)).call == (
        CallReason(on(3), "No check-in on days 2 and 3, and the reminder never left."),
    )
    one_each = watch({0, 1}, reminder={2: SENT, 3: NEVER_LEFT})
    assert hear(one_each, at(4)).call == (
        CallReason(on(3), "No check-in on days 2 and 3, and the reminder never left."),
    )


def test_every_reason_to_ring_stands_once_a_day_in_the_order_of_the_days() -> None:
    silent = watch({0, 1}, alerts=OPEN, reminder={2: NEVER_LEFT, 3: NEVER_LEFT})
    assert hear(silent, at(5)).call == (
        CallReason(on(2), "Not heard since day 2, an alert is open, and the reminder never left."),
        CallReason(on(3), "No check-in on days 2 and 3, and the reminder never left."),
    )


def test_what_never_left_is_told_of_each_reminder() -> None:
    failed = watch(
        {0, 1}, patient=HERPES, reminder={2: NEVER_LEFT}, miss_reminder={2: NEVER_LEFT, 3: NEVER_LEFT}
    )
    assert hear(failed, at(4)).never_left == (
        Nudge(SilenceKind.DUE, on(2)),
        Nudge(SilenceKind.MISS, on(2)),
        Nudge(SilenceKind.MISS, on(3)),
    )


def test_a_miss_reminder_that_failed_is_sent_again_and_one_that_left_is_not() -> None:
    silent = watch({0, 1}, patient=HERPES, miss_reminder={2: NEVER_LEFT, 3: SENT})
    assert hear(silent, at(4)).remind == (Nudge(SilenceKind.MISS, on(2)),)


def test_a_failed_reminder_is_sent_again_from_when_it_was_due_to_the_end_of_its_day() -> None:
    failed = watch({0, 1}, reminder={2: NEVER_LEFT})
    again, due_at = (Nudge(SilenceKind.DUE, on(2)),), due(failed, 2)
    assert hear(failed, due_at - timedelta(seconds=1)).remind == ()
    assert hear(failed, due_at).remind == again
    assert hear(failed, at(3) - timedelta(seconds=1)).remind == again
    assert hear(failed, at(3)).remind == ()
    assert hear(watch({0, 1, 2}, reminder={2: NEVER_LEFT}), due_at).remind == ()


def test_what_said_nothing_is_asked_for_until_its_day_ends() -> None:
    empty = watch({0, 1}, said_nothing={2})
    assert hear(empty, at(3) - timedelta(seconds=1)).ask_again == (Nudge(SilenceKind.DUE, on(2)),)
    assert hear(empty, at(3)).ask_again == ()
    assert hear(watch({0, 1}, said_nothing={2}, asked_again={2}), at(2, 22)).ask_again == ()
    assert hear(watch({0, 1, 2}, said_nothing={2}), at(2, 22)).ask_again == ()


def test_the_next_look_is_the_first_instant_at_which_time_alone_says_something() -> None:
    asked = ReCheck(id="r1", tier=Tier.SOON, day=3, due_at=at(3, 20))
    days = range(43)
    looks = {
        "a day ends": (watch(set(days) - {2}), at(2, 12), at(3)),
        "patience ends": (watch(set(days) - {2}, patient=HERPES), at(3), at(4)),
        "low risk has no patience": (watch(set(days) - {2}), at(3), None),
        "a question falls due": (watch(set(days), re_checks=(asked,)), at(3), at(3, 20)),
        "a question is late": (watch(set(days), re_checks=(asked,)), at(3, 20), at(4, 8)),
        "nothing is awaited": (watch(set(days)), at(3), None),
    }
    assert {name: hear(seen, now).next_look_at for name, (seen, now, _) in looks.items()} == {
        name: then for name, (_, _, then) in looks.items()
    }
    beside = watch(set(days) - {2}, alerts=OPEN)
    due_at = due(beside, 2)
    assert hear(beside, due_at).next_look_at == due_at + timedelta(hours=12)
    sent_late = Reminder(ReminderFate.SENT, due_at + timedelta(hours=3))
    late = watch(set(days) - {2}, alerts=OPEN, reminder={2: sent_late})
    assert hear(late, due_at).next_look_at == due_at + timedelta(hours=15)
    failed = watch(set(days) - {2}, reminder={2: NEVER_LEFT})
    assert hear(failed, due_at - timedelta(minutes=1)).next_look_at == due_at


def test_an_alert_of_the_very_instant_awaits_nothing_of_it() -> None:
    silent = watch({0, 1})
    raised = OpenAlert(Code.INFECTION, Tier.SOON, due(silent, 2))
    only = tuple(one for one in silent.calendar if one.due.day <= 2)
    assert hear(msgspec.structs.replace(silent, calendar=only, alerts=(raised,)), at(9)).findings == ()


def test_what_was_heard_at_the_very_instant_is_an_answer() -> None:
    silent = watch({0, 1}, patient=HERPES)
    only = tuple(one for one in silent.calendar if one.due.day <= 2)
    heard = msgspec.structs.replace(silent, calendar=only, heard_at=(due(silent, 2),))
    assert hear(heard, at(9)).findings == ()
