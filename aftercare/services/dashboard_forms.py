"""What the forms for patients and sessions are filled in with before anybody types: the pages around what is typed."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from uuid_utils.compat import uuid7

from aftercare.alerts.course import course_block
from aftercare.care.course_plan import check_session, planned_course
from aftercare.care.spacing import TooSoonError
from aftercare.db.pool import Connection, Database
from aftercare.errors import NotFound
from aftercare.model.care import Course, CourseDraft, Session
from aftercare.model.pages import ModalityChoice, PatientFormPage, SessionFormPage, Typed
from aftercare.model.people import Patient
from aftercare.model.words import Modality
from aftercare.services import audit
from aftercare.services import dashboard_views as views
from aftercare.services.course_plans import treated
from aftercare.services.dashboard_candidacy import candidacy_of
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.store import alerts, course_settings, courses, installations, patients, sessions


async def new_patient(
    database: Database, reader: Reader, *, form: Typed | None = None, now: datetime
) -> PatientFormPage:
    """The form of a new patient: the clinic's zone, country and language stand in it already."""
    async with database.clinic(reader.actor.clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
    usual = {"time_zone": clinic.time_zone, "country": clinic.country, "language": clinic.language}
    return PatientFormPage(head=top, form=form or Typed(values=usual))


async def edit_patient(
    database: Database,
    reader: Reader,
    patient_id: UUID,
    *,
    form: Typed | None = None,
    version: int | None = None,
    now: datetime,
) -> PatientFormPage:
    """The form of a patient, as on record or as typed. Raises NotFound.

    With a `version` that is no longer the newest, what differs on record is shown beside what was typed.
    """
    async with database.clinic(reader.actor.clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        patient = await _patient(db, reader, patient_id)
        await audit.record(db, reader.actor, "patient.seen", now=now, patient_id=patient_id)
    on_record = as_typed(patient)
    if form is not None and version != patient.version:
        form = msgspec.structs.replace(form, newer=_newer(on_record, form.values))
    return PatientFormPage(
        head=top,
        form=form or Typed(values=on_record),
        patient=views.patient_view(patient),
        version=patient.version,
    )


def _newer(on_record: dict[str, str], typed: dict[str, str]) -> dict[str, str]:
    fields = sorted({*on_record, *typed})
    return {
        name: on_record.get(name, "") for name in fields if on_record.get(name, "") != typed.get(name, "")
    }


def as_typed(patient: Patient) -> dict[str, str]:
    """A patient as the fields of the form hold them; what is not known is not there."""
    plain = (
        "name",
        "reference",
        "phone",
        "email",
        "language",
        "country",
        "time_zone",
        "allergies",
        "medicines",
    )
    tri = ("hsv_history", "diabetes", "immunosuppressed", "keloid_history", "blood_thinner")
    values = {name: getattr(patient, name) for name in plain}
    values |= {
        name: "yes" if getattr(patient, name) else "no" for name in tri if getattr(patient, name) is not None
    }
    values |= {f"baseline/{item}": str(grade) for item, grade in patient.baseline.items()}
    values["birth_date"] = patient.birth_date.isoformat() if patient.birth_date else ""
    values["fitzpatrick"] = str(patient.fitzpatrick or "")
    values["prophylaxis"] = patient.prophylaxis.value
    return {name: text for name, text in values.items() if text}


async def new_session(
    database: Database,
    reader: Reader,
    patient_id: UUID,
    *,
    form: Typed | None = None,
    held: str | None = None,
    now: datetime,
) -> SessionFormPage:
    """The form of a session: now, in the clinic's zone, of the modality of the last one. Raises NotFound."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
        patient = await _patient(db, reader, patient_id)
        done = await sessions.of_patient(db, clinic_id, patient_id)
        planned = await courses.of_patient(db, clinic_id, patient_id)
        numbers = await course_settings.of_clinic(db, clinic_id)
        block = course_block(await alerts.of_patient(db, clinic_id, patient_id))
        candidacy = await candidacy_of(db, clinic_id, patient_id, done[0].modality if done else None)
        await audit.record(db, reader.actor, "courses.seen", now=now, patient_id=patient_id)
    courses_for = {
        modality: planned_course(one, numbers[modality], course_id=patient_id, patient_id=patient_id, now=now)
        if isinstance(one := course_for(modality, planned), CourseDraft)
        else one
        for modality in Modality
    }
    local = now.astimezone(ZoneInfo(clinic.time_zone))
    usual = {"session_id": str(uuid7()), "session_at": f"{local:%Y-%m-%dT%H:%M}"}
    if done:
        usual["modality"] = done[0].modality.value
    return SessionFormPage(
        head=top,
        patient=views.patient_view(patient),
        risks=views.risks_view(patient),
        form=form or Typed(values=usual),
        choices=tuple(_choice(course, done) for course in courses_for.values()),
        held=held or (block.reason if block else _too_soon(courses_for, done, patient, now)),
        candidacy=candidacy,
    )


def course_for(modality: Modality, planned: Iterable[Course]) -> Course | CourseDraft:
    """The newest course of a modality that was not ended, else a new one to be planned."""
    open_ones = (one for one in planned if one.modality is modality and one.ended_at is None)
    return next(open_ones, None) or CourseDraft(modality=modality)


def _choice(course: Course, done: list[Session]) -> ModalityChoice:
    had = [one for one in done if one.course_id == course.course_id]
    return ModalityChoice(
        modality=course.modality,
        number=len(had) + 1,
        planned=course.planned_sessions,
        last_at=max((one.session_at for one in done if one.modality is course.modality), default=None),
    )


def _too_soon(
    courses_for: dict[Modality, Course], done: list[Session], patient: Patient, now: datetime
) -> str | None:
    """Why a session now would be too soon; of the modality of the last one, which the form begins with."""
    if not done:
        return None
    try:
        check_session(courses_for[done[0].modality], treated(done), now, patient.time_zone)
    except TooSoonError as error:
        return error.detail
    return None


async def is_connected(database: Database, reader: Reader, patient_id: UUID) -> bool:
    """Whether the patient's app is enrolled on some phone."""
    async with database.clinic(reader.actor.clinic_id) as db:
        phones = await installations.of_patient(db, reader.actor.clinic_id, patient_id)
    return any(phone.revoked_at is None for phone in phones)


async def _patient(db: Connection, reader: Reader, patient_id: UUID) -> Patient:
    patient = await patients.get(db, reader.actor.clinic_id, patient_id)
    if patient is None:
        raise NotFound
    return patient
