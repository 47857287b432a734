"""Emergencies by the clock: reported at their instants whether or not earlier ones arrived, and awaited at a receiver.

The reference takes the same request, syncs a write, passes it on to a receiver and syncs another; it is timed until it
answers, and its requests come between ours.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import msgspec

from aftercare.model.people import Actor
from aftercare.model.words import Role
from aftercare.notify.webhook import WebhookPayload
from aftercare.services import webhooks
from aftercare.services.house import utc_now
from tests.bench.arrivals import Crowd, until
from tests.bench.cohort import opened
from tests.bench.load import request
from tests.bench.rows import Stage
from tests.e2e.processes import free_port
from tests.e2e.receivers import Exchange
from tests.prove.fleet import Fleet
from tests.prove.people import Phone, enrol, open_clinic

_CLINICS, PER_SECOND = 4, 5
WARM = 2
BUSY, _RETRY_AFTER = 503, 2  # more than the server takes, and it says so: seconds
ALL_WELL = {"redness": 1, "swelling": 0, "pain": 0}
EMERGENCY = {**ALL_WELL, "breathing_or_tongue": True}


@dataclass
class Receipts:
    """When the webhook of each alert came first, by this process's clock."""

    at: dict[UUID, float] = field(default_factory=dict)
    more: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def note(self, exchange: Exchange) -> None:
        """Look at the clock, answer, and remember what the webhook was about."""
        now = perf_counter()
        await exchange.answer(204)
        if "webhook-id" in exchange.request.headers:  # the reference's have none
            about = msgspec.json.decode(exchange.request.body, type=WebhookPayload).data.alert
            await self.came(about or UUID(int=0), now)

    async def came(self, alert: UUID, now: float) -> None:
        """Remember when word of an alert came."""
        async with self.more:
            self.at.setdefault(alert, now)
            self.more.notify_all()

    async def waits(self, due: dict[UUID, float]) -> list[float]:
        """Milliseconds from when these alerts were due to be reported to their receipt, all of them."""
        async with asyncio.timeout(60), self.more:
            await self.more.wait_for(lambda: due.keys() <= self.at.keys())
        return [(self.at[alert] - at) * 1000 for alert, at in due.items()]


async def paced(
    fleet: Fleet, address: str, phones: list[Phone], bare: str = ""
) -> tuple[dict[UUID, float], list[float]]:
    """(When the emergency of each alert was due, by alert; milliseconds of as many bare requests in between)."""
    ours, plain, due_at, waits = Crowd(address), Crowd(bare), dict[UUID, float](), list[float]()

    async def one(crowd: Crowd, raw: bytes, due: float) -> None:
        while (answer := await crowd.send(raw))[0] == BUSY:  # noqa: ASYNC110 - the server says how long
            await asyncio.sleep(_RETRY_AFTER)  # as the phone does; the clock runs on
        if answer[0] != 201:
            raise RuntimeError(f"answered {answer[0]}: {answer[1][:300]!r}")
        if crowd is plain:
            waits.append((perf_counter() - due) * 1000)

    started = perf_counter() + 0.1
    async with asyncio.TaskGroup() as tasks:
        for number, phone in enumerate(phones):
            due_at[phone.patient_id] = due = started + number / PER_SECOND
            await until(due)
            tasks.create_task(one(ours, check_in(phone, "/v1/check-ins", EMERGENCY), due))
            if bare:
                await until(between := due + 0.5 / PER_SECOND)
                tasks.create_task(one(plain, check_in(phone, "/bare", EMERGENCY), between))
    ours.leave()
    plain.leave()
    alerts = await _alerts(fleet, list(due_at))
    return {alert: due_at[patient] for alert, patient in alerts.items()}, waits


def check_in(phone: Phone, path: str, answers: dict[str, Any]) -> bytes:
    body = {
        "instrument": 1, "recorded_at": utc_now().isoformat(), "time_zone": "Europe/London", "answers": answers
    }  # fmt: skip
    return request("PUT", f"{path}/{uuid4()}", phone.headers, msgspec.json.encode(body))


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


async def seed(fleet: Fleet, count: int) -> list[Phone]:
    """Patients on the day after their session, in clinics that may have webhooks on this machine."""
    now = utc_now()
    at_once = asyncio.Semaphore(8)
    async with opened(fleet) as database:
        teams = [
            await open_clinic(
                database, f"clinic-{number}", now - timedelta(days=9), webhook_hosts=("127.0.0.1",)
            )
            for number in range(min(_CLINICS, count))
        ]

        async def one(number: int) -> Phone:
            async with at_once:
                return await enrol(
                    database, teams[number % len(teams)], f"Sample {number}", session_at=now - timedelta(days=1)
                )  # fmt: skip

        return list(await asyncio.gather(*(one(number) for number in range(count))))


async def hook(fleet: Fleet, url: str) -> None:
    """A webhook for each clinic, after its patients."""
    async with opened(fleet) as database:
        for admin in await staff(fleet, Role.ADMIN):
            await webhooks.create_webhook(database, admin, url, now=utc_now())


async def staff(fleet: Fleet, role: Role) -> list[Actor]:
    """Everybody with that role."""
    judge = await fleet.judge()
    rows = await judge.fetch("select clinic_id, staff_id from staff where role = $1", role)
    await judge.close()
    return [Actor(clinic_id=row["clinic_id"], kind="staff", id=row["staff_id"], role=role) for row in rows]


@asynccontextmanager
async def reference(stage: Stage, **to: str) -> AsyncIterator[str]:
    """The bare handler's address. It passes on `to` BARE_HOOK, an address, or BARE_RELAY, a port."""
    port = free_port()
    (name,) = to
    env = {**os.environ, **to, "BARE_FILE": str(stage.folder / name)}
    log = (stage.folder / f"{name}.log").open("wb")
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
