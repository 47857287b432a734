"""Staff and their sign-ins."""

from datetime import datetime
from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.people import StaffMember
from aftercare.model.words import Role
from aftercare.store.rows import many, one

_SQL = queries("staff")


class Credentials(StaffMember, frozen=True, kw_only=True):
    """A staff member with the hash that a password must fit."""

    password_hash: str


async def create(
    db: Connection, clinic_id: UUID, member: StaffMember, password_hash: str, now: datetime
) -> bool:
    """Add a staff member; False if the e-mail is taken in this clinic."""
    made = await db.fetchval(
        _SQL["create"], clinic_id, member.staff_id, member.email, member.name, member.role, password_hash, now
    )
    return made is not None


async def get(db: Connection, clinic_id: UUID, staff_id: UUID) -> StaffMember | None:
    """One staff member, disabled ones too."""
    return one(StaffMember, await db.fetchrow(_SQL["get"], clinic_id, staff_id))


async def all_active(db: Connection, clinic_id: UUID, role: Role | None = None) -> list[StaffMember]:
    """Everyone who works here, by name; of one role if asked."""
    members = many(StaffMember, await db.fetch(_SQL["all_active"], clinic_id))
    return [member for member in members if role is None or member.role is role]


async def credentials(db: Connection, clinic_id: UUID, email: str) -> Credentials | None:
    """Whom an e-mail (lower case) belongs to."""
    return one(Credentials, await db.fetchrow(_SQL["credentials"], clinic_id, email))


async def open_sign_in(
    db: Connection, clinic_id: UUID, token_hash: bytes, staff_id: UUID, now: datetime, expires_at: datetime
) -> None:
    """Keep a sign-in."""
    await db.execute(_SQL["open_sign_in"], clinic_id, token_hash, staff_id, now, expires_at)


async def sign_in_holder(
    db: Connection, clinic_id: UUID, token_hash: bytes, now: datetime
) -> StaffMember | None:
    """Who is signed in with this token, if it still holds. A transaction of its own."""
    return one(StaffMember, await db.fetchrow(_SQL["sign_in_holder"], clinic_id, token_hash, now))


async def close_sign_in(db: Connection, clinic_id: UUID, token_hash: bytes) -> None:
    """End a sign-in at once."""
    await db.execute(_SQL["close_sign_in"], clinic_id, token_hash)


async def several(db: Connection, clinic_id: UUID, staff_ids: list[UUID]) -> dict[UUID, StaffMember]:
    """Staff members by id, disabled ones too: what they did keeps their name."""
    rows = await db.fetch(_SQL["several"], clinic_id, staff_ids)
    return {member.staff_id: member for member in many(StaffMember, rows)}
