"""Pictures sealed before a store sees them: opened where they were put, with their patient's key, and nowhere else."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from aftercare.model.photos import Rendition
from aftercare.photos.blobs import BlobKey, LocalBlobs
from aftercare.photos.errors import BlobMissingError, KeyMissingError, PhotoErasedError, SealBrokenError
from aftercare.photos.keys import FileKeys
from aftercare.photos.masters import MasterKeys
from aftercare.photos.sealed import OVERHEAD_BYTES, SealedBlobs, key_number

CLINIC, PATIENT, OTHER, PHOTO, NEXT, ERASURE = (UUID(int=number) for number in range(1, 7))
AT = datetime(2026, 3, 4, 10, tzinfo=UTC)
PICTURE = b"a picture that nobody but its patient's clinic sees " * 40


def key(patient_id: UUID = PATIENT, photo_id: UUID = PHOTO) -> BlobKey:
    return BlobKey(
        clinic_id=CLINIC,
        patient_id=patient_id,
        photo_id=photo_id,
        sha256="0123456789abcdef" * 4,
        rendition=Rendition.DISPLAY,
    )


@pytest.fixture
def keys(tmp_path: Path) -> FileKeys:
    return FileKeys(tmp_path / "keys", lambda: MasterKeys([b"m" * 32]))


@pytest.fixture
def store(tmp_path: Path) -> LocalBlobs:
    return LocalBlobs(tmp_path / "photos")


@pytest.fixture
def sealed(store: LocalBlobs, keys: FileKeys) -> SealedBlobs:
    return SealedBlobs(store, keys)


async def test_what_was_put_is_what_one_gets_and_the_store_sees_none_of_it(
    sealed: SealedBlobs, store: LocalBlobs
) -> None:
    await sealed.put(key(), PICTURE)
    assert await sealed.get(key()) == PICTURE
    kept = await store.get(key())
    assert PICTURE[:16] not in kept
    assert len(kept) == len(PICTURE) + OVERHEAD_BYTES


async def test_the_same_picture_never_looks_the_same_in_the_store(
    sealed: SealedBlobs, store: LocalBlobs
) -> None:
    seen = set()
    for _ in range(5):
        await sealed.put(key(), PICTURE)
        seen.add((await store.get(key()))[5:17])
    assert len(seen) == 5


async def test_its_size_is_the_pictures(sealed: SealedBlobs) -> None:
    await sealed.put(key(), PICTURE)
    head = await sealed.head(key())
    assert head is not None
    assert head.size == len(PICTURE)
    assert [(found.path, found.size) async for found in sealed.list(CLINIC)] == [(str(key()), len(PICTURE))]
    assert await sealed.head(key(OTHER)) is None


@pytest.mark.parametrize("place", [0, 2, 7, 40, -1], ids=["version", "number", "nonce", "picture", "tag"])
async def test_one_changed_bit_is_enough_to_show_nothing(
    sealed: SealedBlobs, store: LocalBlobs, place: int
) -> None:
    await sealed.put(key(), PICTURE)
    changed = bytearray(await store.get(key()))
    changed[place] ^= 1
    await store.put(key(), bytes(changed))
    with pytest.raises((SealBrokenError, KeyMissingError)):
        await sealed.get(key())


@pytest.mark.parametrize(
    "where", [key(OTHER), key(photo_id=NEXT)], ids=["another patient's", "another photo's"]
)
async def test_put_at_another_path_it_does_not_open(
    sealed: SealedBlobs, store: LocalBlobs, keys: FileKeys, where: BlobKey
) -> None:
    await sealed.put(key(), PICTURE)
    await keys.key_of(CLINIC, OTHER)
    await store.put(where, await store.get(key()))
    with pytest.raises(SealBrokenError):
        await sealed.get(where)


@pytest.mark.parametrize("plain", [PICTURE, b"", b"\x01" * 20], ids=["a picture", "nothing", "too short"])
async def test_what_was_never_sealed_is_refused(sealed: SealedBlobs, store: LocalBlobs, plain: bytes) -> None:
    await store.put(key(), plain)
    with pytest.raises(SealBrokenError):
        await sealed.get(key())


async def test_after_erasure_a_copy_of_the_store_shows_nothing(
    sealed: SealedBlobs, store: LocalBlobs, keys: FileKeys
) -> None:
    await sealed.put(key(), PICTURE)
    copy = await store.get(key())
    upto = await keys.erase(CLINIC, PATIENT, ERASURE, "photos", AT)
    with pytest.raises(PhotoErasedError):
        await sealed.get(key())
    assert await sealed.delete_ended(CLINIC, PATIENT, upto) == 1
    await store.put(key(), copy)
    with pytest.raises(PhotoErasedError):
        await sealed.get(key())


async def test_what_came_after_an_erasure_stays_when_the_erasure_is_repeated(
    sealed: SealedBlobs, store: LocalBlobs, keys: FileKeys
) -> None:
    await sealed.put(key(), PICTURE)
    await store.put(key(photo_id=UUID(int=99)), b"never sealed")
    upto = await keys.erase(CLINIC, PATIENT, ERASURE, "photos", AT)
    await sealed.put(key(photo_id=NEXT), PICTURE)
    assert await sealed.delete_ended(CLINIC, PATIENT, upto) == 2
    assert [found.path async for found in sealed.list(CLINIC)] == [str(key(photo_id=NEXT))]
    assert await sealed.get(key(photo_id=NEXT)) == PICTURE


class _Meanwhile(LocalBlobs):
    """A store in which something happens between the writing of a blob and its acknowledgement."""

    happens: Callable[[], Awaitable[int]] | None = None

    async def put(self, key: BlobKey, data: bytes) -> None:
        await super().put(key, data)
        if self.happens is not None:
            meanwhile, self.happens = self.happens, None
            await meanwhile()


async def test_a_picture_that_was_on_its_way_when_the_patient_erased_is_not_acknowledged(
    tmp_path: Path, keys: FileKeys
) -> None:
    store = _Meanwhile(tmp_path / "photos")
    sealed = SealedBlobs(store, keys)
    store.happens = partial(keys.erase, CLINIC, PATIENT, ERASURE, "photos", AT)
    with pytest.raises(PhotoErasedError):
        await sealed.put(key(), PICTURE)
    with pytest.raises(BlobMissingError):
        await store.get(key())


async def test_a_patients_key_is_changed_under_all_pictures(
    sealed: SealedBlobs, store: LocalBlobs, keys: FileKeys
) -> None:
    await sealed.put(key(), PICTURE)
    await sealed.put(key(photo_id=NEXT), PICTURE[::-1])
    before = await keys.key_of(CLINIC, PATIENT)
    assert await sealed.reseal(CLINIC, PATIENT) == 2
    after = await keys.key_of(CLINIC, PATIENT)
    assert after.secret != before.secret
    assert {key_number(await store.get(one)) for one in (key(), key(photo_id=NEXT))} == {after.number}
    assert (await sealed.get(key()), await sealed.get(key(photo_id=NEXT))) == (PICTURE, PICTURE[::-1])
    with pytest.raises(KeyMissingError):
        await keys.key(CLINIC, PATIENT, before.number)


async def test_a_picture_that_was_on_its_way_when_the_key_changed_is_sealed_with_the_new_one(
    tmp_path: Path, keys: FileKeys
) -> None:
    store = _Meanwhile(tmp_path / "photos")
    sealed = SealedBlobs(store, keys)
    store.happens = partial(sealed.reseal, CLINIC, PATIENT)
    await sealed.put(key(), PICTURE)
    assert key_number(await store.get(key())) == (await keys.key_of(CLINIC, PATIENT)).number
    assert await sealed.get(key()) == PICTURE


def test_a_path_says_which_blob_it_is_of() -> None:
    assert str(BlobKey.of_path(str(key()))) == str(key())
    with pytest.raises(ValueError, match="unpack"):
        BlobKey.of_path("somewhere/else")
