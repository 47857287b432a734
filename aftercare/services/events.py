"""Live updates: what the sealer has numbered, told to every open dashboard of the clinic, from any number on."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import suppress
from uuid import UUID

import msgspec
import structlog

from aftercare.db.listening import Listener
from aftercare.db.pool import Connection, Database
from aftercare.model.audit import AuditEntry
from aftercare.model.words import AlertState, Tier
from aftercare.services.audit import SEALED
from aftercare.store import alerts
from aftercare.store import audit as store

_log = structlog.get_logger()
_POLL_SECONDS = 15.0  # also without a notification: never NOTIFY alone
_BATCH = 500
# What a dashboard cares for, and the name under which it is told.
_NAMES = {
    "alert.raised": "alert",
    "alert.changed": "alert",
    "alert.note": "alert",
    "check_in.received": "check_in",
    "photo.received": "photo",
    "call_list.added": "call_list",
    "call_list.done": "call_list",
    "session.recorded": "session",
    "message.received": "messages",  # "message" is what an event without a name is called
    "message.sent": "messages",
    "message.read": "messages",
}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something changed: ids only, so that the page asks again, as whoever looks at it.

    Of an alert also how urgent it is and where it stands by now, so that an emergency is heard before anything is asked.
    """

    number: int  # of the audit entry: the Last-Event-ID
    name: str
    patient_id: UUID | None = None
    subject_id: UUID | None = None
    tier: Tier | None = None
    state: AlertState | None = None


class Hub:
    """One listening connection of this process, and who waits for which clinic."""

    def __init__(self, database: Database) -> None:
        """Nothing is opened yet."""
        self._database = database
        self._waiting: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._listener = Listener(database, SEALED, self._heard)

    def start(self) -> None:
        """Listen from now on, in the background."""
        self._listener.start()

    async def stop(self) -> None:
        """Stop listening."""
        await self._listener.stop()

    def _heard(self, clinic_id: str) -> None:
        with suppress(ValueError):
            for waiter in self._waiting.get(UUID(clinic_id), ()):
                waiter.set()

    async def follow(self, clinic_id: UUID, after: int | None) -> AsyncGenerator[Event | None, None]:
        """Events after a number (None: from now on), for ever; None every 15 s, so that the line is kept warm."""
        waiter = asyncio.Event()
        self._waiting[clinic_id].add(waiter)
        try:
            newest = await self._newest(clinic_id)
            # One past ours is from before the database was restored: whoever waited for it would hear nothing for days.
            number = newest if after is None else min(after, newest)
            clock = asyncio.get_running_loop().time
            quiet_since = clock()
            while True:
                waiter.clear()
                async with self._database.clinic(clinic_id) as db:
                    entries = await store.sealed_after(db, clinic_id, number, _BATCH)
                    told = [entry for entry in entries if entry.action in _NAMES]
                    standing = await _standing(db, clinic_id, told)
                for entry in told:
                    yield _event(entry, standing)
                quiet_since = clock() if told else quiet_since
                number = entries[-1].number or number if entries else number
                if len(entries) < _BATCH:
                    try:
                        async with asyncio.timeout_at(quiet_since + _POLL_SECONDS):
                            await waiter.wait()
                    except TimeoutError:
                        yield None
                        quiet_since = clock()
        finally:
            self._waiting[clinic_id].discard(waiter)

    async def _newest(self, clinic_id: UUID) -> int:
        async with self._database.clinic(clinic_id) as db:
            return await store.newest_number(db, clinic_id)


async def _standing(db: Connection, clinic_id: UUID, told: list[AuditEntry]) -> dict[UUID, alerts.Standing]:
    ids = {one.subject_id for one in told if _NAMES[one.action] == "alert" and one.subject_id is not None}
    return await alerts.tiers_of(db, clinic_id, list(ids)) if ids else {}


def _event(entry: AuditEntry, standing: dict[UUID, alerts.Standing]) -> Event:
    alert = standing.get(entry.subject_id) if entry.subject_id else None
    return Event(
        number=entry.number or 0,
        name=_NAMES[entry.action],
        patient_id=entry.patient_id,
        subject_id=entry.subject_id,
        tier=alert.tier if alert else None,
        state=alert.state if alert else None,
    )
