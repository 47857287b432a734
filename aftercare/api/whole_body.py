"""How a request's body may come: whole, and not at the pace of somebody who only wants to hold the line.

Nothing is held open for a body but its socket: it is read before the first transaction begins. So a phone on a poor line
has time, and whoever hangs up costs nothing and is no fault of ours.
"""

import asyncio
from contextlib import suppress

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send

from aftercare.errors import AftercareError, TooLarge

_WITHOUT = {"GET", "HEAD", "OPTIONS"}
_LET_PASS = 64_000_000  # bytes of a body that is too large, thrown away as they come
_SLOWEST = 1000  # bytes a second, on the whole: a poor 2G line has several times that


class CutShort(AftercareError):
    """The request's body ended before it was whole. Send it again; nothing was stored."""

    status = 400
    type = "cut-short"
    title = "Body cut short"


class TooSlow(AftercareError):
    """The request's body came too slowly. Send it again; nothing was stored."""

    status = 408
    type = "too-slow"
    title = "Body too slow"


class WholeBody(ASGIMiddleware):
    """Ends the reading of a body that stands still, drips, or stops."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, wait_seconds: float) -> None:
        """`wait_seconds` is how long a body may stand still."""
        self._wait = wait_seconds

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Hand on a `receive` that raises TooSlow, CutShort until the body is whole."""
        if scope["type"] != ScopeType.HTTP or scope["method"] in _WITHOUT:
            await next_app(scope, receive, send)
            return
        body = _Body(receive, self._wait)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == TooLarge.status:
                    await body.let_pass()
                if body.given_up:  # without it, the server may go on listening for the rest
                    message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await next_app(scope, body.part, answer)


class _Body:
    given_up = False

    def __init__(self, receive: Receive, wait: float) -> None:
        self._receive, self._wait = receive, wait
        self._clock = asyncio.get_running_loop().time
        self._began, self._arrived, self._whole = self._clock(), 0, False

    async def part(self) -> HTTPReceiveMessage:
        if self._whole:  # from here on only the end of the connection is to be heard, whenever it comes
            return await self._receive()  # type: ignore[return-value]
        try:
            async with asyncio.timeout_at(
                min(self._clock(), self._began + self._arrived / _SLOWEST) + self._wait
            ):
                message = await self._receive()
        except TimeoutError:
            self.given_up = True
            raise TooSlow from None
        if message["type"] != "http.request":
            self.given_up = True
            raise CutShort
        self._arrived += len(message["body"])
        self._whole = not message["more_body"]
        return message

    async def let_pass(self) -> None:
        """Read what is too large away, up to a bound: who is still sending when we close never hears why."""
        with suppress(TooSlow, CutShort):
            while not self._whole and self._arrived < _LET_PASS:
                await self.part()
            self.given_up = not self._whole
