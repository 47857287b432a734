"""How soon a server is ready on a database that exists, what it holds idle, and whether it holds more after 60,000 requests.

Compiled modules are kept in a folder of the run's own: as installed, nothing is compiled at a start that counts.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from itertools import cycle, islice
from statistics import linear_regression, median
from time import perf_counter
from uuid import uuid4

import msgspec

from aftercare.photos.synthetic import face
from aftercare.services.house import utc_now
from tests.bench.cohort import opened
from tests.bench.load import drain, request
from tests.bench.memory import held_by
from tests.bench.rows import Row, Stage, limit
from tests.e2e.processes import environment, free_port
from tests.prove.fleet import Fleet, Member
from tests.prove.people import Phone, enrol, open_clinic

_IDLE_SECONDS = 5
_MANY = 60_000
_CLINICS = 4
_READS = ("/v1/me", "/v1/me/today", "/v1/me/check-ins", "/v1/me/photos", "/health/ready")


async def measure(stage: Stage) -> AsyncIterator[Row]:
    """Start and idle on the embedded database, which is then ours to count; start and growth on a given one."""
    starts, rounds = [], stage.size(1, 7)
    own = _embedded(stage)
    try:
        for number in range(rounds + 1):
            stage.say(f"start {number + 1} of {rounds + 1}")
            await asyncio.to_thread(own.end)
            starts.append(await _start(own))
        yield _start_row("embedded", starts[1:])  # the first one makes the database
        stage.say("idle")
        await asyncio.sleep(stage.size(1, _IDLE_SECONDS))
        yield limit(
            "memory, idle, PostgreSQL included", ours=held_by(own.pid).whole, unit="MiB", goal=200, better="lower"
        )  # fmt: skip
    finally:
        await asyncio.to_thread(own.end)
    async with Fleet(stage.folder, postgres={}, **_compiled(stage)) as fleet:
        stage.say("seeding")
        phones = await _seed(fleet, stage.size(4, 2_500))  # each sends as much as a course asks, and no more
        server = fleet.serve()
        starts = []
        for number in range(rounds):
            stage.say(f"start {number + 1} of {rounds}, given")
            await asyncio.to_thread(server.end)
            starts.append(await _start(server))
        yield _start_row("given", starts)
        yield await _growth(stage, fleet, server, phones)


def _embedded(stage: Stage) -> Member:
    port = free_port()
    env = environment(stage.folder / "own", port, **_compiled(stage))
    return Member("serve", env=env, log=stage.folder / "own.log", address=f"http://127.0.0.1:{port}")


def _compiled(stage: Stage) -> dict[str, str]:
    if stage.quick:
        return {}
    return {"PYTHONPYCACHEPREFIX": str(stage.folder / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}


async def _start(member: Member) -> float:
    """Seconds from the command to the first 200 of /health/ready."""
    began = perf_counter()
    member.start()
    await member.ready()
    return perf_counter() - began


def _start_row(which: str, seconds: Sequence[float]) -> Row:
    return limit(
        f"start to ready, {which} database", ours=median(seconds), unit="s", goal=2.5, better="lower"
    )


async def _seed(fleet: Fleet, patients: int) -> list[Phone]:
    now = utc_now()
    at_once = asyncio.Semaphore(8)
    async with opened(fleet) as database:
        teams = [
            await open_clinic(database, f"clinic-{number}", now - timedelta(days=9)) for number in range(_CLINICS)
        ]  # fmt: skip

        async def one(number: int) -> Phone:
            async with at_once:
                return await enrol(
                    database, teams[number % _CLINICS], f"Sample {number}", session_at=now - timedelta(days=2)
                )  # fmt: skip

        return list(await asyncio.gather(*(one(number) for number in range(patients))))


async def _growth(stage: Stage, fleet: Fleet, server: Member, phones: list[Phone]) -> Row:
    """MiB of our processes and the database's for each 10,000 requests: the slope of what they held after warm-up."""
    share, rounds = stage.size(40, 2000), stage.size(2, _MANY // 2000)
    coming = _requests(phones)

    async def pass_by() -> float:
        (await drain(server.address, list(islice(coming, share)), connections=16)).only(200, 201)
        return held_by(server.pid).whole + held_by(_postmaster(fleet)).own

    for number in range(stage.size(1, 5)):
        stage.say(f"warm-up, {number * share} requests")
        held = [await pass_by()]
    for number in range(rounds):
        stage.say(f"{number * share} requests, {held[-1]:.1f} MiB")
        held.append(await pass_by())
    slope = linear_regression([number * share / 10_000 for number in range(rounds + 1)], held).slope
    return limit(
        f"memory, growth in {_MANY:,} requests", ours=slope, unit="MiB/10,000", goal=1, better="lower"
    )


def _requests(phones: Sequence[Phone]) -> Iterator[bytes]:
    """For ever: every second one a check-in, every two hundredth a photo, the rest reads, each of the next phone."""
    photo = face(1)
    for number, phone in enumerate(cycle(phones)):
        if number % 2:
            body = {
                "instrument": 1, "recorded_at": utc_now().isoformat(), "time_zone": "Europe/London",
                "answers": {"redness": 1, "swelling": 0, "pain": number % 3, "note": f"Note {number}"},
            }  # fmt: skip
            yield request("PUT", f"/v1/check-ins/{uuid4()}", phone.headers, msgspec.json.encode(body))
        elif number % 200:
            yield request("GET", _READS[number // 2 % len(_READS)], phone.headers)
        else:
            yield request("PUT", f"/v1/photos/{uuid4()}?view=front", phone.headers, photo)


def _postmaster(fleet: Fleet) -> int:
    return int((fleet.folder / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[0])
