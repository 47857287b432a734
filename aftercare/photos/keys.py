"""Keys in a folder outside PostgreSQL, outside the store and their backups.

Nothing is kept in memory: each picture asks the folder, and an erasure holds at once in every process.
"""

import asyncio
import fcntl
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import ParamSpec, TypeVar
from uuid import UUID

import msgspec
import structlog

from aftercare.model.erasures import Scope
from aftercare.photos.errors import KeyMissingError, KeysUnavailableError, MasterKeyError, PhotoErasedError
from aftercare.photos.key_store import FOR_GOOD, Ended, Owner, PatientKey
from aftercare.photos.masters import KEY_BYTES, MasterKeys, Wrapped

_P = ParamSpec("_P")
_T = TypeVar("_T")
_log = structlog.get_logger()


class Numbered(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A key as it lies in the file of its patient."""

    number: int
    wrapped: Wrapped


Ring = tuple[Numbered, ...]


class FileKeys:
    """Keys in a folder, a file for each patient, readable by the service's own user only, wrapped by a master key.

    Files are replaced whole and synced with their folder, under a lock that all processes of this folder share; who
    reads takes none. `masters` is asked once, when the first key is.
    """

    def __init__(self, folder: Path, masters: Callable[[], MasterKeys], *, make: bool = True) -> None:
        """Nothing is touched yet. Without `make` a folder that is missing is away, not new."""
        self._folder, self._ask, self._make = folder, masters, make
        self._masters: MasterKeys | None = None

    async def open(self) -> None:
        """See `KeyStore.open`."""
        await _aside(self._opened)

    async def key_of(self, clinic_id: UUID, patient_id: UUID) -> PatientKey:
        """See `KeyStore.key_of`."""
        return await _aside(self._newest, (clinic_id, patient_id))

    async def key(self, clinic_id: UUID, patient_id: UUID, number: int) -> PatientKey:
        """See `KeyStore.key`."""
        return await _aside(self._numbered, (clinic_id, patient_id), number)

    async def add(self, clinic_id: UUID, patient_id: UUID) -> PatientKey:
        """See `KeyStore.add`."""
        return await _aside(self._made, (clinic_id, patient_id), anew=True)

    async def retire(self, clinic_id: UUID, patient_id: UUID, below: int) -> None:
        """See `KeyStore.retire`."""
        await _aside(self._keep, (clinic_id, patient_id), lambda one: one.number >= below)

    async def erase(
        self, clinic_id: UUID, patient_id: UUID, erasure_id: UUID, scope: Scope, at: datetime
    ) -> int:
        """See `KeyStore.erase`."""
        return await _aside(self._end, (clinic_id, patient_id), erasure_id, scope, at)

    async def ended(self, clinic_id: UUID, patient_id: UUID) -> tuple[Ended, ...]:
        """See `KeyStore.ended`."""
        return await _aside(self.read_ended, (clinic_id, patient_id))

    async def owners(self) -> AsyncIterator[Owner]:
        """See `KeyStore.owners`."""
        for owner in await _aside(_owners, self._folder / "patients", ".key"):
            yield owner

    async def endings(self) -> AsyncIterator[tuple[Owner, Ended]]:
        """See `KeyStore.endings`."""
        for owner in await _aside(_owners, self._folder / "erased", ".json"):
            try:
                known = await _aside(self.read_ended, owner)
            except (
                KeyMissingError
            ):  # one patient's record must not keep all others' erasures from being repeated
                _log.error("erasure_record_damaged", clinic_id=str(owner[0]), patient_id=str(owner[1]))
                continue
            for ended in known:
                yield owner, ended

    # What follows is done in a thread, and by the key backup, which is one.

    @property
    def masters(self) -> MasterKeys:
        """The master keys. Raises MasterKeyError."""
        return self._opened()

    def read_ring(self, owner: Owner) -> Ring:
        """The keys of a patient as they lie there, wrapped; none if there is no file."""
        try:
            return msgspec.msgpack.decode(self._key_file(owner).read_bytes(), type=Ring)
        except FileNotFoundError:
            return ()
        except msgspec.DecodeError:
            raise KeyMissingError from None  # damaged where it is kept

    def read_ended(self, owner: Owner) -> tuple[Ended, ...]:
        """The erasures of a patient on record here."""
        try:
            return msgspec.json.decode(self._ended_file(owner).read_bytes(), type=tuple[Ended, ...])
        except FileNotFoundError:
            return ()
        except msgspec.DecodeError:
            # Damaged where it is kept. Taken for none, it would let keys come back that were ended.
            raise KeyMissingError from None

    def merge(self, owner: Owner, ring: Ring, ended: tuple[Ended, ...]) -> bool:
        """Put back what a backup holds, except what was ended or is here; True if a key came back."""
        with self._locked():
            known = self.read_ended(owner)
            all_ended = (
                *known,
                *(one for one in ended if one.erasure_id not in {k.erasure_id for k in known}),
            )
            here = {one.number: one for one in self.read_ring(owner)}
            upto = max((one.upto for one in all_ended), default=0)
            merged = {one.number: one for one in ring} | here
            kept = tuple(merged[number] for number in sorted(merged) if number > upto)
            if all_ended != known:
                self._write_ended(owner, all_ended)
            self._write_ring(owner, kept)
            return any(one.number not in here for one in kept)

    def rewrap(self, owner: Owner) -> bool:
        """Wrap a patient's keys by the current master key where another did; no picture is touched. True if so."""
        with self._locked():
            ring = self.read_ring(owner)
            if all(one.wrapped.master == self.masters.current for one in ring):
                return False
            self._write_ring(owner, tuple(self._wrap(owner, self._unwrap(owner, one)) for one in ring))
            return True

    def check(self, owner: Owner) -> None:
        """Open every key of a patient. Raises KeyMissingError."""
        for one in self.read_ring(owner):
            self._unwrap(owner, one)

    def settle_master(self) -> None:
        """All keys are under the current master key now: from here on the one before is not asked for."""
        with self._locked():
            self._write(self._folder / "master", self.masters.current.hex().encode())

    def _opened(self) -> MasterKeys:
        if self._masters is None:
            if self._make:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            elif not self._folder.is_dir():
                # An empty folder in place of one that is not mounted would get new keys, and lose the old ones' photos.
                raise KeysUnavailableError(
                    "The keys' folder is missing. Mount it or restore it, or make it if this is a new installation."
                )
            masters = self._ask()
            kept = self._folder / "master"
            if not kept.exists():
                with _alone(self._folder):
                    if not kept.exists():
                        self._write(kept, masters.current.hex().encode())
            if bytes.fromhex(kept.read_text()) not in masters.names:
                raise MasterKeyError
            self._masters = masters
        return self._masters

    def _newest(self, owner: Owner) -> PatientKey:
        ring = self.read_ring(owner)
        return self._unwrap(owner, ring[-1]) if ring else self._made(owner, anew=False)

    def _numbered(self, owner: Owner, number: int) -> PatientKey:
        for one in self.read_ring(owner):
            if one.number == number:
                return self._unwrap(owner, one)
        if number <= self._upto(owner):
            raise PhotoErasedError
        raise KeyMissingError

    def _made(self, owner: Owner, *, anew: bool) -> PatientKey:
        with self._locked():
            ring = self.read_ring(owner)
            if ring and not anew:  # another process was quicker
                return self._unwrap(owner, ring[-1])
            number = max(ring[-1].number if ring else 0, self._upto(owner)) + 1
            if number >= FOR_GOOD:
                raise PhotoErasedError
            made = PatientKey(number=number, secret=secrets.token_bytes(KEY_BYTES))
            self._write_ring(owner, (*ring, self._wrap(owner, made)))
            return made

    def _end(self, owner: Owner, erasure_id: UUID, scope: Scope, at: datetime) -> int:
        with self._locked():
            known = self.read_ended(owner)
            done = next((one for one in known if one.erasure_id == erasure_id), None)
            if done is None:
                newest = max((one.number for one in self.read_ring(owner)), default=0)
                upto = FOR_GOOD if scope == "everything" else max(newest, self._upto(owner))
                done = Ended(erasure_id=erasure_id, scope=scope, at=at, upto=upto)
                # The record first: should we end here, whoever repeats this knows which keys were meant.
                self._write_ended(owner, (*known, done))
            ring = self.read_ring(owner)
            kept = tuple(one for one in ring if one.number > done.upto)
            if kept != ring or not ring:  # where there is none, there may be what a crash left of one
                self._write_ring(owner, kept)
            return done.upto

    def _keep(self, owner: Owner, which: Callable[[Numbered], bool]) -> None:
        with self._locked():
            ring = self.read_ring(owner)
            kept = tuple(one for one in ring if which(one))
            if kept != ring:
                self._write_ring(owner, kept)

    def _upto(self, owner: Owner) -> int:
        return max((one.upto for one in self.read_ended(owner)), default=0)

    def _wrap(self, owner: Owner, key: PatientKey) -> Numbered:
        return Numbered(number=key.number, wrapped=self.masters.wrap(key.secret, _place(owner, key.number)))

    def _unwrap(self, owner: Owner, one: Numbered) -> PatientKey:
        return PatientKey(
            number=one.number, secret=self.masters.unwrap(one.wrapped, _place(owner, one.number))
        )

    def _key_file(self, owner: Owner) -> Path:
        return self._folder / "patients" / str(owner[0]) / f"{owner[1]}.key"

    def _ended_file(self, owner: Owner) -> Path:
        return self._folder / "erased" / str(owner[0]) / f"{owner[1]}.json"

    def _write_ring(self, owner: Owner, ring: Ring) -> None:
        file = self._key_file(owner)
        if ring:
            self._write(file, msgspec.msgpack.encode(ring))
            return
        for gone in (_unfinished(file), file):
            with suppress(FileNotFoundError):
                gone.unlink()
        if file.parent.is_dir():
            _sync(file.parent)

    def _write_ended(self, owner: Owner, ended: tuple[Ended, ...]) -> None:
        self._write(self._ended_file(owner), msgspec.json.encode(ended))

    def _write(self, file: Path, content: bytes) -> None:
        """Replace a file whole; when this returns it survives a power cut. Only under the lock."""
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = _unfinished(file)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(descriptor)
        new.replace(file)
        for folder in (file.parent, *file.parent.parents):
            _sync(folder)
            if folder == self._folder:
                return

    def _locked(self) -> AbstractContextManager[None]:
        self._opened()
        return _alone(self._folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Alone among the processes and threads that change keys; the system lets go when a process dies."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


async def _aside(do: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """In a thread: a disk may take its time. What is wrong with it is said without the path, which names a patient."""
    try:
        return await asyncio.to_thread(do, *args, **kwargs)
    except OSError:
        raise KeysUnavailableError from None


def _owners(folder: Path, ending: str) -> list[Owner]:
    return [
        (UUID(file.parent.name), UUID(file.stem))
        for file in sorted(folder.glob(f"*/*{ending}"))
        if not file.name.startswith(".")
    ]


def _place(owner: Owner, number: int) -> bytes:
    return b"aftercare patient key\0" + owner[0].bytes + owner[1].bytes + number.to_bytes(4, "big")


def _unfinished(file: Path) -> Path:
    """One name, so that whoever erases finds what a crash left of it."""
    return file.with_name(f".{file.name}.new")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
