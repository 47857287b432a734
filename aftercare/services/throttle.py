"""Guessing slows down: failures are counted by what was tried and from where, in the database, for every process."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from aftercare.db.pool import Database
from aftercare.errors import TooManyTries
from aftercare.store import throttles as store

_WINDOW = timedelta(minutes=15)


def subject(kind: str, value: str) -> bytes:
    """What is counted, as a hash: no e-mail and no address stands in the table."""
    return hashlib.sha256(f"{kind}\0{value}".encode("utf-8", "surrogatepass")).digest()


async def refuse_guessing(
    database: Database, clinic_id: UUID, limits: dict[bytes, int], *, now: datetime
) -> None:
    """Raise TooManyTries if any subject failed as often as its limit within a quarter of an hour."""
    async with database.clinic(clinic_id) as db:
        for what, limit in limits.items():
            failures, since = await store.failures(db, clinic_id, [what], now - _WINDOW)
            if failures >= limit and since is not None:
                raise TooManyTries(retry_after=max(1, int((since + _WINDOW - now).total_seconds())))


async def count_failure(database: Database, clinic_id: UUID, subjects: list[bytes], *, now: datetime) -> None:
    """One more failure of each subject."""
    async with database.clinic(clinic_id) as db:
        for what in sorted(subjects):  # in one order, so that two guesses never wait for each other
            await store.count_failure(db, clinic_id, what, now, now - _WINDOW)


async def forget_failures(database: Database, clinic_id: UUID, subjects: list[bytes]) -> None:
    """The right secret clears the count."""
    async with database.clinic(clinic_id) as db:
        await store.forget(db, clinic_id, subjects)
