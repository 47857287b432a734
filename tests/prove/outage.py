"""A clinic whose surroundings fail: phones that report until they are heard, and note what they were told meanwhile."""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from aftercare.services.house import utc_now
from aftercare.services.webhooks import create_webhook
from tests.e2e.receivers import SmtpReceiver, WebhookReceiver
from tests.prove.callers import said
from tests.prove.fleet import Fleet, Member
from tests.prove.people import Phone, enrol, open_clinic

PATIENCE = 60.0  # seconds: a bound for what must come, far beyond when it comes
_PAUSE = 0.1  # of a phone before it tries again: far less than it is asked to wait
_LOOK = 0.1
_PAUSE = 0.1  # of a phone that keeps reporting: one that loops is asked to wait after some hundreds on a day
_UNDELIVERED = (
    "select count(*) from due_work where kind like 'deliver:%' and due_at < now() + interval '1 minute'"
)
_LISTENING = "select count(distinct query) from pg_stat_activity where query ilike 'listen%'"
_CREATED, _UNAVAILABLE = 201, 503


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, and when its request began and ended on the test's own clock."""

    began: float
    ended: float
    status: int
    problem: str  # its type; empty for what is none
    retry_after: str

    @property
    def is_plain_refusal(self) -> bool:
        """A client can act on it: not now, nothing stored, again in a moment."""
        return self.status == _UNAVAILABLE and self.problem != "" and self.retry_after.isdecimal()


class Reporter:
    """A phone: sends one check-in after another, each until it is acknowledged."""

    def __init__(self, address: str, phone: Phone) -> None:
        self._address, self._phone = address, phone
        self.acknowledged: dict[UUID, float] = {}
        self.told: list[Told] = []
        self._changed = asyncio.Condition()

    async def keep_reporting(self, until: asyncio.Event) -> None:
        """Report for as long as nobody says stop; what was begun is brought to its end."""
        async with self._client() as client:
            while not until.is_set():
                await self._report(client, {})
                await asyncio.sleep(_PAUSE)

    async def report(self, **answers: Any) -> None:
        """Report once."""
        async with self._client() as client:
            await self._report(client, answers)

    async def wait_for(self, count: int) -> None:
        """Wait until so many of its check-ins are acknowledged."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: len(self.acknowledged) >= count)

    async def until_told(self, status: int, since: float) -> Told:
        """Wait for an answer to a request of after an instant."""

        def found() -> list[Told]:
            return [one for one in self.told if one.status == status and one.began >= since]

        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(found)
        return found()[0]

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._address, headers=self._phone.headers, timeout=PATIENCE)

    async def _report(self, client: httpx.AsyncClient, answers: dict[str, Any]) -> None:
        check_in_id, body = uuid4(), said(**answers)
        while check_in_id not in self.acknowledged:
            began = time.monotonic()
            answer = await client.put(f"/v1/check-ins/{check_in_id}", json=body)
            told = _told(answer, began)
            async with self._changed:
                self.told.append(told)
                if told.status == _CREATED:
                    self.acknowledged[check_in_id] = told.ended
                self._changed.notify_all()
            if told.status != _CREATED:
                await asyncio.sleep(_PAUSE)


def _told(answer: httpx.Response, began: float) -> Told:
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    return Told(
        began=began,
        ended=time.monotonic(),
        status=answer.status_code,
        problem=str(answer.json()["type"]) if is_problem else "",
        retry_after=answer.headers.get("retry-after", ""),
    )


@dataclass
class Clinic:
    """A clinic that mails and calls a webhook, with a server, a worker beside it and phones."""

    fleet: Fleet
    server: Member
    worker: Member
    phones: list[Phone]
    mail: SmtpReceiver
    hooks: WebhookReceiver
    reporters: list[Reporter] = field(default_factory=list)

    def reporter(self, phone: Phone) -> Reporter:
        """A phone that will be judged in the end."""
        self.reporters.append(Reporter(self.server.address, phone))
        return self.reporters[-1]

    @property
    def told(self) -> list[Told]:
        """All that phones were answered."""
        return [one for reporter in self.reporters for one in reporter.told]

    async def health(self, which: str) -> Told:
        """What monitoring is told."""
        began = time.monotonic()
        async with httpx.AsyncClient(base_url=self.server.address, timeout=PATIENCE) as client:
            return _told(await client.get(f"/health/{which}"), began)

    async def lost(self) -> set[UUID]:
        """What was acknowledged and is not there, or is there and was never acknowledged: seen by a fresh connection."""
        judge = await self.fleet.judge()
        kept = {row["check_in_id"] for row in await judge.fetch("select check_in_id from check_ins")}
        await judge.close()
        return kept ^ {one for reporter in self.reporters for one in reporter.acknowledged}

    async def until_delivered(self) -> int:
        """Wait until everything that is due has left, and see that its receivers have it; returns how many."""
        judge = await self.fleet.judge()
        async with asyncio.timeout(PATIENCE):
            while await judge.fetchval(_UNDELIVERED):  # noqa: ASYNC110 - PostgreSQL tells nobody
                await asyncio.sleep(_LOOK)
        # Reminders are left out: whoever of these patients is due has no address, from nine in the morning on.
        rows = await judge.fetch(
            "select delivery_id, channel, state from deliveries where ended_at is not null and patient_id is null"
        )
        await judge.close()
        called = {one.headers["webhook-id"] for one in self.hooks.requests}
        mailed = "".join(str(one.message["message-id"]) for one in self.mail.mails)
        for row in rows:
            assert row["state"] == "sent"
            assert str(row["delivery_id"]) in (called if row["channel"] == "webhook" else mailed)
        return len(rows)

    async def until_listening(self) -> None:
        """Wait until the server hears the sealer and the worker hears of work, again."""
        judge = await self.fleet.judge()
        async with asyncio.timeout(PATIENCE):
            while await judge.fetchval(_LISTENING) < 2:  # noqa: ASYNC110 - PostgreSQL tells nobody
                await asyncio.sleep(_LOOK)
        await judge.close()


@asynccontextmanager
async def clinic_of(fleet: Fleet, patients: int) -> AsyncIterator[Clinic]:
    """A clinic on a fleet that is up, always open, with so many patients."""
    now = utc_now()
    async with SmtpReceiver() as mail, WebhookReceiver() as hooks:
        database = fleet.database()
        await database.open()
        team = await open_clinic(
            database, "alpha", now - timedelta(days=9), always=True, webhook_hosts=("127.0.0.1",)
        )
        await create_webhook(database, team.admin, hooks.url, now=now)
        treated = now - timedelta(days=3)
        phones = [await enrol(database, team, f"Sample {n}", session_at=treated) for n in range(patients)]
        await database.close()
        smtp = {
            "AFTERCARE_SMTP_HOST": "127.0.0.1",
            "AFTERCARE_SMTP_PORT": str(mail.port),
            "AFTERCARE_SMTP_TLS": "none",
        }
        server, worker = fleet.serve("--no-worker", **smtp), fleet.worker(**smtp)
        await server.ready()
        yield Clinic(fleet, server, worker, phones, mail, hooks)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own on a folder, where mounting is allowed; the test is skipped where it is not."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)]
    try:
        made = subprocess.run(mount, capture_output=True, text=True, check=False).returncode == 0
    except FileNotFoundError:
        made = False
    if not made:
        pytest.skip("a disk that can be filled needs the right to mount a file system (root)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Leave no byte free on the disk of a folder, for as long as this lasts."""
    ballast = folder / "ballast"
    try:
        with ballast.open("wb") as out:
            for size in (2**20, 2**12):
                with suppress(OSError):
                    while True:
                        os.posix_fallocate(out.fileno(), out.seek(0, os.SEEK_END), size)
        yield
    finally:
        ballast.unlink()


async def is_gone(judge: asyncpg.Connection) -> None:
    """Wait until a connection has ended."""
    gone = asyncio.Event()
    judge.add_termination_listener(lambda _: gone.set())
    if not judge.is_closed():
        await asyncio.wait_for(gone.wait(), PATIENCE)
