"""The bucket: against seaweedfs, a real S3 service, and against one that lies."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import pytest

from aftercare.model.photos import Rendition
from aftercare.photos.blobs import BlobKey, Blobs
from aftercare.photos.errors import BlobMissingError, BlobsUnavailableError
from aftercare.photos.s3 import S3Blobs, S3Settings
from tests.e2e.processes import free_port
from tests.prove.weed import Weed

CLINIC, PATIENT, OTHER_PATIENT, PHOTO = (UUID(int=number) for number in range(1, 5))
PICTURE = bytes(range(256)) * 40


def key(patient_id: UUID = PATIENT, rendition: Rendition = Rendition.DISPLAY, number: int = 4) -> BlobKey:
    return BlobKey(
        clinic_id=CLINIC,
        patient_id=patient_id,
        photo_id=UUID(int=number),
        sha256="0123456789abcdef",
        rendition=rendition,
    )


async def paths(blobs: Blobs, patient_id: UUID | None = None) -> set[str]:
    return {found.path async for found in blobs.list(CLINIC, patient_id)}


async def test_a_bucket_does_what_a_folder_does(tmp_path_factory: pytest.TempPathFactory) -> None:
    # One test, since the service takes seconds to start.
    async with Weed(tmp_path_factory.mktemp("s3") / "weed", quick=True) as weed:
        blobs = S3Blobs(weed.settings)
        await _is_kept_whole(blobs)
        await _is_listed_and_forgotten(blobs)
        await _refuses_who_has_another_secret(weed.settings)
        await _has_no_such_bucket(weed.settings)
        weed.kill()
        for broken in (
            blobs.put(key(), b"x"),
            blobs.get(key()),
            blobs.head(key()),
            blobs.delete(key()),
            paths(blobs),
        ):
            with pytest.raises(BlobsUnavailableError):
                await broken
        weed.start()
        await weed.takes_objects()
        assert await blobs.get(key(number=7)) == PICTURE


async def _is_kept_whole(blobs: Blobs) -> None:
    small = key(rendition=Rendition.THUMBNAIL)
    with pytest.raises(BlobMissingError):
        await blobs.get(key())
    assert await blobs.head(key()) is None
    await blobs.put(key(), b"an older one")
    await asyncio.gather(
        blobs.put(key(), PICTURE), blobs.put(small, b"small"), blobs.put(key(number=7), PICTURE)
    )
    assert [await blobs.get(one) for one in (key(), small)] == [PICTURE, b"small"]
    head = await blobs.head(key())
    assert head
    assert (head.path, head.size) == (str(key()), len(PICTURE))
    assert head.written_at.tzinfo


async def _is_listed_and_forgotten(blobs: Blobs) -> None:
    elsewhere, small = key(OTHER_PATIENT), key(rendition=Rendition.THUMBNAIL)
    await blobs.put(elsewhere, PICTURE)
    assert await paths(blobs, PATIENT) == {str(key()), str(small), str(key(number=7))}
    await blobs.delete(small)
    await blobs.delete(small)
    assert await paths(blobs, PATIENT) == {str(key()), str(key(number=7))}
    assert await blobs.delete_patient(CLINIC, OTHER_PATIENT) == 1
    assert await blobs.delete_patient(CLINIC, OTHER_PATIENT) == 0
    assert await paths(blobs) == {str(key()), str(key(number=7))}


async def _refuses_who_has_another_secret(settings: S3Settings) -> None:
    stranger = S3Blobs(
        S3Settings(
            bucket=settings.bucket, endpoint=settings.endpoint, access_key="photos", secret_key="guessed"
        )
    )
    for broken in (stranger.get(key()), stranger.put(key(), b"x"), paths(stranger)):
        with pytest.raises(BlobsUnavailableError) as refused:
            await broken
        assert str(PHOTO) not in str(refused.value)


async def _has_no_such_bucket(settings: S3Settings) -> None:
    """Not as if every photo were lost."""
    nowhere = S3Blobs(
        S3Settings(
            bucket="nowhere",
            endpoint=settings.endpoint,
            access_key=settings.access_key,
            secret_key=settings.secret_key,
        )
    )
    with pytest.raises(BlobsUnavailableError):
        await nowhere.get(key())


class Liar:
    """Answers every PUT with one ETag and every GET with one body; or never."""

    def __init__(self) -> None:
        self.tag, self.body, self.silent = "", b"", False
        self.heads: list[str] = []
        self.answering: set[asyncio.Task[None]] = set()

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.answering.add(asyncio.create_task(self._answer(reader, writer)))

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._one(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        self.heads.append(head)
        length = next((line for line in head.splitlines() if line.startswith("content-length")), ": 0")
        await reader.readexactly(int(length.partition(":")[2]))
        if not self.silent:
            body = self.body if head.startswith("get") else b""
            writer.write(
                f'HTTP/1.1 200 OK\r\netag: "{self.tag}"\r\nlast-modified: Wed, 04 Mar 2026 10:00:00 GMT\r\n'
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
                + body
            )
            await writer.drain()
        else:
            await reader.read()


@asynccontextmanager
async def lying() -> AsyncIterator[tuple[Liar, S3Blobs]]:
    liar, port = Liar(), free_port()
    settings = S3Settings(
        bucket="aftercare",
        endpoint=f"http://127.0.0.1:{port}",
        access_key="photos",
        secret_key="a secret",
        seconds=0.2,
    )
    async with await asyncio.start_server(liar.take, "127.0.0.1", port):
        yield liar, S3Blobs(settings)
        for task in liar.answering:
            task.cancel()
        await asyncio.gather(*liar.answering, return_exceptions=True)


async def test_a_put_is_held_by_what_the_service_says_it_kept() -> None:
    async with lying() as (liar, blobs):
        liar.tag = hashlib.md5(PICTURE, usedforsecurity=False).hexdigest()
        await blobs.put(key(), PICTURE)
        assert [head.split()[0] for head in liar.heads] == ["put"]
        sent = base64.b64encode(hashlib.sha256(PICTURE).digest()).decode()
        assert f"x-amz-checksum-sha256: {sent}".lower() in liar.heads[0]


async def test_where_that_says_nothing_it_is_read_back() -> None:
    async with lying() as (liar, blobs):
        liar.tag, liar.body = "sealed-by-the-service-itself", PICTURE
        await blobs.put(key(), PICTURE)
        liar.body = PICTURE[:-1] + b"x"
        with pytest.raises(BlobsUnavailableError):
            await blobs.put(key(), PICTURE)
        liar.body = b""
        with pytest.raises(BlobsUnavailableError):
            await blobs.put(key(), PICTURE)


async def test_a_service_that_never_answers_is_away() -> None:
    async with lying() as (liar, blobs):
        liar.silent = True
        for broken in (blobs.put(key(), PICTURE), blobs.get(key())):
            with pytest.raises(BlobsUnavailableError):
                await broken
