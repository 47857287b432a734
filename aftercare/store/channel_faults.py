"""Ways out over which nothing arrives."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.addresses import ChannelName
from aftercare.model.ledger import ChannelFault
from aftercare.store.rows import many, one

_SQL = queries("channel_faults")

Way = tuple[ChannelName, UUID | None]  # a channel, or one webhook of several


async def failed(
    db: Connection, clinic_id: UUID, way: Way, fault_id: UUID, now: datetime, answer: str, stale: datetime
) -> ChannelFault:
    """Count a failure; a fault not told of whose last failure is before `stale` begins anew."""
    row = await db.fetchrow(_SQL["failed"], clinic_id, fault_id, *way, now, answer, stale)
    found = one(ChannelFault, row)
    assert found is not None  # noqa: S101 - inserted or updated, the row is returned
    return found


async def lost(
    db: Connection,
    clinic_id: UUID,
    way: Way,
    fault_id: UUID,
    now: datetime,
    answer: str,
    why: Literal["retired", "no_address"],
) -> UUID:
    """The way is gone until somebody puts it right; the fault's id."""
    made: UUID = await db.fetchval(_SQL["lost"], clinic_id, fault_id, *way, now, answer, why)
    return made


async def worked(db: Connection, clinic_id: UUID, way: Way, now: datetime) -> UUID | None:
    """It works; the fault that ends with that, if the admins were told of one."""
    ended: UUID | None = await db.fetchval(_SQL["worked"], clinic_id, *way, now)
    return ended


async def lock(db: Connection, clinic_id: UUID, fault_id: UUID) -> ChannelFault | None:
    """A fault, which nobody else can change until the transaction ends."""
    return one(ChannelFault, await db.fetchrow(_SQL["lock"], clinic_id, fault_id))


async def told(db: Connection, clinic_id: UUID, fault_id: UUID, now: datetime) -> None:
    """The admins were told of it."""
    await db.execute(_SQL["told"], clinic_id, fault_id, now)


async def told_end(db: Connection, clinic_id: UUID, fault_id: UUID, now: datetime) -> None:
    """The admins were told that it is over."""
    await db.execute(_SQL["told_end"], clinic_id, fault_id, now)


async def standing(db: Connection, clinic_id: UUID, lately: datetime) -> list[ChannelFault]:
    """What goes on and was told of; that staff have no address for a channel only if it came up since `lately`."""
    return many(ChannelFault, await db.fetch(_SQL["standing"], clinic_id, lately))


async def staff_have(db: Connection, clinic_id: UUID, channel: ChannelName) -> bool:
    """Whether any active staff member has an address for a channel."""
    have: bool = await db.fetchval(_SQL["staff_have"], clinic_id, channel)
    return have
