"""The follow-up log of an alert, and the list of what comes next."""

from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.alerts import acts
from aftercare.alerts.follow_up import (
    check_entry,
    first_look_at,
    is_reminded_of,
    look_again_at,
    overdue_notice,
    timing,
)
from aftercare.care.spacing import local_day
from aftercare.db.pool import Connection, Database
from aftercare.errors import Conflict, Forbidden, NotFound, OtherContent
from aftercare.model.alerts import Alert, Change
from aftercare.model.follow_ups import FollowUp, FollowUpDraft, NextStep, StepTiming
from aftercare.model.people import Actor
from aftercare.model.recovery import Recovery
from aftercare.services import audit, deliveries, recovery
from aftercare.services.arrival import in_utc
from aftercare.store import alerts, clinics, due_work, scripts
from aftercare.store import follow_ups as store

PAGE = 50
NEXT_STEP = "next_step"  # the kind of due work that reminds of one
_START = (date.min, UUID(int=0))

Whose = Literal["everyone", "mine"]


async def list_follow_ups(
    database: Database, actor: Actor, alert_id: UUID, *, now: datetime
) -> list[FollowUp]:
    """What was done about an alert, the oldest first; seen on record. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        patient_id = await alerts.patient_of(db, actor.clinic_id, alert_id)
        if patient_id is None:
            raise NotFound
        await audit.record(db, actor, "alert.seen", now=now, patient_id=patient_id, subject_id=alert_id)
        return await store.of_alerts(db, actor.clinic_id, [alert_id])


async def put_follow_up(
    database: Database,
    actor: Actor,
    alert_id: UUID,
    follow_up_id: UUID,
    draft: FollowUpDraft,
    *,
    now: datetime,
) -> FollowUp:
    """Write down what was done; the same again under its id gets it again.

    With `reached` the alert counts as contacted, in the same transaction. Raises NotFound, Malformed, OtherContent, and
    what `alerts.acts.contact` refuses.
    """
    if actor.id is None or actor.role is None:
        raise Forbidden
    async with database.clinic(actor.clinic_id) as db:
        mine, alert = await _locked(db, actor, alert_id, now)
        said = _as_kept(draft, alert_id, follow_up_id, actor.id, now)
        known = await store.get(db, actor.clinic_id, follow_up_id)
        if known is not None:
            return _same(known, said)
        used = draft.script
        script = await scripts.version(db, actor.clinic_id, alert.code, used.version) if used else None
        check_entry(draft, script, now=now, today=local_day(now, mine.clinic.time_zone))
        if draft.reached:
            acts.refuse_if_risen(alert, draft.seen_tier)
            await _reached(db, mine, alert, actor, now)
        if not await store.add(db, actor.clinic_id, mine.patient.patient_id, said):
            raise OtherContent
        await _record(db, actor, f"alert.{said.kind}", mine.patient.patient_id, alert_id, now, said)
        await _remind_of(db, mine, said, now)
    return said


async def _remind_of(db: Connection, mine: Recovery, step: FollowUp, now: datetime) -> None:
    """Have the digest looked after once the day of a next step is over; how urgent its alert is then, is asked then."""
    if step.next_on is not None:
        hours = mine.clinic.hours
        at = first_look_at(step.next_on, hours)
        at = at if at > now else look_again_at(now, hours)  # taken back: no mail for a click too many
        await due_work.put(db, mine.clinic.clinic_id, NEXT_STEP, step.follow_up_id, at.astimezone(UTC))


async def _locked(db: Connection, actor: Actor, alert_id: UUID, now: datetime) -> tuple[Recovery, Alert]:
    patient_id = await alerts.patient_of(db, actor.clinic_id, alert_id)
    if patient_id is None:
        raise NotFound
    mine = await recovery.load(db, actor.clinic_id, patient_id, now=now)
    return mine, next(one for one in mine.alerts if one.id == alert_id)


def _as_kept(draft: FollowUpDraft, alert_id: UUID, follow_up_id: UUID, by: UUID, now: datetime) -> FollowUp:
    return FollowUp(
        follow_up_id=follow_up_id,
        alert_id=alert_id,
        at=now,
        kind=draft.kind.value,
        staff_id=by,
        text=draft.text,
        happened_at=in_utc(draft.happened_at) if draft.happened_at else None,
        advised=draft.advised,
        visit_on=draft.visit_on,
        next_step=draft.next_step,
        next_on=draft.next_on,
        script_version=draft.script.version if draft.script else None,
        checked=draft.script.checked if draft.script else (),
    )


def _same(known: FollowUp, said: FollowUp) -> FollowUp:
    """The line that is there, if nothing else is said now. Raises OtherContent."""
    then = msgspec.structs.replace(said, at=known.at, done_at=known.done_at, done_by=known.done_by)
    if then != known:
        raise OtherContent
    return known


async def _reached(db: Connection, mine: Recovery, alert: Alert, actor: Actor, now: datetime) -> None:
    if actor.id is None or actor.role is None:
        raise Forbidden
    change = acts.contact(alert, by=actor.id, role=actor.role, now=now, hours=mine.clinic.hours)
    if change == Change():
        return
    row = FollowUp(follow_up_id=uuid7(), alert_id=alert.id, at=now, kind="contact", staff_id=actor.id)
    await store.add(db, actor.clinic_id, mine.patient.patient_id, row)
    await _record(db, actor, "alert.contact", mine.patient.patient_id, alert.id, now, row)
    await recovery.write(db, mine, change, actor, now=now)


async def _record(
    db: Connection,
    actor: Actor,
    action: str,
    patient_id: UUID,
    alert_id: UUID,
    now: datetime,
    detail: FollowUp | UUID,
) -> None:
    await audit.record(db, actor, action, now=now, patient_id=patient_id, subject_id=alert_id, detail=detail)


async def finish_step(
    database: Database, actor: Actor, alert_id: UUID, follow_up_id: UUID, *, now: datetime
) -> FollowUp:
    """Write that a next step was done; the first who did it stands in the log. Raises NotFound, Conflict."""
    if actor.id is None:
        raise Forbidden
    async with database.clinic(actor.clinic_id) as db:
        patient_id = await store.done(db, actor.clinic_id, alert_id, follow_up_id, now, actor.id)
        if patient_id is not None:
            await _record(db, actor, "alert.step_done", patient_id, alert_id, now, follow_up_id)
            await due_work.drop(db, actor.clinic_id, NEXT_STEP, follow_up_id)
        return await _step(db, actor, alert_id, follow_up_id)


async def reopen_step(
    database: Database, actor: Actor, alert_id: UUID, follow_up_id: UUID, *, now: datetime
) -> FollowUp:
    """Take back that a next step was done: it stands in the list again. Raises NotFound, Conflict."""
    async with database.clinic(actor.clinic_id) as db:
        mine, _ = await _locked(db, actor, alert_id, now)
        patient_id = await store.not_done(db, actor.clinic_id, alert_id, follow_up_id)
        after = await _step(db, actor, alert_id, follow_up_id)
        if patient_id is not None:
            await _record(db, actor, "alert.step_reopened", patient_id, alert_id, now, follow_up_id)
            await _remind_of(db, mine, after, now)
        return after


async def _step(db: Connection, actor: Actor, alert_id: UUID, follow_up_id: UUID) -> FollowUp:
    found = await store.get(db, actor.clinic_id, follow_up_id)
    if found is None or found.alert_id != alert_id:
        raise NotFound
    if found.next_on is None:
        raise Conflict("This line of the log has no next step. Write one down first.")
    return found


async def remind(database: Database, claim: due_work.Claim, *, now: datetime) -> None:
    """Look at a claimed next step whose day is over: tell of it if its alert is urgent enough, and look again next day.

    `database` acts as the worker.
    """
    async with database.clinic(claim.clinic_id) as db:
        step = await store.undone(db, claim.clinic_id, claim.subject_id)
        clinic = await clinics.get(db, claim.clinic_id)
        if step is None or clinic is None:
            await due_work.finish(db, NEXT_STEP, claim)
            return
        again = look_again_at(now, clinic.hours).astimezone(UTC)
        # Whoever lost the claim leaves the telling to who has it.
        if await due_work.postpone(db, NEXT_STEP, claim, again) and is_reminded_of(step.tier):
            notice = overdue_notice(step.alert_id, step.staff_id, now, clinic.hours)
            await deliveries.tell(db, claim.clinic_id, (notice,), now)


async def list_next_steps(
    database: Database,
    actor: Actor,
    *,
    whose: Whose = "everyone",
    when: StepTiming | None = None,
    after: tuple[date, UUID] | None = None,
    now: datetime,
) -> list[NextStep]:
    """Up to a page of what is still to be done, by its day; seen on record."""
    async with database.clinic(actor.clinic_id) as db:
        clinic = await clinics.get(db, actor.clinic_id)
        if clinic is None:
            raise NotFound
        await audit.record(db, actor, "next_steps.listed", now=now)
        return await listed(
            db, actor, whose=whose, when=when, after=after, today=local_day(now, clinic.time_zone)
        )


async def listed(
    db: Connection,
    actor: Actor,
    *,
    whose: Whose,
    when: StepTiming | None,
    after: tuple[date, UUID] | None,
    today: date,
) -> list[NextStep]:
    """The same, within a transaction."""
    found = await store.next_steps(
        db,
        actor.clinic_id,
        after=after or _START,
        days=_days(when, today),
        of=actor.id if whose == "mine" else None,
        limit=PAGE,
    )
    return [msgspec.structs.replace(one, timing=timing(one.next_on, today)) for one in found]


def _days(when: StepTiming | None, today: date) -> tuple[date, date]:
    one_day = date.resolution
    return {
        None: (date.min, date.max),
        StepTiming.OVERDUE: (date.min, today - one_day),
        StepTiming.TODAY: (today, today),
        StepTiming.COMING: (today + one_day, date.max),
    }[when]
