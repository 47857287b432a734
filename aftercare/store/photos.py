"""Photos: the row; the renditions are blobs."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.words import View
from aftercare.store.rows import many, one

_SQL = queries("photos")
_END = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))


class PhotoRow(msgspec.Struct, frozen=True, kw_only=True):
    """One photo. `digest` is of the bytes received; sizes in pixels and bytes."""

    photo_id: UUID
    patient_id: UUID
    view: View
    taken_at: datetime
    received_at: datetime
    check_in_id: UUID | None
    digest: bytes
    width: int
    height: int
    display_type: str
    thumbnail_type: str
    display_bytes: int
    thumbnail_bytes: int


class PhotosUsed(msgspec.Struct, frozen=True, kw_only=True):
    """How many photos a patient has, how many of them came since an instant, and the bytes of all."""

    photos: int
    photos_since: int
    bytes: int


async def insert(db: Connection, clinic_id: UUID, row: PhotoRow, installation_id: UUID | None) -> bool:
    """Add a photo; False if the id is taken."""
    made = await db.fetchval(
        _SQL["insert"], clinic_id, row.patient_id, row.photo_id, row.view, row.taken_at, row.received_at,
        row.check_in_id, installation_id, row.digest, row.width, row.height, row.display_type, row.thumbnail_type,
        row.display_bytes, row.thumbnail_bytes,
    )  # fmt: skip
    return made is not None


async def get(db: Connection, clinic_id: UUID, patient_id: UUID, photo_id: UUID) -> PhotoRow | None:
    """One photo of one patient."""
    return one(PhotoRow, await db.fetchrow(_SQL["get"], clinic_id, patient_id, photo_id))


async def used(
    db: Connection, clinic_id: UUID, patient_id: UUID, since: datetime, *, most: int
) -> PhotosUsed:
    """What the patient's photos take; no more than `most` are looked at."""
    row = await db.fetchrow(_SQL["used"], clinic_id, patient_id, since, most)
    return one(PhotosUsed, row) or PhotosUsed(photos=0, photos_since=0, bytes=0)


async def of_patient(
    db: Connection, clinic_id: UUID, patient_id: UUID, limit: int, before: tuple[datetime, UUID] = _END
) -> list[PhotoRow]:
    """The patient's newest photos before a place in the list."""
    return many(PhotoRow, await db.fetch(_SQL["of_patient"], clinic_id, patient_id, *before, limit))


async def newest_of(db: Connection, clinic_id: UUID, patient_ids: list[UUID]) -> dict[UUID, PhotoRow]:
    """The newest photo of each patient who has one."""
    rows = await db.fetch(_SQL["newest_of"], clinic_id, patient_ids)
    return {photo.patient_id: photo for photo in many(PhotoRow, rows)}


async def neighbours(db: Connection, clinic_id: UUID, photo: PhotoRow) -> tuple[UUID | None, UUID | None]:
    """(the next older photo of the patient, the next newer one), None where there is none."""
    rows = await db.fetch(_SQL["neighbours"], clinic_id, photo.patient_id, photo.taken_at, photo.photo_id)
    found = {row["newer"]: row["photo_id"] for row in rows}
    return found.get(False), found.get(True)
