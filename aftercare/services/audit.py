"""The audit: what was done or seen is written with the deed; the sealer numbers and chains it."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.db.pool import Connection, Database
from aftercare.model.audit import AuditEntry
from aftercare.model.people import Actor
from aftercare.store import audit as store

_BATCH = 2000
SEALED = "aftercare_sealed"  # the channel on which the sealer says that a clinic has new numbers


def entry(
    actor: Actor,
    action: str,
    *,
    now: datetime,
    patient_id: UUID | None = None,
    subject_id: UUID | None = None,
    detail: Any = None,
) -> AuditEntry:
    """One entry; of `detail` only a hash is kept, so that it can be erased without breaking the chain."""
    return AuditEntry(
        entry_id=uuid7(),
        at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        action=action,
        patient_id=patient_id,
        subject_id=subject_id,
        detail_hash=None if detail is None else hashlib.sha256(msgspec.json.encode(detail)).digest(),
    )


async def record(
    db: Connection,
    actor: Actor,
    action: str,
    *,
    now: datetime,
    patient_id: UUID | None = None,
    subject_id: UUID | None = None,
    detail: Any = None,
) -> None:
    """Write one entry in the transaction that causes it."""
    made = entry(actor, action, now=now, patient_id=patient_id, subject_id=subject_id, detail=detail)
    await store.record(db, actor.clinic_id, made)


async def record_all(db: Connection, clinic_id: UUID, entries: Sequence[AuditEntry]) -> None:
    """Write several entries in the transaction that causes them."""
    await store.record(db, clinic_id, *entries)


async def seal(database: Database) -> int:
    """Number and chain what is new, clinic by clinic; returns how many. `database` acts as the worker."""
    async with database.transaction() as db:
        clinics = await store.clinics_to_seal(db)
    return sum([await seal_clinic(database, clinic_id) for clinic_id in clinics])


async def seal_clinic(database: Database, clinic_id: UUID) -> int:
    """Number and chain a clinic's oldest new entries; returns how many, 0 when there are no more."""
    async with database.clinic(clinic_id) as db:
        number, chain = await store.lock_head(db, clinic_id)
        entries = await store.unsealed(db, clinic_id, _BATCH)
        if not entries:
            return 0
        links = []
        for entry in entries:
            number, chain = number + 1, _link(chain, number + 1, entry)
            links.append((entry.entry_id, number, chain))
        await store.seal(db, clinic_id, links, SEALED)
        return len(links)


def _link(before: bytes, number: int, entry: AuditEntry) -> bytes:
    facts = msgspec.structs.replace(entry, number=number, chain=None)
    return hashlib.sha256(before + msgspec.json.encode(facts)).digest()


async def verify(database: Database, clinic_id: UUID) -> AsyncIterator[int]:
    """Walk a clinic's chain and yield the numbers at which it does not fit.

    That is an entry that was edited, or that others are missing before; and the newest, if it was taken away.
    """
    async with database.clinic(clinic_id) as db:
        newest, newest_chain = await store.head(db, clinic_id)
    number, chain = 0, b""
    while True:
        async with database.clinic(clinic_id) as db:
            entries = await store.sealed_after(db, clinic_id, number, _BATCH)
        if not entries:
            break
        for entry in entries:
            expected = _link(chain, number + 1, entry)
            fits = entry.number == number + 1 and entry.chain == expected
            number, chain = entry.number or 0, entry.chain or b""
            if not fits or (number == newest and chain != newest_chain):
                yield number
    if number < newest:
        yield newest
