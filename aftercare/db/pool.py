"""Pools of connections, and the transaction of one clinic."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from uuid import UUID

import asyncpg
import msgspec

from aftercare.errors import AftercareError

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


class Busy(AftercareError):
    """The server is busy. Try again in a few seconds; nothing was stored."""

    status = 503
    type = "busy"
    title = "Busy"


class DatabaseAway(AftercareError):
    """The server cannot reach its database. Try again in a few seconds; nothing was stored."""

    status = 503
    type = "database-away"
    title = "Database away"


# What ends a transaction from outside: try again in a moment, and it may well work.
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # the server became a standby
    ConnectionError,
)
_HELD_UP = (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError, TimeoutError)


class Database:
    """One pool that acts as one role. Nothing is ever set on the session but the role itself."""

    def __init__(self, url: str, *, role: str, size: int, wait_seconds: float = 5.0) -> None:
        """`role` is the group role that every connection takes; `wait_seconds` bounds the wait for a connection."""
        self.url, self.role, self.size, self.wait_seconds = url, role, size, wait_seconds
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        """Open the pool. Raises DatabaseAway."""
        try:
            self._pool = await asyncpg.create_pool(
                self.url,
                min_size=1,
                max_size=self.size,
                init=_prepare,
                command_timeout=60,
                # A transaction that waits for a client is a bug; PostgreSQL ends it before it holds up the others.
                server_settings={
                    "role": self.role,
                    "idle_in_transaction_session_timeout": "30s",
                    "application_name": self.role,
                    "timezone": "UTC",
                },
            )
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            raise DatabaseAway from error

    async def close(self) -> None:
        """Close the pool; running statements get a few seconds."""
        if self._pool is not None:
            try:
                async with asyncio.timeout(5):
                    await self._pool.close()
            except TimeoutError:
                self._pool.terminate()
            self._pool = None

    def clinic(self, clinic_id: UUID) -> AbstractAsyncContextManager[Connection]:
        """A transaction that sees this clinic and no other. Raises Busy, DatabaseAway."""
        # One round trip for both; a UUID cannot carry SQL.
        return self._transaction(f"begin; select set_config('aftercare.clinic', '{clinic_id}', true)")

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """A transaction without a clinic: the directory, and the worker's queue. Raises Busy, DatabaseAway."""
        return self._transaction("begin")

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[Connection]:
        if self._pool is None:
            raise DatabaseAway
        try:
            connection = await self._pool.acquire(timeout=self.wait_seconds)
        except TimeoutError as error:
            raise Busy(retry_after=2) from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DatabaseAway(retry_after=2) from error
        try:
            await connection.execute(begin)
            try:
                yield connection
            except BaseException:
                # Where this fails as well, the release rolls back or throws the connection away: the first error counts.
                with suppress(Exception):
                    await connection.execute("rollback")
                raise
            if await connection.execute("commit") != "COMMIT":
                # A statement failed and its error was swallowed: PostgreSQL then rolls back and calls it no error.
                raise AftercareError
        except _AWAY as error:
            raise DatabaseAway(retry_after=2) from error
        except _HELD_UP as error:
            raise Busy(retry_after=2) from error
        except asyncpg.InterfaceError as error:
            if _is_gone(connection):
                raise DatabaseAway(retry_after=2) from error
            raise
        finally:
            with suppress(Exception):
                await self._pool.release(connection, timeout=5)


def _is_gone(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken a dead one back already
        return True


async def _prepare(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "json",
        schema="pg_catalog",
        encoder=lambda value: msgspec.json.encode(value).decode(),
        decoder=msgspec.json.decode,
    )
