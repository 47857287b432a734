"""Photos: kept as safe renditions, served only to those who may see them, each view on record."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from aftercare.db.pool import Database
from aftercare.errors import NotFound, OtherContent
from aftercare.model.consents import Use
from aftercare.model.people import Actor
from aftercare.model.photo_quota import PhotoQuota
from aftercare.model.photos import PhotoAdvice, PhotoQuality, Rendition, Renditions
from aftercare.model.words import View
from aftercare.photos import quality
from aftercare.photos.blobs import BlobKey, Blobs
from aftercare.photos.workers import PhotoWorkers
from aftercare.services import audit, broken_pictures, erasures
from aftercare.services.arrival import require_client_id
from aftercare.services.consents import require_photos, require_use
from aftercare.services.photo_quota import require_place
from aftercare.services.photo_uses import action_of
from aftercare.store import consents, patients, photo_views
from aftercare.store import photos as store
from aftercare.store.photos import PhotoRow

PAGE = 100
_USUAL = PhotoQuota()
_AHEAD = timedelta(minutes=2)


class PhotoDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the app says of a photo beside its bytes."""

    view: View = View.OTHER
    taken_at: datetime | None = None  # default: what the file says, else now
    check_in_id: UUID | None = None


class PhotoAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a photo. Its pictures are at `display` and `thumbnail`.

    `advice` is friendly and never a refusal: the photo is kept whatever it says. `quality` is null for photos from before
    it was measured.
    """

    photo_id: UUID
    view: View
    taken_at: datetime
    received_at: datetime
    width: int
    height: int
    display: str
    thumbnail: str
    consent_needed: tuple[str, ...] = ()
    quality: PhotoQuality | None = None
    advice: tuple[PhotoAdvice, ...] = ()


async def put_photo(
    database: Database,
    blobs: Blobs,
    workers: PhotoWorkers,
    actor: Actor,
    patient_id: UUID,
    photo_id: UUID,
    draft: PhotoDraft,
    data: bytes,
    *,
    quota: PhotoQuota = _USUAL,
    now: datetime,
) -> PhotoAnswer:
    """Take one photo: decoded elsewhere, stored, then acknowledged.

    Raises what the workers and the store refuse, OtherContent if the id was used for another photo, PhotosRefused if the
    patient said no to photos, PhotosOfTodayUsedError and PhotoRoomUsedError over `quota`, NotFound, Malformed.
    """
    require_client_id(photo_id, "/id")
    digest = (await asyncio.to_thread(hashlib.sha256, data)).digest()  # 25 MB take 20 to 100 ms
    known = await _known(database, actor, patient_id, photo_id, digest)
    if known is not None:
        return await _answer(database, actor, known)
    erased_before = await erasures.count(database, actor, patient_id)
    async with database.clinic(actor.clinic_id) as db:
        await require_place(db, actor.clinic_id, patient_id, quota, now=now)
    made = await workers.render(data)
    # Blobs first: a row is a promise that its pictures are there. A blob without a row is only a little disk.
    for rendition in Rendition:
        key = BlobKey(
            clinic_id=actor.clinic_id,
            patient_id=patient_id,
            photo_id=photo_id,
            sha256=made.sha256,
            rendition=rendition,
        )
        await blobs.put(key, made.picture(rendition).data)
    row = _row(patient_id, photo_id, draft, made, digest, await _zone(database, actor, patient_id), now)
    async with database.clinic(actor.clinic_id) as db:
        await require_photos(db, actor.clinic_id, patient_id)  # it may have been withdrawn meanwhile
        await patients.lock(db, actor.clinic_id, patient_id)  # of two at once, the second counts the first
        await erasures.refuse_if_since(db, actor.clinic_id, patient_id, erased_before)
        kept = await store.insert(db, actor.clinic_id, row, actor.installation_id)
        if kept:
            await require_place(db, actor.clinic_id, patient_id, quota, now=now, coming=0)
            await photo_views.insert_quality(db, actor.clinic_id, patient_id, photo_id, made.quality)
            await audit.record(
                db, actor, "photo.received", now=now, patient_id=patient_id, subject_id=photo_id
            )
    if not kept:
        twin = await _known(database, actor, patient_id, photo_id, digest)
        row = twin or row
    return await _answer(database, actor, row)


async def _known(
    database: Database, actor: Actor, patient_id: UUID, photo_id: UUID, digest: bytes
) -> PhotoRow | None:
    async with database.clinic(actor.clinic_id) as db:
        if await patients.get(db, actor.clinic_id, patient_id) is None:
            raise NotFound
        row = await store.get(db, actor.clinic_id, patient_id, photo_id)
        if row is None:
            await erasures.refuse_erased(db, actor.clinic_id, patient_id, photo_id)
            # Only then: what was acknowledged is answered again, whatever was said since.
            await require_photos(db, actor.clinic_id, patient_id)
    if row is not None and row.digest != digest:
        raise OtherContent
    return row


async def _zone(database: Database, actor: Actor, patient_id: UUID) -> ZoneInfo:
    async with database.clinic(actor.clinic_id) as db:
        patient = await patients.get(db, actor.clinic_id, patient_id)
    if patient is None:
        raise NotFound
    return ZoneInfo(patient.time_zone)


def _row(
    patient_id: UUID,
    photo_id: UUID,
    draft: PhotoDraft,
    made: Renditions,
    digest: bytes,
    zone: ZoneInfo,
    now: datetime,
) -> PhotoRow:
    return PhotoRow(
        photo_id=photo_id,
        patient_id=patient_id,
        view=draft.view,
        taken_at=_taken_at(draft.taken_at, made.taken_at, zone, now),
        received_at=now,
        check_in_id=draft.check_in_id,
        digest=digest,
        width=made.display.width,
        height=made.display.height,
        display_type=made.display.media_type,
        thumbnail_type=made.thumbnail.media_type,
        display_bytes=len(made.display.data),
        thumbnail_bytes=len(made.thumbnail.data),
    )


def _taken_at(said: datetime | None, in_file: datetime | None, zone: ZoneInfo, now: datetime) -> datetime:
    """The app's word, else the file's (in the patient's zone where it names none), else now; never a time to come."""
    for at in (said, in_file and (in_file if in_file.tzinfo else in_file.replace(tzinfo=zone))):
        if at is not None and at.tzinfo is not None and 2000 <= at.year < 9000:
            return now if at > now + _AHEAD else at.astimezone(UTC)
    return now


async def _answer(database: Database, actor: Actor, row: PhotoRow) -> PhotoAnswer:
    async with database.clinic(actor.clinic_id) as db:
        given = await consents.newest(db, actor.clinic_id, row.patient_id)
        patient = await patients.get(db, actor.clinic_id, row.patient_id)
        measured = await photo_views.quality_of(db, actor.clinic_id, row.patient_id, [row.photo_id])
    return described(
        row,
        consent_needed=() if "photos" in given else ("photos",),
        measured=measured.get(row.photo_id),
        language=patient.language if patient else "en",
    )


def described(
    row: PhotoRow,
    *,
    consent_needed: tuple[str, ...] = (),
    measured: PhotoQuality | None = None,
    language: str = "en",
    staff: bool = False,
) -> PhotoAnswer:
    """A photo as its owner sees it, or as staff do: their paths name the patient. The advice is in that language."""
    path = f"/v1/patients/{row.patient_id}/photos/{row.photo_id}" if staff else f"/v1/photos/{row.photo_id}"
    return PhotoAnswer(
        photo_id=row.photo_id,
        view=row.view,
        taken_at=row.taken_at,
        received_at=row.received_at,
        width=row.width,
        height=row.height,
        display=f"{path}/display",
        thumbnail=f"{path}/thumbnail",
        consent_needed=consent_needed,
        quality=measured,
        advice=_advice(measured, row.view, language),
    )


def _advice(measured: PhotoQuality | None, view: View, language: str) -> tuple[PhotoAdvice, ...]:
    found = quality.flaws(measured, view) if measured else ()
    return tuple(PhotoAdvice(flaw=flaw, text=quality.said(flaw, language)) for flaw in found)


async def view_photo(
    database: Database,
    blobs: Blobs,
    actor: Actor,
    patient_id: UUID,
    photo_id: UUID,
    rendition: Rendition,
    *,
    use: Use | None = None,
    now: datetime,
) -> tuple[bytes, str]:
    """(bytes, media type) of one rendition, for care or another use; the view is in the audit before a byte leaves.

    Raises NotFound, UseNotAgreed.
    """
    async with database.clinic(actor.clinic_id) as db:
        row = await store.get(db, actor.clinic_id, patient_id, photo_id)
        if row is None:
            await erasures.refuse_erased(db, actor.clinic_id, patient_id, photo_id)
            raise NotFound
        if use is not None:
            await require_use(db, actor.clinic_id, patient_id, use)
        await audit.record(
            db, actor, action_of(rendition, use), now=now, patient_id=patient_id, subject_id=photo_id
        )
    key = BlobKey(
        clinic_id=actor.clinic_id,
        patient_id=patient_id,
        photo_id=photo_id,
        sha256=row.digest.hex(),
        rendition=rendition,
    )
    media_type = row.display_type if rendition is Rendition.DISPLAY else row.thumbnail_type
    return await broken_pictures.shown(database, blobs, key, now=now), media_type


async def list_photos(
    database: Database,
    actor: Actor,
    patient_id: UUID,
    *,
    before: tuple[datetime, UUID] | None,
    now: datetime,
) -> list[PhotoAnswer]:
    """The patient's photos, the newest first, as the one who asks sees them. Raises NotFound."""
    staff = actor.kind == "staff"
    async with database.clinic(actor.clinic_id) as db:
        patient = await patients.get(db, actor.clinic_id, patient_id)
        if patient is None:
            raise NotFound
        await audit.record(db, actor, "photos.listed", now=now, patient_id=patient_id)
        place = () if before is None else (before,)
        rows = await store.of_patient(db, actor.clinic_id, patient_id, PAGE, *place)
        ids = [row.photo_id for row in rows]
        measured = await photo_views.quality_of(db, actor.clinic_id, patient_id, ids)
    language = "en" if staff else patient.language
    return [
        described(row, measured=measured.get(row.photo_id), language=language, staff=staff) for row in rows
    ]
