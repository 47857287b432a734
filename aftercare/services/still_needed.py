"""What was held up on its way to a patient, when it is to leave: it tells nobody what they have done or read meanwhile."""

from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from aftercare.care.calendar import start_of_day
from aftercare.care.spacing import local_day
from aftercare.db.pool import Connection
from aftercare.model.messages import MessageKind
from aftercare.services.releasing import SETTLED
from aftercare.store import check_ins, messages, releases, reminders
from aftercare.store import deliveries as store
from aftercare.store.deliveries import ToSend

ANSWERED: Final = "answered meanwhile"
NOT_WANTED: Final = "the patient wants no reminders"
READ: Final = "read meanwhile"


async def still_needed(db: Connection, clinic_id: UUID, delivery: ToSend, now: datetime) -> bool:
    """Say whether a claimed delivery is to be sent, by what its patient has said and read since it was queued."""
    if delivery.patient_id is None:
        return True
    why = await _needless(db, clinic_id, delivery.patient_id, delivery, now)
    if why is None:
        return True
    # As it stands now: another worker may have sent it since it was read.
    standing = await store.lock(db, clinic_id, delivery.delivery_id)
    if standing is not None and standing.state not in SETTLED:
        await releases.drop(db, clinic_id, delivery.delivery_id, why, now)
    return False


async def _needless(
    db: Connection, clinic_id: UUID, patient_id: UUID, delivery: ToSend, now: datetime
) -> str | None:
    if delivery.kind is MessageKind.MESSAGE_SENT:
        return None if await messages.unread_of_clinic(db, clinic_id, patient_id) else READ
    if delivery.kind is not MessageKind.REMINDER:
        return None
    wish = await reminders.get(db, clinic_id, patient_id)
    return await _answered(db, clinic_id, patient_id, delivery) if wish.wanted(now) else NOT_WANTED


async def _answered(db: Connection, clinic_id: UUID, patient_id: UUID, delivery: ToSend) -> str | None:
    zone = delivery.patient_time_zone or "UTC"
    today = local_day(delivery.queued_at, zone)
    said = await check_ins.since(db, clinic_id, patient_id, start_of_day(today, ZoneInfo(zone)))
    meanwhile = [one for one in said if one.answers and one.received_at > delivery.queued_at]
    # One that only arrived late speaks of the day before.
    return ANSWERED if any(local_day(one.judged_at, zone) == today for one in meanwhile) else None
