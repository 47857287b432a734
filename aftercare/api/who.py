"""Who is asking, found once per request, and the guards that each endpoint names."""

from dataclasses import dataclass
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from aftercare.errors import Forbidden, NotSignedIn
from aftercare.identity.secrets import MalformedSecret
from aftercare.model.people import Actor, StaffMember
from aftercare.model.words import Role
from aftercare.services import enrolments, staff
from aftercare.services.house import House

COOKIE = "aftercare"
CSRF_HEADER = "x-csrf-token"
_SAFE = {"GET", "HEAD", "OPTIONS"}
# Told to a browser that signs out: drop what it keeps of our pages, those for its "back" button included. Not "storage",
# which would also take what a patient has not sent yet from the companion in the same browser.
FORGET = {"clear-site-data": '"cache"'}


@dataclass(frozen=True, slots=True)
class Credential:
    """How somebody showed who they are."""

    token: str
    from_cookie: bool
    member: StaffMember | None = None


class Who(AbstractAuthenticationMiddleware):
    """Reads the Authorization header or the sign-in's cookie. Nobody is turned away here: guards do that, visibly."""

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        """The actor as `user` (None if nobody), the credential as `auth`."""
        house: House = connection.app.state.house
        credential = _credential(connection)
        if credential is None:
            return AuthenticationResult(user=None, auth=None)
        try:
            if credential.token.startswith(staff.SIGN_IN):
                found = await staff.who_is_signed_in(house.database, credential.token, now=house.now())
                if found is None:
                    return AuthenticationResult(user=None, auth=None)
                actor, member = found
                known = Credential(credential.token, credential.from_cookie, member)
                return AuthenticationResult(user=actor, auth=known)
            patient = await enrolments.who_has_access(house.database, credential.token, now=house.now())
        except MalformedSecret:
            return AuthenticationResult(user=None, auth=None)
        return AuthenticationResult(user=patient, auth=credential)


def _credential(connection: ASGIConnection[Any, Any, Any, Any]) -> Credential | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return Credential(token.strip(), from_cookie=False)
    cookie = connection.cookies.get(COOKIE)
    return Credential(cookie, from_cookie=True) if cookie else None


def _refuse_forged(connection: ASGIConnection[Any, Any, Any, Any], actor: Actor) -> None:
    """A cookie comes along by itself, so a change needs what only our own page knows.

    Pages put it into the form, which their controllers compare; everything else sends the header. Asked where a guard
    uses the sign-in, not before: a phone's enrolment in a browser that holds a staff cookie is nobody's forgery.
    """
    credential: Credential = connection.auth
    method = connection.scope.get("method", "GET")
    if not credential.from_cookie or method in _SAFE or not connection.scope["path"].startswith("/v1/"):
        return
    if connection.headers.get(CSRF_HEADER) != actor.csrf:
        raise Forbidden("This request did not come from our page. Reload the page, then try again.")


def _actor(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor:
    if connection.user is None:
        raise NotSignedIn
    actor: Actor = connection.user
    _refuse_forged(connection, actor)
    return actor


# Guards are coroutines: litestar would send plain functions to a thread, which costs more than they do.


async def patient_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """The patient's own installation."""
    if _actor(connection).kind != "patient":
        raise Forbidden


async def staff_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Any staff member of the clinic."""
    if _actor(connection).kind != "staff":
        raise Forbidden


async def care_team(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Practitioners and coordinators: those who work with patients."""
    if _actor(connection).role not in {Role.PRACTITIONER, Role.COORDINATOR}:
        raise Forbidden("This is for practitioners and coordinators.")


async def practitioner_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Practitioners: those who judge and treat."""
    if _actor(connection).role is not Role.PRACTITIONER:
        raise Forbidden("This is for practitioners.")


async def practitioner_or_admin(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Those who answer for how the clinic treats: practitioners and admins."""
    if _actor(connection).role not in {Role.PRACTITIONER, Role.ADMIN}:
        raise Forbidden("This is for practitioners and admins.")


async def admin_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Admins: those who run the clinic's account."""
    if _actor(connection).role is not Role.ADMIN:
        raise Forbidden("This is for the clinic's admins.")


async def anyone(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Open to all, and said so."""
