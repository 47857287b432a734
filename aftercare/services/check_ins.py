"""The way of a check-in: lock, place, read, judge, alert, keep, all in one transaction; then what the patient is told.

Nothing a patient reported is lost: an item that cannot be judged is set aside and named, a clock that is wrong is
recomputed and named, and the same check-in sent again gets the first answer again.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from aftercare.care.advice import advise, describe_hours, emergency_number, urgent_care_number
from aftercare.care.instrument import CURRENT_VERSION, UnknownInstrumentError, load, read_answers
from aftercare.care.opening import is_open, next_opening
from aftercare.db.pool import Connection, Database
from aftercare.errors import AftercareError, Malformed, NotFound, OtherContent
from aftercare.model.advice import Advice
from aftercare.model.check_ins import Adjusted, CheckInDraft, Kept, SetAsideItem
from aftercare.model.findings import Finding
from aftercare.model.people import Actor
from aftercare.model.timeline import Timeline
from aftercare.model.words import AnsweredBy
from aftercare.services import audit, recovery
from aftercare.services.recovery import Recovery
from aftercare.services.zones import known_zone
from aftercare.store import call_list, episodes, patients
from aftercare.store import check_ins as store

PAGE = 50
# A phone's clock drifts by seconds, and an answer takes its time on the way; what is more is a clock that is wrong.
_DRIFT = timedelta(minutes=2)
_A_CENTURY = timedelta(days=36_525)
# The ends of the calendar are PostgreSQL's infinities to the driver, which come back as another type.
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
_ID_VERSIONS = {4, 7}


class CheckInAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the phone is told at once, and again whenever it asks: what to do, what was set aside, what was recomputed."""

    check_in_id: UUID
    received_at: datetime
    day: int | None  # since the session it belongs to; null before any session
    advice: Advice
    set_aside: tuple[SetAsideItem, ...] = ()
    adjusted: tuple[Adjusted, ...] = ()
    consent_needed: tuple[str, ...] = ()
    ask_again: bool = False  # it said nothing at all: the app asks once more


class _Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """When something came, and by how much the clock of the phone that sent it is ahead of ours."""

    now: datetime
    ahead: timedelta

    def put_right(self, said: datetime) -> datetime | None:
        """An instant of that phone in UTC by our clock, or None where no calendar could hold it."""
        if not 1900 < said.year < 9000:
            return None
        return said.astimezone(UTC) - self.ahead


class _New(msgspec.Struct, frozen=True, kw_only=True):
    """A check-in that was not here yet."""

    kept: Kept
    adjusted: tuple[Adjusted, ...]
    digest: bytes


async def submit(
    database: Database,
    actor: Actor,
    patient_id: UUID,
    check_in_id: UUID,
    draft: CheckInDraft,
    *,
    now: datetime,
    sent_at: datetime | None = None,
) -> CheckInAnswer:
    """Take one check-in. Raises Malformed (id), NotFound, OtherContent (the id was used with other content).

    `sent_at` is what the phone's clock said when it sent this: a clock that is wrong is known by it and put right.
    """
    drafts = [(check_in_id, draft)]
    [result] = await submit_several(database, actor, patient_id, drafts, now=now, sent_at=sent_at)
    if isinstance(result, AftercareError):
        raise result
    return result


async def submit_several(
    database: Database,
    actor: Actor,
    patient_id: UUID,
    drafts: Sequence[tuple[UUID, CheckInDraft]],
    *,
    now: datetime,
    sent_at: datetime | None = None,
) -> list[CheckInAnswer | AftercareError]:
    """Take check-ins in one transaction, each judged in the light of all; for each what it is answered, or what is wrong with it.

    Raises NotFound, and what ends the transaction: nothing was kept then.
    """
    arrival = _arrival(now, sent_at)
    said = [one for one in (arrival.put_right(draft.recorded_at) for _, draft in drafts) if one is not None]
    async with database.clinic(actor.clinic_id) as db:
        # The lock first: the same check-in sent twice at once is then the second time a repeat.
        mine = await recovery.load(
            db,
            actor.clinic_id,
            patient_id,
            now=now,
            back_to=min(said, default=None),
            check_in_ids=[check_in_id for check_in_id, _ in drafts],
        )
        new: dict[UUID, _New] = {}
        results: list[CheckInAnswer | AftercareError | UUID] = []
        for check_in_id, draft in drafts:
            try:
                results.append(_known_or_new(mine, new, actor, check_in_id, draft, arrival))
            except AftercareError as error:
                results.append(error)
        answers = await _take(db, mine, list(new.values()), actor, now) if new else {}
    return [answers[one] if isinstance(one, UUID) else one for one in results]


def _known_or_new(
    mine: Recovery,
    new: dict[UUID, _New],
    actor: Actor,
    check_in_id: UUID,
    draft: CheckInDraft,
    arrival: _Arrival,
) -> CheckInAnswer | UUID:
    """The first answer of a repeat, or the id under which `new` holds it now. Raises Malformed, OtherContent."""
    require_client_id(check_in_id, "/id")
    digest = hashlib.sha256(msgspec.json.encode(draft, order="sorted")).digest()
    before, twin = mine.answered.get(check_in_id), new.get(check_in_id)
    if (before and before.digest != digest.hex()) or (twin and twin.digest != digest):
        raise OtherContent
    if before:
        return msgspec.json.decode(before.answer, type=CheckInAnswer)
    if not twin:
        kept, adjusted = _keep(mine, actor, check_in_id, draft, arrival)
        new[check_in_id] = _New(kept=kept, adjusted=adjusted, digest=digest)
    return check_in_id


async def _take(
    db: Connection, mine: Recovery, new: list[_New], actor: Actor, now: datetime
) -> dict[UUID, CheckInAnswer]:
    """Judge, alert, keep; what each is answered, by id."""
    kept = [one.kept for one in new]
    found = recovery.findings(mine, kept)
    with_new = msgspec.structs.replace(mine, check_ins=(*mine.check_ins, *kept))
    await recovery.absorb_findings(db, with_new, found, actor, now=now)
    answers = {one.kept.check_in_id: _answer(mine, one, found, now) for one in new}
    entries = [
        audit.entry(
            actor,
            "check_in.received",
            now=now,
            patient_id=mine.patient.patient_id,
            subject_id=one.check_in_id,
            detail=one,
        )
        for one in kept
    ]
    rows = [
        store.NewRow(kept=one.kept, digest=one.digest, answer=answers[one.kept.check_in_id]) for one in new
    ]
    await store.keep(db, actor.clinic_id, mine.patient.patient_id, actor.installation_id, rows, entries)
    if actor.kind == "patient":
        await _follow(db, mine, kept, now)
    if mine.to_ring:
        await call_list.answered(db, actor.clinic_id, mine.patient.patient_id, now)
    return answers


def require_client_id(item_id: UUID, pointer: str) -> None:
    """Ids are made on the phone at random or by time, so that no two phones make the same. Raises Malformed."""
    if item_id.version not in _ID_VERSIONS:
        raise Malformed(
            "Ids are UUIDs of version 4 or 7.", pointers={pointer: "not a UUID of version 4 or 7"}
        )


def _keep(
    mine: Recovery, actor: Actor, check_in_id: UUID, draft: CheckInDraft, arrival: _Arrival
) -> tuple[Kept, tuple[Adjusted, ...]]:
    adjusted: list[Adjusted] = []
    zone = draft.time_zone
    if not known_zone(zone):
        zone = mine.patient.time_zone
        adjusted.append(Adjusted(pointer="/time_zone", reason="This zone is not known here.", used=zone))
    judged_at = _judged_at(mine, draft, arrival, adjusted)
    try:
        instrument = load(draft.instrument)
    except UnknownInstrumentError:
        instrument = load(CURRENT_VERSION)
        adjusted.append(
            Adjusted(
                pointer="/instrument",
                reason="This version of the questions is not known here; it was read by ours.",
                used=str(CURRENT_VERSION),
            )
        )
    reading = read_answers(instrument, draft.answers)
    kept = Kept(
        check_in_id=check_in_id,
        instrument=draft.instrument,
        recorded_at=_in_utc(draft.recorded_at),
        received_at=arrival.now,
        judged_at=judged_at,
        said_day=draft.day,
        time_zone=zone,
        answered_by=_who_answered(actor, draft),
        staff_id=actor.id if actor.kind == "staff" else None,
        supersedes=draft.supersedes,
        unscheduled=draft.day is None,
        answers=reading.answers,
        set_aside=tuple(
            {
                "pointer": f"/answers{one.pointer}",
                "reason": one.reason,
                "sent": storable(one.sent),
            }
            for one in reading.set_aside
        ),
    )
    day = recovery.day_in(recovery.place(mine, judged_at), kept)
    if draft.day is not None and day is not None and draft.day != day:
        adjusted.append(
            Adjusted(pointer="/day", reason="The day was recomputed from recorded_at.", used=str(day))
        )
    return kept, tuple(adjusted)


def _who_answered(actor: Actor, draft: CheckInDraft) -> AnsweredBy:
    """Staff are whoever signed in as staff, never a phone's word."""
    if actor.kind == "staff":
        return AnsweredBy.STAFF
    return AnsweredBy.SELF if draft.answered_by is AnsweredBy.STAFF else draft.answered_by


def _judged_at(mine: Recovery, draft: CheckInDraft, arrival: _Arrival, adjusted: list[Adjusted]) -> datetime:
    now, recorded_at = arrival.now, arrival.put_right(draft.recorded_at)
    if recorded_at is not None and recorded_at <= now + _DRIFT:
        oldest = min((episode.session_at for episode in mine.episodes), default=mine.patient.created_at)
        if recorded_at >= oldest - timedelta(days=1):
            if arrival.ahead:
                reason = "The phone's clock is wrong; it was put right by what it said when this was sent."
                adjusted.append(Adjusted(pointer="/recorded_at", reason=reason, used=recorded_at.isoformat()))
            # A check-in from just before a session, by a clock that runs late, is still about that session.
            return max(min(recorded_at, now), oldest) if mine.episodes else min(recorded_at, now)
        reason = "The phone's clock is before any session; the time of arrival is used."
    else:
        reason = "The phone's clock is ahead of ours; the time of arrival is used."
    adjusted.append(Adjusted(pointer="/recorded_at", reason=reason, used=now.isoformat()))
    return now


def _arrival(now: datetime, sent_at: datetime | None) -> _Arrival:
    """What came now; the clock counts as wrong only by more than a slow network and less than any calendar explains."""
    ahead = sent_at - now if sent_at is not None else timedelta(0)
    return _Arrival(now=now, ahead=ahead if _DRIFT < abs(ahead) < _A_CENTURY else timedelta(0))


def _in_utc(said: datetime) -> datetime:
    """The instant in UTC; for the first and last hours of the calendar the nearest one that can be kept."""
    return max(_FIRST, min(said, _LAST)).astimezone(UTC)


def _answer(mine: Recovery, one: _New, found: dict[UUID, list[Finding]], now: datetime) -> CheckInAnswer:
    kept = one.kept
    own = [
        finding for those in found.values() for finding in those if finding.check_in == str(kept.check_in_id)
    ]
    return CheckInAnswer(
        check_in_id=kept.check_in_id,
        received_at=now,
        day=recovery.day_in(recovery.place(mine, kept.judged_at), kept),
        advice=advice_for(mine, own, now),
        set_aside=tuple(SetAsideItem(pointer=one["pointer"], reason=one["reason"]) for one in kept.set_aside),
        adjusted=one.adjusted,
        consent_needed=() if "care" in mine.consented else ("care",),
        ask_again=not kept.answers,
    )


def advice_for(mine: Recovery, own: list[Finding], now: datetime) -> Advice:
    """What the patient is shown for findings, by the clinic's hours and the country where the phone is."""
    clinic, patient = mine.clinic, mine.patient
    hours = clinic.hours
    return advise(
        own,
        # Only who reports something is told whether to call now or where to turn meanwhile.
        open_now=bool(own) and is_open(hours, now),
        next_opening=next_opening(hours, now) if own else None,
        emergency_number=emergency_number(patient.country, clinic_country=clinic.country),
        clinic_phone=clinic.phone or None,
        language=patient.language,
        time_zone=patient.time_zone,
        hours_text=describe_hours(hours, patient.language),
        urgent_number=clinic.urgent_care or urgent_care_number(patient.country),
    )


async def _follow(db: Connection, mine: Recovery, kept: list[Kept], now: datetime) -> None:
    """Move the patient to where their newest check-ins were sent from."""
    zone, newest = mine.patient.time_zone, max((one.judged_at for one in mine.check_ins), default=None)
    for one in sorted(kept, key=lambda one: one.judged_at):
        if one.time_zone != zone and (newest is None or one.judged_at >= newest):
            zone = one.time_zone
            await patients.move(db, mine.clinic.clinic_id, mine.patient.patient_id, zone, one.judged_at)
    if zone != mine.patient.time_zone and mine.newest is not None:
        await recovery.look_again(db, mine.clinic.clinic_id, mine.newest, now)


async def get_check_in(
    database: Database, actor: Actor, patient_id: UUID, check_in_id: UUID, *, now: datetime
) -> Kept:
    """One check-in as it is kept. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        kept = await store.get(db, actor.clinic_id, patient_id, check_in_id)
        if kept is None:
            raise NotFound
        await audit.record(db, actor, "check_in.seen", now=now, patient_id=patient_id, subject_id=check_in_id)
    return kept


async def list_check_ins(
    database: Database,
    actor: Actor,
    patient_id: UUID,
    *,
    before: tuple[datetime, UUID] | None,
    now: datetime,
) -> list[Kept]:
    """The patient's check-ins, the newest first. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        if await patients.get(db, actor.clinic_id, patient_id) is None:
            raise NotFound
        await audit.record(db, actor, "check_ins.seen", now=now, patient_id=patient_id)
        end = (now + timedelta(days=3650), UUID(int=2**128 - 1))
        return await store.page(db, actor.clinic_id, patient_id, before or end, PAGE)


async def get_timeline(database: Database, actor: Actor, episode_id: UUID, *, now: datetime) -> Timeline:
    """An episode with its check-ins as the checks see it. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        patient_id = await episodes.patient_of(db, actor.clinic_id, episode_id)
        if patient_id is None:
            raise NotFound
        mine = await recovery.read(db, actor.clinic_id, patient_id, now=now)
        episode = next(one for one in mine.episodes if one.episode_id == episode_id)
        kept = await store.since(db, actor.clinic_id, patient_id, episode.session_at)
        await audit.record(db, actor, "timeline.seen", now=now, patient_id=patient_id, subject_id=episode_id)
    return recovery.timeline(mine, episode, kept)


def storable(value: Any) -> Any:
    """The value as JSON text if PostgreSQL's json cannot take it as it is, so that nothing is lost."""
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None
    return value if "\\u0000" not in text else text
