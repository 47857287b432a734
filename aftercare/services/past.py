"""Letting a clinic live through its past: events in order of time, and what falls due between them at its own time.

The clock is an argument everywhere, so weeks of check-ins, reminders, sweeps, alerts and mails happen in seconds, through
the services themselves, in the order in which they would have happened.
"""

import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from uuid import UUID

from aftercare.db.pool import Database
from aftercare.model.addresses import ChannelName
from aftercare.model.people import Actor
from aftercare.model.words import Role
from aftercare.services import alerts, deliveries, messages_unread, sweep
from aftercare.services.house import House
from aftercare.services.messages_unread import UNREAD
from aftercare.services.recovery import ESCALATE, SWEEP
from aftercare.store import due_work
from aftercare.store.deliveries import work_kind

_FRESH = timedelta(hours=1)

Event = Callable[[datetime], Awaitable[None]]


@dataclass
class Past:
    """Events in order of time, and the clinic that they happen in."""

    house: House
    worker: Database
    clinic_id: UUID
    now: datetime
    team: dict[Role, Actor]
    chance: Random
    queue: list[tuple[datetime, int, Event]] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)

    def at(self, when: datetime, event: Event) -> None:
        """Have something happen at an instant."""
        heapq.heappush(self.queue, (when, next(self.numbers), event))


async def live(past: Past, progress: Callable[[float], None]) -> None:
    """Live up to `past.now`; `progress` is told the share done, 0 to 1."""
    total = max(len(past.queue), 1)
    done = 0
    while past.queue and past.queue[0][0] <= past.now:
        when, _, event = heapq.heappop(past.queue)
        await _background_until(past, when)
        await event(when)
        done += 1
        progress(min(done / total, 1.0))
    await _background_until(past, past.now)
    progress(1.0)


async def _background_until(past: Past, until: datetime) -> None:
    """Do what fell due by then, each piece at its own time."""
    handlers = {
        SWEEP: lambda claim, at: sweep.sweep(past.worker, claim, now=at),
        ESCALATE: lambda claim, at: alerts.escalate(past.worker, claim, now=at),
        UNREAD: lambda claim, at: messages_unread.look(past.worker, claim, now=at),
        **{work_kind(channel): _sender(past, channel) for channel in ChannelName},
    }
    while True:
        async with past.worker.transaction() as db:
            due = {kind: await due_work.next_due(db, kind) for kind in handlers}
        # Mail of the last hour is left to arrive when the demo is open.
        ends = {
            kind: until if kind in {SWEEP, ESCALATE, UNREAD} else min(until, past.now - _FRESH)
            for kind in due
        }
        coming = [(at, kind) for kind, at in due.items() if at is not None and at <= ends[kind]]
        if not coming:
            return
        at, kind = min(coming)
        async with past.worker.transaction() as db:
            claims = await due_work.claim(db, kind, at, at + timedelta(minutes=2), 50)
        for claim in claims:
            await handlers[kind](claim, at)


def _sender(past: Past, channel: ChannelName) -> Callable[[due_work.Claim, datetime], Awaitable[None]]:
    async def send(claim: due_work.Claim, at: datetime) -> None:
        await deliveries.attempt(past.worker, past.house, channel, claim, at)

    return send
