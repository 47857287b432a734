"""Photos by what they show: what was measured of them, the same view over time, the one nearest to an instant."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.photo_views import Taken
from aftercare.model.photos import PhotoQuality
from aftercare.model.words import View
from aftercare.store.photos import PhotoRow
from aftercare.store.rows import many

_SQL = queries("photo_views")


async def insert_quality(
    db: Connection, clinic_id: UUID, patient_id: UUID, photo_id: UUID, measured: PhotoQuality
) -> None:
    """Keep what was measured of a photo; what was kept first stays."""
    await db.execute(
        _SQL["insert_quality"], clinic_id, patient_id, photo_id, measured.long_edge, measured.black_share,
        measured.white_share, measured.darkest, measured.lightest, measured.sharpness,
    )  # fmt: skip


async def quality_of(
    db: Connection, clinic_id: UUID, patient_id: UUID, photo_ids: Sequence[UUID]
) -> dict[UUID, PhotoQuality]:
    """What was measured of these photos; nothing of those that came before anything was."""
    rows = await db.fetch(_SQL["quality_of"], clinic_id, patient_id, photo_ids) if photo_ids else ()
    return {row["photo_id"]: msgspec.convert(dict(row), PhotoQuality) for row in rows}


async def taken_since(
    db: Connection, clinic_id: UUID, patient_id: UUID, since: datetime, limit: int
) -> list[Taken]:
    """What the patient's photos since an instant show, the newest first."""
    return many(Taken, await db.fetch(_SQL["taken_since"], clinic_id, patient_id, since, limit))


async def baselines(
    db: Connection, clinic_id: UUID, patient_id: UUID, session_at: datetime
) -> dict[View, Taken]:
    """Of each view the last photo before a session, else the first one after it."""
    rows = many(Taken, await db.fetch(_SQL["baselines"], clinic_id, patient_id, session_at))
    return {row.view: row for row in rows}


async def of_view(
    db: Connection, clinic_id: UUID, patient_id: UUID, view: View, limit: int
) -> list[PhotoRow]:
    """The patient's newest photos of one view, the newest first."""
    return many(PhotoRow, await db.fetch(_SQL["of_view"], clinic_id, patient_id, view, limit))


async def views_of(db: Connection, clinic_id: UUID, patient_id: UUID) -> set[View]:
    """Which views there are photos of."""
    return {View(row["view"]) for row in await db.fetch(_SQL["views_of"], clinic_id, patient_id)}


async def nearest(
    db: Connection, clinic_id: UUID, patient_id: UUID, wanted: Mapping[UUID, datetime]
) -> dict[UUID, PhotoRow]:
    """The photo nearest in time to each instant, by the key that it is asked for with; nothing where there is none."""
    if not wanted:
        return {}
    rows = await db.fetch(_SQL["nearest"], clinic_id, patient_id, list(wanted), list(wanted.values()))
    return {row["key"]: msgspec.convert(dict(row), PhotoRow) for row in rows}
