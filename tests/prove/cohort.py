"""A cohort with everything that it will say and when, so that several runs can be told apart by nothing but their workers."""

import random
from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from aftercare.care.calendar import calendar
from aftercare.db.pool import Database
from aftercare.model.calendar import DueCheckIn
from aftercare.model.care import CourseDraft, Episode, SessionDraft
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.people import Actor, PatientDraft
from aftercare.model.words import Modality, Outcome
from aftercare.services import alerts, check_ins, courses, patients
from aftercare.store import alerts as alert_store
from tests.prove.crew import Event
from tests.services.conftest import CARTRIDGE, SCREENED, Team

START = datetime(2026, 3, 23, tzinfo=UTC)  # a Monday; London changes its clocks on day 6
_ZONES = ("Europe/London", "Australia/Sydney", "America/St_Johns", "Asia/Kathmandu", "Pacific/Chatham")
_ALARMS: tuple[dict[str, Any], ...] = (
    {"breathing_or_tongue": True},
    {"tingling": True},
    {"pain": 3, "swelling": 3},
    {"white_bumps": True},
)
_HANDLED = timedelta(minutes=55)  # until staff have dealt with an alarm; silence they leave to the clocks


class Answer(msgspec.Struct, frozen=True):
    """What a patient will say at an instant."""

    at: datetime
    answers: dict[str, Any]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A patient of the cohort, with everything that they will say; the name tells them apart between runs."""

    name: str
    time_zone: str
    modality: Modality
    session_at: datetime
    hsv_history: bool = False
    says: tuple[Answer, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def due(self) -> list[DueCheckIn]:
        return calendar(self.modality, self.session_at, self.time_zone)


def cohort(chance: random.Random, count: int) -> list[Person]:
    """Most answer, some fall silent, some never speak; some sound an alarm."""
    people = []
    for number in range(count):
        zone = chance.choice(_ZONES)
        morning = datetime.combine(START.date(), time(10), ZoneInfo(zone))
        one = Person(
            name=f"Alder Sample {number:03}",
            time_zone=zone,
            modality=chance.choice(list(Modality)),
            session_at=(morning + timedelta(minutes=10 * chance.randrange(30))).astimezone(UTC),
            hsv_history=chance.random() < 0.3,
        )
        people.append(msgspec.structs.replace(one, says=_plan(chance, one)))
    return people


def _plan(chance: random.Random, one: Person) -> tuple[Answer, ...]:
    until_day = chance.choices([99, chance.randrange(7), -1], [6, 2, 2])[0]
    alarm_day = chance.choice([1, 2, 3, 4, 5]) if chance.random() < 0.2 else None
    said = []
    for due in one.due:
        if due.day > until_day or due.day > 10:
            break
        if chance.random() < 0.1:
            continue
        # Some answer before they are reminded. Never on the minute of a reminder, which would be a race without a winner.
        after = chance.choice([-20, 30, 40, 50, 180, 240])
        at = max(due.due_at + timedelta(minutes=after), one.session_at + timedelta(minutes=30))
        answers = dict(chance.choice(_ALARMS)) if due.day == alarm_day else {"redness": 1}
        said.append(Answer(at + timedelta(seconds=17), answers))
    return tuple(said)


async def admit(database: Database, team: Team, one: Person) -> Episode:
    """Treat one of the cohort."""
    by, at = team.practitioner, one.session_at
    draft = PatientDraft(
        name=one.name,
        email=f"{one.name.replace(' ', '.')}@patients.test",
        time_zone=one.time_zone,
        hsv_history=one.hsv_history,
    )
    patient = await patients.create_patient(database, by, draft, now=at)
    course = await courses.create_course(
        database, by, patient.patient_id, CourseDraft(modality=one.modality), now=at
    )
    needling = one.modality is Modality.MICRONEEDLING
    session = SessionDraft(
        course_id=course.course_id,
        session_at=at,
        needle_depth_mm=1.0 if needling else None,
        consumables=(CARTRIDGE,) if needling else (),
        screening=SCREENED,
    )
    _, episode = await courses.record_session(database, by, patient.patient_id, session, now=at)
    return episode


def events_of(
    database: Database, team: Team, ids: dict[str, UUID], people: list[Person]
) -> list[tuple[datetime, Event]]:
    """What patients and staff do, each at its instant."""
    events: list[tuple[datetime, Event]] = []
    for one in people:
        for said in one.says:
            events.append((said.at, _check_in(database, team, ids[one.name], one, said)))
            if said.answers in _ALARMS:
                at = said.at + _HANDLED
                events.append((at, _resolve(database, team, ids[one.name], at)))
    return events


def _check_in(database: Database, team: Team, patient_id: UUID, one: Person, said: Answer) -> Event:
    async def happen() -> None:
        actor = Actor(clinic_id=team.clinic_id, kind="patient", id=patient_id)
        draft = CheckInDraft(
            instrument=1, recorded_at=said.at, time_zone=one.time_zone, day=None, answers=said.answers
        )
        await check_ins.submit(database, actor, patient_id, uuid4(), draft, now=said.at)

    return happen


def _resolve(database: Database, team: Team, patient_id: UUID, at: datetime) -> Event:
    async def happen() -> None:
        async with database.clinic(team.clinic_id) as db:
            mine = await alert_store.of_patient(db, team.clinic_id, patient_id)
        what = alerts.Resolve(outcome=Outcome.CONFIRMED)
        for alert in mine:
            if alert.unresolved:
                await alerts.resolve(database, team.practitioner, alert.id, what, now=at)

    return happen


async def reminded(url: str) -> dict[str, list[datetime]]:
    """When reminders left, by patient."""
    judge = await asyncpg.connect(url)
    rows = await judge.fetch(
        """select p.name, d.sent_at from deliveries d join patients p using (clinic_id, patient_id)
           where d.kind = 'reminder' and d.what like 'remind:due:%' order by d.sent_at"""
    )
    await judge.close()
    found: dict[str, list[datetime]] = defaultdict(list)
    for row in rows:
        found[row["name"]].append(row["sent_at"])
    return found
