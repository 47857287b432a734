import asyncio
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from aftercare.model.photos import Rendition
from aftercare.photos.blobs import BlobHead, BlobKey, Blobs, LocalBlobs
from aftercare.photos.errors import BlobMissingError, BlobsUnavailableError
from aftercare.photos.spool import SpooledBlobs
from aftercare.photos.spool_folder import SpoolFolder

CLINIC, PATIENT, OTHER_PATIENT = (UUID(int=number) for number in range(1, 4))
ROOM = 1_000_000


def key(number: int = 9, patient_id: UUID = PATIENT, rendition: Rendition = Rendition.DISPLAY) -> BlobKey:
    return BlobKey(
        clinic_id=CLINIC,
        patient_id=patient_id,
        photo_id=UUID(int=number),
        sha256="0123456789abcdef",
        rendition=rendition,
    )


class Store:
    """A store that may be away, hang, or do something in the middle of a put; it remembers the order of its puts."""

    def __init__(self, folder: Path) -> None:
        self.kept: Blobs = LocalBlobs(folder)
        self.away = False
        self.answering = asyncio.Event()
        self.answering.set()
        self.puts: list[str] = []
        self.asked = asyncio.Event()

    def _here(self) -> None:
        if self.away:
            raise BlobsUnavailableError

    async def put(self, key: BlobKey, data: bytes) -> None:
        self.asked.set()
        self._here()
        await self.answering.wait()
        await self.kept.put(key, data)
        self.puts.append(str(key))

    async def get(self, key: BlobKey) -> bytes:
        self._here()
        return await self.kept.get(key)

    async def head(self, key: BlobKey) -> BlobHead | None:
        self._here()
        return await self.kept.head(key)

    async def delete(self, key: BlobKey) -> None:
        self._here()
        await self.kept.delete(key)

    async def list(self, clinic_id: UUID, patient_id: UUID | None = None) -> AsyncIterator[BlobHead]:
        self._here()
        async for found in self.kept.list(clinic_id, patient_id):
            yield found

    async def delete_patient(self, clinic_id: UUID, patient_id: UUID) -> int:
        self._here()
        return await self.kept.delete_patient(clinic_id, patient_id)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "photos")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def blobs(store: Store, folder: Path) -> SpooledBlobs:
    return SpooledBlobs(store, folder, most_bytes=ROOM)


async def paths(blobs: Blobs, patient_id: UUID | None = None) -> set[str]:
    return {found.path async for found in blobs.list(CLINIC, patient_id)}


async def test_while_the_store_is_there_nothing_is_spooled(blobs: SpooledBlobs, store: Store) -> None:
    await blobs.put(key(), b"picture")
    assert (await blobs.waiting(), store.puts) == (0, [str(key())])
    assert await blobs.get(key()) == b"picture"


async def test_while_it_is_away_a_photo_is_kept_and_shown_all_the_same(
    blobs: SpooledBlobs, store: Store
) -> None:
    store.away = True
    await blobs.put(key(), b"picture")
    assert await blobs.get(key()) == b"picture"
    head = await blobs.head(key())
    assert head
    assert head.path == str(key())
    assert await blobs.waiting() == 1
    with pytest.raises(BlobsUnavailableError):
        await blobs.get(key(10))


async def test_a_store_that_does_not_answer_counts_as_away(store: Store, folder: Path) -> None:
    blobs = SpooledBlobs(store, folder, most_bytes=ROOM, patience=0.02)
    store.answering.clear()
    await blobs.put(key(), b"picture")
    assert await blobs.waiting() == 1


async def test_whoever_comes_next_does_not_wait_for_it_again(blobs: SpooledBlobs, store: Store) -> None:
    store.away = True
    await blobs.put(key(), b"picture")
    store.asked.clear()
    await blobs.put(key(10), b"another")
    assert not store.asked.is_set()


async def test_what_waits_reaches_the_store_in_order(blobs: SpooledBlobs, store: Store) -> None:
    store.away = True
    numbers = (30, 10, 20, 11)
    for number in numbers:
        await blobs.put(key(number), str(number).encode())
    with pytest.raises(BlobsUnavailableError):
        await blobs.drain()
    assert await blobs.waiting() == len(numbers)
    store.away = False
    assert await blobs.drain() == len(numbers)
    assert store.puts == [str(key(number)) for number in numbers]
    assert [await store.get(key(number)) for number in numbers] == [b"30", b"10", b"20", b"11"]
    assert await blobs.waiting() == 0


async def test_it_drains_by_itself_once_the_store_is_back(blobs: SpooledBlobs, store: Store) -> None:
    store.away = True
    await blobs.put(key(), b"picture")
    store.away = False
    store.asked.clear()
    blobs.start()
    async with asyncio.timeout(60):
        await store.asked.wait()
    await blobs.stop()
    await blobs.drain()
    assert await store.get(key()) == b"picture"


async def test_of_two_that_drain_one_leaves_it_to_the_other(
    blobs: SpooledBlobs, store: Store, folder: Path
) -> None:
    other = SpooledBlobs(store, folder, most_bytes=ROOM)
    store.away = True
    await blobs.put(key(), b"picture")
    store.away = False
    store.answering.clear()
    store.asked.clear()
    first = asyncio.create_task(blobs.drain())
    await store.asked.wait()
    assert await other.drain() == 0
    store.answering.set()
    assert await first == 1
    assert store.puts == [str(key())]


def test_a_drainer_that_was_killed_is_one_no_longer(folder: Path) -> None:
    spool = SpoolFolder(folder, most_bytes=ROOM, most_blobs=10)
    code = (
        "import sys, time; from pathlib import Path; from aftercare.photos.spool_folder import SpoolFolder\n"
        "with SpoolFolder(Path(sys.argv[1]), most_bytes=1, most_blobs=1).drainer() as ours:\n"
        "    print(ours, flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"True\n"
    with spool.drainer() as ours:
        assert not ours
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with spool.drainer() as ours:
        assert ours


async def test_what_is_written_over_while_it_waits_stays_the_newer_one(
    blobs: SpooledBlobs, store: Store
) -> None:
    store.away = True
    await blobs.put(key(), b"older")
    store.away = False
    blobs._away_until = 0.0  # and known to be back
    await blobs.put(key(), b"newer")
    assert await blobs.get(key()) == b"newer"
    await blobs.drain()
    assert await store.get(key()) == b"newer"


async def test_what_is_written_over_on_its_way_is_sent_again(blobs: SpooledBlobs, store: Store) -> None:
    store.away = True
    await blobs.put(key(), b"older")
    store.away = False
    store.answering.clear()
    store.asked.clear()
    draining = asyncio.create_task(blobs.drain())
    await store.asked.wait()
    await blobs.put(key(), b"newer")
    store.answering.set()
    await draining
    assert await blobs.get(key()) == b"newer"
    await blobs.drain()
    assert await store.get(key()) == b"newer"


async def test_what_is_erased_on_its_way_does_not_stay_in_the_store(
    blobs: SpooledBlobs, store: Store
) -> None:
    store.away = True
    await blobs.put(key(), b"picture")
    store.away = False
    store.answering.clear()
    store.asked.clear()
    draining = asyncio.create_task(blobs.drain())
    await store.asked.wait()
    assert await blobs.delete_patient(CLINIC, PATIENT) == 1
    store.answering.set()
    await draining
    assert await paths(blobs) == set()


async def test_erasing_a_patient_takes_what_waits_and_what_is_stored_and_nobody_else(
    blobs: SpooledBlobs, store: Store, folder: Path
) -> None:
    await blobs.put(key(1), b"stored")
    store.away = True
    await blobs.put(key(2), b"PLANTED waiting")
    await blobs.put(key(3), b"PLANTED damaged")
    await blobs.put(key(4, OTHER_PATIENT), b"other")
    next(folder.glob(f"*{UUID(int=3)}*")).write_bytes(b"PLANTED and not as it was written")
    with pytest.raises(BlobsUnavailableError):
        await blobs.get(key(3))
    with pytest.raises(BlobsUnavailableError):
        await blobs.delete_patient(CLINIC, PATIENT)
    assert [file for file in folder.rglob("*") if file.is_file() and b"PLANTED" in file.read_bytes()] == []
    store.away = False
    assert await blobs.delete_patient(CLINIC, PATIENT) == 1
    assert await paths(blobs) == {str(key(4, OTHER_PATIENT))}


async def test_deleting_one_rendition_forgets_it_on_both_sides(blobs: SpooledBlobs, store: Store) -> None:
    await blobs.put(key(), b"stored")
    store.away = True
    small = key(rendition=Rendition.THUMBNAIL)
    await blobs.put(small, b"waiting")
    store.away = False
    await blobs.delete(key())
    await blobs.delete(small)
    assert await paths(blobs) == set()
    with pytest.raises(BlobMissingError):
        await blobs.get(small)


async def test_a_list_names_what_waits_and_what_is_stored_once_each(
    blobs: SpooledBlobs, store: Store
) -> None:
    await blobs.put(key(1), b"stored")
    store.away = True
    for each in (key(1), key(2), key(3, OTHER_PATIENT)):
        await blobs.put(each, b"waiting")
    store.away = False
    found = sorted([one.path async for one in blobs.list(CLINIC)])
    assert found == sorted(map(str, (key(1), key(2), key(3, OTHER_PATIENT))))
    assert await paths(blobs, PATIENT) == {str(key(1)), str(key(2))}


@pytest.mark.parametrize(("most_bytes", "most_blobs"), [(3 * (100 + 32), 100), (ROOM, 3)])
async def test_a_full_spool_refuses_and_keeps_what_it_has(
    store: Store, folder: Path, most_bytes: int, most_blobs: int
) -> None:
    blobs = SpooledBlobs(store, folder, most_bytes=most_bytes, most_blobs=most_blobs)
    store.away = True
    for number in range(3):
        await blobs.put(key(number), bytes(100))
    with pytest.raises(BlobsUnavailableError) as refused:
        await blobs.put(key(3), bytes(100))
    assert refused.value.retry_after > 0
    await blobs.put(key(2), b"written over")
    assert await blobs.waiting() == 3
    store.away = False
    assert await blobs.drain() == 3
    await blobs.put(key(3), bytes(100))
    assert len(await paths(blobs)) == 4


async def test_the_bound_is_that_of_all_processes_together(store: Store, folder: Path) -> None:
    store.away = True
    several = [SpooledBlobs(store, folder, most_bytes=ROOM, most_blobs=5) for _ in range(4)]
    results = await asyncio.gather(
        *(several[number % 4].put(key(number), b"picture") for number in range(20)), return_exceptions=True
    )
    assert sum(result is None for result in results) == 5
    assert await several[0].waiting() == 5


async def test_who_writes_waits_for_another_process_that_does(
    blobs: SpooledBlobs, store: Store, folder: Path
) -> None:
    store.away = True
    with (folder / ".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        put = asyncio.create_task(blobs.put(key(), b"picture"))
        await asyncio.wait([put], timeout=0.2)
        assert not put.done()
        assert await blobs.waiting() == 0
    await put
    assert await blobs.waiting() == 1


async def test_what_a_disk_has_damaged_is_set_aside_and_holds_nobody_up(
    blobs: SpooledBlobs, store: Store, folder: Path
) -> None:
    store.away = True
    await blobs.put(key(1), b"damaged")
    await blobs.put(key(2), b"whole")
    file = next(folder.glob(f"*{UUID(int=1)}*"))
    file.write_bytes(file.read_bytes()[:-1])
    store.away = False
    assert await blobs.drain() == 1
    assert await paths(blobs) == {str(key(2))}
    assert [kept.name for kept in (folder / "damaged").iterdir()] == [file.name]
    with pytest.raises(BlobMissingError):
        await blobs.get(key(1))


async def test_what_is_spooled_is_on_the_disk_before_it_has_its_name(
    blobs: SpooledBlobs, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, int]] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        synced.append((Path(f"/proc/self/fd/{descriptor}").readlink().name, len(SpoolFolder.entries(spool))))
        fsync(descriptor)

    spool = SpoolFolder(folder, most_bytes=ROOM, most_blobs=10)
    monkeypatch.setattr(os, "fsync", watched)
    store.away = True
    await blobs.put(key(), b"picture")
    assert synced == [(".writing", 0), (folder.name, 1)]


async def test_a_write_that_was_cut_off_is_no_blob(blobs: SpooledBlobs, store: Store, folder: Path) -> None:
    (folder / ".writing").write_bytes(b"half a pict")
    assert (await blobs.waiting(), await blobs.drain()) == (0, 0)
    store.away = True
    await blobs.put(key(), b"picture")
    assert await blobs.get(key()) == b"picture"


async def test_a_file_that_is_no_blob_is_left_alone(blobs: SpooledBlobs, store: Store, folder: Path) -> None:
    (folder / "lost+found").mkdir()
    (folder / "notes.txt").write_text("left here by somebody")
    store.away = True
    await blobs.put(key(), b"picture")
    store.away = False
    assert await blobs.drain() == 1
    assert (folder / "notes.txt").exists()


async def test_a_spool_whose_disk_is_gone_says_so(blobs: SpooledBlobs, store: Store, folder: Path) -> None:
    store.away = True
    (folder / ".lock").unlink(missing_ok=True)
    folder.rmdir()
    folder.write_bytes(b"")
    for broken in (blobs.put(key(), b"picture"), blobs.get(key()), blobs.waiting(), blobs.drain()):
        with pytest.raises(BlobsUnavailableError) as refused:
            await broken
        assert str(folder) not in str(refused.value)


def test_nobody_else_can_look_into_the_folder(blobs: SpooledBlobs, folder: Path) -> None:
    assert blobs
    assert folder.stat().st_mode & 0o077 == 0


async def test_a_blob_is_as_long_in_the_spool_as_in_its_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    spool = SpooledBlobs(store, tmp_path / "spool", most_bytes=ROOM)
    store.away = True
    await spool.put(key(), b"twelve bytes")
    waiting = await spool.head(key())
    assert waiting is not None
    store.away = False
    assert [found.size async for found in spool.list(CLINIC)] == [waiting.size] == [12]
    await spool.drain()
    stored = await spool.head(key())
    assert stored is not None
    assert stored.size == 12
