"""The worker: ticks that claim due work under a lease, any number of them side by side.

APScheduler only ticks, in UTC and in memory, in every process; what is due and who does it is decided by PostgreSQL. A
commit that made work wakes the ticks at once, and they poll as well.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import msgspec
import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aftercare.db.listening import Listener
from aftercare.db.pool import Database
from aftercare.errors import AftercareError
from aftercare.services import alerts, audit, deliveries, sweep
from aftercare.services.deliveries import CHANNELS, WAKE, work_kind
from aftercare.services.house import House
from aftercare.services.recovery import ESCALATE, SWEEP
from aftercare.store import due_work
from aftercare.store.due_work import Claim

_log = structlog.get_logger()
# A claim outlives the longest attempt (60 s of SMTP), so that only a dead worker's work is taken over.
_LEASE = timedelta(seconds=90)
_AT_ONCE = 20
_GOODBYE = 5.0  # seconds for what is running when we stop

Handle = Callable[[Claim, datetime], Awaitable[None]]


class Tick(msgspec.Struct, frozen=True):
    """One kind of due work: how often to look for it, and what to do with a piece of it."""

    kind: str
    seconds: float
    handle: Handle


class Worker:
    """Everything that happens without a request, in this process."""

    def __init__(self, house: House) -> None:
        """Nothing runs yet. The house must have a worker database."""
        if house.worker is None:
            raise AftercareError("This process has no database for background work.")
        self._house, self._database = house, house.worker
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._listener = Listener(self._database, WAKE, self._wake)
        self._ticks = self._all_ticks(self._database)
        self._running: defaultdict[str, set[asyncio.Task[None]]] = defaultdict(set)

    def _all_ticks(self, database: Database) -> list[Tick]:
        house = self._house

        async def one_sweep(claim: Claim, now: datetime) -> None:
            await sweep.sweep(database, claim, now=now)

        async def one_escalation(claim: Claim, now: datetime) -> None:
            await alerts.escalate(database, claim, now=now)

        def sender(channel: str) -> Handle:
            async def one_delivery(claim: Claim, now: datetime) -> None:
                await deliveries.attempt(database, house, channel, claim, now)

            return one_delivery

        return [
            Tick(ESCALATE, 1.0, one_escalation),
            *(Tick(work_kind(channel), 1.0, sender(channel)) for channel in CHANNELS),
            Tick(SWEEP, 2.0, one_sweep),
        ]

    def start(self) -> None:
        """Begin to tick and to listen."""
        for tick in self._ticks:
            self._schedule(tick.kind, tick.seconds, self._run, tick)
        self._schedule("seal", 1.0, self._seal)
        self._scheduler.start()
        self._listener.start()

    def _schedule(
        self, name: str, seconds: float, work: Callable[..., Awaitable[None]], *args: object
    ) -> None:
        self._scheduler.add_job(
            work,
            "interval",
            seconds=seconds,
            args=args,
            id=name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),
        )

    async def stop(self) -> None:
        """Stop; what was claimed and not finished is taken over when its lease ends."""
        self._scheduler.shutdown(wait=False)
        await self._listener.stop()
        tasks = [task for running in self._running.values() for task in running]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_GOODBYE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _wake(self, _: str) -> None:
        now = datetime.now(UTC)
        for job in self._scheduler.get_jobs():
            if job.id != SWEEP:
                job.modify(next_run_time=now)

    async def _run(self, tick: Tick) -> None:
        """Claim what is due and set it going, as many at once as may be; a slow one holds up no other.

        Whatever fails is logged by its class and comes again after its lease.
        """
        running = self._running[tick.kind]
        try:
            while True:
                if len(running) >= _AT_ONCE:
                    await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                free, now = _AT_ONCE - len(running), self._house.now()
                async with self._database.transaction() as db:
                    claims = await due_work.claim(db, tick.kind, now, now + _LEASE, free)
                for claim in claims:
                    task = asyncio.create_task(self._one(tick, claim))
                    running.add(task)
                    task.add_done_callback(running.discard)
                if len(claims) < free:
                    return
        except AftercareError as error:
            _log.warning("tick_failed", kind=tick.kind, error=type(error).__name__)

    async def _one(self, tick: Tick, claim: Claim) -> None:
        try:
            await tick.handle(claim, self._house.now())
        except Exception as error:  # noqa: BLE001 - one piece of work must not stop the others
            _log.error(
                "work_failed", kind=tick.kind, subject=str(claim.subject_id), error=type(error).__name__
            )

    async def _seal(self) -> None:
        try:
            await audit.seal(self._database)
        except AftercareError as error:
            _log.warning("tick_failed", kind="seal", error=type(error).__name__)
