"""The delivery ledger: who was told what, over which way, and what became of it."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from aftercare.api.pages import Cursor, Page, page_of, read_cursor
from aftercare.api.who import staff_only
from aftercare.model.addresses import ChannelName
from aftercare.model.ledger import LedgerEntry, Narrowed, ReceiptDraft, ReceiptKept, StateFilter
from aftercare.model.people import Actor
from aftercare.services import ledger, receipts, sending_again
from aftercare.services.house import House
from aftercare.store.deliveries import Attempt

StaffRequest = Request[Actor, Any, Any]


class DeliveryController(Controller):
    """Each delivery's whole life."""

    path = "/v1/deliveries"
    tags = ("clinic",)

    @get("/", guards=[staff_only], summary="The delivery ledger")
    async def list_deliveries(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        cursor: Cursor = None,
        alert_id: Annotated[UUID | None, QueryParameter(required=False)] = None,
        patient_id: Annotated[
            UUID | None,
            QueryParameter(required=False, description="To the patient, and about the patient's alerts."),
        ] = None,
        standing: Annotated[
            StateFilter | None,
            QueryParameter(
                name="state", required=False, description="`waiting` is queued and failed, `dead` given up."
            ),
        ] = None,
        channel: Annotated[ChannelName | None, QueryParameter(required=False)] = None,
    ) -> Page[LedgerEntry]:
        """The newest first, with every try. Recipients by name, never with the whole address."""
        asked = Narrowed(alert_id=alert_id, patient_id=patient_id, state=standing, channel=channel)
        found = await ledger.list_deliveries(
            house.database, request.user, asked, before=read_cursor(cursor), now=house.now()
        )
        return page_of(found, ledger.PAGE, lambda one: (one.queued_at, one.delivery_id))

    @get("/{delivery_id:str}/attempts", guards=[staff_only], summary="The tries of a delivery")
    async def attempts(
        self, request: StaffRequest, house: NamedDependency[House], delivery_id: FromPath[UUID]
    ) -> list[Attempt]:
        """Times and the channel's answers."""
        return await ledger.list_attempts(house.database, request.user, delivery_id)

    @post("/{delivery_id:str}/again", guards=[staff_only], status_code=202, summary="Send it again")
    async def again(
        self, request: StaffRequest, house: NamedDependency[House], delivery_id: FromPath[UUID]
    ) -> LedgerEntry:
        """What was given up, as a new delivery of the same meaning. Asked twice, the first is the answer."""
        return await sending_again.send_again(house.database, request.user, delivery_id, now=house.now())

    @post(
        "/{delivery_id:str}/receipts", guards=[staff_only], status_code=200, summary="It was shown or opened"
    )
    async def receipt(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        delivery_id: FromPath[UUID],
        data: JSONBody[ReceiptDraft],
    ) -> ReceiptKept:
        """Said by the browser or phone of the staff member it was sent to. Of each instant the earliest counts."""
        return await receipts.keep_of_staff(house.database, request.user, delivery_id, data, now=house.now())
