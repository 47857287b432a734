"""Who is on call when: rotas, what is laid over them for a while, and what they come to."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec

from aftercare.model.clinic import Opening, WallTime
from aftercare.model.text import END, Instant, OptionalLine

RotaName = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+" + END)]


class RotaDraft(msgspec.Struct, frozen=True, kw_only=True):
    """People who take turns, each for `every_days` days from the hand-over's local time on, in the clinic's zone.

    With `windows` only those hours of the week are on call; without any, all are.
    """

    name: RotaName
    participants: Annotated[tuple[UUID, ...], msgspec.Meta(min_length=1, max_length=50)]
    hand_over: WallTime
    every_days: Annotated[int, msgspec.Meta(ge=1, le=28)] = 7
    starts_on: date  # of the first one's turn
    windows: Annotated[tuple[Opening, ...], msgspec.Meta(max_length=28)] = ()
    is_default: bool = False  # asked first where nothing else is said


class OverrideDraft(msgspec.Struct, frozen=True, kw_only=True):
    """One person, or nobody, instead of whoever's turn it is."""

    starts_at: Instant
    ends_at: Instant
    staff_id: UUID | None = None
    reason: OptionalLine = ""


class Override(OverrideDraft, frozen=True, kw_only=True):
    """An override as it was made; of several that hold at once the one made last wins."""

    override_id: UUID
    made_at: Instant
    made_by: UUID


class Rota(RotaDraft, frozen=True, kw_only=True):
    """A rota in the clinic's zone, with the overrides that are not over. `version` is the ETag of an edit."""

    rota_id: UUID
    time_zone: str
    version: int
    overrides: tuple[Override, ...] = ()


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on call from an instant to another; `staff_id` None is nobody. `override_id` says by which override."""

    starts_at: datetime
    ends_at: datetime
    staff_id: UUID | None
    override_id: UUID | None = None


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Time in which the clinic is closed and nobody active is on call."""

    starts_at: datetime
    ends_at: datetime


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the staff by name."""

    staff_id: UUID
    name: str


class RotaNow(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on call by a rota now, until when, and who after; nobody is null. `until` null: for four weeks and more."""

    rota_id: UUID
    name: str
    is_default: bool
    person: Person | None
    until: datetime | None = None
    next_person: Person | None = None


class OnCall(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on call now by each rota, and the gaps of the next 28 days.

    Without any rota every practitioner is told, as in a gap.
    """

    at: datetime
    rotas: tuple[RotaNow, ...]
    gaps: tuple[Gap, ...]
