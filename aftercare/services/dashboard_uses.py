"""Photos that patients let be used for teaching or advertising: a page of them, and the file that leaves the clinic."""

from collections.abc import AsyncGenerator, Iterable
from datetime import datetime
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection, Database
from aftercare.errors import NotFound
from aftercare.model.consents import Use
from aftercare.model.people import Actor
from aftercare.model.photo_uses import PhotoChoice, UsablePhotoView, UsePhotoPage, UsesPage
from aftercare.model.photos import Rendition
from aftercare.model.views import SessionView
from aftercare.photos.blobs import Blobs
from aftercare.photos.errors import BlobMissingError, PhotoErasedError, SealBrokenError
from aftercare.services import photo_uses, photos
from aftercare.services.consents import UseNotAgreed
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.services.photo_archive import PhotoArchive
from aftercare.store import consents as store
from aftercare.store.consents import UsableRow

PAGE: Final = 50
EXPORT_LIMIT: Final = 200  # photos in one file: a talk, some 100 MB
_CODE_DIGITS: Final = 12  # the last part of an id, which tells nothing of when it was made
_GONE = (UseNotAgreed, NotFound, PhotoErasedError, BlobMissingError, SealBrokenError)

Place = tuple[datetime, UUID]


async def page(
    database: Database, reader: Reader, use: Use, choice: PhotoChoice, *, before: Place | None, now: datetime
) -> UsesPage:
    """What may be used now and was chosen, the newest first. Each patient listed is in the audit."""
    actor = reader.actor
    async with database.clinic(actor.clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        rows, after = await _some(db, actor.clinic_id, use, choice, before)
        await photo_uses.record_listed(db, actor, f"photos.listed_for_{use}", rows, now=now)
    return UsesPage(
        head=top,
        use=use,
        chosen=choice,
        photos=tuple(_shown(row, use, choice) for row in rows),
        more=address(use, choice, before=after) if after else None,
        export=address(use, choice, "/export"),
        export_limit=EXPORT_LIMIT,
    )


async def photo(
    database: Database, reader: Reader, use: Use, patient_id: UUID, photo_id: UUID, *, now: datetime
) -> UsePhotoPage:
    """One photo large. Raises NotFound, also where it may not be used now."""
    actor, choice = reader.actor, PhotoChoice(patient_id=patient_id, code=code(photo_id))
    async with database.clinic(actor.clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        rows, _ = await _some(db, actor.clinic_id, use, choice, None)
        row = next((one for one in rows if one.photo_id == photo_id), None)
        if row is None:
            raise NotFound(
                "This photo may not be used for that now. If you have it in a file, show it no more."
            )
        await photo_uses.record_listed(db, actor, f"photos.listed_for_{use}", [row], now=now)
    return UsePhotoPage(head=top, use=use, photo=_shown(row, use, PhotoChoice()))


def address(use: Use, choice: PhotoChoice, below: str = "", *, before: Place | None = None) -> str:
    """The page, or what is below it, with this choice: closed words, ids and instants."""
    named = {
        "modality": choice.modality,
        "view": choice.view,
        "days": choice.days,
        "person": choice.patient_id,
        "code": choice.code,
        "before": before and before[0].isoformat(),
        "beside": before and before[1],
    }
    asked = urlencode({name: str(value) for name, value in named.items() if value is not None})
    return f"/photos/for/{use}{below}" + (f"?{asked}" if asked else "")


def _shown(row: UsableRow, use: Use, choice: PhotoChoice) -> UsablePhotoView:
    return UsablePhotoView(
        code=code(row.photo_id),
        view=row.view,
        session=_session(row),
        day=photo_uses.day(row),
        agreed_at=row.agreed_at,
        thumbnail=photo_uses.address(row, use, Rendition.THUMBNAIL),
        display=photo_uses.address(row, use, Rendition.DISPLAY),
        page=f"/photos/for/{use}/{row.patient_id}/{row.photo_id}",
        same=address(use, msgspec.structs.replace(choice, patient_id=row.patient_id)),
    )


def _session(row: UsableRow) -> SessionView | None:
    if row.session_id is None or row.modality is None or row.session_at is None:
        return None
    return SessionView(
        id=row.session_id, modality=row.modality, at=row.session_at, needle_depth_mm=row.needle_depth_mm
    )


def code(photo_id: UUID) -> str:
    """What a photo is called where it is used, so that it can be found again once its patient withdraws."""
    return photo_id.hex[-_CODE_DIGITS:]


async def _some(
    db: Connection, clinic_id: UUID, use: Use, choice: PhotoChoice, before: Place | None
) -> tuple[list[UsableRow], Place | None]:
    """(up to a page of what was chosen, where the next page begins: None at the end)."""
    rows = await store.photos_for(db, clinic_id, use, PAGE, before, choice)
    after = (rows[-1].taken_at, rows[-1].photo_id) if len(rows) == PAGE else None
    return [row for row in rows if _on_these_days(row, choice)], after


def _on_these_days(row: UsableRow, choice: PhotoChoice) -> bool:
    if choice.days is None:
        return True
    first, last = choice.days.bounds
    day = photo_uses.day(row)
    return day is not None and (first is None or day >= first) and (last is None or day <= last)


async def export(
    database: Database,
    blobs: Blobs,
    actor: Actor,
    use: Use,
    choice: PhotoChoice,
    *,
    limit: int = EXPORT_LIMIT,
    now: datetime,
) -> AsyncGenerator[bytes]:
    """A zip of what may be used now and was chosen, the newest `limit` photos, piece by piece.

    Each photo is asked for anew as its turn comes: one that was withdrawn or erased meanwhile is not in it. Raises
    BlobsUnavailableError, before the first piece or in the middle: half a file does not open.
    """
    rows: list[UsableRow] = []
    async with database.clinic(actor.clinic_id) as db:
        before: Place | None = None
        while len(rows) < limit:
            found, before = await _some(db, actor.clinic_id, use, choice, before)
            rows += found
            if before is None:
                break
        rows = rows[:limit]
        await photo_uses.record_listed(db, actor, f"photos.exported_for_{use}", rows, now=now)
    archive = PhotoArchive(use)
    for row, person in _numbered(rows):
        try:
            data, _ = await photos.view_photo(
                database, blobs, actor, row.patient_id, row.photo_id, Rendition.DISPLAY, use=use, now=now
            )
        except _GONE:
            continue
        yield archive.add(row, person, photo_uses.day(row), code(row.photo_id), data)
    yield archive.end(now)


def _numbered(rows: Iterable[UsableRow]) -> Iterable[tuple[UsableRow, int]]:
    """Each with the number of its person in this file, from 1."""
    numbers: dict[UUID, int] = {}
    for row in rows:
        yield row, numbers.setdefault(row.patient_id, len(numbers) + 1)
