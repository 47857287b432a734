"""Migrations while the version before is serving, killed anywhere, started twice: nothing lost and nothing half done."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from aftercare.db.migrate import migrate
from aftercare.db.sql import queries, sql_folder
from aftercare.services.house import utc_now
from tests.prove import verdict
from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet
from tests.prove.journal import Item, Journal, Progress, Sender, read_journals
from tests.prove.migrating import (
    Migrating,
    at_work,
    check_out,
    indexes_are_whole,
    landed_before,
    made_of,
    names,
    next_version,
    seconds_of,
)
from tests.prove.people import Phone, enrol, open_clinic
from tests.prove.storm import DAYS, work_of

# Processes are killed here and never the machine: what reached the kernel is kept.
_FAST = {"fsync": "off", "full_page_writes": "off"}
_OURS = names(sql_folder() / "migrations")


async def test_requests_are_served_while_the_next_version_migrates(tmp_path: Path, trial: Trial) -> None:
    folder = next_version(tmp_path)
    session_at = (utc_now() - timedelta(days=DAYS)).replace(microsecond=0)
    async with Fleet(tmp_path, postgres=_FAST) as fleet:
        server = fleet.serve()
        phones = await _phones(fleet, session_at)
        await server.ready()
        journals = tmp_path / "journals"
        journals.mkdir()
        trouble, ended = await _migrated_under_load(fleet, server.address, phones, session_at, trial, folder)
        sent, answered = read_journals(journals.iterdir())
        judge = await fleet.judge()
        differing = await verdict.differing_check_ins(judge, verdict.drafts_of(sent))
        told = await judge.fetchval("select count(*) from alerts where later is null and later_count = 0")
        await judge.close()
        (folder / "9005_rows.sql").write_text("select 1")
        edited = await Migrating(fleet.postgres.url("aftercare"), folder).end()
    assert [code for code, _, _ in ended] == [0, 0], ended
    assert sorted(" ".join(out for _, out, _ in ended).split()) == sorted(set(names(folder)) - set(_OURS))
    assert sent.keys() == answered.keys()
    assert differing == []
    assert not trouble, "nobody waits so long that they are told to come again"
    assert told
    assert edited == (
        1,
        "",
        "9005_rows.sql was edited after it ran. Restore it and write a new migration instead.",
    )
    trial.say(
        f"{len(answered)} requests answered while {len(names(folder)) - len(_OURS)} migrations of a version to come ran"
        f" and waited for a long transaction; lost 0, told to come again {trouble.total()}"
    )


async def _phones(fleet: Fleet, session_at: datetime) -> list[Phone]:
    database = fleet.database()
    await database.open()
    team = await open_clinic(database, "alpha", session_at)
    phones = [
        await enrol(database, team, f"Alder Sample {number}", session_at=session_at) for number in range(4)
    ]
    await database.close()
    return phones


async def _migrated_under_load(
    fleet: Fleet, address: str, phones: list[Phone], session_at: datetime, trial: Trial, folder: Path
) -> tuple[Counter[str], list[tuple[int, str, str]]]:
    """(What was answered in place of an answer, how two migrations at once have ended)."""
    few, going, enough = trial.size(10, 400), Progress(), asyncio.Event()
    with ExitStack() as journals:
        senders = [
            Sender(
                journals.enter_context(Journal(fleet.folder / "journals" / f"{number}")),
                [address],
                trial.rng,
                going,
            )
            for number, _ in enumerate(phones)
        ]
        async with asyncio.timeout(trial.size(120, 600)), asyncio.TaskGroup() as group:
            for sender, phone in zip(senders, phones, strict=True):
                group.create_task(sender.send_all(_work(phone, session_at, trial.rng, enough)))
            await going.reached(few)
            ended = await _migrate_twice(fleet, folder, going, few)
            await going.reached(going.count + few)
            enough.set()
    return sum((sender.trouble for sender in senders), Counter[str]()), ended


def _work(
    phone: Phone, session_at: datetime, rng: random.Random, enough: asyncio.Event
) -> Iterator[tuple[Phone, Item]]:
    while True:
        for item in work_of(phone, session_at, 20, rng):
            if enough.is_set():
                return
            yield phone, item


async def _migrate_twice(fleet: Fleet, folder: Path, going: Progress, few: int) -> list[tuple[int, str, str]]:
    """Two at once, which have to wait for somebody who reads in one long transaction; the requests do not."""
    reader, judge = await fleet.judge(), await fleet.judge()
    await reader.execute("begin; select count(*) from check_ins")
    both = [Migrating(fleet.postgres.url("aftercare"), folder) for _ in range(2)]
    waits = "select exists (select from pg_locks where mode = 'AccessExclusiveLock' and not granted)"
    while not await judge.fetchval(waits):  # noqa: ASYNC110 - PostgreSQL tells nobody
        await asyncio.sleep(0.01)
    await going.reached(going.count + few)
    assert all(process.alive for process in both)
    await reader.execute("commit")
    ended = [await process.end() for process in both]
    await reader.close()
    await judge.close()
    return ended


async def test_a_version_to_come_changes_the_answer_of_no_statement(
    database_url: str, tmp_path: Path
) -> None:
    connection = await asyncpg.connect(database_url)
    statements = [
        body
        for file in sorted((sql_folder() / "queries").glob("*.sql"))
        for body in queries(file.stem).values()
    ]
    before = [(await connection.prepare(body)).get_attributes() for body in statements]
    await migrate(database_url, next_version(tmp_path))
    await connection.reload_schema_state()
    after = [(await connection.prepare(body)).get_attributes() for body in statements]
    await connection.close()
    assert after == before


async def test_a_killed_migration_lets_go_of_its_tables(database_url: str, tmp_path: Path) -> None:
    folder = next_version(tmp_path)
    (folder / "9000_long.sql").write_text("lock table check_ins; select pg_sleep(3600)")
    judge = await asyncpg.connect(database_url)
    process = Migrating(database_url, folder)
    held = "select exists (select from pg_locks where mode = 'AccessExclusiveLock' and relation = 'check_ins'::regclass)"
    while not await judge.fetchval(held):  # noqa: ASYNC110 - PostgreSQL tells nobody
        await asyncio.sleep(0.01)
    process.kill()
    await process.end()
    async with asyncio.timeout(60):
        await judge.execute("select count(*) from check_ins")
    await judge.close()
    (folder / "9000_long.sql").unlink()
    assert await migrate(database_url, folder) == sorted(set(names(folder)) - set(_OURS))


async def test_the_version_landed_before_serves_on_the_schema_of_now(tmp_path: Path, trial: Trial) -> None:
    revision = landed_before()
    if revision is None:
        pytest.skip("there is no git history with a version whose migrations are some of ours, unedited")
    code = check_out(revision, tmp_path / "before")
    session_at = (utc_now() - timedelta(days=DAYS)).replace(microsecond=0)
    async with Fleet(tmp_path, postgres=_FAST) as fleet:
        phones = await _phones(fleet, session_at)
        # As development does, it migrates at its start: a database that is ahead of it is left as it is.
        server = fleet.serve(PYTHONPATH=str(code), PYTHONSAFEPATH="1")
        await server.ready()
        with Journal(tmp_path / "journal") as journal:
            sender = Sender(journal, [server.address], trial.rng, Progress())
            async with asyncio.timeout(60):
                for phone in phones:
                    await sender.send_all((phone, item) for item in work_of(phone, session_at, 10, trial.rng))
        sent, answered = read_journals([tmp_path / "journal"])
        judge = await fleet.judge()
        assert await verdict.differing_check_ins(judge, verdict.drafts_of(sent)) == []
        await judge.close()
    assert sent.keys() == answered.keys()
    assert not sender.trouble
    trial.say(f"{len(answered)} requests answered by {revision[:9]} on the schema of now")


async def test_a_migration_killed_anywhere_leaves_nothing_half_done(tmp_path: Path, trial: Trial) -> None:
    folder = next_version(tmp_path)
    kills = trial.size(4, 20)
    stopped_after: list[int] = []
    inside = 0
    async with Fleet(tmp_path, postgres=_FAST) as fleet:
        steps = await _steps(fleet, folder, tmp_path)
        judge = await fleet.judge()
        seconds = await seconds_of(await _new_database(fleet), folder, judge)
        for kill in range(kills):
            url = await _new_database(fleet)
            process = await Migrating.connected(url, folder, judge)
            await asyncio.sleep(trial.rng.uniform(0, seconds))
            inside += await _in_the_middle(url, judge)
            judge = await _kill(fleet, url, process, judge, server=kill % 2 == 1)
            stopped_after.append(await _stands_at(url, steps))
            # Two at once go on where it stopped: each file is done by one of them.
            first, second = await asyncio.gather(migrate(url, folder), migrate(url, folder))
            assert sorted(first + second) == names(folder)[stopped_after[-1] :]
            assert await _stands_at(url, steps) == len(steps) - 1
            connection = await asyncpg.connect(url)
            assert await indexes_are_whole(connection)
            await connection.close()
        await judge.close()
    trial.say(
        f"{kills} kills within {seconds:.1f} s of migrating (half of them of PostgreSQL, {inside} inside a file):"
        f" each database whole after {sorted(stopped_after)} of {len(steps) - 1} files, and finished by two at once"
    )


async def _in_the_middle(url: str, judge: asyncpg.Connection) -> bool:
    writes = "select exists (select from pg_stat_activity where datname = $1 and backend_xid is not null)"
    found: bool = await judge.fetchval(writes, urlsplit(url).path[1:])
    return found


async def _new_database(fleet: Fleet) -> str:
    name = f"killed_{uuid4().hex}"
    admin = await asyncpg.connect(fleet.postgres.url("postgres"))
    await admin.execute(f"create database {name}")
    await admin.close()
    return fleet.postgres.url(name)


async def _steps(fleet: Fleet, folder: Path, tmp_path: Path) -> list[frozenset[str]]:
    """What a database is made of before the first file and after each of them."""
    url = await _new_database(fleet)
    connection = await asyncpg.connect(url)
    part = tmp_path / "part"
    part.mkdir()
    await migrate(url, part)
    steps = [await made_of(connection)]
    for name in names(folder):
        (part / name).write_bytes((folder / name).read_bytes())
        await migrate(url, part)
        steps.append(await made_of(connection))
    await connection.close()
    return steps


async def _kill(
    fleet: Fleet, url: str, process: Migrating, judge: asyncpg.Connection, *, server: bool
) -> asyncpg.Connection:
    """Kill the migration or the server under it, and wait until both are at rest."""
    if not server:
        process.kill()
        await process.end()
        while await at_work(url, judge):  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0.01)
        return judge
    fleet.kill_postgres(signal.SIGKILL)
    code, _, said = await process.end()
    assert code == 0 or said.startswith(("The database went away", "The database does not answer")), said
    judge.terminate()
    await fleet.start_postgres()
    return await fleet.judge()


async def _stands_at(url: str, steps: list[frozenset[str]]) -> int:
    """After how many files a database stands: exactly there, and not between two."""
    connection = await asyncpg.connect(url)
    there = await made_of(connection)
    await connection.close()
    ran = sum(line.startswith("ran ") for line in there)
    assert not there or there == steps[ran]
    return ran
