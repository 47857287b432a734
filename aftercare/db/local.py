"""The embedded server made ready for us: its database, its migrations, a login for each role."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import asyncpg
import msgspec

from aftercare.db.embedded import EmbeddedServer
from aftercare.db.migrate import migrate
from aftercare.settings import Settings

_DATABASE = "aftercare"
_ROLES = ("service", "worker", "backup")


@contextmanager
def with_database(settings: Settings) -> Iterator[Settings]:
    """Settings with database addresses: as given, or those of an embedded server that runs as long as this lasts.

    Migrates the embedded database, and in development a given one too; in production `aftercare migrate` does that.
    Raises EmbeddedServerError, MigrationError.
    """
    if settings.database_url:
        if settings.env == "development":
            asyncio.run(migrate(settings.owner_database_url or settings.database_url))
        yield settings
        return
    with EmbeddedServer(settings.data_dir / "postgres") as server:
        asyncio.run(_make_ready(server))
        server.let_in(*(_login(role) for role in _ROLES))
        yield msgspec.structs.replace(
            settings,
            database_url=server.url(_DATABASE, _login("service")),
            worker_database_url=server.url(_DATABASE, _login("worker")),
            backup_database_url=server.url(_DATABASE, _login("backup")),
            owner_database_url=server.url(_DATABASE),
        )


async def _make_ready(server: EmbeddedServer) -> None:
    admin = await asyncpg.connect(server.url("postgres"))
    try:
        # There already, or another process was quicker: both are fine.
        with suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
            await admin.execute(f"create database {_DATABASE}")
        await migrate(server.url(_DATABASE))
        for role in _ROLES:
            with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
                await admin.execute(f"create role {_login(role)} login noinherit in role aftercare_{role}")
    finally:
        await admin.close()


def _login(role: str) -> str:
    return f"aftercare_{role}_login"
