"""Escalation chains: what a clinic writes, how they stand for an alert, and what the clock makes of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from aftercare.alerts.chain_words import ESCALATED, log_line, whom
from aftercare.alerts.chains import SHIPPED, SHIPPED_CHAINS, Chains, complete, standing
from aftercare.alerts.clocks import lapse
from aftercare.db.pool import Connection, Database
from aftercare.errors import Malformed, Outdated
from aftercare.model.alerts import Alert, Change
from aftercare.model.chains import ChainDraft, EscalationChain, Step
from aftercare.model.follow_ups import FollowUp
from aftercare.model.people import Actor
from aftercare.model.recovery import Recovery
from aftercare.model.words import Tier
from aftercare.services import audit
from aftercare.services.course_plans import staff_id
from aftercare.services.team import read_team
from aftercare.store import chains as store
from aftercare.store import follow_ups, rotas, staff


async def list_chains(database: Database, actor: Actor) -> list[EscalationChain]:
    """The chain of each tier, the most urgent first; version 0 are the shipped ones."""
    async with database.clinic(actor.clinic_id) as db:
        return list((await written(db, actor.clinic_id)).values())


async def get_chain(database: Database, actor: Actor, tier: Tier) -> EscalationChain:
    """The chain of one tier."""
    async with database.clinic(actor.clinic_id) as db:
        return (await written(db, actor.clinic_id))[tier]


async def put_chain(
    database: Database, actor: Actor, tier: Tier, draft: ChainDraft, *, version: int, now: datetime
) -> EscalationChain:
    """Write a tier's chain over a version, for every alert from its next step on. Raises Malformed, Outdated."""
    async with database.clinic(actor.clinic_id) as db:
        await rotas.lock(db, actor.clinic_id)
        await _check(db, actor.clinic_id, draft, now)
        steps = complete(draft.steps)
        if not await store.put(db, actor.clinic_id, tier, version, steps, staff_id(actor), now):
            raise Outdated
        await audit.record(db, actor, "chain.changed", now=now, detail=(tier, steps))
        return (await written(db, actor.clinic_id))[tier]


async def written(db: Connection, clinic_id: UUID) -> dict[Tier, EscalationChain]:
    """The chain of every tier as it is written, or as it was shipped."""
    own = await store.of_clinic(db, clinic_id)
    return {
        tier: own.get(tier) or EscalationChain(tier=tier, steps=SHIPPED.steps)
        for tier in sorted(Tier, key=lambda one: -one.rank)
    }


async def names_in(db: Connection, clinic_id: UUID, now: datetime) -> dict[UUID, str]:
    """The names that steps may need: of people, and of rotas."""
    people = {one.staff_id: one.name for one in await staff.all_active(db, clinic_id)}
    return people | {one.rota_id: one.name for one in await rotas.of_clinic(db, clinic_id, now)}


async def step_words(db: Connection, clinic_id: UUID) -> dict[Tier, tuple[str, ...]]:
    """The steps of each tier's chain in words."""
    found = await written(db, clinic_id)
    shipped = all(one.version == 0 for one in found.values())
    # Rotas are asked for their names alone: none of what is laid over them.
    names = {} if shipped else await names_in(db, clinic_id, datetime.max.replace(tzinfo=UTC))
    return {tier: tuple(whom(step, names) for step in one.steps) for tier, one in found.items()}


async def of_clinic(db: Connection, clinic_id: UUID, now: datetime) -> Chains:
    """How the chains stand now for alerts that nobody has yet."""
    own = await store.of_clinic(db, clinic_id)
    if not own:
        return SHIPPED_CHAINS
    team = await read_team(db, clinic_id, now)
    return {**SHIPPED_CHAINS} | {tier: standing(one.steps, team, now) for tier, one in own.items()}


async def let_time_pass(db: Connection, mine: Recovery, alert: Alert, *, now: datetime) -> Change:
    """What becomes of an alert whose time has come, by the clinic's chain; a step that it takes stands in its log."""
    clinic = mine.clinic
    own = (await store.of_clinic(db, clinic.clinic_id)).get(alert.tier)
    chain, names = SHIPPED, dict[UUID, str]()
    if own is not None:
        team = await read_team(db, clinic.clinic_id, now)
        chain = standing(own.steps, team, now, owner=alert.owner)
        names = await names_in(db, clinic.clinic_id, now)
    change = lapse(alert, now=now, hours=clinic.hours, chain=chain)
    line = log_line(alert, change, chain, names, now=now, time_zone=clinic.time_zone)
    if line is not None:
        row = FollowUp(follow_up_id=uuid7(), alert_id=alert.id, at=now, kind=ESCALATED, text=line)
        await follow_ups.add(db, clinic.clinic_id, mine.patient.patient_id, row)
    return change


async def _check(db: Connection, clinic_id: UUID, draft: ChainDraft, now: datetime) -> None:
    people = {one.staff_id for one in await staff.all_active(db, clinic_id)}
    known = {one.rota_id for one in await rotas.of_clinic(db, clinic_id, now)}
    pointers: dict[str, str] = {}
    for place, step in enumerate(draft.steps):
        pointers |= {f"/steps/{place}/{at}": what for at, what in _wrong(step, people, known).items()}
    if pointers:
        raise Malformed("A step of the chain needs another look.", pointers=pointers)


def _wrong(step: Step, people: set[UUID], known: set[UUID]) -> Mapping[str, str]:
    """What is wrong with a step, by field: each kind has its own field and no other."""
    found = {
        name: f"belongs to a step that tells {tells}"
        for name, tells in (("role", "role"), ("staff_id", "person"), ("rota_id", "on_call"))
        if getattr(step, name) is not None and step.tells != tells
    }
    if step.tells == "role" and step.role is None:
        found["role"] = "say which role"
    if step.tells == "person" and step.staff_id not in people:
        found["staff_id"] = "nobody who works here"
    if step.tells == "on_call" and step.rota_id is not None and step.rota_id not in known:
        found["rota_id"] = "no rota of this clinic"
    return found
