"""The demo's inbox: mail really sent over SMTP, to be opened at /inbox. Not part of a real installation."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from litestar import Controller, Litestar, Request, Response, get
from litestar.params import FromPath

from aftercare.api.who import anyone
from aftercare.errors import NotFound
from aftercare.notify.inbox import Inbox, render_inbox, render_mail

# The mails' own small styles stand in the page; nothing else may.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'"
)


def receiving(inbox: Inbox) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Receive mail for as long as the application runs."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with inbox:
            app.state.inbox = inbox
            yield

    return lifespan


class InboxController(Controller):
    """What has arrived."""

    path = "/inbox"
    include_in_schema = False

    @get("/", guards=[anyone])
    async def all_mail(self, request: Request[Any, Any, Any]) -> Response[str]:
        """The newest first."""
        return _page(render_inbox(request.app.state.inbox))

    @get("/{number:int}", guards=[anyone])
    async def one_mail(self, request: Request[Any, Any, Any], number: FromPath[int]) -> Response[str]:
        """One mail."""
        mail = request.app.state.inbox.mail(number)
        if mail is None:
            raise NotFound("This mail is no longer kept.")
        return _page(render_mail(mail))


def _page(html: str) -> Response[str]:
    return Response(html, media_type="text/html", headers={"content-security-policy": _POLICY})
