"""A version to come: its migrations, the process that runs them, and what a schema is made of."""

import asyncio
import re
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import asyncpg

from aftercare.db.sql import sql_folder

_MIGRATIONS = "sql/migrations"
# All that a migration may do while the version before is serving: it only adds. The pauses are there to be killed in.
_NEXT = {
    "9001_columns": """
        do $$
        declare
            name text;
        begin
            for name in select tablename from pg_tables where schemaname = 'public' and tablename <> 'migrations' loop
                execute format('alter table %I add column later text, add column later_count integer not null default 0', name);
            end loop;
        end
        $$;
        """,
    "9002_table": """
        create table later_notes (
            clinic_id uuid not null references clinics,
            note_id uuid not null,
            text text not null,
            primary key (clinic_id, note_id)
        );
        select pg_sleep(0.05);
        call tenant_table('later_notes', 'select, insert');
        """,
    "9003_index": "create index later_reasons on alerts (clinic_id, version, raised_at);",
    "9004_beside_traffic": """
        -- A table as large as this one is written to while its index is built.
        create index concurrently if not exists later_received on check_ins (clinic_id, received_at);
        """,
    "9005_rows": """
        create table later_marks (n integer primary key);
        insert into later_marks select generate_series(1, 1000);
        select pg_sleep(0.05);
        alter table later_marks add column twice integer;
        update later_marks set twice = 2 * n;
        """,
}
# They are outside of any transaction: a kill may leave one that is built and has no line yet, or half of one.
_BESIDE_TRAFFIC = [
    name
    for sql in (
        *_NEXT.values(),
        *(file.read_text("utf-8") for file in (sql_folder() / "migrations").glob("*.sql")),
    )
    for name in re.findall(r"create index concurrently if not exists (\w+)", sql)
]
_MIGRATE = """
import asyncio, sys
from pathlib import Path
from aftercare.db.migrate import MigrationError, migrate
try:
    print(*asyncio.run(migrate(sys.argv[1], Path(sys.argv[2]))))
except MigrationError as error:
    sys.exit(error.detail)
"""
_MADE_OF = """
select concat_ws(' ', 'column', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull)
from pg_attribute join pg_class on pg_class.oid = attrelid
where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
union all
select concat_ws(' ', 'table', oid::regclass, relowner::regrole, relrowsecurity, relforcerowsecurity, relacl)
from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
union all
select concat_ws(' ', 'index', pg_get_indexdef(indexrelid), indisvalid)
from pg_index join pg_class on pg_class.oid = indexrelid
where relnamespace = 'public'::regnamespace and relname <> all ($1::text[])
union all
select concat_ws(' ', 'constraint', conrelid::regclass, pg_get_constraintdef(oid))
from pg_constraint where connamespace = 'public'::regnamespace
union all
select concat_ws(' ', 'policy', tablename, policyname, roles, cmd, qual, with_check) from pg_policies
union all
select concat_ws(' ', 'routine', oid::regprocedure) from pg_proc where pronamespace = 'public'::regnamespace
union all
select concat_ws(' ', 'ran', name, sha256) from migrations
"""


def next_version(folder: Path) -> Path:
    """Our migrations and those of a version to come, in a folder of their own."""
    made = Path(shutil.copytree(sql_folder() / "migrations", folder / "next"))
    for name, sql in _NEXT.items():
        (made / f"{name}.sql").write_text(sql, encoding="utf-8")
    return made


def names(folder: Path) -> list[str]:
    """The files of a folder, in the order in which they run."""
    return sorted(file.name for file in folder.glob("*.sql"))


class Migrating:
    """One process that migrates a database."""

    def __init__(self, url: str, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _MIGRATE, url, str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @classmethod
    async def connected(cls, url: str, folder: Path, judge: asyncpg.Connection) -> Self:
        """Start it and wait until it is at the database, which nobody else is."""
        process = cls(url, folder)
        while process.alive and not await at_work(url, judge):  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0.002)
        return process

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()

    async def end(self) -> tuple[int, str, str]:
        """Its code, what it printed, and what it said of a failure."""
        out, error = await asyncio.to_thread(self._process.communicate)
        return self._process.returncode, out.strip(), error.strip()


async def at_work(url: str, judge: asyncpg.Connection) -> bool:
    """Whether anybody is at a database, or what is left of them."""
    there = "select exists (select from pg_stat_activity where datname = $1)"
    found: bool = await judge.fetchval(there, urlsplit(url).path[1:])
    return found


async def made_of(connection: asyncpg.Connection) -> frozenset[str]:
    """Everything that migrations make, a line each; without the indexes that are built beside the traffic."""
    if await connection.fetchval("select to_regclass('migrations')") is None:
        return frozenset()
    lines = {row[0] for row in await connection.fetch(_MADE_OF, _BESIDE_TRAFFIC)}
    if await connection.fetchval("select to_regclass('later_marks')") is not None:
        lines |= {
            f"row {row['later_marks']}"
            for row in await connection.fetch("select later_marks from later_marks")
        }
    return frozenset(lines)


async def indexes_are_whole(connection: asyncpg.Connection) -> bool:
    """Whether each index that is built beside the traffic can be read."""
    whole = "select count(*) from pg_index where indexrelid::regclass::text = any ($1) and indisvalid"
    found: int = await connection.fetchval(whole, _BESIDE_TRAFFIC)
    return found == len(_BESIDE_TRAFFIC)


async def seconds_of(url: str, folder: Path, judge: asyncpg.Connection) -> float:
    """How long a migration takes that nobody disturbs, from its first word to the database on."""
    process = await Migrating.connected(url, folder, judge)
    started = time.monotonic()
    code, _, said = await process.end()
    assert code == 0, said
    return time.monotonic() - started


def landed_before() -> str | None:
    """The newest revision whose migrations are our first ones, unedited; None where there is none, or no git history."""
    ours = [
        f"{_git('hash-object', str(file))} {file.name}"
        for file in sorted((sql_folder() / "migrations").glob("*.sql"))
    ]
    for changed in (_git("log", "--format=%H", "--", _MIGRATIONS) or "").split():
        listed = _git("ls-tree", f"{changed}^", f"{_MIGRATIONS}/") or ""
        theirs = [line.split(" ")[2].replace(f"\t{_MIGRATIONS}/", " ") for line in listed.splitlines()]
        # One in between that came later is missing there: such a revision was never landed.
        if theirs and len(theirs) < len(ours) and theirs == ours[: len(theirs)]:
            return _git("rev-parse", f"{changed}^")
    return None


def check_out(revision: str, folder: Path) -> Path:
    """The package and the SQL of a revision, in a folder of their own."""
    folder.mkdir()
    packed = folder / "packed.tar"
    _git("archive", f"--output={packed}", revision, "aftercare", "sql")
    with tarfile.open(packed) as tar:
        tar.extractall(folder, filter="data")
    return folder


def _git(*args: str) -> str | None:
    """What git says in this repository; None where it has nothing to say, or is not there."""
    root = sql_folder().parent
    if not (root / ".git").exists() or (git := shutil.which("git")) is None:
        return None
    done = subprocess.run([git, *args], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
