"""The folder of a spool: whole files or none, bounded, shared by the processes of one machine through its locks.

Everything here waits for a disk, so it is called in a thread.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog

from aftercare.photos.blobs import BlobHead

_log = structlog.get_logger()
_SUM_BYTES = 32
_BLOB = re.compile(r"(?:[0-9a-f-]{36}_){3}[0-9a-f]{16}\.[a-z]+")
_WRITING, _LOCK, _DRAINER, _DAMAGED = ".writing", ".lock", ".drainer", "damaged"


class SpoolFull(Exception):
    """There is no room for another one."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One waiting blob; `size` is what it takes of the disk, its sum before it included. `inode` and `written_ns` tell it from another one that was written over it since."""

    path: str
    size: int
    written_ns: int
    inode: int

    @property
    def head(self) -> BlobHead:
        """As a store tells of it."""
        return BlobHead(
            path=self.path,
            size=max(0, self.size - _SUM_BYTES),
            written_at=datetime.fromtimestamp(self.written_ns / 1e9, UTC),
        )


class SpoolFolder:
    """Blobs as files of one folder, each behind the SHA-256 of itself: a disk that forgets is noticed."""

    def __init__(self, folder: Path, *, most_bytes: int, most_blobs: int) -> None:
        """Make the folder where it is missing. Raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._most_bytes, self._most_blobs = folder.resolve(), most_bytes, most_blobs

    def write(self, path: str, data: bytes) -> None:
        """Keep a blob so that it survives a power cut, in place of what was there. Raises SpoolFull, OSError."""
        with self._locked():
            others = [entry for entry in self.entries() if entry.path != path]
            size = _SUM_BYTES + len(data)
            if len(others) >= self._most_blobs or size + sum(one.size for one in others) > self._most_bytes:
                raise SpoolFull
            # One name is enough under the lock; what a killed process left there is written over.
            with (self._folder / _WRITING).open("wb") as file:
                file.write(hashlib.sha256(data).digest())
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            (self._folder / _WRITING).rename(self._file(path))
            self._sync()

    def read(self, path: str) -> bytes | None:
        """Return a blob, None if it does not wait here; one that the disk has damaged is set aside. Raises OSError."""
        try:
            kept = self._file(path).read_bytes()
        except FileNotFoundError:
            return None
        data = kept[_SUM_BYTES:]
        if hashlib.sha256(data).digest() == kept[:_SUM_BYTES]:
            return data
        self._set_aside(path)
        return None

    def holds(self, path: str) -> bool:
        """Whether a blob waits here."""
        return self._file(path).exists()

    def entries(self) -> list[Entry]:
        """Return what waits, the oldest first. Raises OSError."""
        found = []
        with os.scandir(self._folder) as files:
            for file in files:
                if not _BLOB.fullmatch(file.name):
                    continue
                with suppress(FileNotFoundError):  # drained in this moment
                    stat = file.stat()
                    found.append(
                        Entry(
                            path=file.name.replace("_", "/"),
                            size=stat.st_size,
                            written_ns=stat.st_mtime_ns,
                            inode=stat.st_ino,
                        )
                    )
        return sorted(found, key=lambda entry: (entry.written_ns, entry.path))

    def drop(self, path: str) -> bool:
        """Forget a blob for good; False if none waited. Raises OSError."""
        with self._locked():
            try:
                self._file(path).unlink()
            except FileNotFoundError:
                return False
            self._sync()
            return True

    def drop_all(self, prefix: str) -> list[str]:
        """Forget every blob whose path begins so, damaged ones too; return the paths of those that waited."""
        paths = [entry.path for entry in self.entries() if entry.path.startswith(prefix)]
        for damaged in (self._folder / _DAMAGED).glob(f"{self._file(prefix).name}*"):
            damaged.unlink(missing_ok=True)
        return [path for path in paths if self.drop(path)]

    def drop_stored(self, entry: Entry) -> bool:
        """Forget a blob that the store has by now, unless another was written over it; False if it was dropped meanwhile.

        It is not synced: after a power cut it would be stored once more, which changes nothing.
        """
        with self._locked():
            try:
                stat = self._file(entry.path).stat()
            except FileNotFoundError:
                return False
            if (stat.st_ino, stat.st_mtime_ns) == (entry.inode, entry.written_ns):
                self._file(entry.path).unlink()
            return True

    @contextmanager
    def drainer(self) -> Iterator[bool]:
        """Be the one that drains, of all processes, or be told that another one is. A killed one is it no longer."""
        descriptor = os.open(self._folder / _DRAINER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(descriptor)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among all processes, for the moment that a file takes."""
        descriptor = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _set_aside(self, path: str) -> None:
        """Out of the way of the others, and kept for whoever looks into it."""
        _log.error("spooled_photo_damaged", photo_id=path.split("/")[2])
        damaged = self._folder / _DAMAGED
        damaged.mkdir(mode=0o700, exist_ok=True)
        with suppress(FileNotFoundError):
            self._file(path).rename(damaged / self._file(path).name)

    def _file(self, path: str) -> Path:
        return self._folder / path.replace("/", "_")

    def _sync(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
