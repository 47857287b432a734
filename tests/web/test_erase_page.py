"""The page on which a practitioner erases: what it says, what it asks for, and who may open it."""

from aftercare.model.erasures import ErasureDraft
from aftercare.model.people import Actor
from aftercare.services import erasures
from tests.web.practice import Practice, Window, words_of


async def test_photos_are_erased_by_typing_the_name_and_the_record_stays(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.treated("Sample Alder")
    await practice.sends_photo(patient.patient_id, days_ago=1)
    here = f"/patients/{patient.patient_id}/erase"
    page = words_of(await practitioner.see(here))
    assert "1 photo. Answers, alerts and the record of treatment stay." in page
    assert "Nothing of this patient was erased yet." in page
    wrong = await practitioner.act(here, scope="photos", reason="patient_asked", name="Sample Birch")
    assert wrong.status_code == 422
    assert "Nothing was erased." in words_of(wrong.text)
    done = await practitioner.act(here, scope="photos", reason="patient_asked", name="Sample Alder")
    assert done.status_code == 303, done.text
    assert "Photos erased." in words_of(await practitioner.see(done.headers["location"]))
    page = words_of(await practitioner.see(here))
    assert "None now." in page
    assert "Photos, the patient asked" in page


async def test_a_patient_is_erased_whole_only_when_no_alert_is_open(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.treated("Sample Alder")
    here = f"/patients/{patient.patient_id}/erase"
    words = {"scope": "everything", "reason": "entered_by_mistake", "name": "Sample Alder"}
    await practice.says(patient, wants_contact="urgent")
    held = await practitioner.act(here, **words)
    assert held.status_code == 409
    assert "An alert of this patient is not resolved." in words_of(held.text)
    other = await practice.untreated("Sample Birch")
    done = await practitioner.act(f"/patients/{other.patient_id}/erase", **{**words, "name": "Sample Birch"})
    assert done.status_code == 303, done.text
    after = words_of(await practitioner.see(done.headers["location"]))
    assert "Patient erased." in after
    assert "Sample Birch" not in after


async def test_what_the_patient_asked_is_answered_here(practice: Practice, practitioner: Window) -> None:
    patient = await practice.treated("Sample Alder")
    house = practice.house
    actor = Actor(clinic_id=practice.clinic_id, kind="patient", id=patient.patient_id)
    asked = await erasures.ask(
        house.database, house.keys, actor, ErasureDraft(scope="everything"), now=practice.clock()
    )
    here = f"/patients/{patient.patient_id}/erase"
    assert "Sample Alder asked to be erased" in words_of(await practitioner.see(here))
    answer = await practitioner.act(f"{here}/{asked.erasure_id}/refuse", because="must_be_kept")
    assert answer.status_code == 303, answer.text
    page = words_of(await practitioner.see(answer.headers["location"]))
    assert "refused, the law makes us keep the record" in page
    assert "asked to be erased" not in page


async def test_only_practitioners_see_the_page_and_its_link(
    practice: Practice, practitioner: Window, coordinator: Window
) -> None:
    patient = await practice.treated("Sample Alder")
    here = f"/patients/{patient.patient_id}"
    assert f'href="{here}/erase"' in await practitioner.see(here)
    assert f'href="{here}/erase"' not in await coordinator.see(here)
    refused = await coordinator.act(
        f"{here}/erase", scope="photos", reason="patient_asked", name="Sample Alder"
    )
    assert refused.status_code == 403
