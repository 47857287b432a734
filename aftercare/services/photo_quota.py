"""How many photos a patient may send: enough for every view of every day and some again, not enough to fill a disk."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from aftercare.care.calendar import end_of_day, start_of_day
from aftercare.db.pool import Connection
from aftercare.errors import NotFound
from aftercare.model.photo_quota import PhotoQuota
from aftercare.photos.errors import PhotoRoomUsedError, PhotosOfTodayUsedError
from aftercare.store import patients
from aftercare.store import photos as store


async def require_place(
    db: Connection, clinic_id: UUID, patient_id: UUID, quota: PhotoQuota, *, now: datetime, coming: int = 1
) -> None:
    """Refuse where nothing is left of the patient's day, which is their own calendar's, or of their room.

    `coming` photos are not among the kept ones yet: 1 to ask before a photo is decoded, 0 once it is added, with the
    patient locked. Raises PhotosOfTodayUsedError, PhotoRoomUsedError, NotFound.
    """
    patient = await patients.get(db, clinic_id, patient_id)
    if patient is None:
        raise NotFound
    zone = ZoneInfo(patient.time_zone)
    today = now.astimezone(zone).date()
    used = await store.used(
        db, clinic_id, patient_id, start_of_day(today, zone), most=quota.photos_a_patient + 1
    )
    if used.photos + coming > quota.photos_a_patient or used.bytes + coming > quota.bytes_a_patient:
        raise PhotoRoomUsedError
    if used.photos_since + coming > quota.photos_a_day:
        wait = max(1, round((end_of_day(today, zone) - now).total_seconds()))
        raise PhotosOfTodayUsedError(quota.photos_a_day, retry_after=wait)
