"""Photos for what is not care, as practitioners choose among them and see them. Nothing here names a patient."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from aftercare.model.consents import Use
from aftercare.model.text import END
from aftercare.model.views import Head, SessionView
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
    """Which photos are wanted; None leaves it open. Photos without any session are in no modality and on no day.

    `code` is the end of a photo's id, by which an exported file is found again.
    """

    modality: Modality | None = None
    view: View | None = None
    days: Days | None = None
    patient_id: UUID | None = None
    code: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{12}" + END)] | None = None


class UsablePhotoView(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that may be used now. `code` is what an exported file's name ends with; `same` leads to all of this person."""

    code: str
    view: View
    session: SessionView | None  # the one before it, else the one that came
    day: int | None  # since that session; negative before it
    agreed_at: datetime
    thumbnail: str
    display: str
    page: str
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


class UsePhotoPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/photos/for/{use}/{patient_id}/{photo_id}`: one of them large."""

    head: Head
    use: Use
    photo: UsablePhotoView
