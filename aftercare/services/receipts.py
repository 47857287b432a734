"""What phones say that they have shown. Kept once whatever comes twice; what cannot be true is refused."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from aftercare.db.pool import Database
from aftercare.errors import Malformed, NotFound
from aftercare.model.people import Actor
from aftercare.model.receipts import AnyReceipt
from aftercare.services import audit, instructions, recovery
from aftercare.store import instructions as store

_CLOCK = timedelta(days=1)  # phones' clocks are wrong, and days begin elsewhere earlier than here


async def keep(database: Database, actor: Actor, receipt: AnyReceipt, *, now: datetime) -> None:
    """Keep one receipt of a patient. Raises NotFound for what was never sent to them, Malformed for another time."""
    if actor.id is None:
        raise NotFound
    if receipt.at > now + _CLOCK:
        raise Malformed(pointers={"/at": "This is in the future."})
    async with database.clinic(actor.clinic_id) as db:
        mine = await recovery.read(db, actor.clinic_id, actor.id, now=now)
        zone = ZoneInfo(mine.patient.time_zone)
        if receipt.date > (now + _CLOCK).astimezone(zone).date():
            raise Malformed(pointers={"/date": "This day is still to come."})
        episode = instructions.episode_on(mine.episodes, receipt.date, zone)
        if episode is None:
            raise NotFound("There were no instructions for this day.", pointers={"/date": "unknown"})
        if (await instructions.read_set(db, actor.clinic_id, receipt.version)).state != "published":
            raise NotFound("No patient was sent this version.", pointers={"/version": "unknown"})
        shown = instructions.shown_day(mine, episode, receipt.date, receipt.version)
        at = min(receipt.at, now)
        await store.show(db, actor.clinic_id, actor.id, msgspec.structs.replace(shown, shown_at=at))
        await audit.record(db, actor, "instructions.shown", now=now, patient_id=actor.id)
