from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.care.opening import (
    add_open_time,
    digest_at,
    holidays_from,
    is_open,
    next_opening,
    open_time,
)
from aftercare.care.opening import openings as walk_openings
from aftercare.model.clinic import DayOpening, Holiday, Opening, OpeningHours

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


def test_an_opening_that_ends_in_the_hour_lived_twice_ends_in_the_second_one() -> None:
    nights = OpeningHours(time_zone="Europe/Berlin", openings=(Opening(6, time(1), time(2, 30)),))
    second = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1).astimezone(UTC)
    assert add_open_time(nights, berlin(25, 0, month=10), timedelta(hours=2, minutes=30)) == second


def test_an_opening_within_the_hour_that_clocks_skip_is_none() -> None:
    nights = OpeningHours(time_zone="Europe/Berlin", openings=(Opening(6, time(2, 15), time(2, 45)),))
    assert next_opening(nights, berlin(28, 12)) == berlin(5, 2, 15, month=4)


def test_who_closes_at_the_time_at_which_they_open_is_open_for_a_day() -> None:
    mondays = OpeningHours(time_zone="Europe/Berlin", openings=(Opening(0, time(9), time(9)),))
    assert list(walk_openings(mondays, berlin(9, 0), berlin(16, 0))) == [(berlin(9, 9), berlin(10, 9))]


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
    assert digest_at(NEVER, berlin(9, 9)) == berlin(9, 9)
    assert digest_at(NEVER, berlin(9, 13)) == berlin(10, 9)
    assert digest_at(WHOLE_WEEK, berlin(9, 8)) == berlin(9, 9)


def test_who_is_open_through_the_night_has_a_digest_each_day_all_the_same() -> None:
    holiday = Holiday(on=date(2026, 3, 25), name="Closed")
    always = msgspec.structs.replace(WHOLE_WEEK, holidays=(holiday,))
    for day in (9, 10, 24):
        assert digest_at(always, berlin(day, 8)) == berlin(day, 9)
    assert digest_at(always, berlin(24, 10)) == berlin(26, 0)  # when it opens again
    nights = OpeningHours(
        time_zone="Europe/Berlin", openings=tuple(Opening(d, time(20), time(10)) for d in range(7))
    )
    assert digest_at(nights, berlin(9, 8)) == berlin(9, 20)  # once a day, not at nine as well
    assert digest_at(nights, berlin(9, 21)) == berlin(10, 20)


def test_who_is_open_until_nine_in_the_morning_has_no_digest_when_they_go_home() -> None:
    fridays = OpeningHours(time_zone="Europe/Berlin", openings=(Opening(4, time(20), time(9)),))
    assert digest_at(fridays, berlin(13, 21)) == berlin(20, 20)


def test_the_day_of_a_digest_is_the_clinics_and_not_the_machines() -> None:
    afternoons = weekdays("Europe/Berlin", opens=14)
    assert digest_at(afternoons, berlin(9, 13)) == berlin(9, 14)  # where the machine is, the tenth has begun
    line_islands = ZoneInfo("Pacific/Kiritimati")  # whose days begin before the machine's
    midnight = datetime(2026, 3, 10, tzinfo=line_islands)
    assert digest_at(weekdays("Pacific/Kiritimati", opens=0, closes=1), midnight) == midnight


def test_openings_on_no_day_of_the_week_are_as_good_as_none() -> None:
    nowhere = OpeningHours(time_zone="Europe/Berlin", openings=(Opening(7, time(9), time(18)),))
    assert add_open_time(nowhere, berlin(14, 3), timedelta(hours=2)) == berlin(14, 5)


def test_the_order_in_which_openings_were_written_down_does_not_matter() -> None:
    afternoon_first = OpeningHours(
        time_zone="Europe/Berlin", openings=(Opening(0, time(14), time(18)), Opening(0, time(9), time(12)))
    )
    assert list(walk_openings(afternoon_first, berlin(9, 0), berlin(10, 0))) == [
        (berlin(9, 9), berlin(9, 12)),
        (berlin(9, 14), berlin(9, 18)),
    ]
    assert next_opening(afternoon_first, berlin(9, 8)) == berlin(9, 9)
    assert add_open_time(afternoon_first, berlin(9, 11), timedelta(hours=2)) == berlin(9, 15)


def test_the_openings_between_two_instants_are_those_that_touch_the_time_between() -> None:
    days = (berlin(9, 18), berlin(11, 9))  # from a closing to an opening
    assert list(walk_openings(HOURS, *days)) == [(berlin(10, 9), berlin(10, 18))]
    assert open_time(HOURS, *days) == timedelta(hours=9)
    assert open_time(HOURS, berlin(9, 17), berlin(10, 10)) == timedelta(hours=2)
    for hours in (HOURS, NEVER):
        assert open_time(hours, berlin(10, 10), berlin(9, 17)) == timedelta(0)
    assert open_time(NEVER, berlin(14, 3), berlin(14, 5)) == timedelta(hours=2)


def test_the_holidays_of_some_days_are_those_from_the_first_on_in_order() -> None:
    first, second, third = (Holiday(on=date(2026, 12, day), name="A day") for day in (24, 25, 26))
    hours = msgspec.structs.replace(HOURS, holidays=(third, second, first))
    assert holidays_from(hours, date(2026, 12, 24), 2) == (first, second)
    assert holidays_from(hours, date(2026, 12, 25), 8) == (second, third)


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


CHRISTMAS = Holiday(on=date(2026, 12, 25), name="Christmas Day")
SHORT_EVE = Holiday(on=date(2026, 12, 24), name="Christmas Eve", openings=(DayOpening(time(9), time(12)),))
FESTIVE = msgspec.structs.replace(HOURS, holidays=(CHRISTMAS, SHORT_EVE))


def test_on_a_holiday_the_clinic_is_closed_or_open_as_the_day_says() -> None:
    assert not is_open(FESTIVE, berlin(25, 10, month=12))
    assert is_open(FESTIVE, berlin(24, 10, month=12))
    assert not is_open(FESTIVE, berlin(24, 14, month=12))
    assert next_opening(FESTIVE, berlin(24, 12, month=12)) == berlin(28, 9, month=12)
    assert digest_at(FESTIVE, berlin(24, 12, month=12)) == berlin(28, 9, month=12)


def test_two_opening_hours_from_the_morning_of_christmas_eve_end_on_the_next_monday() -> None:
    assert add_open_time(FESTIVE, berlin(24, 11, month=12), timedelta(hours=2)) == berlin(28, 10, month=12)


def test_a_sunday_that_the_clinic_opens_counts() -> None:
    sunday = Holiday(on=date(2026, 3, 15), name="Open day", openings=(DayOpening(time(10), time(14)),))
    hours = msgspec.structs.replace(HOURS, holidays=(sunday,))
    assert next_opening(hours, berlin(13, 18)) == berlin(15, 10)
    assert add_open_time(hours, berlin(13, 17), timedelta(hours=6)) == berlin(16, 10)


def test_what_began_on_the_evening_before_runs_on_into_a_holiday() -> None:
    friday = Holiday(on=date(2026, 3, 14), name="A Saturday")
    bar = OpeningHours(
        time_zone="Asia/Kathmandu", openings=(Opening(4, time(20), time(2)),), holidays=(friday,)
    )
    assert is_open(bar, datetime(2026, 3, 14, 1, 59, tzinfo=ZoneInfo("Asia/Kathmandu")))


def test_a_clinic_that_never_closes_closes_on_its_holiday_however_far_that_is() -> None:
    hours = msgspec.structs.replace(WHOLE_WEEK, holidays=(CHRISTMAS,))
    assert is_open(hours, berlin(24, 23, 59, month=12))
    assert not is_open(hours, berlin(25, 0, month=12))
    assert next_opening(hours, berlin(1, 12)) == berlin(26, 0, month=12)
    assert next_opening(hours, berlin(26, 12, month=12)) is None
    # It closes at two, when where the machine is the 26th has begun.
    until_two = msgspec.structs.replace(CHRISTMAS, openings=(DayOpening(time(0), time(14)),))
    hours = msgspec.structs.replace(WHOLE_WEEK, holidays=(until_two,))
    assert next_opening(hours, berlin(1, 12, month=12)) == berlin(26, 0, month=12)


def test_a_day_of_rest_that_was_worked_once_is_one_again_in_the_next_week() -> None:
    but_tuesdays = tuple(one for one in WHOLE_WEEK.openings if one.weekday != 1)
    worked = Holiday(on=date(2026, 3, 10), name="Open day", openings=(DayOpening(time(0), time(23, 59)),))
    hours = msgspec.structs.replace(WHOLE_WEEK, openings=but_tuesdays, holidays=(worked,))
    assert next_opening(hours, berlin(9, 12)) == berlin(18, 0)
    assert add_open_time(hours, berlin(9, 12), timedelta(days=8)) == berlin(18, 12)


def test_a_clinic_without_weekly_hours_is_open_on_the_days_that_it_names_and_counts_every_minute() -> None:
    hours = msgspec.structs.replace(NEVER, holidays=(SHORT_EVE,))
    assert is_open(hours, berlin(24, 10, month=12))
    assert not is_open(hours, berlin(24, 12, month=12))
    assert not is_open(hours, berlin(24, 13, month=12))
    assert next_opening(hours, berlin(1, 10)) == berlin(24, 9, month=12)
    assert next_opening(hours, berlin(24, 12, month=12)) is None
    assert add_open_time(hours, berlin(1, 10), timedelta(hours=2)) == berlin(1, 12)


holiday_hours = st.lists(
    st.builds(DayOpening, st.times(time(0), time(11)), st.times(time(12), time(23, 59)) | st.just(time(0))),
    max_size=2,
).map(tuple)


@st.composite
def hours_and_instant(draw: st.DrawFn, zone: str) -> tuple[OpeningHours, datetime]:
    """A week with holidays around an instant, so that they matter."""
    start = draw(instants)
    on = st.integers(-3, 20).map(lambda days: (start + timedelta(days=days)).date())
    holidays = draw(st.dictionaries(on, holiday_hours, min_size=1, max_size=6))
    hours = OpeningHours(
        time_zone=zone,
        openings=tuple(draw(st.lists(openings, min_size=1, max_size=6))),
        holidays=tuple(Holiday(on=day, name="A day", openings=spans) for day, spans in holidays.items()),
    )
    return hours, start


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=30)
@given(data=st.data(), amount=st.integers(1, 60 * 40))
def test_with_holidays_counted_time_is_still_open_time(zone: str, data: st.DataObject, amount: int) -> None:
    hours, start = data.draw(hours_and_instant(zone))
    allowed = timedelta(minutes=amount)
    end = add_open_time(hours, start, allowed)
    assert is_open(hours, end - timedelta(microseconds=1))
    assert open_time(hours, start, end) == allowed
    half = allowed / 2
    assert add_open_time(hours, add_open_time(hours, start, half), allowed - half) == end


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=30)
@given(data=st.data(), minutes=st.integers(0, 60 * 24 * 20))
def test_a_day_is_open_by_its_holiday_if_it_has_one_and_by_its_weekday_if_not(
    zone: str, data: st.DataObject, minutes: int
) -> None:
    """Told apart day by day: a clinic with that one day's openings alone, as a weekly opening."""
    hours, start = data.draw(hours_and_instant(zone))
    at = start + timedelta(minutes=minutes)
    today = at.astimezone(ZoneInfo(zone)).date()
    own = {one.on: one.openings for one in hours.holidays}

    def alone(day: date) -> OpeningHours:
        of_week = [one for one in hours.openings if one.weekday == day.weekday()]
        mine = [Opening(day.weekday(), one.opens, one.closes) for one in own.get(day, of_week)]
        return OpeningHours(time_zone=zone, openings=tuple(mine))

    yesterday = today - timedelta(days=1)
    expected = any(is_open(alone(day), at) for day in (yesterday, today))
    assert is_open(hours, at) == expected
