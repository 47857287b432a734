"""Items a second through POST /v1/sync, 14 check-ins a request, a different patient each, beside pgbench."""

import asyncio
import statistics
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import msgspec

from aftercare.services.house import utc_now
from tests.bench import bare
from tests.bench.cohort import EARLIER, Cohort, seed
from tests.bench.load import drain, request
from tests.bench.measure_check_in import CONNECTIONS, PROCESSES, pgbench
from tests.bench.rows import Row, Stage, ratio
from tests.prove.fleet import Fleet

ITEMS = 14


async def measure(stage: Stage) -> AsyncIterator[Row]:
    """One row: a phone that was away for two weeks sends them at once."""
    async with Fleet(stage.folder, postgres={"max_connections": "200"}) as fleet:
        stage.say("seeding")
        cohort = await seed(fleet, stage.size(16, 400))
        judge = await fleet.judge()
        await judge.execute(bare.TABLE)
        server = fleet.serve("--no-worker", "--processes", str(PROCESSES))
        fleet.worker()
        await server.ready()
        rates, inserts = [], []
        for number in range(rounds := stage.size(1, 3)):
            stage.say(f"round {number + 1} of {rounds}")
            requests = _requests(cohort)
            run = (await drain(server.address, requests, connections=CONNECTIONS)).only(200)
            rates.append(run.rate * ITEMS)
            inserts.append(await asyncio.to_thread(pgbench, fleet, seconds=stage.size(1, 5)))
        kept = await judge.fetchval("select count(*) from check_ins")
        await judge.close()
        if kept != (expected := len(cohort.phones) * (EARLIER + rounds * ITEMS)):
            raise RuntimeError(f"{kept} check-ins were kept, {expected} were sent")
    yield ratio(
        "sync / pgbench", ours=statistics.median(rates), reference=statistics.median(inserts),
        unit="items/s", goal=0.3, better="higher",
    )  # fmt: skip


def _requests(cohort: Cohort) -> list[bytes]:
    now = utc_now()
    days = [{str(phone.patient_id): body for phone, _, body in cohort.bodies()} for _ in range(ITEMS)]
    batches = []
    for phone in cohort.phones:
        items = [
            {
                **day[str(phone.patient_id)],
                "id": str(uuid4()),
                "recorded_at": (now - timedelta(hours=ITEMS - nth)).isoformat(),
            }
            for nth, day in enumerate(days)
        ]
        batches.append(request("POST", "/v1/sync", phone.headers, msgspec.json.encode({"check_ins": items})))
    return batches
