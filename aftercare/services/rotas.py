"""Rotas: who takes turns on call, what is laid over them, and who is on call now."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.alerts.rota import hand_over_after, on_call, shifts
from aftercare.db.pool import Connection, Database
from aftercare.errors import Conflict, Forbidden, Malformed, NotFound, Outdated
from aftercare.model.people import Actor, Clinic, StaffMember
from aftercare.model.rotas import OnCall, Override, OverrideDraft, Person, Rota, RotaDraft, RotaNow
from aftercare.model.words import Role
from aftercare.services import audit, rota_gaps
from aftercare.services.course_plans import staff_id
from aftercare.store import chains, clinics, staff
from aftercare.store import rotas as store

AHEAD = timedelta(days=28)
_MOST_ROTAS = 20
_MOST_OVERRIDES = 100  # of one rota that are not over
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)
_BACK, _LONGEST_AHEAD = timedelta(days=28), timedelta(days=400)
EDITORS = frozenset({Role.PRACTITIONER, Role.ADMIN})


async def list_rotas(database: Database, actor: Actor, *, now: datetime) -> list[Rota]:
    """Every rota with the overrides that are not over, the default one first."""
    async with database.clinic(actor.clinic_id) as db:
        return await store.of_clinic(db, actor.clinic_id, now)


async def get_rota(database: Database, actor: Actor, rota_id: UUID, *, now: datetime) -> Rota:
    """One rota. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        return await _one(db, actor.clinic_id, rota_id, now)


async def create_rota(database: Database, actor: Actor, draft: RotaDraft, *, now: datetime) -> Rota:
    """A new rota; the first one is the default. Raises Malformed, Conflict."""
    async with database.clinic(actor.clinic_id) as db:
        clinic = await _locked(db, actor.clinic_id)
        await _check(db, actor.clinic_id, draft)
        count = await store.count(db, actor.clinic_id)
        if count >= _MOST_ROTAS:
            raise Conflict(f"There are {_MOST_ROTAS} rotas already. Remove one that is no longer used.")
        rota_id = uuid7()
        draft = msgspec.structs.replace(draft, is_default=draft.is_default or not count)
        if draft.is_default:
            await store.only_default(db, actor.clinic_id, rota_id)
        if not await store.insert(db, actor.clinic_id, rota_id, draft, staff_id(actor), now):
            raise _name_taken(draft)
        await audit.record(db, actor, "rota.created", now=now, subject_id=rota_id, detail=draft)
        await rota_gaps.changed(db, clinic, now)
        return await _one(db, actor.clinic_id, rota_id, now)


async def put_rota(
    database: Database, actor: Actor, rota_id: UUID, draft: RotaDraft, *, version: int, now: datetime
) -> Rota:
    """Write a rota over a version. The default one stays it until another is. Raises NotFound, Malformed, Outdated."""
    async with database.clinic(actor.clinic_id) as db:
        clinic = await _locked(db, actor.clinic_id)
        before = await _one(db, actor.clinic_id, rota_id, now)
        await _check(db, actor.clinic_id, draft)
        others = await store.of_clinic(db, actor.clinic_id, now)
        if any(one.name == draft.name and one.rota_id != rota_id for one in others):
            raise _name_taken(draft)
        draft = msgspec.structs.replace(draft, is_default=draft.is_default or before.is_default)
        if draft.is_default:
            await store.only_default(db, actor.clinic_id, rota_id)
        if not await store.put(db, actor.clinic_id, rota_id, version, draft, staff_id(actor), now):
            raise Outdated
        await audit.record(db, actor, "rota.changed", now=now, subject_id=rota_id, detail=draft)
        await rota_gaps.changed(db, clinic, now)
        return await _one(db, actor.clinic_id, rota_id, now)


async def delete_rota(database: Database, actor: Actor, rota_id: UUID, *, now: datetime) -> None:
    """Remove a rota with what was laid over it. Raises NotFound, and Conflict while a chain names it."""
    async with database.clinic(actor.clinic_id) as db:
        clinic = await _locked(db, actor.clinic_id)
        written = (await chains.of_clinic(db, actor.clinic_id)).values()
        if any(step.rota_id == rota_id for one in written for step in one.steps):
            raise Conflict("An escalation chain asks this rota. Change the chain first.")
        if not await store.drop(db, actor.clinic_id, rota_id):
            raise NotFound
        await audit.record(db, actor, "rota.deleted", now=now, subject_id=rota_id)
        await rota_gaps.changed(db, clinic, now)


async def add_override(
    database: Database, actor: Actor, rota_id: UUID, draft: OverrideDraft, *, now: datetime
) -> Override:
    """Lay one person, or nobody, over a rota for a while; it wins over what was laid before.

    Whoever may not edit the rota may hand over time in which they are on call themselves, to somebody. Raises NotFound,
    Malformed, Forbidden, Conflict.
    """
    async with database.clinic(actor.clinic_id) as db:
        clinic = await _locked(db, actor.clinic_id)
        rota = await _one(db, actor.clinic_id, rota_id, now)
        await _check_override(db, actor.clinic_id, draft, now)
        if actor.role not in EDITORS:
            _require_own(rota, draft, staff_id(actor), now)
        if len(rota.overrides) >= _MOST_OVERRIDES:
            raise Conflict("This rota has too many overrides ahead. Change its turns instead.")
        made = Override(
            **msgspec.structs.asdict(draft), override_id=uuid7(), made_at=now, made_by=staff_id(actor)
        )
        await store.add_override(db, actor.clinic_id, rota_id, made)
        await audit.record(
            db, actor, "rota.override_added", now=now, subject_id=made.override_id, detail=(rota_id, draft)
        )
        await rota_gaps.changed(db, clinic, now)
        return made


async def drop_override(
    database: Database, actor: Actor, rota_id: UUID, override_id: UUID, *, now: datetime
) -> None:
    """Take an override away again: who may edit the rota, or who made it. Raises NotFound, Forbidden."""
    async with database.clinic(actor.clinic_id) as db:
        clinic = await _locked(db, actor.clinic_id)
        rota = await _one(db, actor.clinic_id, rota_id, now)
        found = next((one for one in rota.overrides if one.override_id == override_id), None)
        if found is None:
            raise NotFound
        if actor.role not in EDITORS and found.made_by != actor.id:
            raise Forbidden("Only who made it, a practitioner or an admin can take it away.")
        await store.drop_override(db, actor.clinic_id, rota_id, override_id)
        await audit.record(
            db, actor, "rota.override_removed", now=now, subject_id=override_id, detail=rota_id
        )
        await rota_gaps.changed(db, clinic, now)


async def who_is_on_call(database: Database, actor: Actor, *, now: datetime) -> OnCall:
    """Who is on call now by each rota, who after, and the gaps ahead."""
    async with database.clinic(actor.clinic_id) as db:
        clinic = await clinics.get(db, actor.clinic_id)
        if clinic is None:
            raise NotFound
        people = {one.staff_id: one for one in await staff.all_active(db, actor.clinic_id)}
        return OnCall(
            at=now,
            rotas=tuple(
                rota_now(one, people, now) for one in await store.of_clinic(db, actor.clinic_id, now)
            ),
            gaps=await rota_gaps.of_clinic(db, clinic, now, now + AHEAD),
        )


def rota_now(rota: Rota, people: Mapping[UUID, StaffMember], now: datetime) -> RotaNow:
    """Who is on call by a rota now, until when, and who after; `people` are those who work here."""

    def person(who: UUID | None) -> Person | None:
        member = people.get(who) if who is not None else None
        return Person(staff_id=member.staff_id, name=member.name) if member else None

    after = hand_over_after(rota, now, now + AHEAD)
    return RotaNow(
        rota_id=rota.rota_id,
        name=rota.name,
        is_default=rota.is_default,
        person=person(on_call(rota, now)),
        until=after.starts_at if after else None,
        next_person=person(after.staff_id) if after else None,
    )


async def _locked(db: Connection, clinic_id: UUID) -> Clinic:
    await store.lock(db, clinic_id)
    clinic = await clinics.get(db, clinic_id)
    if clinic is None:
        raise NotFound
    return clinic


async def _one(db: Connection, clinic_id: UUID, rota_id: UUID, now: datetime) -> Rota:
    found = next((one for one in await store.of_clinic(db, clinic_id, now) if one.rota_id == rota_id), None)
    if found is None:
        raise NotFound
    return found


def _name_taken(draft: RotaDraft) -> Conflict:
    return Conflict(f"Another rota is called {draft.name} already.", pointers={"/name": "taken"})


async def _takers(db: Connection, clinic_id: UUID) -> set[UUID]:
    """Who may be on call: an admin cannot take an alert."""
    return {one.staff_id for one in await staff.all_active(db, clinic_id) if one.role is not Role.ADMIN}


async def _check(db: Connection, clinic_id: UUID, draft: RotaDraft) -> None:
    takers = await _takers(db, clinic_id)
    pointers = {
        f"/participants/{place}": "no practitioner or coordinator of this clinic"
        for place, one in enumerate(draft.participants)
        if one not in takers
    }
    if not _FIRST_DAY <= draft.starts_on <= _LAST_DAY:
        pointers["/starts_on"] = "a day from 2000 to 2099"
    if pointers:
        raise Malformed("The rota needs another look.", pointers=pointers)


async def _check_override(db: Connection, clinic_id: UUID, draft: OverrideDraft, now: datetime) -> None:
    pointers: dict[str, str] = {}
    if not now - _BACK <= draft.starts_at <= now + _LONGEST_AHEAD:
        pointers["/starts_at"] = "from four weeks ago to 400 days ahead"
    if not now < draft.ends_at <= now + _LONGEST_AHEAD:
        pointers["/ends_at"] = "in the future, up to 400 days ahead"
    elif draft.ends_at <= draft.starts_at:
        pointers["/ends_at"] = "after it begins"
    if draft.staff_id is not None and draft.staff_id not in await _takers(db, clinic_id):
        pointers["/staff_id"] = "no practitioner or coordinator of this clinic"
    if pointers:
        raise Malformed("The override needs another look.", pointers=pointers)


def _require_own(rota: Rota, draft: OverrideDraft, me: UUID, now: datetime) -> None:
    """Somebody else's time, and leaving nobody on call, is for those who answer for the rota."""
    handed = shifts(rota, max(draft.starts_at, now), draft.ends_at)
    if draft.staff_id is None or any(one.staff_id != me for one in handed):
        raise Forbidden("You can hand over only time in which you are on call yourself, and to somebody.")
