"""Over which of a patient's ways one letter goes: the best first, and the next where that one fails, so that it arrives once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.db.pool import Connection
from aftercare.model.addresses import PUSH, Reach
from aftercare.model.deliveries import Delivery, Letter
from aftercare.model.team import MAIL
from aftercare.store import addresses
from aftercare.store.deliveries import ToSend, tried_of

# The next way is taken after so many tries over a push service, or where the next try would be so far away.
_PUSH_TRIES: Final = 3
_PUSH_PATIENCE: Final = timedelta(minutes=2)


async def over_the_best(db: Connection, clinic_id: UUID, patient_id: UUID, letter: Letter) -> Letter:
    """Address a patient's letter to the best of their ways; to mail where there is none, so that the ledger says so."""
    reach = _ways(await addresses.reaches_of_patient(db, clinic_id, patient_id))[0]
    delivery = msgspec.structs.replace(letter.delivery, channel=reach.channel, address_id=reach.address_id)
    return msgspec.structs.replace(letter, delivery=delivery)


def gives_way(delivery: Delivery, attempts: int, wait: timedelta) -> bool:
    """Whether a push that would be tried again after `wait` is given up for another way, if there is one."""
    return delivery.channel in PUSH and (attempts >= _PUSH_TRIES or wait > _PUSH_PATIENCE)


async def another_way(db: Connection, clinic_id: UUID, delivery: ToSend) -> Letter | None:
    """The same over the patient's next way that there is and that was not tried yet: another phone after all else."""
    if delivery.patient_id is None:
        return None
    tried = await tried_of(db, clinic_id, delivery.what, delivery.patient_id)
    ways = _ways(await addresses.reaches_of_patient(db, clinic_id, delivery.patient_id))
    for reach in sorted(ways, key=lambda way: way.channel in PUSH):
        if reach == MAIL and not delivery.patient_email:
            continue
        if (reach.channel, reach.address_id) not in tried:
            fresh = Delivery(
                delivery_id=uuid7(),
                channel=reach.channel,
                kind=delivery.kind,
                tier=delivery.tier,
                patient_id=delivery.patient_id,
                address_id=reach.address_id,
                alert_id=delivery.alert_id,
                day=delivery.day,
                queued_at=delivery.queued_at,
            )
            return Letter(what=delivery.what, delivery=fresh, not_before=delivery.queued_at)
    return None


def _ways(registered: Sequence[Reach]) -> list[Reach]:
    """The best first: a push is seen soonest, and a message costs."""
    pushes = [one for one in registered if one.channel in PUSH]
    return [*pushes, MAIL, *(one for one in registered if one.channel not in PUSH)]
