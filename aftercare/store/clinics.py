"""Clinics and the directory that finds them."""

from datetime import datetime
from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.clinic import ClinicSettingsDraft
from aftercare.model.people import Clinic, ClinicDraft
from aftercare.store.rows import one

_SQL = queries("clinics")


async def create(db: Connection, clinic_id: UUID, draft: ClinicDraft, now: datetime) -> None:
    """Add the clinic itself."""
    await db.execute(
        _SQL["create"], clinic_id, draft.name, draft.time_zone, draft.country, draft.language, draft.phone,
        draft.urgent_care, draft.openings, draft.private_webhook_hosts, now,
    )  # fmt: skip


async def name_in_directory(db: Connection, handle: str, clinic_id: UUID) -> bool:
    """Take the handle; False if another clinic has it."""
    return await db.fetchval(_SQL["name_in_directory"], clinic_id, handle) is not None


async def find(db: Connection, handle: str) -> UUID | None:
    """The clinic of a handle. The only look-up that knows no clinic yet."""
    found: UUID | None = await db.fetchval(_SQL["find"], handle)
    return found


async def get(db: Connection, clinic_id: UUID) -> Clinic | None:
    """The clinic, if it exists and is ours."""
    return one(Clinic, await db.fetchrow(_SQL["get"], clinic_id))


async def opened_at(db: Connection, clinic_id: UUID) -> datetime | None:
    """Since when there is this clinic; None if there is none."""
    at: datetime | None = await db.fetchval(_SQL["opened_at"], clinic_id)
    return at


async def put(db: Connection, clinic_id: UUID, version: int, draft: ClinicSettingsDraft) -> int | None:
    """Write the settings over a version; the new version, or None if someone was quicker."""
    made: int | None = await db.fetchval(
        _SQL["put"], clinic_id, version, draft.name, draft.phone, draft.urgent_care, draft.openings, draft.holidays
    )  # fmt: skip
    return made


async def patients_on_the_clock(db: Connection, clinic_id: UUID) -> list[UUID]:
    """Whose alerts have a clock that counts opening hours, in the order in which they are locked."""
    return [row["patient_id"] for row in await db.fetch(_SQL["patients_on_the_clock"], clinic_id)]
