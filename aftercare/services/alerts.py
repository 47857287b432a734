"""What staff do with alerts: each act under the lock of its patient, on record, its clocks set anew."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.alerts import acts
from aftercare.alerts.clocks import put_right
from aftercare.db.pool import Connection, Database
from aftercare.errors import Forbidden, NotFound
from aftercare.model.alerts import Alert, Change
from aftercare.model.follow_ups import FollowUp
from aftercare.model.people import Actor
from aftercare.model.recovery import Recovery
from aftercare.model.text import Instant, Paragraph
from aftercare.model.words import Outcome, Role, Tier
from aftercare.services import audit, chains, counts, recovery
from aftercare.services.recovery import ESCALATE
from aftercare.store import alerts as store
from aftercare.store import due_work, follow_ups
from aftercare.store.alerts import FindingRow, PatientAlert

PAGE = 100


class Acknowledge(msgspec.Struct, frozen=True, kw_only=True):
    """Take the alert; `take_over` if somebody else has it."""

    take_over: bool = False


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Words for the follow-up log. `seen_tier` is what the page showed: an act is refused if the tier rose since."""

    text: Paragraph = ""
    seen_tier: Tier | None = None


_NOTHING = Note()


class Snooze(Note, frozen=True, kw_only=True):
    """Put it away until an instant."""

    until: Instant


class Resolve(Note, frozen=True, kw_only=True):
    """End it with what it was."""

    outcome: Outcome


class AlertDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An alert with everything that led to it and was done about it."""

    alert: PatientAlert
    findings: tuple[FindingRow, ...]
    follow_ups: tuple[FollowUp, ...]


Decide = Callable[[Alert, Recovery, UUID, Role], Change]


async def list_alerts(
    database: Database,
    actor: Actor,
    *,
    whose: Literal["everyone", "mine", "nobody"],
    offset: int,
    now: datetime,
) -> list[PatientAlert]:
    """Unresolved alerts, the most urgent first, then by deadline."""
    async with database.clinic(actor.clinic_id) as db:
        await audit.record(db, actor, "alerts.listed", now=now)
        return await store.triage(
            db,
            actor.clinic_id,
            owner=actor.id if whose == "mine" else None,
            unowned=whose == "nobody",
            limit=PAGE,
            offset=offset,
        )


async def get_alert(database: Database, actor: Actor, alert_id: UUID, *, now: datetime) -> AlertDetail:
    """One alert, seen on record. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        alert = await store.get(db, actor.clinic_id, alert_id)
        if alert is None:
            raise NotFound
        await audit.record(db, actor, "alert.seen", now=now, patient_id=alert.patient_id, subject_id=alert_id)
        return AlertDetail(
            alert=alert,
            findings=tuple(await store.findings_of(db, actor.clinic_id, [alert_id])),
            follow_ups=tuple(await follow_ups.of_alerts(db, actor.clinic_id, [alert_id])),
        )


async def acknowledge(
    database: Database, actor: Actor, alert_id: UUID, what: Acknowledge, *, now: datetime
) -> PatientAlert:
    """Take an alert. Raises NotFound and what `alerts.acts.acknowledge` refuses."""

    def decide(alert: Alert, mine: Recovery, by: UUID, role: Role) -> Change:
        return acts.acknowledge(
            alert, by=by, role=role, now=now, hours=mine.clinic.hours, take_over=what.take_over
        )

    taken = await _act(database, actor, alert_id, decide, "acknowledge", _NOTHING, now=now)
    if taken.acknowledged_at == now:
        seconds = (now - taken.clock_from).total_seconds()
        counts.ACKNOWLEDGE_SECONDS.observe(seconds, taken.tier)
    return taken


async def attempt(
    database: Database, actor: Actor, alert_id: UUID, what: Note, *, now: datetime
) -> PatientAlert:
    """Count a call without an answer."""

    def decide(alert: Alert, mine: Recovery, by: UUID, role: Role) -> Change:
        return acts.attempt(alert, by=by, role=role, now=now, hours=mine.clinic.hours)

    return await _act(database, actor, alert_id, decide, "attempt", what, now=now)


async def contact(
    database: Database, actor: Actor, alert_id: UUID, what: Note, *, now: datetime
) -> PatientAlert:
    """Note that the patient was reached."""

    def decide(alert: Alert, mine: Recovery, by: UUID, role: Role) -> Change:
        return acts.contact(alert, by=by, role=role, now=now, hours=mine.clinic.hours)

    return await _act(database, actor, alert_id, decide, "contact", what, now=now)


async def snooze(
    database: Database, actor: Actor, alert_id: UUID, what: Snooze, *, now: datetime
) -> PatientAlert:
    """Put an alert away until an instant."""

    def decide(alert: Alert, mine: Recovery, by: UUID, role: Role) -> Change:
        return acts.snooze(alert, until=what.until, by=by, role=role, now=now, hours=mine.clinic.hours)

    return await _act(database, actor, alert_id, decide, "snooze", what, now=now, until=what.until)


async def resolve(
    database: Database, actor: Actor, alert_id: UUID, what: Resolve, *, now: datetime
) -> PatientAlert:
    """End an alert with what it was."""

    def decide(alert: Alert, _: Recovery, by: UUID, role: Role) -> Change:
        return acts.resolve(alert, outcome=what.outcome, by=by, role=role, now=now)

    return await _act(database, actor, alert_id, decide, "resolve", what, now=now, outcome=what.outcome)


async def reopen(
    database: Database, actor: Actor, alert_id: UUID, what: Note, *, now: datetime
) -> PatientAlert:
    """Open a resolved alert again."""

    def decide(alert: Alert, mine: Recovery, by: UUID, role: Role) -> Change:
        others = [one for one in mine.alerts if one.episode_id == alert.episode_id]
        return acts.reopen(alert, others=others, by=by, role=role, now=now, hours=mine.clinic.hours)

    return await _act(database, actor, alert_id, decide, "reopen", what, now=now)


async def end_condition(
    database: Database, actor: Actor, alert_id: UUID, what: Note, *, now: datetime
) -> PatientAlert:
    """Say that a confirmed condition is over, so that the course may go on."""

    def decide(alert: Alert, _: Recovery, by: UUID, role: Role) -> Change:
        return acts.end_condition(alert, by=by, role=role, now=now)

    return await _act(database, actor, alert_id, decide, "end_condition", what, now=now)


async def note(
    database: Database, actor: Actor, alert_id: UUID, what: Note, *, now: datetime
) -> PatientAlert:
    """Add words to the follow-up log; changes nothing else."""

    def decide(*_: object) -> Change:
        return Change()

    return await _act(database, actor, alert_id, decide, "note", what, now=now)


async def _act(
    database: Database,
    actor: Actor,
    alert_id: UUID,
    decide: Decide,
    kind: str,
    said: Note,
    *,
    now: datetime,
    outcome: Outcome | None = None,
    until: datetime | None = None,
) -> PatientAlert:
    if actor.id is None or actor.role is None:
        raise Forbidden
    async with database.clinic(actor.clinic_id) as db:
        mine, alert = await _locked(db, actor.clinic_id, alert_id, now)
        if kind != "note":  # words are never refused
            acts.refuse_if_risen(alert, said.seen_tier)
        change = decide(alert, mine, actor.id, actor.role)
        if change == Change() and said.text and not await _said(db, actor, alert_id, said.text):
            kind = "note"  # done already; other words than before are not lost for that
        if change != Change() or kind == "note":
            row = FollowUp(
                follow_up_id=uuid7(),
                alert_id=alert_id,
                at=now,
                kind=kind,
                staff_id=actor.id,
                text=said.text,
                outcome=outcome,
                until=until,
            )
            await follow_ups.add(db, actor.clinic_id, mine.patient.patient_id, row)
            await audit.record(
                db,
                actor,
                f"alert.{kind}",
                now=now,
                patient_id=mine.patient.patient_id,
                subject_id=alert_id,
                detail=row,
            )
        await recovery.write(db, mine, change, actor, now=now)
        after = await store.get(db, actor.clinic_id, alert_id)
    if after is None:
        raise NotFound
    return after


async def _said(db: Connection, actor: Actor, alert_id: UUID, text: str) -> bool:
    """Whether the follow-up log has these words of this person already."""
    log = await follow_ups.of_alerts(db, actor.clinic_id, [alert_id])
    return any((one.staff_id, one.text) == (actor.id, text) for one in log)


async def _locked(db: Connection, clinic_id: UUID, alert_id: UUID, now: datetime) -> tuple[Recovery, Alert]:
    patient_id = await store.patient_of(db, clinic_id, alert_id)
    if patient_id is None:
        raise NotFound
    mine = await recovery.load(db, clinic_id, patient_id, now=now)
    return mine, next(one for one in mine.alerts if one.id == alert_id)


async def escalate(database: Database, claim: due_work.Claim, *, now: datetime) -> None:
    """Let time pass for one claimed alert: its snooze ends, or it goes to the next step of the chain."""
    system = Actor(clinic_id=claim.clinic_id, kind="system")
    async with database.clinic(claim.clinic_id) as db:
        try:
            mine, alert = await _locked(db, claim.clinic_id, claim.subject_id, now)
        except NotFound:
            await due_work.finish(db, ESCALATE, claim)
            return
        right = put_right(alert, now=now, hours=mine.clinic.hours)
        change = await chains.let_time_pass(db, mine, right, now=now)
        if change == Change() and right != alert:
            change = Change(changed=(right,))
        # Without a change the clock was set anew since the claim; writing sets it again from the alert.
        await recovery.write(db, mine, change, system, now=now)
        if change == Change():
            await recovery.set_clock(db, claim.clinic_id, alert)
