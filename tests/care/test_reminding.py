"""When a late reminder may still leave."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.care.reminding import NIGHT, ON_TIME, after_quiet, leaves_at
from aftercare.model.preferences import DailySpan

LONDON = ZoneInfo("Europe/London")
MORNING = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("planned", "now", "leaves"),
    [
        ("09:00", "03 09:00", "03 09:00"),
        ("09:00", "03 15:00", "03 15:00"),
        ("09:00", "03 20:59", "03 20:59"),
        ("09:00", "03 21:00", None),
        ("09:00", "03 23:30", None),
        ("09:00", "04 00:00", None),
        ("09:00", "04 09:00", None),
        ("22:30", "03 22:31", "03 22:31"),  # a late session's own evening
        ("22:30", "03 22:44", "03 22:44"),
        ("22:30", "03 22:45", None),
        ("22:30", "03 23:00", None),
        ("23:50", "04 00:00", None),  # a few minutes late, and yet another day
        ("00:30", "03 02:00", "03 09:00"),  # after a flight west it is still night there
        ("09:00", "02 23:59", "03 09:00"),
    ],
)
def test_a_reminder_leaves_by_day_on_its_own_day_or_not_at_all(
    planned: str, now: str, leaves: str | None
) -> None:
    at = datetime.fromisoformat(f"2026-02-03T{planned}+00:00")
    seen = datetime.strptime(f"2026-02-{now}+0000", "%Y-%m-%d %H:%M%z")
    expected = leaves and datetime.strptime(f"2026-02-{leaves}+0000", "%Y-%m-%d %H:%M%z")
    assert leaves_at(at, seen, LONDON) == expected


@given(
    zone=st.sampled_from(sorted(available_timezones())).map(ZoneInfo),
    planned=st.integers(631152000, 2114380800).map(lambda second: datetime.fromtimestamp(second, UTC)),
    late=st.timedeltas(timedelta(0), timedelta(days=3)),
)
def test_late_in_any_zone_it_is_day_and_the_same_day(
    zone: ZoneInfo, planned: datetime, late: timedelta
) -> None:
    leaves = leaves_at(planned, planned + late, zone)
    if leaves is None or leaves - planned < ON_TIME:
        return
    local = leaves.astimezone(zone)
    assert local.date() == planned.astimezone(zone).date()
    assert local.time() < NIGHT
    assert leaves >= planned + late
    assert leaves_at(planned, leaves, zone) == leaves


@pytest.mark.parametrize(
    ("quiet", "planned", "now", "leaves"),
    [
        ("13:00-15:00", "09:00", "03 14:00", "03 15:00"),  # overtaken by an outage, in the middle of a nap
        ("13:00-15:00", "09:00", "03 15:00", "03 15:00"),
        ("20:00-08:00", "09:00", "03 20:30", None),  # what is left of the day is quiet
        ("20:00-21:00", "20:30", "03 20:30", None),  # over when it is late
        ("20:00-08:00", "21:30", "03 21:30", None),  # so is the evening of a late session
        ("20:00-08:00", "09:00", "03 09:00", "03 09:00"),
        ("00:00-08:00", "07:30", "03 07:30", "03 08:00"),
    ],
)
def test_quiet_hours_of_a_patient_hold_a_reminder_while_it_is_still_day(
    quiet: str, planned: str, now: str, leaves: str | None
) -> None:
    starts, ends = (time.fromisoformat(one) for one in quiet.split("-"))
    at = datetime.fromisoformat(f"2026-02-03T{planned}+00:00")
    seen = datetime.strptime(f"2026-02-{now}+0000", "%Y-%m-%d %H:%M%z")
    expected = leaves and datetime.strptime(f"2026-02-{leaves}+0000", "%Y-%m-%d %H:%M%z")
    assert leaves_at(at, seen, LONDON, DailySpan(starts=starts, ends=ends)) == expected


quarters = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))


@given(
    zone=st.sampled_from(["Europe/London", "America/Santiago", "Australia/Lord_Howe"]).map(ZoneInfo),
    planned=st.integers(1735689600, 1830297600).map(lambda second: datetime.fromtimestamp(second, UTC)),
    late=st.timedeltas(timedelta(0), timedelta(days=1)),
    starts=quarters,
    ends=quarters,
)
def test_with_quiet_hours_it_is_never_sooner_and_never_another_day(
    zone: ZoneInfo, planned: datetime, late: timedelta, starts: time, ends: time
) -> None:
    if starts == ends:
        return
    quiet = DailySpan(starts=starts, ends=ends)
    loud, leaves = leaves_at(planned, planned + late, zone), leaves_at(planned, planned + late, zone, quiet)
    if loud is None or leaves is None:
        assert leaves is None
        return
    assert leaves >= loud
    assert leaves.astimezone(zone).date() == planned.astimezone(zone).date()
    assert leaves == loud or leaves.astimezone(zone).time() >= ends


def test_quiet_hours_end_next_morning_for_what_comes_in_the_evening() -> None:
    nights = DailySpan(starts=time(20), ends=time(8))
    evening, morning = datetime(2026, 2, 3, 21, tzinfo=UTC), datetime(2026, 2, 4, 8, tzinfo=UTC)
    assert after_quiet(evening, LONDON, nights) == morning
    assert after_quiet(morning, LONDON, nights) == morning
    assert after_quiet(evening, LONDON, None) == evening
