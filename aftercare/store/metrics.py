"""What processes have counted, and how much is due. Across clinics: numbers, instants and names of ours."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.store.rows import many, one

_SQL = queries("metrics")
_BETWEEN = "\x1f"  # arrays of arrays do not travel
ENDED = UUID(int=0)  # whose name stands for all processes that ended
MOST = 10_000  # what is counted one by one is counted up to here


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """What one process has counted of one thing."""

    metric: str
    labels: tuple[str, ...]
    process_id: UUID
    value: float
    counted_at: datetime


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """Due work of one kind and urgency."""

    kind: str
    urgency: int
    count: int
    oldest: datetime


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How many of a clinic's alerts (tier; open or late) or deliveries (channel; state) stand."""

    clinic_id: UUID
    what: str
    first: str
    second: str
    count: int


class Unsealed(msgspec.Struct, frozen=True, kw_only=True):
    """Audit entries that have no number yet."""

    count: int
    oldest: datetime | None


async def keep(
    db: Connection, process_id: UUID, now: datetime, values: Mapping[tuple[str, tuple[str, ...]], float]
) -> None:
    """Write what a process has counted by now."""
    rows = [(metric, _BETWEEN.join(labels), value) for (metric, labels), value in sorted(values.items())]
    await db.execute(_SQL["keep"], process_id, now, *(list(column) for column in zip(*rows, strict=True)))


async def counted(db: Connection) -> list[Count]:
    """What all processes have counted."""
    return many(Count, await db.fetch(_SQL["counted"]))


async def fold(db: Connection, before: datetime, standing: Sequence[str]) -> None:
    """Add up what processes counted that have not written since; how they stood is forgotten."""
    await db.execute(_SQL["fold"], ENDED, before, list(standing))


async def due(db: Connection, now: datetime) -> list[Due]:
    """What is due and not held, up to MOST of each."""
    return many(Due, await db.fetch(_SQL["due"], now, MOST))


async def standing_everywhere(db: Connection, now: datetime) -> list[Standing]:
    """What stands in each clinic."""
    return many(Standing, await db.fetch(_SQL["standing_everywhere"], now))


async def unsealed(db: Connection) -> Unsealed:
    """What waits for the sealer, up to MOST."""
    found = one(Unsealed, await db.fetchrow(_SQL["unsealed"], MOST))
    return found or Unsealed(count=0, oldest=None)
