"""Guessing slows down: tries are counted by what was tried and from where, in the database, for every process.

A try is counted before it is looked at, and given back when it was right: many at once get no further than one by one.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aftercare.db.pool import Database
from aftercare.errors import TooManyTries
from aftercare.store import throttles as store

_WINDOW = timedelta(minutes=15)


def subject(kind: str, value: str) -> bytes:
    """What is counted, as a hash: no e-mail and no address stands in the table."""
    return hashlib.sha256(f"{kind}\0{value}".encode("utf-8", "surrogatepass")).digest()


def origin(scope: Mapping[str, Any], trusted_proxies: int) -> str:
    """Where a request (its ASGI scope) comes from: the address that the outermost of our own proxies saw.

    Each proxy appends whom it heard to X-Forwarded-For; what stands before our own is the sender's word and counts nothing.
    """
    client = scope.get("client")
    peer = str(client[0]) if client else "unknown"
    if not trusted_proxies:
        return peer
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    heard = [part.strip() for part in ",".join(lines).split(",") if part.strip()]
    return heard[-trusted_proxies] if len(heard) >= trusted_proxies else peer


async def count_try(database: Database, clinic_id: UUID, limits: dict[bytes, int], *, now: datetime) -> None:
    """Count one try of each subject; the caller looks at it only then.

    Raises TooManyTries, and counts nothing, if any was tried in vain as often as its limit within a quarter of an hour.
    """
    async with database.clinic(clinic_id) as db:
        for what in sorted(limits):  # in one order, so that two guesses never wait for each other
            tries, since = await store.count_try(db, clinic_id, what, now, now - _WINDOW)
            if tries > limits[what]:
                raise TooManyTries(retry_after=max(1, int((since + _WINDOW - now).total_seconds())))
        # A hash of an address is an address to who tries them all: it is kept no longer than it counts.
        await store.forget_old(db, clinic_id, now - _WINDOW)


async def give_back(database: Database, clinic_id: UUID, subject: bytes) -> None:
    """The try of a subject was right; earlier failures still count: an address may be many people's."""
    async with database.clinic(clinic_id) as db:
        await store.give_back(db, clinic_id, subject)


async def forget_failures(database: Database, clinic_id: UUID, subject: bytes) -> None:
    """The right secret clears the count of a subject."""
    async with database.clinic(clinic_id) as db:
        await store.forget(db, clinic_id, subject)
