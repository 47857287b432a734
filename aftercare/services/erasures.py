"""Erasure: the key first, so that nothing can be read in whatever copy; rows with it, pictures after, repeated until done.

The key's end is on record beside the keys before anything else happens, and in the database with everything that
follows from it. Whichever of the two is restored from a backup, `replay` takes from the other what it does not know.
"""

from datetime import datetime
from uuid import UUID

import msgspec
import structlog
from uuid_utils.compat import uuid7

from aftercare.db.pool import Connection, Database
from aftercare.errors import AftercareError, Conflict, Gone, Malformed, NotFound
from aftercare.model.erasures import (
    ErasedLotUse,
    Erasure,
    ErasureDraft,
    Reason,
    Refusal,
    Scope,
    StaffErasureDraft,
)
from aftercare.model.messages import MessageKind
from aftercare.model.people import Actor
from aftercare.photos.errors import KeyMissingError, PhotoErasedError
from aftercare.photos.key_store import Ended, KeyStore, Owner
from aftercare.photos.sealed import SealedBlobs
from aftercare.services import audit
from aftercare.services.admins import tell_admins
from aftercare.store import due_work, patients
from aftercare.store import erasures as store
from aftercare.store.due_work import Claim

ERASE = "erase"
_BATCH = 500
_log = structlog.get_logger()


async def ask(
    database: Database, keys: KeyStore, actor: Actor, draft: ErasureDraft, *, now: datetime
) -> Erasure:
    """What the patient asks for. Photos are erased before this returns; everything waits for the clinic's word.

    The clinic has to answer: it may have to keep the record of a treatment for years (docs/operations/keys.md).
    """
    if actor.id is None:
        raise NotFound
    asked = _asked(actor.id, draft.scope, "patient_asked", None, now)
    async with database.clinic(actor.clinic_id) as db:
        if await store.hold(db, actor.clinic_id, actor.id) is None:
            raise NotFound
        if draft.scope == "photos":
            return await _erase_photos(db, keys, actor, asked)
        erasure_id = await store.ask(db, actor.clinic_id, asked)
        if erasure_id == asked.erasure_id:
            await audit.record(
                db, actor, "erasure.asked", now=now, patient_id=actor.id, subject_id=erasure_id
            )
            what = f"erasure:{erasure_id}"
            await tell_admins(db, actor.clinic_id, MessageKind.ERASURE_ASKED, what, now)
        return await _known(db, actor.clinic_id, erasure_id)


async def erase(
    database: Database,
    keys: KeyStore,
    actor: Actor,
    patient_id: UUID,
    draft: StaffErasureDraft,
    *,
    now: datetime,
) -> Erasure:
    """What staff erase. Raises NotFound, Gone, Malformed if the name is not the patient's, Conflict while alerts are open."""
    async with database.clinic(actor.clinic_id) as db:
        name = await store.hold(db, actor.clinic_id, patient_id)
        if name is None:
            raise await absent(db, actor.clinic_id, patient_id)
        if " ".join(draft.name.split()).casefold() != " ".join(name.split()).casefold():
            raise Malformed(pointers={"/name": "This is not the patient's name as it is on record."})
        asked = _asked(patient_id, draft.scope, draft.reason, actor.id, now)
        if draft.scope == "photos":
            return await _erase_photos(db, keys, actor, asked)
        if await store.unresolved(db, actor.clinic_id, patient_id):
            raise Conflict("An alert of this patient is not resolved. See to it first; then erase.")
        return await _erase_everything(db, keys, actor, asked)


async def refuse(
    database: Database, actor: Actor, patient_id: UUID, erasure_id: UUID, because: Refusal, *, now: datetime
) -> Erasure:
    """The clinic's no to what a patient asked, with its reason. Raises NotFound, Conflict if it is decided."""
    async with database.clinic(actor.clinic_id) as db:
        known = await store.get(db, actor.clinic_id, erasure_id)
        if known is None or known.patient_id != patient_id:
            raise NotFound
        if not await store.refuse(db, actor.clinic_id, erasure_id, now, actor.id, because):
            raise Conflict("This was decided before.")
        await audit.record(
            db, actor, "erasure.refused", now=now, patient_id=patient_id, subject_id=erasure_id
        )
        return await _known(db, actor.clinic_id, erasure_id)


async def list_erasures(
    database: Database, actor: Actor, patient_id: UUID, *, now: datetime
) -> list[Erasure]:
    """A patient's erasures, the newest first; also of one who is erased. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        found = await store.of_patient(db, actor.clinic_id, patient_id)
        if not found and await patients.get(db, actor.clinic_id, patient_id) is None:
            raise NotFound
        await audit.record(db, actor, "erasures.listed", now=now, patient_id=patient_id)
    return found


async def waiting(database: Database, actor: Actor, *, now: datetime) -> list[Erasure]:
    """What patients asked for that waits for the clinic's word, the oldest 500 first: those answered make way for more."""
    async with database.clinic(actor.clinic_id) as db:
        await audit.record(db, actor, "erasures.listed", now=now)
        return await store.waiting(db, actor.clinic_id, _BATCH)


async def erased_lot_uses(database: Database, actor: Actor, lot: str) -> list[ErasedLotUse]:
    """Where a lot was used on patients who can no longer be called. Nobody's data."""
    async with database.clinic(actor.clinic_id) as db:
        return await store.lot_uses(db, actor.clinic_id, lot)


async def absent(db: Connection, clinic_id: UUID, patient_id: UUID) -> AftercareError:
    """What to raise of a patient who is not there: Gone if they were erased, else NotFound."""
    erased = await store.of_patient(db, clinic_id, patient_id)
    return Gone("This patient was erased.") if erased else NotFound()


async def count(database: Database, actor: Actor, patient_id: UUID) -> int:
    """How many erasures of a patient have begun: what `refuse_if_since` asks for later."""
    async with database.clinic(actor.clinic_id) as db:
        return await store.count(db, actor.clinic_id, patient_id)


async def refuse_erased(db: Connection, clinic_id: UUID, patient_id: UUID, photo_id: UUID) -> None:
    """Say of a photo that is not there that it was erased. Raises PhotoErasedError."""
    if await store.photo_erased(db, clinic_id, patient_id, photo_id):
        raise PhotoErasedError


async def refuse_if_since(db: Connection, clinic_id: UUID, patient_id: UUID, before: int) -> None:
    """Let no photo in that was on its way when its patient erased. Raises PhotoErasedError.

    In the transaction of its row: from here to its end no erasure begins, and one that had begun is seen.
    """
    if await store.count_held(db, clinic_id, patient_id) != before:
        raise PhotoErasedError


async def work(
    database: Database, blobs: SealedBlobs, keys: KeyStore, claim: Claim, *, now: datetime
) -> None:
    """Forget the pictures of an erasure that has begun. Repeated from the start whenever it was interrupted."""
    async with database.clinic(claim.clinic_id) as db:
        found = await store.get(db, claim.clinic_id, claim.subject_id)
    if found is not None and found.started_at is not None:
        upto = await keys.erase(
            claim.clinic_id, found.patient_id, found.erasure_id, found.scope, found.started_at
        )
        if found.scope == "everything":
            await blobs.delete_patient(claim.clinic_id, found.patient_id)
        else:
            await blobs.delete_ended(claim.clinic_id, found.patient_id, upto)
    async with database.clinic(claim.clinic_id) as db:
        if await due_work.finish(db, ERASE, claim) and found is not None:
            await store.finish(db, claim.clinic_id, found.erasure_id, now)
            actor = Actor(clinic_id=claim.clinic_id, kind="system")
            await audit.record(
                db,
                actor,
                "erasure.finished",
                now=now,
                patient_id=found.patient_id,
                subject_id=found.erasure_id,
            )


async def replay(database: Database, keys: KeyStore, *, now: datetime) -> int:
    """Repeat what either side has forgotten by being restored: keys that came back, rows that came back. Says how many.

    `database` acts as the worker. Whatever is as it should be is only read.
    """
    async with database.transaction() as db:
        clinics = await store.clinics(db)
    for clinic_id in clinics:
        await remind_keys(database, keys, clinic_id)
    count = 0
    async for owner, ended in keys.endings():
        if owner[0] in clinics and await _repeat(database, keys, owner, ended, now):
            count += 1
    if count:
        _log.warning("erasures_replayed", count=count)
    return count


async def remind_keys(database: Database, keys: KeyStore, clinic_id: UUID) -> None:
    """Have the keys ended that the database knows to be erased."""
    after = UUID(int=0)
    while True:
        async with database.clinic(clinic_id) as db:
            found = await store.started(db, clinic_id, _BATCH, after)
        for one in found:
            if one.started_at is not None:
                try:
                    await keys.erase(clinic_id, one.patient_id, one.erasure_id, one.scope, one.started_at)
                except (
                    KeyMissingError
                ):  # one patient's damaged record must not keep all others from being erased again
                    _log.error(
                        "erasure_record_damaged", clinic_id=str(clinic_id), patient_id=str(one.patient_id)
                    )
        if len(found) < _BATCH:
            return
        after = found[-1].erasure_id


async def _repeat(database: Database, keys: KeyStore, owner: Owner, ended: Ended, now: datetime) -> bool:
    """Put back into a restored database an erasure that only the keys remember; False if it is there."""
    clinic_id, patient_id = owner
    asked = _asked(patient_id, ended.scope, "restored", None, ended.at, erasure_id=ended.erasure_id)
    async with database.clinic(clinic_id) as db:
        known = await store.get(db, clinic_id, ended.erasure_id)
        if known is not None and known.started_at is not None:
            return False
        await store.hold(db, clinic_id, patient_id)
        await store.ask(db, clinic_id, asked)
        # Photos that came after it have a later key, and stay.
        await _begin(db, Actor(clinic_id=clinic_id, kind="system"), asked, until=ended.at, now=now)
    # What was copied back may have brought the key as well.
    await keys.erase(clinic_id, patient_id, ended.erasure_id, ended.scope, ended.at)
    return True


async def _erase_photos(db: Connection, keys: KeyStore, actor: Actor, asked: Erasure) -> Erasure:
    done = [one for one in await store.of_patient(db, actor.clinic_id, asked.patient_id) if one.started_at]
    if done and not await store.photos(db, actor.clinic_id, asked.patient_id):
        return done[0]  # asked again, since an answer was lost: nothing came since
    await store.ask(db, actor.clinic_id, asked)
    return await _end(db, keys, actor, asked)


async def _erase_everything(db: Connection, keys: KeyStore, actor: Actor, asked: Erasure) -> Erasure:
    # Where the patient has asked for it, theirs is the one that is carried out.
    erasure_id = await store.ask(db, actor.clinic_id, asked)
    return await _end(db, keys, actor, msgspec.structs.replace(asked, erasure_id=erasure_id))


async def _end(db: Connection, keys: KeyStore, actor: Actor, asked: Erasure) -> Erasure:
    # The patient's row is held: no photo of before can be acknowledged any more, and one that comes after has a later
    # key. Should we die before the commit, the record beside the keys is enough for `replay` to finish this.
    now = asked.asked_at
    await keys.erase(actor.clinic_id, asked.patient_id, asked.erasure_id, asked.scope, now)
    await _begin(db, actor, asked, until=store.EVER, now=now)
    return await _known(db, actor.clinic_id, asked.erasure_id)


async def _begin(db: Connection, actor: Actor, asked: Erasure, *, until: datetime, now: datetime) -> None:
    """Delete the rows, and leave the pictures to the worker."""
    clinic_id, erasure_id, patient_id = actor.clinic_id, asked.erasure_id, asked.patient_id
    by = actor.id if actor.kind == "staff" else None
    photos = await store.forget_photos(db, clinic_id, patient_id, erasure_id, until)
    await store.start(db, clinic_id, erasure_id, asked.asked_at, by, photos)
    if asked.scope == "everything":
        await store.forget_patient(db, clinic_id, patient_id, erasure_id)
    await due_work.put(db, clinic_id, ERASE, erasure_id, now)
    await audit.record(
        db, actor, f"erasure.{asked.scope}", now=now, patient_id=patient_id, subject_id=erasure_id
    )


async def _known(db: Connection, clinic_id: UUID, erasure_id: UUID) -> Erasure:
    found = await store.get(db, clinic_id, erasure_id)
    if found is None:
        raise NotFound
    return found


def _asked(
    patient_id: UUID,
    scope: Scope,
    reason: Reason,
    by: UUID | None,
    now: datetime,
    *,
    erasure_id: UUID | None = None,
) -> Erasure:
    return Erasure(
        erasure_id=erasure_id or uuid7(), patient_id=patient_id, scope=scope, reason=reason, asked_at=now, asked_by=by,
        started_at=None, finished_at=None, refused_at=None, refused_because=None, photos=0,
    )  # fmt: skip
