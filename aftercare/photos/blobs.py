"""Where the pictures are kept: the Protocol, and a folder (a bucket is in `s3.py`), both through obstore.

A key is made of ids only. It holds the digest of the photo received as well: should a phone send two different files
under one id at the same time, each writes its own blob, and the row that wins names the one it means.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self
from uuid import UUID

import msgspec
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore

from aftercare.model.photos import Rendition
from aftercare.photos.errors import BlobMissingError, BlobsUnavailableError

_log = structlog.get_logger()
_DIGEST_DIGITS = 16


class BlobKey(msgspec.Struct, frozen=True, kw_only=True):
    """Where one rendition of one photo is; `sha256` is that of the bytes received (`Renditions.sha256`)."""

    clinic_id: UUID
    patient_id: UUID
    photo_id: UUID
    sha256: str
    rendition: Rendition

    def __post_init__(self) -> None:
        """Only hexadecimal digits, so that a key can never lead out of its folder."""
        if len(self.sha256) < _DIGEST_DIGITS or not set(self.sha256) <= set("0123456789abcdef"):
            raise ValueError("sha256 is written in lower-case hexadecimal digits")

    def __str__(self) -> str:
        """Return the path: `clinic/patient/photo/digest.rendition`."""
        leaf = f"{self.sha256[:_DIGEST_DIGITS]}.{self.rendition}"
        return f"{self.clinic_id}/{self.patient_id}/{self.photo_id}/{leaf}"

    @classmethod
    def of_path(cls, path: str) -> Self:
        """Return the key of a path; its `sha256` is then as short as the path has it. Raises ValueError."""
        clinic_id, patient_id, photo_id, leaf = path.split("/")
        sha256, _, rendition = leaf.partition(".")
        key = cls(
            clinic_id=UUID(clinic_id),
            patient_id=UUID(patient_id),
            photo_id=UUID(photo_id),
            sha256=sha256,
            rendition=Rendition(rendition),
        )
        if str(key) != path:
            raise ValueError("this is no path of ours")
        return key


class BlobHead(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a blob without reading it: its path (`str` of its key), size in bytes, time of writing."""

    path: str
    size: int
    written_at: datetime


class Blobs(Protocol):
    """The pictures' store. All raise BlobsUnavailableError when it is away; writing again is always safe."""

    async def put(self, key: BlobKey, data: bytes) -> None:
        """Keep `data`; when this returns it survives a power cut. Readers see all of it or nothing."""

    async def get(self, key: BlobKey) -> bytes:
        """Return what was kept. Raises BlobMissingError."""

    async def head(self, key: BlobKey) -> BlobHead | None:
        """Return what is known of a blob, None if there is none."""

    async def delete(self, key: BlobKey) -> None:
        """Forget a blob; that there is none is no error."""

    def list(self, clinic_id: UUID, patient_id: UUID | None = None) -> AsyncIterator[BlobHead]:
        """Go through the blobs of a clinic or of one patient, in no order."""

    async def delete_patient(self, clinic_id: UUID, patient_id: UUID) -> int:
        """Forget every blob of a patient, unfinished ones too; return how many blobs there were."""


class LocalBlobs:
    """Blobs in a folder of this machine, readable by the service's own user only.

    obstore writes beside the name and renames, so a blob is whole or absent, but it does not fsync (0.12): after it,
    the file and its folders are synced here, once for each blob. Two puts of one photo go well side by side.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder where it is missing. Raises OSError if that cannot be done."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder.resolve()
        self._store = LocalStore(self._folder)

    async def put(self, key: BlobKey, data: bytes) -> None:
        """See `Blobs.put`."""
        with Away():
            await self._store.put_async(str(key), data, use_multipart=False)
            await asyncio.to_thread(self._sync, self._folder / str(key))

    async def get(self, key: BlobKey) -> bytes:
        """See `Blobs.get`."""
        with Away():
            try:
                found = await self._store.get_async(str(key))
            except FileNotFoundError:
                raise BlobMissingError from None
            return bytes(await found.bytes_async())

    async def head(self, key: BlobKey) -> BlobHead | None:
        """See `Blobs.head`."""
        with Away(), suppress(FileNotFoundError):
            found = await self._store.head_async(str(key))
            return BlobHead(path=found["path"], size=found["size"], written_at=found["last_modified"])
        return None

    async def delete(self, key: BlobKey) -> None:
        """See `Blobs.delete`."""
        with Away(), suppress(FileNotFoundError):
            await self._store.delete_async(str(key))
            await asyncio.to_thread(self._sync, (self._folder / str(key)).parent)

    async def list(self, clinic_id: UUID, patient_id: UUID | None = None) -> AsyncIterator[BlobHead]:
        """See `Blobs.list`."""
        prefix = f"{clinic_id}/{patient_id}" if patient_id else str(clinic_id)
        with Away():
            async for page in self._store.list(prefix):
                for found in page:
                    yield BlobHead(path=found["path"], size=found["size"], written_at=found["last_modified"])

    async def delete_patient(self, clinic_id: UUID, patient_id: UUID) -> int:
        """See `Blobs.delete_patient`."""
        blobs = [found async for found in self.list(clinic_id, patient_id)]
        with Away(), suppress(FileNotFoundError):
            # The whole folder: what a crash left half written is in no list.
            folder = self._folder / str(clinic_id) / str(patient_id)
            await asyncio.to_thread(shutil.rmtree, folder)
            await asyncio.to_thread(self._sync, folder.parent)
        return len(blobs)

    def _sync(self, written: Path) -> None:
        """Sync the file, then every folder up to ours: each may have been made for this blob."""
        for path in (written, *written.parents):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if path == self._folder:
                return


class Away:
    """Turns what a broken disk or store raises into our own error, without the path that is in it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (OSError, BaseError)):
            _log.warning("photo_store_away", cause=type(error).__name__, errno=getattr(error, "errno", None))
            raise BlobsUnavailableError from None
