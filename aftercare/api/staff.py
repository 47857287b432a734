"""Staff: signing in, and who works at the clinic."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from aftercare.api.who import COOKIE, FORGET, Credential, admin_only, anyone, staff_only
from aftercare.errors import Forbidden
from aftercare.model.people import Actor, OwnPasswordDraft, PasswordDraft, StaffDraft, StaffMember
from aftercare.model.text import END, Handle
from aftercare.services import clinics, staff
from aftercare.services.house import House
from aftercare.services.throttle import origin


class SignInRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a staff member signs in with. `clinic` is the handle in the sign-in address."""

    clinic: Handle
    email: Annotated[str, msgspec.Meta(min_length=1, max_length=254, pattern=r"^[^\x00-\x1f\x7f]+" + END)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class StaffController(Controller):
    """Sign-ins and colleagues."""

    path = "/v1/staff"
    tags = ("staff",)

    @post("/sign-ins", guards=[anyone], summary="Sign in")
    async def sign_in(
        self, request: Request[Any, Any, Any], house: NamedDependency[House], data: JSONBody[SignInRequest]
    ) -> Response[staff.SignIn]:
        """A token for the Authorization header, and the cookie for pages."""
        _refuse_other_sites(request)
        clinic_id = await clinics.clinic_by_handle(house.database, data.clinic)
        made = await staff.sign_in(
            house.database,
            clinic_id,
            data.email,
            data.password,
            address=origin(request.scope, house.settings.trusted_proxies),
            now=house.now(),
        )
        answer = Response(made)
        set_cookie(answer, made, house)
        return answer

    @delete("/sign-ins/current", guards=[staff_only], summary="Sign out")
    async def sign_out(
        self, request: Request[Actor, Credential, Any], house: NamedDependency[House]
    ) -> Response[None]:
        """End this sign-in at once."""
        await staff.sign_out(house.database, request.user, request.auth.token, now=house.now())
        answer: Response[None] = Response(None, status_code=204, headers=FORGET)
        answer.delete_cookie(COOKIE)
        return answer

    @get("/me", guards=[staff_only], summary="Who is signed in")
    async def me(self, request: Request[Actor, Credential, Any]) -> StaffMember:
        """The staff member of this sign-in."""
        assert request.auth.member is not None  # noqa: S101 - a staff actor always comes with one
        return request.auth.member

    @put("/me/password", guards=[staff_only], status_code=204, summary="Change my password")
    async def change_password(
        self,
        request: Request[Actor, Credential, Any],
        house: NamedDependency[House],
        data: JSONBody[OwnPasswordDraft],
    ) -> None:
        """Every other sign-in of mine ends at once."""
        assert request.auth.member is not None  # noqa: S101 - a staff actor always comes with one
        await staff.change_password(
            house.database,
            request.user,
            request.auth.member,
            data,
            token=request.auth.token,
            address=origin(request.scope, house.settings.trusted_proxies),
            now=house.now(),
        )

    @get("/", guards=[staff_only], summary="Who works here")
    async def colleagues(
        self,
        request: Request[Actor, Any, Any],
        house: NamedDependency[House],
        which: Annotated[
            Literal["working", "disabled"], QueryParameter(description="Those who work here, or who left.")
        ] = "working",
    ) -> list[StaffMember]:
        """Everyone at this clinic, by name."""
        return await staff.all_staff(house.database, request.user, disabled=which == "disabled")

    @post("/", guards=[admin_only], summary="Add a staff member")
    async def create(
        self, request: Request[Actor, Any, Any], house: NamedDependency[House], data: JSONBody[StaffDraft]
    ) -> StaffMember:
        """A new colleague, with a first password."""
        return await staff.create_staff(house.database, request.user, data, now=house.now())

    @post("/{staff_id:str}/disable", guards=[admin_only], status_code=200, summary="Shut out who leaves")
    async def disable(
        self, request: Request[Actor, Any, Any], house: NamedDependency[House], staff_id: FromPath[UUID]
    ) -> StaffMember:
        """Signed out at once and told of nothing any more; what they did keeps their name."""
        return await staff.disable(house.database, request.user, staff_id, now=house.now())

    @post("/{staff_id:str}/enable", guards=[admin_only], status_code=200, summary="Let somebody in again")
    async def enable(
        self, request: Request[Actor, Any, Any], house: NamedDependency[House], staff_id: FromPath[UUID]
    ) -> StaffMember:
        """With the password of before."""
        return await staff.enable(house.database, request.user, staff_id, now=house.now())

    @put(
        "/{staff_id:str}/password", guards=[admin_only], status_code=204, summary="Set a colleague's password"
    )
    async def set_password(
        self,
        request: Request[Actor, Any, Any],
        house: NamedDependency[House],
        staff_id: FromPath[UUID],
        data: JSONBody[PasswordDraft],
    ) -> None:
        """For one who forgot theirs; ends every sign-in of theirs. Your own is changed with the one in use."""
        await staff.set_password(house.database, request.user, staff_id, data.password, now=house.now())


def _refuse_other_sites(request: Request[Any, Any, Any]) -> None:
    """Another site's form could sign a browser in as somebody else, who would then read what is entered."""
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise Forbidden("This request did not come from our page. Open the sign-in page, then try again.")


def set_cookie(answer: Response[Any], made: staff.SignIn, house: House) -> None:
    """Lax, so that the link in a mail leads in; a change needs the form's own token besides."""
    answer.set_cookie(
        key=COOKIE,
        value=made.token,
        httponly=True,
        secure=house.settings.secure_cookies,
        samesite="lax",
        path="/",
        max_age=int((made.expires_at - house.now()).total_seconds()),
    )
