"""A worker's scheduler that stands still while everything else of it goes on: that, too, is heard by whoever listens."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aftercare.db.pool import Database
from aftercare.jobs.runner import Worker
from aftercare.services.house import build_house
from aftercare.settings import Settings
from aftercare.store import heartbeat

PATIENCE = 30.0  # seconds: a bound for what must come


@pytest.fixture
async def running(database_url: str, tmp_path: Path) -> Worker:
    settings = Settings(database_url=database_url, data_dir=tmp_path, worker_silence_seconds=2)
    return Worker(build_house(settings, with_worker=True))


async def _beat_after(service: Database, before: datetime | None) -> datetime:
    async with asyncio.timeout(PATIENCE):
        while True:
            async with service.statement() as db:
                at = await heartbeat.newest_beat(db, datetime.now(UTC))
            if at is not None and (before is None or at > before):
                return at


async def _until_still(service: Database, last: datetime) -> datetime:
    """Wait until half a second, six times the beat, has passed without one."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await asyncio.sleep(0.5)
            async with service.statement() as db:
                newest = await heartbeat.newest_beat(db, datetime.now(UTC))
            assert newest is not None
            if newest == last:
                return last
            last = newest


async def test_the_beat_is_the_schedulers_own(running: Worker, service: Database) -> None:
    await running._house.open()
    running.start()
    first = await _beat_after(service, None)
    async with asyncio.timeout(PATIENCE):
        while any(line.looked_at is None for line in running._lines):
            first = await _beat_after(service, first)
    await _beat_after(service, await _beat_after(service, first))
    async with service.statement() as db:
        kinds = await heartbeat.kinds(db, first)
    assert {one.kind for one in kinds} == {line.work.kind for line in running._lines}
    assert all(one.workers == 1 and one.looked_at is not None for one in kinds)

    # Its loop runs and its lines would work: only the scheduler is silent.
    running._scheduler.pause()
    last = await _until_still(service, first)
    running._scheduler.resume()
    await _beat_after(service, last)
    await running.stop()
    await running._house.close()


async def test_a_clock_that_is_put_back_does_not_keep_the_ticks_waiting(
    running: Worker, service: Database
) -> None:
    await running._house.open()
    running.start()
    beaten = await _beat_after(service, None)
    # What a clock leaves behind that is put back by an hour: every tick is an hour away.
    for job in running._scheduler.get_jobs():
        job.modify(next_run_time=datetime.now(UTC) + timedelta(hours=1))
    for _ in range(3):  # one may have been under way
        beaten = await _beat_after(service, beaten)
    await running.stop()
    await running._house.close()
