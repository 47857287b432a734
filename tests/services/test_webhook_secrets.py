"""A webhook's secret is changed while its receiver goes on: what a real receiver can verify, and with which secret."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from aftercare.db.pool import Database
from aftercare.errors import Conflict, Malformed, NotFound
from aftercare.notify.webhook import sign
from aftercare.services import webhooks
from aftercare.services.webhooks import OVERLAP
from tests.e2e.receivers import ReceivedRequest, WebhookReceiver
from tests.services.conftest import Team, make_team
from tests.services.ways import Ways, deliver

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def team(service: Database, now: datetime) -> Team:
    return await make_team(service, "alpha", now - timedelta(days=60), webhook_hosts=("127.0.0.1",))


@pytest.fixture
async def hook() -> AsyncIterator[WebhookReceiver]:
    async with WebhookReceiver() as receiver:
        yield receiver


def verifies(request: ReceivedRequest, secret: str) -> bool:
    """Whether one of its signatures was made with this secret."""
    ours = sign(
        [secret],
        message_id=request.headers["webhook-id"],
        timestamp=int(request.headers["webhook-timestamp"]),
        body=request.body,
    )
    return ours in request.headers["webhook-signature"].split()


class Called:
    """A webhook and what its receiver got, a test at a time."""

    def __init__(self, service: Database, worker: Database, team: Team, hook: WebhookReceiver) -> None:
        self.service, self.worker, self.team, self.hook = service, worker, team, hook
        self.webhook_id = UUID(int=0)

    async def add(self, now: datetime) -> str:
        made = await webhooks.create_webhook(self.service, self.team.admin, self.hook.url, now=now)
        self.webhook_id = made.webhook_id
        return made.secret or ""

    async def rotate(self, now: datetime) -> str:
        made = await webhooks.rotate_secret(self.service, self.team.admin, self.webhook_id, now=now)
        return made.secret or ""

    async def by(self, now: datetime, *secrets: str) -> list[bool]:
        """Which of these secrets verify what is sent at an instant."""
        await webhooks.send_test(self.service, self.team.admin, self.webhook_id, now=now)
        await deliver(self.worker, Ways(relay=9), now)
        return [verifies(self.hook.requests[-1], one) for one in secrets]


@pytest.fixture
def called(service: Database, worker: Database, team: Team, hook: WebhookReceiver) -> Called:
    return Called(service, worker, team, hook)


async def test_both_secrets_sign_for_a_day_and_then_the_new_one_alone(called: Called, now: datetime) -> None:
    old = await called.add(now)
    assert await called.by(now, old) == [True]
    new = await called.rotate(now + MINUTE)
    assert await called.by(now + 2 * MINUTE, old, new) == [True, True]
    assert await called.by(now + OVERLAP, old, new) == [True, True]
    assert await called.by(now + MINUTE + OVERLAP, old, new) == [False, True]


async def test_changed_twice_in_a_day_the_one_that_receivers_know_stays(
    called: Called, now: datetime
) -> None:
    old = await called.add(now)
    lost = await called.rotate(now + MINUTE)
    new = await called.rotate(now + 2 * MINUTE)  # clicked twice, or the first was never written down
    assert await called.by(now + 3 * MINUTE, old, lost, new) == [True, False, True]
    assert await called.by(now + MINUTE + OVERLAP, old, new) == [False, True]


async def test_an_address_is_refused_that_nothing_could_be_sent_to_and_another_clinics_is_nobodys(
    service: Database, team: Team, called: Called, now: datetime
) -> None:
    await called.add(now)
    for url in (
        "",
        "ftp://hooks.example",
        "https://hooks.example/\nx",
        "https://:0/",
        "https://user:word@hooks.example/",  # which every attempt would refuse, and which the ledger would show
    ):
        with pytest.raises(Malformed):
            await webhooks.create_webhook(service, team.admin, url, now=now)
    other = await make_team(service, "beta", now)
    for act in (
        webhooks.rotate_secret,
        webhooks.send_test,
        webhooks.enable_webhook,
        webhooks.disable_webhook,
    ):
        with pytest.raises(NotFound):
            await act(service, other.admin, called.webhook_id, now=now)


async def test_one_that_is_switched_off_is_neither_tested_nor_changed(
    service: Database, team: Team, called: Called, now: datetime
) -> None:
    await called.add(now)
    await webhooks.disable_webhook(service, team.admin, called.webhook_id, now=now)
    for act in (webhooks.rotate_secret, webhooks.send_test):
        with pytest.raises(Conflict, match="Switch it on"):
            await act(service, team.admin, called.webhook_id, now=now)
    await webhooks.enable_webhook(service, team.admin, called.webhook_id, now=now)
    assert await called.by(now + MINUTE) == []
    assert len(called.hook.requests) == 1
