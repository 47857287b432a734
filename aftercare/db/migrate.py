"""The migration runner: forward only, one transaction a file, safe when several processes start at once."""

import hashlib
from pathlib import Path

import asyncpg

from aftercare.db.sql import sql_folder
from aftercare.errors import AftercareError

# Any constant does, as long as nothing else in the database uses it.
_LOCK = 0x61667465726361
_LOCK_WAIT = "60s"  # for another process that migrates
_TABLE_WAIT = (
    "5s"  # for a table that is in use: better to fail and try again than to queue all traffic behind us
)


class MigrationError(AftercareError):
    """The database cannot be brought to this version."""


async def migrate(url: str, folder: Path | None = None) -> list[str]:
    """Apply what is missing; returns the names applied. `url` is a login that may become `aftercare_owner`.

    Raises MigrationError when a file was edited after it ran, when files went missing, or when a lock did not come.
    """
    folder = folder or sql_folder() / "migrations"
    files = sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise MigrationError(f"The database does not answer: {type(error).__name__}.") from error
    try:
        return await _apply(connection, files)
    except asyncpg.LockNotAvailableError as error:
        raise MigrationError("Another process holds the database; try again when it is done.") from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise MigrationError(
            "The login of AFTERCARE_OWNER_DATABASE_URL may not do this: it needs CREATEROLE (or the roles of "
            f"sql/bootstrap.sql made by an administrator) and membership in aftercare_owner ({error.args[0]})."
        ) from error
    finally:
        await connection.close()


async def _apply(connection: asyncpg.Connection, files: list[Path]) -> list[str]:
    await connection.execute(f"set lock_timeout = '{_LOCK_WAIT}'")
    await connection.execute("select pg_advisory_lock($1)", _LOCK)
    await connection.execute(f"set lock_timeout = '{_TABLE_WAIT}'")
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


def _refuse_surprises(done: dict[str, str], files: list[Path]) -> None:
    here = {file.name: _digest(file) for file in files}
    for name, digest in done.items():
        if name in here and here[name] != digest:
            raise MigrationError(
                f"{name} was edited after it ran. Restore it and write a new migration instead."
            )
    # A database that is ahead of us is fine: the code before must fit the schema after.
    newest = max(done, default="")
    for name in here:
        if name not in done and name < newest:
            raise MigrationError(
                f"{name} is new but sorts before {newest}, which already ran. Give it a later number."
            )


async def _apply_one(connection: asyncpg.Connection, file: Path) -> None:
    async with connection.transaction():
        try:
            await connection.execute(file.read_text(encoding="utf-8"))
        except (asyncpg.InsufficientPrivilegeError, asyncpg.LockNotAvailableError):
            raise  # said better by the caller
        except asyncpg.PostgresError as error:
            raise MigrationError(f"{file.name} failed and was rolled back: {error}") from error
        await connection.execute(
            "insert into migrations (name, sha256) values ($1, $2)", file.name, _digest(file)
        )


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
