"""What runs the clinic's account: live updates, the audit, the call list."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, PathParameter, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from aftercare.api.who import Credential, admin_only, care_team, staff_only
from aftercare.errors import NotFound
from aftercare.model.audit import AuditEntry
from aftercare.model.people import Actor
from aftercare.model.text import END
from aftercare.model.views import Standstill
from aftercare.services import heartbeat, ledger, staff, sweep
from aftercare.services.events import Event, Hub
from aftercare.services.house import House

StaffRequest = Request[Actor, Any, Any]
# What fits into PostgreSQL's bigint, whatever digits there are.
_MOST = 10**18
_ASK_SECONDS = 4.0
_NUMBER = r"^[0-9]{0,18}" + END


class EventController(Controller):
    """Live updates."""

    tags = ("clinic",)

    @get(
        "/v1/events",
        guards=[staff_only],
        summary="Live updates (server-sent events)",
        media_type="text/event-stream",
    )
    async def follow(
        self,
        request: Request[Actor, Credential, Any],
        house: NamedDependency[House],
        hub: NamedDependency[Hub],
        resumed_after: Annotated[
            str, HeaderParameter(name="Last-Event-ID", required=False, pattern=_NUMBER)
        ] = "",
        last_event_id: Annotated[
            str,
            QueryParameter(
                required=False, pattern=_NUMBER, description="As the header, for the first connection."
            ),
        ] = "",
    ) -> ServerSentEvent:
        """Names and ids of what changed, from Last-Event-ID on; the page asks for what it shows.

        A `ping` every 15 s says since when background work stands still, if it does: then nothing else is told of.
        """
        start = resumed_after or last_event_id
        told = hub.follow(request.user.clinic_id, int(start) if start else None)
        token = request.auth.token

        async def still_signed_in() -> bool:
            return await staff.who_is_signed_in(house.database, token, now=house.now()) is not None

        async def standstill() -> Standstill | None:
            return await heartbeat.standstill(house.database, request.user.clinic_id)

        # nginx would keep an emergency until its buffer is full.
        unbuffered = {"X-Accel-Buffering": "no"}
        return ServerSentEvent(_stream(told, still_signed_in, standstill), headers=unbuffered)


async def _stream(
    told: AsyncGenerator[Event | None, None],
    still_signed_in: Callable[[], Awaitable[bool]],
    standstill: Callable[[], Awaitable[Standstill | None]],
) -> AsyncIterator[ServerSentEventMessage]:
    """Events as messages, until the sign-in ends: then `signed_out` is the last one."""
    yield ServerSentEventMessage(comment="live", retry=2000)
    clock = asyncio.get_running_loop().time
    asked_at = clock()
    async with aclosing(told):
        async for event in told:
            # Something comes at least every 15 s. Asking then, and not more often than this, finds an end within 20 s.
            if clock() - asked_at >= _ASK_SECONDS:
                if not await still_signed_in():
                    yield ServerSentEventMessage(event="signed_out", data="{}")
                    return
                asked_at = clock()
            if event is None:
                # Named, since a page cannot hear a comment; with data, since browsers drop an event without.
                stands = await standstill()
                ping = msgspec.json.encode({"standstill": stands.since if stands else None})
                yield ServerSentEventMessage(event="ping", data=ping.decode())
                continue
            data = {
                "patient_id": event.patient_id,
                "subject_id": event.subject_id,
                "tier": event.tier,
                "state": event.state,
            }
            yield ServerSentEventMessage(
                event=event.name, id=str(event.number), data=msgspec.json.encode(data).decode()
            )


class LedgerController(Controller):
    """Who saw what, and who was rung."""

    tags = ("clinic",)

    @get("/v1/audit", guards=[admin_only], summary="The audit")
    async def audit(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        after: Annotated[
            int, QueryParameter(ge=0, le=_MOST, description="The number after which to begin.")
        ] = 0,
    ) -> list[AuditEntry]:
        """Sealed entries in order, up to 500."""
        return await ledger.list_audit(house.database, request.user, after=after, now=house.now())

    @post(
        "/v1/call-list/{episode_id:str}/{day:str}/done", guards=[care_team], status_code=200, summary="Rung"
    )
    async def rung(
        self,
        request: StaffRequest,
        house: NamedDependency[House],
        episode_id: FromPath[UUID],
        day: Annotated[int, PathParameter(ge=-1000, le=1000)],
    ) -> dict[str, UUID]:
        """Take a patient off the call list."""
        patient_id = await sweep.call_done(house.database, request.user, episode_id, day, now=house.now())
        if patient_id is None:
            raise NotFound("This patient is not on the call list any more.")
        return {"patient_id": patient_id}
