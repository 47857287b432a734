"""A screening with the dashboard's pages alone, without a script: asked, advised, decided, carried on."""

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from litestar import Litestar

from aftercare.care.questionnaire import asked, load
from aftercare.model.people import Patient
from aftercare.model.words import Prophylaxis, Role
from aftercare.services import courses, patients, screenings
from aftercare.web.screening import answers_of
from tests.web.practice import Practice, Window, window, words_of

# Everything answered, and nothing speaks against it.
CLEAR = {
    f"answers/{item.key}": {"yes_no": "no", "choice": item.values[0] if item.values else "", "many": "none"}[item.kind]
    for item in asked(load(), "course")
    if item.kind in {"yes_no", "choice", "many"} and item.asked_if is None
}  # fmt: skip


def path_of(patient: Patient, rest: str = "") -> str:
    return f"/patients/{patient.patient_id}/screening/microneedling{rest}"


async def on_record(practice: Practice, patient: Patient) -> Patient:
    by = practice.team[Role.PRACTITIONER]
    return await patients.get_patient(practice.house.database, by, patient.patient_id, now=practice.clock())


async def answered(window: Window, patient: Patient, version: int = 0, **said: str) -> str:
    """Fill in and save the form; the page of the advice."""
    form = CLEAR | {f"answers/{key}": value for key, value in said.items()} | {"version": str(version)}
    answer = await window.act(path_of(patient), **{name: value for name, value in form.items() if value})
    assert answer.status_code == 303, words_of(answer.text)
    assert answer.headers["location"] == path_of(patient, "/advice")
    return await window.see(answer.headers["location"])


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(screening_id|version)" value="([^"]+)">', page))


async def test_nothing_against_it_is_a_candidate_and_signed_without_a_reason(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.untreated("Sample Alder")
    page = await answered(practitioner, patient)
    assert "Nothing that was answered speaks against it." in words_of(page)
    form = hidden(page) | {"outcome": "candidate"}
    signed = await practitioner.act(path_of(patient, "/advice"), **form)
    assert signed.status_code == 303, words_of(signed.text)
    words = words_of(await practitioner.see(signed.headers["location"]))
    assert "Screening signed." in words
    assert "Micro-needling, before a course" in words
    again = await practitioner.act(path_of(patient, "/advice"), **form)  # the answer was lost
    assert again.status_code == 303
    by = practice.team[Role.PRACTITIONER]
    kept = await screenings.list_screenings(
        practice.house.database, by, patient.patient_id, now=practice.clock()
    )
    assert [(one.outcome, one.questionnaire) for one in kept] == [("candidate", 1)]


async def test_both_sides_of_a_conflict_stand_side_by_side_and_a_reason_is_asked_for(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.untreated("Sample Alder")
    page = await answered(practitioner, patient, isotretinoin="now")
    words = words_of(page)
    assert "With precautions" in words
    assert "Wait until six months after the last capsule." in words
    assert "Evidence is insufficient to delay superficial peels" in words
    form = hidden(page) | {"outcome": "with_precautions"}
    bare = await practitioner.act(path_of(patient, "/advice"), **form)
    assert bare.status_code == 422
    assert "sources do not agree on this (isotretinoin)" in words_of(bare.text)
    form["reasons"] = "Low dose, heals well.\nTest spot first."
    signed = await practitioner.act(path_of(patient, "/advice"), **form)
    assert signed.status_code == 303
    there = await practitioner.see(signed.headers["location"])
    assert "gentle settings, and a look at each slow-healing spot" in words_of(there)
    link = re.search(rf'href="(/patients/{patient.patient_id}/screenings/[^"]+)"', there)
    assert link is not None
    record = words_of(await practitioner.see(link[1]))
    assert "Low dose, heals well." in record
    assert "What was advised then" in record


async def test_what_is_learned_goes_to_the_record_and_is_filled_in_the_next_time(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.untreated("Sample Alder", medicines="ramipril", diabetes=True)
    page = await answered(
        practitioner, patient, hsv_history="yes", last_outbreak="2020-05-01", prophylaxis="prescribed",
        immunosuppressed="yes", diabetes="none", fitzpatrick="5", allergies="numbing_cream", medicines_named="Ramipril\nzinc",
    )  # fmt: skip
    form = hidden(page) | {"outcome": "with_precautions", "reasons": "Stable; spoken with the family doctor."}
    assert (await practitioner.act(path_of(patient, "/advice"), **form)).status_code == 303
    after = await on_record(practice, patient)
    assert (after.hsv_history, after.immunosuppressed, after.fitzpatrick) == (True, True, 5)
    assert after.diabetes is True  # said once, it is not taken back by a form
    assert (after.prophylaxis, after.allergies) == (Prophylaxis.PRESCRIBED, "numbing cream")
    assert after.medicines == "ramipril\nzinc"
    assert after.version == patient.version + 1
    next_time = await practitioner.see(path_of(patient))
    assert re.search(r'name="answers/hsv_history" value="yes" class="opens" checked', next_time)
    assert not re.search(r'name="answers/active_cold_sore" value="(yes|no)" checked', next_time)


async def test_what_is_left_open_is_said_and_never_taken_for_no(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.untreated("Sample Alder")
    page = await answered(practitioner, patient, pregnancy="unknown", hsv_history="")
    words = words_of(page)
    assert "as far as answered" in words
    assert "Pregnancy, Cold sores before." in words
    bare = await practitioner.act(path_of(patient, "/advice"), **hidden(page), outcome="candidate")
    assert bare.status_code == 422
    assert "questions left open" in words_of(bare.text)


async def test_a_coordinator_prepares_and_a_practitioner_signs(
    app: Litestar, practice: Practice, practitioner: Window, coordinator: Window
) -> None:
    patient = await practice.untreated("Sample Alder")
    page = await answered(coordinator, patient)
    assert "A practitioner decides and signs" in words_of(page)
    form = {"screening_id": str(uuid4()), "version": "1", "outcome": "candidate"}
    assert (await coordinator.act(path_of(patient, "/advice"), **form)).status_code == 403
    waiting = words_of(await practitioner.see(f"/patients/{patient.patient_id}"))
    assert "Micro-needling, not signed yet" in waiting
    assert (await practitioner.act(path_of(patient, "/advice"), **form)).status_code == 303
    async with window(app) as admin:
        await admin.sign_in(practice, Role.ADMIN)
        assert (await admin.client.get(path_of(patient))).status_code == 403


async def test_answers_changed_meanwhile_are_neither_overwritten_nor_signed_unseen(
    practice: Practice, practitioner: Window, coordinator: Window
) -> None:
    patient = await practice.untreated("Sample Alder")
    page = await answered(practitioner, patient)
    await answered(coordinator, patient, version=1, active_cold_sore="yes")
    unseen = await practitioner.act(path_of(patient, "/advice"), **hidden(page), outcome="candidate")
    assert unseen.status_code == 412
    assert "Cold sore now" in words_of(unseen.text)
    late = await practitioner.act(path_of(patient), **CLEAR, version="1")
    assert late.status_code == 412
    assert "A colleague changed these answers" in words_of(late.text)


async def test_candidacy_that_came_to_not_now_holds_the_session(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.untreated("Sample Alder")
    page = await answered(practitioner, patient, suspicious_lesion="yes")
    signed = await practitioner.act(path_of(patient, "/advice"), **hidden(page), outcome="not_now")
    assert signed.status_code == 303, words_of(signed.text)
    session = {
        "session_id": str(uuid4()), "session_at": "2026-03-04T09:30", "modality": "microneedling", "needle_depth_mm": "1",
        "outcome": "candidate", "consumables/0/device": "Synthetic pen", "consumables/0/lot": "LOT-9",
        "consumables/0/expires_on": "2030-01-01", "consumables/0/sterile": "yes", "consumables/0/single_use": "yes",
        **{f"screening/{item.key}": "no" for item in asked(load(), "session")},
    }  # fmt: skip
    held = await practitioner.act(f"/patients/{patient.patient_id}/sessions", **session)
    assert held.status_code == 409
    assert "came to “not now”" in words_of(held.text)
    session["override_reason"] = "Biopsy says harmless; report seen today."
    assert (await practitioner.act(f"/patients/{patient.patient_id}/sessions", **session)).status_code == 201
    by = practice.team[Role.PRACTITIONER]
    mine = await courses.get_courses(
        practice.house.database, by, patient.patient_id, now=datetime(2026, 3, 4, 12, tzinfo=UTC)
    )
    assert mine.sessions[0].override_reason == session["override_reason"]


@pytest.mark.parametrize("language", ["es", "pt-PT"])
async def test_the_question_stands_in_the_patients_language_too(
    practice: Practice, coordinator: Window, language: str
) -> None:
    patient = await practice.untreated("Sample Alder", language=language)
    page = await coordinator.see(path_of(patient))
    spoken = {"es": "¿Está dando el pecho?", "pt-PT": "Está a amamentar?"}[language]
    assert f'lang="{language}">{spoken}</small>' in page


def test_a_form_with_odd_values_is_read_as_far_as_it_can_be() -> None:
    typed = {
        "answers/pregnancy": "perhaps", "answers/light_sensitising": "none\ngold\n<b>", "answers/inflamed_skin": "none",
        "answers/age": "ninety", "answers/telepathy": "yes", "other": "x",
    }  # fmt: skip
    assert answers_of(load(), typed) == {
        "pregnancy": "unknown", "light_sensitising": ["gold"], "inflamed_skin": [], "age": "ninety",
    }  # fmt: skip
