import asyncio
import os
from pathlib import Path
from uuid import UUID

import pytest

from aftercare.model.photos import Rendition
from aftercare.photos.blobs import BlobKey, Blobs, LocalBlobs
from aftercare.photos.errors import BlobMissingError, BlobsUnavailableError

CLINIC, OTHER_CLINIC, PATIENT, OTHER_PATIENT, PHOTO = (UUID(int=number) for number in range(1, 6))
DIGEST = "0123456789abcdef" * 4


def key(
    clinic_id: UUID = CLINIC,
    patient_id: UUID = PATIENT,
    photo_id: UUID = PHOTO,
    sha256: str = DIGEST,
    rendition: Rendition = Rendition.DISPLAY,
) -> BlobKey:
    return BlobKey(
        clinic_id=clinic_id, patient_id=patient_id, photo_id=photo_id, sha256=sha256, rendition=rendition
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "photos"


@pytest.fixture
def blobs(folder: Path) -> Blobs:
    return LocalBlobs(folder)


async def paths(blobs: Blobs, clinic_id: UUID, patient_id: UUID | None = None) -> set[str]:
    return {found.path async for found in blobs.list(clinic_id, patient_id)}


async def test_what_was_put_is_what_one_gets(blobs: Blobs) -> None:
    await blobs.put(key(), b"picture")
    await blobs.put(key(rendition=Rendition.THUMBNAIL), b"small")
    assert await blobs.get(key()) == b"picture"
    assert await blobs.get(key(rendition=Rendition.THUMBNAIL)) == b"small"


async def test_putting_again_replaces(blobs: Blobs) -> None:
    await blobs.put(key(), b"cut off by a cra")
    await blobs.put(key(), b"picture")
    assert await blobs.get(key()) == b"picture"


async def test_two_files_under_one_photo_id_do_not_overwrite_each_other(blobs: Blobs) -> None:
    other = key(sha256="f" * 64)
    await asyncio.gather(blobs.put(key(), b"one"), blobs.put(other, b"other"))
    assert (await blobs.get(key()), await blobs.get(other)) == (b"one", b"other")


async def test_many_puts_at_once_all_arrive(blobs: Blobs) -> None:
    keys = [key(photo_id=UUID(int=number)) for number in range(100, 140)]
    await asyncio.gather(*(blobs.put(each, str(each).encode()) for each in keys))
    assert [await blobs.get(each) for each in keys] == [str(each).encode() for each in keys]


async def test_a_head_tells_size_and_time_without_reading(blobs: Blobs) -> None:
    await blobs.put(key(), b"picture")
    head = await blobs.head(key())
    assert head
    assert (head.path, head.size) == (str(key()), 7)
    assert head.written_at.tzinfo


async def test_what_was_never_put_is_missing(blobs: Blobs) -> None:
    assert await blobs.head(key()) is None
    with pytest.raises(BlobMissingError):
        await blobs.get(key())
    await blobs.delete(key())
    assert await paths(blobs, CLINIC) == set()
    assert await blobs.delete_patient(CLINIC, PATIENT) == 0


async def test_deleting_forgets_one_rendition_only(blobs: Blobs) -> None:
    small = key(rendition=Rendition.THUMBNAIL)
    await blobs.put(key(), b"picture")
    await blobs.put(small, b"small")
    await blobs.delete(key())
    assert await blobs.head(key()) is None
    assert await paths(blobs, CLINIC) == {str(small)}


async def test_a_list_is_of_one_clinic_or_one_patient(blobs: Blobs) -> None:
    mine, other, elsewhere = key(), key(patient_id=OTHER_PATIENT), key(clinic_id=OTHER_CLINIC)
    for each in (mine, other, elsewhere):
        await blobs.put(each, b"picture")
    assert await paths(blobs, CLINIC) == {str(mine), str(other)}
    assert await paths(blobs, CLINIC, PATIENT) == {str(mine)}
    assert await paths(blobs, OTHER_CLINIC, OTHER_PATIENT) == set()


async def test_forgetting_a_patient_takes_unfinished_writes_along_and_nobody_else(
    blobs: Blobs, folder: Path
) -> None:
    for rendition in Rendition:
        await blobs.put(key(rendition=rendition), b"picture")
    await blobs.put(key(patient_id=OTHER_PATIENT), b"picture")
    unfinished = folder / f"{key()}#1"  # as obstore names what it has not renamed yet
    unfinished.write_bytes(b"half a pict")

    assert await blobs.delete_patient(CLINIC, PATIENT) == 2

    assert not (folder / str(CLINIC) / str(PATIENT)).exists()
    assert await paths(blobs, CLINIC) == {str(key(patient_id=OTHER_PATIENT))}


async def test_what_is_acknowledged_is_on_the_disk(
    blobs: Blobs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    await blobs.put(key(), b"picture")
    written = folder / str(key())
    assert synced == [written, *written.parents[:4]]  # photo, patient, clinic, and the folder of all
    assert synced[-1] == folder


def test_nobody_else_can_look_into_the_folder(blobs: Blobs, folder: Path) -> None:
    assert folder.stat().st_mode & 0o077 == 0


@pytest.fixture
def lost_folder(blobs: Blobs, folder: Path) -> Path:
    """Put a file where the folder was, as a disk that was not mounted leaves something else behind."""
    folder.rmdir()
    folder.write_bytes(b"")
    return folder


async def test_a_store_that_is_away_says_so_without_its_path(blobs: Blobs, lost_folder: Path) -> None:
    for broken in (
        blobs.put(key(), b"picture"),
        blobs.get(key()),
        blobs.head(key()),
        blobs.delete(key()),
        paths(blobs, CLINIC),
    ):
        with pytest.raises(BlobsUnavailableError) as refused:
            await broken
        assert str(lost_folder) not in str(refused.value)
        assert refused.value.retry_after > 0


@pytest.mark.parametrize("digest", ["", "abc", "../../../../etc/passwd", "ABCDEF0123456789", "0" * 15])
def test_a_key_is_made_of_ids_and_digits_only(digest: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        key(sha256=digest)
    assert str(key()) == f"{CLINIC}/{PATIENT}/{PHOTO}/0123456789abcdef.display"
