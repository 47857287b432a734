"""A patient's phones on a page: what is known of each, and all of them signed out when one was lost."""

from uuid import UUID, uuid4

import pytest
from litestar import Litestar

from aftercare.errors import NotSignedIn
from aftercare.model.addresses import InstallationDraft
from aftercare.model.people import Actor
from aftercare.model.words import Role
from aftercare.services import addresses, enrolments
from aftercare.services.enrolments import Enrolment
from aftercare.store import installations
from tests.web.practice import Practice, Window, window, words_of


async def invited(practice: Practice, patient_id: UUID) -> str:
    by = practice.team[Role.COORDINATOR]
    made = await enrolments.invite(
        practice.house.database, by, patient_id, server="http://clinic.test", now=practice.clock()
    )
    return made.code


async def connected(
    practice: Practice, code: str, installation_id: UUID, device: str = "Firefox on Android"
) -> str:
    """The access token of a phone on which a code was used."""
    draft = Enrolment(code=code, installation_id=installation_id, app_version="0.1.0", device=device)
    tokens = await enrolments.enrol(
        practice.house.database, draft, address="203.0.113.7", now=practice.clock()
    )
    return tokens.access_token


async def test_each_phone_says_when_it_was_last_open_and_its_version(
    practice: Practice, coordinator: Window
) -> None:
    patient = await practice.untreated("Sample Alder")
    path = f"/patients/{patient.patient_id}/phones"
    assert "The app is on no phone yet." in words_of(await coordinator.see(path))
    installation_id = uuid4()
    await connected(practice, await invited(practice, patient.patient_id), installation_id)
    practice.clock.move(hours=3)
    actor = Actor(
        clinic_id=practice.clinic_id, kind="patient", id=patient.patient_id, installation_id=installation_id
    )
    await addresses.put_installation(
        practice.house.database,
        actor,
        installation_id,
        InstallationDraft(app_version="0.2.0"),
        now=practice.clock(),
    )
    html = await coordinator.see(path)
    page = words_of(html)
    assert "Firefox on Android app 0.2.0, connected 10:00 ; nothing is pushed to it last opened 13:00" in page
    assert f'href="{path}"' in await coordinator.see(f"/patients/{patient.patient_id}")


async def test_a_lost_phone_is_signed_out_and_no_code_of_before_lets_it_in_again(
    practice: Practice, coordinator: Window
) -> None:
    patient = await practice.untreated("Sample Alder")
    path, database = f"/patients/{patient.patient_id}/phones", practice.house.database
    code, unused = [await invited(practice, patient.patient_id) for _ in range(2)]
    lost = uuid4()
    token = await connected(practice, code, lost)
    assert "codes that were given out and not used end" in words_of(await coordinator.see(path))
    practice.clock.move(minutes=5)
    done = await coordinator.act(f"{path}/sign-out")
    assert done.status_code == 303, done.text
    page = words_of(await coordinator.see(done.headers["location"]))
    assert "Signed out. No phone and no code of before lets anybody in." in page
    assert "signed out 10:05" in page
    assert "Sign out every phone" not in page
    assert await enrolments.who_has_access(database, token, now=practice.clock()) is None
    # The code of a phone is good for ten minutes on the same phone, should an answer get lost; not after this.
    for one, phone in ((code, lost), (unused, uuid4())):
        with pytest.raises(NotSignedIn):
            await connected(practice, one, phone)
    await connected(practice, await invited(practice, patient.patient_id), lost)
    assert "last opened 10:05" in words_of(await coordinator.see(path))


async def test_only_those_who_work_with_the_clinics_patients_see_and_sign_out_their_phones(
    app: Litestar, practice: Practice
) -> None:
    patient = await practice.untreated("Sample Alder")
    path = f"/patients/{patient.patient_id}/phones"
    await connected(practice, await invited(practice, patient.patient_id), uuid4())
    other = await Practice(practice.house, practice.clock, "valley").begin()
    for clinic, role, status in ((practice, Role.ADMIN, 403), (other, Role.PRACTITIONER, 404)):
        async with window(app) as browser:
            await browser.sign_in(clinic, role)
            assert (await browser.client.get(path)).status_code == status
            assert (await browser.act(f"{path}/sign-out")).status_code == status
    async with practice.house.database.clinic(practice.clinic_id) as db:
        (phone,) = await installations.of_patient(db, practice.clinic_id, patient.patient_id)
    assert phone.revoked_at is None
