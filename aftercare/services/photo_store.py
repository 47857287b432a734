"""The photos' store held against the rows: what no row names goes, what a row names and is not there is told.

A blob is written before its row, so a crash leaves blobs without one: a little disk, taken back after an hour. A row is
never without its blobs, unless somebody took them from the store.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal
from uuid import UUID

import msgspec
import structlog

from aftercare.db.pool import Database
from aftercare.errors import AftercareError
from aftercare.model.people import Actor
from aftercare.model.photos import Rendition
from aftercare.photos.blobs import BlobHead, BlobKey, Blobs
from aftercare.photos.errors import BlobMissingError, BlobsUnavailableError
from aftercare.services import audit
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


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that its row promises and that cannot be shown."""

    clinic_id: UUID
    photo_id: UUID
    rendition: Rendition
    what: Literal["is missing", "does not open", "is another one"]


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
        lost = [broken async for broken in missing(database, blobs, claim.clinic_id)]
    except BlobsUnavailableError:
        again = now + _STORE_AWAY
    else:
        if gone:
            _log.info("photo_orphans_removed", clinic_id=str(claim.clinic_id), blobs=gone)
        for one in lost:
            _log.error("photo_missing", clinic_id=str(one.clinic_id), photo_id=str(one.photo_id))
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


async def missing(database: Database, blobs: Blobs, clinic_id: UUID) -> AsyncIterator[Broken]:
    """Go through what a clinic's rows promise and the store does not have. Raises BlobsUnavailableError."""
    async for page in _promises(database, clinic_id):
        began = _clock()
        for patient_id, promises in groupby(page, key=lambda promise: promise.patient_id):
            there = {head.path async for head in blobs.list(clinic_id, patient_id)}
            for promise in promises:
                for rendition in Rendition:
                    key = promise.key(clinic_id, rendition)
                    if str(key) not in there and await _is_lost(database, blobs, key):
                        yield _broken(key, "is missing")
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
        yield Verified(done=done, of=max(done, total), broken=tuple(found for found in looked if found))


async def clinics(database: Database) -> list[tuple[str, UUID]]:
    """(Handle, id) of every clinic, for whoever runs the server."""
    async with database.transaction() as db:
        return await store.clinics(db)


async def _looked_at(database: Database, blobs: Blobs, promise: Promise, key: BlobKey) -> Broken | None:
    try:
        picture = await blobs.get(key)
    except BlobMissingError:
        return _broken(key, "is missing") if await _is_lost(database, blobs, key) else None
    except BlobsUnavailableError:
        raise
    except AftercareError:
        return _broken(key, "does not open") if not await _unnamed(database, key.clinic_id, [key]) else None
    return None if len(picture) == promise.size(key.rendition) else _broken(key, "is another one")


async def _is_lost(database: Database, blobs: Blobs, key: BlobKey) -> bool:
    """Whether it is still not there, and still promised: it may have been erased, or sent, a moment ago."""
    return await blobs.head(key) is None and not await _unnamed(database, key.clinic_id, [key])


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


def _broken(key: BlobKey, what: Literal["is missing", "does not open", "is another one"]) -> Broken:
    return Broken(clinic_id=key.clinic_id, photo_id=key.photo_id, rendition=key.rendition, what=what)


def _clock() -> float:
    return asyncio.get_running_loop().time()
