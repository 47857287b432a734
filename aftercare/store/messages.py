"""Messages between patients and the clinic."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.patient_messages import Conversation, Direction, Message, Spoken
from aftercare.model.words import Tier
from aftercare.store.rows import many, one

_SQL = queries("messages")


class NewRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message with the digest of its content and, of a patient's, the answer that it was given."""

    message_id: UUID
    direction: Direction
    text: str
    photos: tuple[UUID, ...] = ()
    written_at: datetime
    received_at: datetime
    judged_at: datetime
    time_zone: str
    staff_id: UUID | None = None
    installation_id: UUID | None = None
    urgent: bool = False
    flag: Tier | None = None
    digest: bytes
    answer: Any = None
    read_due_at: datetime | None = None


class Known(msgspec.Struct, frozen=True):
    """A message that is here already: the digest of its content, and what was answered the first time."""

    digest: bytes
    answer: Any


async def keep(db: Connection, clinic_id: UUID, patient_id: UUID, row: NewRow) -> None:
    """Keep a message that is not here yet."""
    await db.execute(_SQL["keep"], clinic_id, patient_id, *msgspec.structs.astuple(row))


async def known(db: Connection, clinic_id: UUID, patient_id: UUID, message_id: UUID) -> Known | None:
    """Whether this message is here already."""
    return one(Known, await db.fetchrow(_SQL["known"], clinic_id, patient_id, message_id))


async def count_since(db: Connection, clinic_id: UUID, patient_id: UUID, since: datetime) -> int:
    """How many messages of a patient came after an instant."""
    found: int = await db.fetchval(_SQL["count_since"], clinic_id, patient_id, since)
    return found


async def page(
    db: Connection, clinic_id: UUID, patient_id: UUID, before: tuple[datetime, UUID], limit: int
) -> list[Message]:
    """The newest messages before a place in a conversation."""
    return many(Message, await db.fetch(_SQL["page"], clinic_id, patient_id, *before, limit))


async def get(db: Connection, clinic_id: UUID, patient_id: UUID, message_id: UUID) -> Message | None:
    """One message of one patient."""
    return one(Message, await db.fetchrow(_SQL["one"], clinic_id, patient_id, message_id))


async def mark_read(
    db: Connection,
    clinic_id: UUID,
    patient_id: UUID,
    direction: Direction,
    up_to: UUID | None,
    *,
    by: UUID | None,
    now: datetime,
) -> list[UUID]:
    """Mark as read what came up to a message, or until now; which of them were not yet."""
    rows = await db.fetch(_SQL["mark_read"], clinic_id, patient_id, direction, up_to, now, by)
    return [row["message_id"] for row in rows]


async def unread(db: Connection, clinic_id: UUID, patient_id: UUID) -> int:
    """How many of a patient's messages nobody of the clinic has read."""
    found: int = await db.fetchval(_SQL["unread"], clinic_id, patient_id)
    return found


async def unread_of_clinic(db: Connection, clinic_id: UUID, patient_id: UUID) -> int:
    """How many of the clinic's messages the patient has not read."""
    found: int = await db.fetchval(_SQL["unread_of_clinic"], clinic_id, patient_id)
    return found


async def next_due(db: Connection, clinic_id: UUID, patient_id: UUID) -> datetime | None:
    """Until when the most urgent of them should be read; None if none waits, or what waits is late already."""
    at: datetime | None = await db.fetchval(_SQL["next_due"], clinic_id, patient_id)
    return at


async def overdue(db: Connection, clinic_id: UUID, patient_id: UUID, now: datetime) -> list[Spoken]:
    """The messages that have become late and are not on record as such."""
    return many(Spoken, await db.fetch(_SQL["overdue"], clinic_id, patient_id, now))


async def mark_late(
    db: Connection, clinic_id: UUID, patient_id: UUID, message_ids: Sequence[UUID], now: datetime
) -> None:
    """Put on record that they became a contact request."""
    await db.execute(_SQL["mark_late"], clinic_id, patient_id, list(message_ids), now)


async def spoken_since(db: Connection, clinic_id: UUID, patient_id: UUID, since: datetime) -> list[Spoken]:
    """What a patient wrote from an instant on, in the order in which it is judged."""
    return many(Spoken, await db.fetch(_SQL["spoken_since"], clinic_id, patient_id, since))


async def spoken(
    db: Connection, clinic_id: UUID, patient_ids: Sequence[UUID], message_ids: Sequence[UUID]
) -> list[Spoken]:
    """Those of these messages that these patients wrote."""
    return many(Spoken, await db.fetch(_SQL["spoken"], clinic_id, list(patient_ids), list(message_ids)))


async def answers_to(
    db: Connection, clinic_id: UUID, patient_id: UUID, message_ids: Sequence[UUID]
) -> dict[UUID, dict[str, Any]]:
    """What a patient was answered at once, by message."""
    rows = await db.fetch(_SQL["answers_to"], clinic_id, patient_id, list(message_ids))
    return {row["message_id"]: row["answer"] for row in rows}


async def waiting(
    db: Connection, clinic_id: UUID, after: tuple[datetime, UUID], limit: int
) -> list[Conversation]:
    """Conversations with something unread behind a place of the list, the longest waiting first."""
    return _conversations(await db.fetch(_SQL["waiting"], clinic_id, *after, limit))


async def recent(
    db: Connection, clinic_id: UUID, before: tuple[datetime, UUID], limit: int
) -> list[Conversation]:
    """All conversations before a place of the list, the newest last message first."""
    return _conversations(await db.fetch(_SQL["recent"], clinic_id, *before, limit))


async def waiting_count(db: Connection, clinic_id: UUID) -> int:
    """How many patients wait for somebody to read what they wrote."""
    found: int = await db.fetchval(_SQL["waiting_count"], clinic_id)
    return found


def _conversations(rows: Sequence[asyncpg.Record]) -> list[Conversation]:
    found = []
    for row in rows:
        facts = dict(row)
        flags = [Tier(one) for one in facts.pop("flags") or () if one is not None]
        flag = max(flags, key=lambda one: one.rank, default=None)
        found.append(msgspec.convert({**facts, "flag": flag}, Conversation))
    return found
