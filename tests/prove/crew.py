"""Several workers under one simulated clock: what falls due is claimed side by side, each piece at its own time."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from uuid import UUID

from aftercare.care.calendar import MORNING
from aftercare.db.pool import Database
from aftercare.jobs.lines import LEASE
from aftercare.model.addresses import ChannelName
from aftercare.services import alerts, deliveries, sweep
from aftercare.services.recovery import ESCALATE, SWEEP
from aftercare.store import due_work
from aftercare.store.due_work import Claim
from tests.services.background import Post

MAIL = "deliver:smtp"
KINDS = (ESCALATE, MAIL, SWEEP)
_AT_ONCE = 5  # small, so that many workers must share what falls due at one instant

Event = Callable[[], Awaitable[None]]


@dataclass
class Crew:
    """Workers with a pool each, the post that they share, and how often one of them dies in the middle of its work."""

    workers: Sequence[Database]
    post: Post
    chance: random.Random
    deaths: float = 0.0  # of pieces of work
    walls: Mapping[UUID, time] = field(
        default_factory=dict
    )  # when episodes are reminded of, if not in the morning
    died: int = 0
    done: list[int] = field(init=False)  # pieces of work, by worker

    def __post_init__(self) -> None:
        self.done = [0] * len(self.workers)

    async def live(self, events: Sequence[tuple[datetime, Event]], until: datetime) -> None:
        """Let time pass, with what patients and staff do at their instants in the middle of it."""
        coming = sorted(events, key=lambda one: one[0])
        place = 0
        while True:
            due = await self._next_due()
            next_event = coming[place][0] if place < len(coming) else None
            at = min((one for one in (due, next_event) if one is not None), default=None)
            if at is None or at > until:
                return
            now = place
            while place < len(coming) and coming[place][0] == at:
                place += 1
            await asyncio.gather(*(event() for _, event in coming[now:place]), self.work(at))

    async def work(self, at: datetime) -> None:
        """Have all of them do what is due at one instant."""
        shifts = [(number, kind) for number in range(len(self.workers)) for kind in KINDS]
        self.chance.shuffle(shifts)  # so that no worker is always the first
        await asyncio.gather(*(self._shift(number, kind, at) for number, kind in shifts))

    async def catch_up(self, at: datetime) -> None:
        """Have all of them do what is due by an instant, and what comes of it."""
        while (due := await self._next_due()) is not None and due <= at:
            await self.work(at)

    async def _next_due(self) -> datetime | None:
        async with self.workers[0].transaction() as db:
            found = [await due_work.next_due(db, kind) for kind in KINDS]
        return min((at for at in found if at is not None), default=None)

    async def _shift(self, number: int, kind: str, at: datetime) -> None:
        worker = self.workers[number]
        while True:
            async with worker.transaction() as db:
                claims = await due_work.claim(db, kind, at, at + LEASE, _AT_ONCE)
            if not claims:
                return
            self.done[number] += len(claims)
            await asyncio.gather(*(self._one(worker, kind, claim, at) for claim in claims))

    async def _one(self, worker: Database, kind: str, claim: Claim, at: datetime) -> None:
        if self.chance.random() >= self.deaths:
            await self._handle(worker, kind, claim, at)
            return
        # Somewhere between the claim and the commit, which a later claim must make good.
        self.died += 1
        doomed = asyncio.create_task(self._handle(worker, kind, claim, at))
        await asyncio.wait({doomed}, timeout=self.chance.uniform(0, 0.01))
        doomed.cancel()
        await asyncio.gather(doomed, return_exceptions=True)

    async def _handle(self, worker: Database, kind: str, claim: Claim, at: datetime) -> None:
        if kind == SWEEP:
            await sweep.sweep(worker, claim, now=at, at=self.walls.get(claim.subject_id, MORNING))
        elif kind == ESCALATE:
            await alerts.escalate(worker, claim, now=at)
        else:
            await deliveries.attempt(worker, self.post, ChannelName.SMTP, claim, at)


@asynccontextmanager
async def pools(url: str, role: str, count: int, size: int) -> AsyncIterator[list[Database]]:
    """As many pools as there would be processes."""
    opened = [Database(url, role=role, size=size, wait_seconds=60) for _ in range(count)]
    try:
        for one in opened:
            await one.open()
        yield opened
    finally:
        for one in opened:
            await one.close()
