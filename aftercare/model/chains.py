"""Whom a late alert goes to, step by step."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from aftercare.model.alerts import Audience
from aftercare.model.words import Role, Tier

# Whom a step of a chain may tell; practitioners are a role.
StepTells = Literal["owner", "on_call", "role", "person", "everyone"]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: whom it tells. `rota_id` names the rota of `on_call`; without it the default one is asked first."""

    tells: StepTells
    role: Role | None = None
    staff_id: UUID | None = None
    rota_id: UUID | None = None

    @property
    def audience(self) -> Audience:
        """The same, as a notice says it."""
        return Audience(self.tells)


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of a tier as they stand at an instant; the last tells everyone. `absent` are places that reach nobody now."""

    steps: tuple[Step, ...]
    absent: frozenset[int] = frozenset()

    def from_place(self, place: int) -> int:
        """The first place from here on that reaches somebody; the last one if there is none, or no such place."""
        last = len(self.steps) - 1
        return next((one for one in range(min(place, last), last) if one not in self.absent), last)


class ChainDraft(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of a tier as a clinic writes them. Everyone is added at the end where it is not there."""

    steps: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1, max_length=9)]


class EscalationChain(msgspec.Struct, frozen=True, kw_only=True):
    """A tier's chain with its ETag; version 0 is the shipped one."""

    tier: Tier
    steps: tuple[Step, ...]
    version: int = 0
    changed_at: datetime | None = None
    changed_by: UUID | None = None
