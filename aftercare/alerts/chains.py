"""Escalation chains: whom a late alert goes to, step by step, in the end always to everyone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from aftercare.alerts.rota import first_on_call, on_call
from aftercare.model.alerts import Audience
from aftercare.model.chains import Chain, Step
from aftercare.model.team import Member, Team
from aftercare.model.words import Role, Tier

EVERYONE: Final = Step(tells="everyone")
# Who is told at each step, the first when an alert is raised. An owner who is not there yet is every practitioner.
SHIPPED: Final = Chain(steps=(Step(tells="owner"), EVERYONE))
Chains = Mapping[Tier, Chain]
SHIPPED_CHAINS: Final[Chains] = dict.fromkeys(Tier, SHIPPED)


def complete(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return a chain that cannot end in silence: whatever was written, its last step is everyone, and no other is."""
    before = [one for one in steps if one != EVERYONE]
    return (*before, EVERYONE)


def means(
    to: Audience,
    team: Team,
    at: datetime,
    *,
    owner: UUID | None = None,
    role: Role | None = None,
    whom: UUID | None = None,
) -> list[Member]:
    """Return exactly whom an audience means at an instant; it may be nobody. An owner who is not there yet is every practitioner.

    `whom` is the person, or the rota that says who is on call: one that is not the clinic's any more has nobody.
    """
    if to is Audience.EVERYONE:
        return list(team.members)
    if to is Audience.ROLE:
        return [member for member in team.members if member.role is role]
    if to is Audience.PRACTITIONERS or (to is Audience.OWNER and owner is None):
        return [member for member in team.members if member.role is Role.PRACTITIONER]
    one = {Audience.OWNER: owner, Audience.PERSON: whom}.get(to)
    if to is Audience.ON_CALL:
        one = _on_call(team, at, whom)
    return [member for member in team.members if member.staff_id == one]


def standing(steps: Sequence[Step], team: Team, at: datetime, *, owner: UUID | None = None) -> Chain:
    """Return the chain as it stands at an instant, for an alert of this owner: with the steps that reach nobody."""
    absent = (
        place
        for place, one in enumerate(steps)
        if not means(one.audience, team, at, owner=owner, role=one.role, whom=one.staff_id or one.rota_id)
    )
    return Chain(steps=tuple(steps), absent=frozenset(absent))


def _on_call(team: Team, at: datetime, rota_id: UUID | None) -> UUID | None:
    if rota_id is None:
        return first_on_call(team.rotas, at, team.active)
    return next((on_call(one, at) for one in team.rotas if one.rota_id == rota_id), None)
