"""Alerts to a browser through the whole house: registered, told, sealed, delivered to a real push service, retired."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from aftercare.db.pool import Database
from aftercare.errors import Malformed
from aftercare.model.addresses import AddressDraft, AddressView, ChannelName
from aftercare.notify.channel import Channel
from aftercare.notify.vapid import VapidKeyError, new_vapid_key, read_vapid_key
from aftercare.notify.webpush import WebPushChannel
from aftercare.services import addresses
from aftercare.services.channels import application_server_key, build_channels
from aftercare.settings import Settings
from tests.e2e.push_service import Browser, PushService
from tests.services.background import Post, pass_time
from tests.services.conftest import Team, Treat

KEY = read_vapid_key(new_vapid_key(), subject="mailto:it@clinic.test")
SOON = timedelta(seconds=5)


class Pushing(Post):
    """Mail is recorded, pushes go out for real."""

    def __init__(self) -> None:
        super().__init__()
        self.push = WebPushChannel(lambda: KEY, listed_hosts=["127.0.0.1"])

    @property
    def channels(self) -> dict[ChannelName, Channel]:
        return {ChannelName.SMTP: self.channel, ChannelName.WEBPUSH: self.push}


@pytest.fixture
async def there() -> AsyncIterator[PushService]:
    async with PushService(key=KEY.public) as service:
        yield service


async def registered(service: Database, team: Team, browser: Browser, now: datetime) -> UUID:
    draft = AddressDraft(channel="webpush", address=browser.json, label="Chromium at reception")
    made = await addresses.register(service, team.practitioner, uuid4(), draft, now=now)
    return made.address_id


async def mine(service: Database, team: Team, address_id: UUID) -> AddressView:
    found = await addresses.list_addresses(service, team.practitioner)
    return next(one for one in found if one.address_id == address_id)


async def emergency(treat: Treat, now: datetime) -> None:
    patient = await treat(now - timedelta(days=2))
    await patient.says(now, breathing_or_tongue=True)


async def test_an_emergency_reaches_each_browser_of_a_practitioner(
    service: Database, worker: Database, team: Team, treat: Treat, now: datetime, there: PushService
) -> None:
    browsers = [there.subscribe(), there.subscribe()]
    for browser in browsers:
        await registered(service, team, browser, now)
    await emergency(treat, now)
    await pass_time(worker, Pushing(), now + SOON)
    taken = await there.wait_for_pushes(2)
    assert {push.browser for push in taken} == set(browsers)
    assert len({push.payload["id"] for push in taken}) == 2
    assert {(push.payload["kind"], push.payload["tier"]) for push in taken} == {("alert_raised", "emergency")}
    assert {push.headers["urgency"] for push in taken} == {"high"}
    assert all(push.payload["link"].startswith("https://clinic.test/alerts/") for push in taken)
    assert "Sample" not in json.dumps([push.payload for push in taken])


async def test_a_subscription_that_ended_is_sent_to_once_and_never_again_until_it_is_registered(
    service: Database, worker: Database, team: Team, treat: Treat, now: datetime, there: PushService
) -> None:
    gone = there.subscribe()
    address_id = await registered(service, team, gone, now)
    there.unsubscribe(gone)
    await emergency(treat, now)
    await pass_time(worker, Pushing(), now + timedelta(minutes=40))  # past the first clock, which tells again
    assert len(there.requests) == 1
    assert (await mine(service, team, address_id)).retired_at is not None
    again = there.subscribe()
    draft = AddressDraft(channel="webpush", address=again.json)
    await addresses.register(service, team.practitioner, address_id, draft, now=now + timedelta(minutes=41))
    assert (await mine(service, team, address_id)).retired_at is None
    await pass_time(worker, Pushing(), now + timedelta(minutes=80))
    assert [push.browser for push in there.taken] == [again] * len(there.taken)
    assert there.taken


async def test_a_test_arrives_and_says_that_it_is_one(
    service: Database, worker: Database, team: Team, now: datetime, there: PushService
) -> None:
    address_id = await registered(service, team, there.subscribe(), now)
    delivery_id = await addresses.send_test(service, team.practitioner, address_id, now=now)
    await pass_time(worker, Pushing(), now + SOON)
    (push,) = await there.wait_for_pushes(1)
    assert (push.payload["id"], push.payload["kind"]) == (str(delivery_id), "test")


@pytest.mark.parametrize("address", ["not json", '{"endpoint": "https://push.test/1"}'])
async def test_what_is_no_subscription_is_not_registered(
    service: Database, team: Team, now: datetime, address: str
) -> None:
    draft = AddressDraft(channel="webpush", address=address)
    with pytest.raises(Malformed) as caught:
        await addresses.register(service, team.practitioner, uuid4(), draft, now=now)
    assert list(caught.value.pointers) == ["/address"]


def test_development_makes_a_key_and_keeps_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    channels = build_channels(settings)
    assert not list(tmp_path.iterdir())  # not before somebody asks
    made = application_server_key(channels)
    assert made is not None
    assert application_server_key(build_channels(settings)) == made


def test_in_production_nothing_is_pushed_without_a_key_and_a_wrong_one_is_found_at_the_start(
    tmp_path: Path,
) -> None:
    def channels(**keys: Any) -> str | None:
        return application_server_key(build_channels(Settings(env="production", data_dir=tmp_path, **keys)))

    assert channels() is None
    text = new_vapid_key()
    file = tmp_path / "key.pem"
    file.write_text(text)
    expected = read_vapid_key(text, subject="").public
    assert channels(vapid_private_key=text) == channels(vapid_private_key_file=str(file)) == expected
    with pytest.raises(VapidKeyError, match="cannot be read"):
        channels(vapid_private_key_file=str(tmp_path / "none.pem"))
    with pytest.raises(VapidKeyError, match="give a P-256 private key"):
        channels(vapid_private_key="not a key")
