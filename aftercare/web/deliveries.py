"""The ledger of deliveries and the clinic's webhooks, as staff see and work them."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from aftercare.errors import Conflict, Malformed
from aftercare.model.addresses import ChannelName
from aftercare.model.delivery_pages import RefusedRepeat
from aftercare.model.ledger import Narrowed, StateFilter
from aftercare.model.text import Instant
from aftercare.services import dashboard_deliveries as drawn
from aftercare.services import sending_again, webhooks
from aftercare.services.house import House
from aftercare.web import notices
from aftercare.web.forms import Form, local_path, read_on, read_own_form
from aftercare.web.visits import StaffRequest, admin_page, go_to, html, reader_of, staff_page

HookAct = Literal["test", "enable", "disable"]


class AgainForm(Form, frozen=True, kw_only=True):
    """Where to go back to."""

    back: str = "/deliveries"


class HookForm(Form, frozen=True, kw_only=True):
    """An address as it was typed."""

    url: Annotated[str, msgspec.Meta(max_length=2000, pattern=r"^[^\x00]*$")] = ""


class DeliveryPageController(Controller):
    """The ledger."""

    path = "/deliveries"

    @get("/", guards=[staff_page])
    async def deliveries(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        alert_id: Annotated[UUID | None, QueryParameter(required=False)] = None,
        patient_id: Annotated[UUID | None, QueryParameter(required=False)] = None,
        standing: Annotated[str, QueryParameter(name="state")] = "",
        channel: Annotated[str, QueryParameter()] = "",
        before: Annotated[Instant | None, QueryParameter(required=False)] = None,
        beside: Annotated[UUID | None, QueryParameter(required=False)] = None,
    ) -> Response[str]:
        """The newest first, of those that are asked for. A form without scripts sends what was left open as ""."""
        asked = _narrowed(alert_id, patient_id, standing, channel)
        page = await drawn.deliveries_page(
            house.database,
            reader_of(request),
            asked,
            before=read_on(before, beside),
            now=house.now(),
        )
        return html(page)

    @post("/{delivery_id:str}/again", guards=[staff_page])
    async def again(
        self, request: StaffRequest, house: NamedDependency[House], delivery_id: FromPath[UUID]
    ) -> Response[Any]:
        """On its way and back to the list; or the list, with why it has no point."""
        form = await read_own_form(request, AgainForm)
        try:
            await sending_again.send_again(house.database, request.user, delivery_id, now=house.now())
        except Conflict as error:
            refused = RefusedRepeat(delivery_id=delivery_id, problem=error.detail)
            page = await drawn.deliveries_page(
                house.database, reader_of(request), Narrowed(state="dead"), refused=refused, now=house.now()
            )
            return html(page, status=error.status)
        return go_to(notices.after(local_path(form.back, "/deliveries"), "sent_again"))


def _narrowed(alert_id: UUID | None, patient_id: UUID | None, state: str, channel: str) -> Narrowed:
    try:
        return Narrowed(
            alert_id=alert_id,
            patient_id=patient_id,
            state=msgspec.convert(state or None, StateFilter | None),
            channel=msgspec.convert(channel or None, ChannelName | None),
        )
    except msgspec.ValidationError:
        raise Malformed("There is no such list of deliveries.") from None


class WebhookPageController(Controller):
    """Which other systems hear of alerts."""

    path = "/webhooks"

    @get("/", guards=[admin_page])
    async def webhooks(self, request: StaffRequest, house: NamedDependency[House]) -> Response[str]:
        """All of them, those that were switched off too."""
        return html(await drawn.webhooks_page(house.database, reader_of(request), now=house.now()))

    @post("/", guards=[admin_page])
    async def add(self, request: StaffRequest, house: NamedDependency[House]) -> Response[str]:
        """Its secret is shown on the answer alone; or the form again with what is wrong."""
        form, now = await read_own_form(request, HookForm), house.now()
        try:
            made = await webhooks.create_webhook(house.database, request.user, form.url.strip(), now=now)
        except Malformed as error:
            problem = error.pointers.get("/url", error.detail)
            page = await drawn.webhooks_page(
                house.database, reader_of(request), url=form.url, problem=problem, now=now
            )
            return html(page, status=error.status)
        page = await drawn.webhooks_page(house.database, reader_of(request), made=made, now=now)
        return html(page, status=201)

    @post("/{webhook_id:str}/rotate", guards=[admin_page], status_code=200)
    async def rotate(
        self, request: StaffRequest, house: NamedDependency[House], webhook_id: FromPath[UUID]
    ) -> Response[str]:
        """The new secret is shown on the answer alone."""
        await read_own_form(request, Form)
        made = await webhooks.rotate_secret(house.database, request.user, webhook_id, now=house.now())
        return html(await drawn.webhooks_page(house.database, reader_of(request), made=made, now=house.now()))

    @post("/{webhook_id:str}/{act:str}", guards=[admin_page])
    async def do(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        webhook_id: FromPath[UUID],
        act: FromPath[HookAct],
    ) -> Response[str]:
        """Tested, switched on or off, and back to the list, where its outcome stands."""
        await read_own_form(request, Form)
        done, said = _HOOK_ACTS[act]
        await done(house.database, request.user, webhook_id, now=house.now())
        return go_to(notices.after("/webhooks", said))


# What is done, and what is said of it.
_HOOK_ACTS: dict[HookAct, tuple[Callable[..., Awaitable[object]], str]] = {
    "test": (webhooks.send_test, "hook_tested"),
    "enable": (webhooks.enable_webhook, "hook_enabled"),
    "disable": (webhooks.disable_webhook, "hook_disabled"),
}
