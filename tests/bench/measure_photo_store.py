"""Keeping and showing a display rendition: sealed, through the spool, in a folder and in a bucket, beside the bare store."""

import os
import secrets
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import UUID, uuid4

from aftercare.model.photos import Rendition
from aftercare.photos.blobs import BlobKey, Blobs, LocalBlobs
from aftercare.photos.keys import FileKeys
from aftercare.photos.masters import development_masters
from aftercare.photos.s3 import S3Blobs
from aftercare.photos.sealed import SealedBlobs
from aftercare.photos.spool import SpooledBlobs
from tests.bench.rows import Row, Stage, limit, ratio
from tests.prove.weed import Weed

_BYTES = 400_000  # of a display rendition of 12 megapixels
_PATIENTS = [(UUID(int=1), UUID(int=number)) for number in range(10)]


async def measure(stage: Stage) -> AsyncIterator[Row]:
    """Put and get, median of each."""
    count = stage.size(3, 200)
    bare = _BareFolder(stage.folder / "bare")
    async for row in _beside(stage, "folder / file", LocalBlobs(stage.folder / "photos"), bare, count):
        yield row
    if stage.quick:
        return  # the same way, but for the seconds that the service takes to start
    async with Weed(stage.folder / "weed", quick=True) as weed:
        store = S3Blobs(weed.settings)
        async for row in _beside(stage, "bucket / bare bucket", store, store, count):
            yield row


class _BareFolder:
    """The least that survives a power cut: a file written, synced and named."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder

    async def put(self, key: BlobKey, data: bytes) -> None:
        unnamed, name = self._folder / "unnamed", self._folder / str(key).replace("/", "_")
        with unnamed.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unnamed.rename(name)
        descriptor = os.open(self._folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    async def get(self, key: BlobKey) -> bytes:
        return (self._folder / str(key).replace("/", "_")).read_bytes()


async def _beside(
    stage: Stage, name: str, store: Blobs, bare: Blobs | _BareFolder, count: int
) -> AsyncIterator[Row]:
    stage.say(name)
    keys = FileKeys(
        stage.folder / f"keys {uuid4()}", lambda: development_masters(stage.folder / "master.key")
    )
    await keys.open()
    spool = SpooledBlobs(store, stage.folder / f"spool {uuid4()}", most_bytes=10 * _BYTES)
    ours = await _timed(SealedBlobs(spool, keys), count)
    reference = await _timed(bare, count)
    yield ratio(f"photo put, {name}", ours=ours[0], reference=reference[0], unit="ms", goal=3, better="lower")
    # Beside a file that the kernel has in memory anything looks slow: what counts is what a page of pictures waits.
    yield limit(f"photo get, {name.partition(' /')[0]}", ours=ours[1], unit="ms", goal=10, better="lower")


async def _timed(blobs: Blobs | _BareFolder, count: int) -> tuple[float, float]:
    """(median milliseconds of a put, of a get)."""
    picture = secrets.token_bytes(_BYTES)
    keys = [
        BlobKey(
            clinic_id=clinic_id,
            patient_id=patient_id,
            photo_id=uuid4(),
            sha256=secrets.token_hex(32),
            rendition=Rendition.DISPLAY,
        )
        for clinic_id, patient_id in (_PATIENTS[number % len(_PATIENTS)] for number in range(count))
    ]

    async def put(key: BlobKey) -> None:
        await blobs.put(key, picture)

    async def get(key: BlobKey) -> None:
        if await blobs.get(key) != picture:
            raise RuntimeError("what came back is another picture")

    return await _median(put, keys), await _median(get, keys)


async def _median(do: Callable[[BlobKey], Awaitable[None]], keys: list[BlobKey]) -> float:
    times = []
    for key in keys:
        started = time.perf_counter()
        await do(key)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)
