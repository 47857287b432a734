"""A clinic with its people, over the services themselves."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from aftercare.care.questionnaire import asked, load
from aftercare.db.pool import Database
from aftercare.model.care import Consumable, CourseDraft, Episode, SessionDraft
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.clinic import Opening
from aftercare.model.people import Actor, ClinicDraft, PatientDraft, StaffDraft
from aftercare.model.screenings import SessionScreening
from aftercare.model.words import Modality, Role
from aftercare.services import check_ins, clinics, courses, patients, rule_packs, staff
from aftercare.services.check_ins import CheckInAnswer


@dataclass
class Team:
    """A clinic's staff as actors."""

    clinic_id: UUID
    practitioner: Actor
    coordinator: Actor
    admin: Actor


@dataclass
class Recovering:
    """A patient with an episode, who can send check-ins."""

    actor: Actor
    patient_id: UUID
    course_id: UUID
    episode: Episode
    database: Database

    async def says(self, at: datetime, *, now: datetime | None = None, **answers: Any) -> CheckInAnswer:
        draft = CheckInDraft(
            instrument=1, recorded_at=at, time_zone="Europe/London", day=None, answers=answers
        )
        return await check_ins.submit(
            self.database, self.actor, self.patient_id, uuid4(), draft, now=now or at + timedelta(seconds=5)
        )


Treat = Callable[..., Awaitable[Recovering]]
CARTRIDGE = Consumable(
    device="Cartridge",
    lot="LOT-1",
    expires_on=date(2030, 1, 1),
    sterile=True,
    single_use=True,
)

# Asked before a session, everything denied.
SCREENED = SessionScreening(
    questionnaire=1,
    answers={item.key: False for item in asked(load(1), "session")},
    outcome="candidate",
)


def next_session(
    course_id: UUID, at: datetime, reason: str = "", session_id: UUID | None = None
) -> SessionDraft:
    """A further needling of a course."""
    return SessionDraft(
        course_id=course_id,
        session_at=at,
        session_id=session_id,
        consumables=(CARTRIDGE,),
        override_reason=reason,
        screening=SCREENED,
    )


OFFICE_HOURS = tuple(Opening(weekday=day, opens=time(9), closes=time(18)) for day in range(5))
ROUND_THE_CLOCK = tuple(Opening(weekday=day, opens=time.min, closes=time.max) for day in range(7))


async def make_team(
    database: Database,
    handle: str,
    now: datetime,
    *,
    openings: tuple[Opening, ...] = OFFICE_HOURS,
    webhook_hosts: tuple[str, ...] = (),
    released: bool = True,
) -> Team:
    """A clinic with one of each role; its practitioner has released the shipped rules, or not yet."""
    draft = ClinicDraft(
        name=f"Clinic {handle}",
        handle=handle,
        time_zone="Europe/London",
        country="GB",
        phone="+44 20 7946 0001",
        openings=openings,
        private_webhook_hosts=webhook_hosts,
    )
    clinic = await clinics.create_clinic(database, draft, now=now)
    system = Actor(clinic_id=clinic.clinic_id, kind="system")
    actors = {}
    for role in Role:
        made = await staff.create_staff(
            database,
            system,
            StaffDraft(email=f"{role}@{handle}.test", name=role.title(), role=role, password="long enough"),
            now=now,
        )
        actors[role] = Actor(clinic_id=clinic.clinic_id, kind="staff", id=made.staff_id, role=role)
    if released:
        await rule_packs.release(database, actors[Role.PRACTITIONER], 1, now=now)
    return Team(clinic.clinic_id, actors[Role.PRACTITIONER], actors[Role.COORDINATOR], actors[Role.ADMIN])


@pytest.fixture
async def team(service: Database, now: datetime) -> Team:
    return await make_team(service, "alpha", now - timedelta(days=60))


@pytest.fixture
def treat(service: Database, team: Team) -> Treat:
    """Treat a new patient: `await treat(session_at, modality=..., email=..., risks...)`."""

    async def make(
        session_at: datetime,
        *,
        modality: Modality = Modality.MICRONEEDLING,
        depth: float = 1.0,
        **fields: Any,
    ) -> Recovering:
        fields = {"name": "Alder Sample", "email": "alder@patients.test", **fields}
        by = team.practitioner
        patient = await patients.create_patient(service, by, PatientDraft(**fields), now=session_at)
        course = await courses.create_course(
            service, by, patient.patient_id, CourseDraft(modality=modality), now=session_at
        )
        needling = modality is Modality.MICRONEEDLING
        session = SessionDraft(
            course_id=course.course_id,
            session_at=session_at,
            needle_depth_mm=depth if needling else None,
            consumables=(CARTRIDGE,) if needling else (),
            screening=SCREENED,
        )
        _, episode = await courses.record_session(service, by, patient.patient_id, session, now=session_at)
        actor = Actor(clinic_id=team.clinic_id, kind="patient", id=patient.patient_id)
        return Recovering(actor, patient.patient_id, course.course_id, episode, service)

    return make
