"""How many photos a patient may have in all, and that adding them up is bounded however small they are."""

from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

from aftercare.db.pool import Database
from aftercare.model.photo_quota import PhotoQuota
from aftercare.photos.errors import PhotoRoomUsedError
from aftercare.services.photo_quota import require_place
from aftercare.store import photos
from tests.services.conftest import Team, Treat
from tests.services.test_photo_store import Clinic

THREE = PhotoQuota(photos_a_patient=3)


async def test_a_patient_with_as_many_photos_as_may_be_kept_is_told_whom_to_ask(
    service: Database, database_url: str, tmp_path: Path, team: Team, treat: Treat, now: datetime
) -> None:
    clinic = Clinic(database_url, tmp_path, team.clinic_id)
    patient, other = await treat(now), await treat(now)
    for _ in range(2):
        await clinic.row(patient.patient_id, uuid4())
    async with service.clinic(team.clinic_id) as db:
        await require_place(db, team.clinic_id, patient.patient_id, THREE, now=now)
    await clinic.row(patient.patient_id, uuid4())
    async with service.clinic(team.clinic_id) as db:
        await require_place(db, team.clinic_id, patient.patient_id, THREE, now=now, coming=0)
        with pytest.raises(PhotoRoomUsedError):
            await require_place(db, team.clinic_id, patient.patient_id, THREE, now=now)
        await require_place(db, team.clinic_id, other.patient_id, THREE, now=now)


async def test_no_more_photos_are_added_up_than_may_be_kept(
    service: Database, database_url: str, tmp_path: Path, team: Team, treat: Treat, now: datetime
) -> None:
    clinic, patient = Clinic(database_url, tmp_path, team.clinic_id), await treat(now)
    for _ in range(5):
        await clinic.row(patient.patient_id, uuid4())
    async with service.clinic(team.clinic_id) as db:
        used = await photos.used(db, team.clinic_id, patient.patient_id, now, most=4)
        assert used.photos == 4
        with pytest.raises(PhotoRoomUsedError):
            await require_place(db, team.clinic_id, patient.patient_id, THREE, now=now)
