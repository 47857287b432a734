"""The scheduled look at one episode: reminders that fall due, silence that means something, and when to look again."""

from datetime import date, datetime, time
from uuid import UUID

from uuid_utils.compat import uuid7

from aftercare.care.calendar import MORNING
from aftercare.db.pool import Connection, Database
from aftercare.model.addresses import ChannelName
from aftercare.model.care import Episode
from aftercare.model.deliveries import Delivery, Letter
from aftercare.model.messages import MessageKind
from aftercare.model.people import Actor
from aftercare.model.recovery import Recovery
from aftercare.services import audit, judges, recovery
from aftercare.services.admins import tell_admins
from aftercare.services.deliveries import tell_patient
from aftercare.services.looking import Asking, look_at, reminder_key, urgency_of
from aftercare.services.recovery import ESCALATE, SWEEP
from aftercare.store import call_list, due_work, episodes, patients, preferences
from aftercare.store import deliveries as delivery_store
from aftercare.store import reminders as reminder_store


async def sweep(database: Database, claim: due_work.Claim, *, now: datetime, at: time = MORNING) -> None:
    """Look at one claimed episode, reminded of at the local time `at`, and set when to look again.

    `database` acts as the worker.
    """
    async with database.clinic(claim.clinic_id) as db:
        found = await episodes.several(db, claim.clinic_id, [claim.subject_id])
        if not found:
            await due_work.finish(db, SWEEP, claim)
            return
        one = found[claim.subject_id]
        # An older episode's own answers belong to the look at it, however long they are past.
        mine = await recovery.load(db, claim.clinic_id, one.patient_id, now=now, back_to=one.session_at)
        # Read again under the lock: a newer session may have ended its calendar meanwhile.
        episode = next(one for one in mine.episodes if one.episode_id == claim.subject_id)
        again = await _look(db, mine, episode, now, at)
        if again is None:
            await due_work.finish(db, SWEEP, claim)
        else:
            await due_work.postpone(db, SWEEP, claim, again, urgency_of(mine, episode))


async def look_at_all_again(database: Database, *, now: datetime) -> None:
    """Have every episode and every open alert looked at again: the clock was ahead, and what it put off may be due before.

    `database` acts as the worker.
    """
    async with database.transaction() as db:
        await due_work.bring_all_forward(db, SWEEP, now)
        await due_work.bring_all_forward(db, ESCALATE, now)


async def _look(db: Connection, mine: Recovery, episode: Episode, now: datetime, at: time) -> datetime | None:
    clinic_id, system = mine.clinic.clinic_id, Actor(clinic_id=mine.clinic.clinic_id, kind="system")
    rows = await delivery_store.reminders_of(db, clinic_id, mine.patient.patient_id, episode.session_at)
    moved_at = await patients.moved_at(db, clinic_id, mine.patient.patient_id)
    judging = await judges.judging(db, clinic_id, mine.packs)
    sent = {row.what: row for row in rows}
    wish = await reminder_store.get(db, clinic_id, mine.patient.patient_id)
    asked = await preferences.of_patient(db, clinic_id, mine.patient.patient_id)
    look = look_at(
        mine,
        episode,
        sent,
        now,
        at=asked.reminder_at or at,
        moved_at=moved_at,
        judging=judging,
        reminders=wish,
        quiet=asked.quiet,
    )
    for asking in look.remind:
        await _remind(db, mine, episode, asking)
    for row in look.call:
        if await call_list.add(db, clinic_id, row):
            await audit.record(
                db, system, "call_list.added", now=now, patient_id=row.patient_id, subject_id=row.episode_id
            )
    if look.never_left is not None:
        await _tell_admins(db, mine, look.never_left, now)
    if look.findings:
        await recovery.absorb_findings(db, mine, {episode.episode_id: list(look.findings)}, system, now=now)
    muted, number = {episode.episode_id: list(look.muted)}, judging.shadow_number
    await judges.count_muted(db, clinic_id, mine.patient.patient_id, number, muted, now=now)
    return look.again


async def _remind(db: Connection, mine: Recovery, episode: Episode, asking: Asking) -> None:
    reminder = Delivery(
        delivery_id=uuid7(),
        channel=ChannelName.SMTP,
        kind=MessageKind.REMINDER,
        patient_id=mine.patient.patient_id,
        day=asking.due.day,
        queued_at=asking.at,
    )
    what = reminder_key(asking.kind, episode, asking.due.day)
    await tell_patient(db, mine.clinic.clinic_id, Letter(what=what, delivery=reminder, not_before=asking.at))


async def _tell_admins(db: Connection, mine: Recovery, newest: date, now: datetime) -> None:
    """Reminders that never left are the clinic's to mend: told once for the newest day, not again on every look at it."""
    what = f"fault:{newest.isoformat()}"
    await tell_admins(db, mine.clinic.clinic_id, MessageKind.CLINIC_FAULT, what, now)


async def call_done(
    database: Database, actor: Actor, episode_id: UUID, day: int, *, now: datetime
) -> UUID | None:
    """The coordinator has rung; whose it was, or None if it was done already."""
    async with database.clinic(actor.clinic_id) as db:
        patient_id = await call_list.done(db, actor.clinic_id, episode_id, day, now, actor.id)
        if patient_id is not None:
            await audit.record(
                db, actor, "call_list.done", now=now, patient_id=patient_id, subject_id=episode_id
            )
    return patient_id
