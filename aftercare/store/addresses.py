"""Addresses besides mail, and the team that they belong to."""

from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.addresses import AddressView, Reach
from aftercare.model.clinic import OpeningHours
from aftercare.model.preferences import StaffPreferences
from aftercare.model.words import Role
from aftercare.store.rows import many

_SQL = queries("addresses")


class NewAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address of one owner, either of them; `address_hash` is SHA-256 of what tells it from others."""

    address_id: UUID
    channel: str
    address: str
    address_hash: bytes
    staff_id: UUID | None = None
    patient_id: UUID | None = None
    installation_id: UUID | None = None
    label: str = ""


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """An address that is in use, and what tells it from others."""

    address_id: UUID
    address_hash: bytes


class TeamMemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """An active staff member with what they registered."""

    staff_id: UUID
    role: Role
    registered: tuple[Reach, ...]
    preferences: StaffPreferences | None


class TeamRow(msgspec.Struct, frozen=True, kw_only=True):
    """Everyone who is active, by name, the webhooks that are sent to, and when the clinic is open."""

    members: tuple[TeamMemberRow, ...]
    hooks: tuple[UUID, ...]
    hours: OpeningHours


async def register(db: Connection, clinic_id: UUID, new: NewAddress, now: datetime) -> bool:
    """Keep an address for its owner, and for nobody else any more; False if the id is another one's."""
    await db.execute(_SQL["alone"], new.address_hash)
    await db.execute(_SQL["take"], clinic_id, new.channel, new.address_hash, new.address_id, now)
    made = await db.fetchval(
        _SQL["register"], clinic_id, new.address_id, new.channel, new.address, new.address_hash, new.staff_id,
        new.patient_id, new.installation_id, new.label, now,
    )  # fmt: skip
    return made is not None


async def in_use(db: Connection, clinic_id: UUID, address_id: UUID) -> str | None:
    """What is sent to under this id, which nobody changes until the transaction ends; None for a retired one."""
    found: str | None = await db.fetchval(_SQL["in_use"], clinic_id, address_id)
    return found


async def retire(db: Connection, clinic_id: UUID, address_id: UUID, now: datetime, why: str) -> bool:
    """Send there no more; False if that was so before."""
    return await db.fetchval(_SQL["retire"], clinic_id, address_id, now, why[:200]) is not None


async def retire_of_installation(
    db: Connection, clinic_id: UUID, installation_id: UUID, now: datetime, why: str
) -> None:
    """Send to this phone no more."""
    await db.execute(_SQL["retire_of_installation"], clinic_id, installation_id, now, why)


async def of_installation(db: Connection, clinic_id: UUID, installation_id: UUID) -> list[Registered]:
    """A phone's, without the retired ones."""
    return many(Registered, await db.fetch(_SQL["of_installation"], clinic_id, installation_id))


async def of_staff(db: Connection, clinic_id: UUID, staff_id: UUID) -> list[AddressView]:
    """A staff member's, retired ones too."""
    return many(AddressView, await db.fetch(_SQL["of_staff"], clinic_id, staff_id))


async def of_patient(db: Connection, clinic_id: UUID, patient_id: UUID) -> list[AddressView]:
    """A patient's, retired ones too."""
    return many(AddressView, await db.fetch(_SQL["of_patient"], clinic_id, patient_id))


async def reaches_of_patient(db: Connection, clinic_id: UUID, patient_id: UUID) -> list[Reach]:
    """Where a patient's phone can be reached, the newest seen first."""
    return many(Reach, await db.fetch(_SQL["reaches_of_patient"], clinic_id, patient_id))


async def team(db: Connection, clinic_id: UUID) -> TeamRow:
    """The clinic's team."""
    return msgspec.convert(await db.fetchval(_SQL["team"], clinic_id), TeamRow)
