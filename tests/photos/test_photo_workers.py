import asyncio
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from zlib import compress, crc32

import pytest
from PIL import Image

from aftercare.model.photos import PhotoLimits
from aftercare.photos.errors import PhotoDamagedError, PhotoKindError, PhotosBusyError, PhotoTooLargeError
from aftercare.photos.renditions import render
from aftercare.photos.wire import WorkerSettings
from aftercare.photos.workers import PhotoWorkers

Encode = Callable[..., bytes]

# Address space that a worker needs for itself, and for small pictures.
SMALL_MEMORY = 96 * 2**20


@pytest.fixture
async def workers() -> AsyncIterator[PhotoWorkers]:
    async with PhotoWorkers(count=1, waiting=1) as pool:
        yield pool


@pytest.fixture
def photo(noise: Image.Image, encode: Encode) -> bytes:
    return encode(noise, "JPEG")


def idle_process(pool: PhotoWorkers) -> Process:
    (worker,) = pool._idle
    return worker._process


async def busy(pool: PhotoWorkers) -> None:
    """Wait until a worker has been given its photo."""
    async with asyncio.timeout(60):
        while not pool._working:  # noqa: ASYNC110 - the pool has no event for tests, and needs none otherwise
            await asyncio.sleep(0)


async def stopped(pool: PhotoWorkers, photo: bytes) -> Process:
    """Return the process of a worker that is ready and will take for ever over its next photo."""
    await pool.render(photo)
    process = idle_process(pool)
    process.send_signal(signal.SIGSTOP)
    return process


def seen_by_the_system(pid: int) -> tuple[list[str], bytes, list[str]]:
    """Return what a process has open, its environment and its limits."""
    process = Path(f"/proc/{pid}")
    files = sorted(str(link.readlink()).split(":")[0] for link in (process / "fd").iterdir())
    return files, (process / "environ").read_bytes(), (process / "limits").read_text().splitlines()


def great_png(width: int, height: int) -> bytes:
    """Build a picture that is small as a file and large in memory: black, 8 bits a channel."""
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    chunks = ((b"IHDR", header), (b"IDAT", compress(bytes(height * (1 + width * 3)), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(content).to_bytes(4, "big") + name + content + crc32(name + content).to_bytes(4, "big")
        for name, content in chunks
    )


async def test_a_worker_makes_what_render_makes(workers: PhotoWorkers, photo: bytes) -> None:
    assert await workers.render(photo) == render(photo)


async def test_no_process_is_started_before_the_first_photo(workers: PhotoWorkers) -> None:
    assert not workers._idle
    with pytest.raises(PhotoKindError):
        await workers.render(b"Dear clinic, here is my photo.jpg")
    assert not workers._idle


async def test_one_process_serves_many_photos(workers: PhotoWorkers, photo: bytes) -> None:
    await workers.render(photo)
    first = idle_process(workers)
    for _ in range(3):
        await workers.render(photo)
    assert idle_process(workers) is first


async def test_an_idle_process_leaves_and_the_next_photo_starts_another(photo: bytes) -> None:
    async with PhotoWorkers(idle_seconds=0.01) as pool:
        await pool.render(photo)
        await idle_process(pool).wait()
        assert not pool._idle
        assert (await pool.render(photo)).display.width == 60


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (lambda photo: photo[:-400], PhotoDamagedError),
        (lambda photo: b"GIF89a" + photo, PhotoKindError),
        (lambda photo: photo + bytes(30 * 2**20), PhotoTooLargeError),
        (lambda _: great_png(8000, 8000)[:60_000], PhotoTooLargeError),
    ],
    ids=["cut", "kind", "bytes", "pixels"],
)
async def test_a_bad_photo_is_refused_and_its_worker_stays(
    harm: Callable[[bytes], bytes], error: type[Exception], workers: PhotoWorkers, photo: bytes
) -> None:
    await workers.render(photo)
    before = idle_process(workers)
    with pytest.raises(error):
        await workers.render(harm(photo))
    assert idle_process(workers) is before


async def test_a_photo_whose_worker_was_killed_is_given_to_another(
    workers: PhotoWorkers, photo: bytes
) -> None:
    process = await stopped(workers, photo)
    rendering = asyncio.create_task(workers.render(photo))
    await busy(workers)
    process.kill()
    assert (await rendering).display.width == 60
    assert idle_process(workers) is not process


async def test_a_photo_that_ends_two_workers_is_refused_and_the_next_is_served(
    workers: PhotoWorkers, photo: bytes
) -> None:
    process = await stopped(workers, photo)
    rendering = asyncio.create_task(workers.render(great_png(4000, 3000)))  # long enough to be ended in
    for _ in range(2):
        await busy(workers)
        (worker,) = workers._working
        worker._process.kill()
        await worker._process.wait()
        workers._working.discard(worker)
    with pytest.raises(PhotoDamagedError):
        await rendering
    assert (await workers.render(photo)).display.width == 60
    assert idle_process(workers) is not process


async def test_a_photo_whose_worker_had_no_processor_is_asked_for_again(photo: bytes) -> None:
    async with PhotoWorkers(WorkerSettings(seconds=1), count=1) as pool:
        process = await stopped(pool, photo)
        with pytest.raises(PhotosBusyError):
            await pool.render(photo)
        await process.wait()


async def test_a_photo_that_takes_too_much_of_the_processor_is_refused_and_the_next_is_served(
    photo: bytes,
) -> None:
    async with PhotoWorkers(WorkerSettings(seconds=60), count=1) as pool:
        await pool.render(photo)
        process = idle_process(pool)
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (1, 2))  # less than the worker may ask for

        async def render_great_ones() -> None:
            great = great_png(6600, 5000)
            while process.returncode is None:
                await pool.render(great)

        with pytest.raises(PhotoDamagedError):
            await render_great_ones()
        assert await process.wait() == -signal.SIGXCPU
        assert (await pool.render(photo)).display.width == 60


async def test_why_a_worker_ended_is_known_also_when_the_system_tells_it_late(
    workers: PhotoWorkers, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    waitpid = os.waitpid

    def late(pid: int, options: int) -> tuple[int, int]:
        """What the loop's watcher asks, answered only after everybody else could have asked."""
        if options == 0:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            time.sleep(0.5)
        return waitpid(pid, options)

    monkeypatch.setattr(os, "waitpid", late)
    process = await stopped(workers, photo)
    rendering = asyncio.create_task(workers.render(photo))
    await busy(workers)
    os.kill(process.pid, signal.SIGXCPU)
    process.send_signal(signal.SIGCONT)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # noqa: ASYNC222 - dead, before the loop looks again
    with pytest.raises(PhotoDamagedError):
        await rendering
    assert await process.wait() == -signal.SIGXCPU


async def test_a_worker_that_died_while_idle_costs_no_photo(workers: PhotoWorkers, photo: bytes) -> None:
    await workers.render(photo)
    process = idle_process(workers)
    process.kill()
    await process.wait()
    assert (await workers.render(photo)).display.width == 60


async def test_a_photo_that_needs_too_much_memory_is_refused_and_its_worker_stays(photo: bytes) -> None:
    png = great_png(6000, 5000)
    assert len(png) < 2**20
    async with PhotoWorkers(WorkerSettings(memory_bytes=SMALL_MEMORY), count=1) as pool:
        await pool.render(photo)
        before = idle_process(pool)
        with pytest.raises(PhotoTooLargeError):
            await pool.render(png)
        assert idle_process(pool) is before
        assert (await pool.render(photo)).display.width == 60


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_the_usual_memory_is_enough_for_the_largest_picture_allowed(kind: str, encode: Encode) -> None:
    picture = Image.new("RGBA", (6600, 5000), (200, 10, 10, 128))
    sent = encode(picture, kind, **({"method": 0} if kind == "WEBP" else {"compress_level": 1}))
    async with PhotoWorkers(count=1) as pool:
        assert (await pool.render(sent)).display.width == 2048


async def test_who_comes_when_the_queue_is_full_is_asked_to_come_again(photo: bytes) -> None:
    async with PhotoWorkers(count=1, waiting=1) as pool:
        process = await stopped(pool, photo)
        first, second = (asyncio.create_task(pool.render(photo)) for _ in range(2))
        await busy(pool)
        with pytest.raises(PhotosBusyError) as refused:
            await pool.render(photo)
        assert refused.value.retry_after > 0
        process.send_signal(signal.SIGCONT)
        assert await first == await second


async def test_who_waits_too_long_is_asked_to_come_again(photo: bytes) -> None:
    async with PhotoWorkers(WorkerSettings(seconds=1), count=1) as pool:
        await pool._places.acquire()  # someone's photo that takes longer than it may
        with pytest.raises(PhotosBusyError):
            await pool.render(photo)
        pool._places.release()
        assert (await pool.render(photo)).display.width == 60


async def test_a_request_given_up_leaves_no_answer_for_the_next(
    workers: PhotoWorkers, photo: bytes, encode: Encode
) -> None:
    process = await stopped(workers, photo)
    given_up = asyncio.create_task(workers.render(photo))
    await busy(workers)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    await process.wait()
    other = encode(Image.new("RGB", (30, 20)), "PNG")
    assert await workers.render(other) == render(other)


async def test_closing_ends_every_process_and_refuses_what_is_on_its_way(photo: bytes) -> None:
    async with PhotoWorkers(count=1, waiting=2) as pool:
        process = await stopped(pool, photo)
        on_their_way = [asyncio.create_task(pool.render(photo)) for _ in range(3)]
        await busy(pool)
    for rendering in on_their_way:
        with pytest.raises(PhotosBusyError):
            await rendering
    await process.wait()
    with pytest.raises(PhotosBusyError):
        await pool.render(photo)


@pytest.mark.parametrize("program", [sys.executable, "/bin/false", "/nowhere/python"])
async def test_a_worker_that_cannot_start_is_not_the_photos_fault(
    program: str, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    async with PhotoWorkers(WorkerSettings(memory_bytes=4096)) as pool:  # less than a worker accepts
        with pytest.raises(PhotosBusyError):
            await pool.render(photo)


async def test_a_worker_has_no_socket_and_no_secret(photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCARE_DATABASE_URL", "postgresql://secret")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        os.set_inheritable(listening.fileno(), True)  # noqa: FBT003 - it has no name
        async with PhotoWorkers() as pool:
            await pool.render(photo)
            files, environment, limits = seen_by_the_system(idle_process(pool).pid)
            assert files == ["/dev/null", "/dev/null", "pipe", "pipe"]
            assert b"secret" not in environment
            assert [line.split()[4:6] for line in limits if line.startswith("Max core")] == [["0", "0"]]


async def test_the_loop_goes_on_while_a_photo_is_decoded(workers: PhotoWorkers, encode: Encode) -> None:
    large = encode(Image.effect_noise((3000, 4000), 10), "JPEG") + bytes(8 * 2**20)
    rendering = asyncio.create_task(workers.render(large))
    turns = 0
    while not rendering.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert (await rendering).display.height == 2000
    assert turns > 20


def test_a_loop_in_a_thread_can_have_workers(photo: bytes) -> None:
    widths = []

    async def serve() -> None:
        async with PhotoWorkers(WorkerSettings(limits=PhotoLimits(max_pixels=10))) as pool:
            widths.append((await pool.render(photo)).display.width)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    thread.join(60)
    assert widths == [60]


def test_a_worker_ends_with_the_service_that_started_it(photo: bytes) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "aftercare.photos.worker", "{}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with worker:
        assert worker.stdin
        assert worker.stdout
        assert worker.stdout.read(4) == bytes(4)
        worker.send_signal(signal.SIGTERM)  # meant for the service, which still wants its answer
        worker.stdin.write(len(photo).to_bytes(4, "big") + photo)
        worker.stdin.close()
        assert len(worker.stdout.read()) > 1000
        assert worker.wait(60) == 0
