"""Workers that beat, and the times in which none did. Across clinics: ids and instants."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.alerts.heartbeat import Outage, Seen
from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.views import Standstill
from aftercare.store.due_work import URGENT
from aftercare.store.rows import many, one

_SQL = queries("heartbeat")
_LOOKING = 0x6C6F6F6B696E67  # any constant does, as long as nothing else in the database uses it


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """When a worker last asked for one kind of work, and when it last got some."""

    kind: str
    looked_at: datetime | None
    claimed_at: datetime | None


class Kind(Looked, frozen=True, kw_only=True):
    """The same of all workers."""

    workers: int
    beat_at: datetime


async def beat(
    db: Connection, worker_id: UUID, started_at: datetime, now: datetime, lines: Sequence[Looked]
) -> None:
    """A worker lives."""
    rows = zip(*((line.kind, line.looked_at, line.claimed_at) for line in lines), strict=True)
    await db.execute(_SQL["beat"], worker_id, started_at, now, *rows)


async def bury(db: Connection, before: datetime) -> None:
    """Forget workers that have not beaten since."""
    await db.execute(_SQL["bury"], before)


async def kinds(db: Connection, since: datetime) -> list[Kind]:
    """Each kind of work, with how many workers that have beaten since an instant do it."""
    return many(Kind, await db.fetch(_SQL["kinds"], since))


async def newest_beat(db: Connection, latest: datetime) -> datetime | None:
    """When a worker last beat, at the latest at an instant; None if none did."""
    at: datetime | None = await db.fetchval(_SQL["newest_beat"], latest)
    return at


async def alone(db: Connection) -> bool:
    """Take the lock of whoever looks, for as long as the connection keeps it; False if another has it."""
    return bool(await db.fetchval(_SQL["alone"], _LOOKING))


async def together(db: Connection) -> None:
    """Give the lock back."""
    await db.fetchval(_SQL["together"], _LOOKING)


async def oldest_urgent(db: Connection) -> datetime | None:
    """When the oldest of all urgent work falls or fell due; what somebody holds is due when their lease ends."""
    at: datetime | None = await db.fetchval(_SQL["oldest_urgent"], list(URGENT))
    return at


async def behind(db: Connection, before: datetime) -> list[UUID]:
    """Clinics whose urgent work fell due before an instant and is held by nobody."""
    return [row["clinic_id"] for row in await db.fetch(_SQL["behind"], list(URGENT), before)]


async def clinics(db: Connection) -> list[UUID]:
    """Every clinic."""
    return [row["clinic_id"] for row in await db.fetch(_SQL["clinics"])]


async def standing(db: Connection) -> Outage | None:
    """The outage that is not over, if there is one."""
    return one(Outage, await db.fetchrow(_SQL["standing"]))


async def standstill(db: Connection, clinic_id: UUID) -> Standstill | None:
    """What a clinic is told of the outage, from when it was told until work goes on; None if nothing."""
    return one(Standstill, await db.fetchrow(_SQL["standstill"], clinic_id))


async def unsent(db: Connection, clinic_id: UUID, what: str) -> list[UUID]:
    """A clinic's letters about something that have not left yet."""
    return [row["delivery_id"] for row in await db.fetch(_SQL["unsent"], clinic_id, what)]


async def notice(db: Connection, outage_id: UUID, seen: Seen, now: datetime) -> None:
    """Begin an outage."""
    await db.execute(_SQL["notice"], outage_id, seen.fault, seen.since, now)


async def write(db: Connection, outage: Outage, ended_at: datetime | None = None) -> None:
    """Write where an outage stands."""
    await db.execute(_SQL["write"], outage.outage_id, outage.told_at, outage.well_at, ended_at)


async def forget(db: Connection, outage_id: UUID) -> None:
    """It was none; nobody was told."""
    await db.execute(_SQL["forget"], outage_id)


async def told(db: Connection, clinic_id: UUID, what: str) -> bool:
    """Whether a clinic was told of something."""
    return bool(await db.fetchval(_SQL["told"], clinic_id, what))


async def take(
    db: Connection, clinic_id: UUID, kind: str, subject_id: UUID, now: datetime, lease_ends: datetime
) -> int | None:
    """Claim one piece of due work, whatever stands before it: the fence of the claim, None if there is nothing to claim."""
    fence: int | None = await db.fetchval(_SQL["take"], clinic_id, kind, subject_id, now, lease_ends)
    return fence


async def waits(db: Connection, clinic_id: UUID, kind: str, subject_id: UUID) -> bool:
    """Whether a piece of work is still to be done, now or later."""
    return bool(await db.fetchval(_SQL["waits"], clinic_id, kind, subject_id))
