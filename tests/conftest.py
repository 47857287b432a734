"""Fixtures that build on each other: server, template database, database, service and worker."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from argon2 import PasswordHasher

from aftercare.db.embedded import EmbeddedServer
from aftercare.db.migrate import migrate
from aftercare.db.pool import Database
from aftercare.identity import passwords

# Nothing in a test outlives its server, so nothing needs to reach the disk.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> None:
    """The same hash with a small memory: what it costs is not what these tests are about."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path_factory.mktemp("pg"), settings=_FAST) as running:
        yield running


@pytest.fixture(scope="session")
def template(server: EmbeddedServer) -> str:
    """A migrated database that each test copies."""

    async def make() -> None:
        admin = await asyncpg.connect(server.url("postgres"))
        await admin.execute("create database template_aftercare")
        await admin.close()
        await migrate(server.url("template_aftercare"))

    asyncio.run(make())
    return "template_aftercare"


@pytest.fixture
async def database_url(server: EmbeddedServer, template: str) -> AsyncIterator[str]:
    name = f"test_{uuid4().hex}"
    admin = await asyncpg.connect(server.url("postgres"))
    await admin.execute(f"create database {name} template {template}")
    yield server.url(name)
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, role="aftercare_service", size=8)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def worker(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, role="aftercare_worker", size=4)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def now() -> datetime:
    """A Wednesday, ten o'clock in London."""
    return datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"
