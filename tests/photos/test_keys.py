"""Keys of patients: made once, wrapped, gone when erased, and not brought back by what was copied before."""

import asyncio
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from aftercare.photos.errors import KeyMissingError, KeysUnavailableError, MasterKeyError, PhotoErasedError
from aftercare.photos.key_store import FOR_GOOD
from aftercare.photos.keys import FileKeys
from aftercare.photos.masters import MasterKeys, development_masters, new_master_key, read_masters

CLINIC, PATIENT, OTHER, ERASURE, SECOND = (UUID(int=number) for number in range(1, 6))
OLD, NEW = b"o" * 32, b"n" * 32
AT = datetime(2026, 3, 4, 10, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def keys_in(folder: Path, *masters: bytes) -> FileKeys:
    return FileKeys(folder, lambda: MasterKeys(masters or (OLD,)))


async def test_a_patients_key_is_made_once_and_is_nobody_elses(folder: Path) -> None:
    made = await keys_in(folder).key_of(CLINIC, PATIENT)
    assert await keys_in(folder).key_of(CLINIC, PATIENT) == made
    assert await keys_in(folder).key(CLINIC, PATIENT, made.number) == made
    assert (await keys_in(folder).key_of(CLINIC, OTHER)).secret != made.secret
    assert (await keys_in(folder).key_of(OTHER, PATIENT)).secret != made.secret
    assert (len(made.secret), made.secret.hex() in repr(made), str(made.secret) in repr(made)) == (
        32,
        False,
        False,
    )


async def test_no_key_lies_open_and_only_the_service_may_read_its_files(folder: Path) -> None:
    secret = (await keys_in(folder).key_of(CLINIC, PATIENT)).secret
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert secret not in path.read_bytes()
        assert OLD not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


_ASK = """
import asyncio, sys
from pathlib import Path
from uuid import UUID
from aftercare.photos.keys import FileKeys
from aftercare.photos.masters import development_masters
keys = FileKeys(Path(sys.argv[1]) / "keys", lambda: development_masters(Path(sys.argv[1]) / "master.key"))
async def ask():
    for number in range(1, 21):
        print((await keys.key_of(UUID(int=1), UUID(int=number))).secret.hex())
sys.stdin.readline()
asyncio.run(ask())
"""


def test_processes_that_ask_at_once_agree_on_every_key(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _ASK, str(tmp_path)]
    asking = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for one in asking:
        assert one.stdin is not None
        one.stdin.write("now\n")
        one.stdin.flush()
    said = [one.communicate()[0] for one in asking]
    assert len(set(said)) == 1
    assert len(set(said[0].split())) == 20


async def test_an_erased_key_is_gone_and_the_next_one_has_a_later_number(folder: Path) -> None:
    keys = keys_in(folder)
    first = await keys.key_of(CLINIC, PATIENT)
    assert await keys.erase(CLINIC, PATIENT, ERASURE, "photos", AT) == first.number
    with pytest.raises(PhotoErasedError):
        await keys.key(CLINIC, PATIENT, first.number)
    second = await keys.key_of(CLINIC, PATIENT)
    assert second.number > first.number
    assert second.secret != first.secret
    # Repeated, as after a crash or a restore, it ends what it ended and nothing that came since.
    assert await keys.erase(CLINIC, PATIENT, ERASURE, "photos", AT) == first.number
    assert await keys.key(CLINIC, PATIENT, second.number) == second


async def test_erasing_everything_is_for_good(folder: Path) -> None:
    keys = keys_in(folder)
    await keys.key_of(CLINIC, PATIENT)
    assert await keys.erase(CLINIC, PATIENT, ERASURE, "everything", AT) == FOR_GOOD
    for _ in range(2):
        with pytest.raises(PhotoErasedError):
            await keys.key_of(CLINIC, PATIENT)
    assert [ended async for ended in keys.owners()] == []
    assert [(owner, ended.scope) async for owner, ended in keys.endings()] == [
        ((CLINIC, PATIENT), "everything")
    ]


async def test_a_copy_of_the_key_that_comes_back_is_ended_when_the_erasure_is_repeated(folder: Path) -> None:
    keys = keys_in(folder)
    made = await keys.key_of(CLINIC, PATIENT)
    file = next(folder.rglob("*.key"))
    copy = file.read_bytes()
    await keys.erase(CLINIC, PATIENT, ERASURE, "photos", AT)
    file.write_bytes(copy)
    await keys.erase(CLINIC, PATIENT, ERASURE, "photos", AT)
    with pytest.raises(PhotoErasedError):
        await keys.key(CLINIC, PATIENT, made.number)


async def test_what_a_crash_left_half_written_goes_with_the_key(folder: Path) -> None:
    keys = keys_in(folder)
    await keys.key_of(CLINIC, PATIENT)
    file = next(folder.rglob("*.key"))
    file.with_name(f".{file.name}.new").write_bytes(file.read_bytes())
    await keys.erase(CLINIC, PATIENT, ERASURE, "photos", AT)
    assert [path for path in folder.rglob("*") if ".key" in path.name] == []


async def test_a_key_that_is_lost_is_missing_not_erased(folder: Path) -> None:
    keys = keys_in(folder)
    made = await keys.key_of(CLINIC, PATIENT)
    next(folder.rglob("*.key")).unlink()
    with pytest.raises(KeyMissingError):
        await keys.key(CLINIC, PATIENT, made.number)


async def test_a_key_file_under_another_patients_name_does_not_open(folder: Path) -> None:
    keys = keys_in(folder)
    await keys.key_of(CLINIC, PATIENT)
    file = next(folder.rglob("*.key"))
    file.rename(file.with_name(f"{OTHER}.key"))
    with pytest.raises(KeyMissingError):
        await keys.key_of(CLINIC, OTHER)


@pytest.mark.parametrize("content", [b"", b"not a key", b"\x91\x92\x01"], ids=["empty", "text", "cut"])
async def test_a_damaged_key_file_is_said_to_be_missing(folder: Path, content: bytes) -> None:
    keys = keys_in(folder)
    await keys.key_of(CLINIC, PATIENT)
    next(folder.rglob("*.key")).write_bytes(content)
    with pytest.raises(KeyMissingError):
        await keys.key_of(CLINIC, PATIENT)


async def test_one_master_key_takes_over_from_another_without_touching_the_keys(folder: Path) -> None:
    made = await keys_in(folder, OLD).key_of(CLINIC, PATIENT)
    both = keys_in(folder, NEW, OLD)
    assert await both.key_of(CLINIC, PATIENT) == made
    assert both.rewrap((CLINIC, PATIENT))
    assert not both.rewrap((CLINIC, PATIENT))
    both.settle_master()
    assert await keys_in(folder, NEW).key_of(CLINIC, PATIENT) == made
    with pytest.raises(MasterKeyError):
        await keys_in(folder, OLD).open()


async def test_a_wrong_master_key_is_refused_before_it_wraps_anything(folder: Path) -> None:
    await keys_in(folder, OLD).open()
    with pytest.raises(MasterKeyError, match="AFTERCARE_MASTER_KEY_FILE"):
        await keys_in(folder, NEW).key_of(CLINIC, PATIENT)


async def test_a_folder_that_is_not_mounted_gets_no_new_keys(folder: Path) -> None:
    keys = FileKeys(folder, lambda: MasterKeys([OLD]), make=False)
    with pytest.raises(KeysUnavailableError, match="folder is missing"):
        await keys.key_of(CLINIC, PATIENT)
    assert not folder.exists()


async def test_a_disk_that_fails_is_told_without_its_path(folder: Path) -> None:
    keys = keys_in(folder)
    await keys.open()
    (folder / "patients").write_text("in the way")
    with pytest.raises(KeysUnavailableError) as told:
        await keys.key_of(CLINIC, PATIENT)
    assert str(PATIENT) not in f"{told.value} {told.value.__cause__}"


@pytest.mark.parametrize("text", ["", "c2hvcnQ=", "not base64!"], ids=["none", "short", "no base64"])
def test_a_master_key_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(MasterKeyError):
        read_masters(text)


def test_a_development_machine_makes_its_master_key_once(tmp_path: Path) -> None:
    file = tmp_path / "data" / "master.key"
    assert development_masters(file).current == development_masters(file).current
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["master.key"]
    assert read_masters(new_master_key()).current != read_masters(new_master_key()).current


async def test_many_who_ask_at_once_get_the_same_key(folder: Path) -> None:
    keys = keys_in(folder)
    found = await asyncio.gather(*(keys.key_of(CLINIC, PATIENT) for _ in range(16)))
    assert len({one.secret for one in found}) == 1


async def test_a_damaged_record_of_erasures_brings_no_key_back_and_stops_no_other(folder: Path) -> None:
    keys = keys_in(folder)
    ended = await keys.key_of(CLINIC, PATIENT)
    await keys.erase(CLINIC, PATIENT, ERASURE, "photos", AT)
    await keys.erase(CLINIC, OTHER, SECOND, "photos", AT)
    (folder / "erased" / str(CLINIC) / f"{PATIENT}.json").write_bytes(b"[{")
    for refused in (keys.key_of(CLINIC, PATIENT), keys.key(CLINIC, PATIENT, ended.number)):
        with pytest.raises(KeyMissingError):
            await refused
    assert [owner async for owner, _ in keys.endings()] == [(CLINIC, OTHER)]
