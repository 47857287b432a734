"""What waits unread: looked at when a working day is over, and then a contact request."""

from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.care.messaging import as_check_in
from aftercare.checks.judging import Found
from aftercare.checks.unread import waits_unread
from aftercare.db.pool import Connection, Database
from aftercare.errors import NotFound
from aftercare.model.patient_messages import Spoken
from aftercare.model.people import Actor
from aftercare.model.recovery import Recovery
from aftercare.services import judges, recovery
from aftercare.store import due_work
from aftercare.store import messages as store

UNREAD = "unread"


async def set_clock(db: Connection, clinic_id: UUID, patient_id: UUID) -> None:
    """Have a patient's messages looked at when the oldest that waits becomes late, or never if none waits."""
    at = await store.next_due(db, clinic_id, patient_id)
    if at is None:
        await due_work.drop(db, clinic_id, UNREAD, patient_id)
    else:
        await due_work.put(db, clinic_id, UNREAD, patient_id, at)


async def look(database: Database, claim: due_work.Claim, *, now: datetime) -> None:
    """Look at a claimed patient's messages: what nobody has read in time becomes a contact request.

    `database` acts as the worker.
    """
    async with database.clinic(claim.clinic_id) as db:
        try:
            mine = await recovery.load(db, claim.clinic_id, claim.subject_id, now=now)
        except NotFound:  # erased meanwhile
            await due_work.finish(db, UNREAD, claim)
            return
        late = await store.overdue(db, claim.clinic_id, claim.subject_id, now)
        await _request(db, mine, late, now)
        again = await store.next_due(db, claim.clinic_id, claim.subject_id)
        if again is None:
            await due_work.finish(db, UNREAD, claim)
        else:
            await due_work.postpone(db, UNREAD, claim, again)


async def _request(db: Connection, mine: Recovery, late: list[Spoken], now: datetime) -> None:
    """Raise what is late. Whatever the pack in use: a promise of the clinic's, which no pack can take back."""
    if not late:
        return
    clinic_id = mine.clinic.clinic_id
    judging = await judges.judging(db, clinic_id, mine.packs)
    found: Found = {}
    for message in late:
        episode_id, finding = waits_unread(judging.pack, mine, message)
        found.setdefault(episode_id, []).append(finding)
    with_late = msgspec.structs.replace(
        mine, check_ins=(*mine.check_ins, *(as_check_in(one) for one in late))
    )
    system = Actor(clinic_id=clinic_id, kind="system")
    await recovery.absorb_findings(db, with_late, found, system, now=now)
    await store.mark_late(db, clinic_id, mine.patient.patient_id, [one.message_id for one in late], now)
