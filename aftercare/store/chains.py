"""Escalation chains that a clinic wrote."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.chains import EscalationChain, Step
from aftercare.model.words import Tier
from aftercare.store.rows import many

_SQL = queries("chains")


async def of_clinic(db: Connection, clinic_id: UUID) -> dict[Tier, EscalationChain]:
    """The chains that the clinic wrote; a tier that is left out has the shipped one."""
    return {one.tier: one for one in many(EscalationChain, await db.fetch(_SQL["of_clinic"], clinic_id))}


async def put(
    db: Connection, clinic_id: UUID, tier: Tier, version: int, steps: Sequence[Step], by: UUID, now: datetime
) -> bool:
    """Write a tier's chain over a version; False if someone was quicker."""
    made = await db.fetchval(_SQL["put"], clinic_id, tier, version, now, by)
    if made is None:
        return False
    await db.execute(_SQL["drop_steps"], clinic_id, tier)
    await db.execute(
        _SQL["add_steps"], clinic_id, tier, [one.tells for one in steps], [one.role for one in steps],
        [one.staff_id for one in steps], [one.rota_id for one in steps],
    )  # fmt: skip
    return True
