"""What became of a message at its recipient."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftercare.api.who import staff_only
from aftercare.model.people import Actor
from aftercare.services import opened
from aftercare.services.house import House


class OpenedController(Controller):
    """Receipts of staff; those of patients come with `POST /v1/sync`."""

    path = "/v1/staff/me/deliveries"
    tags = ("staff",)

    @post("/{delivery_id:str}/opened", guards=[staff_only], status_code=204, summary="I opened a message")
    async def note_opened(
        self,
        request: Request[Actor, Any, Any],
        house: NamedDependency[House],
        delivery_id: FromPath[UUID],
    ) -> None:
        """Once counts; the same again changes nothing."""
        await opened.note_opened(house.database, request.user, delivery_id, now=house.now())
