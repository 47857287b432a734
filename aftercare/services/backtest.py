"""Judging again on history: a pack beside today's over everything that a clinic's patients said, without sending anything.

Patients are read a few at a time, in short transactions, and judged in a process of its own: what is held is one such batch
and the figures, however long the history.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.alerts.comparing import Trial
from aftercare.alerts.summing import summary
from aftercare.checks.pack import RulePack
from aftercare.db.pool import Connection, Database
from aftercare.errors import Malformed, NotFound
from aftercare.model.backtests import AlertDifference, Part, Progress, Said, Window
from aftercare.model.people import Actor
from aftercare.model.text import Instant
from aftercare.services import audit, rule_packs
from aftercare.services.arrival import in_utc
from aftercare.services.backtest_judge import BackTestBroken, Judges
from aftercare.store import backtest as store
from aftercare.store import clinics, due_work
from aftercare.store import rule_packs as packs
from aftercare.store.backtest import Backtest

BACKTEST = "backtest"
KEPT = 200  # differences of each kind on the dashboard; the figures count all
_PATIENTS = 40  # at a time: a moment's work, and a step of the progress


class BacktestDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What of the history counts: all of it, or from an instant on, or before one. What came before is lived through."""

    since: Instant | None = None
    until: Instant | None = None

    @property
    def window(self) -> Window:
        """As the pure part takes it. Raises Malformed."""
        if self.since and self.until and self.since >= self.until:
            raise Malformed(pointers={"/until": "This must be later than since."})
        return Window(since=self.since and in_utc(self.since), until=self.until and in_utc(self.until))


async def prepare(
    database: Database, actor: Actor, number: int, draft: BacktestDraft, *, now: datetime
) -> Trial:
    """What is to be compared, on record as one act. Raises NotFound, Malformed."""
    window = draft.window
    async with database.clinic(actor.clinic_id) as db:
        trial = await _trial(
            db, actor.clinic_id, await rule_packs.effective(db, actor.clinic_id, number), window
        )
        await audit.record(db, actor, "rule_pack.simulated", now=now, detail=(number, draft))
    return trial


async def prepare_pack(
    database: Database, actor: Actor, tried: RulePack, draft: BacktestDraft, *, now: datetime
) -> Trial:
    """The same for a pack that is no clinic's yet, such as a file. Raises NotFound, Malformed."""
    window = draft.window
    async with database.clinic(actor.clinic_id) as db:
        trial = await _trial(db, actor.clinic_id, tried, window)
        await audit.record(db, actor, "rule_pack.simulated", now=now, detail=(tried.version, draft))
    return trial


async def _trial(db: Connection, clinic_id: UUID, tried: RulePack, window: Window) -> Trial:
    clinic = await clinics.get(db, clinic_id)
    if clinic is None:
        raise NotFound
    live = await rule_packs.current(db, clinic_id)
    today = await rule_packs.effective(db, clinic_id, rule_packs.SHIPPED if live is None else live)
    return Trial(clinic=clinic, today=today, tried=tried, window=window)


async def run(judges: Judges, database: Database, trial: Trial) -> AsyncGenerator[Said]:
    """Judge the whole history; every difference as it is found, how far it is after each step, the summary at last.

    Raises BackTestsBusy, BackTestBroken, and what reading raises.
    """
    clinic_id = trial.clinic.clinic_id
    whole, kinds, done, last = Part(), Counter[str](), 0, None
    async with judges.judge(trial) as judge:
        async with database.clinic(clinic_id) as db:
            of = await store.count_patients(db, clinic_id)
        yield Progress(done=0, of=of)
        while True:
            async with database.clinic(clinic_id) as db:
                batch = await store.histories(db, clinic_id, last, _PATIENTS, trial.window)
            part = await judge.judge(batch.histories)
            whole.add(part)
            for difference in part.differences:
                kinds[difference.kind] += 1
                yield difference
            done, last = done + batch.patients, batch.last
            yield Progress(done=done, of=max(of, done))
            if last is None:
                break
    yield summary(trial.today, trial.tried, trial.window, whole, kinds)


async def ask(
    database: Database, actor: Actor, number: int, draft: BacktestDraft, *, now: datetime
) -> Backtest:
    """Have a worker run it, in place of the pack's last one; while one runs, that is the one. Raises NotFound, Malformed."""
    window, backtest_id, clinic_id = draft.window, uuid7(), actor.clinic_id
    async with database.clinic(clinic_id) as db:
        if await packs.get(db, clinic_id, number) is None:
            raise NotFound
        if await store.ask(db, clinic_id, backtest_id, number, window, actor.id, now):
            await audit.record(
                db, actor, "rule_pack.simulated", now=now, subject_id=backtest_id, detail=(number, draft)
            )
            await due_work.put(db, clinic_id, BACKTEST, backtest_id, now)
        asked = await store.of_pack(db, clinic_id, number)
    if asked is None:
        raise NotFound
    return asked


async def work(
    database: Database, judges: Judges, claim: due_work.Claim, *, now: Callable[[], datetime]
) -> None:
    """Run one that was asked for; whoever takes it over from a worker that died begins anew.

    `database` acts as the worker; `now` is the clock. Raises Busy, DatabaseAway, BackTestsBusy: it is tried again.
    """
    clinic_id, backtest_id = claim.clinic_id, claim.subject_id
    try:
        await _work(database, judges, clinic_id, backtest_id, now)
    except (BackTestBroken, NotFound):
        async with database.clinic(clinic_id) as db:
            await store.fail(db, clinic_id, backtest_id, now())
    async with database.clinic(clinic_id) as db:
        await due_work.finish(db, BACKTEST, claim)


async def _work(
    database: Database, judges: Judges, clinic_id: UUID, backtest_id: UUID, now: Callable[[], datetime]
) -> None:
    async with database.clinic(clinic_id) as db:
        asked = await store.get(db, clinic_id, backtest_id)
        if asked is None or asked.state in {"done", "failed"}:
            return
        tried = await rule_packs.effective(db, clinic_id, asked.number)
        trial = await _trial(db, clinic_id, tried, Window(since=asked.since, until=asked.until))
    note = _Note(clinic_id, backtest_id)
    async with aclosing(run(judges, database, trial)) as running:
        async for said in running:
            if isinstance(said, AlertDifference):
                note.add(said)
                continue
            async with database.clinic(clinic_id) as db:
                if isinstance(said, Progress):
                    await note.write(db, said)
                else:
                    await store.end_with(db, clinic_id, backtest_id, said, now())


class _Note:
    """Writes down how far it is and what was found, the first of each kind."""

    def __init__(self, clinic_id: UUID, backtest_id: UUID) -> None:
        self.clinic_id, self.backtest_id = clinic_id, backtest_id
        self.kinds: Counter[str] = Counter()
        self.found: list[AlertDifference] = []
        self.place = 0

    def add(self, difference: AlertDifference) -> None:
        if self.kinds[difference.kind] < KEPT:
            self.kinds[difference.kind] += 1
            self.found.append(difference)

    async def write(self, db: Connection, progress: Progress) -> None:
        if progress.done == 0:
            await store.begin(db, self.clinic_id, self.backtest_id, progress.of)
            return
        await store.advance(db, self.clinic_id, self.backtest_id, progress.done)
        if self.found:
            await store.add_differences(db, self.clinic_id, self.backtest_id, self.place, self.found)
            self.place += len(self.found)
            self.found.clear()
