"""The migration runner: forward only, one transaction a file, safe when several processes start at once.

It runs while the version before is serving. So a file only adds (a nullable column or one with a default, a table, an
index): the code before must fit the schema after, and what is no longer needed goes in a later version. A file that
needs a table in use gives way within a second and tries again, so that no request queues behind it for longer. A file
that is nothing but `create index concurrently if not exists <name> on ...` is run outside a transaction, so that a
large table is written to meanwhile; what a killed attempt left of it is thrown away first.
"""

import asyncio
import hashlib
import re
import time
from collections.abc import Mapping
from pathlib import Path

import asyncpg

from aftercare.db.sql import sql_folder
from aftercare.errors import AftercareError

# Any constant does, as long as nothing else in the database uses it.
_LOCK = 0x61667465726361
_LOCK_WAIT = 60.0  # seconds for another process that migrates
# Shorter than PostgreSQL's deadlock_timeout: tangled with a request, it is the migration that gives way.
_TABLE_WAIT = "800ms"
_PATIENCE = 60.0  # seconds for tables in use, over all attempts at a file
_PAUSE = 0.5  # seconds in which the requests that queued behind an attempt pass

_BESIDE_TRAFFIC = re.compile(
    r"\s*create\s+(?:unique\s+)?index\s+concurrently\s+if\s+not\s+exists\s+(\w+)", re.IGNORECASE
)
_COMMENT = re.compile(r"--[^\n]*")
# The server was shut down or killed, or the way to it was cut; the driver may call that an internal error.
_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)


class MigrationError(AftercareError):
    """The database cannot be brought to this version."""


async def migrate(url: str, folder: Path | None = None) -> list[str]:
    """Apply what is missing; returns the names applied. `url` is a login that may become `aftercare_owner`.

    Raises MigrationError when a file was edited after it ran, when files went missing, when a lock did not come, or when
    the database went away; whatever it raises, each file is there whole or not at all, and running again goes on.
    """
    folder = folder or sql_folder() / "migrations"
    files = sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise MigrationError(f"The database does not answer: {type(error).__name__}.") from error
    try:
        return await _apply(connection, files)
    except asyncpg.InsufficientPrivilegeError as error:
        raise MigrationError(
            "The login of AFTERCARE_OWNER_DATABASE_URL may not do this: it needs CREATEROLE (or the roles of "
            f"sql/bootstrap.sql made by an administrator) and membership in aftercare_owner ({error.args[0]})."
        ) from error
    except _GONE as error:
        raise MigrationError(
            "The database went away in the middle. Nothing is half done; run it again when the database is back."
        ) from error
    finally:
        await connection.close()


async def _apply(connection: asyncpg.Connection, files: list[Path]) -> list[str]:
    await _be_alone(connection)
    await connection.execute(f"set lock_timeout = '{_TABLE_WAIT}'")
    # Nothing of us goes on holding tables once we were killed.
    await connection.execute("set client_connection_check_interval = '1s'")
    await connection.execute((sql_folder() / "bootstrap.sql").read_text(encoding="utf-8"))
    await connection.execute("set role aftercare_owner")
    await connection.execute(
        "create table if not exists migrations (name text primary key, sha256 text not null,"
        " applied_at timestamptz not null default now())"
    )
    done = {
        row["name"]: row["sha256"] for row in await connection.fetch("select name, sha256 from migrations")
    }
    _refuse_surprises(done, files)
    applied = []
    for file in files:
        if file.name not in done:
            await _apply_one(connection, file)
            applied.append(file.name)
    return applied


async def _be_alone(connection: asyncpg.Connection) -> None:
    """Take the lock of whoever migrates, asking again and again: an index is not built beside a statement that waits."""
    until = time.monotonic() + _LOCK_WAIT
    while not await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK):
        if time.monotonic() > until:
            raise MigrationError("Another process migrates this database; try again when it is done.")
        await asyncio.sleep(0.1)


def _refuse_surprises(done: Mapping[str, str], files: list[Path]) -> None:
    here = {file.name: _digest(file) for file in files}
    # A database that is ahead of us is fine: the code before must fit the schema after.
    newest_here, newest_done = max(here, default=""), max(done, default="")
    for name, digest in done.items():
        if name in here and here[name] != digest:
            raise MigrationError(
                f"{name} was edited after it ran. Restore it and write a new migration instead."
            )
        if name not in here and name < newest_here:
            raise MigrationError(f"{name} ran here and is missing now. Restore it: it may not be taken out.")
    for name in here:
        if name not in done and name < newest_done:
            raise MigrationError(
                f"{name} is new but sorts before {newest_done}, which already ran. Give it a later number."
            )


async def _apply_one(connection: asyncpg.Connection, file: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return await _attempt(connection, file)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            if time.monotonic() > until:
                raise MigrationError(
                    f"{file.name} needs a table that is in use, and was rolled back; try again when it is free."
                ) from error
        except (asyncpg.InsufficientPrivilegeError, *_GONE):
            raise  # said better by the caller
        except asyncpg.PostgresError as error:
            raise MigrationError(f"{file.name} failed and was rolled back: {error}") from error
        await asyncio.sleep(_PAUSE)


async def _attempt(connection: asyncpg.Connection, file: Path) -> None:
    sql = file.read_text(encoding="utf-8")
    index = _BESIDE_TRAFFIC.match(_COMMENT.sub("", sql))
    if index:
        await _build_beside_traffic(connection, index[1], sql)
    async with connection.transaction():
        if not index:
            await connection.execute(sql)
        await connection.execute(
            "insert into migrations (name, sha256) values ($1, $2)", file.name, _digest(file)
        )


async def _build_beside_traffic(connection: asyncpg.Connection, index: str, sql: str) -> None:
    # It waits for the transactions that are open, as long as they take: nobody waits for it.
    await connection.execute("set lock_timeout = 0")
    await _drop_unfinished(connection, index)
    try:
        await connection.execute(sql)
    except asyncpg.PostgresError:
        await _drop_unfinished(connection, index)
        raise
    await connection.execute(f"set lock_timeout = '{_TABLE_WAIT}'")


async def _drop_unfinished(connection: asyncpg.Connection, index: str) -> None:
    """Throw away what is left of an index whose building was killed or failed: it is written to and never read."""
    unfinished = "select 1 from pg_index where indexrelid = to_regclass($1) and not indisvalid"
    if not connection.is_closed() and await connection.fetchval(unfinished, index):
        await connection.execute(f"drop index concurrently {index}")


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
