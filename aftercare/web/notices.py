"""What a page says of the act that led to it. Only closed words travel in the address: no sentence comes from there."""

from typing import Any, Final
from uuid import UUID

from litestar import Request

from aftercare.alerts import errors
from aftercare.errors import AftercareError, Conflict, Forbidden, Malformed
from aftercare.model.views import Act, Notice
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
    "added": "Patient added.",
    "edited": "Changes saved.",
    "recorded": "Session recorded. The patient’s app is connected and asks by itself.",
    "not_now": "Screening signed: not now. No session was recorded.",
    "screened": "Screening signed. What it told of risks is in the patient’s record.",
    "message_sent": "Sent. The phone says that there is a message.",
    "messages_read": "Noted: read.",
    "template_saved": "Saved. It can be put into a message now.",
    "template_retired": "Retired. It is offered no more.",
    "followed_up": "Written down.",
    "step_done": "Done. Off the list.",
    "step_undone": "Not done after all: back on the list.",
    "script_saved": "Saved. From the next call on these lines stand beside the form.",
    "rung": "Noted: rung. Off the list.",
    "drafted": "A draft to edit. Patients read nothing of it before it is published.",
    "undrafted": "Draft discarded.",
    "instructed": "Saved in the draft.",
    "uninstructed": "Removed from the draft.",
    "told": "Published. Phones get it the next time they connect.",
    "recall_contacted": "Noted: reached.",
    "recall_no_answer": "Noted: no answer.",
    "recall_booked": "Noted: booked. Back on the list if no session is recorded by then.",
    "recall_snoozed": "Noted. Back on the list that day.",
    "recall_declined": "Noted: declined. Off the list.",
    "course_ended": "Course ended. It can be resumed below.",
    "course_resumed": "Course resumed.",
    "rules_saved": "Draft saved. It judges nothing before it is put in shadow or released.",
    "rules_release": "Released. From the next check-in on these rules alert.",
    "rules_shadow": "In shadow: it judges everything that arrives, and only counts.",
    "rules_retire": "Retired. Its numbers stay here and can be restored.",
    "rules_restore": "Restored under a new number. From the next check-in on these rules alert.",
    "erased_photos": "Photos erased. Nobody can read them any more; the copies are being removed.",
    "erased_patient": "Patient erased. What is left is ids and which lots were used, by the month.",
    "reminders": "Written down. Check-ins are awaited all the same.",
    "phones_out": "Signed out. No phone and no code of before lets anybody in.",
    "staff_added": "Added. Tell them where they sign in, and the password.",
    "staff_password": "Set. Tell them the new password; wherever they were signed in, they are not any more.",
    "staff_disabled": "Shut out. What they had yet to reach is open for everybody.",
    "staff_enabled": "Let in again, with the password of before.",
    "erasure_refused": "Refused. The patient reads the reason in the app.",
    "sent_again": "On its way again. What becomes of it stands at the top.",
    "hook_tested": "A test is on its way. What becomes of it stands at the webhook.",
    "hook_enabled": "Switched on. What is new is sent there.",
    "hook_disabled": "Switched off. Nothing is sent there any more.",
    "rota_saved": "Saved. Alerts follow these turns from now on.",
    "rota_removed": "Rota removed.",
    "rota_handed": "Put in. Alerts go to them from then on.",
    "rota_back": "Taken back: whose turn it is has it again.",
    "clinic_saved": "Saved. Running deadlines count by these hours from now on.",
    "chain_saved": "Saved. Alerts take these steps from their next one on.",
    "settings_saved": "Saved, for courses planned from now on.",
    "preferences_saved": "Saved. What is on its way already keeps its time.",
    "password_changed": "Changed. Wherever else you were signed in, you are not any more.",
    "address_added": "Added. Send a test to see whether it works.",
    "address_removed": "Removed. Nothing is sent there any more.",
    "test_sent": "A test is on its way. What becomes of it stands beside the address.",
}
# The same done to several alerts of one patient at once; {n} of them.
_DONE_TO_SEVERAL: Final[dict[str, str]] = {
    "acknowledge": "You have all {n}.",
    "attempt": "Noted for all {n}: called, no answer.",
    "contact": "Noted for all {n}: reached.",
}
_REFUSALS: Final[dict[str, type[AftercareError]]] = {
    error.type: error
    for error in (
        errors.AlreadyResolvedError,
        errors.AnotherIsOpenError,
        errors.NoConditionError,
        errors.NotYourRoleError,
        errors.PractitionerNeededError,
        errors.RisenError,
        errors.SnoozeError,
        errors.TakenError,
        Conflict,
        Forbidden,
        Malformed,
    )
}
_OURS = frozenset({"done", "refused", "about", "many", "taken", "step"})
_MOST = 99


def after(
    back: str,
    done: Act | str,
    about: UUID | None = None,
    *,
    many: int = 1,
    taken: UUID | None = None,
    step: UUID | None = None,
) -> str:
    """The path to go back to, which says there what was done, to how many, and which one a colleague had taken."""
    named = {"about": str(about)} if about else {}
    named |= {"many": str(many)} if many > 1 else {}
    named |= {"taken": str(taken)} if taken else {}
    named |= {"step": str(step)} if step else {}
    return with_parameters(local_path(back), _OURS, done=done, **named)


def refused(back: str, error: AftercareError, about: UUID) -> str:
    """The path to go back to, which says there why it was not done."""
    taken = {"taken": str(about)} if isinstance(error, errors.TakenError) else {}
    return with_parameters(local_path(back), _OURS, refused=error.type, about=str(about), **taken)


def notice_of(request: Request[Any, Any, Any]) -> Notice | None:
    """The notice that a request's address asks for; None for anything that is not one of ours."""
    about = _id(request.query_params.get("about", ""))
    taken = _id(request.query_params.get("taken", ""))
    error = _REFUSALS.get(request.query_params.get("refused", ""))
    if error is not None:
        return Notice(text=(error.__doc__ or "").strip(), problem=True, alert_id=about, taken=taken)
    done = request.query_params.get("done", "")
    if done not in _DONE:
        return None
    undo = f"/alerts/{about}/reopen" if done == "resolve" and about else None
    step = _id(request.query_params.get("step", ""))
    if done == "step_done" and about and step:
        undo = f"/alerts/{about}/follow-ups/{step}/undone"
    here = with_parameters(request.url.path, frozenset(), **_kept(request))
    text = _in_words(done, request.query_params.get("many", ""), partly=taken is not None)
    # A next step is done in a list of its own: said below the head there.
    at = None if done.startswith("step_") else about
    return Notice(text=text, alert_id=at, undo=undo, back=local_path(here), taken=taken)


def _in_words(done: str, many: str, *, partly: bool) -> str:
    several = _DONE_TO_SEVERAL.get(done)
    if several is None or not (many.isascii() and many.isdigit() and 1 < int(many[:3]) <= _MOST):
        return _DONE[done]
    words = several.format(n=int(many[:3]))
    return words.replace("all ", "") if partly else words


def _kept(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in request.query_params.items() if name not in _OURS}


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
