"""Rotas with their people and overrides, and the gaps that the last look found."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.rotas import Gap, Override, Rota, RotaDraft
from aftercare.store.rows import many

_SQL = queries("rotas")


async def of_clinic(db: Connection, clinic_id: UUID, now: datetime) -> list[Rota]:
    """Every rota with the overrides that are not over, the default one first."""
    return many(Rota, await db.fetch(_SQL["of_clinic"], clinic_id, now))


async def count(db: Connection, clinic_id: UUID) -> int:
    """How many rotas there are."""
    found: int = await db.fetchval(_SQL["count"], clinic_id)
    return found


async def lock(db: Connection, clinic_id: UUID) -> None:
    """Wait for other changes of this clinic's rotas and hours, and have the others wait."""
    await db.execute(_SQL["lock"], clinic_id)


async def insert(
    db: Connection, clinic_id: UUID, rota_id: UUID, draft: RotaDraft, by: UUID, now: datetime
) -> bool:
    """Add a rota; False if another has its name."""
    made = await db.fetchval(
        _SQL["insert"], clinic_id, rota_id, draft.name, draft.hand_over, draft.every_days, draft.starts_on, draft.windows,
        draft.is_default, now, by,
    )  # fmt: skip
    if made is not None:
        await db.execute(_SQL["add_participants"], clinic_id, rota_id, draft.participants)
    return made is not None


async def put(
    db: Connection, clinic_id: UUID, rota_id: UUID, version: int, draft: RotaDraft, by: UUID, now: datetime
) -> bool:
    """Write a rota over a version; False if someone was quicker, or there is none."""
    made = await db.fetchval(
        _SQL["put"], clinic_id, rota_id, version, draft.name, draft.hand_over, draft.every_days, draft.starts_on,
        draft.windows, draft.is_default, now, by,
    )  # fmt: skip
    if made is not None:
        await db.execute(_SQL["drop_participants"], clinic_id, rota_id)
        await db.execute(_SQL["add_participants"], clinic_id, rota_id, draft.participants)
    return made is not None


async def only_default(db: Connection, clinic_id: UUID, rota_id: UUID) -> None:
    """No other rota is the default one."""
    await db.execute(_SQL["only_default"], clinic_id, rota_id)


async def drop(db: Connection, clinic_id: UUID, rota_id: UUID) -> bool:
    """Remove a rota with its overrides; False if there is none."""
    return await db.fetchval(_SQL["drop"], clinic_id, rota_id) is not None


async def add_override(db: Connection, clinic_id: UUID, rota_id: UUID, one: Override) -> None:
    """Lay an override over a rota."""
    await db.execute(
        _SQL["add_override"], clinic_id, rota_id, one.override_id, one.starts_at, one.ends_at, one.staff_id, one.reason,
        one.made_at, one.made_by,
    )  # fmt: skip


async def drop_override(db: Connection, clinic_id: UUID, rota_id: UUID, override_id: UUID) -> bool:
    """Take an override away; False if there is none."""
    return await db.fetchval(_SQL["drop_override"], clinic_id, rota_id, override_id) is not None


async def gaps(db: Connection, clinic_id: UUID, now: datetime) -> list[Gap]:
    """The gaps that the last look found and that are not over, in order."""
    return many(Gap, await db.fetch(_SQL["gaps"], clinic_id, now))


async def put_gaps(db: Connection, clinic_id: UUID, found: Sequence[Gap]) -> None:
    """Keep what a look found instead of what the one before did."""
    await db.execute(_SQL["drop_gaps"], clinic_id)
    if found:
        await db.execute(
            _SQL["add_gaps"], clinic_id, [one.starts_at for one in found], [one.ends_at for one in found]
        )


async def on_duty(db: Connection, clinic_id: UUID) -> set[UUID]:
    """Who was on call at the last look."""
    return {row["staff_id"] for row in await db.fetch(_SQL["on_duty"], clinic_id)}


async def is_on_duty(db: Connection, clinic_id: UUID, staff_id: UUID) -> bool:
    """Whether somebody was on call at the last look."""
    found: bool = await db.fetchval(_SQL["is_on_duty"], clinic_id, staff_id)
    return found


async def put_on_duty(db: Connection, clinic_id: UUID, duty: Collection[UUID], now: datetime) -> None:
    """Keep who is on call now; whoever was already keeps since when."""
    await db.execute(_SQL["end_duty"], clinic_id, list(duty))
    await db.execute(_SQL["begin_duty"], clinic_id, list(duty), now)
