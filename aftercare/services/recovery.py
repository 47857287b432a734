"""One patient's recovery: everything that check-ins, the sweep and staff do to it takes this way and this lock."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.alerts.clocks import due_at
from aftercare.alerts.joining import absorb
from aftercare.care.calendar import monitored_until
from aftercare.care.messaging import as_check_in
from aftercare.checks.judging import Found, judge_recovery
from aftercare.db.pool import Connection
from aftercare.errors import NotFound
from aftercare.model.alerts import Alert, Change, Fate, Told
from aftercare.model.care import Episode
from aftercare.model.people import Actor, Patient
from aftercare.model.recovery import Recovery
from aftercare.services import audit, chains, judges
from aftercare.services.deliveries import WAKE, tell
from aftercare.store import alerts as alert_store
from aftercare.store import due_work, messages, patients
from aftercare.store import recovery as store
from aftercare.store.alerts import FindingRow

SWEEP, ESCALATE = "sweep", "escalate"
_STORED = {Fate.RAISED, Fate.ESCALATED, Fate.JOINED, Fate.HELD}


async def load(
    db: Connection,
    clinic_id: UUID,
    patient_id: UUID,
    *,
    now: datetime,
    back_to: datetime | None = None,
    check_in_ids: Sequence[UUID] = (),
) -> Recovery:
    """Lock and read a recovery, as far back as what was recorded at `back_to` needs. Raises NotFound.

    `check_in_ids` are those that may be here already. The lock is a statement of its own: what is read after it sees
    what the one before us wrote.
    """
    patient = await patients.lock(db, clinic_id, patient_id)
    return await _gather(db, clinic_id, patient, min(now, back_to or now), check_in_ids)


async def read(db: Connection, clinic_id: UUID, patient_id: UUID, *, now: datetime) -> Recovery:
    """Read a recovery without the lock, to show it. Raises NotFound."""
    return await _gather(db, clinic_id, await patients.get(db, clinic_id, patient_id), now, ())


async def _gather(
    db: Connection, clinic_id: UUID, patient: Patient | None, at: datetime, check_in_ids: Sequence[UUID]
) -> Recovery:
    if patient is None:
        raise NotFound
    found = await store.gather(db, clinic_id, patient.patient_id, at, patient.created_at, check_in_ids)
    if found.clinic is None:
        raise NotFound
    episodes = found.episodes or ()
    start = _matters_since(episodes, patient, at)
    return Recovery(
        clinic=found.clinic,
        patient=patient,
        episodes=episodes,
        check_ins=tuple(one for one in found.check_ins or () if one.judged_at >= start),
        alerts=found.alerts or (),
        answered={one.check_in_id: one for one in found.answered or ()},
        consented=frozenset(found.consented or ()),
        to_ring=found.to_ring,
        packs=found.packs or (),
    )


def _matters_since(mine: Sequence[Episode], patient: Patient, at: datetime) -> datetime:
    """The newest session before an instant, and before that every one that was still monitored then."""
    # What is dated before the oldest session is judged at its start, which may be long before the patient was entered.
    start = min((patient.created_at, *(one.session_at for one in mine)))
    for place, episode in enumerate(one for one in mine if one.session_at <= at):
        until = monitored_until(episode.session_at, patient.time_zone, with_day_90=episode.with_day_90)
        if place and until < at:
            break
        start = episode.session_at
    return start - timedelta(days=1)


async def judge_again(
    db: Connection, actor: Actor, patient_id: UUID, since: datetime, *, now: datetime
) -> None:
    """Judge again what was recorded from an instant on: a session is often entered after the first answers about it."""
    mine = await load(db, actor.clinic_id, patient_id, now=now, back_to=since)
    later = [one for one in mine.check_ins if one.judged_at >= since]
    # What was written since is screened again as well: its day is another one now.
    later += [as_check_in(one) for one in await messages.spoken_since(db, actor.clinic_id, patient_id, since)]
    if later:
        rest = tuple(one for one in mine.check_ins if one.judged_at < since)
        judging = await judges.judging(db, actor.clinic_id, mine.packs)
        found = judge_recovery(judging, msgspec.structs.replace(mine, check_ins=rest), later)
        everything = msgspec.structs.replace(mine, check_ins=(*rest, *later))
        await absorb_findings(db, everything, found.told, actor, now=now)
        await judges.count_muted(db, actor.clinic_id, patient_id, judging.shadow_number, found.muted, now=now)


async def absorb_findings(
    db: Connection, recovery: Recovery, found: Found, actor: Actor, *, now: datetime
) -> None:
    """Turn findings into alerts, deliveries and clocks."""
    for change in await changes_by(db, recovery, found, now=now):
        await write(db, recovery, change, actor, now=now)


async def changes_by(db: Connection, recovery: Recovery, found: Found, *, now: datetime) -> list[Change]:
    """What findings make of the alerts of each episode; nothing is written yet."""
    if not any(found.values()):
        return []
    recorded = {str(one.check_in_id): one.judged_at for one in recovery.check_ins}
    told_by = await chains.of_clinic(db, recovery.clinic.clinic_id, now)
    return [
        absorb(
            [alert for alert in recovery.alerts if alert.episode_id == episode_id],
            those,
            episode_id=episode_id,
            now=now,
            hours=recovery.clinic.hours,
            new_id=uuid7,
            recorded=recorded,
            chains=told_by,
        )
        for episode_id, those in found.items()
        if those
    ]


async def write(db: Connection, recovery: Recovery, change: Change, actor: Actor, *, now: datetime) -> None:
    """Write what became of alerts, with their clocks, deliveries and audit."""
    clinic_id, patient_id = recovery.clinic.clinic_id, recovery.patient.patient_id
    for alert in change.new:
        await alert_store.insert(db, clinic_id, patient_id, alert)
    for alert in change.changed:
        await alert_store.update(db, clinic_id, alert)
    for alert in (*change.new, *change.changed):
        await set_clock(db, clinic_id, alert)
    stored = [told for told in change.findings if told.fate in _STORED]
    await alert_store.add_findings(db, clinic_id, [_row(told, now) for told in stored])
    done = [
        *(("alert.raised", alert) for alert in change.new),
        *(("alert.changed", alert) for alert in change.changed),
    ]
    entries = [
        audit.entry(actor, action, now=now, patient_id=patient_id, subject_id=alert.id, detail=alert)
        for action, alert in done
    ]
    await audit.record_all(db, clinic_id, entries)
    told = await tell(db, clinic_id, change.notices, now)
    if done:
        if recovery.newest is not None:
            # An open alert shortens the patience with silence, and makes the look for it as urgent.
            tiers = [alert.tier.rank for _, alert in done if alert.unresolved]
            await look_again(db, clinic_id, recovery.newest, now, max(tiers, default=0))
        if not told:
            await db.execute("select pg_notify($1, '')", WAKE)


def _row(told: Told, now: datetime) -> FindingRow:
    check_in = told.finding.check_in
    return FindingRow(
        finding_id=uuid7(),
        alert_id=told.alert_id,
        check_in_id=UUID(check_in) if check_in else None,
        at=now,
        fate=told.fate,
        fate_reason=told.reason,
        finding=told.finding,
    )


async def set_clock(db: Connection, clinic_id: UUID, alert: Alert) -> None:
    """Have the clock look at an alert when it must, or never again."""
    at = due_at(alert)
    if at is None:
        await due_work.drop(db, clinic_id, ESCALATE, alert.id)
    else:
        await due_work.put(db, clinic_id, ESCALATE, alert.id, at.astimezone(UTC), alert.tier.rank)


async def look_again(
    db: Connection, clinic_id: UUID, episode: Episode, now: datetime, urgency: int = 0
) -> None:
    """Have the sweep look at an episode at once: something that its silence depends on has changed."""
    await due_work.bring_forward(db, clinic_id, SWEEP, episode.episode_id, now, urgency)
