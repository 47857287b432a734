"""What the patient's app shows: who they are, what is due, what to do in an emergency, what they consented to."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from aftercare.care.advice import describe_hours, emergency_number
from aftercare.care.calendar import MORNING
from aftercare.care.consenting import CURRENT_TEXT
from aftercare.care.instrument import Group, Item, Text, load
from aftercare.care.spacing import local_day
from aftercare.checks.recovery import day_in
from aftercare.db.pool import Connection, Database
from aftercare.errors import NotFound
from aftercare.model.check_ins import ConsentState
from aftercare.model.course_plans import NextSession
from aftercare.model.instructions import Instructions
from aftercare.model.people import Actor
from aftercare.model.photo_views import PhotoGuide
from aftercare.model.recovery import Recovery
from aftercare.model.words import Modality
from aftercare.services import audit, consents, course_plans, instructions, recovery
from aftercare.services.looking import asked_again, asked_of
from aftercare.services.photo_guide import guide_of
from aftercare.store import consents as consent_store
from aftercare.store import preferences

_AHEAD = timedelta(days=7)


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The patient, as far as the app needs them."""

    patient_id: UUID
    name: str
    language: str
    time_zone: str
    clinic: str
    clinic_phone: str
    reads: str  # "Nobody watches this all the time. The clinic reads {reads}."
    consents: tuple[ConsentState, ...]


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One check-in that falls due, or is open now. `day` counts from the session."""

    day: int
    date: date
    due_at: datetime
    ends_at: datetime
    answered: bool
    re_check: bool = False  # asked again, the day after something urgent was reported


class EmergencyMark(msgspec.Struct, frozen=True, kw_only=True):
    """Answers to an item that are an emergency alone: the app shows the number the moment one is ticked, offline too."""

    item: str
    values: tuple[Any, ...]
    to_day: int | None = None
    to_hours: float | None = None


class Emergency(msgspec.Struct, frozen=True, kw_only=True):
    """What the app shows at once, without us: call now, do not wait for the clinic."""

    number: str
    text: Text
    marks: tuple[EmergencyMark, ...]


class Questions(msgspec.Struct, frozen=True, kw_only=True):
    """The instrument's items for a day, in their groups."""

    instrument: int
    recall: Text
    grades: tuple[Text, ...]
    groups: tuple[Group, ...]
    items: tuple[Item, ...]


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask and show today, and what comes within seven days, so that the app works without a network."""

    date: date
    day: int | None
    modality: Modality | None
    session_at: datetime | None
    due: tuple[Due, ...]
    questions: Questions
    emergency: Emergency
    reads: str
    consent_needed: tuple[str, ...]
    instructions: Instructions | None = None  # while a recovery is monitored
    next_session: NextSession | None = None  # none while it is held, or once the course was ended
    photos: PhotoGuide
    consent_text_version: str = CURRENT_TEXT


_CALL_NOW = {
    "en": "This can be an emergency. Call {number} now. Do not wait for us: nobody watches this all the time.",
    "es": "Esto puede ser una emergencia. Llame al {number} ahora. No nos espere: nadie vigila esto todo el tiempo.",
    "pt": "Isto pode ser uma emergência. Ligue já para o {number}. Não espere por nós: ninguém vigia isto o tempo todo.",
}


async def get_me(database: Database, actor: Actor, *, now: datetime) -> Me:
    """Who is enrolled on this phone. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        mine, given = await _read(db, actor, "me.seen", now)
    return Me(
        patient_id=mine.patient.patient_id,
        name=mine.patient.name,
        language=mine.patient.language,
        time_zone=mine.patient.time_zone,
        clinic=mine.clinic.name,
        clinic_phone=mine.clinic.phone,
        reads=describe_hours(mine.clinic.hours, mine.patient.language, local_day(now, mine.clinic.time_zone)),
        consents=tuple(given.values()),
    )


async def get_today(database: Database, actor: Actor, *, now: datetime) -> Today:
    """What is due today and within seven days. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        mine, given = await _read(db, actor, "today.seen", now)
        told = await instructions.deliver(db, actor, mine, now=now)
        goes_on = await course_plans.next_session_of(db, actor.clinic_id, mine, now)
        photos = await guide_of(db, actor.clinic_id, mine, given, goes_on, now=now)
        asked = await preferences.of_patient(db, actor.clinic_id, mine.patient.patient_id)
    zone, episode = ZoneInfo(mine.patient.time_zone), mine.newest
    today = now.astimezone(zone).date()
    day = None if episode is None else (today - episode.session_at.astimezone(zone).date()).days
    instrument = load()
    number = emergency_number(mine.patient.country, clinic_country=mine.clinic.country)
    return Today(
        date=today,
        day=day,
        modality=None if episode is None else episode.modality,
        session_at=None if episode is None else episode.session_at,
        due=() if episode is None else _due(mine, now, asked.reminder_at or MORNING),
        questions=Questions(
            instrument=instrument.version,
            recall=instrument.recall,
            grades=instrument.grades,
            groups=instrument.groups,
            items=instrument.items,
        ),
        emergency=Emergency(
            number=number,
            text={language: text.format(number=number) for language, text in _CALL_NOW.items()},
            marks=tuple(
                EmergencyMark(item=item.key, values=mark.values, to_day=mark.to_day, to_hours=mark.to_hours)
                for item in instrument.items
                for mark in item.emergency
            ),
        ),
        reads=describe_hours(mine.clinic.hours, mine.patient.language, local_day(now, mine.clinic.time_zone)),
        consent_needed=consents.needed(given),
        instructions=told,
        next_session=goes_on,
        photos=photos,
    )


def _due(mine: Recovery, now: datetime, at: time) -> tuple[Due, ...]:
    episode = mine.newest
    if episode is None:
        return ()
    answered = {day_in(episode, kept) for kept in mine.check_ins if kept.answers}
    calendar = asked_of(mine, episode, at=at)
    again = [one.due for one in asked_again(mine, episode, calendar, at=at) if not one.by_calendar]
    return tuple(
        Due(
            day=one.day,
            date=one.date,
            due_at=one.due_at,
            ends_at=one.ends_at,
            answered=one.day in answered,
            re_check=one in again,
        )
        for one in sorted([*calendar, *again], key=lambda one: one.due_at)
        if one.ends_at > now and one.due_at <= now + _AHEAD
    )


async def _read(
    db: Connection, actor: Actor, action: str, now: datetime
) -> tuple[Recovery, dict[str, ConsentState]]:
    if actor.id is None:
        raise NotFound
    mine = await recovery.read(db, actor.clinic_id, actor.id, now=now)
    given = await consent_store.newest(db, actor.clinic_id, actor.id)
    await audit.record(db, actor, action, now=now, patient_id=actor.id)
    return mine, given
