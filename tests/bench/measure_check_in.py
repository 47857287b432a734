"""The full way of a check-in beside the least a litestar handler does, and beside pgbench.

Two server processes and a worker on this machine's cores, PostgreSQL as durable as in production, 16 connections. Rounds
of ours and of the bare handler take turns; each ratio is the median of its rounds.
"""

import asyncio
import os
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import uuid4

import asyncpg
import httpx
import msgspec

from aftercare.db.programs import binaries, environment
from tests.bench import bare
from tests.bench.cohort import EVERY, Cohort, seed, settle
from tests.bench.load import drain, request
from tests.bench.rows import Row, Stage, ratio
from tests.e2e.processes import free_port
from tests.prove.fleet import Fleet

PROCESSES, CONNECTIONS, POOL = 2, 16, 10


async def measure(stage: Stage) -> AsyncIterator[Row]:
    """Two rows: beside the bare handler, and beside pgbench."""
    async with Fleet(stage.folder, postgres={"max_connections": "200"}) as fleet:
        stage.say("seeding")
        cohort = await seed(fleet, stage.size(40, 800))
        server = fleet.serve("--no-worker", "--processes", str(PROCESSES))
        stage.say("settling")
        await settle(fleet)
        await server.ready()
        rounds = stage.size(1, 5)
        async with _bare(fleet, cohort) as (address, requests):
            await drain(address, requests, connections=CONNECTIONS)  # both are warm before they count
            (await drain(server.address, cohort.requests(), connections=CONNECTIONS)).only(201)
            ours, reference, inserts = [], [], []
            for number in range(rounds):
                stage.say(f"round {number + 1} of {rounds}")
                ours.append(
                    (await drain(server.address, cohort.requests(), connections=CONNECTIONS)).only(201).rate
                )
                fresh = list(_bare_requests(cohort))
                reference.append((await drain(address, fresh, connections=CONNECTIONS)).only(201).rate)
                inserts.append(await asyncio.to_thread(pgbench, fleet, seconds=stage.size(1, 5)))
        await _raised(fleet, cohort, rounds)
    yield ratio(
        "full check-in / bare handler", ours=statistics.median(ours), reference=statistics.median(reference),
        unit="check-ins/s", goal=0.45, better="higher",
    )  # fmt: skip
    yield ratio(
        "full check-in / pgbench", ours=statistics.median(ours), reference=statistics.median(inserts),
        unit="check-ins/s", goal=0.08, better="higher",
    )  # fmt: skip


async def _raised(fleet: Fleet, cohort: Cohort, rounds: int) -> None:
    """A run in which the checks had not run would be no figure."""
    judge = await fleet.judge()
    count = await judge.fetchval("select count(*) from alerts where code <> 'silence'")
    await judge.close()
    expected = (rounds + 1) * len(cohort.phones) // EVERY
    if count < expected:
        raise RuntimeError(f"{count} alerts were raised, {expected} were to be")


@asynccontextmanager
async def _bare(fleet: Fleet, cohort: Cohort) -> AsyncIterator[tuple[str, list[bytes]]]:
    url = fleet.postgres.url("aftercare")
    connection = await asyncpg.connect(url)
    await connection.execute(bare.TABLE)
    await connection.close()
    port = free_port()
    env = {**os.environ, "BARE_DATABASE_URL": url, "BARE_POOL_SIZE": str(POOL)}
    with _process([sys.executable, "-m", "tests.bench.bare", str(port), str(PROCESSES)], env):
        address = f"http://127.0.0.1:{port}"
        await _answers(address)
        yield address, list(_bare_requests(cohort))


@contextmanager
def _process(command: list[str], env: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


async def _answers(address: str) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient(timeout=2) as client:
        while True:
            try:
                await client.get(address)
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


def _bare_requests(cohort: Cohort) -> Iterator[bytes]:
    said = cohort.said
    for phone, _, body in cohort.bodies():
        yield request("PUT", f"/bare/{uuid4()}", phone.headers, msgspec.json.encode(body))
    cohort.said = said  # nobody of ours has said this


def pgbench(fleet: Fleet, *, seconds: int) -> float:
    """Transactions a second of one such INSERT, by 16 clients of one thread with prepared statements."""
    script = fleet.folder / "insert.sql"
    answers = '{"redness": 1, "swelling": 0, "pain": 0, "tingling": false, "blisters": "none", "wants_contact": "no"}'
    script.write_text(f"insert into bare (id, at, answers) values (gen_random_uuid(), now(), '{answers}');\n")
    command = ["-n", "-c", "16", "-j", "1", "-M", "prepared", "-T", str(seconds), "-f", str(script)]
    run = subprocess.run(
        [str(binaries() / "pgbench"), *command, fleet.postgres.url("aftercare")],
        env=environment(), capture_output=True, text=True, check=True, timeout=seconds + 60,
    )  # fmt: skip
    line = next(line for line in run.stdout.splitlines() if line.startswith("tps = "))
    return float(line.split()[2])
