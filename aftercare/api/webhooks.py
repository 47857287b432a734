"""Webhooks of a clinic: added, tested, their secret changed, switched off and on."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from aftercare.api.who import admin_only
from aftercare.model.people import Actor
from aftercare.services import webhooks
from aftercare.services.house import House
from aftercare.services.webhooks import HookUrl, WebhookView

StaffRequest = Request[Actor, Any, Any]


class NewWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """An https address (or one on a host that the clinic lists)."""

    url: HookUrl


class WebhookController(Controller):
    """Webhooks."""

    path = "/v1/webhooks"
    tags = ("clinic",)

    @get("/", guards=[admin_only], summary="Webhooks")
    async def list_webhooks(self, request: StaffRequest, house: NamedDependency[House]) -> list[WebhookView]:
        """Those that are sent to, then those that were switched off, with why."""
        return await webhooks.list_webhooks(house.database, request.user, now=house.now())

    @post("/", guards=[admin_only], summary="Add a webhook")
    async def create(
        self, request: StaffRequest, house: NamedDependency[House], data: JSONBody[NewWebhook]
    ) -> WebhookView:
        """Its signing secret is told this once."""
        return await webhooks.create_webhook(house.database, request.user, data.url, now=house.now())

    @post("/{webhook_id:str}/rotate", guards=[admin_only], status_code=200, summary="Change its secret")
    async def rotate(
        self, request: StaffRequest, house: NamedDependency[House], webhook_id: FromPath[UUID]
    ) -> WebhookView:
        """The new secret is told this once. Until `previous_until` the one before signs as well."""
        return await webhooks.rotate_secret(house.database, request.user, webhook_id, now=house.now())

    @post("/{webhook_id:str}/test", guards=[admin_only], status_code=202, summary="Send a test to it")
    async def test_webhook(
        self, request: StaffRequest, house: NamedDependency[House], webhook_id: FromPath[UUID]
    ) -> dict[str, UUID]:
        """Queued; the ledger says what became of it."""
        sent = await webhooks.send_test(house.database, request.user, webhook_id, now=house.now())
        return {"delivery_id": sent}

    @post("/{webhook_id:str}/enable", guards=[admin_only], status_code=200, summary="Switch it on again")
    async def enable(
        self, request: StaffRequest, house: NamedDependency[House], webhook_id: FromPath[UUID]
    ) -> WebhookView:
        """What is new is sent there again."""
        return await webhooks.enable_webhook(house.database, request.user, webhook_id, now=house.now())

    @delete("/{webhook_id:str}", guards=[admin_only], summary="Switch it off")
    async def remove(
        self, request: StaffRequest, house: NamedDependency[House], webhook_id: FromPath[UUID]
    ) -> None:
        """Nothing is sent there any more."""
        await webhooks.disable_webhook(house.database, request.user, webhook_id, now=house.now())
