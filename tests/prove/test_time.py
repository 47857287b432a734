"""The zones and clocks that bite: one reminder for each local day that exists, through the calendar and through the sweep."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from aftercare.care.calendar import DAYS, calendar
from aftercare.model.calendar import DueCheckIn
from aftercare.model.words import Modality
from tests.prove.conftest import Trial
from tests.prove.local_days import days_between, first_minute_at


class Change(NamedTuple):
    """A local day on which clocks of a zone do something."""

    zone: str
    on: date


CHANGES = (
    Change("Australia/Sydney", date(2026, 4, 5)),
    Change("Australia/Sydney", date(2026, 10, 4)),
    Change("Australia/Lord_Howe", date(2026, 4, 5)),  # by half an hour
    Change("Australia/Lord_Howe", date(2026, 10, 4)),
    Change("Europe/Berlin", date(2026, 3, 29)),
    Change("Europe/Berlin", date(2026, 10, 25)),
    Change("Africa/Cairo", date(2026, 4, 24)),  # there is no midnight
    Change("Africa/Cairo", date(2026, 10, 29)),
    Change("America/Sao_Paulo", date(2018, 11, 4)),  # nor here
    Change("America/Sao_Paulo", date(2018, 2, 17)),
    Change("Pacific/Apia", date(2011, 12, 30)),  # there is no such day
    Change("Pacific/Kwajalein", date(1993, 8, 21)),  # nor this one
    Change("Asia/Kathmandu", date(1986, 1, 1)),  # a quarter of an hour, at midnight
    Change("Asia/Kathmandu", date(2026, 4, 5)),
    Change("Pacific/Chatham", date(2026, 4, 5)),
    Change("Pacific/Chatham", date(2026, 9, 27)),
    Change("America/St_Johns", date(2010, 11, 7)),  # the day before ends twice
    Change("America/St_Johns", date(2011, 3, 13)),
    Change("Europe/Dublin", date(2026, 3, 29)),  # summer is standard time, winter is minus one hour
    Change("Europe/Dublin", date(2026, 10, 25)),
    Change("Africa/Casablanca", date(2026, 2, 15)),  # Ramadan
    Change("Africa/Casablanca", date(2026, 3, 22)),
    Change("Asia/Gaza", date(2026, 3, 28)),
    Change("Asia/Gaza", date(2026, 10, 31)),
    Change("America/Nuuk", date(2024, 3, 30)),  # the last hour of the day is missing
    Change("America/Havana", date(2026, 11, 1)),  # the first hour of the day comes twice
    Change("Asia/Pyongyang", date(2018, 5, 4)),  # the last half hour is missing
)
WALLS = (time(0), time(0, 30), time(2, 15), time(2, 30), time(9), time(23, 59))
_ZONES = sorted(available_timezones())


def _hold(zone: ZoneInfo, session: datetime, modality: Modality, at: time) -> list[DueCheckIn]:
    """Hold a calendar against the days that are lived, and give it."""
    due = calendar(modality, session, zone.key, at=at)
    session_on = session.astimezone(zone).date()
    lived = days_between(zone, session, session + timedelta(days=46))
    wanted = [session_on + timedelta(days=number) for number in DAYS[modality]]
    assert [one.date for one in due] == sorted({min(day for day in lived if day >= on) for on in wanted})
    for one in due:
        assert one.due_at < one.ends_at
        assert one.due_at.astimezone(zone).date() == one.date
        assert (one.ends_at - timedelta(seconds=1)).astimezone(zone).date() == one.date
    return due


def _hold_instants(zone: ZoneInfo, due: Iterable[DueCheckIn], at: time) -> int:
    """Hold due instants against the clock on the wall; where it never shows them, an hour is left of the day."""
    held = 0
    for one in due:
        assert one.due_at == (first_minute_at(zone, one.date, at) or one.ends_at - timedelta(hours=1))
        held += 1
    return held


def test_where_clocks_do_something_each_local_day_that_exists_is_asked_once_at_its_own_time(
    trial: Trial,
) -> None:
    held = 0
    for change in CHANGES:
        zone, around = ZoneInfo(change.zone), {change.on + timedelta(days=number) for number in (-1, 0, 1)}
        session = datetime.combine(change.on - timedelta(days=3), time(11), zone).astimezone(UTC)
        for at in WALLS:
            due = _hold(zone, session, Modality.MICRONEEDLING, at)
            held += _hold_instants(zone, (one for one in due if one.date in around), at)
    trial.say(
        f"{len(CHANGES)} changes of clocks, {len(WALLS)} times of day: {held} due instants as on the wall"
    )


def test_in_every_zone_each_local_day_that_exists_is_asked_once_at_its_own_time(trial: Trial) -> None:
    examples = trial.size(50, 2000)

    @seed(trial.seed)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        zone=st.sampled_from(_ZONES).map(ZoneInfo),
        # Before, some clocks ran by seconds.
        session=st.datetimes(datetime(1980, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone follows
        modality=st.sampled_from(Modality),
        at=st.sampled_from(WALLS),
        chance=st.randoms(use_true_random=False),
    )
    def holds(zone: ZoneInfo, session: datetime, modality: Modality, at: time, chance: Random) -> None:
        due = _hold(zone, session, modality, at)
        _hold_instants(zone, [chance.choice(due[1:])], at)

    holds()
    trial.say(f"{examples} sessions in any of {len(_ZONES)} zones: every local day that exists asked once")
