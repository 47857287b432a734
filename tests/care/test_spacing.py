import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.care.spacing import add_months, check_settings, shipped
from aftercare.errors import Malformed
from aftercare.model.course_plans import CourseSettingsDraft
from aftercare.model.words import Modality


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), 6, date(2026, 9, 30)),
    ],
)
def test_months_are_calendar_months(day: date, months: int, then: date) -> None:
    assert add_months(day, months) == then


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 36))
def test_some_months_later_is_the_same_day_or_the_last_of_that_month(day: date, months: int) -> None:
    then = add_months(day, months)
    assert (then.year - day.year) * 12 + then.month - day.month == months
    last = calendar.monthrange(then.year, then.month)[1]
    assert then.day == day.day or (then.day == last < day.day)


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 365), st.integers(1, 24))
def test_who_was_treated_later_is_never_due_for_maintenance_earlier(
    day: date, later: int, months: int
) -> None:
    assert add_months(day, months) <= add_months(day + timedelta(days=later), months)


def test_the_shipped_numbers_are_four_to_six_sessions_four_to_six_weeks_apart_and_maintenance_after_six_to_twelve_months() -> (
    None
):
    for modality in Modality:
        numbers = shipped(modality)
        assert numbers.modality is modality
        assert (numbers.min_days, numbers.max_days) == (28, 42)
        assert (numbers.fewest_sessions, numbers.most_sessions) == (4, 6)
        assert (numbers.maintenance_from_months, numbers.maintenance_to_months) == (6, 12)
        assert numbers.version == 0
        check_settings(numbers)


def test_a_range_that_ends_before_it_begins_is_named() -> None:
    draft = CourseSettingsDraft(
        min_days=43, fewest_sessions=5, most_sessions=4, maintenance_from_months=9, maintenance_to_months=8
    )
    with pytest.raises(Malformed) as refused:
        check_settings(draft)
    assert set(refused.value.pointers) == {"/max_days", "/most_sessions", "/maintenance_to_months"}
    assert str(refused.value) == "A range ends before it begins."


def test_a_range_may_be_one_number() -> None:
    check_settings(CourseSettingsDraft(min_days=35, max_days=35, fewest_sessions=4, most_sessions=4))
