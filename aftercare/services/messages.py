"""Messages between a patient and the clinic: kept, screened as a note is, told of, read; unread ones become a request.

A message takes the way of a check-in: the patient's lock, the engine, the alerts, one transaction. It answers no
check-in: the calendar and the silence do not know of it.
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.care.advice import urgent_care_number
from aftercare.care.instrument import CURRENT_VERSION
from aftercare.care.messaging import closed_notice, read_by
from aftercare.checks.judging import Found, judge_recovery
from aftercare.db.pool import Connection, Database
from aftercare.errors import Malformed, MessagesOfTodayUsed, NotFound, OtherContent
from aftercare.model.check_ins import Adjusted, CheckInDraft, Kept
from aftercare.model.findings import Finding
from aftercare.model.patient_messages import (
    Conversation,
    Direction,
    Message,
    MessageAnswer,
    MessageDraft,
    MyMessage,
    ReadDraft,
    ReadState,
    ReplyDraft,
)
from aftercare.model.people import Actor
from aftercare.model.recovery import Recovery
from aftercare.services import audit, judges, recovery
from aftercare.services.arrival import arrival_of, keep, require_client_id
from aftercare.services.check_ins import advice_for
from aftercare.services.messages_told import tell_patient_of, tell_staff
from aftercare.services.messages_unread import set_clock
from aftercare.store import messages as store
from aftercare.store import patients

PAGE = 50
MOST_A_DAY = 200  # of one patient: more than anybody writes, and no flood
_LAST = UUID(int=2**128 - 1)
BEGINNING = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


async def send(
    database: Database,
    actor: Actor,
    message_id: UUID,
    draft: MessageDraft,
    *,
    now: datetime,
    sent_at: datetime | None = None,
) -> MessageAnswer:
    """Take a patient's message.

    Raises Malformed, NotFound, OtherContent (the id was used with other content), MessagesOfTodayUsed. `sent_at` is what the phone's clock said when it sent this: a clock that is wrong is known by it and put right.
    """
    if actor.id is None:
        raise NotFound
    require_client_id(message_id, "/id")
    if not draft.text.strip() and not draft.photos:
        raise Malformed("Write something, or attach a photo.", pointers={"/text": "empty, and no photo"})
    arrival = arrival_of(now, sent_at)
    digest = hashlib.sha256(msgspec.json.encode(draft, order="sorted")).digest()
    async with database.clinic(actor.clinic_id) as db:
        # The lock first: the same message sent twice at once is then the second time a repeat.
        mine = await recovery.load(
            db,
            actor.clinic_id,
            actor.id,
            now=now,
            back_to=arrival.put_right(draft.written_at),
            check_in_ids=[message_id],
        )
        before = await store.known(db, actor.clinic_id, actor.id, message_id)
        # A check-in under the same id would hide what this message raises.
        if message_id in mine.answered or (before and before.digest != digest):
            raise OtherContent
        if before:
            return msgspec.convert(before.answer, MessageAnswer)
        kept, adjusted = keep(mine, actor, message_id, _as_check_in(draft), arrival)
        kept = msgspec.structs.replace(kept, answers={"message": draft.text})
        came = await store.count_since(db, actor.clinic_id, actor.id, now - timedelta(days=1))
        return await _take(db, mine, kept, draft, adjusted, actor, digest, flood=came >= MOST_A_DAY)


def _as_check_in(draft: MessageDraft) -> CheckInDraft:
    """The envelope of a message, so that clocks and zones are put right in one place."""
    return CheckInDraft(
        instrument=CURRENT_VERSION, recorded_at=draft.written_at, time_zone=draft.time_zone, day=None
    )


async def _take(
    db: Connection,
    mine: Recovery,
    kept: Kept,
    draft: MessageDraft,
    adjusted: tuple[Adjusted, ...],
    actor: Actor,
    digest: bytes,
    *,
    flood: bool,
) -> MessageAnswer:
    now, patient_id = kept.received_at, mine.patient.patient_id
    own = await _judge(db, mine, kept, actor, flood=flood)
    answer = MessageAnswer(
        message_id=kept.check_in_id,
        received_at=now,
        advice=advice_for(mine, own, now),
        hours_notice=closed_notice(
            mine.clinic.hours,
            now,
            language=mine.patient.language,
            time_zone=mine.patient.time_zone,
            urgent_number=mine.clinic.urgent_care or urgent_care_number(mine.patient.country),
        ),
        adjusted=tuple(_of_message(one) for one in adjusted),
        consent_needed=() if "care" in mine.consented else ("care",),
    )
    row = store.NewRow(
        message_id=kept.check_in_id,
        direction=Direction.FROM_PATIENT,
        text=draft.text,
        photos=tuple(dict.fromkeys(draft.photos)),
        written_at=kept.recorded_at,
        received_at=now,
        judged_at=kept.judged_at,
        time_zone=kept.time_zone,
        installation_id=actor.installation_id,
        flag=max((one.tier for one in own), key=lambda tier: tier.rank, default=None),
        digest=digest,
        answer=answer,
        read_due_at=read_by(mine.clinic.hours, now),
    )
    await store.keep(db, actor.clinic_id, patient_id, row)
    await audit.record(
        db,
        actor,
        "message.received",
        now=now,
        patient_id=patient_id,
        subject_id=kept.check_in_id,
        detail=draft,
    )
    await set_clock(db, actor.clinic_id, patient_id)
    await tell_staff(db, mine.clinic, now)
    return answer


def _of_message(adjusted: Adjusted) -> Adjusted:
    """What was recomputed, by its place in a message."""
    if adjusted.pointer != "/recorded_at":
        return adjusted
    return msgspec.structs.replace(adjusted, pointer="/written_at")


async def _judge(db: Connection, mine: Recovery, kept: Kept, actor: Actor, *, flood: bool) -> list[Finding]:
    """Screen a message by the engine; what its own words say. What came after it is not judged anew: it changes no course.

    Raises MessagesOfTodayUsed in a flood where nobody hears anything new by it: a red flag never waits.
    """
    now = kept.received_at
    judging = await judges.judging(db, actor.clinic_id, mine.packs)
    found = judge_recovery(judging, mine, [kept])
    with_message = msgspec.structs.replace(mine, check_ins=(*mine.check_ins, kept))
    told, muted = (_own(those, kept.check_in_id) for those in (found.told, found.muted))
    changes = await recovery.changes_by(db, with_message, told, now=now)
    if flood and not any(change.notices for change in changes):
        raise MessagesOfTodayUsed(retry_after=3600)
    for change in changes:
        await recovery.write(db, with_message, change, actor, now=now)
    patient_id, number = mine.patient.patient_id, judging.shadow_number
    await judges.count_muted(db, actor.clinic_id, patient_id, number, muted, now=now)
    return [one for those in _own(found.said, kept.check_in_id).values() for one in those]


def _own(found: Found, message_id: UUID) -> Found:
    """What rests on a message's own words."""
    return {
        episode_id: own
        for episode_id, those in found.items()
        if (own := [one for one in those if one.check_in == str(message_id)])
    }


async def reply(
    database: Database, actor: Actor, patient_id: UUID, draft: ReplyDraft, *, now: datetime
) -> Message:
    """Write to a patient, who is told of it; what they wrote before counts as read.

    Raises Malformed, NotFound, OtherContent (the id was used with other content).
    """
    if actor.id is None:
        raise NotFound
    if not draft.text.strip():
        raise Malformed("Write something to send.", pointers={"/text": "empty"})
    message_id = draft.message_id or uuid7()
    require_client_id(message_id, "/message_id")
    digest = hashlib.sha256(msgspec.json.encode([actor.id, draft.text, draft.urgent])).digest()
    async with database.clinic(actor.clinic_id) as db:
        patient = await patients.lock(db, actor.clinic_id, patient_id)
        if patient is None:
            raise NotFound
        if draft.read_up_to is not None:
            await _require(db, actor.clinic_id, patient_id, draft.read_up_to, "/read_up_to")
        before = await store.known(db, actor.clinic_id, patient_id, message_id)
        if before is None:
            row = store.NewRow(
                message_id=message_id,
                direction=Direction.FROM_CLINIC,
                text=draft.text,
                written_at=now,
                received_at=now,
                judged_at=now,
                time_zone=patient.time_zone,
                staff_id=actor.id,
                urgent=draft.urgent,
                digest=digest,
            )
            await store.keep(db, actor.clinic_id, patient_id, row)
            await audit.record(
                db, actor, "message.sent", now=now, patient_id=patient_id, subject_id=message_id, detail=draft
            )
            await tell_patient_of(db, actor.clinic_id, patient, message_id, now, urgent=draft.urgent)
            await _mark(db, actor, patient_id, draft.read_up_to, now)
        elif before.digest != digest:
            raise OtherContent
        return await _one(db, actor.clinic_id, patient_id, message_id)


async def mark_read(
    database: Database, actor: Actor, patient_id: UUID, draft: ReadDraft, *, now: datetime
) -> ReadState:
    """Say that somebody of the clinic has read a patient's messages up to one. Raises NotFound, Malformed."""
    async with database.clinic(actor.clinic_id) as db:
        if await patients.lock(db, actor.clinic_id, patient_id) is None:
            raise NotFound
        await _require(db, actor.clinic_id, patient_id, draft.up_to, "/up_to")
        marked = await _mark(db, actor, patient_id, draft.up_to, now)
        return ReadState(marked=marked, unread=await store.unread(db, actor.clinic_id, patient_id))


async def _mark(db: Connection, actor: Actor, patient_id: UUID, up_to: UUID | None, now: datetime) -> int:
    """Mark what a patient wrote as read, with the patient locked, and let nothing wait for it any more."""
    marked = await store.mark_read(
        db, actor.clinic_id, patient_id, Direction.FROM_PATIENT, up_to, by=actor.id, now=now
    )
    if marked:
        entries = [
            audit.entry(actor, "message.read", now=now, patient_id=patient_id, subject_id=one)
            for one in marked
        ]
        await audit.record_all(db, actor.clinic_id, entries)
        await set_clock(db, actor.clinic_id, patient_id)
    return len(marked)


async def list_messages(
    database: Database,
    actor: Actor,
    patient_id: UUID,
    *,
    before: tuple[datetime, UUID] | None,
    now: datetime,
) -> list[Message]:
    """A patient's conversation, the newest first. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        if await patients.get(db, actor.clinic_id, patient_id) is None:
            raise NotFound
        await audit.record(db, actor, "messages.seen", now=now, patient_id=patient_id)
        return await store.page(db, actor.clinic_id, patient_id, before or end(now), PAGE)


async def inbox(
    database: Database,
    actor: Actor,
    which: Literal["waiting", "recent"],
    *,
    place: tuple[datetime, UUID] | None,
    now: datetime,
) -> list[Conversation]:
    """Conversations: those that wait, the longest waiting first; or all, the newest first."""
    async with database.clinic(actor.clinic_id) as db:
        await audit.record(db, actor, "messages.listed", now=now)
        if which == "waiting":
            return await store.waiting(db, actor.clinic_id, place or BEGINNING, PAGE)
        return await store.recent(db, actor.clinic_id, place or end(now), PAGE)


def place_in(which: Literal["waiting", "recent"]) -> Callable[[Conversation], tuple[datetime, UUID]]:
    """Where a conversation stands in one of the two lists."""
    if which == "waiting":
        return lambda one: (one.waiting_since or one.last_at, one.patient_id)
    return lambda one: (one.last_at, one.last_id)


async def my_messages(
    database: Database, actor: Actor, *, before: tuple[datetime, UUID] | None, now: datetime
) -> list[MyMessage]:
    """The patient's own conversation, the newest first. Raises NotFound."""
    if actor.id is None:
        raise NotFound
    found = await list_messages(database, actor, actor.id, before=before, now=now)
    return [MyMessage(**{name: getattr(one, name) for name in MyMessage.__struct_fields__}) for one in found]


async def mark_mine_read(database: Database, actor: Actor, draft: ReadDraft, *, now: datetime) -> ReadState:
    """Say that the patient has read what the clinic wrote up to a message. Raises NotFound, Malformed."""
    if actor.id is None:
        raise NotFound
    async with database.clinic(actor.clinic_id) as db:
        await _require(db, actor.clinic_id, actor.id, draft.up_to, "/up_to")
        marked = await store.mark_read(
            db, actor.clinic_id, actor.id, Direction.FROM_CLINIC, draft.up_to, by=None, now=now
        )
        entries = [
            audit.entry(actor, "message.read", now=now, patient_id=actor.id, subject_id=one) for one in marked
        ]
        await audit.record_all(db, actor.clinic_id, entries)
        return ReadState(
            marked=len(marked), unread=await store.unread_of_clinic(db, actor.clinic_id, actor.id)
        )


async def _require(db: Connection, clinic_id: UUID, patient_id: UUID, message_id: UUID, pointer: str) -> None:
    if await store.known(db, clinic_id, patient_id, message_id) is None:
        raise Malformed(
            "Name a message of this conversation.", pointers={pointer: "no message of this conversation"}
        )


async def _one(db: Connection, clinic_id: UUID, patient_id: UUID, message_id: UUID) -> Message:
    found = await store.get(db, clinic_id, patient_id, message_id)
    if found is None:
        raise NotFound
    return found


def end(now: datetime) -> tuple[datetime, UUID]:
    """A place behind everything that came by now, for lists that begin with the newest."""
    return now + timedelta(days=3650), _LAST
