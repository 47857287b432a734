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
    asyncpg.InternalClientError,  # the driver's word for a line that was cut at the wrong instant
    ConnectionError,
)
_HELD_UP = (
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,  # it took longer than a statement may
    TimeoutError,
)
_STATEMENT_SECONDS = 30  # nothing that we ask takes one


class Database:
    """One pool that acts as one role. Role and time limits come with the connection; nothing is set on it later."""

    command_seconds = 2 * _STATEMENT_SECONDS

    def __init__(
        self, url: str, *, role: str, size: int, wait_seconds: float = 5.0, lock_seconds: float = 5.0
    ) -> None:
        """`role` is the group role that every connection takes.

        `wait_seconds` bounds the wait for a connection, `lock_seconds` each wait for a lock: whoever waits for a lock
        holds a connection that others wait for.
        """
        self.url, self.role, self.size = url, role, size
        self.wait_seconds, self.lock_seconds = wait_seconds, lock_seconds
        self._pool: asyncpg.Pool | None = None
        self._probe: asyncpg.Pool | None = None

    async def open(self) -> None:
        """Open the pool. Raises DatabaseAway."""
        try:
            self._pool = await self._connections(least=1, most=self.size)
            self._probe = await self._connections(least=0, most=1)
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            raise DatabaseAway from error

    async def _connections(self, *, least: int, most: int) -> asyncpg.Pool:
        return await asyncpg.create_pool(
            self.url,
            min_size=least,
            max_size=most,
            init=_prepare,
            connection_class=_Plain,
            # PostgreSQL ends a statement first, and goes on; this is for one that no longer answers at all.
            command_timeout=self.command_seconds,
            server_settings={
                "role": self.role,
                "lock_timeout": f"{max(1, round(self.lock_seconds * 1000))}ms",  # 0 would be for ever
                "statement_timeout": f"{_STATEMENT_SECONDS}s",
                # A transaction that waits for a client is a bug; it is ended before it holds up the others.
                "idle_in_transaction_session_timeout": "10s",
                "application_name": self.role,
                "timezone": "UTC",
                # Each statement is planned once a connection: what it may read is decided by its indexes, not by its values.
                "plan_cache_mode": "force_generic_plan",
                "jit": "off",
            },
        )

    async def close(self) -> None:
        """Close the pool; running statements get a few seconds."""
        pools, self._pool, self._probe = (self._pool, self._probe), None, None
        for pool in pools:
            if pool is not None:
                try:
                    async with asyncio.timeout(5):
                        await pool.close()
                except TimeoutError:
                    pool.terminate()

    def connections(self) -> tuple[int, int]:
        """How many connections there are, and how many of them are idle."""
        return (self._pool.get_size(), self._pool.get_idle_size()) if self._pool is not None else (0, 0)

    async def answers(self) -> None:
        """Return if PostgreSQL answers: asked past the queue of requests, since full is not broken.

        Raises Busy, DatabaseAway.
        """
        async with self._transaction("begin", self._probe) as db:
            await db.execute("select 1")

    def clinic(self, clinic_id: UUID) -> AbstractAsyncContextManager[Connection]:
        """A transaction that sees this clinic and no other. Raises Busy, DatabaseAway."""
        # One round trip for both; a UUID cannot carry SQL.
        begin = f"begin; select set_config('aftercare.clinic', '{clinic_id}', true)"
        return self._transaction(begin, self._pool)

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """A transaction without a clinic: the directory, and the worker's queue. Raises Busy, DatabaseAway."""
        return self._transaction("begin", self._pool)

    def statement(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for one statement, which is a transaction of its own. Raises Busy, DatabaseAway."""
        return self._lent(self._pool)

    @asynccontextmanager
    async def _transaction(self, begin: str, pool: asyncpg.Pool | None) -> AsyncIterator[Connection]:
        async with self._lent(pool) as connection:
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

    @asynccontextmanager
    async def _lent(self, pool: asyncpg.Pool | None) -> AsyncIterator[Connection]:
        if pool is None:
            raise DatabaseAway
        try:
            connection = await pool.acquire(timeout=self.wait_seconds)
        except TimeoutError as error:
            raise Busy(retry_after=2) from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DatabaseAway(retry_after=2) from error
        try:
            yield connection
        except _HELD_UP as error:
            raise Busy(retry_after=2) from error
        except _AWAY as error:
            raise DatabaseAway(retry_after=2) from error
        except asyncpg.InterfaceError as error:
            if _is_gone(connection):
                raise DatabaseAway(retry_after=2) from error
            raise
        finally:
            with suppress(Exception):
                await pool.release(connection, timeout=5)


def _is_gone(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken a dead one back already
        return True


class _Plain(asyncpg.Connection):
    """A connection that goes back to the pool as it came: an open transaction is ended, and nothing else was ever set.

    The driver would ask PostgreSQL to forget settings, locks, cursors and channels: a round trip for what we never have.
    """

    def get_reset_query(self) -> str:
        """Nothing to forget."""
        return ""


async def _prepare(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "json",
        schema="pg_catalog",
        encoder=msgspec.json.encode,
        decoder=msgspec.json.decode,
        format="binary",
    )
