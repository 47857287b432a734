"""The line of one kind of due work in this process: what is claimed, how much at once, of whom, and kept ours meanwhile.

What is urgent has places of its own and is never held back. What is calm waits for its minute's pace, and behind the
urgent work of its own clinic. No clinic takes all places: one whose receivers hang holds up itself alone.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog

from aftercare.db.pool import Busy, Database, DatabaseAway
from aftercare.errors import AftercareError
from aftercare.jobs.pace import Pace
from aftercare.photos.errors import BlobsUnavailableError, KeyMissingError
from aftercare.services import work_faults
from aftercare.store import due_work
from aftercare.store.due_work import CALM, URGENT, Claim

_log = structlog.get_logger()
# A killed worker's work is taken over after this. Whoever lives renews its leases long before, however long an attempt
# takes, so that only the dead and the frozen lose theirs.
LEASE = timedelta(seconds=15)
RENEW_SECONDS = LEASE.total_seconds() / 3
# Who found work looks again not before this many seconds: in a rush what comes meanwhile is claimed together.
_BREATH = 0.03
_AFTER_A_FAULT = timedelta(seconds=90)  # what fails by a fault of ours fails again: not at once
# As often in a row it is no mishap. It is due anew each time, so that no look at what is overdue ever finds it.
_NO_MISHAP = 3

Handle = Callable[[Claim, datetime], Awaitable[None]]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of due work: how often to look for it, what to do with a piece of it, and how much at once."""

    kind: str
    seconds: float
    handle: Handle
    at_once: int
    share: int  # of one clinic, so that there is always a place for another's


class _Places:
    """What runs of some urgencies."""

    def __init__(self, work: Work, urgencies: tuple[int, ...], pace: Pace | None) -> None:
        self.urgencies, self._pace = urgencies, pace
        self._at_once, self._share = work.at_once, work.share
        self.running: dict[asyncio.Task[None], Claim] = {}
        self.short = False  # more was due than there were places for

    def room(self) -> int:
        free = self._at_once - len(self.running)
        return free if self._pace is None else min(free, self._pace.room(_clock()))

    def begin(self, task: asyncio.Task[None], claim: Claim) -> None:
        self.running[task] = claim
        if self._pace is not None:
            self._pace.begin(1, _clock())

    def end(self, task: asyncio.Task[None]) -> bool:
        """Give a place back; True if enough are free to claim again before the next tick."""
        clinic_id = self.running.pop(task).clinic_id
        theirs = sum(claim.clinic_id == clinic_id for claim in self.running.values())
        return self.short and 2 * theirs <= self._share and 2 * len(self.running) <= self._at_once

    def crowded(self) -> frozenset[UUID]:
        """Clinics that have their share."""
        running = Counter(claim.clinic_id for claim in self.running.values())
        return frozenset(clinic_id for clinic_id, count in running.items() if count >= self._share)


class Line:
    """Claims what is due of one kind whenever it is woken, and sets it going."""

    def __init__(
        self, database: Database, work: Work, *, calm_per_minute: int, now: Callable[[], datetime]
    ) -> None:
        """Nothing is claimed yet."""
        self.work = work
        self._database, self._now = database, now
        self._urgent = _Places(work, URGENT, None)
        self._calm = _Places(work, CALM, Pace(calm_per_minute))
        self._handed_back: list[Claim] = []
        self._failures: Counter[tuple[UUID, UUID]] = Counter()  # in a row, by our own fault
        self.looked_at: datetime | None = None
        self.claimed_at: datetime | None = None
        self._woken = asyncio.Event()
        self._served: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Serve from now on, in the background."""
        self._served = asyncio.create_task(self._serve())
        self.wake()

    def wake(self) -> None:
        """Look for work: there is some."""
        self._woken.set()

    async def tick(self) -> None:
        """Look for work: it is time. A coroutine, since APScheduler runs what is none in another thread."""
        self.wake()

    async def stop(self, patience: float) -> None:
        """Claim no more; what runs has some seconds to end. What does not is taken over when its lease ends."""
        if self._served is not None:
            self._served.cancel()
            await asyncio.gather(self._served, return_exceptions=True)
        tasks = [*self._urgent.running, *self._calm.running]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def renew(self) -> None:
        """Keep what is running ours for another lease."""
        claims = [*self._urgent.running.values(), *self._calm.running.values()]
        if not claims:
            return
        async with self._database.transaction() as db:
            await due_work.renew(db, self.work.kind, claims, self._now() + LEASE)

    async def _serve(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            found_before = self.claimed_at
            try:
                await self._hand_back()
                waiting = await self._fill(self._urgent, frozenset())
                # Where a clinic's urgent work may wait for a place, its calm work does not go before it.
                await self._fill(self._calm, waiting)
            except Exception as error:  # noqa: BLE001 - whatever it was (mostly the database is away): the next tick tries again
                _log.warning("tick_failed", kind=self.work.kind, error=type(error).__name__)
            if self.claimed_at != found_before:
                await asyncio.sleep(_BREATH)

    async def _fill(self, places: _Places, behind: frozenset[UUID]) -> frozenset[UUID]:
        """Claim until there is nothing more, or no more place; say which clinics may have more."""
        places.short = True
        while (room := places.room()) > 0:
            share, now, crowded = min(self.work.share, room), self._now(), places.crowded()
            async with self._database.transaction() as db:
                claims = await due_work.claim(
                    db, self.work.kind, now, now + LEASE, room,
                    urgencies=places.urgencies, share=share, passed_over=crowded | behind,
                )  # fmt: skip
            self.looked_at = now
            if claims:
                self.claimed_at = now
            for claim in claims:
                self._begin(places, claim)
            most = max(Counter(claim.clinic_id for claim in claims).values(), default=0)
            if len(claims) < room and most < share:
                more = crowded | places.crowded()
                places.short = bool(more)
                return more
        return frozenset(claim.clinic_id for claim in places.running.values())

    def _begin(self, places: _Places, claim: Claim) -> None:
        def ended(task: asyncio.Task[None]) -> None:
            if places.end(task):
                self.wake()

        task = asyncio.create_task(self._one(claim))
        places.begin(task, claim)
        task.add_done_callback(ended)

    async def _one(self, claim: Claim) -> None:
        try:
            await self.work.handle(claim, self._now())
        except Exception as error:  # noqa: BLE001 - one piece of work must not stop the others
            self._complain(claim, error)
            if _passes(error):
                self._handed_back.append(claim)  # due again as soon as that can be written
            else:
                await self._put_off(claim)
        else:
            self._failures.pop((claim.clinic_id, claim.subject_id), None)

    async def _hand_back(self) -> None:
        while self._handed_back:
            async with self._database.transaction() as db:
                await due_work.postpone(db, self.work.kind, self._handed_back[-1], self._now())
            self._handed_back.pop()

    def _complain(self, claim: Claim, error: Exception) -> None:
        _log.error(
            "work_failed", kind=self.work.kind, subject=str(claim.subject_id), error=type(error).__name__
        )

    async def _put_off(self, claim: Claim) -> None:
        try:
            async with self._database.transaction() as db:
                await due_work.postpone(db, self.work.kind, claim, self._now() + _AFTER_A_FAULT)
            self._failures[claim.clinic_id, claim.subject_id] += 1
            if self._failures[claim.clinic_id, claim.subject_id] >= _NO_MISHAP:
                await work_faults.tell(self._database, self.work.kind, claim, now=self._now())
        except AftercareError as error:
            self._complain(claim, error)


def _passes(error: Exception) -> bool:
    """Whether what we work on is away or busy. Any other error of ours stays however often we try: that is to be told."""
    away = isinstance(error, Busy | DatabaseAway | BlobsUnavailableError)
    return away and not isinstance(error, KeyMissingError)


def _clock() -> float:
    return asyncio.get_running_loop().time()
