"""Fixtures that build on each other: server, template database, database, service and worker."""

import asyncio
import os
import shutil
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings

from aftercare.db.embedded import EmbeddedServer
from aftercare.db.migrate import migrate
from aftercare.db.pool import Database
from aftercare.identity import passwords
from tests.e2e.certificates import Certificate, make_certificate

# Nothing in a test outlives its server, so nothing needs to reach the disk.
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "128MB",
    "max_connections": "200",
}
# Each test's database is a thousand files: made in memory, where there is plenty, in a twentieth of the time.
_MEMORY = Path("/dev/shm")  # noqa: S108 - each run makes a folder of its own in it
_PLENTY = 4 * 2**30  # bytes


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> None:
    """The same hash with a small memory: what it costs is not what these tests are about."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The two sizes of tests/prove, and the seed that repeats a run."""
    parser.addoption("--long", action="store_true", help="tests/prove at full size, as `make prove` runs it")
    parser.addoption("--seed", type=int, default=1, help="what chance draws from in tests/prove")


def pytest_configure(config: pytest.Config) -> None:
    """A red run is the same red run for everybody, and no example is held to a time; chance is drawn with --long.

    There hypothesis takes thousands of examples wherever a test does not name fewer.
    """
    settings.register_profile(
        "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.register_profile("long", max_examples=2_000, derandomize=False, deadline=None)
    settings.load_profile("long" if config.option.long else "suite")


def pytest_report_header(config: pytest.Config) -> str:
    """Say what repeats this run."""
    return f"tests/prove: --seed {config.option.seed}{' --long' if config.option.long else ''}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have counted, from whichever process they ran in."""
    for report in terminalreporter.getreports("passed"):
        for name, said in report.user_properties:
            if name == "said" and report.when == "call":
                terminalreporter.write_line(str(said))


class Server(Protocol):
    """A PostgreSQL on which databases may be made."""

    def url(self, database: str) -> str: ...


class GivenServer:
    """The one that AFTERCARE_TEST_DATABASE_URL names (an administrator's login), of any version from 15 on."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    def url(self, database: str) -> str:
        return urlunsplit(self._url._replace(path=f"/{database}"))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    given = os.environ.get("AFTERCARE_TEST_DATABASE_URL")
    if given:
        yield GivenServer(given)
        return
    in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _PLENTY
    with (
        tempfile.TemporaryDirectory(prefix="aftercare-tests-", dir=_MEMORY if in_memory else None) as folder,
        EmbeddedServer(Path(folder), settings=_FAST) as running,
    ):
        yield running


@pytest.fixture(scope="session")
def template(server: Server) -> Iterator[str]:
    """A migrated database that each test copies."""

    name = f"template_{uuid4().hex}"

    async def run(statement: str) -> None:
        admin = await asyncpg.connect(server.url("postgres"))
        await admin.execute(statement)
        await admin.close()

    asyncio.run(run(f"create database {name}"))
    asyncio.run(migrate(server.url(name)))
    yield name
    asyncio.run(run(f"drop database {name} with (force)"))


@pytest.fixture
async def database_url(server: Server, template: str) -> AsyncIterator[str]:
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


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """For relay.test, hooks.test and 127.0.0.1, valid for this run."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def http2_tls(certificate: Certificate) -> ssl.SSLContext:
    """A server's side of it that speaks HTTP/2."""
    return certificate.server_for("h2")


@pytest.fixture
def trusting(certificate: Certificate) -> ssl.SSLContext:
    """A client that trusts it."""
    return certificate.trusted()
