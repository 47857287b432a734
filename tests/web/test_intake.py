"""From nothing to a connected patient with the dashboard's forms alone."""

import re
from datetime import UTC, datetime
from html import unescape
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar

from aftercare.model.people import Patient, PatientDraft
from aftercare.model.words import Prophylaxis, Role
from aftercare.services import courses, enrolments, patients
from aftercare.services.courses import Courses
from aftercare.web import questions
from aftercare.web.intake import patient_draft, session_form
from aftercare.web.typed import local_time
from tests.web.practice import Practice, Window, window, words_of

SESSION = {
    "session_id": str(uuid4()),
    "session_at": "2026-03-04T09:30",
    "modality": "microneedling",
    "needle_depth_mm": "1,5",
    "areas": "cheeks\nchin",
    "other_areas": "left ear, right ear",
    "anaesthetic": "lidocaine",
    "outcome": "candidate",
    "consumables/0/device": "Synthetic pen",
    "consumables/0/lot": "LOT-9",
    "consumables/0/expires_on": "2030-01-01",
    "consumables/0/sterile": "yes",
    "consumables/0/single_use": "yes",
    **{f"screening/{question}": "no" for question in questions.SCREENING},
}


async def on_record(practice: Practice, patient_id: UUID) -> Patient:
    by = practice.team[Role.PRACTITIONER]
    return await patients.get_patient(practice.house.database, by, patient_id, now=practice.clock())


async def recorded(practice: Practice, patient_id: UUID) -> Courses:
    by = practice.team[Role.PRACTITIONER]
    return await courses.get_courses(practice.house.database, by, patient_id, now=practice.clock())


def said_at(html: str, field: str) -> str:
    """What is said to be wrong at a field."""
    found = re.search(rf'id="p-{re.escape(field)}">([^<]+)<', html)
    return unescape(found[1]) if found else ""


async def test_a_coordinator_adds_a_patient_and_what_is_not_known_stays_unknown(
    practice: Practice, coordinator: Window
) -> None:
    assert 'value="Europe/London"' in await coordinator.see("/patients/new")
    form = {
        "name": "Sample Alder", "reference": "A-1", "birth_date": "1980-02-29", "phone": "+44 20 7946 0000", "hsv_history": "yes",
        "diabetes": "no", "fitzpatrick": "4", "baseline/redness": "2", "allergies": "none", "prophylaxis": "advised", "country": "gb",
    }  # fmt: skip
    answer = await coordinator.act("/patients", **form)
    assert answer.status_code == 303, answer.text
    assert "Patient added." in words_of(await coordinator.see(answer.headers["location"]))
    made = await on_record(practice, UUID(answer.headers["location"].split("/")[2].split("?")[0]))
    assert (made.hsv_history, made.diabetes, made.keloid_history) == (True, False, None)
    assert (made.baseline, made.fitzpatrick, made.prophylaxis) == ({"redness": 2}, 4, Prophylaxis.ADVISED)
    assert (made.country, made.time_zone, made.language) == ("GB", "Europe/London", "en")


async def test_everything_wrong_is_said_at_its_field_and_nothing_typed_is_lost(coordinator: Window) -> None:
    form = {"name": "Sample <b>Alder</b>", "email": "nobody", "phone": "call me", "fitzpatrick": "9"}
    answer = await coordinator.act("/patients", **form)
    assert answer.status_code == 422
    for field in ("email", "phone", "fitzpatrick"):
        assert said_at(answer.text, field), field
    assert 'value="Sample &lt;b&gt;Alder&lt;/b&gt;"' in answer.text
    assert 'value="call me"' in answer.text
    late = await coordinator.act(
        "/patients", name="Sample Alder", birth_date="2999-01-01", time_zone="Mars/Base"
    )
    assert said_at(late.text, "birth_date") == "This is not the birth date of a living person."
    assert not said_at(late.text, "name")


async def test_an_edit_over_a_colleagues_change_shows_both_and_loses_nothing(
    practice: Practice, coordinator: Window
) -> None:
    patient = await practice.untreated("Sample Alder")
    path = f"/patients/{patient.patient_id}/edit"
    form = {
        "name": "Sample Alder",
        "phone": "+44 1",
        "version": str(patient.version),
        "medicines": "ibuprofen",
    }
    assert f'name="version" value="{patient.version}"' in await coordinator.see(path)
    theirs = PatientDraft(name="Sample Alder", phone="+44 2", allergies="lidocaine")
    by, database = practice.team[Role.PRACTITIONER], practice.house.database
    await patients.update_patient(
        database, by, patient.patient_id, theirs, version=patient.version, now=practice.clock()
    )
    clash = await coordinator.act(path, **form)
    assert clash.status_code == 412
    said = words_of(clash.text)
    assert "A colleague changed this patient while you were writing" in said
    assert "On record now: +44 2" in said
    assert "On record now: lidocaine" in said
    assert 'value="+44 1"' in clash.text
    assert (await on_record(practice, patient.patient_id)).phone == "+44 2"
    version = re.search(r'name="version" value="(\d+)"', clash.text)
    assert version is not None
    saved = await coordinator.act(path, **{**form, "version": version[1]})
    assert "Changes saved." in words_of(await coordinator.see(saved.headers["location"]))
    assert (await on_record(practice, patient.patient_id)).medicines == "ibuprofen"


async def record(window: Window, patient: Patient, **changed: str) -> httpx.Response:
    form = {name: text for name, text in {**SESSION, **changed}.items() if text}
    return await window.act(f"/patients/{patient.patient_id}/sessions", **form)


async def test_a_session_plans_its_course_signs_its_screening_and_leads_to_the_code(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.untreated("Sample Alder")
    page = words_of(await practitioner.see(f"/patients/{patient.patient_id}/sessions/new"))
    assert "session 1 of 4, a new course" in page
    answer = await record(practitioner, patient)
    assert answer.status_code == 201, words_of(answer.text)
    code = re.search(r'class="code">([^<]+)<', answer.text)
    assert code is not None
    again = await record(practitioner, patient)  # the answer was lost: the browser sends the form again
    assert again.status_code == 201
    mine = await recorded(practice, patient.patient_id)
    assert len(mine.courses) == len(mine.sessions) == len(mine.screenings) == 1
    session, screening = mine.sessions[0], mine.screenings[0]
    assert session.session_at == datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
    assert (session.needle_depth_mm, session.anaesthetic) == (1.5, "lidocaine")
    assert session.areas == ("cheeks", "chin", "left ear", "right ear")
    assert session.consumables[0].lot == "LOT-9"
    assert (screening.scope, screening.outcome, screening.course_id) == (
        "session",
        "candidate",
        session.course_id,
    )
    assert screening.signed_by == practice.team[Role.PRACTITIONER].id
    enrolment = enrolments.Enrolment(code=code[1], installation_id=uuid4())
    await enrolments.enrol(practice.house.database, enrolment, address="-", now=practice.clock())
    practice.clock.move(days=30)
    await practitioner.sign_in(practice)
    second = await record(
        practitioner,
        patient,
        session_id=str(uuid4()),
        session_at="2026-04-03T10:00",
        modality="microneedling",
    )
    assert "The patient’s app is connected" in words_of(await practitioner.see(second.headers["location"]))
    assert len((await recorded(practice, patient.patient_id)).courses) == 1


async def test_a_session_too_soon_or_blocked_asks_for_the_reason_and_keeps_what_was_typed(
    practice: Practice, practitioner: Window
) -> None:
    blocked = await practice.prodrome()
    patient = await on_record(practice, blocked.patient_id)
    answer = await record(practitioner, patient, **{"consumables/1/device": "Gel", "consumables/1/lot": "G-1", "consumables/1/expires_on": "2030-01-01", "consumables/1/sterile": "yes", "consumables/1/single_use": "yes"})  # fmt: skip
    assert answer.status_code == 409
    assert "An alert of the last session is not resolved yet." in words_of(answer.text)
    for typed in ('value="1,5"', 'value="LOT-9"', 'value="G-1"', 'name="override_reason"'):
        assert typed in answer.text, typed
    await practitioner.act(f"/alerts/{blocked.id}/resolve", outcome="expected_course", text="Seen.")
    soon = await record(practitioner, patient)
    assert soon.status_code == 409
    assert "at least 28 days apart" in words_of(soon.text)
    why = "The patient travels for months; risks spoken through."
    assert (await record(practitioner, patient, override_reason=why)).status_code == 201
    assert (await recorded(practice, patient.patient_id)).sessions[0].override_reason == why


async def test_what_the_service_refuses_stands_at_its_consumable(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.untreated("Sample Alder")
    answer = await record(
        practitioner, patient, **{"consumables/0/expires_on": "2026-01-01", "consumables/0/sterile": ""}
    )
    assert answer.status_code == 422
    assert (
        said_at(answer.text, "consumables/0/expires_on") == "This lot had expired on the day of the session."
    )
    assert said_at(answer.text, "consumables/0") == "What touches needled skin is sterile and used once."
    none = {name: "" for name in SESSION if name.startswith("consumables/")}
    assert "a recall must find it" in said_at(
        (await record(practitioner, patient, **none)).text, "consumables"
    )
    assert not (await recorded(practice, patient.patient_id)).sessions


async def test_not_now_signs_the_screening_and_records_no_session(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.untreated("Sample Alder")
    sick = {"screening/active_cold_sore": "yes"}
    for outcome in ("candidate", "with_precautions"):
        refused = await record(practitioner, patient, **sick, outcome=outcome)
        assert "advises “not now” (cold sore now)" in said_at(refused.text, "reasons")
    answer = await record(practitioner, patient, **sick, outcome="not_now", reasons="Cold sore at the lip")
    assert "Screening signed: not now." in words_of(await practitioner.see(answer.headers["location"]))
    mine = await recorded(practice, patient.patient_id)
    assert (mine.sessions, mine.courses) == ((), ())
    assert mine.screenings[0].reasons == ("Cold sore at the lip",)
    assert (await on_record(practice, patient.patient_id)).hsv_history is True


async def test_who_may_record_what(app: Litestar, practice: Practice, coordinator: Window) -> None:
    patient = await practice.untreated("Sample Alder")
    page = f"/patients/{patient.patient_id}"
    assert "Record session" not in words_of(await coordinator.see(page))
    assert (await coordinator.client.get(f"{page}/sessions/new")).status_code == 403
    assert (await record(coordinator, patient)).status_code == 403
    assert (
        await coordinator.client.post("/patients", data={"csrf": "a-guess", "name": "x"})
    ).status_code == 403
    async with window(app) as admin:
        await admin.sign_in(practice, Role.ADMIN)
        assert (await admin.act("/patients", name="Sample Alder")).status_code == 403


def test_a_local_time_that_the_clocks_skip_is_no_time() -> None:
    assert local_time("2026-03-29T01:30", "Europe/London") is None
    summer = local_time("2026-03-29T02:30", "Europe/London")
    assert summer is not None
    assert summer.astimezone(UTC) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert local_time("yesterday", "Europe/London") is None


@pytest.mark.parametrize("name", ["hsv_history", "baseline/redness", "birth_date", "prophylaxis"])
def test_a_value_that_no_field_offers_is_never_taken_for_known(name: str) -> None:
    draft, problems = patient_draft({"name": "Sample Alder", name: "perhaps"})
    assert problems or (draft is not None and getattr(draft, name) is None)


def test_measures_of_the_other_treatment_are_left_out() -> None:
    form, problems = session_form({**SESSION, "modality": "laser_genesis", "fluence_j_cm2": "14"}, "UTC")
    assert not problems
    assert form is not None
    assert form.session is not None
    assert (form.session.needle_depth_mm, form.session.fluence_j_cm2) == (None, 14)
