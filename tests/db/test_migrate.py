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
    assert await connection.fetchval("select max(name) from migrations") == "0008_audit.sql"
    await connection.close()


async def test_a_table_in_use_is_given_up_in_bounded_time(
    empty_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(empty_url, folder)
    monkeypatch.setattr(runner, "_TABLE_WAIT", "100ms")
    (folder / "0999_lock.sql").write_text("alter table patients add column later text")
    user = await asyncpg.connect(empty_url)
    async with user.transaction():
        await user.execute("select * from patients")
        with pytest.raises(MigrationError, match="try again"):
            await migrate(empty_url, folder)
    await user.close()
    assert await migrate(empty_url, folder) == ["0999_lock.sql"]
