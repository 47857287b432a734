"""Check-ins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.audit import AuditEntry
from aftercare.model.check_ins import Kept, KeptOf
from aftercare.store.rows import many, one

_SQL = queries("check_ins")


class NewRow(msgspec.Struct, frozen=True):
    """A check-in with the digest of its content and the answer that it was given."""

    kept: Kept
    digest: bytes
    answer: Any


async def keep(
    db: Connection, clinic_id: UUID, patient_id: UUID, installation_id: UUID | None, rows: Sequence[NewRow],
    entries: Sequence[AuditEntry],
) -> None:  # fmt: skip
    """Keep check-ins with their audit entries, one for each in the same order, in one round trip."""
    columns = zip(
        *(
            (
                kept.check_in_id, kept.instrument, kept.recorded_at, kept.received_at, kept.judged_at, kept.said_day,
                kept.time_zone, kept.answered_by, kept.staff_id, kept.supersedes, kept.unscheduled, kept.answers,
                kept.set_aside, digest, answer, entry.entry_id, entry.detail_hash,
            )
            for (kept, digest, answer), entry in zip(map(msgspec.structs.astuple, rows), entries, strict=True)
        ),
        strict=True,
    )  # fmt: skip
    first = entries[0]
    await db.execute(
        _SQL["keep"], clinic_id, patient_id, installation_id, first.at, first.actor_kind, first.actor_id, first.action,
        *columns,
    )  # fmt: skip


async def get(db: Connection, clinic_id: UUID, patient_id: UUID, check_in_id: UUID) -> Kept | None:
    """One check-in of one patient."""
    return one(Kept, await db.fetchrow(_SQL["get"], clinic_id, patient_id, check_in_id))


async def since(db: Connection, clinic_id: UUID, patient_id: UUID, start: datetime) -> list[Kept]:
    """The patient's check-ins from an instant on, in the order in which they are judged."""
    return many(Kept, await db.fetch(_SQL["since"], clinic_id, patient_id, start))


async def since_of_several(
    db: Connection, clinic_id: UUID, patient_ids: list[UUID], start: datetime
) -> list[KeptOf]:
    """The same for several patients at once, patient by patient."""
    return many(KeptOf, await db.fetch(_SQL["since_of_several"], clinic_id, patient_ids, start))


async def page(
    db: Connection, clinic_id: UUID, patient_id: UUID, before: tuple[datetime, UUID], limit: int
) -> list[Kept]:
    """The newest check-ins before a place in the list."""
    return many(Kept, await db.fetch(_SQL["page"], clinic_id, patient_id, *before, limit))


async def since_each(
    db: Connection, clinic_id: UUID, starts: dict[UUID, datetime], limit: int
) -> list[KeptOf]:
    """For each patient the newest check-ins from their own instant on, patient by patient in the order of judging."""
    rows = await db.fetch(_SQL["since_each"], clinic_id, list(starts), list(starts.values()), limit)
    return many(KeptOf, rows)


async def newest_each(db: Connection, clinic_id: UUID, patient_ids: list[UUID]) -> dict[UUID, datetime]:
    """When each patient was last heard, of those who ever were."""
    rows = await db.fetch(_SQL["newest_each"], clinic_id, patient_ids)
    return {row["patient_id"]: row["judged_at"] for row in rows}


async def answers_to(
    db: Connection, clinic_id: UUID, patient_id: UUID, check_in_ids: list[UUID]
) -> dict[UUID, dict[str, Any]]:
    """What a patient was answered at once, by check-in."""
    rows = await db.fetch(_SQL["answers_to"], clinic_id, patient_id, check_in_ids)
    return {row["check_in_id"]: row["answer"] for row in rows}
