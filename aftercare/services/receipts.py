"""What phones and browsers say that they have shown. Kept once whatever comes twice; a clock that is wrong refuses nothing."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from aftercare.db.pool import Connection, Database
from aftercare.errors import Malformed, NotFound
from aftercare.model.ledger import ReceiptDraft, ReceiptKept
from aftercare.model.people import Actor
from aftercare.model.receipts import AnyReceipt, DeliveryOpened, InstructionsShown
from aftercare.services import audit, instructions, recovery
from aftercare.services.arrival import Arrival, arrival_of
from aftercare.store import instructions as store
from aftercare.store import ledger

# A phone has the instructions of a week ahead and shows those of the day that its clock says; elsewhere days begin earlier.
_ON_THE_PHONE: Final = timedelta(days=8)


async def keep(
    database: Database,
    actor: Actor,
    receipt: AnyReceipt,
    *,
    now: datetime,
    sent_at: datetime | None = None,
) -> None:
    """Keep one receipt of a patient. Raises NotFound for what was never sent to them, Malformed for a day no phone has yet.

    `sent_at` is what the phone's clock said when it sent this: a clock that is wrong is known by it and put right.
    """
    if actor.id is None:
        raise NotFound
    at = _by_our_clock(receipt.at, arrival_of(now, sent_at))
    async with database.clinic(actor.clinic_id) as db:
        if isinstance(receipt, InstructionsShown):
            await _instructions(db, actor, actor.id, receipt, at, now)
            return
        opened = isinstance(receipt, DeliveryOpened)
        kept = await ledger.arrived(
            db, actor.clinic_id, receipt.delivery_id, at, patient_id=actor.id, opened=opened
        )
        if kept is None:
            raise NotFound("This was not sent to this patient.", pointers={"/delivery_id": "unknown"})
        await _on_record(db, actor, receipt.delivery_id, now, opened=opened)


async def keep_of_staff(
    database: Database, actor: Actor, delivery_id: UUID, draft: ReceiptDraft, *, now: datetime
) -> ReceiptKept:
    """Keep what a staff member's browser says of what was sent to them. Raises NotFound."""
    if actor.id is None:
        raise NotFound
    at, opened = _by_our_clock(draft.at or now, arrival_of(now, None)), draft.kind == "opened"
    async with database.clinic(actor.clinic_id) as db:
        kept = await ledger.arrived(db, actor.clinic_id, delivery_id, at, staff_id=actor.id, opened=opened)
        if kept is None:
            raise NotFound
        await _on_record(db, actor, delivery_id, now, opened=opened)
    return kept


def _by_our_clock(said: datetime, arrival: Arrival) -> datetime:
    """The instant by our clock: the one of arrival where it would be still to come, or no calendar could hold it."""
    return min(arrival.put_right(said) or arrival.now, arrival.now)


async def _on_record(db: Connection, actor: Actor, delivery_id: UUID, now: datetime, *, opened: bool) -> None:
    patient_id = actor.id if actor.kind == "patient" else None
    action = "delivery.opened" if opened else "delivery.shown"
    await audit.record(db, actor, action, now=now, patient_id=patient_id, subject_id=delivery_id)


async def _instructions(
    db: Connection, actor: Actor, patient_id: UUID, receipt: InstructionsShown, at: datetime, now: datetime
) -> None:
    mine = await recovery.read(db, actor.clinic_id, patient_id, now=now)
    zone = ZoneInfo(mine.patient.time_zone)
    if receipt.date > (now + _ON_THE_PHONE).astimezone(zone).date():
        raise Malformed(pointers={"/date": "This day is still to come."})
    episode = instructions.episode_on(mine.episodes, receipt.date, zone)
    if episode is None:
        raise NotFound("There were no instructions for this day.", pointers={"/date": "unknown"})
    if (await instructions.read_set(db, actor.clinic_id, receipt.version)).state != "published":
        raise NotFound("No patient was sent this version.", pointers={"/version": "unknown"})
    shown = instructions.shown_day(mine, episode, receipt.date, receipt.version)
    # By a clock that is long behind it would have been shown before there was anything to show.
    shown_at = at if at >= episode.session_at else now
    await store.show(db, actor.clinic_id, patient_id, msgspec.structs.replace(shown, shown_at=shown_at))
    await audit.record(db, actor, "instructions.shown", now=now, patient_id=patient_id)
