"""A worker is stopped with claims in its hand, another takes them over, and the first comes back: it writes nothing stale."""

import asyncio
import signal
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import msgspec

from aftercare.model.check_ins import CheckInDraft
from aftercare.services import check_ins, webhooks
from aftercare.services.house import utc_now
from tests.e2e.receivers import Exchange, WebhookReceiver
from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet, Member
from tests.prove.people import Phone, enrol, open_clinic

# What the two attempts get, the first worker's after its return: (answer to the first, answer to the second).
BOTH_TAKEN, FIRST_REFUSED, SECOND_REFUSED, BOTH_REFUSED = (204, 204), (503, 204), (204, 503), (503, 503)
SECOND_REFUSED_LATE = (204, -503)  # when the first has returned and written
CASES = (BOTH_TAKEN, FIRST_REFUSED, SECOND_REFUSED, BOTH_REFUSED, SECOND_REFUSED_LATE)

SEALED = "select not exists (select 1 from audit_entries where number is null)"  # by a worker that is up
IN_TRANSACTION = """
    select exists (select 1 from pg_stat_activity where application_name = 'aftercare_worker' and xact_start is not null)
"""
LEASES_END = "update due_work set due_at = now() where kind = 'deliver:webhook'"
ATTEMPTS = """
    select 1 from delivery_attempts a join deliveries d on d.clinic_id = a.clinic_id and d.delivery_id = a.delivery_id
    where d.channel = 'webhook'
"""


class Hook:
    """The receiver's side: holds the first request for each delivery until the first worker has come back."""

    def __init__(self) -> None:
        self.cases: dict[str, tuple[int, int]] = {}
        self.seen: Counter[str] = Counter()
        self.returned, self.last = asyncio.Event(), asyncio.Event()

    async def answer(self, exchange: Exchange) -> None:
        delivery = exchange.request.headers["webhook-id"]
        self.seen[delivery] += 1
        if delivery not in self.cases:
            self.cases[delivery] = CASES[len(self.cases)]
        case = self.cases[delivery]
        status = (*case, 204)[min(self.seen[delivery], 3) - 1]
        if self.seen[delivery] == 1:
            await self.returned.wait()
        if status < 0:
            await self.last.wait()
        await exchange.answer(abs(status), "Retry-After: 600")


async def test_a_worker_that_was_stopped_past_its_lease_writes_nothing_stale(
    tmp_path: Path, trial: Trial
) -> None:
    hook = Hook()
    async with WebhookReceiver(hook.answer) as hooks, Fleet(tmp_path) as fleet:
        judge, phones = await _seeded(fleet, hooks.url)
        second = fleet.worker()
        await _until(judge, SEALED)
        await _stop(second, judge)
        first = fleet.worker()
        await _report(fleet, phones)
        await hooks.wait_for(len(CASES), timeout_s=60)
        first.signal(signal.SIGSTOP)
        await judge.execute(LEASES_END)
        second.signal(signal.SIGCONT)
        await hooks.wait_for(2 * len(CASES), timeout_s=60)
        await _until(judge, f"select count(*) = {len(CASES) - 1} from ({ATTEMPTS}) a")
        left = await _ledger(judge)

        hook.returned.set()
        first.signal(signal.SIGCONT)
        await asyncio.to_thread(first.end)  # it finishes what it has in hand
        returned = await _ledger(judge)
        hook.last.set()
        await asyncio.to_thread(second.end)
        await judge.execute(LEASES_END)  # the retries fall due
        first.start()
        await _until(judge, "select not exists (select 1 from due_work where kind = 'deliver:webhook')")
        ended = await _ledger(judge)
        await judge.close()

    by_case = {case: UUID(delivery) for delivery, case in hook.cases.items()}
    for case in (BOTH_TAKEN, FIRST_REFUSED, BOTH_REFUSED):
        assert returned[by_case[case]] == left[by_case[case]], "as the other worker left it, fence and all"
    # Good news is kept even so, after what the other has written and never over it.
    late, taken = returned[by_case[SECOND_REFUSED]], left[by_case[SECOND_REFUSED]]
    assert (late.state, late.attempts, late.fence) == ("sent", ("retry 503", "sent 204"), taken.fence)
    assert ended[by_case[SECOND_REFUSED_LATE]].attempts == ("sent 204", "retry 503")
    assert {one.state for one in ended.values()} == {"sent"}
    assert {case: hook.seen[str(delivery)] for case, delivery in by_case.items()} == {
        case: 3 if case == BOTH_REFUSED else 2 for case in CASES
    }
    trial.say(
        f"{len(CASES)} claims taken over while their worker was stopped, stale writes after its return: 0"
    )


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """All that is written of one delivery."""

    state: str
    counted: int
    sent_at: datetime | None
    attempts: tuple[str, ...]
    fence: int | None  # of its due work; None where nothing is due any more
    due_at: datetime | None


async def _ledger(judge: asyncpg.Connection) -> dict[UUID, Standing]:
    rows = await judge.fetch(
        "select d.delivery_id, d.state, d.attempts as counted, d.sent_at, w.fence, w.due_at,"
        " array(select a.result || ' ' || a.answer from delivery_attempts a where a.clinic_id = d.clinic_id"
        " and a.delivery_id = d.delivery_id order by a.attempt) as attempts"
        " from deliveries d left join due_work w on w.clinic_id = d.clinic_id and w.subject_id = d.delivery_id"
        " where d.channel = 'webhook'"
    )
    return {row["delivery_id"]: msgspec.convert(dict(row), Standing, strict=False) for row in rows}


async def _seeded(fleet: Fleet, hook: str) -> tuple[asyncpg.Connection, list[Phone]]:
    at, database = utc_now() - timedelta(days=3), fleet.database()
    await database.open()
    team = await open_clinic(database, "alpha", at, webhook_hosts=("127.0.0.1",))
    await webhooks.create_webhook(database, team.admin, hook, now=at)
    phones = [await enrol(database, team, f"Alder Sample {one}", session_at=at) for one in range(len(CASES))]
    await database.close()
    return await fleet.judge(), phones


async def _report(fleet: Fleet, phones: list[Phone]) -> None:
    """An emergency from each: one call of the webhook each."""
    database, now = fleet.database(), utc_now()
    await database.open()
    draft = CheckInDraft(
        instrument=1, recorded_at=now, time_zone="Europe/London", answers={"breathing_or_tongue": True}
    )
    for phone in phones:
        await check_ins.submit(database, phone.actor, phone.patient_id, uuid4(), draft, now=now)
    await database.close()


async def _stop(worker: Member, judge: asyncpg.Connection) -> None:
    """Stop it between two transactions, where it holds no lock that PostgreSQL would have to take from it."""
    async with asyncio.timeout(60):
        worker.signal(signal.SIGSTOP)
        while await judge.fetchval(IN_TRANSACTION):
            worker.signal(signal.SIGCONT)
            await asyncio.sleep(0.05)
            worker.signal(signal.SIGSTOP)


async def _until(judge: asyncpg.Connection, query: str) -> None:
    async with asyncio.timeout(60):
        while not await judge.fetchval(query):  # noqa: ASYNC110 - other processes do it, and say nothing when done
            await asyncio.sleep(0.05)
