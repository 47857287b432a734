"""The page of requests to be erased and of photos that cannot be shown."""

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from uuid import UUID

from aftercare.db.pool import Database
from aftercare.model.people import Patient
from aftercare.model.upkeep_page import AskedErasure, BrokenPhoto, UpkeepPage
from aftercare.model.views import PatientView
from aftercare.model.words import Role
from aftercare.services import audit
from aftercare.services import dashboard_views as views
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.services.upkeep import answer_by
from aftercare.store import broken_pictures, erasures, patients

_MOST = 100  # of each list; who is told of more has another trouble


async def upkeep_page(database: Database, reader: Reader, *, now: datetime) -> UpkeepPage:
    """What waits, with names for practitioners; admins read no patient. Seen on record."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
        asked = await erasures.waiting(db, clinic_id, _MOST)
        in_all, _ = await erasures.waiting_since(db, clinic_id)
        broken = await broken_pictures.standing(db, clinic_id)
        shown = {one.patient_id for one in asked} | {one.patient_id for one in broken}
        may_name = reader.member.role is Role.PRACTITIONER
        known = await patients.several(db, clinic_id, list(shown)) if may_name and shown else {}
        await audit.record(db, reader.actor, "erasures.listed", now=now)
        if broken:
            await audit.record(db, reader.actor, "broken_pictures.listed", now=now)
    photos = _photos(broken, known)
    return UpkeepPage(
        head=top,
        asked=tuple(
            AskedErasure(
                asked_at=one.asked_at,
                answer_by=answer_by(one.asked_at, clinic),
                patient=_named(known, one.patient_id),
            )
            for one in asked
        ),
        broken=tuple(photos[:_MOST]),
        more_asked=in_all - len(asked),
        more_broken=max(0, len(photos) - _MOST),
    )


def _photos(broken: list[broken_pictures.BrokenRow], known: Mapping[UUID, Patient]) -> list[BrokenPhoto]:
    """A line a photo, the one that was found first ahead."""
    found = []
    for (patient_id, photo_id), several in groupby(broken, key=lambda one: (one.patient_id, one.photo_id)):
        pictures = list(several)
        found.append(
            BrokenPhoto(
                photo_id=photo_id,
                view=pictures[0].view,
                taken_at=pictures[0].taken_at,
                found_at=min(one.found_at for one in pictures),
                pictures=tuple((one.rendition, one.what) for one in pictures),
                patient=_named(known, patient_id),
            )
        )
    return sorted(found, key=lambda one: one.found_at)


def _named(known: Mapping[UUID, Patient], patient_id: UUID) -> PatientView | None:
    return views.patient_view(known[patient_id]) if patient_id in known else None
