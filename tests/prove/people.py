"""Clinics with patients and phones, over the services themselves: seeded once, then spoken to over HTTP."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from aftercare.db.pool import Database
from aftercare.model.care import CourseDraft, SessionDraft
from aftercare.model.people import Actor, PatientDraft
from aftercare.model.words import Modality
from aftercare.services import courses, enrolments, patients
from aftercare.services.house import utc_now
from tests.services.conftest import CARTRIDGE, OFFICE_HOURS, ROUND_THE_CLOCK, SCREENED, Team, make_team


@dataclass
class Phone:
    """A patient with a session behind them, and the app's tokens."""

    clinic_id: UUID
    patient_id: UUID
    episode_id: UUID
    installation_id: UUID
    access: str
    refresh: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.access}"}

    @property
    def actor(self) -> Actor:
        return Actor(
            clinic_id=self.clinic_id, kind="patient", id=self.patient_id, installation_id=self.installation_id
        )


async def open_clinic(
    database: Database,
    handle: str,
    at: datetime,
    *,
    always: bool = False,
    webhook_hosts: tuple[str, ...] = (),
) -> Team:
    """A clinic in London, open on weekdays from 9 to 18, or always, with one of each role; passwords are "long enough"."""
    openings = ROUND_THE_CLOCK if always else OFFICE_HOURS
    return await make_team(database, handle, at, openings=openings, webhook_hosts=webhook_hosts)


async def enrol(
    database: Database,
    team: Team,
    name: str,
    *,
    session_at: datetime,
    time_zone: str = "Europe/London",
    email: str = "",
    modality: Modality = Modality.MICRONEEDLING,
    now: datetime | None = None,
) -> Phone:
    """Treat a new patient and enrol their phone. `now` is when the tokens are issued (they hold 15 minutes)."""
    by, clinic_id = team.practitioner, team.clinic_id
    draft = PatientDraft(name=name, time_zone=time_zone, email=email)
    patient = await patients.create_patient(database, by, draft, now=session_at)
    course = await courses.create_course(
        database, by, patient.patient_id, CourseDraft(modality=modality), now=session_at
    )
    needling = modality is Modality.MICRONEEDLING
    session = SessionDraft(
        course_id=course.course_id,
        session_at=session_at,
        needle_depth_mm=1.0 if needling else None,
        consumables=(CARTRIDGE,) if needling else (),
        screening=SCREENED,
    )
    _, episode = await courses.record_session(database, by, patient.patient_id, session, now=session_at)
    at = now or utc_now()
    invitation = await enrolments.invite(
        database, by, patient.patient_id, server="http://clinic.test", now=at
    )
    asked = enrolments.Enrolment(code=invitation.code, installation_id=uuid4())
    tokens = await enrolments.enrol(database, asked, address=f"test {name}", now=at)
    return Phone(
        clinic_id, patient.patient_id, episode.episode_id, asked.installation_id,
        tokens.access_token, tokens.refresh_token,
    )  # fmt: skip
