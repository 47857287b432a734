"""Who is on call: turns, overrides, hours of the week, and the time in which nobody is."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.alerts.rota import first_on_call, gaps, hand_over_after, on_call, shifts
from aftercare.model.clinic import Opening, OpeningHours
from aftercare.model.rotas import Gap, Override, Rota, Shift

BERLIN = ZoneInfo("Europe/Berlin")
ASH, BEECH, CEDAR = (UUID(int=number) for number in (1, 2, 3))
PEOPLE = (ASH, BEECH, CEDAR)
HOUR = timedelta(hours=1)


def berlin(day: int, hour: int = 0, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


WEEKLY = Rota(
    rota_id=UUID(int=100),
    name="Nights",
    participants=PEOPLE,
    hand_over=time(8),
    every_days=7,
    starts_on=date(2026, 3, 2),  # a Monday
    is_default=True,
    time_zone="Europe/Berlin",
    version=1,
)


def override(
    number: int, starts_at: datetime, ends_at: datetime, who: UUID | None, *, made: int = 0
) -> Override:
    return Override(
        override_id=UUID(int=200 + number),
        starts_at=starts_at,
        ends_at=ends_at,
        staff_id=who,
        reason="swap",
        made_at=berlin(1, made),
        made_by=ASH,
    )


def with_overrides(*those: Override, rota: Rota = WEEKLY) -> Rota:
    return msgspec.structs.replace(rota, overrides=those)


def test_people_take_turns_from_the_hand_over_on() -> None:
    assert on_call(WEEKLY, berlin(2, 7, 59)) is None
    assert on_call(WEEKLY, berlin(2, 8)) == ASH
    assert on_call(WEEKLY, berlin(9, 7, 59)) == ASH
    assert on_call(WEEKLY, berlin(9, 8)) == BEECH
    assert on_call(WEEKLY, berlin(16, 8)) == CEDAR
    assert on_call(WEEKLY, berlin(23, 8)) == ASH


def test_an_override_wins_and_of_two_the_newer_whatever_their_order_in_the_list() -> None:
    swap = override(1, berlin(3), berlin(5), BEECH, made=1)
    sick = override(2, berlin(4), berlin(4, 12), None, made=2)
    for rota in (with_overrides(swap, sick), with_overrides(sick, swap)):
        assert on_call(rota, berlin(3, 12)) == BEECH
        assert on_call(rota, berlin(4, 6)) is None
        assert on_call(rota, berlin(4, 12)) == BEECH
        assert on_call(rota, berlin(5)) == ASH


def test_a_shift_names_its_override_and_one_that_only_touches_the_time_makes_none() -> None:
    swap, before, after = (
        override(number, berlin(first), berlin(last), BEECH)
        for number, first, last in ((1, 3, 4), (2, 2, 3), (3, 5, 6))
    )
    assert shifts(with_overrides(swap, before, after), berlin(3), berlin(5)) == (
        Shift(starts_at=berlin(3), ends_at=berlin(4), staff_id=BEECH, override_id=swap.override_id),
        Shift(starts_at=berlin(4), ends_at=berlin(5), staff_id=ASH),
    )


def test_only_the_hours_of_the_week_are_on_call() -> None:
    nights = tuple(Opening(day, time(18), time(8)) for day in range(7))
    rota = msgspec.structs.replace(WEEKLY, windows=nights)
    assert on_call(rota, berlin(3, 12)) is None
    assert on_call(rota, berlin(3, 18)) == ASH
    assert [(one.staff_id, one.starts_at) for one in shifts(rota, berlin(3, 12), berlin(4, 12))] == [
        (None, berlin(3, 12)),
        (ASH, berlin(3, 18)),
        (None, berlin(4, 8)),
    ]


def test_who_takes_over_as_the_hours_end_has_no_shift_before_they_begin_again() -> None:
    nights = tuple(Opening(day, time(18), time(8)) for day in range(7))
    rota = msgspec.structs.replace(WEEKLY, windows=nights)
    assert shifts(rota, berlin(8, 18), berlin(10)) == (
        Shift(starts_at=berlin(8, 18), ends_at=berlin(9, 8), staff_id=ASH),
        Shift(starts_at=berlin(9, 8), ends_at=berlin(9, 18), staff_id=None),
        Shift(starts_at=berlin(9, 18), ends_at=berlin(10), staff_id=BEECH),
    )


def test_the_night_of_the_change_is_an_hour_shorter_or_longer_and_handed_over_at_the_same_wall_time() -> None:
    daily = msgspec.structs.replace(WEEKLY, every_days=1)
    spring = list(shifts(daily, berlin(28, 8), berlin(30, 8)))
    assert [one.ends_at - one.starts_at for one in spring] == [23 * HOUR, 24 * HOUR]
    autumn = list(shifts(daily, berlin(24, 8, month=10), berlin(26, 8, month=10)))
    assert [one.ends_at - one.starts_at for one in autumn] == [25 * HOUR, 24 * HOUR]


def test_a_hand_over_that_clocks_skip_takes_place_when_they_go_on_and_one_shown_twice_at_the_first() -> None:
    daily = msgspec.structs.replace(WEEKLY, every_days=1, hand_over=time(2, 30))
    skipped = [one.starts_at for one in shifts(daily, berlin(28, 12), berlin(30, 12))][1]
    assert skipped == datetime(2026, 3, 29, 1, tzinfo=UTC)  # 02:00 became 03:00
    twice = [one.starts_at for one in shifts(daily, berlin(24, 12, month=10), berlin(25, 12, month=10))][1]
    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_who_would_hand_over_on_a_day_that_the_zone_skipped_has_no_turn() -> None:
    apia = msgspec.structs.replace(
        WEEKLY, time_zone="Pacific/Apia", every_days=1, hand_over=time(0), starts_on=date(2011, 12, 28)
    )
    zone = ZoneInfo("Pacific/Apia")
    start, until = datetime(2011, 12, 28, tzinfo=zone), datetime(2012, 1, 2, tzinfo=zone)
    assert [one.staff_id for one in shifts(apia, start, until)] == [ASH, BEECH, ASH, BEECH]


def test_the_next_hand_over_is_to_somebody_else_or_to_nobody() -> None:
    rota = with_overrides(override(1, berlin(4), berlin(5), None))
    after = hand_over_after(rota, berlin(3), berlin(30))
    assert after is not None
    assert (after.starts_at, after.staff_id) == (berlin(4), None)
    alone = msgspec.structs.replace(WEEKLY, participants=(ASH,))
    assert hand_over_after(alone, berlin(3), berlin(30)) is None


def test_a_gap_is_closed_time_in_which_nobody_active_is_on_call() -> None:
    rota = with_overrides(override(1, berlin(7, 12), berlin(8, 8), None))
    open_saturdays = OpeningHours(time_zone="Europe/Berlin", openings=(Opening(5, time(9), time(18)),))
    assert gaps([rota], berlin(3), berlin(15), PEOPLE, open_saturdays) == (
        Gap(starts_at=berlin(7, 18), ends_at=berlin(8, 8)),
    )
    assert gaps([rota], berlin(3), berlin(15), PEOPLE) == (
        Gap(starts_at=berlin(7, 12), ends_at=berlin(8, 8)),
    )
    # Beech left: the week that would have been theirs is nobody's.
    assert gaps([WEEKLY], berlin(3), berlin(30), {ASH, CEDAR}) == (
        Gap(starts_at=berlin(9, 8), ends_at=berlin(16, 8)),
    )


def test_the_default_rota_is_asked_first_and_another_stands_in_for_it() -> None:
    other = msgspec.structs.replace(
        WEEKLY, rota_id=UUID(int=101), name="Days", participants=(CEDAR,), is_default=False
    )
    assert first_on_call([other, WEEKLY], berlin(3), PEOPLE) == ASH
    assert first_on_call([other, WEEKLY], berlin(3), {BEECH, CEDAR}) == CEDAR
    assert first_on_call([other, WEEKLY], berlin(3), {BEECH}) is None


ZONES = ("Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "Africa/Cairo")
minutes = st.integers(0, 60 * 24 * 40).map(lambda one: timedelta(minutes=one))
windows = st.lists(
    st.builds(Opening, st.integers(0, 6), st.times(time(0), time(11)), st.times(time(0), time(23, 59))),
    max_size=5,
).map(tuple)


@st.composite
def rotas(draw: st.DrawFn, start: datetime) -> Rota:
    """A rota whose changes fall around an instant."""
    laid = draw(st.lists(st.tuples(minutes, minutes, st.sampled_from([*PEOPLE, None])), max_size=4))
    return Rota(
        rota_id=draw(st.uuids()),
        name="A rota",
        participants=tuple(draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4))),
        hand_over=draw(st.times(time(0), time(23, 59))),
        every_days=draw(st.integers(1, 28)),
        starts_on=start.date() + timedelta(days=draw(st.integers(-40, 20))),
        windows=draw(windows),
        time_zone=draw(st.sampled_from(ZONES)),
        version=1,
        overrides=tuple(
            override(number, start + after, start + after + long + HOUR, who, made=draw(st.integers(0, 2)))
            for number, (after, long, who) in enumerate(laid)
        ),
    )


instants = st.datetimes(datetime(2008, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001 - zoned in the next line
    lambda naive: naive.replace(tzinfo=UTC)
)
# The skipped day of Apia, and the nights on which the others change their clocks.
starts = instants | st.sampled_from(
    [datetime(2011, 12, 28, tzinfo=UTC), berlin(28), berlin(24, month=10), datetime(2026, 4, 3, tzinfo=UTC)]
)
SOME = settings(max_examples=80)


@SOME
@given(data=st.data(), start=starts, long=minutes)
def test_shifts_tile_the_time_without_overlap(data: st.DataObject, start: datetime, long: timedelta) -> None:
    rota = data.draw(rotas(start))
    until = start + long + HOUR
    found = shifts(rota, start, until)
    assert (found[0].starts_at, found[-1].ends_at) == (start, until)
    assert all(one.starts_at < one.ends_at for one in found)
    for before, after in pairwise(found):
        assert before.ends_at == after.starts_at
        assert (before.staff_id, before.override_id) != (after.staff_id, after.override_id)


@SOME
@given(data=st.data(), start=starts, long=minutes, probes=st.lists(minutes, min_size=3, max_size=12))
def test_who_is_on_call_is_who_has_the_shift(
    data: st.DataObject, start: datetime, long: timedelta, probes: list[timedelta]
) -> None:
    rota = data.draw(rotas(start))
    until = start + long + HOUR
    found = shifts(rota, start, until)
    edges = [edge for one in found for edge in (one.starts_at, one.ends_at - timedelta(seconds=1))]
    for at in [*edges, *(start + one for one in probes if start + one < until)]:
        (shift,) = [one for one in found if one.starts_at <= at < one.ends_at]
        assert on_call(rota, at) == shift.staff_id


@SOME
@given(
    data=st.data(),
    start=starts,
    active=st.sets(st.sampled_from(PEOPLE)),
    probes=st.lists(minutes, min_size=6, max_size=20),
)
def test_gaps_are_exactly_where_nobody_active_is_on_call(
    data: st.DataObject, start: datetime, active: set[UUID], probes: list[timedelta]
) -> None:
    several = data.draw(st.lists(rotas(start), min_size=1, max_size=3))
    until = start + timedelta(days=40, hours=1)
    found = gaps(several, start, until, active)
    assert all(one.starts_at < one.ends_at for one in found)
    assert all(before.ends_at < after.starts_at for before, after in pairwise(found))
    edges = [
        edge for one in found for edge in (one.starts_at, one.ends_at, one.ends_at - timedelta(seconds=1))
    ]
    for at in [*(start + one for one in probes), *(edge for edge in edges if edge < until)]:
        nobody = all(on_call(one, at) not in active for one in several)
        assert any(one.starts_at <= at < one.ends_at for one in found) == nobody


@pytest.mark.parametrize("days", [1, 7, 28])
def test_turns_go_round_for_ever_and_each_is_as_long_as_was_said(days: int) -> None:
    utc = msgspec.structs.replace(WEEKLY, time_zone="UTC", every_days=days)
    start = datetime(2026, 3, 2, 8, tzinfo=UTC)
    found = shifts(utc, start, start + timedelta(days=6 * days))
    assert found == tuple(
        Shift(
            starts_at=start + timedelta(days=turn * days),
            ends_at=start + timedelta(days=(turn + 1) * days),
            staff_id=PEOPLE[turn % 3],
        )
        for turn in range(6)
    )
