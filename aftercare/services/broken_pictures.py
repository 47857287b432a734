"""Pictures found missing or damaged: kept until they can be shown again, and told to the admins, at most once a day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import structlog

from aftercare.db.pool import Connection, Database
from aftercare.errors import AftercareError
from aftercare.model.messages import MessageKind
from aftercare.model.photos import Broken
from aftercare.photos.blobs import BlobKey, Blobs
from aftercare.photos.errors import BlobMissingError, KeyMissingError, SealBrokenError
from aftercare.services.admins import tell_admins
from aftercare.store import broken_pictures as store
from aftercare.store import erasures

_log = structlog.get_logger()
# After an outage of the store a picture may wait in the spool of another machine, which this one cannot see.
_IN_A_SPOOL = timedelta(hours=6)


async def note(db: Connection, clinic_id: UUID, broken: Sequence[Broken], *, now: datetime) -> None:
    """Keep what cannot be shown; of what was not known yet the log has the ids, and the admins hear."""
    room = store.MOST - await store.count(db, clinic_id)
    new = await store.note(db, clinic_id, broken[: max(room, 0)], now, now - _IN_A_SPOOL) if broken else []
    for photo_id in new:
        _log.error("photo_broken", clinic_id=str(clinic_id), photo_id=str(photo_id))
    today = now.astimezone(UTC).date()
    if new and not await _tell(db, clinic_id, today, now):
        # Whoever was told may have looked by now: what was found since is told of with the next day's, if it still stands.
        await _tell(db, clinic_id, today + timedelta(days=1), now)


async def _tell(db: Connection, clinic_id: UUID, day: date, now: datetime) -> bool:
    """Tell of one day, once it has begun; False if that was done before."""
    at = max(now, datetime.combine(day, time.min, UTC))
    what = f"broken_pictures:{day.isoformat()}"
    return await tell_admins(db, clinic_id, MessageKind.PICTURES_BROKEN, what, now, not_before=at)


async def shown(database: Database, blobs: Blobs, key: BlobKey, *, now: datetime) -> bytes:
    """Return a picture to somebody who may see it; one that cannot be shown is noted, then refused as `Blobs.get` does."""
    try:
        return await blobs.get(key)
    except (BlobMissingError, SealBrokenError, KeyMissingError) as error:
        async with database.clinic(key.clinic_id) as db:
            # An erasure is either over by now, and the row gone, or waits until this is written.
            if await erasures.count_held(db, key.clinic_id, key.patient_id) is not None:
                await note(db, key.clinic_id, [broken_by(error, key)], now=now)
        raise


def broken_by(error: AftercareError, key: BlobKey) -> Broken:
    """What it means for a picture that opening it failed like this."""
    return Broken(
        clinic_id=key.clinic_id,
        patient_id=key.patient_id,
        photo_id=key.photo_id,
        rendition=key.rendition,
        what="is missing" if isinstance(error, BlobMissingError) else "does not open",
    )
