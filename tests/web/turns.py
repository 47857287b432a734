"""The rota of a practice: its form as it is filled in, and what was kept."""

from aftercare.model.rotas import Rota
from aftercare.model.words import Role
from aftercare.services import rotas
from tests.web.practice import Practice


def turns(practice: Practice, *roles: Role, **more: str) -> dict[str, str]:
    """The form of a rota of these people, from the Monday before on."""
    people = {f"person{place}": str(practice.team[role].id) for place, role in enumerate(roles)}
    bare = {"name": "Nights", "hand_over": "08:00", "every_days": "7", "starts_on": "2026-03-02"}
    return bare | people | more


async def only_rota(practice: Practice) -> Rota:
    (found,) = await rotas.list_rotas(
        practice.house.database, practice.team[Role.ADMIN], now=practice.clock()
    )
    return found
