"""A whole installation that may be hurt: its own PostgreSQL, API processes and workers, each killed and started by id."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Self

import asyncpg
import httpx
import msgspec

from aftercare.db.embedded import EmbeddedServer
from aftercare.db.local import on_server
from aftercare.db.pool import Database
from aftercare.db.programs import EmbeddedServerError
from aftercare.settings import Settings
from tests.e2e.processes import free_port

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Member:
    """One `aftercare ...` with its children: ended politely or killed, and started again with the same settings."""

    def __init__(self, *args: str, env: dict[str, str], log: Path, address: str = "") -> None:
        self._args, self._env, self._log = args, env, log
        self.address = address  # of a server; empty for a worker
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it; it may take a second to be ready, or give up at once where its database is away."""
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "aftercare", *self._args],
                env=self._env,
                stdout=out,
                stderr=out,
                start_new_session=True,  # one group with its children, signalled together
            )

    def signal(self, number: int) -> None:
        """Send a signal to it and its children: SIGKILL, SIGSTOP, SIGCONT."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def end(self) -> None:
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=20)
        self.kill()

    async def ready(self, seconds: float = 60) -> None:
        """Wait until a server answers that it is ready; started again, as a supervisor would, where it gave up."""
        until = time.monotonic() + seconds
        async with httpx.AsyncClient(timeout=2) as client:
            while time.monotonic() < until:
                if not self.alive:
                    self.start()
                with suppress(httpx.TransportError):
                    if (await client.get(f"{self.address}/health/ready")).status_code == 200:
                        return
                await asyncio.sleep(0.05)
        raise AssertionError(f"not ready within {seconds} s:\n{self._log.read_text()[-3000:]}")


class Fleet:
    """`async with Fleet(folder) as fleet`: PostgreSQL is up and migrated; servers and workers are started by name.

    `postgres` are settings of the server; it is as durable as in production unless they say otherwise.
    """

    def __init__(self, folder: Path, *, postgres: Mapping[str, str] = _NOTHING, **settings: str) -> None:
        self.folder = folder
        self.postgres = EmbeddedServer(folder / "postgres", settings=postgres)
        self.members: list[Member] = []
        self._given = settings
        self.settings = Settings(data_dir=folder / "data")

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.postgres.start)
        self.settings = await asyncio.to_thread(on_server, self.settings, self.postgres)
        return self

    async def __aexit__(self, *_: object) -> None:
        for member in self.members:
            member.signal(signal.SIGCONT)
        await asyncio.gather(*(asyncio.to_thread(member.end) for member in self.members))
        await asyncio.to_thread(self.postgres.stop)

    def serve(self, *args: str, **settings: str) -> Member:
        """A server process of its own port, started, not yet ready: `await fleet.serve().ready()`."""
        port = free_port()
        env = self._environment(AFTERCARE_PORT=str(port), **settings)
        return self._start("serve", *args, env=env, address=f"http://127.0.0.1:{port}")

    def worker(self, **settings: str) -> Member:
        """A worker process, started."""
        return self._start("worker", env=self._environment(**settings))

    def database(self, role: str = "aftercare_service", *, size: int = 4) -> Database:
        """A pool of the test's own, to seed and to judge by; not opened."""
        worker = role == "aftercare_worker"
        url = self.settings.worker_database_url if worker else self.settings.database_url
        return Database(url, role=role, size=size)

    async def judge(self) -> asyncpg.Connection:
        """A fresh connection as administrator, which sees every clinic; waits while PostgreSQL recovers from a death."""
        async with asyncio.timeout(60):
            while True:
                try:
                    return await asyncpg.connect(self.postgres.url("aftercare"))
                except (asyncpg.CannotConnectNowError, OSError, EmbeddedServerError):
                    await asyncio.sleep(0.05)

    def kill_postgres(self, number: int = signal.SIGKILL) -> None:
        """Kill the postmaster (SIGKILL), or shut it down at once without a checkpoint (SIGQUIT, `pg_ctl -m immediate`)."""
        pid = self.postgres._pid()
        assert pid is not None
        os.kill(pid, number)

    async def start_postgres(self) -> None:
        """Start it again and wait for its recovery."""
        # What was just killed may answer for a moment longer, and would pass for started.
        if (process := self.postgres._process) is not None:
            await asyncio.to_thread(process.wait, 30)
        await asyncio.to_thread(self.postgres.start)

    async def supervise(self) -> None:
        """Start again whichever member has ended, as a supervisor would, until cancelled."""
        while True:
            for member in self.members:
                if not member.alive:
                    member.start()
            await asyncio.sleep(0.2)

    def _environment(self, **more: str) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("AFTERCARE_")}
        fields = msgspec.structs.asdict(self.settings)
        ours = {f"AFTERCARE_{name.upper()}": str(fields[name]) for name in fields if name != "port"}
        return {**kept, **ours, **self._given, **more}

    def _start(self, *args: str, env: dict[str, str], address: str = "") -> Member:
        log = self.folder / f"{args[0]}-{len(self.members)}.log"
        member = Member(*args, env=env, log=log, address=address)
        self.members.append(member)
        member.start()
        return member
