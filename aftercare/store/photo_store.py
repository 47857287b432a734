"""What the rows promise of the photos' store, and when it is looked through."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.photos import Rendition
from aftercare.photos.blobs import BlobKey
from aftercare.store.rows import many

_SQL = queries("photo_store")
NOWHERE = UUID(int=0)


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """A photo's row as far as its blobs go; sizes in bytes, unsealed."""

    patient_id: UUID
    photo_id: UUID
    digest: bytes
    display_bytes: int
    thumbnail_bytes: int

    def key(self, clinic_id: UUID, rendition: Rendition) -> BlobKey:
        """Where one of its renditions is."""
        return BlobKey(
            clinic_id=clinic_id,
            patient_id=self.patient_id,
            photo_id=self.photo_id,
            sha256=self.digest.hex(),
            rendition=rendition,
        )

    def size(self, rendition: Rendition) -> int:
        """How large it is."""
        return self.display_bytes if rendition is Rendition.DISPLAY else self.thumbnail_bytes


async def known(db: Connection, clinic_id: UUID, keys: Collection[BlobKey]) -> list[Promise]:
    """Of the photos of these blobs, those that have a row."""
    photos = list({(key.patient_id, key.photo_id) for key in keys})
    rows = await db.fetch(_SQL["known"], clinic_id, [one for one, _ in photos], [one for _, one in photos])
    return many(Promise, rows)


async def page(db: Connection, clinic_id: UUID, after: tuple[UUID, UUID], limit: int) -> list[Promise]:
    """The next photos of a clinic, patient by patient."""
    return many(Promise, await db.fetch(_SQL["page"], clinic_id, *after, limit))


async def count(db: Connection, clinic_id: UUID) -> int:
    """How many photos a clinic has."""
    found: int = await db.fetchval(_SQL["count"], clinic_id)
    return found


async def plan(db: Connection, kind: str, due_at: datetime) -> None:
    """Make work of this kind due for each clinic that has none yet. Across clinics."""
    await db.execute(_SQL["plan"], kind, due_at)


async def clinics(db: Connection) -> list[tuple[str, UUID]]:
    """(Handle, id) of every clinic. Across clinics."""
    return [(row["handle"], row["clinic_id"]) for row in await db.fetch(_SQL["clinics"])]
