"""Which views of a face are asked for, how they are taken, and what of them is still missing."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from aftercare.model.words import View

LocalDate = date  # a field of the name stands in the way of the type
# A sentence in each of its languages, by the language's tag.
Text = dict[str, str]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A photo, as far as it matters which view it is and when it was taken."""

    photo_id: UUID
    view: View
    taken_at: datetime


class ViewAsked(msgspec.Struct, frozen=True, kw_only=True):
    """One view of a set. `when_needed`: only if there is a spot to show. `baseline` is the path of an earlier photo."""

    view: View
    name: Text
    how: Text
    when_needed: bool
    taken: bool
    baseline: str | None = None


class PhotosAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A set of views to take from `date` to `until`, both included: before a session, or on a day after it."""

    reason: Literal["before_session", "after_session"]
    date: LocalDate
    until: LocalDate
    day: int | None = None  # after the session
    views: tuple[ViewAsked, ...]

    @property
    def missing(self) -> tuple[View, ...]:
        """The views that are still to be taken; one that is only for a spot is never missing."""
        return tuple(one.view for one in self.views if not one.taken and not one.when_needed)


class PhotoStep(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to mind while a photo is taken."""

    key: str
    text: Text


class PhotoGuide(msgspec.Struct, frozen=True, kw_only=True):
    """What to photograph and how. Photos are optional: no check-in waits for one, and a missing one raises nothing.

    `missing` are the views of today's sets that are not there yet; `asked` are the sets of today and of the six days after.
    """

    missing: tuple[View, ...]
    asked: tuple[PhotosAsked, ...]
    steps: tuple[PhotoStep, ...]
