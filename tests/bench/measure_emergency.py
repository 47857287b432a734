"""From the request that reports an emergency to its arrival at a webhook, by the clock and not by completion.

The reference takes the same request, syncs a write, POSTs to the same receiver and syncs another; it is timed until it
answers, and its requests come between ours. No mail relay is configured: the attempts to mail staff are made and recorded.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle, islice
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import msgspec

from aftercare.notify.webhook import WebhookPayload
from aftercare.services import webhooks
from aftercare.services.house import utc_now
from tests.bench.arrivals import Answered, Crowd, p95, until
from tests.bench.cohort import opened
from tests.bench.load import request
from tests.bench.rows import Row, Stage, limit, ratio
from tests.e2e.processes import free_port
from tests.e2e.receivers import Exchange, WebhookReceiver
from tests.prove.fleet import Fleet
from tests.prove.people import Phone, enrol, open_clinic

_CLINICS, _PER_SECOND, _CROWD_PER_SECOND = 4, 5, 200
_WARM = 2
_BUSY, _RETRY_AFTER = 503, 2  # more than the server takes, and it says so: seconds
_ALL_WELL = {"redness": 1, "swelling": 0, "pain": 0}
_EMERGENCY = {**_ALL_WELL, "breathing_or_tongue": True}


@dataclass
class _Receipts:
    """When the webhook of each alert came first, by this process's clock."""

    at: dict[UUID, float] = field(default_factory=dict)
    more: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def note(self, exchange: Exchange) -> None:
        """Look at the clock, answer, and remember what it was about."""
        now = perf_counter()
        await exchange.answer(204)
        if "webhook-id" in exchange.request.headers:  # the reference's have none
            about = msgspec.json.decode(exchange.request.body, type=WebhookPayload).data.alert
            async with self.more:
                self.at.setdefault(about or UUID(int=0), now)
                self.more.notify_all()

    async def of(self, alerts: dict[UUID, UUID]) -> dict[UUID, float]:
        """The receipts of these alerts by patient, all of them."""
        async with asyncio.timeout(60), self.more:
            await self.more.wait_for(lambda: alerts.keys() <= self.at.keys())
        return {patient: self.at[alert] for alert, patient in alerts.items()}


async def measure(stage: Stage) -> AsyncIterator[Row]:
    """At five a second with nothing else to do, then beside 200 ordinary check-ins a second, and whether those were held."""
    count, ordinary = stage.size(3, 200), stage.size(20, 400)
    rate = stage.size(20, _CROWD_PER_SECOND)
    receipts = _Receipts()
    async with WebhookReceiver(receipts.note) as hooks, Fleet(stage.folder) as fleet:
        stage.say("seeding")
        phones = iter(await _seed(fleet, hooks.url, _WARM + 2 * count + ordinary))
        server = fleet.serve("--processes", "2")  # as many as there are cores here
        await server.ready()
        async with _reference(stage, hooks.url) as bare:
            warm = list(islice(phones, _WARM))
            await _paced(fleet, receipts, server.address, warm, bare)
            stage.say(f"{count} emergencies, {_PER_SECOND} a second")
            alone, plain = await _paced(fleet, receipts, server.address, list(islice(phones, count)), bare)
        stage.say(f"{count} emergencies beside {_CROWD_PER_SECOND} check-ins a second")
        hurt = list(islice(phones, count))
        requests = _check_ins(phones, round((count / _PER_SECOND + 1) * rate))
        async with _crowd(stage, server.address, requests, rate) as crowd:
            beside, _ = await _paced(fleet, receipts, server.address, hurt)
        held = await crowd
    yield _row("emergency to webhook / bare, paced", alone, plain, goal=4)
    yield _row(f"emergency to webhook / bare, under {_CROWD_PER_SECOND} check-ins/s", beside, plain, goal=12)
    yield limit(
        "emergency to webhook: check-ins held beside it", ours=held.taken_per_second, unit="check-ins/s",
        goal=0.95 * _CROWD_PER_SECOND, better="higher",
    )  # fmt: skip


def _row(name: str, ours: Sequence[float], plain: Sequence[float], *, goal: float) -> Row:
    return ratio(name, ours=p95(ours), reference=p95(plain), unit="ms p95", goal=goal, better="lower")


async def _paced(
    fleet: Fleet, receipts: _Receipts, address: str, phones: list[Phone], bare: str = ""
) -> tuple[list[float], list[float]]:
    """Milliseconds from when each emergency was due to its receipt; and of as many bare requests in between."""
    ours, plain, due_at, waits = Crowd(address), Crowd(bare), dict[UUID, float](), list[float]()

    async def one(crowd: Crowd, raw: bytes, due: float) -> None:
        while (answer := await crowd.send(raw))[0] == _BUSY:  # noqa: ASYNC110 - the server says how long
            await asyncio.sleep(_RETRY_AFTER)  # as the phone does; the clock runs on
        if answer[0] != 201:
            raise RuntimeError(f"answered {answer[0]}: {answer[1][:300]!r}")
        if crowd is plain:
            waits.append((perf_counter() - due) * 1000)

    started = perf_counter() + 0.1
    async with asyncio.TaskGroup() as tasks:
        for number, phone in enumerate(phones):
            due_at[phone.patient_id] = due = started + number / _PER_SECOND
            await until(due)
            tasks.create_task(one(ours, _check_in(phone, "/v1/check-ins", _EMERGENCY), due))
            if bare:
                await until(between := due + 0.5 / _PER_SECOND)
                tasks.create_task(one(plain, _check_in(phone, "/bare", _EMERGENCY), between))
    ours.leave()
    plain.leave()
    came = await receipts.of(await _alerts(fleet, list(due_at)))
    return [(came[patient] - due) * 1000 for patient, due in due_at.items()], waits


def _check_in(phone: Phone, path: str, answers: dict[str, Any]) -> bytes:
    body = {
        "instrument": 1, "recorded_at": utc_now().isoformat(), "time_zone": "Europe/London", "answers": answers
    }  # fmt: skip
    return request("PUT", f"{path}/{uuid4()}", phone.headers, msgspec.json.encode(body))


def _check_ins(phones: Sequence[Phone] | Any, count: int) -> list[bytes]:
    return [_check_in(phone, "/v1/check-ins", _ALL_WELL) for phone in islice(cycle(phones), count)]


async def _alerts(fleet: Fleet, patients: list[UUID]) -> dict[UUID, UUID]:
    """The patient of each alert that these emergencies raised: one each."""
    judge = await fleet.judge()
    rows = await judge.fetch(
        "select id, patient_id from alerts where code = 'airway' and patient_id = any($1)", patients
    )
    await judge.close()
    if len(rows) != len(patients):
        raise RuntimeError(f"{len(rows)} alerts for {len(patients)} emergencies")
    return {row["id"]: row["patient_id"] for row in rows}


async def _seed(fleet: Fleet, hook: str, count: int) -> list[Phone]:
    """Patients on the day after their session, in clinics that have a webhook on this machine."""
    now = utc_now()
    at_once = asyncio.Semaphore(8)
    async with opened(fleet) as database:
        teams = [
            await open_clinic(
                database, f"clinic-{number}", now - timedelta(days=9), webhook_hosts=("127.0.0.1",)
            )
            for number in range(min(_CLINICS, count))
        ]
        for team in teams:
            await webhooks.create_webhook(database, team.admin, hook, now=now)

        async def one(number: int) -> Phone:
            async with at_once:
                return await enrol(
                    database, teams[number % len(teams)], f"Sample {number}", session_at=now - timedelta(days=1)
                )  # fmt: skip

        return list(await asyncio.gather(*(one(number) for number in range(count))))


@asynccontextmanager
async def _reference(stage: Stage, hook: str) -> AsyncIterator[str]:
    """The bare handler's address."""
    port = free_port()
    env = {**os.environ, "BARE_HOOK": hook, "BARE_FILE": str(stage.folder / "bare")}
    log = (stage.folder / "bare.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.bare_emergency", str(port), env=env, stdout=log, stderr=log
    )
    try:
        await _listening(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()
        log.close()


async def _listening(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)  # a server that is starting gives no other sign
            else:
                writer.close()
                return


@asynccontextmanager
async def _crowd(
    stage: Stage, address: str, requests: list[bytes], rate: int
) -> AsyncIterator[asyncio.Task[Answered]]:
    """The ordinary check-ins, from a process of their own; what they were answered when all are."""
    file = stage.folder / "crowd"
    file.write_bytes(msgspec.msgpack.encode(requests))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.arrivals", address, str(file), str(rate)), stdout=PIPE
    )  # fmt: skip
    assert process.stdout is not None
    await process.stdout.readline()

    async def rest() -> Answered:
        said, _ = await process.communicate()
        answered = msgspec.json.decode(said, type=Answered)
        if not answered.statuses.keys() <= {201, _BUSY}:
            raise RuntimeError(f"the crowd was answered {answered.statuses}")
        return answered

    task = asyncio.create_task(rest())
    try:
        yield task
        await task
    finally:
        task.cancel()  # where it was not awaited to its end
        if process.returncode is None:
            process.kill()
            await process.wait()
