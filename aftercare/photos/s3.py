"""Blobs in a bucket of an S3 service, spoken to by the service alone: no phone and no browser ever has its address."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import msgspec
import structlog
from obstore.store import S3Store

from aftercare.photos.blobs import Away, BlobHead, BlobKey
from aftercare.photos.errors import BlobMissingError, BlobsUnavailableError

_log = structlog.get_logger()
# Nothing is tried for long: who waits for a store that is away is a phone, and the spool has the patience.
_CONNECT = timedelta(seconds=2)
_ONCE_MORE = 1  # a connection that the other side closed in the same moment


class S3Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket and who we are to it. `endpoint` is empty for the cloud's own of the region."""

    bucket: str
    endpoint: str = ""
    region: str = "us-east-1"
    access_key: str
    secret_key: str
    seconds: float = 8.0  # for one request


class S3Blobs:
    """Blobs in a bucket, addressed by path, over plain HTTP only where the endpoint says so.

    A put goes with its SHA-256, which the service compares where it knows that header. Every put is held besides by the
    ETag, the MD5 of what was kept; where a service has another ETag (as with keys of its own), by reading it back.
    """

    def __init__(self, settings: S3Settings) -> None:
        """Nothing is asked yet: the service starts while its store is away."""
        patience = timedelta(seconds=settings.seconds)
        self._store = S3Store(
            settings.bucket,
            endpoint=settings.endpoint or f"https://s3.{settings.region}.amazonaws.com",
            region=settings.region,
            access_key_id=settings.access_key,
            secret_access_key=settings.secret_key,
            virtual_hosted_style_request=False,
            disable_bulk_delete=True,  # not every service has it
            checksum_algorithm="sha256",
            client_options={
                "allow_http": settings.endpoint.startswith("http://"),
                "connect_timeout": _CONNECT,
                "timeout": patience,
                "default_content_type": "application/octet-stream",
            },
            retry_config={"max_retries": _ONCE_MORE, "retry_timeout": patience},
        )

    async def put(self, key: BlobKey, data: bytes) -> None:
        """See `Blobs.put`."""
        with Away():
            answer = await self._store.put_async(str(key), data, use_multipart=False)
        tag = (answer["e_tag"] or "").strip('"')
        if tag == hashlib.md5(data, usedforsecurity=False).hexdigest():
            return
        if await self.get(key) != data:
            _log.error("photo_store_kept_other_bytes", photo_id=str(key.photo_id))
            raise BlobsUnavailableError

    async def get(self, key: BlobKey) -> bytes:
        """See `Blobs.get`."""
        with Away():
            try:
                found = await self._store.get_async(str(key))
            except FileNotFoundError as error:
                # 404 as well, but then no photo is there and none of them is lost.
                if "NoSuchBucket" in str(error):
                    raise
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

    async def list(self, clinic_id: UUID, patient_id: UUID | None = None) -> AsyncIterator[BlobHead]:
        """See `Blobs.list`."""
        prefix = f"{clinic_id}/{patient_id}" if patient_id else str(clinic_id)
        with Away():
            async for page in self._store.list(prefix):
                for found in page:
                    yield BlobHead(path=found["path"], size=found["size"], written_at=found["last_modified"])

    async def delete_patient(self, clinic_id: UUID, patient_id: UUID) -> int:
        """See `Blobs.delete_patient`."""
        paths = [found.path async for found in self.list(clinic_id, patient_id)]
        if paths:
            with Away(), suppress(FileNotFoundError):
                await self._store.delete_async(paths)
        return len(paths)
