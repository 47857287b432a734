"""Patients: edits that meet a patient who travels."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from aftercare.db.pool import Database
from aftercare.errors import Outdated
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.messages import MessageKind
from aftercare.model.people import PatientDraft
from aftercare.services import check_ins, patients
from tests.services.background import Post, pass_time
from tests.services.conftest import Team, Treat

SESSION_AT = datetime(2026, 2, 2, 11, 0, tzinfo=UTC)  # a Monday in London


async def test_an_edit_from_before_a_flight_does_not_bring_the_old_zone_back(
    service: Database, team: Team, treat: Treat
) -> None:
    patient = await treat(SESSION_AT)
    read = await patients.get_patient(service, team.practitioner, patient.patient_id, now=SESSION_AT)
    landed = SESSION_AT + timedelta(hours=9)
    draft = CheckInDraft(instrument=1, recorded_at=landed, time_zone="Asia/Tokyo", answers={"redness": 1})
    await check_ins.submit(service, patient.actor, patient.patient_id, uuid4(), draft, now=landed)
    form = PatientDraft(name=read.name, time_zone=read.time_zone)
    with pytest.raises(Outdated):
        await patients.update_patient(
            service, team.practitioner, patient.patient_id, form, version=read.version, now=landed
        )
    after = await patients.get_patient(service, team.practitioner, patient.patient_id, now=landed)
    assert after.time_zone == "Asia/Tokyo"


async def test_reminders_follow_a_zone_that_staff_have_put_right(
    worker: Database, service: Database, team: Team, treat: Treat
) -> None:
    patient, post = await treat(SESSION_AT), Post()
    at = datetime(2026, 2, 3, 2, 0, tzinfo=UTC)
    await pass_time(worker, post, at)
    read = await patients.get_patient(service, team.practitioner, patient.patient_id, now=at)
    form = PatientDraft(name=read.name, email=read.email, time_zone="Asia/Dhaka")
    await patients.update_patient(
        service, team.practitioner, patient.patient_id, form, version=read.version, now=at
    )
    await pass_time(worker, post, datetime(2026, 2, 3, 3, 1, tzinfo=UTC))
    last = [mail.written_at for mail in post.channel.sent if mail.kind is MessageKind.REMINDER][-1]
    assert last == datetime(2026, 2, 3, 3, 0, tzinfo=UTC)  # nine o'clock in Dhaka


async def test_an_edit_names_the_version_it_leads_to(service: Database, team: Team, treat: Treat) -> None:
    patient = await treat(SESSION_AT)
    first = await patients.get_patient(service, team.practitioner, patient.patient_id, now=SESSION_AT)
    form = PatientDraft(name=first.name, time_zone="Asia/Tokyo")
    made = await patients.update_patient(
        service, team.practitioner, patient.patient_id, form, version=first.version, now=SESSION_AT
    )
    assert made == await patients.get_patient(service, team.practitioner, patient.patient_id, now=SESSION_AT)
