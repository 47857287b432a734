"""The migration runner: several at once, edited files, broken files, waiting for a lock."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from aftercare.db import migrate as runner
from aftercare.db.migrate import MigrationError, migrate
from aftercare.db.sql import sql_folder
from tests.conftest import Server


@pytest.fixture
async def empty_url(server: Server) -> AsyncIterator[str]:
    name = f"empty_{uuid4().hex}"
    admin = await asyncpg.connect(server.url("postgres"))
    await admin.execute(f"create database {name}")
    yield server.url(name)
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(sql_folder() / "migrations", tmp_path / "migrations"))


async def somebody_waits(connection: asyncpg.Connection) -> None:
    waiting = "select exists (select from pg_locks where not granted)"
    while not await connection.fetchval(waiting):  # noqa: ASYNC110 - PostgreSQL tells nobody of a lock that is waited for
        await asyncio.sleep(0.01)


async def test_processes_that_start_at_once_apply_each_file_once(empty_url: str) -> None:
    applied = await asyncio.gather(*(migrate(empty_url) for _ in range(5)))
    names = sorted(name for one in applied for name in one)
    assert names == sorted(file.name for file in (sql_folder() / "migrations").glob("*.sql"))


async def test_a_second_run_does_nothing(empty_url: str) -> None:
    await migrate(empty_url)
    assert await migrate(empty_url) == []


async def test_an_edited_file_is_refused(empty_url: str, folder: Path) -> None:
    await migrate(empty_url, folder)
    first = min(folder.glob("*.sql"))
    first.write_text(first.read_text() + "\n-- a harmless remark\n")
    with pytest.raises(MigrationError, match=f"{first.name} was edited"):
        await migrate(empty_url, folder)


async def test_a_file_that_sorts_before_what_ran_is_refused(empty_url: str, folder: Path) -> None:
    await migrate(empty_url, folder)
    (folder / "0001_aaa.sql").write_text("select 1")
    with pytest.raises(MigrationError, match="sorts before"):
        await migrate(empty_url, folder)


@pytest.mark.parametrize("broken", ["select no_such_function()", "select 1 / 0", "select 'x'::uuid"])
async def test_a_broken_file_leaves_nothing_half_done(empty_url: str, folder: Path, broken: str) -> None:
    (folder / "0999_broken.sql").write_text(f"create table half_done (id int); {broken};")
    with pytest.raises(MigrationError, match="failed and was rolled back"):
        await migrate(empty_url, folder)
    connection = await asyncpg.connect(empty_url)
    assert await connection.fetchval("select to_regclass('half_done')") is None
    newest = max(file.name for file in (sql_folder() / "migrations").glob("*.sql"))
    assert await connection.fetchval("select max(name) from migrations") == newest
    await connection.close()


async def test_a_missing_file_is_refused_and_a_database_ahead_is_not(empty_url: str, folder: Path) -> None:
    (folder / "0999_later.sql").write_text("create table later (id int)")
    await migrate(empty_url, folder)
    assert await migrate(empty_url) == []
    (folder / "0004_check_ins.sql").unlink()
    with pytest.raises(MigrationError, match=r"0004_check_ins\.sql ran here and is missing"):
        await migrate(empty_url, folder)


async def test_a_table_in_use_is_tried_again_until_it_is_free(
    empty_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(empty_url, folder)
    monkeypatch.setattr(runner, "_TABLE_WAIT", "50ms")
    monkeypatch.setattr(runner, "_PAUSE", 0.01)
    (folder / "0999_lock.sql").write_text("alter table patients add column later text")
    user, watcher = await asyncpg.connect(empty_url), await asyncpg.connect(empty_url)
    await user.execute("begin; select * from patients")
    migrating = asyncio.create_task(migrate(empty_url, folder))
    await somebody_waits(watcher)
    async with asyncio.timeout(30):
        # It gives way: whoever comes after it reads the table although the migration has not had it yet.
        await watcher.execute("select * from patients")
    await user.execute("commit")
    assert await migrating == ["0999_lock.sql"]
    await user.close()
    await watcher.close()


async def test_a_table_in_use_is_given_up_in_bounded_time(
    empty_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(empty_url, folder)
    monkeypatch.setattr(runner, "_TABLE_WAIT", "50ms")
    monkeypatch.setattr(runner, "_PATIENCE", 0.2)
    (folder / "0999_lock.sql").write_text("alter table patients add column later text")
    user = await asyncpg.connect(empty_url)
    async with user.transaction():
        await user.execute("select * from patients")
        with pytest.raises(MigrationError, match="try again"):
            await migrate(empty_url, folder)
    await user.close()
    assert await migrate(empty_url, folder) == ["0999_lock.sql"]


async def test_another_process_that_migrates_is_given_up_in_bounded_time(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_LOCK_WAIT", 0.2)
    other = await asyncpg.connect(empty_url)
    await other.execute("select pg_advisory_lock($1)", runner._LOCK)
    with pytest.raises(MigrationError, match="Another process migrates"):
        await migrate(empty_url)
    await other.close()
    assert await migrate(empty_url)


INDEX = "-- read by the list\ncreate index concurrently if not exists names on patients (name);\n"


async def test_an_index_is_built_beside_a_transaction_that_writes(empty_url: str, folder: Path) -> None:
    await migrate(empty_url, folder)
    (folder / "0999_names.sql").write_text(INDEX)
    user = await asyncpg.connect(empty_url)
    await user.execute("begin; lock table patients in row exclusive mode")
    # Two at once: the one that waits for the other must not hold the index up.
    migrating = [asyncio.create_task(migrate(empty_url, folder)) for _ in range(2)]
    await somebody_waits(user)
    await user.execute("commit")
    assert sorted(await asyncio.gather(*migrating)) == [[], ["0999_names.sql"]]
    assert await user.fetchval("select indisvalid from pg_index where indexrelid = 'names'::regclass")
    await user.close()


async def test_what_a_failed_index_left_is_thrown_away(empty_url: str, folder: Path) -> None:
    await migrate(empty_url, folder)
    user = await asyncpg.connect(empty_url)
    await user.execute("create table twins (id int); insert into twins values (1), (1)")
    await user.execute("alter table twins owner to aftercare_owner")
    # As a build that was killed leaves it.
    with pytest.raises(asyncpg.UniqueViolationError):
        await user.execute("create unique index concurrently one_each on twins (id)")
    (folder / "0999_twins.sql").write_text(
        "create unique index concurrently if not exists one_each on twins (id)"
    )
    with pytest.raises(MigrationError, match="failed and was rolled back"):
        await migrate(empty_url, folder)
    assert await user.fetchval("select to_regclass('one_each')") is None
    with pytest.raises(asyncpg.UniqueViolationError):
        await user.execute("create unique index concurrently one_each on twins (id)")
    await user.execute("truncate twins")
    assert await migrate(empty_url, folder) == ["0999_twins.sql"]
    assert await user.fetchval("select indisvalid from pg_index where indexrelid = 'one_each'::regclass")
    await user.close()
