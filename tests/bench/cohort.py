"""Whom the check-in measurements send for: 8 clinics, patients with ten answered days behind them, and what they say next."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from aftercare.care.cohort import _DENIED
from aftercare.db.pool import Database
from aftercare.model.check_ins import CheckInDraft
from aftercare.services import check_ins
from aftercare.services.house import utc_now
from tests.bench.load import request
from tests.prove.fleet import Fleet
from tests.prove.people import Phone, enrol, open_clinic

CLINICS = 8
EARLIER = 10
_AT_ONCE = 8
_QUIET = {
    **_DENIED,
    "redness": 0,
    "swelling": 0,
    "pain": 0,
    "warmth": 0,
    "itching": 0,
    "dryness": 1,
    "bruising": 0,
    "crusting": 0,
}
# One check-in in twenty says one of these; each is new to its patient, so that each raises an alert.
_SIGNS: tuple[dict[str, Any], ...] = (
    {"pus_spots": "many"},
    {"tingling": True, "blisters": "few"},
    {"wants_contact": "urgent"},
    {"swelling": 3},
    {"very_unwell": True},
)
EVERY = 20


@dataclass
class Cohort:
    """The phones, and how many check-ins each has sent."""

    phones: list[Phone]
    said: int = EARLIER

    def bodies(self) -> Iterator[tuple[Phone, UUID, dict[str, Any]]]:
        """The next check-in of every phone; in each round another twentieth says a sign."""
        now = utc_now()
        for number, phone in enumerate(self.phones):
            sign = _SIGNS[number // EVERY % len(_SIGNS)] if number % EVERY == self.said % EVERY else {}
            yield (
                phone,
                uuid4(),
                {
                    "instrument": 1,
                    "recorded_at": now.isoformat(),
                    "time_zone": "Europe/London",
                    "answers": {**_QUIET, **sign},
                },
            )
        self.said += 1

    def requests(self) -> list[bytes]:
        """The same as requests, made before anything is timed."""
        return [
            request("PUT", f"/v1/check-ins/{check_in_id}", phone.headers, msgspec.json.encode(body))
            for phone, check_in_id, body in self.bodies()
        ]


@asynccontextmanager
async def opened(fleet: Fleet) -> AsyncIterator[Database]:
    """A pool to seed by."""
    database = fleet.database(size=_AT_ONCE)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def seed(fleet: Fleet, patients: int, *, earlier: int = EARLIER, days_ago: int = EARLIER + 1) -> Cohort:
    """Clinics, patients treated some days ago, and an uneventful check-in for each of the first days since."""
    session_at = utc_now() - timedelta(days=days_ago)
    limit = asyncio.Semaphore(_AT_ONCE)
    async with opened(fleet) as database:
        teams = [
            await open_clinic(database, f"clinic-{number}", session_at - timedelta(days=1))
            for number in range(CLINICS)
        ]

        async def one(number: int) -> Phone:
            async with limit:
                phone = await enrol(
                    database, teams[number % CLINICS], f"Sample {number}", session_at=session_at
                )
                await _live(database, phone, session_at, earlier)
                return phone

        return Cohort(list(await asyncio.gather(*(one(number) for number in range(patients)))), said=earlier)


async def _live(database: Database, phone: Phone, session_at: datetime, days: int) -> None:
    for day in range(days):
        at = session_at + timedelta(days=day, hours=12)
        draft = CheckInDraft(instrument=1, recorded_at=at, time_zone="Europe/London", answers=_QUIET)
        await check_ins.submit(database, phone.actor, phone.patient_id, uuid4(), draft, now=at)


async def settle(fleet: Fleet) -> None:
    """Start a worker and wait until it has done what the seeding left."""
    fleet.worker(AFTERCARE_CALM_PER_MINUTE="1000000")
    await settled(fleet)


async def settled(fleet: Fleet) -> None:
    """Wait until what the seeding left is done, reminders of the days before."""
    judge = await fleet.judge()
    async with asyncio.timeout(120):
        while await judge.fetchval("select exists (select from due_work where due_at <= now())"):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.2)
    await judge.close()
