"""The way out to a service that the operator named, over one connection that is kept and shared by many requests.

A phone's push service sees every message of a clinic: a handshake for each would cost more than the message, and Apple
takes quick connecting and leaving for an attack. A connection that broke, hung or was left in the middle of an answer
is never used again: a new one takes its place at once, and the old one closes when the last request on it has ended.
"""

import contextlib
import logging
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypedDict, Unpack
from urllib.parse import urlsplit

import h2.exceptions
import httpcore

from aftercare.notify.guard import Resolver
from aftercare.notify.http import Answer, HttpOut

# At DEBUG it writes every header with its value, so tokens and what phones are addressed by.
logging.getLogger("hpack").setLevel(logging.INFO)

_BROKEN: Final = (httpcore.NetworkError, httpcore.ProtocolError)


class OutOptions(TypedDict, total=False):
    """What tests set, and whoever has an authority of their own; see `HttpOut`."""

    resolver: Resolver
    tls_context: ssl.SSLContext | None
    timeout_s: float
    clock: Callable[[], datetime]


def out_to(url: str, **options: Unpack[OutOptions]) -> HttpOut:
    """The way to a host that the operator named, which may be on a private network."""
    return HttpOut(listed_hosts=[urlsplit(url).hostname or ""], **options)


def clock_of(options: OutOptions) -> Callable[[], datetime]:
    """The clock that the options name, or the machine's."""
    return options.get("clock", lambda: datetime.now(UTC))


class KeptOut(HttpOut):
    """Makes POSTs to one host, over HTTP/2 where it is offered. Belongs to one event loop; `close` it at the end."""

    def __init__(self, url: str, **options: Unpack[OutOptions]) -> None:
        """`url` is the service's: its host may be on a private network, since the operator named it."""
        super().__init__(listed_hosts=[urlsplit(url).hostname or ""], http2=True, **options)
        self._line: _Line | None = None

    async def close(self) -> None:
        """Close the connection; what is still on its way over it ends as a lost connection."""
        line, self._line = self._line, None
        if line is not None:
            await line.pool.aclose()

    async def _exchange(
        self, url: httpcore.URL, headers: list[tuple[str, str]], body: bytes, *, listed: bool
    ) -> Answer:
        line = self._line_out(listed=listed)
        if line.proven:
            # It has stood idle and may be gone without our knowing: that is the connection's fault, not the message's.
            with contextlib.suppress(*_BROKEN):
                return await self._over(line, url, headers, body)
            line = self._line_out(listed=listed)
        return await self._over(line, url, headers, body)

    def _line_out(self, *, listed: bool) -> "_Line":
        if self._line is None:
            self._line = _Line(self._pool(listed=listed))
        return self._line

    async def _over(
        self, line: "_Line", url: httpcore.URL, headers: list[tuple[str, str]], body: bytes
    ) -> Answer:
        line.busy += 1
        sound = False
        try:
            answer = await self._ask(line.pool, url, headers, body)
            line.proven = True
            sound = answer.whole
        except h2.exceptions.H2Error:
            raise httpcore.RemoteProtocolError from None
        else:
            return answer
        finally:
            line.busy -= 1
            if not sound and self._line is line:
                self._line = None
            if self._line is not line and not line.busy:
                await line.pool.aclose()


class _Line:
    """A connection, how many requests are on it, and whether it has ever answered one."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self.pool = pool
        self.busy = 0
        self.proven = False
