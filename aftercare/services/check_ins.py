"""The way of a check-in: lock, place, read, judge, alert, keep, all in one transaction; then what the patient is told.

Nothing a patient reported is lost: an item that cannot be judged is set aside and named, a clock that is wrong is
recomputed and named, and the same check-in sent again gets the first answer again.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from aftercare.care.advice import advise, crisis_number, describe_hours, emergency_number, urgent_care_number
from aftercare.care.opening import is_open, next_opening
from aftercare.care.spacing import local_day
from aftercare.checks.judging import Found, judge_recovery
from aftercare.checks.recovery import day_in, place, timeline
from aftercare.db.pool import Connection, Database
from aftercare.errors import AftercareError, NotFound, OtherContent, TooManyCheckIns
from aftercare.model.advice import Advice
from aftercare.model.check_ins import Adjusted, CheckInDraft, Kept, SetAsideItem
from aftercare.model.findings import Finding
from aftercare.model.people import Actor
from aftercare.model.recovery import Recovery
from aftercare.model.timeline import Timeline
from aftercare.services import audit, counts, judges, recovery
from aftercare.services.arrival import Arrival, arrival_of, keep, require_client_id
from aftercare.services.check_in_quota import require_room_or_news
from aftercare.store import call_list, episodes, patients
from aftercare.store import check_ins as store

PAGE = 50


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
    """Take one check-in.

    Raises Malformed (id), NotFound, OtherContent (the id was used with other content), TooManyCheckIns.
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
    arrival = arrival_of(now, sent_at)
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
        answers: dict[UUID, CheckInAnswer] = {}
        put_off: TooManyCheckIns | None = None
        try:
            answers = await _take(db, mine, list(new.values()), actor, now) if new else {}
        except TooManyCheckIns as error:
            put_off = error
    counts.CHECK_INS.add(actor.kind, by=len(answers))
    return [put_off or answers[one] if isinstance(one, UUID) else one for one in results]


def _known_or_new(
    mine: Recovery,
    new: dict[UUID, _New],
    actor: Actor,
    check_in_id: UUID,
    draft: CheckInDraft,
    arrival: Arrival,
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
        kept, adjusted = keep(mine, actor, check_in_id, draft, arrival)
        new[check_in_id] = _New(kept=kept, adjusted=adjusted, digest=digest)
    return check_in_id


async def _take(
    db: Connection, mine: Recovery, new: list[_New], actor: Actor, now: datetime
) -> dict[UUID, CheckInAnswer]:
    """Judge, alert, keep; what each is answered, by id. Raises TooManyCheckIns, and nothing is written then."""
    kept = [one.kept for one in new]
    judging = await judges.judging(db, actor.clinic_id, mine.packs)
    found = judge_recovery(judging, mine, kept)
    with_new = msgspec.structs.replace(mine, check_ins=(*mine.check_ins, *kept))
    changes = await recovery.changes_by(db, with_new, found.told, now=now)
    if actor.kind == "patient":
        require_room_or_news(mine, kept, changes, now)
    for change in changes:
        await recovery.write(db, with_new, change, actor, now=now)
    patient_id, number = mine.patient.patient_id, judging.shadow_number
    await judges.count_muted(db, actor.clinic_id, patient_id, number, found.muted, now=now)
    answers = {one.kept.check_in_id: _answer(mine, one, found.said, now) for one in new}
    entries = [
        audit.entry(
            actor,
            "check_in.received",
            now=now,
            patient_id=patient_id,
            subject_id=one.check_in_id,
            detail=one,
        )
        for one in kept
    ]
    rows = [
        store.NewRow(kept=one.kept, digest=one.digest, answer=answers[one.kept.check_in_id]) for one in new
    ]
    await store.keep(db, actor.clinic_id, patient_id, actor.installation_id, rows, entries)
    if actor.kind == "patient":
        await _follow(db, mine, kept, now)
    if mine.to_ring:
        await call_list.answered(db, actor.clinic_id, mine.patient.patient_id, now)
    return answers


def _answer(mine: Recovery, one: _New, found: Found, now: datetime) -> CheckInAnswer:
    kept = one.kept
    own = [
        finding for those in found.values() for finding in those if finding.check_in == str(kept.check_in_id)
    ]
    return CheckInAnswer(
        check_in_id=kept.check_in_id,
        received_at=now,
        day=day_in(place(mine, kept.judged_at), kept),
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
        hours_text=describe_hours(hours, patient.language, local_day(now, clinic.time_zone)),
        urgent_number=clinic.urgent_care or urgent_care_number(patient.country),
        crisis_number=crisis_number(patient.country or clinic.country),
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
    return timeline(mine, episode, kept)
