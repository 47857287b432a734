"""Whoever comes on call hears what is still open: one letter, with how many of which urgency and nothing else."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from aftercare.alerts.rota import hand_over_after, on_call
from aftercare.alerts.telling import to_newcomers
from aftercare.db.pool import Connection, Database
from aftercare.model.messages import TierCount
from aftercare.model.rotas import Rota
from aftercare.model.words import Tier
from aftercare.services.deliveries import queue
from aftercare.services.team import read_team
from aftercare.store import alerts, due_work
from aftercare.store import rotas as store

HAND_OVER = "hand_over"
# Far enough to meet the next hand-over mostly; each look finds the one after it, and so does each morning's.
_AHEAD = timedelta(days=2)


async def look_at_once(db: Connection, clinic_id: UUID, now: datetime) -> None:
    """Have it looked who is on call: rotas have changed, or who works here may have."""
    await due_work.bring_forward(db, clinic_id, HAND_OVER, clinic_id, now)


async def work(database: Database, claim: due_work.Claim, *, now: datetime) -> None:
    """Look who is on call at one clinic, tell who was not before, and look again at the next hand-over.

    `database` acts as the worker.
    """
    clinic_id = claim.clinic_id
    async with database.clinic(clinic_id) as db:
        await store.lock(db, clinic_id)
        team = await read_team(db, clinic_id, now)
        duty = team.active & {on_call(rota, now) for rota in team.rotas}
        newcomers = duty - await store.on_duty(db, clinic_id)
        await store.put_on_duty(db, clinic_id, duty, now)
        open_ones = await alerts.open_by_tier(db, clinic_id) if newcomers else ()
        if worth_a_letter(open_ones):
            await queue(db, clinic_id, list(to_newcomers(newcomers, open_ones[0].tier, team, now, uuid7)))
        if team.rotas:
            await due_work.postpone(db, HAND_OVER, claim, _next_look(team.rotas, now))
        else:
            await due_work.finish(db, HAND_OVER, claim)


def worth_a_letter(open_ones: Sequence[TierCount]) -> bool:
    """Whether something is open that is more than routine, which has a digest of its own. The most urgent stands first."""
    return bool(open_ones) and open_ones[0].tier is not Tier.ROUTINE


def _next_look(rotas: Sequence[Rota], now: datetime) -> datetime:
    until = now + _AHEAD
    after = (hand_over_after(rota, now, until) for rota in rotas)
    return min((one.starts_at for one in after if one is not None), default=until)
