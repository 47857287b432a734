"""Clients on bare sockets: they say what they like, stop where they like, and leave as they like."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import httpx
import msgspec

from aftercare.services.house import utc_now
from tests.prove.fleet import Fleet, Member
from tests.prove.people import Phone, enrol, open_clinic

# At once and without a word (the network's RST), as when a phone's system ends the app; or orderly (FIN).
_AT_ONCE = struct.pack("ii", 1, 0)
_PATIENCE = 60.0  # seconds: a bound for what must come, far beyond when it comes


class Leaving(StrEnum):
    """How a client ends its connection."""

    FIN = "FIN"
    RST = "RST"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request as it goes over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def head(self, framing: str | None = None) -> bytes:
        """Request line and headers; `framing` says something else of the body than its true length."""
        lines = [f"{self.method} {self.path} HTTP/1.1", "host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [framing or f"content-length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: status 0 if nothing did."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def type(self) -> str:
        """The problem's type; empty for what is no problem."""
        problem = self.headers.get("content-type") == "application/problem+json"
        return str(json.loads(self.body)["type"]) if problem else ""


class Caller:
    """One connection to a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, address: str) -> Self:
        """Connected."""
        parts = urlsplit(address)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port))

    async def say(self, data: bytes) -> None:
        """Send; a server that has hung up by now is not heard."""
        self._writer.write(data)
        with suppress(ConnectionError):
            await self._writer.drain()

    def say_no_more(self) -> None:
        """End our half; the answer can still be read."""
        self._writer.write_eof()

    async def leave(self, how: Leaving) -> None:
        """Hang up."""
        if how is Leaving.RST:
            line: socket.socket = self._writer.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self._writer.transport.abort()
        await self._close()

    async def _close(self) -> None:
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    async def answer(self) -> Answer:
        """The answer, read until the server ends the connection; ends ours."""
        heard = bytearray()
        async with asyncio.timeout(_PATIENCE):
            with suppress(ConnectionError):
                while part := await self._reader.read(65536):
                    heard += part
        await self._close()
        head, _, body = bytes(heard).partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        length = int(headers.get("content-length", len(body)))
        return Answer(status=int(first.split()[1]) if first else 0, headers=headers, body=body[:length])


@dataclass(frozen=True)
class Clinic:
    """A clinic behind one server process, whose database may be held up."""

    fleet: Fleet
    server: Member
    phones: list[Phone]
    judge: asyncpg.Connection
    client: httpx.AsyncClient

    async def polite(self, call: Call) -> httpx.Response:
        """The same request by a client that stays."""
        return await self.client.request(call.method, call.path, headers=call.headers, content=call.body)

    async def health(self, which: str) -> httpx.Response:
        """What monitoring is told."""
        return await self.client.get(f"/health/{which}")

    def log(self) -> str:
        """What the server has logged."""
        return (self.fleet.folder / "serve-0.log").read_text()

    @asynccontextmanager
    async def held_up(self) -> AsyncIterator[None]:
        """Hold every patient's row: check-ins, sync and photos wait in their transactions until the block ends."""
        holder = await self.fleet.judge()
        try:
            async with holder.transaction():
                await holder.execute("select from patients for update")
                yield
        finally:
            await holder.close()


@asynccontextmanager
async def clinic_of(folder: Path, patients: int, **settings: str) -> AsyncIterator[Clinic]:
    """A clinic with so many patients, served."""
    now = utc_now()
    async with Fleet(folder) as fleet:
        server = fleet.serve("--no-worker", **settings)
        database = fleet.database()
        await database.open()
        team = await open_clinic(database, "alpha", now - timedelta(days=9))
        treated = now - timedelta(days=3)
        phones = [await enrol(database, team, f"Sample {n}", session_at=treated) for n in range(patients)]
        await database.close()
        await server.ready()
        judge = await fleet.judge()
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=server.address, timeout=_PATIENCE, limits=limits) as client:
            yield Clinic(fleet, server, phones, judge, client)
        await judge.close()


def said(**answers: Any) -> dict[str, Any]:
    """A check-in of this moment."""
    return {
        "instrument": 1,
        "recorded_at": utc_now().isoformat(),
        "time_zone": "Europe/London",
        "answers": {"pain": 1, **answers},
    }


def check_in_of(phone: Phone, check_in_id: UUID, **answers: Any) -> Call:
    """PUT one check-in."""
    return _call(phone, "PUT", f"/v1/check-ins/{check_in_id}", json.dumps(said(**answers)).encode())


def sync_of(phone: Phone, ids: tuple[UUID, ...], **answers: Any) -> Call:
    """POST several."""
    items = [{"id": str(one), **said(**answers)} for one in ids]
    return _call(phone, "POST", "/v1/sync", json.dumps({"check_ins": items}).encode())


def photo_of(phone: Phone, photo_id: UUID, picture: bytes) -> Call:
    """PUT a photo."""
    return _call(phone, "PUT", f"/v1/photos/{photo_id}", picture, kind="image/jpeg")


def _call(phone: Phone, method: str, path: str, body: bytes, kind: str = "application/json") -> Call:
    return Call(method=method, path=path, headers=phone.headers | {"content-type": kind}, body=body)


class Activity(msgspec.Struct, frozen=True):
    """What the service's connections do at this moment, as PostgreSQL sees it."""

    active: int
    waiting: int  # for a lock
    in_transaction: int  # and doing nothing: waiting for us


async def activity(judge: asyncpg.Connection) -> Activity:
    """Look once."""
    now = await judge.fetchrow(
        "select count(*) filter (where state = 'active'), count(*) filter (where wait_event_type = 'Lock'),"
        " count(*) filter (where state like 'idle in transaction%')"
        " from pg_stat_activity where application_name = 'aftercare_service'"
    )
    assert now is not None
    return Activity(*now)


async def until(judge: asyncpg.Connection, reached: Callable[[Activity], bool], looks: int = 1) -> None:
    """Wait until that many looks after one another show it; PostgreSQL tells nobody, so it is asked."""
    seen = 0
    async with asyncio.timeout(_PATIENCE):
        while seen < looks:
            seen = seen + 1 if reached(await activity(judge)) else 0
            await asyncio.sleep(0.02)


async def until_quiet(judge: asyncpg.Connection) -> None:
    """Wait until the service has asked nothing for half a second; whoever waits for a lock is active."""
    await until(judge, lambda now: now.active == 0, looks=25)
