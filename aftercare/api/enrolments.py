"""How a phone gets in: enrolment, tokens, sign-out."""

from typing import Any

import msgspec
from litestar import Controller, Request, delete, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from aftercare.api.who import anyone, patient_only
from aftercare.model.people import Actor, Tokens
from aftercare.services import enrolments
from aftercare.services.house import House
from aftercare.services.throttle import origin


class Refresh(msgspec.Struct, frozen=True):
    """The refresh token of the pair in use."""

    refresh_token: str


class EnrolmentController(Controller):
    """Open to all: the code or the token is the proof."""

    path = "/v1"
    tags = ("patient",)

    @post("/enrolments", guards=[anyone], summary="Enrol with a one-time code")
    async def enrol(
        self,
        request: Request[Any, Any, Any],
        house: NamedDependency[House],
        data: JSONBody[enrolments.Enrolment],
    ) -> Tokens:
        """Tokens for a code. The same installation may repeat it for ten minutes, should the answer get lost."""
        return await enrolments.enrol(
            house.database,
            data,
            address=origin(request.scope, house.settings.trusted_proxies),
            now=house.now(),
        )

    @post("/tokens", guards=[anyone], summary="Rotate the tokens")
    async def rotate(self, house: NamedDependency[House], data: JSONBody[Refresh]) -> Tokens:
        """A new pair. The old refresh token works until the new pair is first used."""
        return await enrolments.rotate(house.database, data.refresh_token, now=house.now())

    @delete("/tokens/current", guards=[patient_only], summary="Sign this phone out")
    async def revoke(self, request: Request[Actor, Any, Any], house: NamedDependency[House]) -> None:
        """End this installation's tokens at once."""
        await enrolments.revoke(house.database, request.user, now=house.now())
