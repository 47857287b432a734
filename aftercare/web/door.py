"""Signing in and out with a browser.

The form is protected before anybody is signed in: a random token in a cookie of its own must come back in the form. An
`Origin` cannot be compared instead, since pages of health data send no referrer and browsers then say `Origin: null`.
"""

import secrets
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from aftercare.errors import AftercareError, Forbidden, NotFound, NotSignedIn, TooManyTries
from aftercare.model.pages import ProblemPage, SignInPage
from aftercare.model.people import Clinic
from aftercare.model.text import Handle
from aftercare.services import clinics, staff
from aftercare.services.house import House
from aftercare.services.throttle import origin
from aftercare.web.forms import Form, SignInForm, local_path, read_form, read_own_form, require_token
from aftercare.web.refusals import WHERE_TO_SIGN_IN
from aftercare.web.visits import (
    COOKIE,
    FORGET,
    StaffRequest,
    anyone,
    go_to,
    html,
    last_clinic,
    remember,
    staff_page,
)

_DOOR = "aftercare_door"
AnyRequest = Request[Any, Any, Any]


class DoorController(Controller):
    """The way in and out."""

    @get("/sign-in", guards=[anyone])
    async def which_clinic(self, request: AnyRequest) -> Response[Any]:
        """On to the clinic that this browser knows, else what the address looks like."""
        clinic = last_clinic(request)
        if clinic is not None:
            return go_to(f"/sign-in/{clinic}")
        return html(ProblemPage(status=404, title="Which clinic?", detail=WHERE_TO_SIGN_IN), status=404)

    @get("/sign-in/{clinic:str}", guards=[anyone])
    async def door(
        self,
        request: AnyRequest,
        house: NamedDependency[House],
        clinic: FromPath[str],
        then: Annotated[str, QueryParameter()] = "/",
        ended: Annotated[str, QueryParameter()] = "",
    ) -> Response[Any]:
        """The form."""
        found = await _clinic(house, clinic)
        page = SignInPage(
            clinic=found.name, clinic_key=found.handle, csrf="", then=local_path(then), ended=ended == "1"
        )
        return _form(request, house, page)

    @post("/sign-in/{clinic:str}", guards=[anyone])
    async def sign_in(
        self, request: AnyRequest, house: NamedDependency[House], clinic: FromPath[str]
    ) -> Response[Any]:
        """In, or the form again with what was wrong."""
        found, form = await _clinic(house, clinic), await read_form(request, SignInForm)
        address = origin(request.scope, house.settings.trusted_proxies)
        try:
            require_token(form.csrf, request.cookies.get(_DOOR, ""))
            made = await staff.sign_in(
                house.database, found.clinic_id, form.email, form.password, address=address, now=house.now()
            )
        except (NotSignedIn, TooManyTries, Forbidden) as error:
            page = SignInPage(
                clinic=found.name,
                clinic_key=found.handle,
                csrf="",
                email=form.email,
                problem=_in_words(error),
                then=local_path(form.then),
            )
            return _form(request, house, page, status=error.status)
        answer = go_to(local_path(form.then))
        remember(answer, made, found.handle, house)
        return answer

    @post("/sign-out", guards=[staff_page])
    async def sign_out(self, request: StaffRequest, house: NamedDependency[House]) -> Response[Any]:
        """Out, at once."""
        await read_own_form(request, Form)
        clinic = await clinics.get_clinic(house.database, request.user.clinic_id)
        await staff.sign_out(house.database, request.user, request.auth.token, now=house.now())
        answer = go_to(f"/sign-in/{clinic.handle}")
        answer.delete_cookie(COOKIE)
        answer.headers.update(FORGET)
        return answer


def _form(request: AnyRequest, house: House, page: SignInPage, *, status: int = 200) -> Response[Any]:
    """The form with its token; a browser keeps one token, so that two open doors both work."""
    token = request.cookies.get(_DOOR) or secrets.token_urlsafe(24)
    answer = html(msgspec.structs.replace(page, csrf=token), status=status)
    answer.set_cookie(
        key=_DOOR,
        value=token,
        httponly=True,
        secure=house.settings.secure_cookies,
        samesite="lax",
        path="/sign-in",
    )
    return answer


def _in_words(error: AftercareError) -> str:
    if isinstance(error, TooManyTries):
        minutes = max(1, round(error.extra.get("retry_after", 60) / 60))
        return f"Too many wrong tries. Sign-in waits for {minutes} min; a colleague can sign in meanwhile."
    return error.detail


async def _clinic(house: House, handle: str) -> Clinic:
    try:
        known = msgspec.convert(handle.lower(), Handle)
    except msgspec.ValidationError:
        raise NotFound("There is no clinic at this address. Check it with the clinic.") from None
    return await clinics.get_clinic(house.database, await clinics.clinic_by_handle(house.database, known))
