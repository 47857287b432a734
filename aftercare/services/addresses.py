"""Addresses that people register: their own, one owner at a time, retired with what they belong to."""

import hashlib
import re
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.db.pool import Connection, Database
from aftercare.errors import Conflict, Malformed, NotFound
from aftercare.model.addresses import (
    AddressDraft,
    AddressView,
    ChannelName,
    InstallationDraft,
    InstallationView,
)
from aftercare.model.deliveries import Delivery, Letter
from aftercare.model.messages import MessageKind
from aftercare.model.people import Actor
from aftercare.notify.webpush import read_subscription
from aftercare.services import audit
from aftercare.services.deliveries import queue
from aftercare.services.zones import require_zone
from aftercare.store import addresses as store
from aftercare.store import deliveries, installations
from aftercare.store.addresses import NewAddress

_MOST = 20  # of one owner, retired ones not counted
_FORMS: Final = {
    "sms": (re.compile(r"\+[1-9][0-9]{6,14}"), "not a number with its country, such as +442079460000"),
    "fcm": (re.compile(r"[A-Za-z0-9_:.-]{20,4000}"), "not a token of Firebase Cloud Messaging"),
    "apns": (re.compile(r"(?:[0-9a-fA-F]{2}){32,100}"), "not a device token of APNs, in hexadecimal"),
}


async def register(
    database: Database, actor: Actor, address_id: UUID, draft: AddressDraft, *, now: datetime
) -> AddressView:
    """Keep an address of a staff member, under the id that their browser made.

    Raises Malformed for what is no address of its channel, Conflict for somebody else's id or one too many.
    """
    if actor.id is None:
        raise NotFound
    new = _read(draft, "/address")
    new = msgspec.structs.replace(new, address_id=address_id, staff_id=actor.id)
    async with database.clinic(actor.clinic_id) as db:
        mine = await store.of_staff(db, actor.clinic_id, actor.id)
        held = [one for one in mine if one.retired_at is None and one.address_id != address_id]
        if len(held) >= _MOST:
            raise Conflict(f"You have {_MOST} addresses already. Remove one that you no longer use.")
        await _keep(db, actor, new, now)
        mine = await store.of_staff(db, actor.clinic_id, actor.id)
    return next(one for one in mine if one.address_id == address_id)


async def list_addresses(database: Database, actor: Actor) -> list[AddressView]:
    """A staff member's own, retired ones too: why nothing comes there any more is theirs to know."""
    if actor.id is None:
        raise NotFound
    async with database.clinic(actor.clinic_id) as db:
        return await store.of_staff(db, actor.clinic_id, actor.id)


async def remove(database: Database, actor: Actor, address_id: UUID, *, now: datetime) -> None:
    """Send there no more. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        await _mine(db, actor, address_id)
        if await store.retire(db, actor.clinic_id, address_id, now, "removed by its owner"):
            await audit.record(db, actor, "address.removed", now=now, subject_id=address_id)


async def send_test(database: Database, actor: Actor, address_id: UUID | None, *, now: datetime) -> UUID:
    """Queue a test to an address of one's own, or (None) by mail; answers the delivery's id. Raises NotFound, Conflict."""
    if actor.id is None:
        raise NotFound
    channel = ChannelName.SMTP
    async with database.clinic(actor.clinic_id) as db:
        if address_id is not None:
            mine = await _mine(db, actor, address_id)
            if mine.retired_at is not None:
                raise Conflict(
                    "Nothing is sent to this address any more. Register it again, then send a test."
                )
            channel = mine.channel
        test = Delivery(
            delivery_id=uuid7(),
            channel=channel,
            kind=MessageKind.TEST,
            staff_id=actor.id,
            address_id=address_id,
            queued_at=now,
        )
        what = f"test:{now.replace(second=0, microsecond=0).isoformat()}"  # a second click is the first one
        await queue(db, actor.clinic_id, [Letter(what=what, delivery=test, not_before=now)])
        await audit.record(db, actor, "address.tested", now=now, subject_id=address_id)
        queued = await deliveries.of_staff_by_what(db, actor.clinic_id, what, actor.id, channel, address_id)
    if queued is None:
        raise NotFound
    return queued


async def put_installation(
    database: Database, actor: Actor, installation_id: UUID, draft: InstallationDraft, *, now: datetime
) -> InstallationView:
    """What the app says of itself. Raises NotFound for another phone's id, Malformed."""
    if actor.id is None or actor.installation_id != installation_id:
        raise NotFound
    if draft.time_zone is not None:
        require_zone(draft.time_zone, "/time_zone")
    new = None if draft.push is None else _read(draft.push, "/push/address")
    if draft.push is not None and draft.push.channel == "sms":
        raise Malformed(pointers={"/push/channel": "A phone's own address is webpush, fcm or apns."})
    async with database.clinic(actor.clinic_id) as db:
        await installations.describe(db, actor.clinic_id, installation_id, draft, now)
        before = await store.of_installation(db, actor.clinic_id, installation_id)
        for one in before:
            if new is None or one.address_hash != new.address_hash:
                await store.retire(db, actor.clinic_id, one.address_id, now, "the app has another one")
        if new is not None:
            same = next((one for one in before if one.address_hash == new.address_hash), None)
            await _keep(
                db,
                actor,
                msgspec.structs.replace(
                    new,
                    address_id=same.address_id if same else uuid7(),
                    patient_id=actor.id,
                    installation_id=installation_id,
                ),
                now,
                new=same is None,
            )
        return await installations.view(db, actor.clinic_id, installation_id)


async def _mine(db: Connection, actor: Actor, address_id: UUID) -> AddressView:
    mine = await store.of_staff(db, actor.clinic_id, actor.id) if actor.id else []
    found = next((one for one in mine if one.address_id == address_id), None)
    if found is None:
        raise NotFound
    return found


async def _keep(
    db: Connection, actor: Actor, address: NewAddress, now: datetime, *, new: bool = True
) -> None:
    if not await store.register(db, actor.clinic_id, address, now):
        raise Conflict("This id belongs to another address. Make a new one and send it again.")
    if new:
        patient_id = actor.id if actor.kind == "patient" else None
        await audit.record(
            db, actor, "address.registered", now=now, patient_id=patient_id, subject_id=address.address_id
        )


def _read(draft: AddressDraft, pointer: str) -> NewAddress:
    """The address as it is kept, with what tells it from others. Raises Malformed."""
    text = draft.address
    if draft.channel == "webpush":
        tells = _endpoint(text, pointer)
    else:
        form, otherwise = _FORMS[draft.channel]
        text = text.strip() if draft.channel != "sms" else re.sub(r"[ ()./-]", "", text)
        if not form.fullmatch(text):
            raise Malformed(pointers={pointer: otherwise})
        tells = text.lower() if draft.channel == "apns" else text
    digest = hashlib.sha256(f"{draft.channel} {tells}".encode()).digest()
    return NewAddress(
        address_id=UUID(int=0), channel=draft.channel, address=text, address_hash=digest, label=draft.label
    )


def _endpoint(text: str, pointer: str) -> str:
    try:
        return read_subscription(text).endpoint
    except ValueError:
        raise Malformed(
            pointers={pointer: "not a push subscription as the browser gives it, as JSON"}
        ) from None
