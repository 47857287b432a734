"""What people asked for about when and how they hear."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.addresses import ChannelName
from aftercare.model.me_page import TestOutcome
from aftercare.model.preferences import (
    PatientPreferences,
    PatientPreferencesDraft,
    StaffPreferences,
    StaffPreferencesDraft,
)
from aftercare.store.rows import many, one

_SQL = queries("preferences")


async def of_staff(db: Connection, clinic_id: UUID, staff_id: UUID) -> StaffPreferences:
    """A staff member's; the shipped ones where nothing was asked for."""
    return (
        one(StaffPreferences, await db.fetchrow(_SQL["of_staff"], clinic_id, staff_id)) or StaffPreferences()
    )


async def put_of_staff(
    db: Connection,
    clinic_id: UUID,
    staff_id: UUID,
    draft: StaffPreferencesDraft,
    version: int,
    now: datetime,
) -> bool:
    """Write over a version; False if someone was quicker."""
    made = await db.fetchval(
        _SQL["put_of_staff"], clinic_id, staff_id, draft.time_zone, draft.quiet, draft.muted, draft.digest_at,
        now, version,
    )  # fmt: skip
    return made is not None


async def of_patient(db: Connection, clinic_id: UUID, patient_id: UUID) -> PatientPreferences:
    """A patient's; the shipped ones where nothing was asked for."""
    row = await db.fetchrow(_SQL["of_patient"], clinic_id, patient_id)
    return PatientPreferences() if row is None else _as_patients(row)


async def put_of_patient(
    db: Connection,
    clinic_id: UUID,
    patient_id: UUID,
    draft: PatientPreferencesDraft,
    version: int,
    by: UUID | None,
    now: datetime,
) -> bool:
    """Write over a version; False if someone was quicker."""
    quiet = draft.quiet
    made = await db.fetchval(
        _SQL["put_of_patient"], clinic_id, patient_id, draft.reminder_at, quiet and quiet.starts,
        quiet and quiet.ends, now, by, version,
    )  # fmt: skip
    return made is not None


def _as_patients(row: asyncpg.Record) -> PatientPreferences:
    found = dict(row)
    starts, ends = found.pop("quiet_from"), found.pop("quiet_to")
    quiet = None if starts is None else {"starts": starts, "ends": ends}
    return msgspec.convert({**found, "quiet": quiet}, PatientPreferences)


async def tests_of(
    db: Connection, clinic_id: UUID, staff_id: UUID, since: datetime
) -> dict[tuple[ChannelName, UUID | None], TestOutcome]:
    """What became of the newest test over each way that somebody tried since an instant."""
    found = many(TestOutcome, await db.fetch(_SQL["tests_of"], clinic_id, staff_id, since))
    return {(one.channel, one.address_id): one for one in found}
