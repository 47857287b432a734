"""The audit: entries without a number, then their numbers and chain."""

from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.audit import AuditEntry
from aftercare.store.rows import many

_SQL = queries("audit")


async def record(db: Connection, clinic_id: UUID, *entries: AuditEntry) -> None:
    """Add entries in the transaction that causes them."""
    rows = [
        (
            entry.entry_id, entry.at, entry.actor_kind, entry.actor_id, entry.action, entry.patient_id,
            entry.subject_id, entry.detail_hash,
        )
        for entry in entries
    ]  # fmt: skip
    if rows:
        await db.execute(_SQL["record"], clinic_id, *zip(*rows, strict=True))


async def clinics_to_seal(db: Connection) -> list[UUID]:
    """The clinics with unsealed entries. Across clinics: the worker's."""
    return [row["clinic_id"] for row in await db.fetch(_SQL["clinics_to_seal"])]


async def lock_head(db: Connection, clinic_id: UUID) -> tuple[int, bytes]:
    """(number, chain) of the newest sealed entry; no one else seals this clinic until the end of the transaction."""
    rows = await db.fetch(_SQL["lock_head"], clinic_id)
    return rows[0]["number"], rows[0]["chain"]


async def head(db: Connection, clinic_id: UUID) -> tuple[int, bytes]:
    """(number, chain) of the newest sealed entry, to compare with; (0, b"") before the first."""
    rows = await db.fetch(_SQL["head"], clinic_id)
    return (rows[0]["number"], rows[0]["chain"]) if rows else (0, b"")


async def unsealed(db: Connection, clinic_id: UUID, limit: int) -> list[AuditEntry]:
    """Entries without a number, in the order in which they were made."""
    return many(AuditEntry, await db.fetch(_SQL["unsealed"], clinic_id, limit))


async def seal(db: Connection, clinic_id: UUID, links: list[tuple[UUID, int, bytes]], channel: str) -> None:
    """Number and chain entries, move the head to the last of them, and say so on a channel when that is committed."""
    ids, numbers, chains = (list(column) for column in zip(*links, strict=True))
    await db.execute(_SQL["seal"], clinic_id, ids, numbers, chains, numbers[-1], chains[-1], channel)


async def sealed_after(db: Connection, clinic_id: UUID, number: int, limit: int) -> list[AuditEntry]:
    """Sealed entries after a number, in order."""
    return many(AuditEntry, await db.fetch(_SQL["sealed_after"], clinic_id, number, limit))


async def newest_number(db: Connection, clinic_id: UUID) -> int:
    """The newest number, 0 before the first."""
    number: int = await db.fetchval(_SQL["newest_number"], clinic_id)
    return number
