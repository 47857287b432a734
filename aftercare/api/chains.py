"""Whom a late alert goes to."""

from typing import Any

from litestar import Controller, Request, Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from aftercare.api.etags import IfMatch, version_of, with_etag
from aftercare.api.who import practitioner_or_admin, staff_only
from aftercare.model.chains import ChainDraft, EscalationChain
from aftercare.model.people import Actor
from aftercare.model.words import Tier
from aftercare.services import chains
from aftercare.services.house import House

StaffRequest = Request[Actor, Any, Any]


class ChainController(Controller):
    """Escalation chains."""

    path = "/v1/escalation-chains"
    tags = ("clinic",)

    @get("/", guards=[staff_only], summary="Escalation chains")
    async def list_chains(
        self, request: StaffRequest, house: NamedDependency[House]
    ) -> list[EscalationChain]:
        """Of each tier, the most urgent first; version 0 are the shipped ones."""
        return await chains.list_chains(house.database, request.user)

    @get("/{tier:str}", guards=[staff_only], summary="The escalation chain of a tier")
    async def read(
        self, request: StaffRequest, house: NamedDependency[House], tier: FromPath[Tier]
    ) -> Response[EscalationChain]:
        """With the ETag that a change must name."""
        found = await chains.get_chain(house.database, request.user, tier)
        return with_etag(found)

    @put("/{tier:str}", guards=[practitioner_or_admin], summary="Change whom late alerts go to")
    async def update(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        tier: FromPath[Tier],
        data: JSONBody[ChainDraft],
        if_match: IfMatch,
    ) -> Response[EscalationChain]:
        """Over the version that If-Match names. The last step is always everyone, told again until somebody acts."""
        made = await chains.put_chain(
            house.database, request.user, tier, data, version=version_of(if_match), now=house.now()
        )
        return with_etag(made)
