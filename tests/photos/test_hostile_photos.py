"""Hostile files through real workers: each is a clean picture or a sentence, and the worker that read it stays bounded."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from aftercare.errors import AftercareError
from aftercare.model.photos import Rendition, Renditions
from aftercare.photos.errors import PhotoDamagedError, PhotoKindError, PhotoTooLargeError
from aftercare.photos.renditions import render
from aftercare.photos.wire import WorkerSettings
from aftercare.photos.workers import PhotoWorkers
from tests.photos.by_libvips import fields
from tests.photos.hostile_files import KINDS, PLANTED, bombs, confused, good, mutated, polyglots

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one worker for all of it

REFUSED = (PhotoDamagedError, PhotoKindError, PhotoTooLargeError)
BOMBS, POLYGLOTS, CONFUSED = bombs(), polyglots(), confused()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workers() -> AsyncIterator[PhotoWorkers]:
    async with PhotoWorkers(WorkerSettings(), count=1, waiting=1) as pool:
        yield pool


async def outcome(workers: PhotoWorkers, sent: bytes) -> Renditions | type[AftercareError]:
    try:
        return await workers.render(sent)
    except REFUSED as refused:
        return type(refused)


def here(sent: bytes) -> Renditions | type[AftercareError]:
    """What this process makes of it, which may open any file and take any memory."""
    try:
        return render(sent)
    except REFUSED as refused:
        return type(refused)


def clean(made: Renditions) -> None:
    for rendition in Rendition:
        data = made.picture(rendition).data
        assert PLANTED not in data
        assert not {name for name in fields(data) if name.startswith(("exif", "xmp", "iptc", "icc"))}


def of_the_worker(workers: PhotoWorkers, file: str) -> dict[str, list[str]]:
    (worker,) = workers._idle
    lines = Path(f"/proc/{worker._process.pid}/{file}").read_text().splitlines()
    split = ((line[:25] if file == "limits" else line.partition(":")[0], line) for line in lines)
    return {name.strip(): line.replace(name, "").strip(": ").split() for name, line in split}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_worker_that_may_open_no_file_makes_of_each_format_what_anyone_makes(
    kind: str, workers: PhotoWorkers
) -> None:
    sent = good(kind)
    assert await workers.render(sent) == render(sent)


@pytest.mark.parametrize("sent", POLYGLOTS.values(), ids=POLYGLOTS)
async def test_of_a_file_that_is_two_things_only_the_picture_is_kept(
    sent: bytes, workers: PhotoWorkers
) -> None:
    assert PLANTED in sent
    clean(await workers.render(sent))


@pytest.mark.parametrize("sent", CONFUSED.values(), ids=CONFUSED)
async def test_what_begins_as_another_thing_is_refused(sent: bytes, workers: PhotoWorkers) -> None:
    assert await outcome(workers, sent) in REFUSED


@pytest.mark.parametrize("sent", BOMBS.values(), ids=BOMBS)
async def test_a_bomb_ends_nothing(sent: bytes, workers: PhotoWorkers) -> None:
    await workers.render(good("PNG"))
    (before,) = workers._idle
    made = await outcome(workers, sent)
    assert isinstance(made, Renditions) or made in REFUSED
    assert list(workers._idle) == [before]
    assert int(of_the_worker(workers, "status")["VmHWM"][0]) < 200 * 1024


async def test_files_with_a_few_bytes_changed_are_pictures_or_refused(workers: PhotoWorkers) -> None:
    for sent in mutated(random.Random(5), 60):  # noqa: S311 - chance, not a secret
        made = await outcome(workers, sent)
        assert made == here(sent)
        if isinstance(made, Renditions):
            clean(made)


async def test_a_worker_has_little_of_everything(workers: PhotoWorkers) -> None:
    await workers.render(good("JPEG"))
    limits = of_the_worker(workers, "limits")
    assert limits["Max open files"][:2] == ["4", "4"]
    assert limits["Max file size"][:2] == ["0", "0"]
    assert limits["Max core file size"][:2] == ["0", "0"]
    assert limits["Max address space"][:2] == [str(WorkerSettings().memory_bytes)] * 2
    assert 0 < int(limits["Max cpu time"][0]) <= 120
