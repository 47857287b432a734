"""Errors of pages as pages: what happened, what to do, and the way back in where nobody is signed in."""

from typing import Any
from urllib.parse import quote, urlsplit

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from aftercare.errors import AftercareError, NotFound, NotSignedIn, TooLarge
from aftercare.model.pages import ProblemPage
from aftercare.web.forms import local_path
from aftercare.web.visits import COOKIE, go_to, html, last_clinic

_log = structlog.get_logger()
WHERE_TO_SIGN_IN = (
    "Open the sign-in address of your clinic: this address with /sign-in/ and the clinic’s short name behind it. "
    "Whoever runs the clinic’s account knows it: their page of the staff shows it."
)


def refuse(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The exception handler of every page."""
    known = _known(error)
    if isinstance(known, NotSignedIn):
        return _to_the_door(request)
    if known.status >= 500:
        # The class says enough to find it; what it says may hold what a patient wrote.
        _log.error(
            "page_failed", error=type(error).__name__, status=known.status, path=request.route_handler.name
        )
    page = ProblemPage(status=known.status, title=known.title, detail=known.detail)
    answer = html(page, status=known.status)
    if "retry_after" in known.extra:
        answer.headers["retry-after"] = str(known.extra["retry_after"])
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update({name.lower(): value for name, value in error.headers.items()})
    return answer


def _known(error: Exception) -> AftercareError:
    if isinstance(error, AftercareError):
        return error
    if isinstance(error, ValidationException):
        return NotFound()  # an address that has not the form of any page
    if isinstance(error, HTTPException):
        return {404: NotFound(), 405: NotFound(), 413: TooLarge()}.get(error.status_code, AftercareError())
    return AftercareError()


def _to_the_door(request: Request[Any, Any, Any]) -> Response[Any]:
    clinic, then = last_clinic(request), _here(request)
    if clinic is None:
        page = ProblemPage(status=401, title="Sign in first", detail=WHERE_TO_SIGN_IN)
        return html(page, status=401)
    ended = "&ended=1" if COOKIE in request.cookies else ""
    door = f"/sign-in/{clinic}?then={quote(then, safe='/')}{ended}"
    if "hx-request" in request.headers:
        # A part of a page cannot become the sign-in: the whole page goes there.
        return Response(
            "",
            media_type="text/html",
            status_code=401,
            headers={"hx-redirect": door, "cache-control": "no-store"},
        )
    return go_to(door)


def _here(request: Request[Any, Any, Any]) -> str:
    """The page to come back to: the one on the screen, never a form's address or a part of a page."""
    if "hx-request" in request.headers:
        shown = urlsplit(request.headers.get("hx-current-url", ""))
    elif request.method == "GET":
        shown = urlsplit(f"{request.url.path}?{request.url.query}")
    else:
        return "/"
    return local_path(shown.path + (f"?{shown.query}" if shown.query else ""))
