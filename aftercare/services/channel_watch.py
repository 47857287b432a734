"""What each attempt says about its way out: whether it works, fails for long, or is gone. No search ever looks for that."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from aftercare.db.pool import Connection
from aftercare.model.addresses import ChannelName
from aftercare.model.deliveries import Delivery
from aftercare.notify.channel import NotDeliveredError, Refused, Retired
from aftercare.store import channel_faults as store
from aftercare.store import due_work

WATCH: Final = "channel_fault"
# Nothing but failures for so long, and so many of them, is an outage and no mishap of one message.
FOR_LONG: Final = timedelta(minutes=15)
ENOUGH: Final = 3
# A failure of two days ago and one of today are two mishaps. Whatever fails is tried again within the hour.
_STALE: Final = timedelta(hours=24)


class Unsent(Refused):
    """Ended before any channel was asked: it says nothing about the way."""


async def mind(
    db: Connection,
    clinic_id: UUID,
    delivery: Delivery,
    failure: NotDeliveredError | None,
    now: datetime,
) -> None:
    """Note how an attempt ended, in the transaction that writes it down; what is to be told becomes due work."""
    way = (delivery.channel, delivery.webhook_id)
    if isinstance(failure, Unsent):
        return
    if failure is None:
        ended = await store.worked(db, clinic_id, way, now)
        if ended is not None:
            await due_work.put(db, clinic_id, WATCH, ended, now)
    elif isinstance(failure, Retired):
        await _address_gone(db, clinic_id, delivery, failure, now)
    else:
        fault = await store.failed(db, clinic_id, way, uuid7(), now, failure.answer[:500], now - _STALE)
        if fault.failures == ENOUGH and fault.told_at is None:
            await due_work.put(db, clinic_id, WATCH, fault.fault_id, max(now, fault.since + FOR_LONG))


async def _address_gone(
    db: Connection, clinic_id: UUID, delivery: Delivery, failure: Retired, now: datetime
) -> None:
    """A webhook that is gone, or the last address of staff for a channel. One person's phone is theirs to mend."""
    way = (delivery.channel, delivery.webhook_id)
    answer = failure.answer[:500]
    if delivery.channel is ChannelName.WEBHOOK:
        fault_id = await store.lost(db, clinic_id, way, uuid7(), now, answer, "retired")
    elif delivery.staff_id is not None and delivery.address_id is not None:
        if await store.staff_have(db, clinic_id, delivery.channel):
            return
        fault_id = await store.lost(db, clinic_id, way, uuid7(), now, answer, "no_address")
    else:
        return
    await due_work.put(db, clinic_id, WATCH, fault_id, now)
