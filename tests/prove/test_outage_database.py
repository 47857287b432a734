"""The database is away under load: every request is refused plainly, nothing acknowledged is lost, all goes on by itself."""

import asyncio
import signal
import time
from pathlib import Path

import psutil

from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet, Member
from tests.prove.outage import Clinic, clinic_of

_LOOKS = 10  # at the health pages, in the course of an outage


def _processes(*members: Member) -> set[int]:
    """Those of the members that live, with their children."""
    return {
        process.pid
        for member in members
        for process in (psutil.Process(member.pid), *psutil.Process(member.pid).children(recursive=True))
    }


async def test_the_database_comes_back_and_nobody_has_to_be_started_again(
    tmp_path: Path, trial: Trial
) -> None:
    seconds, load, urgent = trial.size(2, 60), trial.size(4, 12), trial.size(2, 6)
    async with Fleet(tmp_path) as fleet, clinic_of(fleet, load + urgent + 1) as clinic:
        before = _processes(clinic.server, clinic.worker)
        enough = asyncio.Event()
        tasks = [
            asyncio.create_task(clinic.reporter(phone).keep_reporting(enough))
            for phone in clinic.phones[:load]
        ]
        await asyncio.gather(*(one.wait_for(5) for one in clinic.reporters))
        # Acknowledged, and perhaps not yet told to anyone when the database goes.
        await clinic.reporter(clinic.phones[-1]).report(breathing_or_tongue=True)

        gone, heard_before = await _end_postgres(fleet), len(clinic.hooks.requests)
        emergencies = [clinic.reporter(phone) for phone in clinic.phones[load : load + urgent]]
        tasks += [asyncio.create_task(one.report(breathing_or_tongue=True)) for one in emergencies]
        for _ in range(_LOOKS):
            await asyncio.sleep(seconds / _LOOKS)  # the outage itself
            live, ready = await asyncio.gather(clinic.health("live"), clinic.health("ready"))
            assert live.status == 200
            assert ready.is_plain_refusal
        back = await _begin_postgres(fleet)

        again = await asyncio.gather(*(one.until_told(201, back) for one in clinic.reporters[:load]))
        await asyncio.gather(*(one.wait_for(1) for one in emergencies))
        await clinic.hooks.wait_for(heard_before + 1, timeout_s=60)
        first = time.monotonic() - back
        await clinic.hooks.wait_for(urgent + 1, timeout_s=60)
        heard = time.monotonic() - back
        enough.set()
        await asyncio.gather(*tasks)
        delivered = await clinic.until_delivered()
        await clinic.until_listening()
        assert (await clinic.health("ready")).status == 200
        assert _processes(clinic.server, clinic.worker) == before
        assert await clinic.lost() == set()
        _say(trial, clinic, gone, back)
        trial.say(
            f"first 201 {min(one.ended for one in again) - back:.2f} s, first delivery {first:.2f} s, each of {urgent + 1} "
            f"emergencies {heard:.2f} s after its return; {delivered} deliveries received, no process started again"
        )


async def _end_postgres(fleet: Fleet) -> float:
    fleet.kill_postgres(signal.SIGQUIT)
    assert fleet.postgres._process is not None
    await asyncio.to_thread(fleet.postgres._process.wait, 30)  # with all its children
    return time.monotonic()


async def _begin_postgres(fleet: Fleet) -> float:
    await fleet.start_postgres()
    return time.monotonic()


def _say(trial: Trial, clinic: Clinic, gone: float, back: float) -> None:
    # Until the server says that it is up, it may have answered one that came early.
    meanwhile = [one for one in clinic.told if gone <= one.began and one.ended <= back and one.status != 201]
    answered = [one for one in clinic.told if gone <= one.began and one.ended <= back and one.status == 201]
    assert meanwhile
    assert all(one.is_plain_refusal for one in meanwhile)
    assert len(answered) <= len(clinic.reporters)
    took = sorted(one.ended - one.began for one in meanwhile)
    kept = sum(len(one.acknowledged) for one in clinic.reporters)
    trial.say(
        f"database away {back - gone:.0f} s: {len(meanwhile)} requests refused plainly (503, Retry-After), median "
        f"{took[len(took) // 2] * 1000:.0f} ms, slowest {took[-1] * 1000:.0f} ms; {kept} acknowledged, lost 0"
    )
