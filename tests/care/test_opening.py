from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.care.opening import add_open_time, digest_at, is_open, next_opening
from aftercare.model.clinic import Opening, OpeningHours

BERLIN = ZoneInfo("Europe/Berlin")


def weekdays(zone: str, opens: int = 9, closes: int = 18) -> OpeningHours:
    return OpeningHours(
        time_zone=zone, openings=tuple(Opening(d, time(opens), time(closes)) for d in range(5))
    )


HOURS = weekdays("Europe/Berlin")
NEVER = OpeningHours(time_zone="Europe/Berlin")
WHOLE_WEEK = OpeningHours(
    time_zone="Europe/Berlin",
    openings=tuple(
        Opening(d, *span) for d in range(7) for span in ((time(0), time(12)), (time(12), time(23, 59)))
    ),
)


def berlin(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def test_the_clinic_is_open_from_its_opening_up_to_its_closing() -> None:
    assert not is_open(HOURS, berlin(9, 8, 59))
    assert is_open(HOURS, berlin(9, 9))
    assert is_open(HOURS, berlin(9, 17, 59))
    assert not is_open(HOURS, berlin(9, 18))
    assert not is_open(HOURS, berlin(14, 12))  # a Saturday


def test_on_friday_evening_the_next_opening_is_monday_morning() -> None:
    assert next_opening(HOURS, berlin(13, 18)) == berlin(16, 9)
    assert next_opening(HOURS, berlin(16, 9)) == berlin(17, 9)


def test_two_opening_hours_from_friday_half_past_five_end_on_monday_half_past_ten() -> None:
    assert add_open_time(HOURS, berlin(13, 17, 30), timedelta(hours=2)) == berlin(16, 10, 30)


def test_a_deadline_that_fits_exactly_ends_with_closing_not_on_the_next_morning() -> None:
    assert add_open_time(HOURS, berlin(13, 16), timedelta(hours=2)) == berlin(13, 18)


def test_no_time_at_all_is_over_at_once_even_when_closed() -> None:
    assert add_open_time(HOURS, berlin(14, 3), timedelta(0)) == berlin(14, 3)


def test_a_clinic_without_hours_is_never_open_and_every_minute_counts() -> None:
    assert not is_open(NEVER, berlin(9, 12))
    assert next_opening(NEVER, berlin(9, 12)) is None
    assert add_open_time(NEVER, berlin(14, 3), timedelta(hours=2)) == berlin(14, 5)


def test_a_clinic_that_never_closes_has_no_next_opening_and_counts_every_minute() -> None:
    assert is_open(WHOLE_WEEK, berlin(14, 3))
    assert next_opening(WHOLE_WEEK, berlin(14, 3)) is None
    assert add_open_time(WHOLE_WEEK, berlin(13, 23), timedelta(hours=30)) == berlin(15, 5)


def test_an_opening_over_the_change_of_clocks_is_as_long_as_it_really_was() -> None:
    nights = OpeningHours(time_zone="Europe/Berlin", openings=(Opening(6, time(1), time(5)),))
    # 29 March 2026 has no 02:30: four hours on the clock were three. 25 October has 02:30 twice: they were five.
    assert add_open_time(nights, berlin(29, 0), timedelta(hours=3)) == berlin(29, 5)
    assert add_open_time(nights, berlin(25, 0, month=10), timedelta(hours=5)) == berlin(25, 5, month=10)


def test_half_an_hour_of_summer_time_on_lord_howe_is_half_an_hour() -> None:
    island = ZoneInfo("Australia/Lord_Howe")
    nights = OpeningHours(time_zone="Australia/Lord_Howe", openings=(Opening(6, time(1), time(4)),))
    start = datetime(2026, 4, 5, 0, tzinfo=island)  # clocks go back half an hour at 02:00
    assert add_open_time(nights, start, timedelta(hours=3, minutes=30)) == datetime(
        2026, 4, 5, 4, tzinfo=island
    )


def test_apia_was_not_open_on_the_friday_that_it_skipped() -> None:
    apia = ZoneInfo("Pacific/Apia")
    hours = weekdays("Pacific/Apia")
    thursday = datetime(2011, 12, 29, 17, tzinfo=apia)
    assert add_open_time(hours, thursday, timedelta(hours=2)) == datetime(2012, 1, 2, 10, tzinfo=apia)


def test_a_night_clinic_that_closes_at_two_is_open_past_midnight() -> None:
    bar = OpeningHours(time_zone="Asia/Kathmandu", openings=(Opening(4, time(20), time(2)),))
    kathmandu = ZoneInfo("Asia/Kathmandu")
    assert is_open(bar, datetime(2026, 3, 14, 1, 59, tzinfo=kathmandu))
    assert not is_open(bar, datetime(2026, 3, 14, 2, tzinfo=kathmandu))


def test_the_digest_leaves_once_a_day_at_the_first_opening() -> None:
    split = OpeningHours(
        time_zone="Europe/Berlin", openings=(Opening(0, time(9), time(12)), Opening(0, time(14), time(18)))
    )
    assert digest_at(split, berlin(9, 8)) == berlin(9, 9)
    assert digest_at(split, berlin(9, 9)) == berlin(9, 9)
    assert digest_at(split, berlin(9, 13)) == berlin(16, 9)
    assert digest_at(NEVER, berlin(9, 13)) == berlin(10, 9)
    assert digest_at(WHOLE_WEEK, berlin(9, 8)) == berlin(9, 9)


ZONES = [
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Africa/Cairo",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/St_Johns",
]
instants = st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001 - zoned in the next line
    lambda naive: naive.replace(tzinfo=UTC)
)
openings = st.builds(
    Opening,
    st.integers(0, 6),
    st.times(time(0), time(11)),
    st.times(time(12), time(23, 59)) | st.just(time(0)),
)


@pytest.mark.parametrize("zone", ZONES)
@given(start=instants, amount=st.integers(1, 60 * 40), spans=st.lists(openings, min_size=1, max_size=6))
def test_counted_time_is_open_time(zone: str, start: datetime, amount: int, spans: list[Opening]) -> None:
    hours = OpeningHours(time_zone=zone, openings=tuple(spans))
    half = timedelta(minutes=amount)
    end = add_open_time(hours, start, half + half)
    assert end >= start + half + half
    assert is_open(hours, end - timedelta(microseconds=1))
    assert add_open_time(hours, add_open_time(hours, start, half), half) == end


@pytest.mark.parametrize("zone", ZONES)
@given(start=instants, spans=st.lists(openings, min_size=1, max_size=6))
def test_at_its_next_opening_the_clinic_is_open_and_just_before_it_was_not(
    zone: str, start: datetime, spans: list[Opening]
) -> None:
    hours = OpeningHours(time_zone=zone, openings=tuple(spans))
    opens = next_opening(hours, start)
    assert opens is not None
    assert opens > start
    assert is_open(hours, opens)
    assert not is_open(hours, opens - timedelta(microseconds=1))
