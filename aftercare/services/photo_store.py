"""The photos' store held against the rows: what no row names goes, what a row names and is not there is told.

A blob is written before its row, so a crash leaves blobs without one: a little disk, taken back after an hour. A row is
never without its blobs, unless somebody took them from the store.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

import msgspec
import structlog

from aftercare.db.pool import Database
from aftercare.errors import AftercareError
from aftercare.model.people import Actor
from aftercare.model.photos import Broken, Rendition
from aftercare.photos.blobs import BlobHead, BlobKey, Blobs
from aftercare.photos.errors import BlobsUnavailableError, KeyMissingError
from aftercare.services import audit, broken_pictures
from aftercare.services.broken_pictures import broken_by
from aftercare.store import broken_pictures as broken_store
from aftercare.store import due_work
from aftercare.store import photo_store as store
from aftercare.store.due_work import Claim
from aftercare.store.photo_store import NOWHERE, Promise

_log = structlog.get_logger()
TEND = "tend_photos"
ORPHAN_AGE = timedelta(hours=1)  # a put that is still under way, or repeated by its phone, is younger
_EVERY = timedelta(hours=6)
_STORE_AWAY = timedelta(minutes=10)
_PAGE = 500
_AT_ONCE = 4


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """How far a verification is, and what it found since it last said so."""

    done: int
    of: int
    broken: tuple[Broken, ...] = ()


async def plan(database: Database, *, now: datetime) -> None:
    """Have every clinic's photos looked through now and then. `database` acts as the worker."""
    async with database.transaction() as db:
        await store.plan(db, TEND, now)


async def tend(database: Database, blobs: Blobs, claim: Claim, *, now: datetime) -> None:
    """Look through one clinic's photos, from both sides, and again some hours later."""
    again = now + _EVERY
    try:
        gone = await remove_orphans(database, blobs, claim.clinic_id, now=now)
        await look_again(database, blobs, claim.clinic_id)
        await note_missing(database, blobs, claim.clinic_id, now=now)
    except BlobsUnavailableError:
        again = now + _STORE_AWAY
    else:
        if gone:
            _log.info("photo_orphans_removed", clinic_id=str(claim.clinic_id), blobs=gone)
    async with database.transaction() as db:
        await due_work.postpone(db, TEND, claim, again)


async def remove_orphans(database: Database, blobs: Blobs, clinic_id: UUID, *, now: datetime) -> int:
    """Remove a clinic's blobs that no row names and that are older than an hour; return how many.

    Page by page, as much rest after each as it took. Raises BlobsUnavailableError.
    """
    removed = 0
    async for page in _paged(blobs.list(clinic_id)):
        began = _clock()
        old = [key for head in page if (key := _old_key(head, now)) is not None]
        for key in await _unnamed(database, clinic_id, old):
            # Looked at once more: a phone may have sent it again since the page was listed.
            head = await blobs.head(key)
            if head is not None and _old_key(head, now) and await _unnamed(database, clinic_id, [key]):
                await blobs.delete(key)
                removed += 1
        await asyncio.sleep(_clock() - began)
    return removed


async def look_again(database: Database, blobs: Blobs, clinic_id: UUID) -> None:
    """Open what could not be shown, and strike off what can be. Raises BlobsUnavailableError."""
    async with database.clinic(clinic_id) as db:
        standing = await broken_store.standing(db, clinic_id)
    for one in standing:
        if await _looked_at(database, blobs, one, one.key(clinic_id, one.rendition)) is None:
            async with database.clinic(clinic_id) as db:
                await broken_store.mended(db, clinic_id, one.patient_id, one.photo_id, one.rendition)


async def note_missing(database: Database, blobs: Blobs, clinic_id: UUID, *, now: datetime) -> None:
    """Keep which pictures are gone, and tell of those that were not known yet. Raises BlobsUnavailableError."""
    lost: list[Broken] = []
    async for one in missing(database, blobs, clinic_id):
        lost.append(one)
        if len(lost) == broken_store.MOST:
            break
    async with database.clinic(clinic_id) as db:
        await broken_pictures.note(db, clinic_id, lost, now=now)


async def missing(database: Database, blobs: Blobs, clinic_id: UUID) -> AsyncIterator[Broken]:
    """Go through what a clinic's rows promise and the store does not have, or not at its length.

    Raises BlobsUnavailableError.
    """
    async for page in _promises(database, clinic_id):
        began = _clock()
        for patient_id, promises in groupby(page, key=lambda promise: promise.patient_id):
            there = {head.path: head.size async for head in blobs.list(clinic_id, patient_id)}
            for promise in promises:
                for rendition in Rendition:
                    key = promise.key(clinic_id, rendition)
                    if there.get(str(key)) != promise.size(rendition):
                        broken = await _looked_at(database, blobs, promise, key)
                        if broken is not None:
                            yield broken
        await asyncio.sleep(_clock() - began)


async def verify(
    database: Database, blobs: Blobs, clinic_id: UUID, *, now: datetime
) -> AsyncIterator[Verified]:
    """Open every picture that a clinic's rows promise, and hold its size against the row's.

    That it opens shows that every byte is as it was sealed. Raises BlobsUnavailableError.
    """
    async with database.clinic(clinic_id) as db:
        await audit.record(db, Actor(clinic_id=clinic_id, kind="system"), "photos.verified", now=now)
        total = await store.count(db, clinic_id)
    done, turn = 0, asyncio.Semaphore(_AT_ONCE)

    async def one(promise: Promise, rendition: Rendition) -> Broken | None:
        async with turn:
            return await _looked_at(database, blobs, promise, promise.key(clinic_id, rendition))

    yield Verified(done=0, of=total)
    async for page in _promises(database, clinic_id, limit=50):
        looked = await asyncio.gather(
            *(one(promise, rendition) for promise in page for rendition in Rendition)
        )
        done += len(page)
        broken = tuple(found for found in looked if found)
        if broken:
            async with database.clinic(clinic_id) as db:
                await broken_pictures.note(db, clinic_id, broken, now=now)
        yield Verified(done=done, of=max(done, total), broken=broken)


async def clinics(database: Database) -> list[tuple[str, UUID]]:
    """(Handle, id) of every clinic, for whoever runs the server."""
    async with database.transaction() as db:
        return await store.clinics(db)


async def _looked_at(database: Database, blobs: Blobs, promise: Promise, key: BlobKey) -> Broken | None:
    """What is wrong with a picture that is still promised: it may have been erased a moment ago."""
    try:
        picture = await blobs.get(key)
    except KeyMissingError as error:
        broken = broken_by(error, key)
    except BlobsUnavailableError:
        raise
    except AftercareError as error:
        broken = broken_by(error, key)
    else:
        if len(picture) == promise.size(key.rendition):
            return None
        broken = Broken(
            clinic_id=key.clinic_id, patient_id=key.patient_id, photo_id=key.photo_id, rendition=key.rendition,
            what="is another one",
        )  # fmt: skip
    return None if await _unnamed(database, key.clinic_id, [key]) else broken


async def _unnamed(database: Database, clinic_id: UUID, keys: Sequence[BlobKey]) -> list[BlobKey]:
    """Of these blobs, those that no row names."""
    if not keys:
        return []
    async with database.clinic(clinic_id) as db:
        promises = await store.known(db, clinic_id, keys)
    named = {str(promise.key(clinic_id, rendition)) for promise in promises for rendition in Rendition}
    return [key for key in keys if str(key) not in named]


async def _promises(
    database: Database, clinic_id: UUID, *, limit: int = _PAGE
) -> AsyncIterator[list[Promise]]:
    after = (NOWHERE, NOWHERE)
    while True:
        async with database.clinic(clinic_id) as db:
            page = await store.page(db, clinic_id, after, limit)
        if not page:
            return
        yield page
        after = (page[-1].patient_id, page[-1].photo_id)


async def _paged(heads: AsyncIterator[BlobHead]) -> AsyncIterator[list[BlobHead]]:
    page: list[BlobHead] = []
    async for head in heads:
        page.append(head)
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page


def _old_key(head: BlobHead, now: datetime) -> BlobKey | None:
    """The key of a blob that may be an orphan; None for a young one, and for what is no blob of ours."""
    if head.written_at > now - ORPHAN_AGE:
        return None
    try:
        return BlobKey.of_path(head.path)
    except ValueError:
        _log.warning("photo_store_holds_something_else")
        return None


def _clock() -> float:
    return asyncio.get_running_loop().time()
