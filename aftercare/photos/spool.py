"""What takes over while the store is away: a bounded folder on the machine's own disk, drained in order.

Whoever put a blob here may acknowledge it: it is on a disk, and reads find it. Several processes share the folder, and
any of them drains it, one at a time.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import structlog

from aftercare.photos.blobs import Away, BlobHead, BlobKey, Blobs
from aftercare.photos.errors import BlobsUnavailableError
from aftercare.photos.spool_folder import Entry, SpoolFolder, SpoolFull

_log = structlog.get_logger()
_Entries = list[Entry]
_PATIENCE = 10.0  # seconds until a store that does not answer counts as away
_AWAY_FOR = 5.0  # seconds in which nobody else waits for it again
_LOOK_EVERY = 1.0
_FULL_RETRY = 60  # seconds


class SpooledBlobs:
    """A store with a spool before it, of the same Protocol. Reads look into the spool first.

    A blob that waits is written over in the spool, never past it: else the older one would reach the store later.
    """

    def __init__(
        self,
        store: Blobs,
        folder: Path,
        *,
        most_bytes: int,
        most_blobs: int = 20_000,
        patience: float = _PATIENCE,
    ) -> None:
        """Make the folder where it is missing. Raises OSError if that cannot be done."""
        self._store, self._patience = store, patience
        self._folder = SpoolFolder(folder, most_bytes=most_bytes, most_blobs=most_blobs)
        self._away_until = 0.0
        self._writing = asyncio.Lock()  # so that no more than one thread waits for the folder's lock
        self._look = asyncio.Event()
        self._draining: asyncio.Task[None] | None = None

    async def put(self, key: BlobKey, data: bytes) -> None:
        """See `Blobs.put`. Raises BlobsUnavailableError as well when the store is away and the spool is full."""
        if _clock() >= self._away_until and not await asyncio.to_thread(self._folder.holds, str(key)):
            try:
                await self._to_store(key, data)
            except BlobsUnavailableError:
                _log.warning("photo_spooled", photo_id=str(key.photo_id))
            else:
                return
        with Away():
            try:
                async with self._writing:
                    await asyncio.to_thread(self._folder.write, str(key), data)
            except SpoolFull:
                _log.error("photo_spool_full")
                raise BlobsUnavailableError(retry_after=_FULL_RETRY) from None
        self._look.set()

    async def get(self, key: BlobKey) -> bytes:
        """See `Blobs.get`."""
        with Away():
            waiting = await asyncio.to_thread(self._folder.read, str(key))
        return await self._store.get(key) if waiting is None else waiting

    async def head(self, key: BlobKey) -> BlobHead | None:
        """See `Blobs.head`."""
        for entry in await self._entries():
            if entry.path == str(key):
                return entry.head
        return await self._store.head(key)

    async def delete(self, key: BlobKey) -> None:
        """See `Blobs.delete`."""
        with Away():
            await asyncio.to_thread(self._folder.drop, str(key))
        await self._store.delete(key)

    async def list(self, clinic_id: UUID, patient_id: UUID | None = None) -> AsyncIterator[BlobHead]:
        """See `Blobs.list`. The spool comes first: what leaves it meanwhile was named already."""
        prefix = _prefix(clinic_id, patient_id)
        waiting = {entry.path: entry for entry in await self._entries() if entry.path.startswith(prefix)}
        for entry in waiting.values():
            yield entry.head
        async for found in self._store.list(clinic_id, patient_id):
            if found.path not in waiting:
                yield found

    async def delete_patient(self, clinic_id: UUID, patient_id: UUID) -> int:
        """See `Blobs.delete_patient`. What waits goes first, so that also while the store is away nothing new reaches it."""
        with Away():
            dropped = await asyncio.to_thread(self._folder.drop_all, _prefix(clinic_id, patient_id))
        stored = {found.path async for found in self._store.list(clinic_id, patient_id)}
        await self._store.delete_patient(clinic_id, patient_id)
        return len(stored.union(dropped))

    async def state(self) -> str:
        """`ok`, `spooling` while anything waits for the store, or `away` if even the spool cannot be read."""
        try:
            return "spooling" if await self.waiting() else "ok"
        except BlobsUnavailableError:
            return "away"

    async def waiting(self) -> int:
        """How many blobs wait for the store. Raises BlobsUnavailableError if even the spool cannot be read."""
        return len(await self._entries())

    async def bytes_waiting(self) -> int:
        """How many bytes wait for the store. Raises BlobsUnavailableError if even the spool cannot be read."""
        return sum(entry.size for entry in await self._entries())

    def start(self) -> None:
        """Drain in the background from now on, whenever there is something; every process does, one at a time."""
        self._draining = asyncio.create_task(self._drain_on())

    async def stop(self) -> None:
        """Stop draining; what waits is drained by whoever runs, or later."""
        if self._draining is not None:
            self._draining.cancel()
            await asyncio.gather(self._draining, return_exceptions=True)
            self._draining = None

    async def drain(self) -> int:
        """Hand what waits to the store, the oldest first, until nothing waits or the store is away; return how many.

        Half of the time is left to what arrives: after an outage the store is not overrun by what was missed. Raises
        BlobsUnavailableError; returns 0 while another process drains.
        """
        done = 0
        with Away(), self._folder.drainer() as ours:
            for entry in await self._entries() if ours else []:
                began = _clock()
                if await self._drain_one(entry):
                    done += 1
                await asyncio.sleep(_clock() - began)
        if done:
            _log.info("photo_spool_drained", blobs=done)
        return done

    async def _drain_one(self, entry: Entry) -> bool:
        data = await asyncio.to_thread(self._folder.read, entry.path)
        if data is None:
            return False  # erased meanwhile, or damaged and set aside
        key = BlobKey.of_path(entry.path)
        await self._to_store(key, data)
        if not await asyncio.to_thread(self._folder.drop_stored, entry):
            # It was erased while it was on its way: the store must not keep what nobody will erase again.
            await self._store.delete(key)
        return True

    async def _to_store(self, key: BlobKey, data: bytes) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self._store.put(key, data)
        except (BlobsUnavailableError, TimeoutError):
            self._away_until = _clock() + _AWAY_FOR
            raise BlobsUnavailableError from None
        self._away_until = 0.0

    async def _drain_on(self) -> None:
        while True:
            try:
                await self.drain()
            except BlobsUnavailableError:
                pass  # told where it happened
            except Exception as error:  # noqa: BLE001 - one blob must not end the draining of all others
                _log.error("photo_spool_drain_failed", error=type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY):
                    await self._look.wait()
                # What was spooled just now waits a moment: the store was away in this instant.
                await asyncio.sleep(_LOOK_EVERY)
            self._look.clear()

    async def _entries(self) -> _Entries:
        with Away():
            return await asyncio.to_thread(self._folder.entries)


def _prefix(clinic_id: UUID, patient_id: UUID | None) -> str:
    return f"{clinic_id}/{patient_id}/" if patient_id else f"{clinic_id}/"


def _clock() -> float:
    return asyncio.get_running_loop().time()
