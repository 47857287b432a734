"""When a late reminder may still leave."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.care.reminding import NIGHT, ON_TIME, leaves_at

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
        ("22:30", "03 23:00", None),
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
