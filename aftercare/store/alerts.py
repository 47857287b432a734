"""Alerts with their findings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.alerts import Alert, Fate
from aftercare.model.findings import Finding
from aftercare.model.messages import TierCount
from aftercare.model.words import AlertState, Tier
from aftercare.store.rows import many, one

_SQL = queries("alerts")
_FIXED = {"id", "episode_id", "code", "raised_at"}
_MUTABLE = tuple(field for field in Alert.__struct_fields__ if field not in _FIXED)


class PatientAlert(Alert, frozen=True, kw_only=True):
    """An alert with whose it is."""

    patient_id: UUID


class FindingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with what became of it."""

    finding_id: UUID
    alert_id: UUID
    check_in_id: UUID | None
    at: datetime
    fate: Fate
    fate_reason: str
    finding: Finding


def _columns(alert: Alert, fields: tuple[str, ...]) -> list[Any]:
    return [getattr(alert, field) for field in fields]


async def insert(db: Connection, clinic_id: UUID, patient_id: UUID, alert: Alert) -> None:
    """Add an alert."""
    await db.execute(_SQL["insert"], clinic_id, patient_id, *_columns(alert, Alert.__struct_fields__))


async def update(db: Connection, clinic_id: UUID, alert: Alert) -> None:
    """Write what an alert has become."""
    await db.execute(_SQL["update"], clinic_id, alert.id, *_columns(alert, _MUTABLE))


async def of_patient(db: Connection, clinic_id: UUID, patient_id: UUID) -> list[Alert]:
    """All alerts of a patient, the newest first."""
    return many(Alert, await db.fetch(_SQL["of_patient"], clinic_id, patient_id))


async def get(db: Connection, clinic_id: UUID, alert_id: UUID) -> PatientAlert | None:
    """One alert."""
    return one(PatientAlert, await db.fetchrow(_SQL["get"], clinic_id, alert_id))


async def patient_of(db: Connection, clinic_id: UUID, alert_id: UUID) -> UUID | None:
    """Whose alert it is."""
    found: UUID | None = await db.fetchval(_SQL["patient_of"], clinic_id, alert_id)
    return found


async def triage(
    db: Connection, clinic_id: UUID, *, owner: UUID | None, unowned: bool, limit: int, offset: int
) -> list[PatientAlert]:
    """Unresolved alerts: what still waits before what is in hand, then by tier and deadline; of one owner, or of nobody."""
    rows = await db.fetch(_SQL["triage"], clinic_id, owner, unowned, limit, offset)
    return many(PatientAlert, rows)


async def unresolved_of_several(
    db: Connection, clinic_id: UUID, patient_ids: list[UUID]
) -> list[PatientAlert]:
    """Unresolved alerts of several patients."""
    return many(PatientAlert, await db.fetch(_SQL["unresolved_of_several"], clinic_id, patient_ids))


async def count_urgent(db: Connection, clinic_id: UUID) -> int:
    """How many unresolved alerts of `same_day` and above there are."""
    count: int = await db.fetchval(_SQL["count_urgent"], clinic_id)
    return count


async def open_by_tier(db: Connection, clinic_id: UUID) -> tuple[TierCount, ...]:
    """How many unresolved alerts there are of each tier that has any, the most urgent first."""
    return tuple(many(TierCount, await db.fetch(_SQL["open_by_tier"], clinic_id)))


async def in_hand_of(db: Connection, clinic_id: UUID, staff_id: UUID) -> list[UUID]:
    """The patients of whom somebody has an alert and whom they have not reached."""
    return [row["patient_id"] for row in await db.fetch(_SQL["in_hand_of"], clinic_id, staff_id)]


class Owned(TierCount, frozen=True, kw_only=True):
    """How many unresolved alerts of a tier somebody has whose patient they have reached, or have yet to reach."""

    owner: UUID
    reached: bool


async def owned(db: Connection, clinic_id: UUID) -> list[Owned]:
    """What each staff member has, the most urgent first."""
    return many(Owned, await db.fetch(_SQL["owned"], clinic_id))


async def add_findings(db: Connection, clinic_id: UUID, rows: Sequence[FindingRow]) -> None:
    """Keep findings as they were."""
    columns = [
        (row.finding_id, row.alert_id, row.check_in_id, row.at, row.fate, row.fate_reason, row.finding)
        for row in rows
    ]
    if columns:
        await db.execute(_SQL["add_findings"], clinic_id, *zip(*columns, strict=True))


async def findings_of(db: Connection, clinic_id: UUID, alert_ids: list[UUID]) -> list[FindingRow]:
    """The findings of alerts, in order of time."""
    return many(FindingRow, await db.fetch(_SQL["findings_of"], clinic_id, alert_ids))


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How urgent an alert is and where it stands."""

    id: UUID
    tier: Tier
    state: AlertState


async def tiers_of(db: Connection, clinic_id: UUID, alert_ids: list[UUID]) -> dict[UUID, Standing]:
    """Tier and state of alerts by id; an id that is no alert is left out."""
    rows = await db.fetch(_SQL["tiers_of"], clinic_id, alert_ids)
    return {found.id: found for found in many(Standing, rows)}
