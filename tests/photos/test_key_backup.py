"""The keys' backup: a week of dated archives that only the master key opens, and no erased key comes back from one."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from aftercare.photos import key_backup
from aftercare.photos.errors import KeyMissingError, PhotoErasedError
from aftercare.photos.key_backup import KeyBackupError
from aftercare.photos.keys import FileKeys
from aftercare.photos.masters import MasterKeys

CLINIC, PATIENT, OTHER, ERASURE = (UUID(int=number) for number in range(1, 5))
AT = datetime(2026, 3, 4, 10, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def keys(tmp_path: Path) -> FileKeys:
    return FileKeys(tmp_path / "keys", lambda: MasterKeys([b"m" * 32]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


async def test_lost_keys_come_back_and_what_is_there_stays(
    keys: FileKeys, folder: Path, tmp_path: Path
) -> None:
    lost, there = await keys.key_of(CLINIC, PATIENT), await keys.key_of(CLINIC, OTHER)
    file = await key_backup.back_up(keys, folder, now=AT)
    (tmp_path / "keys" / "patients" / str(CLINIC) / f"{PATIENT}.key").unlink()
    newer = await keys.add(CLINIC, OTHER)
    done = key_backup.restore(keys, file, now=AT + DAY)
    assert (done.held, done.came_back) == (2, 1)
    assert await keys.key(CLINIC, PATIENT, lost.number) == lost
    assert await keys.key(CLINIC, OTHER, there.number) == there
    assert await keys.key_of(CLINIC, OTHER) == newer


async def test_an_erased_key_does_not_come_back(keys: FileKeys, folder: Path) -> None:
    made = await keys.key_of(CLINIC, PATIENT)
    file = await key_backup.back_up(keys, folder, now=AT)
    await keys.erase(CLINIC, PATIENT, ERASURE, "photos", AT)
    assert key_backup.restore(keys, file, now=AT + DAY).came_back == 0
    with pytest.raises(PhotoErasedError):
        await keys.key(CLINIC, PATIENT, made.number)


async def test_what_was_erased_is_on_record_in_the_archive_too(
    keys: FileKeys, folder: Path, tmp_path: Path
) -> None:
    await keys.key_of(CLINIC, PATIENT)
    copy = Path(shutil.copytree(tmp_path / "keys", tmp_path / "older"))
    await keys.erase(CLINIC, PATIENT, ERASURE, "photos", AT)
    file = await key_backup.back_up(keys, folder, now=AT)
    shutil.rmtree(tmp_path / "keys")
    copy.rename(tmp_path / "keys")
    assert len(keys.read_ring((CLINIC, PATIENT))) == 1
    key_backup.restore(keys, file, now=AT)
    assert keys.read_ring((CLINIC, PATIENT)) == ()


async def test_archives_older_than_seven_days_are_removed_and_nothing_else_is(
    keys: FileKeys, folder: Path
) -> None:
    files = [await key_backup.back_up(keys, folder, now=AT + number * DAY) for number in range(8)]
    (folder / "notes.txt").write_text("kept")
    assert files[0].exists(), "seven days old to the second is not older"
    newest = await key_backup.back_up(keys, folder, now=AT + 7 * DAY + timedelta(seconds=1))
    assert not files[0].exists()
    assert sorted(folder.iterdir()) == sorted([*files[1:], newest, folder / "notes.txt"])


async def test_an_archive_older_than_seven_days_is_not_restored_wherever_it_was_kept(
    keys: FileKeys, folder: Path, tmp_path: Path
) -> None:
    made = await keys.key_of(CLINIC, PATIENT)
    hidden = (await key_backup.back_up(keys, folder, now=AT)).rename(tmp_path / "hidden.bin")
    shutil.rmtree(tmp_path / "keys" / "patients")
    with pytest.raises(KeyBackupError, match="older than seven days"):
        key_backup.restore(keys, hidden, now=AT + 8 * DAY)
    with pytest.raises(KeyMissingError):
        await keys.key(CLINIC, PATIENT, made.number)


async def test_an_archive_tells_nothing_without_the_master_key(
    keys: FileKeys, folder: Path, tmp_path: Path
) -> None:
    made = await keys.key_of(CLINIC, PATIENT)
    file = await key_backup.back_up(keys, folder, now=AT)
    content = file.read_bytes()
    assert made.secret not in content
    assert PATIENT.bytes not in content
    assert str(PATIENT).encode() not in content
    stranger = FileKeys(tmp_path / "stranger", lambda: MasterKeys([b"x" * 32]))
    with pytest.raises(KeyBackupError):
        key_backup.restore(stranger, file, now=AT)


@pytest.mark.parametrize("change", [b"", b"text"], ids=["empty", "text"])
async def test_what_is_no_archive_is_refused_and_changes_nothing(
    keys: FileKeys, folder: Path, change: bytes
) -> None:
    made = await keys.key_of(CLINIC, PATIENT)
    file = await key_backup.back_up(keys, folder, now=AT)
    cut = file.read_bytes()[:-1]
    for content in (change, cut):
        file.write_bytes(content)
        with pytest.raises(KeyBackupError):
            key_backup.restore(keys, file, now=AT)
    assert await keys.key_of(CLINIC, PATIENT) == made
