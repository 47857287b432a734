"""From the request that reports an emergency to a mail relay and to a browser's push service, and to a webhook while mail hangs.

Each channel is added when its turn comes, so that mail is measured alone, as the webhook is in `measure_emergency`.
"""

import re
from collections.abc import AsyncIterator
from itertools import islice
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from aftercare.model.addresses import AddressDraft
from aftercare.model.words import Role
from aftercare.services import addresses
from aftercare.services.house import utc_now
from tests.bench.arrivals import p95
from tests.bench.cohort import opened, settled
from tests.bench.emergencies import PER_SECOND, WARM, Receipts, hook, paced, reference, seed, staff
from tests.bench.rows import Row, Stage, ratio
from tests.e2e.push_service import PushService
from tests.e2e.receivers import HANG, Exchange, SmtpReceiver, WebhookReceiver
from tests.prove.fleet import Fleet

_LINK = re.compile(rb"/alerts/([0-9a-f-]{36})")


class _Relay(SmtpReceiver):
    """A relay that remembers when the first mail about an alert came."""

    def __init__(self, receipts: Receipts) -> None:
        super().__init__()
        self.receipts = receipts

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        now = perf_counter()
        answer = await super().handle_DATA(server, session, envelope)
        # A long line is folded where it is 76 wide.
        found = _LINK.search(envelope.original_content.replace(b"=\r\n", b""))
        if found is not None:
            await self.receipts.came(UUID(found[1].decode()), now)
        return answer


async def measure(stage: Stage) -> AsyncIterator[Row]:
    """At five a second with nothing else to do: by mail, by push, and by webhook while the relay hangs at its greeting."""
    count, many = stage.size(3, 200), stage.size(3, 500)  # of few the hundredth is chance
    mailed, pushed, called = Receipts(), Receipts(), Receipts()

    async def take(exchange: Exchange) -> None:
        now = perf_counter()
        await service._take(exchange)
        await pushed.came(UUID(service.taken[-1].payload["tag"]), now)

    service = PushService(take)
    async with (
        service,
        _Relay(mailed) as relay,
        WebhookReceiver(called.note) as hooks,
        Fleet(
            stage.folder,
            AFTERCARE_SMTP_HOST="127.0.0.1",
            AFTERCARE_SMTP_PORT=str(relay.port),
            AFTERCARE_SMTP_TLS="none",
            AFTERCARE_PUSH_PRIVATE_HOSTS="127.0.0.1",
        ) as fleet,
    ):
        stage.say("seeding")
        phones = iter(await seed(fleet, WARM + 2 * (count + many)))
        server = fleet.serve("--processes", "2")
        await server.ready()
        stage.say("settling")
        await settled(fleet)
        async with reference(stage, BARE_RELAY=str(relay.port)) as bare:
            await paced(fleet, server.address, list(islice(phones, WARM)), bare)
            stage.say(f"{count} emergencies, {PER_SECOND} a second, beside bare ones that are mailed")
            due, plain = await paced(fleet, server.address, list(islice(phones, count)), bare)
        yield _row("emergency to SMTP / bare, mailed, paced", await mailed.waits(due), plain)
        await _subscribe(fleet, service)
        async with reference(stage, BARE_HOOK=hooks.url) as bare:
            stage.say(f"{count} emergencies, {PER_SECOND} a second, beside bare ones that are POSTed")
            due, plain = await paced(fleet, server.address, list(islice(phones, count)), bare)
        yield _row("emergency to Web Push / bare, paced", await pushed.waits(due), plain)
        await hook(fleet, hooks.url)
        stage.say(f"{many} emergencies while the relay answers")
        due, _ = await paced(fleet, server.address, list(islice(phones, many)))
        alone = await called.waits(due)
        stage.say(f"{many} emergencies while it hangs")
        relay.replies["ehlo"] = HANG
        due, _ = await paced(fleet, server.address, list(islice(phones, many)))
        beside = await called.waits(due)
    yield ratio(
        "emergency to webhook while mail hangs / while it does not",
        ours=_p99(beside), reference=_p99(alone), unit="ms p99", goal=1.2, better="lower",
    )  # fmt: skip


def _row(name: str, ours: list[float], plain: list[float]) -> Row:
    return ratio(name, ours=p95(ours), reference=p95(plain), unit="ms p95", goal=4, better="lower")


def _p99(values: list[float]) -> float:
    return sorted(values)[max(0, -(-len(values) * 99 // 100) - 1)]


async def _subscribe(fleet: Fleet, service: PushService) -> None:
    """A browser for each practitioner."""
    async with opened(fleet) as database:
        for actor in await staff(fleet, Role.PRACTITIONER):
            draft = AddressDraft(channel="webpush", address=service.subscribe().json)
            await addresses.register(database, actor, uuid4(), draft, now=utc_now())
