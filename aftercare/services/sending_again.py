"""What was given up is sent once more, where that has a point: the same meaning under a new id."""

from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

from aftercare.care.reminding import leaves_at
from aftercare.db.pool import Connection, Database
from aftercare.errors import Conflict, NotFound
from aftercare.model.deliveries import Delivery, Letter
from aftercare.model.ledger import LedgerEntry
from aftercare.model.messages import MessageKind
from aftercare.model.people import Actor
from aftercare.services import audit
from aftercare.services.deliveries import queue, tell_patient
from aftercare.store import deliveries as delivery_store
from aftercare.store import ledger as store
from aftercare.store.ledger import Repeatable

# What speaks of an instant: said a day later it would be wrong.
_OF_ITS_TIME: Final = frozenset(
    {
        MessageKind.CLINIC_FAULT,
        MessageKind.CLINIC_WELL,
        MessageKind.WORK_STOPPED,
        MessageKind.WORK_RESUMED,
        MessageKind.WORK_FAILS,
        MessageKind.HAND_OVER,
    }
)


_NOT_DEAD: Final = {
    "sent": "This has left already; nothing is sent twice.",
    "gathered": "This went with others in one digest. Look at the digest instead.",
    "dropped": "This was left out since nobody needed it any more; the line says why.",
}
_STILL_TRIED: Final = "This is still being tried. It can be sent again once it was given up."
_ANOTHER_WAY: Final = "This went over another way that the patient has, or is being tried there."


class NotGivenUp(Conflict):
    """This one was not given up: it has left, or it is still being tried."""

    type = "not-given-up"
    title = "Not given up"


class Pointless(Conflict):
    """Sending this again has no point."""

    type = "pointless"
    title = "No point in sending it"


async def send_again(database: Database, actor: Actor, delivery_id: UUID, *, now: datetime) -> LedgerEntry:
    """Queue it anew; asked twice, the first is the answer. Raises NotFound, NotGivenUp, Pointless."""
    async with database.clinic(actor.clinic_id) as db:
        # Locked, then read: whoever asked meanwhile is seen by the second statement.
        if await delivery_store.lock(db, actor.clinic_id, delivery_id) is None:
            raise NotFound
        found = await store.to_repeat(db, actor.clinic_id, delivery_id)
        if found is None:
            raise NotFound
        made = _under_way(found)
        if made is None:
            _refuse_the_pointless(found, now)
            made = await _repeat(db, actor, found, now)
        (entry,) = await store.entries(db, actor.clinic_id, [made])
    return entry


def _under_way(found: Repeatable) -> UUID | None:
    """The repeat that has left or is being tried. Raises NotGivenUp where there is nothing to repeat."""
    if found.state != "dead":
        raise NotGivenUp(_NOT_DEAD.get(found.state, _STILL_TRIED))
    if found.another_way is not None:
        raise NotGivenUp(_ANOTHER_WAY)
    return next((one.delivery_id for one in found.repeats if one.state != "dead"), None)


def _refuse_the_pointless(found: Repeatable, now: datetime) -> None:
    if found.alert_id is not None and found.alert_state == "resolved":
        raise Pointless("The alert is resolved: nobody needs to hear of it any more.")
    if found.kind is MessageKind.REMINDER and _day_is_over(found, now):
        raise Pointless("The day that this reminder was for is over. Ring the patient instead.")
    if found.kind in _OF_ITS_TIME:
        raise Pointless("This was about that moment. How the channels stand now is said on this page.")
    if found.patient_id is not None and not found.reachable:
        raise Pointless(
            "The patient has neither the app's address nor a mail address. Add one, or ring them."
        )
    if found.patient_id is None and found.gone_at is not None:
        raise Pointless(
            "The webhook is switched off. Switch it on, then send this again."
            if found.webhook_id is not None
            else "Nobody is reached there any more. Register the address again, or tell them another way."
        )


def _day_is_over(found: Repeatable, now: datetime) -> bool:
    return found.time_zone is not None and leaves_at(found.queued_at, now, ZoneInfo(found.time_zone)) is None


async def _repeat(db: Connection, actor: Actor, found: Repeatable, now: datetime) -> UUID:
    what = f"again:{found.root}:{len(found.repeats) + 1}"
    fresh = Delivery(
        delivery_id=uuid7(),
        channel=found.channel,
        kind=found.kind,
        tier=found.tier,
        staff_id=found.staff_id,
        patient_id=found.patient_id,
        webhook_id=found.webhook_id,
        address_id=found.address_id,
        alert_id=found.alert_id,
        day=found.day,
        queued_at=now,
    )
    letter = Letter(what=what, delivery=fresh, not_before=now)
    # A patient's goes over the best way that there is now, as everything to patients does.
    if found.patient_id is not None:
        await tell_patient(db, actor.clinic_id, letter)
    else:
        await queue(db, actor.clinic_id, [letter])
    made = await store.by_what(db, actor.clinic_id, what)
    if made is None:
        raise NotFound
    await audit.record(
        db, actor, "delivery.sent_again", now=now, patient_id=found.patient_id, subject_id=found.delivery_id
    )
    return made
