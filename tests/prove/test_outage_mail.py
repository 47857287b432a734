"""The mail relay hangs: whoever reports and whoever is called by webhook notices nothing, and the mail arrives later."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.e2e.receivers import HANG
from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet
from tests.prove.outage import PATIENCE, Clinic, clinic_of
from tests.prove.people import Phone

_FAST = {"fsync": "off"}


def _p99(seconds: list[float]) -> str:
    return f"{sorted(seconds)[int(len(seconds) * 0.99)] * 1000:.0f} ms"


@pytest.mark.parametrize("stage", ["ehlo", "data"])
async def test_a_hanging_relay_delays_neither_requests_nor_webhooks(
    tmp_path: Path, trial: Trial, stage: str
) -> None:
    count = trial.size(5, 100)
    async with Fleet(tmp_path, postgres=_FAST) as fleet, clinic_of(fleet, 2 * count + 1) as clinic:
        await _emergencies(clinic, clinic.phones[-1:])  # whatever is done once is done
        well_asked, well_called = await _emergencies(clinic, clinic.phones[:count])
        await clinic.until_delivered()
        arrived = len(clinic.mail.mails)
        clinic.mail.replies[stage] = HANG
        ill_asked, ill_called = await _emergencies(clinic, clinic.phones[count : 2 * count])
        hung = clinic.mail.stages.count(stage)
        assert len(clinic.mail.mails) == arrived
        # The relay is started anew: what it had not taken is lost with its connections, and its port answers again.
        clinic.mail.replies.clear()
        for dialogue in clinic.mail._dialogues:
            if dialogue.transport is not None:
                dialogue.transport.abort()
        await clinic.mail.wait_for(arrived + count, timeout_s=PATIENCE)
        await clinic.until_delivered()
        judge = await fleet.judge()
        tried_again = await judge.fetchval(
            "select count(*) from delivery_attempts a where result = 'retry' and exists (select from delivery_attempts b"
            " where b.delivery_id = a.delivery_id and b.attempt > a.attempt and b.result = 'sent')"
        )
        await judge.close()
        assert tried_again > 0
        assert hung > 0
        assert await clinic.lost() == set()
    trial.say(
        f"relay hanging at {stage}, p99 of {count}: check-in {_p99(ill_asked)} ({_p99(well_asked)} when it answers), "
        f"webhook {_p99(ill_called)} ({_p99(well_called)}); every mail arrived later, {tried_again} attempts on record"
    )


async def _emergencies(clinic: Clinic, phones: list[Phone]) -> tuple[list[float], list[float]]:
    """(Seconds to the acknowledgement, seconds to the webhook) of an emergency of each phone, one after another."""
    asked, called = [], []
    for phone in phones:
        before, began = len(clinic.hooks.requests), time.monotonic()
        reporter = clinic.reporter(phone)
        heard = asyncio.create_task(clinic.hooks.wait_for(before + 1, timeout_s=PATIENCE))
        await reporter.report(breathing_or_tongue=True)
        asked.append(reporter.told[-1].ended - reporter.told[-1].began)
        await heard
        called.append(time.monotonic() - began)
    return asked, called
