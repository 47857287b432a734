"""The staff on pages: who works here, and for admins whom to add, let in and shut out."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftercare.errors import Conflict, NotFound
from aftercare.model.people import PasswordDraft, StaffDraft
from aftercare.model.rota_pages import TypedForm
from aftercare.model.staff_pages import StaffPage
from aftercare.services import dashboard_staff, staff
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import Form, read_own_form
from aftercare.web.typed import build, refused
from aftercare.web.visits import StaffRequest, admin_page, go_to, html, reader_of, staff_page

_LOOK: Final = "Nobody was added yet: the form needs another look."
_PASSWORD: Final = "Choose one of 10 to 200 characters."  # noqa: S105 - a sentence
_WRONG: Final = {
    "role": "Choose what they do here.",
    "password": _PASSWORD,
}


_Typed = Annotated[str, msgspec.Meta(max_length=1024)]


class NewcomerForm(Form, frozen=True, kw_only=True):
    """A new colleague. A password is kept as it was typed, blanks at its ends too."""

    name: _Typed = ""
    email: _Typed = ""
    role: _Typed = ""
    password: _Typed = ""


class GivenPasswordForm(Form, frozen=True, kw_only=True):
    """A colleague's new password."""

    password: _Typed = ""


class StaffPageController(Controller):
    """Colleagues and their accounts."""

    path = "/staff"

    @get("/", guards=[staff_page])
    async def everyone(self, request: StaffRequest, house: NamedDependency[House]) -> Response[str]:
        """Who works here, who did, and what each has in hand."""
        return html(await _everyone(request, house))

    @post("/", guards=[admin_page])
    async def add(self, request: StaffRequest, house: NamedDependency[House]) -> Response[Any]:
        """A new colleague, or the form again without the password."""
        form = await read_own_form(request, NewcomerForm)
        typed = {"name": form.name.strip(), "email": form.email.strip(), "role": form.role}
        draft, unread = build(StaffDraft, typed | {"password": form.password})
        problems, status = (
            {"": _LOOK, **unread, **{name: _WRONG[name] for name in unread if name in _WRONG}},
            422,
        )
        if draft is not None:
            try:
                made = await staff.create_staff(house.database, request.user, draft, now=house.now())
                return go_to(notices.after(f"/staff/{made.staff_id}", "staff_added"))
            except Conflict as error:
                problems, status = refused(error), error.status
        again = TypedForm(form="new", values=typed, problems=problems)
        return html(await _everyone(request, house, again), status=status)

    @get("/{staff_id:str}", guards=[admin_page])
    async def member(
        self, request: StaffRequest, house: NamedDependency[House], staff_id: FromPath[UUID]
    ) -> Response[str]:
        """What may be done to one account, and what each comes to."""
        page = await dashboard_staff.member_page(
            house.database, reader_of(request), staff_id, now=house.now()
        )
        return html(page)

    @post("/{staff_id:str}/password", guards=[admin_page])
    async def give_password(
        self, request: StaffRequest, house: NamedDependency[House], staff_id: FromPath[UUID]
    ) -> Response[str]:
        """A new password, and their sign-ins ended; or why not."""
        form = await read_own_form(request, GivenPasswordForm)
        try:
            draft = msgspec.convert({"password": form.password}, PasswordDraft)
        except msgspec.ValidationError:
            return await _again(request, house, staff_id, wrong_password=_PASSWORD)
        try:
            await staff.set_password(house.database, request.user, staff_id, draft.password, now=house.now())
        except (Conflict, NotFound) as error:
            return await _again(request, house, staff_id, problem=error.detail, status=error.status)
        return go_to(notices.after(f"/staff/{staff_id}", "staff_password"))

    @post("/{staff_id:str}/disable", guards=[admin_page])
    async def disable(
        self, request: StaffRequest, house: NamedDependency[House], staff_id: FromPath[UUID]
    ) -> Response[str]:
        """Shut out, with everything that the page has said."""
        await read_own_form(request, Form)
        try:
            await staff.disable(house.database, request.user, staff_id, now=house.now())
        except Conflict as error:
            return await _again(request, house, staff_id, problem=error.detail, status=error.status)
        return go_to(notices.after(f"/staff/{staff_id}", "staff_disabled"))

    @post("/{staff_id:str}/enable", guards=[admin_page])
    async def enable(
        self, request: StaffRequest, house: NamedDependency[House], staff_id: FromPath[UUID]
    ) -> Response[str]:
        """Let in again."""
        await read_own_form(request, Form)
        await staff.enable(house.database, request.user, staff_id, now=house.now())
        return go_to(notices.after(f"/staff/{staff_id}", "staff_enabled"))


async def _everyone(request: StaffRequest, house: House, typed: TypedForm | None = None) -> StaffPage:
    return await dashboard_staff.staff_page(
        house.database, reader_of(request), server=house.address, typed=typed, now=house.now()
    )


async def _again(
    request: StaffRequest,
    house: House,
    staff_id: UUID,
    *,
    problem: str = "",
    wrong_password: str = "",
    status: int = 422,
) -> Response[str]:
    page = await dashboard_staff.member_page(
        house.database,
        reader_of(request),
        staff_id,
        problem=problem,
        wrong_password=wrong_password,
        now=house.now(),
    )
    return html(page, status=status)
