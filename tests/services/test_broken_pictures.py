"""Pictures that are gone or damaged where they are kept: found, kept, told to the admins once, and struck off when mended."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from aftercare.db.pool import Database
from aftercare.model.erasures import ErasureDraft
from aftercare.model.photos import Rendition
from aftercare.photos.blobs import BlobKey
from aftercare.photos.errors import BlobMissingError, KeyMissingError, SealBrokenError
from aftercare.services import erasures, photo_store, upkeep
from aftercare.services.broken_pictures import shown
from aftercare.services.photo_store import TEND
from aftercare.store import broken_pictures, due_work
from tests.services.background import Post
from tests.services.conftest import Recovering, Team, Treat
from tests.services.test_photo_store import Clinic
from tests.services.ways import deliver, kept

A_DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = datetime.now(UTC) + A_DAY  # the rows' photos came a day ago
Found = list[tuple[UUID, Rendition, str]]


@pytest.fixture
async def clinic(database_url: str, tmp_path: Path, team: Team) -> Clinic:
    made = Clinic(database_url, tmp_path, team.clinic_id)
    await made.keys.open()
    return made


@pytest.fixture
async def patient(treat: Treat, now: datetime) -> Recovering:
    return await treat(now)


async def tend(worker: Database, clinic: Clinic, at: datetime) -> None:
    await photo_store.plan(worker, now=at)
    async with worker.transaction() as db:
        (claim,) = await due_work.claim(db, TEND, at, at + timedelta(minutes=2), 10)
    await photo_store.tend(worker, clinic.blobs, claim, now=at)


async def standing(service: Database, clinic: Clinic) -> Found:
    async with service.clinic(clinic.clinic_id) as db:
        found = await broken_pictures.standing(db, clinic.clinic_id)
    return [(one.photo_id, one.rendition, one.what) for one in found]


async def told(service: Database, team: Team) -> list[tuple[str, UUID | None]]:
    """(Kind, to whom) of every letter to staff that needs an admin."""
    entries = await kept(service, team.clinic_id, NOW + 365 * A_DAY)
    return [
        (one.kind.value, one.recipient.id)
        for one in entries
        if one.kind.value in ("pictures_broken", "erasure_asked", "erasure_due")
    ]


def display(clinic: Clinic, patient: Recovering, photo_id: UUID) -> BlobKey:
    return clinic.key(patient.patient_id, photo_id, Rendition.DISPLAY)


def damage(clinic: Clinic, key: BlobKey) -> None:
    """One bit, as a disk does it: the length stays."""
    file = clinic.folder / str(key)
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


async def test_a_picture_that_is_gone_is_told_to_the_admins_once_and_struck_off_when_it_is_back(
    service: Database, worker: Database, clinic: Clinic, patient: Recovering, team: Team
) -> None:
    photo_id = await clinic.photo(patient.patient_id)
    whole = clinic.folder / str(display(clinic, patient, photo_id))
    content = whole.read_bytes()
    whole.unlink()
    await tend(worker, clinic, NOW)
    assert await standing(service, clinic) == [(photo_id, Rendition.DISPLAY, "is missing")]
    assert await told(service, team) == [("pictures_broken", team.admin.id)]
    await tend(worker, clinic, NOW + A_DAY)
    assert len(await told(service, team)) == 1
    whole.write_bytes(content)
    await tend(worker, clinic, NOW + 2 * A_DAY)
    assert await standing(service, clinic) == []
    whole.unlink()
    await tend(worker, clinic, NOW + 3 * A_DAY)
    assert len(await told(service, team)) == 2


async def test_a_picture_that_is_cut_off_is_found_without_anybody_looking(
    service: Database, worker: Database, clinic: Clinic, patient: Recovering
) -> None:
    photo_id = await clinic.photo(patient.patient_id)
    file = clinic.folder / str(display(clinic, patient, photo_id))
    file.write_bytes(file.read_bytes()[:-3])
    await tend(worker, clinic, NOW)
    assert await standing(service, clinic) == [(photo_id, Rendition.DISPLAY, "does not open")]


async def test_a_damaged_picture_is_told_of_when_somebody_wants_to_see_it(
    service: Database, worker: Database, clinic: Clinic, patient: Recovering, team: Team
) -> None:
    photo_id, other = await clinic.photo(patient.patient_id), await clinic.photo(patient.patient_id)
    key = display(clinic, patient, photo_id)
    assert await shown(service, clinic.blobs, key, now=NOW) == Rendition.DISPLAY.encode()
    damage(clinic, key)
    for _ in range(2):
        with pytest.raises(SealBrokenError):
            await shown(service, clinic.blobs, key, now=NOW)
    await clinic.blobs.delete(display(clinic, patient, other))
    with pytest.raises(BlobMissingError):
        await shown(service, clinic.blobs, display(clinic, patient, other), now=NOW)
    found = {(photo_id, Rendition.DISPLAY, "does not open"), (other, Rendition.DISPLAY, "is missing")}
    assert set(await standing(service, clinic)) == found
    assert await told(service, team) == [("pictures_broken", team.admin.id)] * 2  # the other one tomorrow
    # What only opening shows is opened again before it is struck off.
    await tend(worker, clinic, NOW + A_DAY)
    assert set(await standing(service, clinic)) == found


@pytest.mark.parametrize("mended", [False, True])
async def test_what_is_found_after_the_days_mail_is_told_of_the_next_day_once_and_only_if_it_still_stands(
    service: Database, worker: Database, clinic: Clinic, patient: Recovering, *, mended: bool
) -> None:
    noon, post = datetime.combine(NOW.date(), time(12), UTC), Post()
    keys = [display(clinic, patient, await clinic.photo(patient.patient_id)) for _ in range(3)]
    for key, at in zip(keys, (noon, noon + HOUR, noon + 2 * HOUR), strict=True):
        damage(clinic, key)
        with pytest.raises(SealBrokenError):
            await shown(service, clinic.blobs, key, now=at)
        await deliver(worker, post, at)
    assert len(post.channel.sent) == 1
    if mended:
        for key in keys:
            damage(clinic, key)  # the same bit again
        await tend(worker, clinic, noon + 3 * HOUR)
    await deliver(worker, post, noon + 3 * A_DAY)
    assert len(post.channel.sent) == 1 + (not mended)


async def test_a_picture_without_its_key_does_not_open_and_the_others_are_looked_at_all_the_same(
    service: Database, clinic: Clinic, patient: Recovering, treat: Treat, now: datetime
) -> None:
    keyless, other = await clinic.photo(patient.patient_id), await treat(now)
    whole = await clinic.photo(other.patient_id)
    (
        clinic.folder.parent / "keys" / "patients" / str(clinic.clinic_id) / f"{patient.patient_id}.key"
    ).unlink()
    with pytest.raises(KeyMissingError):
        await shown(service, clinic.blobs, display(clinic, patient, keyless), now=NOW)
    assert await standing(service, clinic) == [(keyless, Rendition.DISPLAY, "does not open")]
    looked = [
        one
        async for one in photo_store.verify(service, clinic.blobs, clinic.clinic_id, now=datetime.now(UTC))
    ]
    broken = {(one.photo_id, one.what) for step in looked for one in step.broken}
    assert broken == {(keyless, "does not open")}
    assert await standing(service, clinic) == [
        (keyless, rendition, "does not open") for rendition in sorted(Rendition)
    ]
    assert looked[-1].done == 2
    assert whole not in {photo_id for photo_id, _ in broken}


async def test_what_came_just_now_may_wait_in_the_spool_of_another_machine(
    service: Database, worker: Database, clinic: Clinic, patient: Recovering
) -> None:
    photo_id = await clinic.photo(patient.patient_id)
    await clinic.blobs.delete(display(clinic, patient, photo_id))
    await tend(worker, clinic, NOW - A_DAY)
    assert await standing(service, clinic) == []
    await tend(worker, clinic, NOW)
    assert await standing(service, clinic) == [(photo_id, Rendition.DISPLAY, "is missing")]


async def test_what_is_erased_is_not_missing(
    service: Database, worker: Database, clinic: Clinic, patient: Recovering, team: Team
) -> None:
    photo_id = await clinic.photo(patient.patient_id)
    await clinic.blobs.delete(display(clinic, patient, photo_id))
    await tend(worker, clinic, NOW)
    assert len(await standing(service, clinic)) == 1
    await erasures.ask(service, clinic.keys, patient.actor, ErasureDraft(scope="photos"), now=NOW)
    assert await standing(service, clinic) == []
    with pytest.raises(BlobMissingError):
        await shown(service, clinic.blobs, display(clinic, patient, photo_id), now=NOW + A_DAY)
    assert await standing(service, clinic) == []
    assert len(await told(service, team)) == 1


async def test_a_store_that_is_mounted_in_the_wrong_place_is_one_letter_and_a_bounded_list(
    service: Database,
    worker: Database,
    clinic: Clinic,
    patient: Recovering,
    team: Team,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(broken_pictures, "MOST", 5)
    for _ in range(4):
        await clinic.photo(patient.patient_id)
    away = clinic.folder.rename(clinic.folder.with_name("elsewhere"))
    clinic.folder.mkdir()
    await tend(worker, clinic, NOW)
    await tend(worker, clinic, NOW + A_DAY)
    assert len(await standing(service, clinic)) == 5
    assert await told(service, team) == [("pictures_broken", team.admin.id)]
    clinic.folder.rmdir()
    away.rename(clinic.folder)
    await tend(worker, clinic, NOW + 2 * A_DAY)
    assert await standing(service, clinic) == []


async def test_the_admins_hear_once_that_a_patient_asked_to_be_erased(
    service: Database, clinic: Clinic, patient: Recovering, team: Team
) -> None:
    for _ in range(3):  # an app that lost the answers
        await erasures.ask(service, clinic.keys, patient.actor, ErasureDraft(scope="everything"), now=NOW)
    assert await told(service, team) == [("erasure_asked", team.admin.id)]


async def test_the_admins_hear_once_more_in_the_last_week_before_an_answer_is_due(
    service: Database, worker: Database, clinic: Clinic, patient: Recovering, team: Team
) -> None:
    asked_at = datetime(2026, 1, 31, 12, tzinfo=UTC)  # the month ends on 28 February
    asked = await erasures.ask(
        service, clinic.keys, patient.actor, ErasureDraft(scope="everything"), now=asked_at
    )
    await upkeep.remind(worker, team.clinic_id, now=datetime(2026, 2, 20, 23, 59, tzinfo=UTC))
    assert len(await told(service, team)) == 1
    for day in (21, 22, 28):
        await upkeep.remind(worker, team.clinic_id, now=datetime(2026, 2, day, tzinfo=UTC))
    assert sorted(await told(service, team)) == [
        ("erasure_asked", team.admin.id),
        ("erasure_due", team.admin.id),
    ]
    await erasures.refuse(
        service, team.practitioner, patient.patient_id, asked.erasure_id, "must_be_kept", now=NOW
    )
    await upkeep.remind(worker, team.clinic_id, now=NOW)
    assert len(await told(service, team)) == 2


async def test_nobody_is_told_of_photos_that_are_erased_at_once(
    service: Database, clinic: Clinic, patient: Recovering, team: Team
) -> None:
    await clinic.photo(patient.patient_id)
    await erasures.ask(service, clinic.keys, patient.actor, ErasureDraft(scope="photos"), now=NOW)
    assert await told(service, team) == []
