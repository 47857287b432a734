"""Invitations, installations and their tokens."""

from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.addresses import InstallationDraft, InstallationView
from aftercare.store.rows import many, one

_SQL = queries("installations")


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time code, by its hash."""

    patient_id: UUID
    expires_at: datetime
    used_at: datetime | None
    used_by: UUID | None  # the installation


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """The app on one phone."""

    installation_id: UUID
    app_version: str
    device: str
    enrolled_at: datetime
    seen_at: datetime
    revoked_at: datetime | None
    pushed: bool  # has an address to which messages are pushed


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an access token stands for."""

    installation_id: UUID
    patient_id: UUID


class RefreshRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a refresh token stands for."""

    installation_id: UUID
    generation: int
    first_used_at: datetime | None
    refresh_expires_at: datetime


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Hashes and ends of one generation of tokens."""

    generation: int
    access_hash: bytes
    refresh_hash: bytes
    issued_at: datetime
    access_expires_at: datetime
    refresh_expires_at: datetime


async def invite(
    db: Connection, clinic_id: UUID, code_hash: bytes, patient_id: UUID, made_by: UUID | None, now: datetime,
    expires_at: datetime,
) -> None:  # fmt: skip
    """Keep a new code."""
    await db.execute(_SQL["invite"], clinic_id, code_hash, patient_id, made_by, now, expires_at)


async def lock_invitation(db: Connection, clinic_id: UUID, code_hash: bytes) -> Invitation | None:
    """The code's row, ours alone until the end of the transaction."""
    return one(Invitation, await db.fetchrow(_SQL["lock_invitation"], clinic_id, code_hash))


async def use_invitation(
    db: Connection, clinic_id: UUID, code_hash: bytes, now: datetime, installation_id: UUID
) -> None:
    """Mark the code used, at its first time."""
    await db.execute(_SQL["use_invitation"], clinic_id, code_hash, now, installation_id)


async def end_invitations(db: Connection, clinic_id: UUID, patient_id: UUID, now: datetime) -> None:
    """No code of the patient's that is about lets anybody in any more."""
    await db.execute(_SQL["end_invitations"], clinic_id, patient_id, now)


async def enrol(
    db: Connection, clinic_id: UUID, installation_id: UUID, patient_id: UUID, app_version: str, device: str,
    now: datetime,
) -> bool:  # fmt: skip
    """Add or revive an installation; False if another patient has this id."""
    made = await db.fetchval(_SQL["enrol"], clinic_id, installation_id, patient_id, app_version, device, now)
    return made is not None


async def lock(db: Connection, clinic_id: UUID, installation_id: UUID) -> bool:
    """Whether the installation is there and not revoked; ours alone until the end of the transaction."""
    row = await db.fetchrow(_SQL["lock"], clinic_id, installation_id)
    return row is not None and row["revoked_at"] is None


async def revoke(db: Connection, clinic_id: UUID, installation_id: UUID, now: datetime) -> None:
    """End all tokens of an installation at once."""
    await db.execute(_SQL["revoke"], clinic_id, installation_id, now)


async def forget_tokens(db: Connection, clinic_id: UUID, installation_id: UUID) -> None:
    """Delete an installation's tokens, those that hold and those that have ended."""
    await db.execute(_SQL["forget_tokens"], clinic_id, installation_id)


async def forget_expired(db: Connection, clinic_id: UUID, installation_id: UUID, now: datetime) -> None:
    """Pairs that nobody can use any more, and whose second use would tell nothing."""
    await db.execute(_SQL["forget_expired"], clinic_id, installation_id, now)


async def newest_generation(db: Connection, clinic_id: UUID, installation_id: UUID) -> int:
    """The newest generation of tokens, 0 before the first."""
    generation: int = await db.fetchval(_SQL["newest_generation"], clinic_id, installation_id)
    return generation


async def issue(db: Connection, clinic_id: UUID, installation_id: UUID, pair: Pair) -> None:
    """Keep a pair, in place of one of the same generation that was never used."""
    await db.execute(
        _SQL["issue"], clinic_id, installation_id, pair.generation, pair.access_hash, pair.refresh_hash,
        pair.issued_at, pair.access_expires_at, pair.refresh_expires_at,
    )  # fmt: skip


async def access_holder(db: Connection, clinic_id: UUID, access_hash: bytes, now: datetime) -> Holder | None:
    """Whom an access token stands for, if it still holds; marks its first use. A transaction of its own."""
    return one(Holder, await db.fetchrow(_SQL["access_holder"], clinic_id, access_hash, now))


async def by_refresh(db: Connection, clinic_id: UUID, refresh_hash: bytes) -> RefreshRow | None:
    """The pair of a refresh token."""
    return one(RefreshRow, await db.fetchrow(_SQL["by_refresh"], clinic_id, refresh_hash))


async def first_used(
    db: Connection, clinic_id: UUID, installation_id: UUID, generation: int
) -> datetime | None:
    """When a generation was first used; None if never."""
    at: datetime | None = await db.fetchval(_SQL["first_used"], clinic_id, installation_id, generation)
    return at


async def of_patient(db: Connection, clinic_id: UUID, patient_id: UUID) -> list[Installation]:
    """The patient's installations, newest first."""
    return many(Installation, await db.fetch(_SQL["of_patient"], clinic_id, patient_id))


async def describe(
    db: Connection, clinic_id: UUID, installation_id: UUID, draft: InstallationDraft, now: datetime
) -> None:
    """Keep what the app says of itself."""
    await db.execute(
        _SQL["describe"],
        clinic_id,
        installation_id,
        draft.app_version,
        draft.locale,
        draft.time_zone,
        now,
    )


async def view(db: Connection, clinic_id: UUID, installation_id: UUID) -> InstallationView:
    """The app on one phone, with its push address."""
    (row,) = await db.fetch(_SQL["view"], clinic_id, installation_id)
    return msgspec.convert(dict(row), InstallationView)
