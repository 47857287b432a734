"""Pictures that cannot be shown, from when that is found until they can be again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.photos import Broken, Rendition
from aftercare.model.words import View
from aftercare.store.photo_store import Promise
from aftercare.store.rows import many

_SQL = queries("broken_pictures")
# A store that is mounted in the wrong place breaks all of them at once; which they are is then of no use to anybody.
MOST: Final = 1000


class BrokenRow(Promise, frozen=True, kw_only=True):
    """One of them: what its row promises, what is wrong with it and since when that is known."""

    rendition: Rendition
    what: str
    found_at: datetime
    taken_at: datetime
    view: View


async def note(
    db: Connection, clinic_id: UUID, broken: Sequence[Broken], at: datetime, settled: datetime
) -> list[UUID]:
    """Keep what is broken; the photos of those that were not known yet. What came after `settled` is not missing yet."""
    rows = await db.fetch(
        _SQL["note"], clinic_id, [one.patient_id for one in broken], [one.photo_id for one in broken],
        [one.rendition for one in broken], [one.what for one in broken], at, settled,
    )  # fmt: skip
    return [row["photo_id"] for row in rows]


async def standing(db: Connection, clinic_id: UUID) -> list[BrokenRow]:
    """Those of a clinic, patient by patient; no more than `MOST`."""
    return many(BrokenRow, await db.fetch(_SQL["standing"], clinic_id, MOST))


async def count(db: Connection, clinic_id: UUID) -> int:
    """How many there are, counted up to `MOST`."""
    found: int = await db.fetchval(_SQL["count"], clinic_id, MOST)
    return found


async def mended(
    db: Connection, clinic_id: UUID, patient_id: UUID, photo_id: UUID, rendition: Rendition
) -> None:
    """It can be shown again."""
    await db.execute(_SQL["mended"], clinic_id, patient_id, photo_id, rendition)
