"""Where people can be reached: a staff member's addresses, and what the app on a phone says of itself."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from aftercare.api.who import patient_only, staff_only
from aftercare.model.addresses import AddressDraft, AddressView, InstallationDraft, InstallationView
from aftercare.model.people import Actor
from aftercare.services import addresses
from aftercare.services.channels import require_set_up
from aftercare.services.house import House

AnyRequest = Request[Actor, Any, Any]


class AddressController(Controller):
    """A staff member's own addresses, besides their mail."""

    path = "/v1/staff/me"
    tags = ("staff",)

    @get("/addresses", guards=[staff_only], summary="My addresses")
    async def list_addresses(self, request: AnyRequest, house: NamedDependency[House]) -> list[AddressView]:
        """Also those that were retired, and why."""
        return await addresses.list_addresses(house.database, request.user)

    @put("/addresses/{address_id:str}", guards=[staff_only], summary="Register an address")
    async def register(
        self,
        request: AnyRequest,
        house: NamedDependency[House],
        address_id: FromPath[UUID],
        data: JSONBody[AddressDraft],
    ) -> AddressView:
        """Whoever had it before has it no more."""
        require_set_up(house.channels, data.channel)
        return await addresses.register(house.database, request.user, address_id, data, now=house.now())

    @delete("/addresses/{address_id:str}", guards=[staff_only], summary="Remove an address")
    async def remove(
        self, request: AnyRequest, house: NamedDependency[House], address_id: FromPath[UUID]
    ) -> None:
        """Nothing is sent there any more."""
        await addresses.remove(house.database, request.user, address_id, now=house.now())

    @post("/addresses/{address_id:str}/test", guards=[staff_only], status_code=202, summary="Send me a test")
    async def test_address(
        self, request: AnyRequest, house: NamedDependency[House], address_id: FromPath[UUID]
    ) -> dict[str, UUID]:
        """Queued; the ledger says what became of it."""
        sent = await addresses.send_test(house.database, request.user, address_id, now=house.now())
        return {"delivery_id": sent}

    @post("/mail/test", guards=[staff_only], status_code=202, summary="Send me a test by mail")
    async def test_mail(self, request: AnyRequest, house: NamedDependency[House]) -> dict[str, UUID]:
        """Queued; the ledger says what became of it."""
        sent = await addresses.send_test(house.database, request.user, None, now=house.now())
        return {"delivery_id": sent}


class InstallationController(Controller):
    """The app on this phone."""

    path = "/v1/me/installations"
    tags = ("patient",)

    @put("/{installation_id:str}", guards=[patient_only], summary="What the app says of itself")
    async def put_installation(
        self,
        request: AnyRequest,
        house: NamedDependency[House],
        installation_id: FromPath[UUID],
        data: JSONBody[InstallationDraft],
    ) -> InstallationView:
        """Version, language, zone and push address of this phone; an address that is left out is retired."""
        return await addresses.put_installation(
            house.database, request.user, installation_id, data, now=house.now()
        )
