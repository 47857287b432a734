"""Pictures sealed with the key of their patient before any store sees them, and opened after it gave them back.

A sealed picture is: a byte that says how it is sealed, the number of the patient's key (4 bytes), a nonce (12), what
AES-256-GCM makes of the picture, its tag (16). Path and number are authenticated with it: put at another path, under
another patient, or changed by one bit, it does not open.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aftercare.photos.blobs import BlobHead, BlobKey, Blobs
from aftercare.photos.errors import BlobMissingError, PhotoErasedError, SealBrokenError
from aftercare.photos.key_store import KeyStore, PatientKey
from aftercare.photos.masters import NONCE_BYTES

_AES_256_GCM = b"\x01"
_NUMBER = slice(1, 5)
_NONCE = slice(5, 5 + NONCE_BYTES)
_HEAD_BYTES = 5 + NONCE_BYTES
OVERHEAD_BYTES = _HEAD_BYTES + 16


def seal(key: PatientKey, path: str, picture: bytes) -> bytes:
    """Close a picture so that it opens with this key and at this path only."""
    head = _AES_256_GCM + key.number.to_bytes(4, "big") + secrets.token_bytes(NONCE_BYTES)
    return head + AESGCM(key.secret).encrypt(head[_NONCE], picture, _bound(head, path))


def opened(key: PatientKey, path: str, sealed: bytes) -> bytes:
    """Return the picture. Raises SealBrokenError."""
    try:
        return AESGCM(key.secret).decrypt(sealed[_NONCE], sealed[_HEAD_BYTES:], _bound(sealed, path))
    except InvalidTag:
        raise SealBrokenError from None


def key_number(sealed: bytes) -> int:
    """Return the number of the key that opens this. Raises SealBrokenError if it is nothing that we sealed."""
    if len(sealed) < OVERHEAD_BYTES or sealed[:1] != _AES_256_GCM:
        raise SealBrokenError
    return int.from_bytes(sealed[_NUMBER], "big")


class SealedBlobs:
    """Any store of blobs, of which it sees only what is sealed. Plain pictures in it are refused, never shown."""

    def __init__(self, store: Blobs, keys: KeyStore) -> None:
        self._store, self._keys = store, keys

    async def put(self, key: BlobKey, data: bytes) -> None:
        """See `Blobs.put`. Raises PhotoErasedError where the patient's photos were erased meanwhile."""
        path = str(key)
        newest = await self._keys.key_of(key.clinic_id, key.patient_id)
        while True:
            await self._store.put(key, await asyncio.to_thread(seal, newest, path, data))
            # Erased while it was written, it cannot be read and must not be acknowledged; while the key was being
            # changed for a newer one, whoever re-seals may have looked before it was there.
            now = await self._keys.key_of(key.clinic_id, key.patient_id)
            if now.number == newest.number:
                return
            if any(
                one.upto >= newest.number for one in await self._keys.ended(key.clinic_id, key.patient_id)
            ):
                await self._store.delete(key)
                raise PhotoErasedError
            newest = now

    async def get(self, key: BlobKey) -> bytes:
        """See `Blobs.get`. Raises PhotoErasedError, SealBrokenError, KeysUnavailableError."""
        sealed = await self._store.get(key)
        sealer = await self._keys.key(key.clinic_id, key.patient_id, key_number(sealed))
        return await asyncio.to_thread(opened, sealer, str(key), sealed)

    async def head(self, key: BlobKey) -> BlobHead | None:
        """See `Blobs.head`; the size is the picture's."""
        found = await self._store.head(key)
        return found and _plain(found)

    async def delete(self, key: BlobKey) -> None:
        """See `Blobs.delete`."""
        await self._store.delete(key)

    async def list(self, clinic_id: UUID, patient_id: UUID | None = None) -> AsyncIterator[BlobHead]:
        """See `Blobs.list`; sizes are the pictures'."""
        async for found in self._store.list(clinic_id, patient_id):
            yield _plain(found)

    async def delete_patient(self, clinic_id: UUID, patient_id: UUID) -> int:
        """See `Blobs.delete_patient`."""
        return await self._store.delete_patient(clinic_id, patient_id)

    async def delete_ended(self, clinic_id: UUID, patient_id: UUID, upto: int) -> int:
        """Forget what a patient's ended keys had sealed, and whatever is not sealed; return how many blobs those were.

        By their key, not by their time or row: a photo that comes while this works is sealed with a later key and stays.
        """
        count = 0
        for path in [found.path async for found in self._store.list(clinic_id, patient_id)]:
            key = BlobKey.of_path(path)
            try:
                kept = key_number(await self._store.get(key)) > upto
            except BlobMissingError:
                continue
            except SealBrokenError:
                kept = False
            if not kept:
                await self._store.delete(key)
                count += 1
        return count

    async def reseal(
        self, clinic_id: UUID, patient_id: UUID, *, done: Callable[[], None] = lambda: None
    ) -> int:
        """Change a patient's key for a new one under all their pictures; return how many there were.

        Interrupted, it leaves both keys and is begun again: what is sealed already is sealed once more.
        """
        newest = await self._keys.add(clinic_id, patient_id)
        count = 0
        for path in [found.path async for found in self._store.list(clinic_id, patient_id)]:
            key = BlobKey.of_path(path)
            await self._reseal_one(key)
            count += 1
            done()
        # Only what nothing needs any more is forgotten: a store that was written to beside us may hold older seals.
        needed = [
            key_number(await self._store.get(BlobKey.of_path(found.path)))
            async for found in self._store.list(clinic_id, patient_id)
        ]
        await self._keys.retire(clinic_id, patient_id, min([newest.number, *needed]))
        return count

    async def _reseal_one(self, key: BlobKey) -> None:
        try:
            picture = await self.get(key)
        except (BlobMissingError, PhotoErasedError):
            return  # erased meanwhile
        await self.put(key, picture)


def _bound(sealed: bytes, path: str) -> bytes:
    return sealed[:5] + path.encode()


def _plain(found: BlobHead) -> BlobHead:
    return msgspec.structs.replace(found, size=max(0, found.size - OVERHEAD_BYTES))
