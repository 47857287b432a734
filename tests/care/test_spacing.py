from datetime import UTC, date, datetime

import pytest

from aftercare.care.spacing import SessionCountError, TooSoonError, check_spacing, earliest_next, planned

LAST = datetime(2026, 3, 3, 14, tzinfo=UTC)  # the 4th already in Sydney, where it is one in the morning


def test_the_next_session_is_four_weeks_later_in_local_days() -> None:
    assert earliest_next(LAST, "Europe/Berlin") == date(2026, 3, 31)
    assert earliest_next(LAST, "Australia/Sydney") == date(2026, 4, 1)
    assert earliest_next(LAST, "Europe/Berlin", min_days=42) == date(2026, 4, 14)


def test_a_morning_session_four_weeks_after_an_afternoon_one_is_far_enough() -> None:
    check_spacing(LAST, datetime(2026, 3, 31, 7, tzinfo=UTC), "Europe/Berlin")
    with pytest.raises(TooSoonError, match="not before 2026-03-31") as refused:
        check_spacing(LAST, datetime(2026, 3, 30, 20, tzinfo=UTC), "Europe/Berlin")
    assert refused.value.extra == {"earliest": "2026-03-31"}


def test_a_course_of_four_is_planned_four_weeks_apart() -> None:
    assert planned(date(2026, 3, 3), 4) == (
        date(2026, 3, 3),
        date(2026, 3, 31),
        date(2026, 4, 28),
        date(2026, 5, 26),
    )


@pytest.mark.parametrize("sessions", [0, 3, 7])
def test_a_course_has_four_to_six_sessions(sessions: int) -> None:
    with pytest.raises(SessionCountError):
        planned(date(2026, 3, 3), sessions)
