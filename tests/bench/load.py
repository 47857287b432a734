"""A generator that costs little and drains: every request is answered in full before it counts, none is dropped at the end.

The phones' requests are made beforehand; a connection sends its next one when the last was answered.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Drained:
    """What a run was answered: seconds of the whole, seconds of each request, how many of which status."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Complete answers a second."""
        return len(self.waits) / self.seconds

    def only(self, *statuses: int) -> "Drained":
        """Itself, if nothing else was answered; a figure of refusals is no figure."""
        other = {status: count for status, count in self.statuses.items() if status not in statuses}
        if other:
            raise RuntimeError(f"answered otherwise: {other}, such as {self.bodies[-1][:300]!r}")
        return self

    def percentile(self, share: float) -> float:
        """The wait that this share of the requests did not exceed, in seconds."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def request(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """The bytes of one HTTP/1.1 request on a connection that stays."""
    lines = [
        f"{method} {target} HTTP/1.1",
        "host: 127.0.0.1",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if body or method in {"PUT", "POST"}:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def drain(address: str, requests: Sequence[bytes], *, connections: int = 16) -> Drained:
    """Send all requests over so many connections, each as fast as it is answered."""
    result, coming = Drained(), iter(requests)
    started = time.perf_counter()
    await asyncio.gather(*(_one(address, coming, result) for _ in range(connections)))
    result.seconds = time.perf_counter() - started
    return result


async def _one(address: str, coming: Iterator[bytes], result: Drained) -> None:
    where = urlsplit(address)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        for raw in coming:
            sent = time.perf_counter()
            writer.write(raw)
            head = await reader.readuntil(b"\r\n\r\n")
            lowered = head.lower()
            at = lowered.find(b"content-length:")
            body = b""
            if at >= 0:
                body = await reader.readexactly(int(lowered[at + 15 : lowered.index(b"\r\n", at)]))
            result.waits.append(time.perf_counter() - sent)
            status = int(head[9:12])
            result.statuses[status] = result.statuses.get(status, 0) + 1
            if status >= 400 or len(result.bodies) < 1:
                result.bodies.append(body)
    finally:
        writer.close()
