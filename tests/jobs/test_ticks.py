"""A worker's ticks beside a clock that leaps: neither caught up one by one, nor waited for."""

from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aftercare.jobs.ticks import Every, put_right

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


async def nothing() -> None:
    """Do what a tick does."""


def test_a_machine_that_slept_for_years_ticks_once() -> None:
    slept_from = NOW - timedelta(days=3000)
    assert Every(1).get_next_fire_time(slept_from, NOW) == NOW + SECOND


async def test_only_what_is_further_away_than_it_can_be_comes_at_once() -> None:
    scheduler = AsyncIOScheduler(timezone=UTC)
    scheduler.start(paused=True)
    ahead = {"each second": (1, HOUR), "soon": (1, SECOND), "hourly": (3600, HOUR), "overdue": (1, -HOUR)}
    for name, (seconds, away) in ahead.items():
        scheduler.add_job(nothing, Every(seconds), id=name, next_run_time=NOW + away)
    put_right(scheduler, NOW)
    after = {job.id: job.next_run_time - NOW for job in scheduler.get_jobs()}
    assert after == {name: away for name, (_, away) in ahead.items()} | {"each second": timedelta(0)}
    scheduler.shutdown()
