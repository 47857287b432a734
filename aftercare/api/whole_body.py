"""How a request's body may come: whole, and not at the pace of somebody who only wants to hold the line.

Nothing is held open for a body but its socket: it is read before the first transaction begins. So a phone on a poor line
has time, and whoever hangs up costs nothing and is no fault of ours.
"""

import asyncio

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send

from aftercare.errors import AftercareError

_WITHOUT = {"GET", "HEAD", "OPTIONS"}
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
        bounded = scope["type"] == ScopeType.HTTP and scope["method"] not in _WITHOUT
        await next_app(scope, _bounded(receive, self._wait) if bounded else receive, send)


def _bounded(receive: Receive, wait: float) -> Receive:
    clock = asyncio.get_running_loop().time
    began, arrived, whole = clock(), 0, False

    async def part() -> HTTPReceiveMessage:
        nonlocal arrived, whole
        if whole:  # from here on only the end of the connection is to be heard, whenever it comes
            return await receive()  # type: ignore[return-value]
        try:
            async with asyncio.timeout_at(min(clock(), began + arrived / _SLOWEST) + wait):
                message = await receive()
        except TimeoutError:
            raise TooSlow from None
        if message["type"] != "http.request":
            raise CutShort
        arrived += len(message["body"])
        whole = not message["more_body"]
        return message

    return part
