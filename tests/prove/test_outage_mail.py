"""The mail relay hangs: whoever reports and whoever is called by webhook notices nothing, and the mail arrives later."""

import asyncio
import time
from pathlib import Path

import msgspec

from tests.e2e.receivers import HANG, SmtpReceiver
from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet
from tests.prove.outage import PATIENCE, Clinic, clinic_of
from tests.prove.people import Phone

_FAST = {"fsync": "off"}
_TRIED_AGAIN = (
    "select count(*) from delivery_attempts a where result = 'retry' and exists (select from delivery_attempts b"
    " where b.delivery_id = a.delivery_id and b.attempt > a.attempt and b.result = 'sent')"
)


class Taken(msgspec.Struct, frozen=True):
    """Seconds from a phone's request to its answer, and to the call of the webhook."""

    asked: list[float]
    called: list[float]


def _p99(seconds: list[float]) -> str:
    return f"{sorted(seconds)[int(len(seconds) * 0.99)] * 1000:.0f} ms"


async def test_a_hanging_relay_delays_neither_requests_nor_webhooks(tmp_path: Path, trial: Trial) -> None:
    count = trial.size(5, 100)
    async with Fleet(tmp_path, postgres=_FAST) as fleet, clinic_of(fleet, 3 * count + 1) as clinic:
        await _emergencies(clinic, clinic.phones[-1:])  # whatever is done once is done
        well = await _emergencies(clinic, clinic.phones[:count])
        # Before the letter is offered; and when it has been handed over, and no word comes that it is taken.
        for place, stage in enumerate(("ehlo", "data"), start=1):
            await clinic.until_delivered()
            arrived = len(clinic.mail.mails)
            clinic.mail.replies[stage] = HANG
            ill = await _emergencies(clinic, clinic.phones[place * count : (place + 1) * count])
            assert len(clinic.mail.mails) == arrived
            _start_anew(clinic.mail)
            await clinic.mail.wait_for(arrived + count, timeout_s=PATIENCE)
            trial.say(
                f"relay hanging at {stage}, p99 of {count}: check-in {_p99(ill.asked)} "
                f"({_p99(well.asked)} when it answers), webhook {_p99(ill.called)} ({_p99(well.called)})"
            )
        await clinic.until_delivered()
        judge = await fleet.judge()
        tried_again = await judge.fetchval(_TRIED_AGAIN)
        await judge.close()
        assert tried_again >= len(("ehlo", "data"))
        assert await clinic.lost() == set()
    trial.say(
        f"every mail arrived when the relay answered again, {tried_again} attempts before that on record"
    )


def _start_anew(relay: SmtpReceiver) -> None:
    """What it had not taken is lost with its connections, and its port answers again."""
    relay.replies.clear()
    for dialogue in relay._dialogues:
        if dialogue.transport is not None:
            dialogue.transport.abort()


async def _emergencies(clinic: Clinic, phones: list[Phone]) -> Taken:
    """An emergency of each phone, one after another."""
    asked, called = list[float](), list[float]()
    for phone in phones:
        before, began = len(clinic.hooks.requests), time.monotonic()
        reporter = clinic.reporter(phone)
        heard = asyncio.create_task(clinic.hooks.wait_for(before + 1, timeout_s=PATIENCE))
        await reporter.report(breathing_or_tongue=True)
        asked.append(reporter.told[-1].ended - reporter.told[-1].began)
        await heard
        called.append(time.monotonic() - began)
    return Taken(asked, called)
