"""A clinic's rule packs, and what the one in shadow would have said."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.rule_packs import Muted, MutedCount, PackInUse, PackState, RulePackRecord
from aftercare.store.rows import many, one

_SQL = queries("rule_packs")


async def create(db: Connection, clinic_id: UUID, pack: RulePackRecord, digest: bytes) -> None:
    """Add a pack."""
    await db.execute(
        _SQL["create"], clinic_id, pack.number, pack.pack_id, pack.base, pack.changes, digest, pack.state, pack.note,
        pack.created_by, pack.created_at, pack.released_by, pack.released_at,
    )  # fmt: skip


async def hold(db: Connection, clinic_id: UUID) -> list[RulePackRecord]:
    """Every pack of the clinic, by number, locked until the transaction ends.

    The lock is a statement of its own: what is read after it has what the one before us added.
    """
    await db.execute(_SQL["lock"], clinic_id)
    return many(RulePackRecord, await db.fetch(_SQL["every"], clinic_id))


async def get(db: Connection, clinic_id: UUID, number: int) -> RulePackRecord | None:
    """One pack."""
    return one(RulePackRecord, await db.fetchrow(_SQL["get"], clinic_id, number))


async def page(
    db: Connection, clinic_id: UUID, before: tuple[datetime, UUID], limit: int
) -> list[RulePackRecord]:
    """The packs made before a place, the newest first."""
    return many(RulePackRecord, await db.fetch(_SQL["page"], clinic_id, *before, limit))


async def in_use(db: Connection, clinic_id: UUID) -> list[PackInUse]:
    """The packs that judge: the live one and the one in shadow, where there are such."""
    return many(PackInUse, await db.fetch(_SQL["in_use"], clinic_id))


async def edit(
    db: Connection,
    clinic_id: UUID,
    number: int,
    changes: dict[str, Any],
    digest: bytes,
    note: str,
    by: UUID | None,
    at: datetime,
    *,
    version: int,
) -> bool:
    """Write a draft over the version that was read; False if it is another by now, or no draft any more."""
    done: str = await db.execute(_SQL["edit"], clinic_id, number, changes, digest, note, by, at, version)
    return done == "UPDATE 1"


async def set_state(
    db: Connection,
    clinic_id: UUID,
    number: int,
    state: PackState,
    *,
    at: datetime,
    released_by: UUID | None = None,
) -> None:
    """Change what a pack does."""
    released_at = at if state is PackState.LIVE else None
    retired_at = at if state is PackState.RETIRED else None
    await db.execute(_SQL["set_state"], clinic_id, number, state, released_by, released_at, retired_at)


async def mute(db: Connection, clinic_id: UUID, muted: Sequence[Muted]) -> None:
    """Count what was not told, once for the same evidence."""
    columns = zip(
        *(
            (uuid7(), m.number, m.episode_id, m.patient_id, m.check_in_id, m.code, m.row, m.tier, m.at)
            for m in muted
        ),
        strict=True,
    )
    await db.execute(_SQL["mute"], clinic_id, *map(list, columns))


async def muted_counts(db: Connection, clinic_id: UUID, number: int, since: datetime) -> list[MutedCount]:
    """How often each row of a pack in shadow would have spoken, the most frequent first."""
    return many(MutedCount, await db.fetch(_SQL["muted_counts"], clinic_id, number, since))
