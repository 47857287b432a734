"""The embedded server made ready for us: its database, its migrations, a login for each role."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import asyncpg
import msgspec

from aftercare.db.embedded import EmbeddedServer
from aftercare.db.migrate import migrate
from aftercare.errors import AftercareError
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
        else:
            asyncio.run(_refuse_powerful_logins(settings))
        yield settings
        return
    with EmbeddedServer(settings.data_dir / "postgres") as server:
        yield on_server(settings, server)


def on_server(settings: Settings, server: EmbeddedServer) -> Settings:
    """Settings with a login for each role on a running server, whose database is made and migrated. Blocks."""
    asyncio.run(_make_ready(server))
    server.let_in(*(_login(role) for role in _ROLES))
    return msgspec.structs.replace(
        settings,
        database_url=server.url(_DATABASE, _login("service")),
        worker_database_url=server.url(_DATABASE, _login("worker")),
        backup_database_url=server.url(_DATABASE, _login("backup")),
        owner_database_url=server.url(_DATABASE),
    )


class PowerfulLoginError(AftercareError):
    """A login of the service may not be one that row-level security does not bind."""


async def _refuse_powerful_logins(settings: Settings) -> None:
    """Raise PowerfulLoginError where leaving the group role would leave the clinic's walls, too."""
    for variable, url in (
        ("AFTERCARE_DATABASE_URL", settings.database_url),
        ("AFTERCARE_WORKER_DATABASE_URL", settings.worker_database_url),
    ):
        try:
            connection = await asyncpg.connect(url)
        except (OSError, asyncpg.PostgresError) as error:
            raise PowerfulLoginError(
                f"The database of {variable} does not answer: {type(error).__name__}."
            ) from error
        try:
            powerful = await connection.fetchval(
                "select rolsuper or rolbypassrls or pg_has_role(oid, 'aftercare_owner', 'member')"
                " from pg_roles where rolname = session_user"
            )
        finally:
            await connection.close()
        if powerful:
            raise PowerfulLoginError(
                f"The login of {variable} is an administrator or the tables' owner. Make one that is a member of "
                "aftercare_service (or aftercare_worker) alone; docs/operations/installing.md says how."
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
