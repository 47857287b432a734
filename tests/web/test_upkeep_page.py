"""The page of what waits for the clinic itself, the line in the head that leads there, and who reads a name."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar

from aftercare.model.erasures import ErasureDraft
from aftercare.model.people import Actor
from aftercare.model.photos import Rendition
from aftercare.model.words import Role
from aftercare.photos.errors import BlobMissingError
from aftercare.services import erasures
from aftercare.services.photos import view_photo
from tests.web.practice import Practice, Window, window, words_of

ANSWER_BY = "A patient asked to be erased: answer by 4 Apr."


@pytest.fixture
async def admin(app: Litestar, practice: Practice) -> AsyncIterator[Window]:
    async with window(app) as opened:
        await opened.sign_in(practice, Role.ADMIN)
        yield opened


async def ask(practice: Practice, name: str) -> str:
    """A patient who asks to be erased whole; the path of the page that answers."""
    patient = await practice.untreated(name)
    house, actor = practice.house, Actor(clinic_id=practice.clinic_id, kind="patient", id=patient.patient_id)
    await erasures.ask(
        house.database, house.keys, actor, ErasureDraft(scope="everything"), now=practice.clock()
    )
    return f"/patients/{patient.patient_id}/erase"


async def test_a_request_to_be_erased_stands_in_the_head_until_it_is_answered(
    practice: Practice, practitioner: Window, admin: Window, coordinator: Window
) -> None:
    here = await ask(practice, "Sample Alder")
    page = words_of(await practitioner.see("/"))
    assert ANSWER_BY in page
    assert "Sample Alder" not in page
    assert '<p class="failing">' not in await practitioner.see("/")
    assert ANSWER_BY in words_of(await admin.see("/"))
    assert "asked to be erased" not in words_of(await coordinator.see("/"))
    listed = await practitioner.see("/upkeep")
    assert f'href="{here}"' in listed
    assert "Sample Alder" in listed
    assert "Answer by 4 Apr: 31 days left" in words_of(listed)
    nameless = await admin.see("/upkeep")
    assert "Answer by 4 Apr" in words_of(nameless)
    assert "Sample Alder" not in nameless
    assert here not in nameless
    assert (await coordinator.client.get("/upkeep")).status_code == 403
    practice.clock.move(days=30)
    await practitioner.sign_in(practice)
    assert '<p class="failing">' in await practitioner.see("/")
    assert "1 day left" in words_of(await practitioner.see("/upkeep"))
    words = {"scope": "everything", "reason": "patient_asked", "name": "Sample Alder"}
    assert (await practitioner.act(here, **words)).status_code == 303
    assert "asked to be erased" not in words_of(await practitioner.see("/"))
    assert "Nobody waits for an answer" in words_of(await practitioner.see("/upkeep"))


async def test_a_photo_that_cannot_be_shown_stands_there_by_its_id_and_for_practitioners_by_its_patient(
    practice: Practice, practitioner: Window, admin: Window
) -> None:
    patient = await practice.treated("Sample Alder")
    photo_id = await practice.sends_photo(patient.patient_id, days_ago=1)
    house = practice.house
    async for head in house.blobs.list(practice.clinic_id, patient.patient_id):
        (house.settings.data_dir / "photos" / head.path).unlink()
    by = Actor(clinic_id=practice.clinic_id, kind="patient", id=patient.patient_id)
    for rendition in Rendition:
        with pytest.raises(BlobMissingError):
            await view_photo(
                house.database, house.blobs, by, patient.patient_id, photo_id, rendition, now=practice.clock()
            )
    assert "2 pictures of patients cannot be shown." in words_of(await admin.see("/"))
    assert "cannot be shown" not in words_of(await practitioner.see("/"))
    seen = await admin.see("/upkeep")
    assert str(photo_id) in seen
    assert "the photo is missing, its small copy is missing" in words_of(seen)
    assert "Sample Alder" not in seen
    assert str(patient.patient_id) not in seen
    assert "Sample Alder" in await practitioner.see("/upkeep")


async def test_another_clinics_requests_are_not_seen(app: Litestar, practice: Practice) -> None:
    await ask(practice, "Sample Alder")
    other = await Practice(practice.house, practice.clock, "valley").begin()
    async with window(app) as opened:
        await opened.sign_in(other)
        assert "asked to be erased" not in words_of(await opened.see("/"))
        assert "Nobody waits for an answer" in words_of(await opened.see("/upkeep"))
