"""From the request that reports an emergency to its arrival at a webhook, by the clock and not by completion.

The reference takes the same request, syncs a write, POSTs to the same receiver and syncs another; it is timed until it
answers, and its requests come between ours. No mail relay is configured: the attempts to mail staff are made and recorded.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle, islice
from typing import Any

import msgspec

from tests.bench.arrivals import Answered, p95
from tests.bench.cohort import settled
from tests.bench.emergencies import (
    ALL_WELL,
    BUSY,
    PER_SECOND,
    WARM,
    Receipts,
    check_in,
    hook,
    paced,
    reference,
    seed,
)
from tests.bench.rows import Row, Stage, limit, ratio
from tests.e2e.receivers import WebhookReceiver
from tests.prove.fleet import Fleet
from tests.prove.people import Phone

_CROWD_PER_SECOND = 200


async def measure(stage: Stage) -> AsyncIterator[Row]:
    """At five a second with nothing else to do, then beside 200 ordinary check-ins a second, and whether those were held."""
    count, ordinary = stage.size(3, 200), stage.size(20, 400)
    rate = stage.size(20, _CROWD_PER_SECOND)
    receipts = Receipts()
    async with WebhookReceiver(receipts.note) as hooks, Fleet(stage.folder) as fleet:
        stage.say("seeding")
        phones = iter(await seed(fleet, WARM + 2 * count + ordinary))
        await hook(fleet, hooks.url)
        server = fleet.serve("--processes", "2")  # as many as there are cores here
        await server.ready()
        stage.say("settling")
        await settled(fleet)
        async with reference(stage, BARE_HOOK=hooks.url) as bare:
            warm = list(islice(phones, WARM))
            await paced(fleet, server.address, warm, bare)
            stage.say(f"{count} emergencies, {PER_SECOND} a second")
            due, plain = await paced(fleet, server.address, list(islice(phones, count)), bare)
            alone = await receipts.waits(due)
        stage.say(f"{count} emergencies beside {_CROWD_PER_SECOND} check-ins a second")
        hurt = list(islice(phones, count))
        requests = _check_ins(phones, round((count / PER_SECOND + 1) * rate))
        async with _crowd(stage, server.address, requests, rate) as crowd:
            due, _ = await paced(fleet, server.address, hurt)
            beside = await receipts.waits(due)
        held = await crowd
    yield _row("emergency to webhook / bare, paced", alone, plain, goal=4)
    yield _row(f"emergency to webhook / bare, under {_CROWD_PER_SECOND} check-ins/s", beside, plain, goal=12)
    yield limit(
        "emergency to webhook: check-ins held beside it", ours=held.taken_per_second, unit="check-ins/s",
        goal=0.95 * _CROWD_PER_SECOND, better="higher",
    )  # fmt: skip


def _row(name: str, ours: Sequence[float], plain: Sequence[float], *, goal: float) -> Row:
    return ratio(name, ours=p95(ours), reference=p95(plain), unit="ms p95", goal=goal, better="lower")


def _check_ins(phones: Sequence[Phone] | Any, count: int) -> list[bytes]:
    return [check_in(phone, "/v1/check-ins", ALL_WELL) for phone in islice(cycle(phones), count)]


@asynccontextmanager
async def _crowd(
    stage: Stage, address: str, requests: list[bytes], rate: int
) -> AsyncIterator[asyncio.Task[Answered]]:
    """The ordinary check-ins, from a process of their own; what they were answered when all are."""
    file = stage.folder / "crowd"
    file.write_bytes(msgspec.msgpack.encode(requests))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.arrivals", address, str(file), str(rate)), stdout=PIPE
    )  # fmt: skip
    assert process.stdout is not None
    await process.stdout.readline()

    async def rest() -> Answered:
        said, _ = await process.communicate()
        answered = msgspec.json.decode(said, type=Answered)
        if not answered.statuses.keys() <= {201, BUSY}:
            raise RuntimeError(f"the crowd was answered {answered.statuses}")
        return answered

    task = asyncio.create_task(rest())
    try:
        yield task
        await task
    finally:
        task.cancel()  # where it was not awaited to its end
        if process.returncode is None:
            process.kill()
            await process.wait()
