"""What is asked again the day after: of which alerts, on which day, and what one question stands for."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from aftercare.care.re_checks import Question, questions
from aftercare.model.alerts import Alert
from aftercare.model.calendar import DueCheckIn
from aftercare.model.words import AlertState, Code, Outcome, Tier

AT = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
SESSION_ON, NEXT_DAY = date(2026, 3, 2), date(2026, 3, 5)
LONDON = ZoneInfo("Europe/London")
ALERT = Alert(
    id=UUID(int=2), episode_id=UUID(int=9), code=Code.COLD_SORE, tier=Tier.SAME_DAY, raised_at=AT, day=2,
    reason="as reported", version="1", clock_from=AT, acknowledge_by=AT + timedelta(hours=2),
)  # fmt: skip
RESOLVED = msgspec.structs.replace(ALERT, state=AlertState.RESOLVED, outcome=Outcome.CONFIRMED)
# The check-in that the calendar itself asks on the day after.
DUE = DueCheckIn(
    day=3,
    date=NEXT_DAY,
    due_at=datetime(2026, 3, 5, 8, tzinfo=UTC),
    ends_at=datetime(2026, 3, 6, tzinfo=UTC),
)
OTHER_DAY = msgspec.structs.replace(DUE, day=4, date=date(2026, 3, 6))


def asked_of(*alerts: Alert, calendar: tuple[DueCheckIn, ...] = (), at: time = time(9)) -> list[Question]:
    return questions(alerts, calendar, SESSION_ON, LONDON, at=at)


def test_two_alerts_of_one_instant_are_asked_about_in_one_question_at_the_higher_tier() -> None:
    other = msgspec.structs.replace(ALERT, id=UUID(int=1), code=Code.AIRWAY, tier=Tier.EMERGENCY)
    for alerts in ((ALERT, other), (other, ALERT)):
        (asked,) = asked_of(*alerts)
        assert (asked.due.date, asked.tier, asked.alert_id) == (NEXT_DAY, Tier.EMERGENCY, other.id)


def test_of_two_alerts_of_one_day_the_question_is_the_first_ones() -> None:
    later = msgspec.structs.replace(
        ALERT, id=UUID(int=1), code=Code.AIRWAY, tier=Tier.EMERGENCY, raised_at=AT + timedelta(hours=1)
    )
    (asked,) = asked_of(later, ALERT)
    assert (asked.alert_id, asked.tier) == (ALERT.id, Tier.EMERGENCY)


def test_it_is_asked_in_the_morning_of_the_next_day_and_over_with_that_day() -> None:
    (asked,) = asked_of(ALERT)
    assert asked == Question(
        due=DueCheckIn(
            day=3,
            date=NEXT_DAY,
            due_at=datetime(2026, 3, 5, 9, tzinfo=UTC),
            ends_at=datetime(2026, 3, 6, tzinfo=UTC),
        ),
        alert_id=ALERT.id,
        tier=Tier.SAME_DAY,
        by_calendar=False,
        contacted=False,
    )
    (when_chosen,) = asked_of(ALERT, at=time(18, 30))
    assert when_chosen.due.due_at == datetime(2026, 3, 5, 18, 30, tzinfo=UTC)
    # Where nothing is said of the time, at nine.
    assert questions([ALERT], (), SESSION_ON, LONDON) == [asked]


def test_the_day_after_is_the_patients_own_and_counts_from_when_it_became_urgent() -> None:
    late = msgspec.structs.replace(
        ALERT, raised_at=AT - timedelta(days=3), clock_from=AT + timedelta(hours=13)
    )
    for zone, day in (("Europe/London", 5), ("Europe/Berlin", 6)):  # 23:00 in London is midnight there
        (asked,) = questions([late], (), SESSION_ON, ZoneInfo(zone))
        assert (asked.due.date.day, asked.due.day) == (day, day - 2)


@pytest.mark.parametrize(
    ("alert", "is_asked"),
    [
        ({"tier": Tier.EMERGENCY}, True),
        ({"tier": Tier.SOON}, False),
        ({"tier": Tier.ROUTINE}, False),
        ({"code": Code.SILENCE}, False),  # nothing was said that could be asked again
        ({"state": AlertState.RESOLVED, "outcome": Outcome.CONFIRMED}, True),
        ({"state": AlertState.RESOLVED, "outcome": Outcome.EXPECTED_COURSE}, True),
        ({"state": AlertState.RESOLVED, "outcome": Outcome.FALSE_ALARM}, False),
        ({"state": AlertState.RESOLVED, "outcome": Outcome.DUPLICATE}, False),
    ],
    ids=str,
)
def test_what_was_urgent_and_there_is_asked_again(alert: dict[str, object], *, is_asked: bool) -> None:
    assert bool(asked_of(msgspec.structs.replace(ALERT, **alert))) is is_asked


def test_the_days_own_check_in_asks_once_all_its_alerts_are_resolved() -> None:
    assert asked_of(ALERT, calendar=(DUE,)) == []  # its silence is looked at with the calendar
    (asked,) = asked_of(RESOLVED, calendar=(OTHER_DAY, DUE))
    assert (asked.due, asked.by_calendar) == (DUE, True)
    still_open = msgspec.structs.replace(ALERT, id=UUID(int=3), code=Code.EYE)
    assert asked_of(RESOLVED, still_open, calendar=(DUE,)) == []
    (beside,) = asked_of(ALERT, calendar=(OTHER_DAY,))
    assert not beside.by_calendar


def test_each_day_has_its_own_question_also_after_one_that_the_calendar_asks_or_a_zone_skipped() -> None:
    next_morning = msgspec.structs.replace(
        ALERT, id=UUID(int=3), code=Code.EYE, clock_from=AT + timedelta(days=1)
    )
    assert [one.alert_id for one in asked_of(next_morning, ALERT)] == [ALERT.id, next_morning.id]
    assert [one.alert_id for one in asked_of(next_morning, ALERT, calendar=(DUE,))] == [next_morning.id]
    # Apia had no 30 December 2011.
    skipped, after = (
        msgspec.structs.replace(
            ALERT, id=UUID(int=number), clock_from=datetime(2011, 12, day, 20, tzinfo=UTC)
        )
        for number, day in ((1, 29), (2, 30))
    )
    (asked,) = questions([skipped, after], (), date(2011, 12, 27), ZoneInfo("Pacific/Apia"))
    assert (asked.alert_id, asked.due.date) == (after.id, date(2012, 1, 1))


@pytest.mark.parametrize(
    ("reached", "contacted"), [(None, False), (timedelta(seconds=-1), False), (timedelta(0), True)]
)
def test_who_was_reached_since_it_fell_due_needs_no_further_look(
    reached: timedelta | None, *, contacted: bool
) -> None:
    due_at = datetime(2026, 3, 5, 9, tzinfo=UTC)
    called = msgspec.structs.replace(ALERT, contacted_at=None if reached is None else due_at + reached)
    not_called = msgspec.structs.replace(ALERT, id=UUID(int=1), code=Code.EYE)
    (asked,) = asked_of(not_called, called)
    assert asked.contacted is contacted
