"""The worker: lines of due work that claim under a lease, any number of workers side by side.

APScheduler only ticks, in UTC and in memory, in every process; what is due and who does it is decided by PostgreSQL. A
commit that made work wakes the lines at once, and they poll as well.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aftercare.alerts.heartbeat import BEATS
from aftercare.db.listening import Listener
from aftercare.db.pool import Database
from aftercare.errors import AftercareError
from aftercare.jobs.beats import Beats
from aftercare.jobs.clock import Clock
from aftercare.jobs.lines import RENEW_SECONDS, Handle, Line, Work
from aftercare.jobs.ticks import Every, put_right
from aftercare.model.addresses import ChannelName
from aftercare.services import (
    alerts,
    audit,
    backtest,
    channel_faults,
    deliveries,
    erasures,
    follow_ups,
    hand_overs,
    heartbeat,
    messages_unread,
    photo_store,
    rota_gaps,
    sweep,
    upkeep,
)
from aftercare.services.backtest import BACKTEST
from aftercare.services.channel_watch import WATCH
from aftercare.services.deliveries import WAKE
from aftercare.services.erasures import ERASE
from aftercare.services.follow_ups import NEXT_STEP
from aftercare.services.hand_overs import HAND_OVER
from aftercare.services.house import House
from aftercare.services.messages_unread import UNREAD
from aftercare.services.photo_store import TEND
from aftercare.services.recovery import ESCALATE, SWEEP
from aftercare.services.rota_gaps import LOOK
from aftercare.store.deliveries import work_kind
from aftercare.store.due_work import Claim

_log = structlog.get_logger()
# What waits for others may wait a lot at once; a relay takes a few dialogues of one client (Postfix: 50).
_AT_ONCE = {
    ChannelName.SMTP: 20,
    ChannelName.WEBHOOK: 100,
    ChannelName.WEBPUSH: 50,
    ChannelName.FCM: 50,
    ChannelName.APNS: 50,
    ChannelName.SMS: 50,
    ESCALATE: 20,
    SWEEP: 20,
    NEXT_STEP: 2,
    UNREAD: 2,
    WATCH: 2,
    LOOK: 2,
    HAND_OVER: 2,
    BACKTEST: 1,  # takes a core
    TEND: 1,
    ERASE: 2,
}
_SHARE = 10
# What works on the database leaves connections to what sends: a red flag's mail never waits for one.
_AT_WORK = 2
_SEAL_SOON = timedelta(milliseconds=200)
_MIND_SECONDS = 1.0
_REPLAY_SECONDS = 3600.0  # the first at the start: a restore is followed by one
_GOODBYE = 5.0  # seconds for what is running when we stop


class Worker:
    """Everything that happens without a request, in this process."""

    def __init__(self, house: House) -> None:
        """Nothing runs yet. The house must have a worker database."""
        if house.worker is None:
            raise AftercareError("This process has no database for background work.")
        self._house, self._database = house, house.worker
        self._clock = Clock(self._database, house.now)
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._listener = Listener(self._database, WAKE, self._wake)
        self._ticking: set[asyncio.Task[None]] = set()
        self._minding: asyncio.Task[None] | None = None
        self._beats = Beats(self._database, house.now)
        self._lines = [
            Line(self._database, work, calm_per_minute=house.settings.calm_per_minute, now=house.now)
            for work in self._works(self._database)
        ]

    def _works(self, database: Database) -> list[Work]:
        house = self._house

        sweeping, escalating = asyncio.Semaphore(_AT_WORK), asyncio.Semaphore(_AT_WORK)

        async def one_sweep(claim: Claim, now: datetime) -> None:
            async with sweeping:
                await sweep.sweep(database, claim, now=now)

        async def one_escalation(claim: Claim, now: datetime) -> None:
            async with escalating:
                await alerts.escalate(database, claim, now=now)

        async def one_unread(claim: Claim, now: datetime) -> None:
            await messages_unread.look(database, claim, now=now)

        async def one_next_step(claim: Claim, now: datetime) -> None:
            await follow_ups.remind(database, claim, now=now)

        async def one_fault(claim: Claim, now: datetime) -> None:
            await channel_faults.look(database, claim, now=now)

        async def one_look_ahead(claim: Claim, now: datetime) -> None:
            await rota_gaps.work(database, claim, now=now)

        async def one_hand_over(claim: Claim, now: datetime) -> None:
            await hand_overs.work(database, claim, now=now)

        async def one_backtest(claim: Claim, _: datetime) -> None:
            await backtest.work(database, house.judges, claim, now=house.now)

        async def one_tending(claim: Claim, now: datetime) -> None:
            await upkeep.remind(database, claim.clinic_id, now=now)
            await photo_store.tend(database, house.blobs, claim, now=now)

        async def one_erasure(claim: Claim, now: datetime) -> None:
            await erasures.work(database, house.blobs, house.keys, claim, now=now)

        def sender(channel: ChannelName) -> Handle:
            async def one_delivery(claim: Claim, now: datetime) -> None:
                await deliveries.attempt(database, house, channel, claim, now)

            return one_delivery

        def work(kind: str, seconds: float, handle: Handle, at_once: int) -> Work:
            return Work(kind=kind, seconds=seconds, handle=handle, at_once=at_once, share=_SHARE)

        return [
            work(ESCALATE, 1.0, one_escalation, _AT_ONCE[ESCALATE]),
            *(work(work_kind(channel), 1.0, sender(channel), _AT_ONCE[channel]) for channel in ChannelName),
            work(SWEEP, 2.0, one_sweep, _AT_ONCE[SWEEP]),
            work(UNREAD, 5.0, one_unread, _AT_ONCE[UNREAD]),
            work(WATCH, 2.0, one_fault, _AT_ONCE[WATCH]),
            work(NEXT_STEP, 30.0, one_next_step, _AT_ONCE[NEXT_STEP]),
            work(LOOK, 30.0, one_look_ahead, _AT_ONCE[LOOK]),
            work(HAND_OVER, 5.0, one_hand_over, _AT_ONCE[HAND_OVER]),
            work(BACKTEST, 1.0, one_backtest, _AT_ONCE[BACKTEST]),
            work(ERASE, 2.0, one_erasure, _AT_ONCE[ERASE]),
            work(TEND, 30.0, one_tending, _AT_ONCE[TEND]),
        ]

    def start(self) -> None:
        """Begin to tick and to listen."""
        for number, line in enumerate(self._lines):
            line.start()
            # One after the other: if all ticked at once, an emergency of that moment would wait for all.
            after = number / len(self._lines)
            self._every(line.work.seconds, line.work.kind, line.tick, after=after)
            self._every(RENEW_SECONDS, f"renew {line.work.kind}", line.renew, after=after)
        seconds = heartbeat.silence(self._house.settings) / BEATS
        self._every(seconds.total_seconds(), "beat", lambda: self._beats.beat(self._lines))
        self._every(_REPLAY_SECONDS, "bury", self._beats.bury)
        self._every(1.0, "seal", lambda: audit.seal(self._database))
        self._every(1.0, "clock", self._clock.mind)
        self._every(_REPLAY_SECONDS, "replay", self._replay)
        self._every(600.0, "plan photos", lambda: photo_store.plan(self._database, now=self._house.now()))
        self._scheduler.start()
        self._minding = asyncio.create_task(self._mind_the_ticks())
        self._listener.start()

    async def _mind_the_ticks(self) -> None:
        # No tick itself: a clock that is put back keeps those waiting.
        while True:
            await asyncio.sleep(_MIND_SECONDS)
            put_right(self._scheduler, datetime.now(UTC))

    def _every(
        self, seconds: float, name: str, do: Callable[[], Awaitable[object]], *, after: float = 0
    ) -> None:
        async def once() -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - a coroutine that runs is a task
            self._ticking.add(task)
            try:
                await do()
            except Exception as error:  # noqa: BLE001 - the next tick tries again; the scheduler would log a row's values
                _log.warning("tick_failed", kind=name, error=type(error).__name__)
            finally:
                self._ticking.discard(task)

        self._scheduler.add_job(
            once,
            Every(seconds),
            id=name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC) + timedelta(seconds=after),
        )

    async def _replay(self) -> None:
        await erasures.replay(self._database, self._house.keys, now=self._house.now())

    async def stop(self) -> None:
        """Stop; what was claimed and not finished is taken over when its lease ends."""
        if self._minding is not None:
            self._minding.cancel()
        self._scheduler.pause()
        if self._ticking:
            await asyncio.wait(self._ticking, timeout=_GOODBYE)
        self._scheduler.shutdown(wait=False)
        await self._listener.stop()
        await asyncio.gather(*(line.stop(_GOODBYE) for line in self._lines))

    def _wake(self, kind: str) -> None:
        # Only what sends is named: clocks and looks have time until their next tick.
        for line in self._lines:
            if line.work.kind == kind:
                line.wake()
        # Soon, but together with what the next moments bring: each seal costs a few statements of each clinic.
        job, soon = self._scheduler.get_job("seal"), datetime.now(UTC) + _SEAL_SOON
        if job is not None and job.next_run_time is not None and job.next_run_time > soon:
            job.modify(next_run_time=soon)
