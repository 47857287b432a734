"""What is left after everything was hurt, read through a fresh connection, beside what was sent and answered."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from aftercare.alerts.replay import replay
from aftercare.care.calendar import day_of
from aftercare.care.instrument import load, read_answers
from aftercare.checks.pack import default_pack
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.photos import Rendition
from aftercare.model.timeline import Timeline, TimelineCheckIn, Treatment
from aftercare.model.words import Modality
from aftercare.photos.blobs import BlobKey, Blobs
from aftercare.photos.errors import BlobMissingError
from aftercare.photos.renditions import render
from tests.e2e.receivers import ReceivedMail, ReceivedRequest
from tests.prove.journal import CHECK_INS, PHOTOS, Sending
from tests.prove.people import Phone
from tests.prove.storm import photo

Raised = tuple[UUID, str, str, int, str]  # whose, code, tier, day, raised or escalated


def id_of(path: str) -> UUID:
    """The id that the phone made."""
    return UUID(path.partition("?")[0].rpartition("/")[2])


def drafts_of(sent: Mapping[str, Sending]) -> dict[UUID, CheckInDraft]:
    """The check-ins that were sent, by id."""
    return {
        id_of(path): msgspec.json.decode(one.body, type=CheckInDraft)
        for path, one in sent.items()
        if path.startswith(CHECK_INS)
    }


async def differing_check_ins(judge: asyncpg.Connection, drafts: Mapping[UUID, CheckInDraft]) -> list[UUID]:
    """Check-ins that were sent and are not there just once and as they were sent, or are there and were never sent."""
    rows = await judge.fetch("select check_in_id, recorded_at, answers from check_ins")
    kept = {row["check_in_id"]: (row["recorded_at"], msgspec.json.decode(row["answers"])) for row in rows}
    wanted = {
        check_in_id: (draft.recorded_at, read_answers(load(draft.instrument), draft.answers).answers)
        for check_in_id, draft in drafts.items()
    }
    twice = [one for one, count in Counter(row["check_in_id"] for row in rows).items() if count > 1]
    return twice + [one for one in kept.keys() | wanted.keys() if kept.get(one) != wanted.get(one)]


def due_alerts(
    phones: Iterable[Phone],
    session_at: datetime,
    sent: Mapping[str, Sending],
    drafts: Mapping[UUID, CheckInDraft],
) -> Counter[Raised]:
    """What the checks say of what each phone has sent, by the pure engine alone."""
    due: Counter[Raised] = Counter()
    whose = {id_of(path): one.patient_id for path, one in sent.items()}
    by_patient: dict[UUID, list[UUID]] = {}
    for check_in_id in drafts:
        by_patient.setdefault(whose[check_in_id], []).append(check_in_id)
    for phone in phones:
        check_ins = [
            TimelineCheckIn(
                day=day_of(session_at, drafts[one].recorded_at, drafts[one].time_zone),
                hours_after=(drafts[one].recorded_at - session_at).total_seconds() / 3600,
                answers=read_answers(load(drafts[one].instrument), drafts[one].answers).answers,
                id=str(one),
            )
            for one in by_patient.get(phone.patient_id, [])
        ]
        timeline = Timeline(
            id=str(phone.episode_id),
            modality=Modality.MICRONEEDLING,
            session_at=session_at,
            time_zone="Europe/London",
            session=Treatment(needle_depth_mm=1.0),
            check_ins=check_ins,
        )
        open_codes: set[str] = set()
        for line in replay(timeline, default_pack()):
            fate = "escalated" if line.check in open_codes else "raised"
            open_codes.add(line.check)
            due[phone.episode_id, line.check, line.tier, line.day, fate] += 1
    return due


async def raised_alerts(judge: asyncpg.Connection) -> Counter[Raised]:
    """What was raised and escalated, silence aside."""
    rows = await judge.fetch(
        "select a.episode_id, a.code, f.finding->>'tier', (f.finding->>'day')::int, f.fate"
        " from findings f join alerts a on a.clinic_id = f.clinic_id and a.id = f.alert_id"
        " where f.fate in ('raised', 'escalated') and a.code <> 'silence'"
    )
    return Counter(tuple(row) for row in rows)


_DOUBLED = {
    "alerts of an episode and a code": "select 1 from alerts group by clinic_id, episode_id, code having count(*) > 1",
    "findings of a check-in and a row": (
        "select 1 from findings where check_in_id is not null"
        " group by clinic_id, check_in_id, alert_id, finding->>'row' having count(*) > 1"
    ),
    "audit entries of something received": (
        "select 1 from audit_entries where action in ('check_in.received', 'photo.received', 'alert.raised')"
        " group by clinic_id, action, subject_id having count(*) > 1"
    ),
    "check-ins without an audit entry": (
        "select 1 from check_ins k where not exists (select 1 from audit_entries e where e.clinic_id = k.clinic_id"
        " and e.action = 'check_in.received' and e.subject_id = k.check_in_id)"
    ),
    "photos without an audit entry": (
        "select 1 from photos p where not exists (select 1 from audit_entries e where e.clinic_id = p.clinic_id"
        " and e.action = 'photo.received' and e.subject_id = p.photo_id)"
    ),
    "audit entries of nothing": (
        "select 1 from audit_entries e where e.action in ('check_in.received', 'photo.received', 'alert.raised')"
        " and not exists (select 1 from check_ins where check_in_id = e.subject_id)"
        " and not exists (select 1 from photos where photo_id = e.subject_id)"
        " and not exists (select 1 from alerts where id = e.subject_id)"
    ),
    "alerts that the webhook was not told of just once": (
        "select 1 from alerts a where 1 <> (select count(*) from deliveries d where d.clinic_id = a.clinic_id"
        " and d.alert_id = a.id and d.channel = 'webhook' and d.kind = 'alert_raised')"
    ),
    # What is raised as routine is part of a digest.
    "alerts that the practitioner had not just one mail about": (
        "select 1 from findings f where fate = 'raised' and finding->>'tier' <> 'routine' and 1 <> (select count(*)"
        " from deliveries d join staff s on s.clinic_id = d.clinic_id and s.staff_id = d.staff_id"
        " where d.clinic_id = f.clinic_id and d.alert_id = f.alert_id and d.kind = 'alert_raised' and s.role = 'practitioner')"
    ),
    "deliveries sent without an attempt that says so, or with two": (
        "select 1 from deliveries d where state = 'sent' and 1 <> (select count(*) from delivery_attempts t"
        " where t.clinic_id = d.clinic_id and t.delivery_id = d.delivery_id and t.result = 'sent')"
    ),
    # A reminder that would leave too late in the patient's day does not leave at all.
    "deliveries neither sent nor due later": (
        "select 1 from deliveries d where state <> 'sent' and (kind, state) <> ('reminder', 'dead')"
        " and not (state = 'queued' and exists (select 1 from due_work w"
        " where w.clinic_id = d.clinic_id and w.subject_id = d.delivery_id and w.due_at > now()))"
    ),
}


async def wrong_counts(judge: asyncpg.Connection) -> dict[str, int]:
    """Rows that break one of the rules above, by rule; empty if none does."""
    found = {what: len(await judge.fetch(query)) for what, query in _DOUBLED.items()}
    return {what: count for what, count in found.items() if count}


async def broken_photos(
    judge: asyncpg.Connection, blobs: Blobs, sent: Mapping[str, Sending]
) -> tuple[list[UUID], int]:
    """(Photos sent that are not there as sent, or whose pictures are not what is made of them; blobs of no photo)."""
    rows = await judge.fetch("select clinic_id, patient_id, photo_id, digest from photos")
    wanted = {id_of(path): one.body for path, one in sent.items() if path.startswith(PHOTOS)}
    kept = {row["photo_id"]: row["digest"].hex() for row in rows}
    broken = [one for one in kept.keys() | wanted.keys() if kept.get(one) != wanted.get(one)]
    paths = set()
    for row in rows:
        made = render(photo(row["photo_id"].int))
        for rendition in Rendition:
            key = BlobKey(
                clinic_id=row["clinic_id"],
                patient_id=row["patient_id"],
                photo_id=row["photo_id"],
                sha256=row["digest"].hex(),
                rendition=rendition,
            )
            paths.add(str(key))
            if await _read(blobs, key) != made.picture(rendition).data:
                broken.append(row["photo_id"])
    there = {head.path for row in rows[:1] async for head in blobs.list(row["clinic_id"])}
    return broken, len(there - paths)


async def _read(blobs: Blobs, key: BlobKey) -> bytes | None:
    try:
        return await blobs.get(key)
    except BlobMissingError:
        return None


async def unreceived(
    judge: asyncpg.Connection, hooks: Iterable[ReceivedRequest], mails: Iterable[ReceivedMail]
) -> tuple[list[UUID], int]:
    """(Deliveries sent and not received or the other way, or received with differing bytes; copies beyond the first)."""
    received: dict[UUID, set[bytes]] = {}
    count = 0
    for delivery_id, message in [
        *((UUID(one.headers["webhook-id"]), one.body) for one in hooks),
        *((UUID(str(one.message["Message-ID"])[1:].partition("@")[0]), one.raw) for one in mails),
    ]:
        received.setdefault(delivery_id, set()).add(message)
        count += 1
    rows = await judge.fetch("select delivery_id from deliveries where state = 'sent'")
    wrong = list(received.keys() ^ {row["delivery_id"] for row in rows})
    wrong += [one for one, messages in received.items() if len(messages) > 1]
    return wrong, count - len(received)
