"""What a page says of the act that led to it. Only closed words travel in the address: no sentence comes from there."""

from typing import Any, Final
from uuid import UUID

from litestar import Request

from aftercare.alerts import errors
from aftercare.errors import AftercareError, Conflict, Forbidden, Malformed
from aftercare.model.pages import Act, Notice
from aftercare.web.forms import local_path, with_parameters

_DONE: Final[dict[str, str]] = {
    "acknowledge": "You have it.",
    "take_over": "You have it now.",
    "attempt": "Noted: called, no answer.",
    "contact": "Noted: reached.",
    "snooze": "Snoozed.",
    "resolve": "Resolved.",
    "reopen": "Open again, with a fresh clock.",
    "end_condition": "Ended. It no longer holds the course.",
    "note": "Note saved.",
    "rung": "Noted: rung. Off the list.",
}
_REFUSALS: Final[dict[str, type[AftercareError]]] = {
    error.type: error
    for error in (
        errors.AlreadyResolvedError,
        errors.AnotherIsOpenError,
        errors.NoConditionError,
        errors.NotYourRoleError,
        errors.PractitionerNeededError,
        errors.SnoozeError,
        errors.TakenError,
        Conflict,
        Forbidden,
        Malformed,
    )
}
_OURS = frozenset({"done", "refused", "about"})


def after(back: str, done: Act | str, about: UUID | None = None) -> str:
    """The path to go back to, which says there what was done."""
    named = {"about": str(about)} if about else {}
    return with_parameters(local_path(back), _OURS, done=done, **named)


def refused(back: str, error: AftercareError, about: UUID) -> str:
    """The path to go back to, which says there why it was not done."""
    return with_parameters(local_path(back), _OURS, refused=error.type, about=str(about))


def notice_of(request: Request[Any, Any, Any]) -> Notice | None:
    """The notice that a request's address asks for; None for anything that is not one of ours."""
    about = _id(request.query_params.get("about", ""))
    error = _REFUSALS.get(request.query_params.get("refused", ""))
    if error is not None:
        return Notice(text=(error.__doc__ or "").strip(), problem=True, alert_id=about)
    done = request.query_params.get("done", "")
    if done not in _DONE:
        return None
    undo = f"/alerts/{about}/reopen" if done == "resolve" and about else None
    here = with_parameters(request.url.path, frozenset(), **_kept(request))
    return Notice(text=_DONE[done], alert_id=about, undo=undo, back=local_path(here))


def _kept(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in request.query_params.items() if name not in _OURS}


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
