"""Who comes to a page: guards that each page names, cookies of the browser, and answers as HTML."""

from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from aftercare.errors import Forbidden, NotSignedIn
from aftercare.model.pages import Page
from aftercare.model.people import Actor, StaffMember
from aftercare.model.text import Handle
from aftercare.model.words import Role
from aftercare.services.dashboard_head import Reader
from aftercare.services.house import House
from aftercare.services.staff import SignIn
from aftercare.web.notices import notice_of
from aftercare.web.render import CONTENT_SECURITY_POLICY, render

# The sign-in's own cookie is the one that the API's middleware reads (a test holds the two together).
COOKIE: Final = "aftercare"
# What the API tells a browser that signs out, told here as well (the same test).
FORGET: Final = {"clear-site-data": '"cache"'}
# Which clinic this browser last signed in at: no secret, it only saves typing the address.
LAST_CLINIC: Final = "aftercare_clinic"
_YEAR = 365 * 24 * 3600

StaffRequest = Request[Actor, Any, Any]


async def staff_page(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Any staff member of the clinic."""
    _member(connection)


async def care_page(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Practitioners and coordinators: those who work with patients."""
    if _member(connection).role is Role.ADMIN:
        raise Forbidden("This page is for practitioners and coordinators.")


async def practitioner_page(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Practitioners: those who judge and treat."""
    if _member(connection).role is not Role.PRACTITIONER:
        raise Forbidden("This page is for practitioners.")


async def practitioner_or_admin_page(
    connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
) -> None:
    """Those who answer for how the clinic treats: practitioners and admins."""
    if _member(connection).role is Role.COORDINATOR:
        raise Forbidden("This page is for practitioners and admins.")


async def admin_page(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Admins: those who run the clinic's account."""
    if _member(connection).role is not Role.ADMIN:
        raise Forbidden("This page is for the clinic's admins.")


async def anyone(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Open to all, and said so."""


def _member(connection: ASGIConnection[Any, Any, Any, Any]) -> StaffMember:
    actor = connection.user
    if actor is None or actor.kind != "staff":
        raise NotSignedIn
    member: StaffMember = connection.auth.member
    return member


def reader_of(request: StaffRequest) -> Reader:
    """Who looks at the page, with the notice that its address asks for."""
    return Reader(actor=request.user, member=_member(request), notice=notice_of(request))


def html(page: Page, *, status: int = 200, fragment: bool = False) -> Response[str]:
    """The answer of a page."""
    return Response(
        render(page, fragment=fragment),
        status_code=status,
        media_type="text/html",
        headers={"content-security-policy": CONTENT_SECURITY_POLICY, "cache-control": "no-store"},
    )


def go_to(path: str) -> Response[str]:
    """On to another page, by GET."""
    return Response(
        "", media_type="text/html", status_code=303, headers={"location": path, "cache-control": "no-store"}
    )


def last_clinic(request: Request[Any, Any, Any]) -> str | None:
    """The handle of the clinic that this browser last signed in at."""
    try:
        return msgspec.convert(request.cookies.get(LAST_CLINIC), Handle)
    except msgspec.ValidationError:
        return None


def remember(answer: Response[Any], made: SignIn, handle: str, house: House) -> None:
    """Keep the sign-in and the clinic in the browser. Lax, so that the link in a mail leads in."""
    ours: dict[str, Any] = {
        "httponly": True,
        "secure": house.settings.secure_cookies,
        "samesite": "lax",
        "path": "/",
    }
    holds = int((made.expires_at - house.now()).total_seconds())
    answer.set_cookie(key=COOKIE, value=made.token, max_age=holds, **ours)
    answer.set_cookie(key=LAST_CLINIC, value=handle, max_age=_YEAR, **ours)
