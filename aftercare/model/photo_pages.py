"""The page that lays photos of one view side by side."""

import msgspec

from aftercare.model.photos import Flaw
from aftercare.model.views import Head, PatientView, PhotoView, SessionView
from aftercare.model.words import View


class ComparedPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A photo by the treatment before it, and what speaks against reading much from it.

    `first` and `second` are paths of the page with this photo as the one or the other of the two.
    """

    photo: PhotoView
    session: SessionView | None  # None: before any
    flaws: tuple[Flaw, ...] = ()
    first: str = ""
    second: str = ""


class RecoveryStrip(msgspec.Struct, frozen=True, kw_only=True):
    """The photos after one session, a cell for each of the page's days; several of one day in the order they were taken."""

    session: SessionView | None  # None: before any
    cells: tuple[tuple[ComparedPhoto, ...], ...]


class ViewChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A view that can be compared, and the path to do so."""

    view: View
    path: str


class ComparePage(msgspec.Struct, frozen=True, kw_only=True):
    """`/patients/{patient_id}/compare?view=&a=&b=`: two photos of one view, and all others of it to choose from.

    `days` head the columns, counted from each row's own session (None: before any); rows are sessions, the newest first.
    """

    head: Head
    patient: PatientView
    view: View
    choices: tuple[ViewChoice, ...] = ()
    first: ComparedPhoto | None = None
    second: ComparedPhoto | None = None
    days: tuple[int | None, ...] = ()
    strips: tuple[RecoveryStrip, ...] = ()
    swapped: str = ""  # the same two the other way round
    shown_of_more: bool = False  # older photos of this view are not listed
