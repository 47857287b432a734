"""What docs/operations/backups.md says: the backup's own role dumps every clinic, and the dump is an installation again."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from aftercare.db.migrate import migrate
from aftercare.db.pool import Database
from aftercare.db.programs import binaries
from aftercare.model.people import ClinicDraft
from aftercare.services import clinics
from aftercare.services.house import utc_now
from tests.conftest import Server

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations" / "backups.md"


@pytest.fixture
async def empty(server: Server) -> AsyncIterator[str]:
    """A database without anything, to restore into."""
    name = f"restored_{uuid4().hex}"
    admin = await asyncpg.connect(server.url("postgres"))
    await admin.execute(f"create database {name}")
    yield server.url(name)
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


def _run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([binaries() / program, *words], capture_output=True, text=True, check=False)


async def run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(_run, program, *words)


async def counted(url: str) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public' order by 1")
    counts = {name: await connection.fetchval(f"select count(*) from {name}") for (name,) in tables}
    await connection.close()
    return counts


async def test_the_backups_role_dumps_everything_and_what_is_restored_is_walled_as_before(
    service: Database, database_url: str, empty: str, tmp_path: Path
) -> None:
    made = [
        await clinics.create_clinic(
            service,
            ClinicDraft(name=name, handle=name, time_zone="Europe/London", country="GB"),
            now=utc_now(),
        )
        for name in ("harbour", "quay")
    ]
    file = tmp_path / "aftercare.dump"
    how = ("--role=aftercare_backup", "--enable-row-security", "--format=custom")
    dumped = await run("pg_dump", *how, f"--file={file}", database_url)
    assert dumped.returncode == 0, dumped.stderr
    await migrate(empty)
    # A program newer than its server sets what that does not know, and goes on.
    await run("pg_restore", "--clean", "--if-exists", f"--dbname={empty}", str(file))
    assert await migrate(empty) == []
    assert await counted(empty) == await counted(database_url)
    restored = Database(empty, role="aftercare_service", size=1)
    await restored.open()
    assert (await clinics.get_clinic(restored, made[0].clinic_id)).name == "harbour"
    async with restored.clinic(made[0].clinic_id) as db:
        assert len(await db.fetch("select from clinics")) == 1
    await restored.close()


def test_the_page_says_what_is_tried_here() -> None:
    said = _PAGE.read_text()
    assert "pg_dump --role=aftercare_backup --enable-row-security --format=custom" in said
    assert "pg_restore --clean --if-exists" in said
