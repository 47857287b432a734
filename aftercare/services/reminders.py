"""Whether a patient is reminded: asked for in the app or at the reception, on record. Monitoring goes on whatever it is."""

from datetime import datetime, timedelta
from uuid import UUID

from aftercare.db.pool import Database
from aftercare.errors import Malformed, Outdated
from aftercare.model.people import Actor
from aftercare.model.reminders import Reminders, RemindersDraft
from aftercare.services import audit, recovery
from aftercare.store import reminders as store

_LONGEST = timedelta(days=90)


async def get_reminders(database: Database, actor: Actor, patient_id: UUID, *, now: datetime) -> Reminders:
    """The patient's wish. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        await recovery.read(db, actor.clinic_id, patient_id, now=now)
        await audit.record(db, actor, "reminders.seen", now=now, patient_id=patient_id)
        return await store.get(db, actor.clinic_id, patient_id)


async def put_reminders(
    database: Database,
    actor: Actor,
    patient_id: UUID,
    draft: RemindersDraft,
    *,
    version: int | None = None,
    now: datetime,
) -> Reminders:
    """Keep a new wish, over the `version` that it was read at (None: whatever it is). Raises NotFound, Malformed, Outdated."""
    if (draft.state == "paused") != (draft.until is not None):
        raise Malformed(pointers={"/until": "Say until when for a pause, and only for one."})
    if draft.until is not None and not now < draft.until <= now + _LONGEST:
        raise Malformed(pointers={"/until": "A pause ends within the next 90 days."})
    async with database.clinic(actor.clinic_id) as db:
        mine = await recovery.load(db, actor.clinic_id, patient_id, now=now)
        before = await store.get(db, actor.clinic_id, patient_id)
        if version is not None and version != before.version:
            raise Outdated
        if (before.state, before.until) != (draft.state, draft.until):
            by = actor.id if actor.kind == "staff" else None
            await store.put(db, actor.clinic_id, patient_id, draft, by, now)
            await audit.record(
                db, actor, f"reminders.{draft.state}", now=now, patient_id=patient_id, detail=draft
            )
            if mine.newest is not None:
                await recovery.look_again(db, actor.clinic_id, mine.newest, now)
        return await store.get(db, actor.clinic_id, patient_id)
