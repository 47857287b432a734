"""The keys' own backup: an encrypted archive a day, none older than seven, so that an erased key is gone after a week.

An archive holds the keys as they lie in their folder, wrapped, and the record of erasures beside them; whole it is closed
with the master key, which is never in it.
"""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from aftercare.errors import AftercareError
from aftercare.photos.errors import KeyMissingError
from aftercare.photos.key_store import Ended, Owner
from aftercare.photos.keys import FileKeys, Ring
from aftercare.photos.masters import Wrapped

KEPT = timedelta(days=7)
_PLACE = b"aftercare key backup\0"
_NAME = re.compile(r"aftercare-keys-(\d{8}T\d{6}Z)\.bin")
_WRITTEN = "%Y%m%dT%H%M%SZ"


class KeyBackupError(AftercareError):
    """This is no key backup that the master key opens."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    clinic_id: UUID
    patient_id: UUID
    ring: Ring
    ended: tuple[Ended, ...]


class _Archive(msgspec.Struct, frozen=True, kw_only=True):
    made_at: datetime
    entries: tuple[_Entry, ...]


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """How many patients' keys an archive held, and of how many some came back."""

    held: int
    came_back: int


async def back_up(keys: FileKeys, folder: Path, *, now: datetime) -> Path:
    """Write today's archive, then remove those older than seven days; return the new one."""
    owners: set[Owner] = {owner async for owner in keys.owners()}
    owners |= {owner async for owner, _ in keys.endings()}
    entries = tuple(
        _Entry(
            clinic_id=owner[0], patient_id=owner[1], ring=keys.read_ring(owner), ended=keys.read_ended(owner)
        )
        for owner in sorted(owners)
    )
    archive = msgspec.msgpack.encode(_Archive(made_at=now, entries=entries))
    closed = msgspec.msgpack.encode(keys.masters.wrap(archive, _PLACE))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"aftercare-keys-{now.astimezone(UTC):{_WRITTEN}}.bin"
    _write(file, closed)
    remove_expired(folder, now=now)
    return file


def remove_expired(folder: Path, *, now: datetime) -> list[Path]:
    """Remove the archives of a folder that are older than seven days; return them."""
    expired = [file for file in folder.iterdir() if (at := _made_at(file)) is not None and now - at > KEPT]
    for file in expired:
        file.unlink()
    return expired


def restore(keys: FileKeys, file: Path, *, now: datetime) -> Restored:
    """Put back what is missing of an archive's keys, and none that was erased since.

    What the keys' folder knows of erasures counts, so the database's are told to it first (services/erasures.py).
    Raises KeyBackupError also for an archive older than seven days: what is promised of erased keys holds for it.
    """
    try:
        closed = msgspec.msgpack.decode(file.read_bytes(), type=Wrapped)
        archive = msgspec.msgpack.decode(keys.masters.unwrap(closed, _PLACE), type=_Archive)
    except (msgspec.DecodeError, KeyMissingError):
        raise KeyBackupError from None
    if now - archive.made_at > KEPT:
        raise KeyBackupError(
            f"This key backup is of {archive.made_at:%d %B %Y}. One older than seven days is not restored: it holds keys"
            " that were erased for good. Remove it."
        )
    came_back = [
        keys.merge((entry.clinic_id, entry.patient_id), entry.ring, entry.ended) for entry in archive.entries
    ]
    return Restored(held=sum(bool(entry.ring) for entry in archive.entries), came_back=sum(came_back))


def _made_at(file: Path) -> datetime | None:
    found = _NAME.fullmatch(file.name)
    return datetime.strptime(found[1], _WRITTEN).replace(tzinfo=UTC) if found else None


def _write(file: Path, content: bytes) -> None:
    new = file.with_name(f".{file.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)
    descriptor = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
