"""Items a second through POST /v1/sync, 14 check-ins a request, a different patient each, beside pgbench."""

import asyncio
import statistics
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from aftercare.services.house import utc_now
from tests.bench import bare
from tests.bench.cohort import Cohort, seed, settle
from tests.bench.load import drain, request
from tests.bench.measure_check_in import CONNECTIONS, PROCESSES, pgbench
from tests.bench.rows import Row, Stage, ratio
from tests.prove.fleet import Fleet
from tests.prove.people import Phone

ITEMS = 14


async def measure(stage: Stage) -> AsyncIterator[Row]:
    """One row: a phone that was away for two weeks sends them at once."""
    async with Fleet(stage.folder, postgres={"max_connections": "200"}) as fleet:
        stage.say("seeding")
        rounds = stage.size(1, 3)
        cohort = await seed(fleet, (rounds + 1) * stage.size(16, 300), earlier=0, days_ago=ITEMS)
        judge = await fleet.judge()
        await judge.execute(bare.TABLE)
        server = fleet.serve("--no-worker", "--processes", str(PROCESSES))
        stage.say("settling")
        await settle(fleet)
        await server.ready()
        requests = _requests(cohort)
        warm, *batches = [requests[number :: rounds + 1] for number in range(rounds + 1)]
        (await drain(server.address, warm, connections=CONNECTIONS)).only(200)
        rates, inserts = [], []
        for number, batch in enumerate(batches, start=1):
            stage.say(f"round {number} of {rounds}")
            run = await drain(server.address, batch, connections=CONNECTIONS)
            rates.append(run.only(200).rate * ITEMS)
            inserts.append(await asyncio.to_thread(pgbench, fleet, seconds=stage.size(1, 5)))
        kept = await judge.fetchval("select count(*) from check_ins")
        await judge.close()
        if kept != (expected := len(requests) * ITEMS):
            raise RuntimeError(f"{kept} check-ins were kept, {expected} were sent")
    yield ratio(
        "sync / pgbench", ours=statistics.median(rates), reference=statistics.median(inserts),
        unit="items/s", goal=0.3, better="higher",
    )  # fmt: skip


def _requests(cohort: Cohort) -> list[bytes]:
    """Each patient's two weeks, the day of the session first."""
    start = utc_now() - timedelta(days=ITEMS)
    days = [list(cohort.bodies()) for _ in range(ITEMS)]
    return [
        request(
            "POST", "/v1/sync", said[0][0].headers, msgspec.json.encode({"check_ins": _items(said, start)})
        )
        for said in zip(*days, strict=True)
    ]


def _items(said: tuple[tuple[Phone, UUID, dict[str, Any]], ...], start: datetime) -> list[dict[str, Any]]:
    return [
        {**body, "id": str(check_in_id), "recorded_at": (start + timedelta(days=day, hours=2)).isoformat()}
        for day, (_, check_in_id, body) in enumerate(said)
    ]
