"""Photos decoded in other processes: a hostile file can end one of them, never the service.

Processes rather than threads: a thread cannot be stopped, and what it takes of memory is the service's. They are
started by their command line, not forked, so that no socket, secret or lock of the service comes along.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import structlog

import aftercare
from aftercare.model.photos import Renditions
from aftercare.photos.errors import PhotoDamagedError, PhotosBusyError
from aftercare.photos.formats import picture_format
from aftercare.photos.wire import ERRORS, LENGTH_BYTES, MAX_ANSWER_BYTES, Answer, Refused, WorkerSettings

_PIECE = 256 * 1024
_START_SECONDS = 20
_HANG_UP_SECONDS = 5

_log = structlog.get_logger()
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


class PhotoWorkers:
    """A few worker processes, started when the first photo comes and ended when none has come for a while.

    `count` photos are decoded at a time, `waiting` more may wait. An idle worker takes 20 MiB and leaves after
    `idle_seconds`. Use as an async context manager, one for each event loop.
    """

    def __init__(
        self,
        settings: WorkerSettings | None = None,
        *,
        count: int = 2,
        waiting: int = 8,
        idle_seconds: float = 60,
    ) -> None:
        self._settings = settings or WorkerSettings()
        self._most_waiting = waiting
        self._waiting = 0
        self._idle_seconds = idle_seconds
        self._places = asyncio.Semaphore(count)
        self._idle: dict[_Worker, asyncio.TimerHandle] = {}
        self._working: set[_Worker] = set()
        self._leaving: set[asyncio.Task[int]] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        """Start nothing yet: the service is ready before the first photo comes."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every worker; a photo still in one is refused as busy, so that the phone sends it again."""
        self._closed = True
        for timer in self._idle.values():
            timer.cancel()
        workers = [*self._idle, *self._working]
        self._idle.clear()
        await asyncio.gather(*(worker.end() for worker in workers), *self._leaving)

    async def render(self, data: bytes) -> Renditions:
        """Return the renditions of a received file, made in a worker.

        Raises PhotoTooLargeError and PhotoKindError (by its first bytes, at once), PhotoDamagedError (also when the
        file ends two workers, or takes more than its `seconds` of the processor) and PhotosBusyError when too many
        wait, when a place has not come free in the time that one photo may take, or when a busy machine left the
        worker too little: that says nothing about the photo.
        """
        picture_format(data, self._settings.limits)
        if self._closed or (self._places.locked() and self._waiting >= self._most_waiting):
            raise PhotosBusyError
        self._waiting += 1
        try:
            async with asyncio.timeout(self._settings.patience):
                await self._places.acquire()
        except TimeoutError:
            raise PhotosBusyError from None
        finally:
            self._waiting -= 1
        try:
            if self._closed:
                raise PhotosBusyError
            return await self._in_a_worker(data)
        finally:
            self._places.release()

    async def _in_a_worker(self, data: bytes) -> Renditions:
        try:
            return await self._by(self._take_idle() or await _Worker.start(self._settings), data)
        except _WorkerEndedError:
            # Perhaps by somebody else, such as a kernel short of memory: a refusal would lose a good photo for ever.
            second = await _Worker.start(self._settings)
        try:
            return await self._by(second, data)
        except _WorkerEndedError:
            raise PhotoDamagedError from None

    async def _by(self, worker: "_Worker", data: bytes) -> Renditions:
        self._working.add(worker)
        try:
            answer = await worker.answer(data, self._settings.patience)
        except BaseException as broken:
            # Also when the request was given up: what it still does is nobody's, and its answer would be the next's.
            exit_code = await worker.end(broken)
            if self._closed:
                raise PhotosBusyError from None
            if isinstance(broken, (TimeoutError, EOFError, OSError, msgspec.DecodeError)):
                _log.warning("photo_ended_its_worker", cause=type(broken).__name__, exit_code=exit_code)
                if isinstance(broken, TimeoutError):
                    raise PhotosBusyError from None
                if exit_code == -signal.SIGXCPU:
                    raise PhotoDamagedError from None
                raise _WorkerEndedError from None
            raise
        finally:
            self._working.discard(worker)
        self._put_back(worker)
        if isinstance(answer, Refused):
            raise ERRORS[answer.error]
        return answer.renditions

    def counted(self) -> tuple[int, int]:
        """How many workers decode, and how many are idle."""
        return len(self._working), len(self._idle)

    def _take_idle(self) -> "_Worker | None":
        while self._idle:
            worker, timer = self._idle.popitem()
            timer.cancel()
            if worker.alive:
                return worker
        return None

    def _put_back(self, worker: "_Worker") -> None:
        later = asyncio.get_running_loop().call_later
        self._idle[worker] = later(self._idle_seconds, self._retire, worker)

    def _retire(self, worker: "_Worker") -> None:
        del self._idle[worker]
        leaving = asyncio.ensure_future(worker.end())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)


class _WorkerEndedError(Exception):
    """A worker's process ended while it had a photo."""


class _Worker:
    """One process and the two pipes to it."""

    def __init__(self, process: Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a photo worker is started with pipes")
        self._process, self._photos, self._answers = process, process.stdin, process.stdout

    @classmethod
    async def start(cls, settings: WorkerSettings) -> Self:
        """Start a process and wait until it is ready. Raises PhotosBusyError if it does not come up."""
        told = msgspec.json.encode(settings).decode()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-s", "-m", "aftercare.photos.worker", told),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,  # decoders quote the file in their complaints
                env=_environment(),
                limit=_PIECE,
            )
        except OSError as error:
            _log.error("photo_worker_did_not_start", cause=type(error).__name__, errno=error.errno)
            raise PhotosBusyError from None
        worker = cls(process)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await worker._receive()
        except BaseException as broken:
            exit_code = await worker.end(broken)
            if isinstance(broken, (TimeoutError, EOFError, OSError)):
                _log.error("photo_worker_did_not_start", cause=type(broken).__name__, exit_code=exit_code)
                raise PhotosBusyError from None
            raise
        return worker

    @property
    def alive(self) -> bool:
        return self._process.returncode is None and not self._answers.at_eof()

    async def answer(self, data: bytes, seconds: float) -> Answer:
        """Raise TimeoutError, EOFError, OSError or DecodeError: the worker is then of no more use."""
        async with asyncio.timeout(seconds):
            await self._send(data)
            return _answers.decode(await self._receive())

    async def _send(self, data: bytes) -> None:
        self._photos.write(len(data).to_bytes(LENGTH_BYTES, "big"))
        # In pieces, so that no second copy of the photo waits in the pipe's buffer.
        for start in range(0, len(data), _PIECE):
            self._photos.write(data[start : start + _PIECE])
            await self._photos.drain()

    async def _receive(self) -> bytes:
        length = int.from_bytes(await self._answers.readexactly(LENGTH_BYTES), "big")
        if length > MAX_ANSWER_BYTES:
            raise EOFError
        return await self._answers.readexactly(length)

    async def end(self, because: BaseException | None = None) -> int:
        """End the process, whatever it does, and return its exit code (negative: the signal that ended it)."""
        if isinstance(because, (EOFError, ConnectionError)):
            # It hung up, and so ends by itself. `kill` would look whether it has, take its exit code from the loop's
            # watcher by that, and a photo that was ended for its processor would be tried once more.
            with suppress(TimeoutError):
                async with asyncio.timeout(_HANG_UP_SECONDS):
                    await self._process.wait()
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        self._photos.close()
        return await self._process.wait()


def _environment() -> dict[str, str]:
    """Only what Python needs to find us: the service's own environment holds its secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"PYTHONPATH": str(Path(aftercare.__file__).resolve().parents[1])}
