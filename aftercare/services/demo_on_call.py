"""Who is on call in the demo: two people who take turns, with an evening swapped, so that there is something to see."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from aftercare.care.calendar import at_local
from aftercare.db.pool import Database
from aftercare.model.people import Actor
from aftercare.model.rotas import OverrideDraft, RotaDraft
from aftercare.model.words import Role
from aftercare.services import rotas

_EVENING, _MORNING = time(20), time(8)


async def put_on_call(
    database: Database, team: Mapping[Role, Actor], time_zone: str, *, now: datetime
) -> None:
    """A rota that began yesterday with the practitioner; the coordinator has the night after the next."""
    by, coordinator = team[Role.PRACTITIONER], team[Role.COORDINATOR]
    people = tuple(one.id for one in (by, coordinator) if one.id is not None)
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    draft = RotaDraft(
        name="Nights and weekends",
        participants=people,
        hand_over=_MORNING,
        starts_on=today - timedelta(days=1),
    )
    rota = await rotas.create_rota(database, by, draft, now=now)
    swap = OverrideDraft(
        starts_at=at_local(today + timedelta(days=2), _EVENING, zone),
        ends_at=at_local(today + timedelta(days=3), _MORNING, zone),
        staff_id=coordinator.id,
        reason="swapped",
    )
    await rotas.add_override(database, by, rota.rota_id, swap, now=now)
