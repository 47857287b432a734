"""Which packs judge a clinic's recoveries, kept in the process's memory; and the count of what the one in shadow says."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from aftercare.checks.clinic_pack import changed
from aftercare.checks.floor import faults_of
from aftercare.checks.judging import Found, Judging
from aftercare.checks.pack import RulePack, default_pack
from aftercare.db.pool import Connection
from aftercare.model.rule_packs import Muted, PackInUse, PackState, RulePackRecord
from aftercare.store import rule_packs as store

# By number and digest of the changes: what is kept under a content is never out of date, and never edited.
_memory: dict[tuple[int, str], RulePack] = {}
_REMEMBERED = 1000


async def judging(db: Connection, clinic_id: UUID, packs: Sequence[PackInUse]) -> Judging:
    """Give the packs that judge this clinic's recoveries; no statement where the process knows them."""
    by_state = {one.state: one for one in packs}
    live, shadow = by_state.get(PackState.LIVE), by_state.get(PackState.SHADOW)
    return Judging(
        pack=await _known(db, clinic_id, live) if live else default_pack(),
        released=live is not None or shadow is None,
        shadow=await _known(db, clinic_id, shadow) if shadow else None,
        shadow_number=shadow.number if shadow else None,
    )


async def telling(db: Connection, clinic_id: UUID) -> RulePack:
    """The pack whose rows alert this clinic, to be shown beside what was answered."""
    return (await judging(db, clinic_id, await store.in_use(db, clinic_id))).pack


async def _known(db: Connection, clinic_id: UUID, used: PackInUse) -> RulePack:
    key = (used.number, used.digest)
    pack = _memory.get(key)
    if pack is None:
        record = await store.get(db, clinic_id, used.number)
        pack = usable(record) if record else default_pack()
        if len(_memory) >= _REMEMBERED:
            del _memory[next(iter(_memory))]
        _memory[key] = pack
    return pack


def usable(record: RulePackRecord) -> RulePack:
    """The numbers of a pack, or the shipped ones where a newer shipped pack has a floor that it would go under."""
    pack, _ = changed(default_pack(), record.changes, number=record.number)
    return default_pack() if faults_of(default_pack(), pack) else pack


async def count_muted(
    db: Connection, clinic_id: UUID, patient_id: UUID, number: int | None, muted: Found, *, now: datetime
) -> None:
    """Count what the pack in shadow said beyond what was told."""
    rows = [
        Muted(
            number=number or 0,
            episode_id=episode_id,
            patient_id=patient_id,
            check_in_id=UUID(one.check_in) if one.check_in else None,
            code=one.code,
            row=one.row,
            tier=one.tier,
            at=now,
        )
        for episode_id, those in muted.items()
        for one in those
    ]
    if rows:
        await store.mute(db, clinic_id, rows)
