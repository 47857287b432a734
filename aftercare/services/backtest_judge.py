"""A process of its own for each back-test, and how many there may be at once."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

import aftercare
from aftercare.alerts.comparing import Trial
from aftercare.errors import AftercareError
from aftercare.model.backtests import Part
from aftercare.services.backtest_worker import LENGTH_BYTES

_AT_ONCE = 2
_part = msgspec.msgpack.Decoder(Part)


class BackTestsBusy(AftercareError):
    """Other back-tests are running here. Try again in a few minutes, or start it from the pack's page, where it waits."""

    status = 429  # of what one clinic asks for; the service itself is well
    type = "back-tests-busy"
    title = "Back-tests busy"


class BackTestBroken(AftercareError):
    """The back-test ended before it was done. Start it again; nothing was changed by it."""

    status = 503
    type = "back-test-broken"
    title = "Back-test broken off"


class Judges:
    """Starts a process for each back-test, a few at a time: each takes a core, if at the lowest priority."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self.running = 0

    @asynccontextmanager
    async def judge(self, trial: Trial) -> AsyncIterator["Judge"]:
        """A process for one back-test, ended with it whatever happens. Raises BackTestsBusy, BackTestBroken."""
        if self.running >= _AT_ONCE:
            raise BackTestsBusy(retry_after=60)
        self.running += 1
        try:
            one = await _start()
            try:
                await one.tell(msgspec.msgpack.encode(trial))
                yield one
            finally:
                await one.end()
        finally:
            self.running -= 1


class Judge:
    """The process and the two pipes to it."""

    def __init__(self, process: Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise BackTestBroken
        self._process, self._asked, self._answers = process, process.stdin, process.stdout

    async def tell(self, content: bytes) -> None:
        """Send a frame. Raises BackTestBroken."""
        try:
            self._asked.write(len(content).to_bytes(LENGTH_BYTES, "big") + content)
            await self._asked.drain()
        except OSError:
            raise BackTestBroken from None

    async def judge(self, histories: list[str]) -> Part:
        """What both packs make of histories, each a document as the store gave it. Raises BackTestBroken."""
        await self.tell(f"[{','.join(histories)}]".encode())
        try:
            length = int.from_bytes(await self._answers.readexactly(LENGTH_BYTES), "big")
            return _part.decode(await self._answers.readexactly(length))
        except (EOFError, OSError, msgspec.DecodeError):
            raise BackTestBroken from None

    async def end(self) -> None:
        """End the process, whatever it does."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        self._asked.close()
        # Whoever hangs up cancels us here as well; the process is reaped all the same.
        await asyncio.shield(self._process.wait())


async def _start() -> Judge:
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-s", "-m", "aftercare.services.backtest_worker"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,  # a traceback may quote what a patient said
            env=_environment(),
        )
    except OSError:
        raise BackTestBroken from None
    return Judge(process)


def _environment() -> dict[str, str]:
    """Only what Python needs to find us: the service's own environment holds its secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"PYTHONPATH": str(Path(aftercare.__file__).resolve().parents[1])}
