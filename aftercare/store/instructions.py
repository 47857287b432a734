"""A clinic's versions of the instructions of the day, and what patients were shown."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.instructions import Instruction, InstructionSet, SetHead, ShownDay
from aftercare.store.rows import many, one

_SQL = queries("instructions")


class InUse(msgspec.Struct, frozen=True):
    """The version that patients get, and the id of its set; 0 and None for the shipped one."""

    version: int = 0
    set_id: UUID | None = None


async def in_use(db: Connection, clinic_id: UUID) -> InUse:
    """The newest published version."""
    return one(InUse, await db.fetchrow(_SQL["in_use"], clinic_id)) or InUse()


async def get(db: Connection, clinic_id: UUID, version: int) -> InstructionSet | None:
    """One of the clinic's own versions."""
    return one(InstructionSet, await db.fetchrow(_SQL["get"], clinic_id, version))


async def draft(db: Connection, clinic_id: UUID) -> int | None:
    """The number of the version that is being written, if there is one."""
    found: int | None = await db.fetchval(_SQL["draft"], clinic_id)
    return found


async def page(db: Connection, clinic_id: UUID, before: int, size: int) -> list[SetHead]:
    """Versions below a number, the newest first."""
    return many(SetHead, await db.fetch(_SQL["page"], clinic_id, before, size))


async def begin(
    db: Connection,
    clinic_id: UUID,
    note: str,
    copied_from: int,
    instructions: Sequence[Instruction],
    by: UUID,
    now: datetime,
) -> int | None:
    """A draft with the next number; None where one is being written already."""
    version: int | None = await db.fetchval(
        _SQL["begin"], clinic_id, note, copied_from, instructions, by, now, uuid7()
    )
    return version


async def edit(
    db: Connection,
    clinic_id: UUID,
    version: int,
    revision: int,
    note: str,
    instructions: Sequence[Instruction],
    now: datetime,
) -> int | None:
    """Write a draft over the revision it was read at; the new one, or None if someone was quicker or it is no draft."""
    newer: int | None = await db.fetchval(_SQL["edit"], clinic_id, version, revision, note, instructions, now)
    return newer


async def end_draft(
    db: Connection, clinic_id: UUID, version: int, revision: int, state: str, by: UUID, now: datetime
) -> int | None:
    """Publish or discard a draft at that revision; the new one, or None as with `edit`."""
    newer: int | None = await db.fetchval(_SQL["end_draft"], clinic_id, version, revision, state, by, now)
    return newer


async def deliver(db: Connection, clinic_id: UUID, patient_id: UUID, shown: ShownDay) -> None:
    """Keep that the app fetched a day's instructions: the first time counts."""
    await db.execute(_SQL["deliver"], clinic_id, patient_id, *_fields(shown), shown.delivered_at)


async def show(db: Connection, clinic_id: UUID, patient_id: UUID, shown: ShownDay) -> None:
    """Keep that they were on the screen: the earliest time counts."""
    await db.execute(_SQL["show"], clinic_id, patient_id, *_fields(shown), shown.shown_at)


def _fields(shown: ShownDay) -> tuple[object, ...]:
    return shown.date, shown.version, shown.shipped, shown.modality, shown.day, list(shown.languages)


async def shown(
    db: Connection, clinic_id: UUID, patient_id: UUID, before: tuple[date, int], size: int
) -> list[ShownDay]:
    """What a patient was shown before a place in the list, the newest first."""
    return many(ShownDay, await db.fetch(_SQL["shown"], clinic_id, patient_id, *before, size))


async def newest(db: Connection, clinic_id: UUID, patient_id: UUID) -> ShownDay | None:
    """What a patient was shown last."""
    found = await shown(db, clinic_id, patient_id, (date.max, 2**31 - 1), 1)
    return found[0] if found else None
