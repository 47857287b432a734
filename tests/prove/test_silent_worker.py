"""The only worker is killed, or frozen: two servers beside it have the admin mailed once, and once when it works again."""

import asyncio
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from aftercare.services.house import utc_now
from tests.e2e.receivers import SmtpReceiver
from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet, Member
from tests.prove.outage import PATIENCE
from tests.prove.people import open_clinic

_SILENCE = 2.0  # seconds, in place of two minutes
_STOPPED, _RESUMED = "Aftercare stands still", "Aftercare works again"
_SENT = 'aftercare_delivery_attempts_total{channel="smtp",result="sent"}'

Hurt = Callable[[Member], None]


def _killed(worker: Member) -> None:
    worker.kill()


def _frozen(worker: Member) -> None:
    worker.signal(signal.SIGSTOP)


def _back(worker: Member) -> None:
    worker.signal(signal.SIGCONT)
    if not worker.alive:
        worker.start()


@pytest.mark.parametrize("hurt", [_killed, _frozen], ids=["killed", "frozen"])
async def test_the_admin_hears_of_a_silent_worker_once_and_once_of_its_return(
    tmp_path: Path, trial: Trial, hurt: Hurt
) -> None:
    if hurt is _frozen and not trial.long:
        pytest.skip("a frozen worker looks like a killed one to whoever watches: `make prove` has both")
    async with Fleet(tmp_path, postgres={"fsync": "off"}) as fleet, SmtpReceiver() as relay:
        database = fleet.database()
        await database.open()
        await open_clinic(database, "alpha", utc_now() - timedelta(days=9))
        await database.close()
        mail = {
            "AFTERCARE_SMTP_HOST": "127.0.0.1",
            "AFTERCARE_SMTP_PORT": str(relay.port),
            "AFTERCARE_SMTP_TLS": "none",
            "AFTERCARE_WORKER_SILENCE_SECONDS": str(_SILENCE),
        }
        servers = [fleet.serve("--no-worker", **mail) for _ in range(2)]
        worker = fleet.worker(**mail)
        for server in servers:
            await server.ready()
        await _until(servers, "ok")

        hurt(worker)
        began = time.monotonic()
        await relay.wait_for(1, timeout_s=PATIENCE)
        heard = time.monotonic() - began
        await _until(servers, "silent")
        _back(worker)
        began = time.monotonic()
        await relay.wait_for(2, timeout_s=PATIENCE)
        again = time.monotonic() - began
        await _until(servers, "ok")

        assert [str(one.message["subject"]) for one in relay.mails] == [_STOPPED, _RESUMED]
        assert {one.recipients for one in relay.mails} == {("admin@alpha.test",)}
        judge = await fleet.judge()
        ledger = await judge.fetch("select kind, state, attempts from deliveries order by queued_at")
        await judge.close()
        assert [tuple(row) for row in ledger] == [("work_stopped", "sent", 1), ("work_resumed", "sent", 1)]
        # Whichever of them sent the mails: what it counted is told by the one that is left.
        await asyncio.gather(*(asyncio.to_thread(one.end) for one in (servers[1], worker)))
        assert await _scraped(servers[0], _SENT) == 2
    trial.say(
        f"worker {hurt.__name__[1:]}, {len(servers)} servers: one mail after {heard:.1f} s of {_SILENCE} s that may be"
        f" silent, one {again:.1f} s after its return"
    )


async def _scraped(server: Member, sample: str) -> float:
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"{server.address}/metrics")).text
    (value,) = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(sample)]
    return float(value)


async def _until(servers: list[Member], background: str) -> None:
    """Wait until every server's readiness says so; it stays 200 all the while."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        for server in servers:
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until:
                answer = await client.get(f"{server.address}/health/ready")
                assert answer.status_code == 200
                if answer.json()["background"] == background:
                    break
            else:
                raise AssertionError(f"background work was never {background}")
