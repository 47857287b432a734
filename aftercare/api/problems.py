"""Every error as RFC 9457 problem+json: ours, the framework's, and what nobody expected. Nothing personal in any."""

from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from aftercare.errors import AftercareError, Conflict, Malformed, NotJson
from aftercare.log import frames
from aftercare.model.pointers import without_value

_log = structlog.get_logger()
_AWAY_SECONDS = 5  # when nobody said how long

_FRAMEWORK = {
    400: ("bad-request", "Bad request", "The request cannot be read. Check its form and send it again."),
    401: ("not-signed-in", "Not signed in", "Sign in first, or refresh the token."),
    403: ("forbidden", "Not allowed", "This sign-in may not do that."),
    404: ("not-found", "Not found", "There is nothing here, or it is not yours to see."),
    405: ("method-not-allowed", "Method not allowed", "This address does not take this method; Allow names those it takes."),
    413: ("too-large", "Too large", "The request is too large. The limits are part of GET /v1."),
    415: ("unsupported-media-type", "Unsupported media type", "Send the media type that this address takes."),
    429: ("too-many-tries", "Too many tries", "Too many tries. Wait a little, then try again."),
    503: ("busy", "Busy", "The server is busy. Try again in a few seconds; nothing was stored."),
}  # fmt: skip


class ProblemError(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong: where (a JSON pointer into the body, or the parameter's name) and what."""

    pointer: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457. `type` is stable; `detail` is a sentence to act on; `errors` point at what is wrong."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[ProblemError, ...] = ()
    extra: dict[str, Any] = {}


def problem_of(error: Exception) -> Problem:
    """What is answered for an error; for an unexpected one, nothing of what it says."""
    if isinstance(error, AftercareError):
        return Problem(
            type=f"/problems/{error.type}",
            title=error.title,
            status=error.status,
            detail=error.detail,
            errors=tuple(ProblemError(pointer=where, detail=what) for where, what in error.pointers.items()),
            extra=error.extra,
        )
    if isinstance(error, asyncpg.UniqueViolationError):
        return problem_of(Conflict("Something with this id is here already. Use a new id."))
    if isinstance(error, ValidationException):
        return problem_of(_parameters(error))
    if isinstance(error, HTTPException) and error.status_code in _FRAMEWORK:
        kind, title, detail = _FRAMEWORK[error.status_code]
        return Problem(type=f"/problems/{kind}", title=title, status=error.status_code, detail=detail)
    return problem_of(AftercareError())


def _parameters(error: ValidationException) -> AftercareError:
    found = error.extra if isinstance(error.extra, list) else []
    wrong = {
        str(one.get("key", "")): without_value(str(one.get("message", "")))
        for one in found
        if isinstance(one, dict)
    }
    if "data" in wrong:
        return NotJson("The request has no body. Send JSON.")
    return Malformed("A part of the address does not have its form.", pointers=wrong)


def answer(_: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The exception handler of the whole application."""
    problem = problem_of(error)
    if problem.status >= 500:
        # Busy, or the database away, is no fault of the code. The class says enough to find it; what it says may hold
        # what a patient wrote.
        log = _log.warning if problem.status == 503 else _log.error
        log(
            "request_failed",
            error=type(error).__name__,
            status=problem.status,
            at=frames(error.__traceback__),
        )
    # Where a frame holds the error that it raised, they hold each other, the request and its connection until the
    # garbage collector comes.
    error.__traceback__ = None
    headers = {"cache-control": "no-store"}
    if "retry_after" in problem.extra or problem.status == 503:
        headers["retry-after"] = str(problem.extra.get("retry_after", _AWAY_SECONDS))
    if problem.status == 401:
        headers["www-authenticate"] = "Bearer"
    if isinstance(error, HTTPException) and error.headers:
        headers |= {name.lower(): value for name, value in error.headers.items()}
    body = msgspec.to_builtins(problem)
    body.update(body.pop("extra", {}))
    return Response(body, status_code=problem.status, media_type="application/problem+json", headers=headers)
