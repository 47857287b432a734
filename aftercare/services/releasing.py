"""What was held back or held up, when it is to leave: what is true no more is dropped, and of the rest what waited goes as one."""

from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aftercare.alerts.quiet import overtaken
from aftercare.db.pool import Connection
from aftercare.model.deliveries import Delivery
from aftercare.model.messages import MessageKind
from aftercare.model.people import Clinic
from aftercare.model.words import AlertState, Tier
from aftercare.store import alerts, broken_pictures, due_work, erasures, messages, rotas
from aftercare.store import releases as store
from aftercare.store.deliveries import work_kind

NOTHING_WAITS: Final = "nothing waits any more"
ALL_READ: Final = "all read meanwhile"
OFF_DUTY: Final = "not on call any more"
ALL_ANSWERED: Final = "all answered meanwhile"
ALL_SHOWN: Final = "all can be shown again"
SETTLED: Final = frozenset({"sent", "dead", "gathered", "dropped"})


async def may_leave(db: Connection, clinic: Clinic, delivery: Delivery, now: datetime) -> bool:
    """Say whether a claimed delivery is still to be sent; a staff member's is looked at before each try.

    What else was held for them, over the same way and until the same instant, goes along in the first try as a digest:
    then it is read again before it is sent.
    """
    if delivery.state in SETTLED:
        return False
    if delivery.staff_id is None:
        return True
    if delivery.held_until is not None and not delivery.attempts:
        return await _release(db, clinic, delivery, delivery.staff_id, now)
    why = await _past(db, clinic, delivery, delivery.staff_id, now)
    if why:
        await store.drop(db, clinic.clinic_id, delivery.delivery_id, why, now)
        return False
    return True


async def _release(db: Connection, clinic: Clinic, delivery: Delivery, staff_id: UUID, now: datetime) -> bool:
    needed: list[store.HeldDelivery] = []
    for one in await store.held_together(db, clinic.clinic_id, delivery):
        why = None if one.leads else await _needless(db, clinic, one, staff_id, now)
        if why is None:
            needed.append(one)
        else:
            await store.drop(db, clinic.clinic_id, one.delivery_id, why, now)
            await due_work.drop(db, clinic.clinic_id, work_kind(one.channel), one.delivery_id)
    others = [one for one in needed if one.delivery_id != delivery.delivery_id]
    if len(others) == len(needed):
        return False  # dropped, or another worker was quicker and took it along
    if others:
        tier = max((one.tier or Tier.ROUTINE for one in needed), key=lambda one: one.rank)
        gone = [one.delivery_id for one in others]
        await store.gather(db, clinic.clinic_id, gone, delivery.delivery_id, tier, now)
        for delivery_id in gone:
            await due_work.drop(db, clinic.clinic_id, work_kind(delivery.channel), delivery_id)
    return True


async def _needless(
    db: Connection, clinic: Clinic, one: store.HeldDelivery, staff_id: UUID, now: datetime
) -> str | None:
    if one.alert is not None:
        return overtaken(one.alert, one.queued_at, now)
    return await _empty(db, clinic, one, staff_id, now)


async def _past(
    db: Connection, clinic: Clinic, delivery: Delivery, staff_id: UUID, now: datetime
) -> str | None:
    """Why nobody need hear any more of what waited for the opening, or behind an outage."""
    if delivery.kind is not MessageKind.DIGEST:
        why = await _dealt_with(db, clinic, delivery, now)
        return why or await _empty(db, clinic, delivery, staff_id, now)
    stands_for = await store.led(db, clinic.clinic_id, delivery.delivery_id)
    if not stands_for:
        return await _empty(db, clinic, delivery, staff_id, now)
    reasons = [overtaken(one.alert, one.queued_at, now) if one.alert else None for one in stands_for]
    return reasons[0] if all(reasons) else None


async def _dealt_with(db: Connection, clinic: Clinic, delivery: Delivery, now: datetime) -> str | None:
    """What became of its alert. Of an emergency everybody hears, but of one that is over nobody who could not be told at once."""
    if delivery.alert_id is None:
        return None
    alert = await store.handling(db, clinic.clinic_id, delivery.alert_id)
    over = delivery.attempts and alert is not None and alert.state is AlertState.RESOLVED
    if alert is None or (delivery.tier is Tier.EMERGENCY and not over):
        return None
    return overtaken(alert, delivery.queued_at, now)


async def _empty(
    db: Connection, clinic: Clinic, delivery: Delivery, staff_id: UUID, now: datetime
) -> str | None:
    """Why what tells of several things, and of none by name, is not worth sending any more."""
    if delivery.kind is MessageKind.MESSAGE_RECEIVED:
        return None if await messages.waiting_count(db, clinic.clinic_id) else ALL_READ
    if delivery.kind is MessageKind.HAND_OVER:
        return await _over(db, clinic, staff_id)
    if delivery.kind in {MessageKind.ERASURE_ASKED, MessageKind.ERASURE_DUE}:
        waiting, _ = await erasures.waiting_since(db, clinic.clinic_id)
        return None if waiting else ALL_ANSWERED
    if delivery.kind is MessageKind.PICTURES_BROKEN:
        return None if await broken_pictures.count(db, clinic.clinic_id) else ALL_SHOWN
    if delivery.kind is not MessageKind.DIGEST or delivery.alert_id is not None:
        return None
    today = now.astimezone(ZoneInfo(clinic.time_zone)).date()
    waits = await store.is_routine_waiting(db, clinic.clinic_id, staff_id, today)
    return None if waits else NOTHING_WAITS


async def _over(db: Connection, clinic: Clinic, staff_id: UUID) -> str | None:
    """Why whoever took over need not be told of it any more."""
    if not await rotas.is_on_duty(db, clinic.clinic_id, staff_id):
        return OFF_DUTY
    return None if await alerts.open_by_tier(db, clinic.clinic_id) else NOTHING_WAITS
