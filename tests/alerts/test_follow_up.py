"""What may be written into the follow-up log, when a next step is due, and what the shipped scripts must never say."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from aftercare.alerts.follow_up import (
    LEAD,
    check_entry,
    first_look_at,
    is_reminded_of,
    look_again_at,
    overdue_notice,
    timing,
)
from aftercare.alerts.scripts import shipped
from aftercare.errors import Malformed
from aftercare.model.alerts import Audience, Why
from aftercare.model.clinic import Opening, OpeningHours
from aftercare.model.follow_ups import EntryKind, FollowUpDraft, ScriptDraft, ScriptUse, StepTiming
from aftercare.model.words import Code, Tier

March = Callable[..., datetime]
TODAY = date(2026, 3, 4)


def test_a_step_is_overdue_only_once_its_day_is_over() -> None:
    days = (TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1))
    assert [timing(day, TODAY) for day in days] == [
        StepTiming.OVERDUE,
        StepTiming.TODAY,
        StepTiming.COMING,
    ]


def test_a_step_of_friday_is_looked_at_before_mondays_digest_and_then_every_opening_day(
    hours: OpeningHours, march: March
) -> None:
    first = first_look_at(date(2026, 3, 6), hours)
    assert first == march(9, 9) - LEAD
    assert look_again_at(first, hours) == march(10, 9) - LEAD
    # After an outage: with the next one, not twice on one day.
    assert look_again_at(march(9, 14), hours) == march(10, 9) - LEAD


def test_the_day_of_a_step_is_over_by_the_clinics_clock() -> None:
    auckland = ZoneInfo("Pacific/Auckland")  # where Friday is over before noon in UTC
    daily = OpeningHours(
        time_zone=auckland.key, openings=tuple(Opening(day, time(9), time(18)) for day in range(7))
    )
    saturday = datetime(2026, 3, 7, 9, tzinfo=auckland)
    assert first_look_at(date(2026, 3, 6), daily) == saturday - LEAD


def test_it_leaves_with_the_digest_that_is_about_to_leave_or_at_once_when_that_has_left(
    hours: OpeningHours, march: March
) -> None:
    owner = UUID(int=7)
    before = overdue_notice(UUID(int=1), owner, march(9, 9) - LEAD, hours)
    assert (before.not_before, before.to, before.owner) == (march(9, 9), Audience.OWNER, owner)
    assert (before.tier, before.why, before.step) == (Tier.ROUTINE, Why.STEP_OVERDUE, 0)
    assert (before.alert_id, before.at) == (UUID(int=1), march(9, 9) - LEAD)
    late = overdue_notice(UUID(int=1), None, march(9, 11), hours)
    assert (late.not_before, late.to, late.owner) == (march(9, 11), Audience.PRACTITIONERS, None)
    early = overdue_notice(UUID(int=1), None, march(9, 9) - LEAD - SECOND, hours)
    assert early.not_before == early.at


def test_only_the_steps_of_urgent_alerts_stand_in_the_digest() -> None:
    assert {tier for tier in Tier if is_reminded_of(tier)} == {Tier.SAME_DAY, Tier.EMERGENCY}


def test_everything_that_is_wrong_is_said_at_once(march: March) -> None:
    draft = FollowUpDraft(
        kind=EntryKind.CALL,
        happened_at=march(4, 12),
        next_step="Ring",
        next_on=date(2026, 3, 3),
        script=ScriptUse(version=1, checked=("Where?", "Not of it")),
    )
    with pytest.raises(Malformed) as refused:
        check_entry(draft, ScriptDraft(ask=("Where?",)), now=march(4, 10), today=TODAY)
    assert set(refused.value.pointers) == {"/happened_at", "/next_on", "/script/checked"}
    assert refused.value.detail == "This follow-up needs another look; nothing was saved yet."


@pytest.mark.parametrize(
    "draft",
    [
        FollowUpDraft(kind=EntryKind.NOTE, text="x"),
        FollowUpDraft(kind=EntryKind.ADVICE, advised="x"),
        FollowUpDraft(kind=EntryKind.VISIT, visit_on=date(2026, 3, 20)),
        FollowUpDraft(kind=EntryKind.NOTE, next_step="Ring", next_on=TODAY),
        FollowUpDraft(kind=EntryKind.CALL, script=ScriptUse(version=0, checked=("Where?",))),
    ],
)
def test_one_word_of_what_was_done_is_enough(draft: FollowUpDraft, march: March) -> None:
    check_entry(draft, ScriptDraft(ask=("Where?",)), now=march(4, 10), today=TODAY)


PAST = "Choose a time that has passed, within the last 90 days."
VISIT = "Choose a day from 90 days ago to two years ahead."
BOTH = "A next step needs both: what is to be done, and by which day."
AHEAD = "Choose today or a day ahead, within two years."
GONE = "There is no such version of this script. Load the page again."
NOT_OF_IT = "These lines are not of that version. Load the page again."
NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"text": ""}, {"/text": "Write what was said or done, or tick a line of the script."}),
        (
            {"text": " ", "advised": "\n"},
            {"/text": "Write what was said or done, or tick a line of the script."},
        ),
        ({"happened_at": NOW - 90 * DAY}, {}),
        ({"happened_at": NOW - 90 * DAY - SECOND}, {"/happened_at": PAST}),
        ({"happened_at": NOW + 300 * SECOND}, {}),  # a clock that is a little ahead
        ({"happened_at": NOW + 301 * SECOND}, {"/happened_at": PAST}),
        ({"visit_on": TODAY - 90 * DAY}, {}),
        ({"visit_on": TODAY - 91 * DAY}, {"/visit_on": VISIT}),
        ({"visit_on": TODAY + 731 * DAY}, {}),
        ({"visit_on": TODAY + 732 * DAY}, {"/visit_on": VISIT}),
        ({"next_step": "Ring"}, {"/next_on": BOTH}),
        ({"next_on": TODAY}, {"/next_step": BOTH}),
        ({"next_step": "Ring", "next_on": TODAY - DAY}, {"/next_on": AHEAD}),
        ({"next_step": "Ring", "next_on": TODAY + 731 * DAY}, {}),
        ({"next_step": "Ring", "next_on": TODAY + 732 * DAY}, {"/next_on": AHEAD}),
        ({"next_step": " "}, {"/next_step": "Say what is to be done, or leave it empty."}),
        ({"script": ScriptUse(version=1, checked=("Where?",))}, {"/script/version": GONE}),
    ],
)
def test_what_cannot_be_kept_is_said_with_what_to_do_and_where(
    given: dict[str, Any], problems: dict[str, str]
) -> None:
    draft = FollowUpDraft(kind=EntryKind.NOTE, **{"text": "x", **given})
    assert _problems(draft, None) == problems


def test_lines_of_another_version_of_the_script_are_refused() -> None:
    draft = FollowUpDraft(kind=EntryKind.CALL, script=ScriptUse(version=1, checked=("Where?", "When?")))
    assert _problems(draft, ScriptDraft(ask=("Where?",), advise=("When?",))) == {}
    assert _problems(draft, ScriptDraft(ask=("Where?",))) == {"/script/checked": NOT_OF_IT}


def _problems(draft: FollowUpDraft, script: ScriptDraft | None) -> dict[str, str]:
    try:
        check_entry(draft, script, now=NOW, today=TODAY)
    except Malformed as refused:
        return refused.pointers
    return {}


@pytest.mark.parametrize("next_on", [None, TODAY])
def test_a_next_step_of_blanks_alone_is_refused(next_on: date | None, march: March) -> None:
    draft = FollowUpDraft(kind=EntryKind.NOTE, text="x", next_step=" \u00a0\u3000", next_on=next_on)
    with pytest.raises(Malformed) as refused:
        check_entry(draft, None, now=march(4, 10), today=TODAY)
    assert set(refused.value.pointers) == {"/next_step"}


# What a script by which a coordinator speaks may not say: what somebody has, or that they leave off what a doctor gave.
_DIAGNOSES = re.compile(
    r"\b(you have|he has|she has|patient has|it is an? \w+ infection|diagnos\w*)\b", re.IGNORECASE
)
_STOPS = re.compile(r"\b(stop|leave off|pause|skip|halve|discontinue|reduce|double)\b", re.IGNORECASE)
_GIVES = re.compile(
    r"\b(aciclovir|valaciclovir|antibiotic\w*|ibuprofen|aspirin|paracetamol|cortisone|hydrocortisone|antihistamine\w*|mg)\b",
    re.IGNORECASE,
)
_CALMS = re.compile(r"\b(all is well|nothing to worry|do not worry|harmless|you are fine)\b", re.IGNORECASE)


@pytest.mark.parametrize("code", Code)
def test_a_shipped_script_asks_advises_and_sends_on_and_never_diagnoses_or_touches_a_prescription(
    code: Code,
) -> None:
    script = shipped(code)
    assert script.code is code
    assert script.version == 0
    assert min(len(script.ask), len(script.send_on)) >= 2
    assert script.advise
    assert len(set(script.lines)) == len(script.lines)
    for line in script.lines:
        assert line.endswith((".", "?")), line
        assert not re.search(r"[*_#`\[\]]", line), line
        assert not _DIAGNOSES.search(line), line
        assert not _GIVES.search(line), line
        assert not _CALMS.search(line), line
        if _STOPS.search(line):
            assert "prescribed" in line, line


@pytest.mark.parametrize(
    "code", [Code.AIRWAY, Code.ANAESTHETIC, Code.ALLERGY, Code.EYE, Code.WIDESPREAD_HERPES, Code.INFECTION]
)
def test_what_can_become_an_emergency_is_sent_on_first(code: Code) -> None:
    assert re.search(r"emergency|at once|\bnow\b", shipped(code).send_on[0])
