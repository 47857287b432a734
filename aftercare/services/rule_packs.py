"""A clinic's rule packs: written as drafts, tried in shadow, released by a practitioner, taken back; and which of them judge."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.checks.clinic_pack import changed, difference
from aftercare.checks.floor import faults_of
from aftercare.checks.pack import RulePack, default_pack
from aftercare.checks.presets import laid_over, preset
from aftercare.db.pool import Connection, Database
from aftercare.errors import Conflict, Forbidden, Malformed, NotFound, Outdated
from aftercare.model.people import Actor
from aftercare.model.rule_packs import (
    Difference,
    Fault,
    MutedCount,
    PackState,
    PresetName,
    RulePackDraft,
    RulePackRecord,
)
from aftercare.model.words import Role
from aftercare.services import audit
from aftercare.services.judges import usable
from aftercare.store import rule_packs as store

PAGE = 50
SHIPPED = 0  # where a number names a pack to compare with: the shipped one
MUTED_DAYS = 28  # for as long the muted findings are counted together
END = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
_NOT_YET = "A new clinic begins with the shipped numbers in shadow."
_BEFORE_PACKS = "The shipped numbers, in use since before this clinic had packs of its own."


class RulePackDetail(RulePackRecord, frozen=True, kw_only=True):
    """A pack with everything that it holds, and how it differs from the live one (0: the shipped one)."""

    pack: RulePack
    against: int
    difference: tuple[Difference, ...]
    muted: tuple[MutedCount, ...]  # of the last weeks


async def current(db: Connection, clinic_id: UUID) -> int | None:
    """The number of the live pack; None where the shipped one judges."""
    packs = await store.in_use(db, clinic_id)
    return next((one.number for one in packs if one.state is PackState.LIVE), None)


async def effective(db: Connection, clinic_id: UUID, number: int) -> RulePack:
    """Everything that a pack of the clinic holds, in whatever state; 0 is the shipped one. Raises NotFound."""
    if number == SHIPPED:
        return default_pack()
    return usable(_there(await store.get(db, clinic_id, number)))


async def begin(
    db: Connection, clinic_id: UUID, *, now: datetime, pack_id: UUID | None = None
) -> RulePackRecord:
    """A new clinic's first pack: the shipped numbers in shadow, until a practitioner releases them."""
    first = _record(1, RulePackDraft(note=_NOT_YET), PackState.SHADOW, None, now)
    return await _add(db, clinic_id, msgspec.structs.replace(first, pack_id=pack_id or first.pack_id))


def read_changes(changes: dict[str, Any]) -> tuple[RulePack, tuple[Fault, ...]]:
    """The pack that changes make of the shipped one, and everything that is wrong with it."""
    pack, unreadable = changed(default_pack(), changes)
    return pack, (*unreadable, *faults_of(default_pack(), pack))


def require_valid(changes: dict[str, Any]) -> None:
    """Raise Malformed with a pointer to each fault."""
    _, faults = read_changes(changes)
    if faults:
        rows = sorted({row for fault in faults for row in fault.rows})
        broken = f" It would break {', '.join(rows)}." if rows else ""
        raise Malformed(
            f"This pack cannot be used.{broken}",
            pointers={f"/changes{fault.pointer}": fault.sentence for fault in faults},
        )


async def list_packs(
    database: Database, actor: Actor, *, before: tuple[datetime, UUID] | None
) -> list[RulePackRecord]:
    """The clinic's packs, the newest first."""
    async with database.clinic(actor.clinic_id) as db:
        return await store.page(db, actor.clinic_id, before or END, PAGE)


async def get_pack(database: Database, actor: Actor, number: int, *, now: datetime) -> RulePackDetail:
    """One pack with everything that it holds. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        return await detail(db, actor.clinic_id, number, now=now)


async def detail(db: Connection, clinic_id: UUID, number: int, *, now: datetime) -> RulePackDetail:
    """One pack with everything that it holds. Raises NotFound."""
    record = _there(await store.get(db, clinic_id, number))
    against = await current(db, clinic_id) or SHIPPED
    pack = usable(record)
    return RulePackDetail(
        **{name: getattr(record, name) for name in RulePackRecord.__struct_fields__},
        pack=pack,
        against=against,
        difference=difference(await effective(db, clinic_id, against), pack),
        muted=tuple(await store.muted_counts(db, clinic_id, number, now - timedelta(days=MUTED_DAYS))),
    )


async def get_difference(
    database: Database, actor: Actor, number: int, against: int | None
) -> tuple[Difference, ...]:
    """What a pack holds otherwise than another (0: the shipped one), or than the live one. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        if against is None:
            against = await current(db, actor.clinic_id) or SHIPPED
        before = await effective(db, actor.clinic_id, against)
        return difference(before, await effective(db, actor.clinic_id, number))


async def draft_pack(
    database: Database, actor: Actor, draft: RulePackDraft, *, now: datetime
) -> RulePackRecord:
    """Keep a new draft. Raises Forbidden, Malformed with everything that is wrong with it."""
    _require_practitioner(actor)
    draft = _whole(draft)
    require_valid(draft.changes)
    async with database.clinic(actor.clinic_id) as db:
        packs = await _held(db, actor, now)
        made = _record(_next(packs), draft, PackState.DRAFT, actor.id, now)
        await _add(db, actor.clinic_id, made)
        await _on_record(db, actor, "drafted", made, now, draft)
    return made


async def draft_from(
    database: Database, actor: Actor, number: int | PresetName, *, now: datetime
) -> RulePackRecord:
    """Keep a new draft that begins with what another pack changes; 0 is the shipped one. Raises as `draft_pack`."""
    if isinstance(number, str):
        return await draft_pack(database, actor, RulePackDraft(preset=number), now=now)
    changes: dict[str, Any] = {}
    if number != SHIPPED:
        async with database.clinic(actor.clinic_id) as db:
            changes = _there(await store.get(db, actor.clinic_id, number)).changes
    return await draft_pack(database, actor, RulePackDraft(changes=changes), now=now)


async def edit_pack(
    database: Database, actor: Actor, number: int, draft: RulePackDraft, *, version: int, now: datetime
) -> RulePackRecord:
    """Write over a draft as it was read. Raises Forbidden, NotFound, Malformed, Outdated, Conflict."""
    _require_practitioner(actor)
    draft = _whole(draft)
    require_valid(draft.changes)
    async with database.clinic(actor.clinic_id) as db:
        packs = await store.hold(db, actor.clinic_id)
        pack = _one_of(packs, number)
        if pack.state is not PackState.DRAFT:
            raise Conflict("A pack that has judged is not edited. Make a new draft of it.")
        digest = _digest(draft.changes)
        done = await store.edit(
            db, actor.clinic_id, number, draft.changes, digest, draft.note, actor.id, now, version=version
        )
        if not done:
            raise Outdated
        await _on_record(db, actor, "edited", pack, now, draft)
        return _there(await store.get(db, actor.clinic_id, number))


async def release(
    database: Database, actor: Actor, number: int, *, now: datetime, version: int | None = None
) -> RulePackRecord:
    """Let a pack tell, in the name of the practitioner who releases it; the one before is retired.

    Raises Forbidden, NotFound, Conflict, Outdated, and Malformed where a newer shipped pack has another floor.
    """

    def may(pack: RulePackRecord, _: Sequence[RulePackRecord]) -> None:
        if pack.state is PackState.LIVE:
            raise Conflict("This pack is live already.")
        if pack.state is PackState.RETIRED:
            raise Conflict("This pack is retired. Restore it: its numbers come back under a new number.")
        require_valid(pack.changes)

    return await _turn(database, actor, number, PackState.LIVE, "released", may, version, now)


async def put_in_shadow(
    database: Database, actor: Actor, number: int, *, now: datetime, version: int | None = None
) -> RulePackRecord:
    """Let a draft judge and count; the pack in shadow before it is retired. Raises as `release`."""

    def may(pack: RulePackRecord, _: Sequence[RulePackRecord]) -> None:
        if pack.state is not PackState.DRAFT:
            raise Conflict("Only a draft can be put in shadow. Make a new draft of this pack.")
        require_valid(pack.changes)

    return await _turn(database, actor, number, PackState.SHADOW, "put_in_shadow", may, version, now)


async def retire(
    database: Database, actor: Actor, number: int, *, now: datetime, version: int | None = None
) -> RulePackRecord:
    """Take a draft or the pack in shadow out of use. Raises Forbidden, NotFound, Conflict, Outdated."""

    def may(pack: RulePackRecord, packs: Sequence[RulePackRecord]) -> None:
        if pack.state is PackState.LIVE:
            raise Conflict("The live pack is replaced by releasing another one, or restoring an older one.")
        if pack.state is PackState.RETIRED:
            raise Conflict("This pack is retired already.")
        live = any(one.state is PackState.LIVE for one in packs)
        if pack.state is PackState.SHADOW and not live:
            raise Conflict(
                "No pack is live yet, so this one stays in shadow until it or another is released."
            )

    return await _turn(database, actor, number, PackState.RETIRED, "retired", may, version, now)


async def restore(database: Database, actor: Actor, number: int, *, now: datetime) -> RulePackRecord:
    """Roll back: make what a retired pack changed live again, as a new number. Raises as `release`."""
    _require_practitioner(actor)
    async with database.clinic(actor.clinic_id) as db:
        packs = await store.hold(db, actor.clinic_id)
        old = _one_of(packs, number)
        if old.state is not PackState.RETIRED:
            raise Conflict("Only a pack that is retired can be restored.")
        require_valid(old.changes)
        await _make_room(db, actor.clinic_id, packs, PackState.LIVE, now)
        again = RulePackDraft(changes=old.changes, note=f"Number {number} restored.")
        made = _record(_next(packs), again, PackState.LIVE, actor.id, now)
        await _add(db, actor.clinic_id, made)
        await _on_record(db, actor, "restored", made, now, again)
    return made


May = Callable[[RulePackRecord, Sequence[RulePackRecord]], None]


async def _turn(
    database: Database,
    actor: Actor,
    number: int,
    state: PackState,
    action: str,
    may: May,
    version: int | None,
    now: datetime,
) -> RulePackRecord:
    _require_practitioner(actor)
    async with database.clinic(actor.clinic_id) as db:
        packs = await store.hold(db, actor.clinic_id)
        pack = _one_of(packs, number)
        if version is not None and version != pack.version:
            raise Outdated
        may(pack, packs)
        await _make_room(db, actor.clinic_id, packs, state, now)
        by = actor.id if state is PackState.LIVE else None
        await store.set_state(db, actor.clinic_id, number, state, at=now, released_by=by)
        await _on_record(db, actor, action, pack, now, pack.changes)
        return _there(await store.get(db, actor.clinic_id, number))


async def _make_room(
    db: Connection, clinic_id: UUID, packs: Sequence[RulePackRecord], state: PackState, now: datetime
) -> None:
    """Retire the pack whose place is taken: one at most is live, and one in shadow."""
    for one in packs:
        if one.state is state and state in (PackState.LIVE, PackState.SHADOW):
            await store.set_state(db, clinic_id, one.number, PackState.RETIRED, at=now)


async def _held(db: Connection, actor: Actor, now: datetime) -> list[RulePackRecord]:
    """The clinic's packs, locked. A clinic from before there were packs first gets the one that it runs."""
    packs = await store.hold(db, actor.clinic_id)
    if packs:
        return packs
    running = _record(1, RulePackDraft(note=_BEFORE_PACKS), PackState.LIVE, None, now)
    await _on_record(db, actor, "adopted", running, now, running.changes)
    return [await _add(db, actor.clinic_id, running)]


def _record(
    number: int, draft: RulePackDraft, state: PackState, by: UUID | None, now: datetime
) -> RulePackRecord:
    live = state is PackState.LIVE
    return RulePackRecord(
        number=number,
        pack_id=uuid7(),
        base=default_pack().version,
        changes=draft.changes,
        state=state,
        note=draft.note,
        version=1,
        created_by=by,
        created_at=now,
        released_by=by if live else None,
        released_at=now if live else None,
    )


async def _add(db: Connection, clinic_id: UUID, record: RulePackRecord) -> RulePackRecord:
    await store.create(db, clinic_id, record, _digest(record.changes))
    return record


async def _on_record(
    db: Connection, actor: Actor, action: str, pack: RulePackRecord, now: datetime, detail: Any
) -> None:
    await audit.record(db, actor, f"rule_pack.{action}", now=now, subject_id=pack.pack_id, detail=detail)


def _whole(draft: RulePackDraft) -> RulePackDraft:
    """The draft with what its preset changes; without words of its own, with the preset's."""
    if draft.preset is None:
        return draft
    begun = preset(draft.preset)
    return RulePackDraft(changes=laid_over(begun.changes, draft.changes), note=draft.note or begun.note)


def _digest(changes: dict[str, Any]) -> bytes:
    return hashlib.sha256(msgspec.json.encode(changes, order="sorted")).digest()


def _next(packs: Sequence[RulePackRecord]) -> int:
    return max((one.number for one in packs), default=0) + 1


def _one_of(packs: Sequence[RulePackRecord], number: int) -> RulePackRecord:
    return _there(next((one for one in packs if one.number == number), None))


def _there(record: RulePackRecord | None) -> RulePackRecord:
    if record is None:
        raise NotFound("The clinic has no rule pack of this number.")
    return record


def _require_practitioner(actor: Actor) -> None:
    """A pack is somebody's decision: its release names who took it."""
    if actor.role is not Role.PRACTITIONER or actor.id is None:
        raise Forbidden("Only a practitioner changes or releases rules.")
