"""Who is on call: rotas, what is laid over them, and who it is now."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from aftercare.api.etags import IfMatch, version_of, with_etag
from aftercare.api.who import practitioner_or_admin, staff_only
from aftercare.model.people import Actor
from aftercare.model.rotas import OnCall, Override, OverrideDraft, Rota, RotaDraft
from aftercare.services import rotas
from aftercare.services.house import House

StaffRequest = Request[Actor, Any, Any]


class RotaController(Controller):
    """Rotas."""

    path = "/v1/rotas"
    tags = ("clinic",)

    @get("/", guards=[staff_only], summary="Rotas")
    async def list_rotas(self, request: StaffRequest, house: NamedDependency[House]) -> list[Rota]:
        """The default one first, each with the overrides that are not over."""
        return await rotas.list_rotas(house.database, request.user, now=house.now())

    @post("/", guards=[practitioner_or_admin], summary="Add a rota")
    async def create(
        self, request: StaffRequest, house: NamedDependency[House], data: JSONBody[RotaDraft]
    ) -> Response[Rota]:
        """People who take turns; the first rota is the default one."""
        made = await rotas.create_rota(house.database, request.user, data, now=house.now())
        return with_etag(made)

    @get("/{rota_id:str}", guards=[staff_only], summary="One rota")
    async def read(
        self, request: StaffRequest, house: NamedDependency[House], rota_id: FromPath[UUID]
    ) -> Response[Rota]:
        """With the ETag that an edit must name."""
        found = await rotas.get_rota(house.database, request.user, rota_id, now=house.now())
        return with_etag(found)

    @put("/{rota_id:str}", guards=[practitioner_or_admin], summary="Change a rota")
    async def update(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        rota_id: FromPath[UUID],
        data: JSONBody[RotaDraft],
        if_match: IfMatch,
    ) -> Response[Rota]:
        """Over the version that If-Match names. The default rota stays it until another becomes it."""
        made = await rotas.put_rota(
            house.database, request.user, rota_id, data, version=version_of(if_match), now=house.now()
        )
        return with_etag(made)

    @delete("/{rota_id:str}", guards=[practitioner_or_admin], summary="Remove a rota")
    async def remove(
        self, request: StaffRequest, house: NamedDependency[House], rota_id: FromPath[UUID]
    ) -> None:
        """With everything that was laid over it; not while an escalation chain asks it."""
        await rotas.delete_rota(house.database, request.user, rota_id, now=house.now())

    @get("/{rota_id:str}/overrides", guards=[staff_only], summary="What is laid over a rota")
    async def list_overrides(
        self, request: StaffRequest, house: NamedDependency[House], rota_id: FromPath[UUID]
    ) -> list[Override]:
        """The overrides that are not over, in the order in which they were made."""
        return list((await rotas.get_rota(house.database, request.user, rota_id, now=house.now())).overrides)

    @post("/{rota_id:str}/overrides", guards=[staff_only], summary="Hand over for a while")
    async def lay_over(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        rota_id: FromPath[UUID],
        data: JSONBody[OverrideDraft],
    ) -> Override:
        """One person, or nobody, for some time. Coordinators may hand over their own shifts, to somebody."""
        return await rotas.add_override(house.database, request.user, rota_id, data, now=house.now())

    @delete(
        "/{rota_id:str}/overrides/{override_id:str}", guards=[staff_only], summary="Take an override away"
    )
    async def take_away(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        rota_id: FromPath[UUID],
        override_id: FromPath[UUID],
    ) -> None:
        """By a practitioner, an admin, or who made it."""
        await rotas.drop_override(house.database, request.user, rota_id, override_id, now=house.now())


class OnCallController(Controller):
    """Who is on call."""

    path = "/v1/on-call"
    tags = ("clinic",)

    @get("/", guards=[staff_only], summary="Who is on call now")
    async def now(self, request: StaffRequest, house: NamedDependency[House]) -> OnCall:
        """By each rota, with the next hand-over, and when nobody will be in the next 28 days."""
        return await rotas.who_is_on_call(house.database, request.user, now=house.now())
