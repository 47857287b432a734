"""A disk is full: of data, of the write-ahead log, of photos. Refused plainly, nothing acknowledged lost, and on again."""

import asyncio
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from aftercare.db.embedded import EmbeddedServer
from aftercare.photos.synthetic import face
from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet
from tests.prove.outage import PATIENCE, Clinic, clinic_of, filled, is_gone, small_disk

# The disk's speed is not what is tried; a small log leaves little that was laid by before it was full.
_POSTGRES = {"fsync": "off", "max_wal_size": "32MB", "min_wal_size": "32MB"}
_MEGABYTE = "select pg_logical_emit_message(false, 'sample', repeat('x', 1000000))"


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """PostgreSQL's folder on a small disk, and its write-ahead log on another."""
    with small_disk(tmp_path / "postgres", 220) as data, small_disk(data / "log", 120) as log:
        with EmbeddedServer(data, settings=_POSTGRES):
            pass  # the cluster is made
        _move(data / "cluster" / "pg_wal", log / "pg_wal")
        yield data, log


def _move(folder: Path, to: Path) -> None:
    """Have a folder elsewhere, its owners kept."""
    owner = folder.stat()
    shutil.copytree(folder, to)
    for one in (to, *to.rglob("*")):
        os.chown(one, owner.st_uid, owner.st_gid)
    to.chmod(0o700)
    shutil.rmtree(folder)
    folder.symlink_to(to)


async def test_a_full_disk_of_data_refuses_plainly_and_goes_on_when_there_is_space(
    tmp_path: Path, disks: tuple[Path, Path], trial: Trial
) -> None:
    data, _ = disks
    load, refusals = trial.size(3, 8), trial.size(10, 200)
    async with Fleet(tmp_path, postgres=_POSTGRES) as fleet, clinic_of(fleet, load + 1) as clinic:
        enough, tasks = _report(clinic, load)
        await asyncio.gather(*(one.wait_for(3) for one in clinic.reporters))
        with filled(data):
            full = time.monotonic()
            await _until_refused(clinic, refusals, full)
            assert (await clinic.health("live")).status == 200
        freed = time.monotonic()
        await asyncio.gather(*(one.until_told(201, freed) for one in clinic.reporters))
        await _emergency_is_heard(clinic)
        enough.set()
        await asyncio.gather(*tasks)
        await _judge(trial, clinic, "disk full of data", full, freed)


async def test_a_full_disk_of_the_log_stops_postgresql_and_nothing_else(
    tmp_path: Path, disks: tuple[Path, Path], trial: Trial
) -> None:
    _, log = disks
    load, refusals = trial.size(3, 8), trial.size(10, 200)
    async with Fleet(tmp_path, postgres=_POSTGRES) as fleet, clinic_of(fleet, load + 1) as clinic:
        enough, tasks = _report(clinic, load)
        await asyncio.gather(*(one.wait_for(3) for one in clinic.reporters))
        with filled(log):
            await _write_until_it_stops(fleet)
            full = time.monotonic()
            await _until_refused(clinic, refusals, full)
        # PostgreSQL panics, and gives up where it cannot even recover: whoever supervises it starts it again.
        await asyncio.to_thread(fleet.postgres.stop)
        await fleet.start_postgres()
        freed = time.monotonic()
        await asyncio.gather(*(one.until_told(201, freed) for one in clinic.reporters))
        await _emergency_is_heard(clinic)
        enough.set()
        await asyncio.gather(*tasks)
        await _judge(trial, clinic, "disk full of the log", full, freed)


async def test_a_full_disk_of_photos_keeps_no_row_without_its_picture(tmp_path: Path, trial: Trial) -> None:
    # With the spool on it, which else takes over while the photos have no space.
    disk = tmp_path / "data"
    with small_disk(disk, 8):
        async with Fleet(tmp_path, postgres=_POSTGRES) as fleet, clinic_of(fleet, 1) as clinic:
            (phone,) = clinic.phones
            photos = [(uuid4(), face(seed)) for seed in range(trial.size(2, 12))]
            async with httpx.AsyncClient(
                base_url=clinic.server.address, headers=phone.headers, timeout=PATIENCE
            ) as client:

                async def put(number: int) -> httpx.Response:
                    photo_id, picture = photos[number]
                    kind = {"content-type": "image/jpeg"}
                    return await client.put(f"/v1/photos/{photo_id}", content=picture, headers=kind)

                assert (await put(0)).status_code == 201
                with filled(disk):
                    refused = [await put(number) for number in range(1, len(photos))]
                    await clinic.reporter(phone).report()  # what needs no picture is taken
                    judge = await fleet.judge()
                    assert await judge.fetchval("select count(*) from photos") == 1
                    await judge.close()
                for answer in refused:
                    assert (answer.status_code, answer.json()["type"]) == (
                        503,
                        "/problems/photos-unavailable",
                    )
                    assert answer.headers["retry-after"].isdecimal()
                taken = [(await put(number)).json() for number in range(len(photos))]
                for one in taken:
                    for rendition in ("display", "thumbnail"):
                        assert (await client.get(one[rendition])).headers["content-type"].startswith("image/")
            assert await clinic.lost() == set()
    trial.say(
        f"disk full of photos: {len(refused)} refused plainly, rows without a picture 0, all taken later"
    )


def _report(clinic: Clinic, load: int) -> tuple[asyncio.Event, list[asyncio.Task[None]]]:
    enough = asyncio.Event()
    phones = [clinic.reporter(phone) for phone in clinic.phones[:load]]
    return enough, [asyncio.create_task(one.keep_reporting(enough)) for one in phones]


async def _until_refused(clinic: Clinic, count: int, since: float) -> None:
    """Wait until phones were refused so many times, while others may still find room on a page."""
    met: list[float] = []
    while len(met) < count:
        told = await asyncio.gather(
            *(one.until_told(503, met[-1] if met else since) for one in clinic.reporters)
        )
        met += sorted(one.ended for one in told)


async def _write_until_it_stops(fleet: Fleet) -> None:
    writer = await fleet.judge()
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError):
        for _ in range(1000):
            await writer.execute(_MEGABYTE)
    await is_gone(writer)


async def _emergency_is_heard(clinic: Clinic) -> None:
    before = len(clinic.hooks.requests)
    await clinic.reporter(clinic.phones[-1]).report(breathing_or_tongue=True)
    await clinic.hooks.wait_for(before + 1, timeout_s=PATIENCE)


async def _judge(trial: Trial, clinic: Clinic, what: str, full: float, freed: float) -> None:
    refused = [one for one in clinic.told if one.status != 201]
    assert refused
    assert all(one.is_plain_refusal for one in refused)
    assert clinic.server.alive
    assert clinic.worker.alive
    delivered = await clinic.until_delivered()
    assert await clinic.lost() == set()
    took = sorted(one.ended - one.began for one in refused)
    first = min(one.ended for one in clinic.told if one.status == 201 and one.began >= freed)
    kept = sum(len(one.acknowledged) for one in clinic.reporters)
    trial.say(
        f"{what} {freed - full:.1f} s: {len(refused)} refused plainly, median {took[len(took) // 2] * 1000:.0f} ms; first "
        f"201 {first - freed:.2f} s after there was space; {kept} acknowledged, lost 0; {delivered} deliveries received"
    )
