"""Photos as they come to a clinic: how many two cores take, what one takes of memory, and what is left for check-ins."""

import asyncio
import time
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from statistics import median
from time import process_time
from uuid import uuid4

import httpx
import pillow_heif
from PIL import Image

from aftercare.photos.renditions import render
from aftercare.photos.wire import WorkerSettings
from aftercare.photos.workers import PhotoWorkers
from tests.bench.camera import phone_photo
from tests.bench.cohort import Cohort, seed, settle
from tests.bench.load import drain
from tests.bench.rows import Row, Stage, limit, ratio
from tests.prove.fleet import Fleet

_CORES = 2
_SMALL = (1008, 756)


async def measure(stage: Stage) -> AsyncIterator[Row]:
    """Five rows. HEIC is 12 megapixels like the JPEG, from the same drawn face."""
    stage.say("a photo as JPEG and HEIC")
    jpeg = phone_photo()
    heic = await asyncio.to_thread(_as_heic, jpeg, small=stage.quick)
    yield limit(
        "photo, HEIC", ours=_cpu_ms(heic, stage.size(1, 7)), unit="ms of CPU", goal=1000, better="lower"
    )
    for name, photo, goal in (("JPEG", jpeg, 8.0), ("HEIC", heic, 2.0)):
        stage.say(f"{name} by two workers")
        rate, peak = await _by_workers(photo, stage.size(2, 40))
        yield limit(f"photos on two cores, {name}", ours=rate, unit="photos/s", goal=goal, better="higher")
        yield limit(f"memory of a decode, {name}", ours=peak, unit="MiB resident", goal=256, better="lower")
    async with Fleet(
        stage.folder, postgres={"max_connections": "200"}, AFTERCARE_PHOTOS_A_DAY="1000000"
    ) as fleet:
        stage.say("seeding")
        cohort = await seed(fleet, stage.size(40, 800))
        server = fleet.serve("--no-worker", "--processes", str(_CORES))
        await settle(fleet)
        await server.ready()
        alone, meanwhile, photos = [], [], 0
        await drain(server.address, cohort.requests())  # warm before it counts
        for number in range(stage.size(1, 5)):
            stage.say(f"check-ins with and without photos, round {number + 1}")
            alone.append((await drain(server.address, cohort.requests())).only(201).rate)
            rate, sent = await _with_photos(server.address, cohort, jpeg)
            meanwhile.append(rate)
            photos += sent
    if not photos:
        raise RuntimeError("no photo was taken while check-ins came")
    yield ratio(
        "check-ins while photos are decoded / alone", ours=median(meanwhile), reference=median(alone),
        unit="check-ins/s", goal=0.8, better="higher",
    )  # fmt: skip


def _as_heic(jpeg: bytes, *, small: bool) -> bytes:
    pillow_heif.register_heif_opener()
    with Image.open(BytesIO(jpeg)) as picture:
        whole = picture.resize(_SMALL) if small else picture
        out = BytesIO()
        whole.save(out, "HEIF", quality=60, enc_params={"preset": "ultrafast"})
    return out.getvalue()


def _cpu_ms(photo: bytes, rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        before = process_time()
        render(photo)
        taken.append((process_time() - before) * 1000)
    return median(taken)


async def _by_workers(photo: bytes, count: int) -> tuple[float, float]:
    """(photos a second, MiB that the larger of two workers had resident at most)."""
    async with PhotoWorkers(WorkerSettings(), count=_CORES, waiting=count) as pool:
        await asyncio.gather(*(pool.render(photo) for _ in range(_CORES)))  # started before it counts
        began = time.perf_counter()
        await asyncio.gather(*(pool.render(photo) for _ in range(count)))
        rate = count / (time.perf_counter() - began)
        return rate, max(_peak(worker._process.pid) for worker in pool._idle)


def _peak(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


async def _with_photos(address: str, cohort: Cohort, photo: bytes) -> tuple[float, int]:
    """(check-ins a second, photos kept) while two phones send one photo after the other."""
    over, kept = asyncio.Event(), 0

    async def photograph(number: int) -> None:
        nonlocal kept
        async with httpx.AsyncClient(base_url=address, timeout=60) as client:
            while not over.is_set():
                headers = cohort.phones[number].headers
                answer = await client.put(f"/v1/photos/{uuid4()}", headers=headers, content=photo)
                kept += answer.status_code == 201

    sending = [asyncio.create_task(photograph(number)) for number in range(_CORES)]
    try:
        rate = (await drain(address, cohort.requests())).only(201).rate
    finally:
        over.set()
        await asyncio.gather(*sending)
    return rate, kept
