"""A worker's scheduler that stands still while everything else of it goes on: that, too, is heard by whoever listens."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from aftercare.db.pool import Database
from aftercare.jobs.runner import Worker
from aftercare.services.house import build_house
from aftercare.settings import Settings
from aftercare.store import heartbeat


@pytest.fixture
async def running(database_url: str, tmp_path: Path) -> Worker:
    settings = Settings(database_url=database_url, data_dir=tmp_path, worker_silence_seconds=2)
    return Worker(build_house(settings, with_worker=True))


async def _beat_after(service: Database, before: datetime | None) -> datetime:
    async with asyncio.timeout(10):
        while True:
            async with service.statement() as db:
                at = await heartbeat.newest_beat(db)
            if at is not None and (before is None or at > before):
                return at


async def test_the_beat_is_the_schedulers_own(running: Worker, service: Database) -> None:
    await running._house.open()
    running.start()
    first = await _beat_after(service, None)
    await _beat_after(service, first)
    async with service.statement() as db:
        kinds = await heartbeat.kinds(db, first)
    assert {one.kind for one in kinds} == {line.work.kind for line in running._lines}
    assert all(one.workers == 1 and one.looked_at is not None for one in kinds)

    running._scheduler.pause()
    await asyncio.gather(*running._ticking)
    last = await _beat_after(service, first)
    # Its lines still work whenever a commit wakes them, and its loop runs: only the scheduler is silent.
    looked = asyncio.Event()
    running._lines[0].wake()
    asyncio.get_running_loop().call_later(0.5, looked.set)  # six times its beat
    await looked.wait()
    async with service.statement() as db:
        assert await heartbeat.newest_beat(db) == last
    running._scheduler.resume()
    await _beat_after(service, last)
    await running.stop()
    await running._house.close()
