"""The follow-up log and what comes next."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.follow_ups import FollowUp, NextStep
from aftercare.model.words import Tier
from aftercare.store.rows import many, one

_SQL = queries("follow_ups")


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """A next step that nobody has done: how urgent its alert is, and who answers for it."""

    follow_up_id: UUID
    alert_id: UUID
    tier: Tier
    staff_id: UUID | None


async def add(db: Connection, clinic_id: UUID, patient_id: UUID, row: FollowUp) -> bool:
    """Keep what was done; False if this id was there before."""
    added = await db.fetchval(
        _SQL["add"], clinic_id, patient_id, row.follow_up_id, row.alert_id, row.at, row.kind, row.staff_id, row.text,
        row.outcome, row.until, row.happened_at, row.advised, row.visit_on, row.next_step, row.next_on,
        row.script_version, list(row.checked),
    )  # fmt: skip
    return added is not None


async def get(db: Connection, clinic_id: UUID, follow_up_id: UUID) -> FollowUp | None:
    """One line of the log."""
    return one(FollowUp, await db.fetchrow(_SQL["get"], clinic_id, follow_up_id))


async def of_alerts(db: Connection, clinic_id: UUID, alert_ids: list[UUID]) -> list[FollowUp]:
    """What was done to alerts, in order of time."""
    return many(FollowUp, await db.fetch(_SQL["of_alerts"], clinic_id, alert_ids))


async def of_patient(db: Connection, clinic_id: UUID, patient_id: UUID, limit: int) -> list[FollowUp]:
    """What was done for a patient, the newest first."""
    return many(FollowUp, await db.fetch(_SQL["of_patient"], clinic_id, patient_id, limit))


async def done(
    db: Connection, clinic_id: UUID, alert_id: UUID, follow_up_id: UUID, at: datetime, by: UUID
) -> UUID | None:
    """Write that a next step is done; whose it is, or None if there is none to do."""
    patient_id: UUID | None = await db.fetchval(_SQL["done"], clinic_id, alert_id, follow_up_id, at, by)
    return patient_id


async def not_done(db: Connection, clinic_id: UUID, alert_id: UUID, follow_up_id: UUID) -> UUID | None:
    """Take that back; whose it is, or None if it was not done."""
    patient_id: UUID | None = await db.fetchval(_SQL["not_done"], clinic_id, alert_id, follow_up_id)
    return patient_id


async def next_steps(
    db: Connection,
    clinic_id: UUID,
    *,
    after: tuple[date, UUID],
    days: tuple[date, date],
    of: UUID | None,
    limit: int,
) -> list[NextStep]:
    """What is not done yet and falls between two days (both included), by day; of one staff member, or of everyone."""
    return many(NextStep, await db.fetch(_SQL["next_steps"], clinic_id, *after, *days, of, limit))


async def count_due(db: Connection, clinic_id: UUID, today: date) -> int:
    """How many next steps are due today or overdue."""
    count: int = await db.fetchval(_SQL["count_due"], clinic_id, today)
    return count


async def undone(db: Connection, clinic_id: UUID, follow_up_id: UUID) -> Undone | None:
    """A next step that is still to be done."""
    return one(Undone, await db.fetchrow(_SQL["undone"], clinic_id, follow_up_id))
