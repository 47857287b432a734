"""A way out that fails for long is told over another one, once, and once more when it works: with real receivers."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from aftercare.db.pool import Database
from aftercare.model.ledger import ChannelFault
from aftercare.services import addresses, channel_faults, webhooks
from aftercare.services.channel_watch import ENOUGH, FOR_LONG
from tests.e2e.push_service import PushService
from tests.e2e.receivers import SmtpReceiver, WebhookReceiver, status
from tests.services.conftest import Team, make_team
from tests.services.ways import KEY, Ways, deliver, kept, turn_on

A_MINUTE = timedelta(minutes=1)
DOWN = {"mail": "451 4.3.0 try later"}


@pytest.fixture
async def team(service: Database, now: datetime) -> Team:
    """A clinic whose receivers are on this machine."""
    return await make_team(service, "alpha", now - timedelta(days=60), webhook_hosts=("127.0.0.1",))


@pytest.fixture
async def relay() -> AsyncIterator[SmtpReceiver]:
    async with SmtpReceiver() as receiver:
        yield receiver


@pytest.fixture
async def hook() -> AsyncIterator[WebhookReceiver]:
    async with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture
def ways(relay: SmtpReceiver) -> Ways:
    return Ways(relay.port)


async def tell(service: Database, team: Team, at: datetime, times: int = 1) -> None:
    """Something to send by mail: a test a minute."""
    for number in range(times):
        await addresses.send_test(service, team.coordinator, None, now=at + number * A_MINUTE)


async def standing(service: Database, team: Team, now: datetime) -> list[ChannelFault]:
    async with service.clinic(team.clinic_id) as db:
        return await channel_faults.standing(db, team.clinic_id, now)


def kinds(hook: WebhookReceiver) -> list[str]:
    return [msgspec.json.decode(one.body)["type"] for one in hook.requests]


async def test_a_relay_that_is_down_is_told_by_push_and_webhook_once_and_once_more_when_it_works(
    service: Database, worker: Database, team: Team, now: datetime,
    relay: SmtpReceiver, hook: WebhookReceiver, ways: Ways,
) -> None:  # fmt: skip
    async with PushService(key=KEY.public) as pushes:
        await turn_on(service, team.admin, pushes.subscribe(), now)
        await webhooks.create_webhook(service, team.admin, hook.url, now=now)
        relay.replies.update(DOWN)
        await tell(service, team, now, times=ENOUGH)
        await deliver(worker, ways, now + FOR_LONG - A_MINUTE)
        assert pushes.taken == []
        assert await standing(service, team, now + FOR_LONG) == []
        await deliver(worker, ways, now + timedelta(hours=3))
        assert [one.payload["kind"] for one in pushes.taken] == ["clinic_fault"]
        assert kinds(hook) == ["clinic_fault"]
        assert pushes.taken[0].payload["link"] == "https://clinic.test/deliveries"
        assert [(one.channel, one.why) for one in await standing(service, team, now)] == [("smtp", "failing")]
        relay.replies.clear()
        await deliver(worker, ways, now + timedelta(hours=5))
        assert [one.payload["kind"] for one in pushes.taken] == ["clinic_fault", "clinic_well"]
        assert kinds(hook) == ["clinic_fault", "clinic_well"]
        assert await standing(service, team, now) == []
        assert len(relay.mails) == ENOUGH
        # Nobody was told of the mail by mail.
        sent = await kept(service, team.clinic_id, now + timedelta(hours=5), channel="smtp")
    assert {one.kind for one in sent} == {"test"}


async def test_a_webhook_that_is_down_is_told_by_mail_while_another_works(
    service: Database, worker: Database, team: Team, now: datetime,
    relay: SmtpReceiver, hook: WebhookReceiver, ways: Ways,
) -> None:  # fmt: skip
    async with WebhookReceiver(status(503)) as down:
        broken = await webhooks.create_webhook(service, team.admin, down.url, now=now)
        works = await webhooks.create_webhook(service, team.admin, hook.url, now=now)
        for one in (broken, works):
            await webhooks.send_test(service, team.admin, one.webhook_id, now=now)
        await deliver(worker, ways, now + timedelta(hours=2))
        assert [one.recipients for one in relay.mails] == [("admin@alpha.test",)]
        assert relay.mails[0].message["subject"] == "Aftercare needs an administrator"
        (fault,) = await standing(service, team, now)
        assert (fault.webhook_id, fault.host) == (broken.webhook_id, f"127.0.0.1:{down.port}")
        assert kinds(hook) == ["test", "clinic_fault"]  # the one that works hears of the other
        down.script = status(204)
        await deliver(worker, ways, now + timedelta(hours=4))
    assert relay.mails[1].message["subject"] == "Aftercare reaches people again"
    assert await standing(service, team, now) == []


async def test_a_receiver_that_is_gone_is_switched_off_and_told_at_once_until_it_is_switched_on(
    service: Database, worker: Database, team: Team, now: datetime, relay: SmtpReceiver, ways: Ways
) -> None:
    async with WebhookReceiver(status(410)) as gone:
        made = await webhooks.create_webhook(service, team.admin, gone.url, now=now)
        await webhooks.send_test(service, team.admin, made.webhook_id, now=now)
        await deliver(worker, ways, now + A_MINUTE)
        assert [one.recipients for one in relay.mails] == [("admin@alpha.test",)]
        (listed,) = await webhooks.list_webhooks(service, team.admin, now=now)
        assert listed.disabled_at == now
        assert listed.disabled_why == "the receiver answered 410: it is gone"
        assert [one.why for one in await standing(service, team, now)] == ["retired"]
        await webhooks.enable_webhook(service, team.admin, made.webhook_id, now=now + A_MINUTE)
    assert await standing(service, team, now) == []
    (again,) = await webhooks.list_webhooks(service, team.admin, now=now)
    assert (again.disabled_at, again.disabled_why) == (None, "")


async def test_two_mishaps_are_no_outage_and_the_third_is_told_at_once_if_they_lie_apart(
    service: Database, worker: Database, team: Team, now: datetime,
    relay: SmtpReceiver, hook: WebhookReceiver, ways: Ways,
) -> None:  # fmt: skip
    await webhooks.create_webhook(service, team.admin, hook.url, now=now)
    relay.replies.update(
        {"data": "554 5.7.1 not from you"}
    )  # refused for good: nothing is tried again by itself
    await tell(service, team, now, times=ENOUGH - 1)
    third = now + timedelta(hours=1)
    await deliver(worker, ways, third)
    assert hook.requests == []
    await tell(service, team, third)
    await deliver(worker, ways, third)
    assert kinds(hook) == ["clinic_fault"]


async def test_what_failed_days_ago_says_nothing_about_today(
    service: Database, worker: Database, team: Team, now: datetime,
    relay: SmtpReceiver, hook: WebhookReceiver, ways: Ways,
) -> None:  # fmt: skip
    await webhooks.create_webhook(service, team.admin, hook.url, now=now)
    relay.replies.update({"data": "554 5.7.1 not from you"})
    for day in range(ENOUGH + 1):
        at = now + day * timedelta(days=2)
        await tell(service, team, at)
        await deliver(worker, ways, at + timedelta(hours=1))
    assert hook.requests == []


async def test_one_success_ends_what_had_failed_a_little(
    service: Database, worker: Database, team: Team, now: datetime,
    relay: SmtpReceiver, hook: WebhookReceiver, ways: Ways,
) -> None:  # fmt: skip
    await webhooks.create_webhook(service, team.admin, hook.url, now=now)
    relay.replies.update(DOWN)
    await tell(service, team, now, times=ENOUGH)
    await deliver(worker, ways, now + timedelta(minutes=5))
    relay.replies.clear()
    await deliver(worker, ways, now + timedelta(hours=1))
    assert len(relay.mails) == ENOUGH
    assert hook.requests == []
    async with service.clinic(team.clinic_id) as db:
        assert await db.fetchval("select count(*) from channel_faults") == 0


async def test_what_no_channel_was_asked_for_says_nothing_about_it(
    service: Database, worker: Database, team: Team, now: datetime, relay: SmtpReceiver, ways: Ways
) -> None:
    async with PushService(key=KEY.public) as pushes:
        address_id = await turn_on(service, team.coordinator, pushes.subscribe(), now)
        for number in range(ENOUGH + 1):
            await addresses.send_test(service, team.coordinator, address_id, now=now + number * A_MINUTE)
        await addresses.remove(service, team.coordinator, address_id, now=now)
        await deliver(worker, ways, now + timedelta(hours=1))
        assert {one.state for one in await kept(service, team.clinic_id, now)} == {"dead"}
        assert (pushes.requests, relay.mails) == ([], [])


async def test_where_every_way_of_the_admins_fails_whoever_can_be_reached_hears_of_it(
    service: Database, worker: Database, team: Team, now: datetime, relay: SmtpReceiver, ways: Ways
) -> None:
    async with PushService(key=KEY.public) as pushes:
        await turn_on(service, team.practitioner, pushes.subscribe(), now)
        relay.replies.update(DOWN)
        await tell(service, team, now, times=ENOUGH)
        await deliver(worker, ways, now + timedelta(hours=1))
        assert [one.payload["kind"] for one in pushes.taken] == ["clinic_fault"]


async def test_the_last_browser_of_the_staff_that_ends_is_told_by_mail_and_one_of_two_is_not(
    service: Database, worker: Database, team: Team, now: datetime, relay: SmtpReceiver, ways: Ways
) -> None:
    async with PushService(key=KEY.public) as pushes:
        browsers = [pushes.subscribe(), pushes.subscribe()]
        ids: list[UUID] = [await turn_on(service, team.practitioner, one, now) for one in browsers]
        for told, (browser, address_id) in enumerate(zip(browsers, ids, strict=True)):
            pushes.unsubscribe(browser)
            at = now + told * timedelta(hours=1)
            await addresses.send_test(service, team.practitioner, address_id, now=at)
            await deliver(worker, ways, at + A_MINUTE)
            assert len(relay.mails) == told
    (fault,) = await standing(service, team, now + timedelta(hours=2))
    assert (fault.channel, fault.why) == ("webpush", "no_address")
    assert await standing(service, team, now + timedelta(days=9)) == []  # said for a week
