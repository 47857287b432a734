"""Requests that come by the clock, whether or not the earlier ones were answered: an open loop.

As a program it is a crowd in a process of its own, beside which one can measure in quiet:
`python -m tests.bench.arrivals ADDRESS REQUESTS_FILE PER_SECOND` says `going` at the first answer and, when every
request is answered, what it was answered.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

import msgspec

_Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Answered(msgspec.Struct, frozen=True):
    """What a crowd was answered, and how many a second were taken (201)."""

    statuses: dict[int, int]
    taken_per_second: float


class Crowd:
    """As many connections to one server as it takes, each used again when it is free."""

    def __init__(self, address: str) -> None:
        where = urlsplit(address)
        self._host, self._port = where.hostname, where.port
        self._free: list[_Line] = []
        self.left = 0  # lines that the server closed

    async def send(self, raw: bytes) -> tuple[int, bytes]:
        """Send one request and read its whole answer; again on a new line where the server has left the one in use."""
        try:
            return await self._ask(raw)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.leave()
            self.left += 1
            return await self._ask(raw)

    async def _ask(self, raw: bytes) -> tuple[int, bytes]:
        reader, writer = (
            self._free.pop() if self._free else await asyncio.open_connection(self._host, self._port)
        )
        writer.write(raw)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        at = head.index(b"content-length:") + 15
        body = await reader.readexactly(int(head[at : head.index(b"\r\n", at)]))
        self._free.append((reader, writer))
        return int(head[9:12]), body

    def leave(self) -> None:
        """Close the connections."""
        for _, writer in self._free:
            writer.close()
        self._free.clear()


async def until(due: float) -> None:
    """Wait for an instant of `perf_counter`."""
    if (early := due - perf_counter()) > 0:
        await asyncio.sleep(early)


def p95(values: Sequence[float]) -> float:
    """The value that 95 of 100 do not exceed."""
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


async def _all(address: str, requests: list[bytes], per_second: float) -> Answered:
    crowd, statuses = Crowd(address), Counter[int]()

    async def one(raw: bytes) -> None:
        status, _ = await crowd.send(raw)
        if not statuses:
            _say("going")
        statuses[status] += 1

    started = perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number, raw in enumerate(requests):
            await until(started + number / per_second)
            tasks.create_task(one(raw))
    crowd.leave()
    return Answered(dict(statuses), statuses[201] / (perf_counter() - started))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    coming = msgspec.msgpack.decode(Path(sys.argv[2]).read_bytes(), type=list[bytes])
    answered = asyncio.run(_all(sys.argv[1], coming, float(sys.argv[3])))
    _say(msgspec.json.encode(answered).decode())
