"""The page of what waits for the clinic itself: requests to be erased, and photos that cannot be shown."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from aftercare.model.photos import Rendition
from aftercare.model.views import Head, PatientView
from aftercare.model.words import View


class AskedErasure(msgspec.Struct, frozen=True, kw_only=True):
    """A patient's request that nobody has answered; who it is, is for practitioners alone."""

    asked_at: datetime
    answer_by: date
    patient: PatientView | None


class BrokenPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A photo of which a picture cannot be shown; whose it is, is for practitioners alone."""

    photo_id: UUID
    view: View
    taken_at: datetime
    found_at: datetime
    pictures: tuple[tuple[Rendition, str], ...]  # each with what is wrong with it
    patient: PatientView | None


class UpkeepPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/upkeep`, each list the oldest first; `more_asked` and `more_broken` are how many more there are."""

    head: Head
    asked: tuple[AskedErasure, ...] = ()
    broken: tuple[BrokenPhoto, ...] = ()
    more_asked: int = 0
    more_broken: int = 0
