"""Deliveries and their attempts."""

from collections.abc import Sequence
from datetime import datetime, time
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.deliveries import Delivery, Letter
from aftercare.store.rows import many, one

_SQL = queries("deliveries")


class ToSend(Delivery, frozen=True, kw_only=True):
    """A delivery with the address that its recipient has now."""

    what: str
    address: str | None
    staff_email: str | None
    patient_email: str | None
    patient_language: str | None
    patient_time_zone: str | None
    quiet_from: time | None
    quiet_to: time | None
    webhook_url: str | None
    webhook_secret: str | None
    webhook_previous_secret: str | None
    retired: bool | None
    first_attempt_at: datetime | None


class Reminder(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder of a due day and what became of it; `what` names episode, day and which reminder it was."""

    day: int
    what: str
    state: str
    queued_at: datetime
    sent_at: datetime | None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try, with the channel's answer."""

    attempt: int
    at: datetime
    result: str
    answer: str


def work_kind(channel: str) -> str:
    """The kind of due work that sends over a channel: each has its own, so that a slow one delays no other."""
    return f"deliver:{channel}"


async def queue(db: Connection, clinic_id: UUID, letters: Sequence[Letter], wake: str) -> bool:
    """Queue deliveries with the work of sending them; at commit a channel hears of each kind of which some are new."""
    rows = [
        (
            one.delivery_id, one.channel, one.kind, letter.what, one.tier, one.staff_id, one.patient_id, one.webhook_id,
            one.address_id, one.alert_id, one.day, one.queued_at, one.held_until, one.held_why, work_kind(one.channel),
            letter.not_before, one.tier.rank if one.tier else 0,
        )
        for letter in letters
        for one in (letter.delivery,)
    ]  # fmt: skip
    return bool(rows) and bool(await db.fetch(_SQL["queue"], clinic_id, *zip(*rows, strict=True), wake))


async def to_send(db: Connection, clinic_id: UUID, delivery_id: UUID, now: datetime) -> ToSend | None:
    """A delivery with its address; a webhook's old secret only while it still signs."""
    return one(ToSend, await db.fetchrow(_SQL["to_send"], clinic_id, delivery_id, now))


async def lock(db: Connection, clinic_id: UUID, delivery_id: UUID) -> Delivery | None:
    """Where a delivery stands, which nobody else can change until the transaction ends."""
    return one(Delivery, await db.fetchrow(_SQL["lock"], clinic_id, delivery_id))


async def settle(db: Connection, clinic_id: UUID, delivery: Delivery) -> None:
    """Write where a delivery stands."""
    await db.execute(
        _SQL["settle"], clinic_id, delivery.delivery_id, delivery.state, delivery.attempts, delivery.sent_at,
        delivery.ended_at,
    )  # fmt: skip


async def tried_of(
    db: Connection, clinic_id: UUID, what: str, patient_id: UUID
) -> set[tuple[str, UUID | None]]:
    """Over which channels and addresses the same was queued for a patient."""
    rows = await db.fetch(_SQL["tried_of"], clinic_id, what, patient_id)
    return {(row["channel"], row["address_id"]) for row in rows}


async def of_staff_by_what(
    db: Connection, clinic_id: UUID, what: str, staff_id: UUID, channel: str, address_id: UUID | None
) -> UUID | None:
    """The delivery of something to a staff member over one way."""
    found: UUID | None = await db.fetchval(
        _SQL["of_staff_by_what"], clinic_id, what, staff_id, channel, address_id
    )
    return found


async def add_attempt(db: Connection, clinic_id: UUID, delivery_id: UUID, attempt: Attempt) -> None:
    """Keep one try."""
    await db.execute(
        _SQL["add_attempt"],
        clinic_id,
        delivery_id,
        attempt.attempt,
        attempt.at,
        attempt.result,
        attempt.answer,
    )


async def reminders_of(db: Connection, clinic_id: UUID, patient_id: UUID, since: datetime) -> list[Reminder]:
    """The patient's reminders since an instant."""
    return many(Reminder, await db.fetch(_SQL["reminders_of"], clinic_id, patient_id, since))


async def attempts_of(db: Connection, clinic_id: UUID, delivery_id: UUID) -> list[Attempt]:
    """The tries of one delivery."""
    return many(Attempt, await db.fetch(_SQL["attempts_of"], clinic_id, delivery_id))


async def reminded(
    db: Connection, clinic_id: UUID, starts: dict[UUID, datetime]
) -> dict[tuple[UUID, int], bool]:
    """Whether a reminder left, by patient and day, for each patient since their own instant."""
    rows = await db.fetch(_SQL["reminded"], clinic_id, list(starts), list(starts.values()))
    return {(row["patient_id"], row["day"]): row["sent"] for row in rows}
