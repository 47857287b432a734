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


class Account(StaffMember, frozen=True, kw_only=True):
    """A staff member with when they came and, if so, were disabled."""

    created_at: datetime
    disabled_at: datetime | None


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


async def all_disabled(db: Connection, clinic_id: UUID) -> list[StaffMember]:
    """Everyone who was disabled, by name."""
    return many(StaffMember, await db.fetch(_SQL["all_disabled"], clinic_id))


async def accounts(db: Connection, clinic_id: UUID) -> list[Account]:
    """Everyone who works here, by name, then everyone who was disabled."""
    return many(Account, await db.fetch(_SQL["accounts"], clinic_id))


async def by_email(db: Connection, clinic_id: UUID, email: str) -> StaffMember | None:
    """Whom an e-mail (lower case) belongs to, disabled ones too."""
    return one(StaffMember, await db.fetchrow(_SQL["by_email"], clinic_id, email))


async def lock_active(db: Connection, clinic_id: UUID, staff_ids: list[UUID]) -> set[UUID]:
    """Which of them are not disabled; ours alone until the end of the transaction."""
    return {row["staff_id"] for row in await db.fetch(_SQL["lock_active"], clinic_id, staff_ids)}


async def set_disabled(db: Connection, clinic_id: UUID, staff_id: UUID, at: datetime | None) -> bool:
    """Disable a staff member, or enable (None); False if they are that already."""
    return await db.fetchval(_SQL["set_disabled"], clinic_id, staff_id, at) is not None


async def set_password(
    db: Connection, clinic_id: UUID, staff_id: UUID, password_hash: str, *, over: str | None = None
) -> bool:
    """Another password from now on; False if there is nobody who could use it, or theirs is not the hash `over`."""
    done = await db.fetchval(_SQL["set_password"], clinic_id, staff_id, password_hash, over)
    return done is not None


async def credentials(db: Connection, clinic_id: UUID, email: str) -> Credentials | None:
    """Whom an e-mail (lower case) belongs to."""
    return one(Credentials, await db.fetchrow(_SQL["credentials"], clinic_id, email))


async def open_sign_in(
    db: Connection,
    clinic_id: UUID,
    token_hash: bytes,
    proved: Credentials,
    now: datetime,
    expires_at: datetime,
) -> bool:
    """Keep a sign-in; False if its staff member was disabled or has another password by now."""
    made = await db.fetchval(
        _SQL["open_sign_in"], clinic_id, token_hash, proved.staff_id, now, expires_at, proved.password_hash
    )
    return made is not None


async def sign_in_holder(
    db: Connection, clinic_id: UUID, token_hash: bytes, now: datetime
) -> StaffMember | None:
    """Who is signed in with this token, if it still holds. A transaction of its own."""
    return one(StaffMember, await db.fetchrow(_SQL["sign_in_holder"], clinic_id, token_hash, now))


async def forget_expired(db: Connection, clinic_id: UUID, staff_id: UUID, now: datetime) -> None:
    """Sign-ins of a staff member that have ended by themselves."""
    await db.execute(_SQL["forget_expired"], clinic_id, staff_id, now)


async def close_sign_in(db: Connection, clinic_id: UUID, token_hash: bytes) -> None:
    """End a sign-in at once."""
    await db.execute(_SQL["close_sign_in"], clinic_id, token_hash)


async def close_sign_ins(
    db: Connection, clinic_id: UUID, staff_id: UUID, *, but: bytes | None = None
) -> None:
    """End every sign-in of a staff member at once, or every other than one."""
    await db.execute(_SQL["close_sign_ins"], clinic_id, staff_id, but)


async def several(db: Connection, clinic_id: UUID, staff_ids: list[UUID]) -> dict[UUID, StaffMember]:
    """Staff members by id, disabled ones too: what they did keeps their name."""
    rows = await db.fetch(_SQL["several"], clinic_id, staff_ids)
    return {member.staff_id: member for member in many(StaffMember, rows)}
