"""The zones and clocks that bite: one reminder for each local day that exists, through the calendar and through the sweep."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from aftercare.care.calendar import DAYS, calendar
from aftercare.care.reminding import NIGHT
from aftercare.db.pool import Database
from aftercare.jobs.clock import Clock
from aftercare.model.calendar import DueCheckIn
from aftercare.model.care import Episode
from aftercare.model.words import Modality
from aftercare.services.recovery import SWEEP
from aftercare.store import due_work
from tests.prove.cohort import Person, admit, reminded
from tests.prove.conftest import Trial
from tests.prove.crew import Crew, Event
from tests.prove.local_days import days_between, first_minute_at
from tests.services.background import Post
from tests.services.conftest import make_team


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
        assert one.due_at == (first_minute_at(zone, one.date, at) or _hour_before_the_end(zone, one.date))
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


_WATCHED = timedelta(days=5)


async def test_the_sweep_reminds_once_on_each_local_day_that_exists(
    service: Database, worker: Database, database_url: str, trial: Trial
) -> None:
    cases = [(change, at) for change in CHANGES for at in WALLS]
    if not trial.long:
        cases = trial.rng.sample(cases, 8)
    team = await make_team(service, "alpha", datetime(1985, 1, 1, tzinfo=UTC))
    people, walls, ends = [], {}, []
    for number, (change, at) in enumerate(cases):
        session = datetime.combine(change.on - timedelta(days=2), time(11), ZoneInfo(change.zone))
        one = Person(
            name=f"Alder Sample {number:03}",
            time_zone=change.zone,
            modality=Modality.MICRONEEDLING,
            session_at=session.astimezone(UTC),
        )
        episode = await admit(service, team, one)
        walls[episode.episode_id] = at
        ends.append((one.session_at + _WATCHED, _leave(worker, episode, team.clinic_id)))
        people.append((one, at))
    post = Post()
    await Crew([worker], post, trial.rng, walls=walls).live(ends, max(when for when, _ in ends))
    sent = await reminded(database_url)
    for one, at in people:
        assert sent[one.name] == _wanted(one, at), (one, at)
    trial.say(
        f"{len(people)} patients across changes of clocks: {sum(map(len, sent.values()))} reminders, one for each day"
    )


def _leave(worker: Database, episode: Episode, clinic_id: UUID) -> Event:
    """What comes after is of no interest."""

    async def happen() -> None:
        async with worker.transaction() as db:
            await due_work.drop(db, clinic_id, SWEEP, episode.episode_id)

    return happen


def _wanted(one: Person, at: time) -> list[datetime]:
    """Told by the days that are lived and the clock on the wall."""
    end = one.session_at + _WATCHED
    days = days_between(one.zone, one.session_at, end)
    wanted = [
        first_minute_at(one.zone, day, at if number else time(19)) or _hour_before_the_end(one.zone, day)
        for number, day in enumerate(days)
    ]
    return [instant for instant in wanted if instant < end]


def _hour_before_the_end(zone: ZoneInfo, day: date) -> datetime:
    tomorrow = first_minute_at(zone, day + timedelta(days=1), time.min)
    assert tomorrow is not None
    return tomorrow - timedelta(hours=1)


class Error(NamedTuple):
    """A clock that is wrong for a while: by how much, from when and until when of true time."""

    by: timedelta
    start: datetime
    end: datetime

    def shown(self, true: datetime) -> datetime:
        return true + self.by if self.start <= true < self.end else true


_TICK = timedelta(minutes=30)
_BY = tuple(sign * by for sign in (1, -1) for by in (timedelta(hours=1), timedelta(days=1)))
_HOMES = ("Europe/London", "Pacific/Kiritimati", "America/St_Johns", "Asia/Kathmandu")


async def test_a_clock_put_wrong_and_right_again_doubles_no_reminder_and_misses_no_day_that_it_showed(
    service: Database, worker: Database, database_url: str, trial: Trial
) -> None:
    """What is promised of a clock that is wrong for a while.

    Never two reminders for a day. None outside its day as the clock showed it: a clock that is ahead reminds as much
    too early, and that day is not reminded of again. One for every day of which the clock, right or wrong, showed any
    part between the hour of reminding and night, in whatever order: what was put off by a clock that was ahead is
    looked at again once it is right. A day of which the clock showed nothing is as one that an outage took.
    """
    first, sent_in_all, errors = datetime(2026, 1, 5, 10, tzinfo=UTC), 0, _BY * 5 if trial.long else _BY[1::2]
    team = await make_team(service, "alpha", first - timedelta(days=60))
    for number, by in enumerate(errors):
        begin = first + number * timedelta(days=60)
        start = begin + _TICK * trial.rng.randrange(20, 100)
        error = Error(by, start, start + _TICK * trial.rng.randrange(1, 80))
        people = [
            Person(
                name=f"Alder Sample {number:02} {zone}",
                time_zone=zone,
                modality=Modality.MICRONEEDLING,
                session_at=begin,
            )
            for zone in _HOMES
        ]
        episodes = [await admit(service, team, one) for one in people]
        ticks = [begin + place * _TICK for place in range(1, 4 * 48)]
        await _live_by(error, ticks, Crew([worker], Post(), trial.rng))
        sent = await reminded(database_url)
        for one in people:
            _hold_promise(one, sent[one.name], [error.shown(tick) for tick in ticks], error)
            sent_in_all += len(sent[one.name])
        for episode in episodes:
            await _leave(worker, episode, team.clinic_id)()
    trial.say(
        f"{len(errors)} wrong clocks, {len(_HOMES)} zones: {sent_in_all} reminders, doubled 0, missed 0"
    )


async def _live_by(error: Error, ticks: list[datetime], crew: Crew) -> None:
    true = ticks[0]
    clock = Clock(crew.workers[0], lambda: error.shown(true))
    for true in ticks:
        await clock.mind()
        await crew.catch_up(error.shown(true))


def _hold_promise(one: Person, sent: list[datetime], shown: list[datetime], error: Error) -> None:
    for due in one.due:
        night = datetime.combine(due.date, NIGHT, one.zone)
        there = [instant for instant in sent if due.due_at <= instant < due.ends_at]
        assert len(there) <= 1, (one, due, error)
        if any(due.due_at <= now < night for now in shown):
            assert there, (one, due, error)
    assert all(any(due.due_at <= instant < due.ends_at for due in one.due) for instant in sent)
