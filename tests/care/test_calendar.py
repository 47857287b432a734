from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.care.calendar import (
    at_local,
    calendar,
    day_of,
    end_of_day,
    monitored_until,
    start_of_day,
)
from aftercare.model.calendar import DueCheckIn
from aftercare.model.words import Modality

NEEDLING, LASER = Modality.MICRONEEDLING, Modality.LASER_GENESIS


def local(zone: str, *when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type,misc]


def on_day(due: list[DueCheckIn], day: int) -> DueCheckIn:
    return next(one for one in due if one.day == day)


def test_after_needling_the_first_check_in_is_in_the_evening_and_the_others_in_the_morning() -> None:
    due = calendar(NEEDLING, local("Europe/Berlin", 2026, 3, 3, 11), "Europe/Berlin")
    assert [one.day for one in due] == [0, 1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 28, 42]
    assert due[0].due_at == local("Europe/Berlin", 2026, 3, 3, 19)
    assert due[1].due_at == local("Europe/Berlin", 2026, 3, 4, 9)


def test_after_laser_the_first_check_in_is_four_hours_later() -> None:
    due = calendar(LASER, local("Europe/Berlin", 2026, 3, 3, 11), "Europe/Berlin", with_day_90=True)
    assert [one.day for one in due] == [0, 1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 90]
    assert due[0].due_at == local("Europe/Berlin", 2026, 3, 3, 15)


def test_day_0_stays_on_day_0_after_a_late_session() -> None:
    session = local("Europe/Berlin", 2026, 3, 3, 22)
    assert calendar(LASER, session, "Europe/Berlin")[0].due_at == local("Europe/Berlin", 2026, 3, 3, 23)
    assert calendar(NEEDLING, session, "Europe/Berlin")[0].due_at == local("Europe/Berlin", 2026, 3, 3, 23)
    very_late = local("Europe/Berlin", 2026, 3, 3, 23, 30)
    assert calendar(LASER, very_late, "Europe/Berlin")[0].due_at == very_late


def test_across_the_change_of_clocks_nine_stays_nine() -> None:
    due = calendar(NEEDLING, local("Australia/Sydney", 2026, 4, 3, 11), "Australia/Sydney")  # back on 5 April
    assert on_day(due, 1).due_at == datetime(2026, 4, 3, 22, tzinfo=UTC)
    assert on_day(due, 2).due_at == datetime(2026, 4, 4, 23, tzinfo=UTC)
    saturday = on_day(due, 1)
    sunday = on_day(due, 2)
    assert sunday.ends_at - saturday.ends_at == timedelta(hours=25)


def test_a_due_time_that_the_clocks_skip_is_the_first_instant_after_the_gap() -> None:
    due = calendar(NEEDLING, local("Europe/Berlin", 2026, 3, 27, 11), "Europe/Berlin", at=time(2, 30))
    assert on_day(due, 2).due_at == local("Europe/Berlin", 2026, 3, 29, 3)


@pytest.mark.parametrize(
    ("zone", "day", "wall", "after"),
    [
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 29), time(2, 0, 0, 1), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 29), time(2, 59, 59, 999999), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 30), time(9), datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ("Africa/Cairo", date(2026, 4, 24), time(0, 30), datetime(2026, 4, 23, 22, tzinfo=UTC)),
    ],
)
def test_a_wall_time_that_the_clocks_skip_is_the_instant_at_which_they_change(
    zone: str, day: date, wall: time, after: datetime
) -> None:
    for last in (False, True):
        found = at_local(day, wall, ZoneInfo(zone), last=last)
        assert (found, found.tzinfo) == (after, UTC)


def test_every_wall_time_of_a_skipped_hour_is_the_same_instant() -> None:
    zone, day = ZoneInfo("Europe/Berlin"), date(2026, 3, 29)
    walls = [time(2, minute, second) for minute in range(60) for second in (0, 1, 30, 59)]
    assert {at_local(day, wall, zone) for wall in walls} == {datetime(2026, 3, 29, 1, tzinfo=UTC)}


def test_a_wall_time_that_the_clocks_show_twice_has_a_first_and_a_last_instant() -> None:
    day, wall, zone = date(2026, 10, 25), time(2, 30), ZoneInfo("Europe/Berlin")
    found = [at_local(day, wall, zone, last=last) for last in (False, True)]
    assert found == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)]
    assert {one.tzinfo for one in found} == {UTC}


def test_a_due_time_that_the_clocks_show_twice_is_the_first() -> None:
    due = calendar(NEEDLING, local("Europe/Berlin", 2026, 10, 23, 11), "Europe/Berlin", at=time(2, 30))
    assert on_day(due, 2).due_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day"), [("Africa/Cairo", date(2026, 4, 24)), ("Asia/Beirut", date(2026, 3, 29))]
)
def test_where_midnight_does_not_exist_the_day_begins_at_one(zone: str, day: date) -> None:
    begins = start_of_day(day, ZoneInfo(zone))
    assert begins.astimezone(ZoneInfo(zone)).time() == time(1)
    assert (begins - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).date() == day - timedelta(days=1)
    assert end_of_day(day - timedelta(days=1), ZoneInfo(zone)) == begins


def test_the_day_that_apia_skipped_is_asked_on_the_next_one_unless_that_is_asked_anyway() -> None:
    day_3_skipped = calendar(NEEDLING, local("Pacific/Apia", 2011, 12, 27, 11), "Pacific/Apia")
    assert [one.day for one in day_3_skipped][:6] == [0, 1, 2, 4, 5, 6]
    assert on_day(day_3_skipped, 4).date == date(2011, 12, 31)
    day_10_skipped = calendar(NEEDLING, local("Pacific/Apia", 2011, 12, 20, 11), "Pacific/Apia")
    assert on_day(day_10_skipped, 11).due_at == local("Pacific/Apia", 2011, 12, 31, 9)
    assert len(day_10_skipped) == 13


def test_in_st_johns_a_day_is_over_when_its_second_last_hour_is() -> None:
    zone = ZoneInfo("America/St_Johns")  # on 7 November 2010 clocks went from 00:01 back to 23:01 of the 6th
    ends = end_of_day(date(2010, 11, 6), zone)
    assert (ends - timedelta(seconds=1)).astimezone(zone).date() == date(2010, 11, 6)
    assert ends - start_of_day(date(2010, 11, 6), zone) == timedelta(hours=25)


def test_in_havana_a_day_is_over_at_the_first_of_two_midnights() -> None:
    zone = ZoneInfo("America/Havana")  # on 1 November 2026 clocks go from 01:00 back to 00:00 of the same day
    ends = end_of_day(date(2026, 10, 31), zone)
    assert ends == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert end_of_day(date(2026, 11, 1), zone) - ends == timedelta(hours=25)


def test_in_nuuk_a_day_without_its_last_hour_still_leaves_time_to_answer() -> None:
    session = local("America/Nuuk", 2026, 3, 27, 11)  # on the 28th clocks go from 23:00 to midnight
    due = calendar(NEEDLING, session, "America/Nuuk", at=time(23, 30))
    assert on_day(due, 1).due_at == local("America/Nuuk", 2026, 3, 28, 22)
    assert on_day(due, 1).ends_at == on_day(due, 1).due_at + timedelta(hours=1)
    assert on_day(due, 2).due_at == local("America/Nuuk", 2026, 3, 29, 23, 30)


def test_the_day_is_counted_in_local_dates_not_in_hours() -> None:
    session = local("Asia/Kathmandu", 2026, 3, 3, 23)
    assert day_of(session, session + timedelta(minutes=59), "Asia/Kathmandu") == 0
    assert day_of(session, session + timedelta(minutes=60), "Asia/Kathmandu") == 1
    assert day_of(session, session - timedelta(days=1), "Asia/Kathmandu") == -1


def test_monitoring_ends_with_the_local_day_42_or_90() -> None:
    session = local("Europe/Berlin", 2026, 3, 3, 11)
    assert monitored_until(session, "Europe/Berlin") == local("Europe/Berlin", 2026, 4, 15)
    assert monitored_until(session, "Europe/Berlin", with_day_90=True) == local("Europe/Berlin", 2026, 6, 2)


def test_monitoring_ends_a_day_later_where_the_zone_skipped_day_42() -> None:
    session = local("Pacific/Apia", 2011, 11, 18, 11)  # day 42 would be 30 December 2011
    assert monitored_until(session, "Pacific/Apia") == local("Pacific/Apia", 2012, 1, 1)


def test_day_42_is_counted_from_the_local_date_of_the_session() -> None:
    session = datetime(2026, 6, 1, 21, 30, tzinfo=UTC)  # the second of June where the patient is
    assert monitored_until(session, "Asia/Kathmandu") == local("Asia/Kathmandu", 2026, 7, 15)


ZONES = [
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Africa/Cairo",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/St_Johns",
    "America/Havana",
]


@pytest.mark.parametrize("zone", ZONES)
@given(
    session=st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - naive on purpose, zone follows
    modality=st.sampled_from(Modality),
    at=st.times(),
    evening=st.times(),
)
def test_every_due_check_in_lies_within_its_own_local_day(
    zone: str, session: datetime, modality: Modality, at: time, evening: time
) -> None:
    started = session.replace(tzinfo=UTC)
    due = calendar(modality, started, zone, with_day_90=True, at=at, evening=evening)
    assert [one.date for one in due] == sorted({one.date for one in due})
    assert due[0].due_at >= started
    for one in due:
        assert one.due_at.astimezone(ZoneInfo(zone)).date() == one.date
        assert one.due_at < one.ends_at
        assert day_of(started, one.due_at, zone) == one.day
        assert (one.ends_at - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() == one.date


@pytest.mark.parametrize("zone", ZONES)
@given(day=st.dates(date(2005, 1, 1), date(2030, 1, 1)), wall=st.times())
def test_a_wall_time_is_shown_at_its_instant_or_its_instant_is_the_end_of_a_gap(
    zone: str, day: date, wall: time
) -> None:
    instant = at_local(day, wall, ZoneInfo(zone))
    shown = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    wanted = datetime.combine(day, wall)
    if shown != wanted:
        just_before = (instant - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert just_before < wanted < shown
