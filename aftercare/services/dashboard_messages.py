"""The pages about messages: who waits, one conversation, and the words that are sent often."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from aftercare.care.calendar import day_of
from aftercare.care.messaging import patient_told_at
from aftercare.db.pool import Connection, Database
from aftercare.errors import NotFound
from aftercare.model.care import Episode
from aftercare.model.message_pages import (
    ConversationPage,
    InboxItem,
    MessageLine,
    MessagePhoto,
    MessagesPage,
    TemplatesPage,
    Which,
    Writing,
)
from aftercare.model.patient_messages import Direction, Message, Template
from aftercare.model.people import Patient
from aftercare.model.recovery import Recovery
from aftercare.model.views import MessageView
from aftercare.model.words import Role
from aftercare.services import audit, messages
from aftercare.services import dashboard_views as views
from aftercare.services.dashboard_alerts import staff_of
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.store import episodes, installations, message_templates, patients
from aftercare.store import messages as store

PAGE = 50
_BESIDE = 20  # messages beside the rest of a recovery
Place = tuple[datetime, UUID]


async def inbox(
    database: Database, reader: Reader, which: Which, *, place: Place | None, now: datetime
) -> MessagesPage:
    """Conversations that wait, the longest waiting first; or all of them, the newest first."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        if which == "waiting":
            found = await store.waiting(db, clinic_id, place or messages.BEGINNING, PAGE)
        else:
            found = await store.recent(db, clinic_id, place or messages.end(now), PAGE)
        people = await patients.several(db, clinic_id, [one.patient_id for one in found])
        await audit.record(db, reader.actor, "messages.listed", now=now)
    more = None
    if len(found) >= PAGE:
        at, beside = messages.place_in(which)(found[-1])
        more = f"/messages?which={which}&{_place('after', at, beside)}"
    return MessagesPage(
        head=top,
        items=tuple(
            InboxItem(patient=views.patient_view(people[one.patient_id]), conversation=one) for one in found
        ),
        which=which,
        more=more,
    )


async def conversation(
    database: Database,
    reader: Reader,
    patient_id: UUID,
    *,
    before: Place | None = None,
    writing: Writing | None = None,
    now: datetime,
) -> ConversationPage:
    """One patient's messages, the newest page of them or the one before a place. Raises NotFound."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        who = await patients.get(db, clinic_id, patient_id)
        if who is None:
            raise NotFound
        found = await store.page(db, clinic_id, patient_id, before or messages.end(now), PAGE)
        recoveries = await episodes.of_patient(db, clinic_id, patient_id)
        offered = await message_templates.offered(db, clinic_id)
        phones = await installations.of_patient(db, clinic_id, patient_id)
        unread = await store.unread(db, clinic_id, patient_id)
        due_at = await store.next_due(db, clinic_id, patient_id)
        await audit.record(db, reader.actor, "messages.seen", now=now, patient_id=patient_id)
    here = f"/patients/{patient_id}/messages"
    waiting = [one for one in found if one.direction is Direction.FROM_PATIENT and one.read_at is None]
    return ConversationPage(
        head=top,
        patient=views.patient_view(who),
        language=who.language,
        lines=tuple(_line(one, who, recoveries) for one in reversed(found)),
        unread=unread,
        waiting_since=waiting[-1].received_at if waiting else None,
        read_due_at=due_at,
        read_up_to=found[0].message_id if found and before is None else None,
        templates=_for(who, offered),
        writing=writing or Writing(message_id=uuid7()),
        told_at=patient_told_at(now, who.time_zone, urgent=False),
        has_app=any(one.revoked_at is None for one in phones),
        earlier=f"{here}?{_place('before', found[-1].received_at, found[-1].message_id)}"
        if len(found) >= PAGE
        else None,
        latest=here if before is not None else None,
    )


async def templates_page(
    database: Database,
    reader: Reader,
    *,
    editing: UUID | None = None,
    typed: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    now: datetime,
) -> TemplatesPage:
    """The templates, with a form for a new one or for the one to edit. Raises NotFound where it is not in use."""
    async with database.clinic(reader.actor.clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
        offered = await message_templates.offered(db, clinic.clinic_id)
    edited = next((one for one in offered if one.template_id == editing), None)
    if editing is not None and edited is None:
        raise NotFound
    if typed is None:
        typed = {"language": clinic.language}
        if edited is not None:
            typed = {"title": edited.title, "language": edited.language, "text": edited.text}
    return TemplatesPage(
        head=top,
        templates=tuple(offered),
        may_write=reader.member.role in {Role.PRACTITIONER, Role.ADMIN},
        editing=editing,
        version=edited.version if edited else 0,
        typed=typed,
        problems=problems or {},
    )


async def newest_written(
    db: Connection, clinic_id: UUID, mine: Recovery, *, now: datetime
) -> tuple[MessageView, ...]:
    """What was written beside the answers and in the newest messages, oldest first."""
    found = await store.page(db, clinic_id, mine.patient.patient_id, messages.end(now), _BESIDE)
    by = await staff_of(db, clinic_id, (), also=[one.staff_id for one in found if one.staff_id])
    notes = [
        MessageView(at=kept.judged_at, text=kept.answers["note"])
        for kept in mine.check_ins
        if isinstance(kept.answers.get("note"), str) and kept.answers["note"].strip()
    ]
    written = [
        MessageView(
            at=one.received_at, text=one.text or "A photo", by=by.get(one.staff_id) if one.staff_id else None
        )
        for one in found
    ]
    return tuple(sorted([*notes, *written], key=lambda one: one.at))


def _line(message: Message, who: Patient, recoveries: list[Episode]) -> MessageLine:
    episode = next((one for one in recoveries if one.session_at <= message.written_at), None)
    return MessageLine(
        message=message,
        photos=tuple(
            MessagePhoto(
                thumbnail=f"/v1/patients/{who.patient_id}/photos/{photo}/thumbnail",
                page=f"/patients/{who.patient_id}/photos/{photo}",
            )
            for photo in message.photos
        ),
        day=day_of(episode.session_at, message.written_at, who.time_zone) if episode else None,
    )


def _for(who: Patient, offered: list[Template]) -> tuple[Template, ...]:
    """Those in the patient's language first."""
    spoken = who.language.partition("-")[0].lower()
    return tuple(sorted(offered, key=lambda one: one.language.partition("-")[0].lower() != spoken))


def _place(name: str, at: datetime, beside: UUID) -> str:
    return f"{name}={at:%Y-%m-%dT%H:%M:%S.%fZ}&beside={beside}"
