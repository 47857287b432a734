"""Quiet hours: what they hold and until when, over midnight, over changes of clocks, and never an emergency."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aftercare.alerts.quiet import (
    LONGEST,
    WHY,
    Handling,
    by_weekday,
    longest,
    overtaken,
    own_digest,
    quiet_until,
    release,
    ways,
)
from aftercare.care.opening import is_open
from aftercare.model.addresses import ChannelName, Reach
from aftercare.model.clinic import Opening, OpeningHours
from aftercare.model.preferences import Muted, QuietSpan, StaffPreferences, StaffPreferencesDraft
from aftercare.model.words import AlertState, Tier

LONDON = "Europe/London"
EVERY_DAY = tuple(range(7))
ZONES = (
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Santiago",
    "UTC",
)
HELD = (Tier.SAME_DAY, Tier.SOON, Tier.ROUTINE)


def span(starts: str, ends: str, *weekdays: int) -> QuietSpan:
    return QuietSpan(
        weekdays=weekdays or EVERY_DAY, starts=time.fromisoformat(starts), ends=time.fromisoformat(ends)
    )


def asks(*quiet: QuietSpan, zone: str = LONDON, **fields: Any) -> StaffPreferences:
    return StaffPreferences(time_zone=zone, quiet=quiet, **fields)


def london(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(LONDON)).astimezone(UTC)


NIGHTS = asks(span("22:00", "07:00"))


@pytest.mark.parametrize("tier", HELD)
def test_what_is_due_by_night_leaves_when_the_quiet_hours_are_over(tier: Tier) -> None:
    assert release(NIGHTS, tier, london(3, 4, 23), on_call=False) == (london(3, 5, 7), WHY)
    assert release(NIGHTS, tier, london(3, 5, 6, 59), on_call=False) == (london(3, 5, 7), WHY)


@pytest.mark.parametrize("at", [london(3, 4, 7), london(3, 4, 21, 59)])
def test_at_the_very_end_and_before_the_start_nothing_is_held(at: datetime) -> None:
    assert release(NIGHTS, Tier.SOON, at, on_call=False) == (at, None)


def test_being_on_call_suspends_quiet_hours_for_the_same_day_alone() -> None:
    night = london(3, 4, 23)
    assert release(NIGHTS, Tier.SAME_DAY, night, on_call=True) == (night, None)
    assert release(NIGHTS, Tier.SOON, night, on_call=True) == (london(3, 5, 7), WHY)


def test_spans_that_touch_or_overlap_hold_until_the_last_is_over() -> None:
    both = asks(span("20:00", "23:00"), span("22:30", "06:00"), span("06:00", "08:30", 3))
    assert quiet_until(both, london(3, 4, 21)) == london(3, 5, 8, 30)  # the 5th is a Thursday


def test_a_quiet_weekend_ends_on_monday_morning() -> None:
    weekend = asks(span("18:00", "00:00", 4), span("00:00", "23:59", 5, 6), span("00:00", "07:00", 0))
    assert quiet_until(weekend, london(3, 6, 19)) == london(3, 9, 7)


@pytest.mark.parametrize(
    ("evening", "morning", "lasts"),
    [(london(3, 28, 22), london(3, 29, 7), 8), (london(10, 24, 22), london(10, 25, 7), 10)],
    ids=["clocks go forward", "clocks go back"],
)
def test_a_night_in_which_clocks_change_is_as_long_as_it_really_is(
    evening: datetime, morning: datetime, lasts: int
) -> None:
    assert quiet_until(NIGHTS, evening) == morning
    assert morning - evening == timedelta(hours=lasts)


def test_an_end_that_the_clocks_skip_is_the_first_instant_after() -> None:
    # On 29 March 2026 there is no half past one in London.
    assert quiet_until(asks(span("00:00", "01:30")), london(3, 29, 0, 30)) == datetime(
        2026, 3, 29, 1, tzinfo=UTC
    )


walls = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
spans = st.builds(
    QuietSpan,
    weekdays=st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True).map(tuple),
    starts=walls,
    ends=walls | st.just(time(23, 59)),
)
quiets = st.lists(spans, min_size=1, max_size=5).map(tuple)
instants = st.datetimes(datetime(2025, 12, 1), datetime(2027, 1, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@given(quiets, st.sampled_from(ZONES), instants)
def test_an_emergency_is_never_held(quiet: tuple[QuietSpan, ...], zone: str, due: datetime) -> None:
    assert release(asks(*quiet, zone=zone), Tier.EMERGENCY, due, on_call=False) == (due, None)


@given(quiets, st.sampled_from(ZONES), instants, st.sampled_from(HELD))
def test_a_release_is_never_early_never_in_quiet_hours_and_not_later_than_the_longest_of_them(
    quiet: tuple[QuietSpan, ...], zone: str, due: datetime, tier: Tier
) -> None:
    assume(longest(quiet) <= LONGEST)
    wishes = asks(*quiet, zone=zone)
    at, why = release(wishes, tier, due, on_call=False)
    assert at >= due
    assert (why is None) == (at == due)
    assert quiet_until(wishes, at) is None
    # A night of clocks going back is an hour longer than it says.
    assert at - due <= longest(quiet) + timedelta(hours=1)


@given(quiets, st.sampled_from(ZONES), instants)
def test_it_is_quiet_exactly_within_the_spans(quiet: tuple[QuietSpan, ...], zone: str, at: datetime) -> None:
    assume(longest(quiet) <= LONGEST)
    wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assume(_clocks_stand(at, zone))
    within = any(_holds(one, wall) for one in quiet)
    assert (quiet_until(asks(*quiet, zone=zone), at) is not None) == within


def _clocks_stand(at: datetime, zone: str) -> bool:
    around = (at - timedelta(days=2), at, at + timedelta(days=2))
    return len({one.astimezone(ZoneInfo(zone)).utcoffset() for one in around}) == 1


def _holds(one: QuietSpan, wall: datetime) -> bool:
    """The plain reading, minute by minute arithmetic left out: an independent one of what a span means."""
    for back in (0, 1):
        day = wall.date() - timedelta(days=back)
        if day.weekday() in one.weekdays:
            begins = datetime.combine(day, one.starts)
            ends = datetime.combine(day, one.ends)
            if one.ends >= time(23, 59):
                ends = datetime.combine(day, time()) + timedelta(days=1)
            elif ends <= begins:
                ends += timedelta(days=1)
            if begins <= wall < ends:
                return True
    return False


@given(quiets)
def test_the_longest_stretch_is_what_a_walk_through_the_week_finds(quiet: tuple[QuietSpan, ...]) -> None:
    week = [datetime(2026, 3, 2) + timedelta(minutes=15 * step + 1) for step in range(4 * 24 * 7)]  # noqa: DTZ001
    loud = [at for at in week if not any(_holds(one, at) for one in quiet)]
    if not loud:
        assert longest(quiet) > timedelta(days=6)
        return
    around = [*loud, loud[0] + timedelta(days=7)]
    found = max(later - sooner for sooner, later in pairwise(around))
    # Two loud minutes with nothing quiet between them stand a quarter of an hour apart.
    assert longest(quiet) == found - timedelta(minutes=15)


@pytest.mark.parametrize(
    "quiet",
    [
        (span("00:00", "23:59"),),
        (span("09:00", "09:00"),),
        (span("12:00", "06:00"), span("05:00", "13:00")),
    ],
)
def test_a_week_that_is_quiet_all_over_has_no_end(quiet: tuple[QuietSpan, ...]) -> None:
    assert longest(quiet) == timedelta(days=7)


def test_quiet_hours_that_name_no_zone_are_in_utc() -> None:
    nights = StaffPreferencesDraft(quiet=(span("22:00", "07:00"),))
    assert quiet_until(nights, datetime(2026, 7, 1, 23, tzinfo=UTC)) == datetime(2026, 7, 2, 7, tzinfo=UTC)


def test_a_stretch_over_the_end_of_the_week_is_one() -> None:
    evening, morning = span("20:00", "23:59", 6), span("00:00", "07:00", 0)
    assert longest((evening, morning)) == timedelta(hours=11)
    assert longest((span("12:00", "12:01", 2),)) == timedelta(minutes=1)


def test_no_quiet_hours_hold_nothing() -> None:
    assert longest(()) == timedelta(0)
    assert quiet_until(asks(), london(3, 4, 3)) is None


MAIL, PUSH, TEXT = (Reach(channel=one) for one in (ChannelName.SMTP, ChannelName.WEBPUSH, ChannelName.SMS))


def test_a_channel_taken_away_from_a_tier_is_not_used_for_it_alone() -> None:
    wishes = asks(muted=Muted(same_day=("sms",), soon=("smtp",)))
    assert ways(wishes, Tier.SAME_DAY, [MAIL, PUSH, TEXT]) == (MAIL, PUSH)
    assert ways(wishes, Tier.SOON, [MAIL, PUSH]) == (PUSH,)
    assert ways(wishes, Tier.ROUTINE, [MAIL]) == (MAIL,)
    assert ways(wishes, Tier.EMERGENCY, [MAIL, PUSH, TEXT]) == (MAIL, PUSH, TEXT)


def test_when_what_was_left_is_gone_the_muted_ways_are_taken_after_all() -> None:
    assert ways(asks(muted=Muted(soon=("smtp",))), Tier.SOON, [MAIL]) == (MAIL,)


WEEKDAYS = OpeningHours(time_zone=LONDON, openings=tuple(Opening(day, time(9), time(18)) for day in range(5)))


def test_ones_own_digest_comes_at_ones_own_time_on_a_day_on_which_the_clinic_opens() -> None:
    four = asks(digest_at=time(16))
    otherwise = london(3, 6, 9)
    assert own_digest(four, WEEKDAYS, london(3, 5, 10), otherwise) == london(3, 5, 16)
    assert own_digest(four, WEEKDAYS, london(3, 6, 16, 1), otherwise) == london(
        3, 9, 16
    )  # not at the weekend
    assert own_digest(four, WEEKDAYS, london(3, 5, 16), otherwise) == london(3, 5, 16)
    assert own_digest(asks(), WEEKDAYS, london(3, 5, 10), otherwise) == otherwise


def test_the_day_of_ones_own_digest_is_the_clinics_day_and_not_that_of_utc() -> None:
    auckland = ZoneInfo("Pacific/Auckland")  # where Friday's opening is Thursday in UTC
    fridays = OpeningHours(time_zone=auckland.key, openings=(Opening(4, time(9), time(18)),))
    since = datetime(2026, 3, 4, tzinfo=UTC)
    four = own_digest(asks(digest_at=time(16), zone=auckland.key), fridays, since, since)
    assert four == datetime(2026, 3, 6, 16, tzinfo=auckland)


@given(instants, walls, st.sampled_from(ZONES))
def test_ones_own_digest_is_never_in_the_past_and_never_on_a_day_without_an_opening(
    since: datetime, wall: time, zone: str
) -> None:
    at = own_digest(asks(digest_at=wall, zone=zone), WEEKDAYS, since, since)
    assert since <= at <= since + timedelta(days=5)
    day = at.astimezone(ZoneInfo(zone)).date()
    assert is_open(WEEKDAYS, datetime.combine(day, time(12), ZoneInfo(LONDON)).astimezone(UTC))


NOW = london(3, 4, 10)
LATER = NOW + timedelta(hours=10)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"state": AlertState.RESOLVED, "acknowledged_at": None}, "resolved meanwhile"),
        ({"state": AlertState.ACKNOWLEDGED, "acknowledged_at": LATER}, "in somebody's hands meanwhile"),
        ({"attempted_at": LATER}, "in somebody's hands meanwhile"),
        ({"contacted_at": LATER}, "in somebody's hands meanwhile"),
        ({"snoozed_until": LATER + timedelta(hours=2)}, "snoozed meanwhile"),
        # Whoever had it before this was written has not seen it.
        ({"state": AlertState.ACKNOWLEDGED, "acknowledged_at": NOW - timedelta(hours=1)}, None),
        ({"state": AlertState.CONTACTED, "contacted_at": NOW - timedelta(hours=1)}, None),
        # At the very instant: it may not have been seen, and a snooze is over.
        ({"state": AlertState.ACKNOWLEDGED, "acknowledged_at": NOW}, None),
        ({"snoozed_until": LATER + timedelta(hours=1)}, None),
    ],
)
def test_what_somebody_has_dealt_with_since_is_told_no_more(changes: dict[str, Any], why: str | None) -> None:
    alert = Handling(**{"state": AlertState.OPEN, **changes})
    assert overtaken(alert, NOW, LATER + timedelta(hours=1)) == why


def test_a_week_of_quiet_is_laid_out_by_day_past_midnight_and_past_sunday() -> None:
    nights = (span("22:00", "07:00", 4, 6), span("06:30", "08:00", 5), span("12:00", "13:00", 5))
    assert by_weekday(nights) == (
        ((0, 7 * 60),),
        (),
        (),
        (),
        ((22 * 60, 24 * 60),),
        ((0, 8 * 60), (12 * 60, 13 * 60)),
        ((22 * 60, 24 * 60),),
    )
    assert by_weekday((span("09:00", "09:00", 2),))[2:4] == (((9 * 60, 24 * 60),), ((0, 9 * 60),))
    assert by_weekday((span("20:15", "23:59", 0),))[:2] == (((20 * 60 + 15, 24 * 60),), ())
