"""The ledger as it is read and acted on: lists by what they are asked for, receipts, and what may be sent again."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.deliveries import Delivery
from aftercare.model.ledger import LedgerEntry, Narrowed, ReceiptKept
from aftercare.store.rows import many, one

_SQL = queries("ledger")


class Repeat(msgspec.Struct, frozen=True, kw_only=True):
    """One time that a delivery was sent again."""

    delivery_id: UUID
    state: str


class Repeatable(Delivery, frozen=True, kw_only=True):
    """A delivery with what decides whether sending it again has a point; `root` is the first of its history.

    `another_way` is how the same stands that a patient's next way took over; None where each was given up.
    """

    what: str
    root: UUID
    gone_at: datetime | None
    time_zone: str | None
    reachable: bool | None
    alert_state: str | None
    another_way: str | None
    repeats: tuple[Repeat, ...]


async def page(
    db: Connection, clinic_id: UUID, asked: Narrowed, before: tuple[datetime, UUID], limit: int
) -> list[LedgerEntry]:
    """The newest entries before a place in the list."""
    name, values = _leading(asked)
    rows = await db.fetch(_SQL[name], clinic_id, *before, limit, *values)
    return await entries(db, clinic_id, [row["delivery_id"] for row in rows])


def _leading(asked: Narrowed) -> tuple[str, list[Any]]:
    """The statement whose index leads with what narrows most, and its values."""
    if asked.alert_id is not None:
        return "of_alert", [asked.alert_id, asked.channel, asked.states]
    if asked.patient_id is not None:
        return "of_patient", [asked.patient_id, asked.channel, asked.states]
    if asked.state == "dead":
        return "given_up", [asked.channel]
    if asked.state in {"waiting", "queued", "failed"}:
        return "on_the_way", [asked.channel, asked.states]
    if asked.channel is not None:
        return "of_channel", [asked.channel, asked.states]
    return "newest", [asked.states]


async def entries(db: Connection, clinic_id: UUID, delivery_ids: list[UUID]) -> list[LedgerEntry]:
    """These deliveries with everything about them, the newest first."""
    if not delivery_ids:
        return []
    return many(LedgerEntry, await db.fetch(_SQL["entries"], clinic_id, delivery_ids))


async def of_alerts(db: Connection, clinic_id: UUID, alert_ids: list[UUID]) -> list[LedgerEntry]:
    """Who was told of alerts, in order of time."""
    rows = await db.fetch(_SQL["of_alerts"], clinic_id, alert_ids)
    return (await entries(db, clinic_id, [row["delivery_id"] for row in rows]))[::-1]


async def count_unheard(db: Connection, clinic_id: UUID, since: datetime) -> int:
    """How many were given up and reached their recipient over no other way; counted up to 100."""
    counted: int = await db.fetchval(_SQL["count_unheard"], clinic_id, since)
    return counted


async def to_repeat(db: Connection, clinic_id: UUID, delivery_id: UUID) -> Repeatable | None:
    """A delivery that somebody wants to send again."""
    return one(Repeatable, await db.fetchrow(_SQL["to_repeat"], clinic_id, delivery_id))


async def by_what(db: Connection, clinic_id: UUID, what: str) -> UUID | None:
    """The first delivery of something."""
    found: UUID | None = await db.fetchval(_SQL["by_what"], clinic_id, what)
    return found


async def arrived(
    db: Connection,
    clinic_id: UUID,
    delivery_id: UUID,
    at: datetime,
    *,
    staff_id: UUID | None = None,
    patient_id: UUID | None = None,
    opened: bool,
) -> ReceiptKept | None:
    """Keep what the recipient's app said of a delivery; None if it was not theirs."""
    return one(
        ReceiptKept,
        await db.fetchrow(_SQL["arrived"], clinic_id, delivery_id, staff_id, patient_id, at, opened),
    )


async def seen_by(db: Connection, clinic_id: UUID, alert_id: UUID, staff_id: UUID, now: datetime) -> None:
    """Somebody looks at an alert: what told them of it counts as opened."""
    await db.execute(_SQL["seen_by"], clinic_id, alert_id, staff_id, now)


async def newest_of_hooks(db: Connection, clinic_id: UUID) -> dict[UUID, LedgerEntry]:
    """The newest delivery to each webhook."""
    rows = await db.fetch(_SQL["newest_of_hooks"], clinic_id)
    found = await entries(db, clinic_id, [row["delivery_id"] for row in rows])
    return {entry.webhook_id: entry for entry in found if entry.webhook_id is not None}
