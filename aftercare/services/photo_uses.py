"""What photos are used for besides care, and who looked at them: by the patient's word as it is at that moment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from aftercare.care.calendar import day_of
from aftercare.db.pool import Connection, Database
from aftercare.errors import NotFound
from aftercare.model.consents import Use
from aftercare.model.people import Actor
from aftercare.model.photos import Rendition
from aftercare.model.words import Modality, Role, View
from aftercare.services import audit
from aftercare.store import consents as store
from aftercare.store.consents import UsableRow, ViewRow

PAGE = 50

Purpose = Literal["care", "teaching", "marketing"]


def action_of(rendition: Rendition, use: Use | None) -> str:
    """What a look is called in the audit: its purpose is part of the name, since entries hold no words."""
    return f"photo.{rendition}_seen" + (f"_for_{use}" if use else "")


# action -> (rendition, purpose): every look at a picture, whatever it was for
_LOOKS: dict[str, tuple[Rendition, Purpose]] = {
    action_of(rendition, use): (rendition, "care" if use is None else use.value)
    for rendition in Rendition
    for use in (None, *Use)
}


class UsablePhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that may be used for a purpose. It names nobody; `agreed_at` and `text_version` are the permission.

    `day` counts from the session before the photo, else from the next one and is negative; null without any.
    """

    photo_id: UUID
    patient_id: UUID
    view: View
    taken_at: datetime
    width: int
    height: int
    modality: Modality | None
    day: int | None
    agreed_at: datetime
    text_version: str
    display: str
    thumbnail: str


class PhotoLook(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a photo of the patient's. `view` and `taken_at` are null once the photo is gone."""

    look_id: UUID
    at: datetime
    photo_id: UUID
    rendition: Rendition
    purpose: Purpose
    by: str
    role: Role | None
    view: View | None
    taken_at: datetime | None


async def photos_for(
    database: Database, actor: Actor, use: Use, *, before: tuple[datetime, UUID] | None, now: datetime
) -> list[UsableRow]:
    """Photos whose patients agree to this use now, the newest first; each patient listed is in the audit."""
    async with database.clinic(actor.clinic_id) as db:
        found = await store.photos_for(db, actor.clinic_id, use, PAGE, before)
        await record_listed(db, actor, f"photos.listed_for_{use}", found, now=now)
    return found


async def record_listed(
    db: Connection, actor: Actor, action: str, rows: Sequence[UsableRow], *, now: datetime
) -> None:
    """Put each patient of a list on record once."""
    seen = [
        audit.entry(actor, action, now=now, patient_id=patient_id)
        for patient_id in dict.fromkeys(one.patient_id for one in rows)
    ]
    await audit.record_all(db, actor.clinic_id, seen)


def day(row: UsableRow) -> int | None:
    """Days since the photo's session by the patient's calendar, negative before it; None without one."""
    return None if row.session_at is None else day_of(row.session_at, row.taken_at, row.time_zone)


def usable(row: UsableRow, use: Use) -> UsablePhoto:
    """The photo with the addresses at which it is shown for this use, and for as long as that is agreed to."""
    return UsablePhoto(
        photo_id=row.photo_id,
        patient_id=row.patient_id,
        view=row.view,
        taken_at=row.taken_at,
        width=row.width,
        height=row.height,
        modality=row.modality,
        day=day(row),
        agreed_at=row.agreed_at,
        text_version=row.text_version,
        display=address(row, use, Rendition.DISPLAY),
        thumbnail=address(row, use, Rendition.THUMBNAIL),
    )


def address(row: UsableRow, use: Use, rendition: Rendition) -> str:
    """Where the picture is shown for this use."""
    return f"/v1/photos/for/{use}/{row.patient_id}/{row.photo_id}/{rendition}"


async def looks(
    database: Database, actor: Actor, *, before: tuple[datetime, UUID] | None, now: datetime
) -> list[PhotoLook]:
    """Who of the clinic looked at the patient's photos, the newest look first. Raises NotFound."""
    if actor.id is None:
        raise NotFound
    async with database.clinic(actor.clinic_id) as db:
        place = () if before is None else (before[1],)
        rows = await store.views_by_staff(db, actor.clinic_id, actor.id, list(_LOOKS), PAGE, *place)
        await audit.record(db, actor, "photo_views.seen", now=now, patient_id=actor.id)
    return [_look(row) for row in rows]


def _look(row: ViewRow) -> PhotoLook:
    rendition, purpose = _LOOKS[row.action]
    return PhotoLook(
        look_id=row.entry_id,
        at=row.at,
        photo_id=row.photo_id,
        rendition=rendition,
        purpose=purpose,
        by=row.by or "",
        role=row.role,
        view=row.view,
        taken_at=row.taken_at,
    )
