"""Photos for what is not care, as practitioners choose among them and see them. Nothing here names a patient."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from aftercare.model.consents import Use
from aftercare.model.views import Head
from aftercare.model.words import Modality, View


class Days(StrEnum):
    """Days since a session: the course of a recovery in parts. `before` is before the first session."""

    BEFORE = "before"
    FIRST = "0-1"
    PEAK = "2-4"
    WEEK = "5-7"
    FORTNIGHT = "8-14"
    MONTH = "15-28"
    LATER = "29-"

    @property
    def bounds(self) -> tuple[int | None, int | None]:
        """(first day, last day), both included, None where there is no end."""
        if self is Days.BEFORE:
            return None, -1
        first, _, last = self.value.partition("-")
        return int(first), int(last) if last else None


class PhotoChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Which photos are wanted; None leaves it open. Photos without any session are in no modality and on no day."""

    modality: Modality | None = None
    view: View | None = None
    days: Days | None = None
    patient_id: UUID | None = None


class UsablePhotoView(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that may be used now. `code` tells it from others in an exported file's name; `same` is the path of all of this person."""

    code: str
    view: View
    modality: Modality | None  # of the session before it, else of the one that came; None: no session
    needle_depth_mm: float | None
    day: int | None  # since that session; negative before it
    taken_at: datetime
    agreed_at: datetime
    thumbnail: str
    display: str
    same: str


class UsesPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/photos/for/{use}`: the photos that patients let be used for it, the newest first.

    `export` is the path that gives what is chosen as one file by POST, up to `export_limit` photos.
    """

    head: Head
    use: Use
    chosen: PhotoChoice
    photos: tuple[UsablePhotoView, ...] = ()
    more: str | None = None
    export: str = ""
    export_limit: int = 0
