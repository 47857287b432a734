"""Every request under an id of its own in the logs, and counted by its route's template: never by its path."""

from time import perf_counter

import structlog
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

from aftercare.services.counts import REQUEST_SECONDS, REQUESTS

HEADER = "x-request-id"
_NO_ROUTE = "none"  # an address that we do not have: whatever it says is not ours to repeat
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_BEGAN, _ID = "aftercare_began", "aftercare_request_id"


class Counted(ASGIMiddleware):
    """Notes when a request began, and binds its id to what is logged on its way."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Hand on."""
        state = scope["state"]
        state[_BEGAN], state[_ID] = perf_counter(), str(uuid7())
        with structlog.contextvars.bound_contextvars(request_id=state[_ID]):
            await next_app(scope, receive, send)


async def count(message: Message, scope: Scope) -> None:
    """Count an answer as its head leaves, and name the request's id in it."""
    if message["type"] != "http.response.start" or scope["type"] != ScopeType.HTTP:
        return
    route, state = scope.get("path_template") or _NO_ROUTE, scope["state"]
    method = scope["method"] if scope["method"] in _METHODS else "other"
    REQUESTS.add(method, route, str(message["status"]))
    if _BEGAN in state:
        REQUEST_SECONDS.observe(perf_counter() - state[_BEGAN], route)
        MutableScopeHeaders.from_message(message)[HEADER] = state[_ID]
