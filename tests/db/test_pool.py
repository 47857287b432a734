"""The transaction of a clinic: what ends it from outside is told from our own faults, and the pool stays whole."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID, uuid4

import asyncpg
import pytest

from aftercare.db.pool import Busy, Connection, Database, DatabaseAway
from aftercare.errors import AftercareError

CLINIC = UUID("0198f5a0-0000-7000-8000-000000000001")


async def _end(database: Database, connection: Connection) -> None:
    """End a connection from the server's side, and wait until that is known here."""
    gone = asyncio.Event()
    connection.add_termination_listener(lambda *_: gone.set())
    admin = await asyncpg.connect(database.url)
    await admin.execute("select pg_terminate_backend($1)", connection.get_server_pid())
    await admin.close()
    await asyncio.wait_for(gone.wait(), 30)


async def _works(database: Database) -> None:
    """As many at once as the pool is large, each a clean transaction of its own."""

    async def one() -> object:
        async with database.clinic(CLINIC) as db:
            return await db.fetchval("select current_setting('aftercare.clinic', true)")

    assert await asyncio.gather(*(one() for _ in range(database.size))) == [str(CLINIC)] * database.size
    async with database.transaction() as db:
        assert not await db.fetchval("select current_setting('aftercare.clinic', true)")


Body = Callable[[Connection], Awaitable[object]]


async def _in_a_transaction(database: Database, body: Body) -> None:
    async with database.clinic(CLINIC) as db:
        await body(db)


async def test_a_connection_that_ends_is_the_database_away_at_any_moment(service: Database) -> None:
    async def before_a_statement(db: Connection) -> None:
        await _end(service, db)
        await db.execute("select 1")

    async def in_a_statement(db: Connection) -> None:
        ending = asyncio.create_task(_end(service, db))
        try:
            await db.execute("select pg_sleep(30)")
        finally:
            await ending

    async def before_the_commit(db: Connection) -> None:
        await _end(service, db)

    for body in (before_a_statement, in_a_statement, before_the_commit):
        with pytest.raises(DatabaseAway):
            await _in_a_transaction(service, body)
        await _works(service)


async def test_our_own_error_is_not_hidden_by_a_connection_that_ended(service: Database) -> None:
    async def fail(db: Connection) -> None:
        await _end(service, db)
        raise KeyError

    with pytest.raises(KeyError):
        await _in_a_transaction(service, fail)
    await _works(service)


async def test_a_statement_that_takes_too_long_is_busy(service: Database) -> None:
    with pytest.raises(Busy):
        async with service.clinic(CLINIC) as db:
            await db.execute("select pg_sleep(30)", timeout=0.05)
    await _works(service)


async def test_whoever_waits_too_long_for_a_lock_is_busy_and_its_connection_free(database_url: str) -> None:
    hasty = Database(database_url, role="aftercare_service", size=2, lock_seconds=0.05)
    await hasty.open()
    holder = await asyncpg.connect(database_url)
    async with holder.transaction():
        await holder.execute("select pg_advisory_xact_lock(1)")
        with pytest.raises(Busy):
            async with hasty.clinic(CLINIC) as db:
                await db.execute("select pg_advisory_xact_lock(1)")
        await _works(hasty)
    await holder.close()
    await hasty.close()


async def test_postgresql_ends_a_statement_before_the_driver_gives_it_up(service: Database) -> None:
    async def too_long(db: Connection) -> None:
        limit = await db.fetchval("select setting::int from pg_settings where name = 'statement_timeout'")
        assert 0 < limit < service.command_seconds * 1000
        await db.execute("set local statement_timeout = '50ms'")
        await db.execute("select pg_sleep(30)")

    with pytest.raises(Busy):
        await _in_a_transaction(service, too_long)
    await _works(service)


async def test_a_full_pool_is_busy_and_the_database_still_says_that_it_is_there(database_url: str) -> None:
    full = Database(database_url, role="aftercare_service", size=1)
    await full.open()
    async with full.clinic(CLINIC):
        patience, full.wait_seconds = full.wait_seconds, 0.05
        with pytest.raises(Busy):
            async with full.clinic(CLINIC):
                raise AssertionError
        full.wait_seconds = patience
        await full.answers()
    await _works(full)
    await full.close()


async def test_whoever_loses_a_deadlock_is_busy_and_the_other_goes_on(service: Database) -> None:
    locked = asyncio.Barrier(2)

    async def lock(first: int, second: int) -> None:
        async with service.clinic(CLINIC) as db:
            await db.execute("select pg_advisory_xact_lock($1)", first)
            await locked.wait()
            await db.execute("select pg_advisory_xact_lock($1)", second)

    ended = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)
    assert sorted(type(one).__name__ for one in ended) == ["Busy", "NoneType"]


async def test_a_transaction_that_could_not_commit_never_passes_for_one_that_did(service: Database) -> None:
    async def swallow(db: Connection) -> None:
        with suppress(asyncpg.DivisionByZeroError):
            await db.execute("select 1 / 0")

    with pytest.raises(AftercareError):
        await _in_a_transaction(service, swallow)
    await _works(service)


async def test_whoever_hangs_up_in_a_transaction_leaves_the_pool_whole(service: Database) -> None:
    began = asyncio.Event()

    async def work() -> None:
        async with service.clinic(uuid4()) as db:
            began.set()
            await db.execute("select pg_sleep(30)")

    for _ in range(service.size * 2):
        began.clear()
        task = asyncio.create_task(work())
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await _works(service)
    async with service.transaction() as db:
        left = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in%'"
        assert await db.fetchval(left) == 0
