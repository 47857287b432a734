"""What a patient agreed to, on the patient's page."""

from aftercare.care.consenting import CURRENT_TEXT
from aftercare.model.consents import ConsentDraft
from aftercare.model.people import Actor
from aftercare.services import consents
from tests.web.practice import Practice, Window


async def test_staff_read_on_the_patients_page_what_was_agreed_to_and_what_was_withdrawn(
    practice: Practice, practitioner: Window
) -> None:
    patient = await practice.treated("Sample Alder")
    address = f"/patients/{patient.patient_id}"
    assert "Consent: not asked yet" in await practitioner.see(address)
    actor = Actor(clinic_id=practice.clinic_id, kind="patient", id=patient.patient_id)
    for granted in (True, False):
        draft = ConsentDraft(granted=granted, text_version=CURRENT_TEXT)
        await consents.put_consent(practice.house.database, actor, "photos", draft, now=practice.clock())
        said = "Photos: agreed 4 Mar" if granted else "Photos: no consent since 4 Mar"
        assert said in await practitioner.see(address)
