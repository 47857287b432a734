"""Alerts to phones through the whole house: registered, told, delivered to receivers that speak each protocol, retired."""

import json
import ssl
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from aftercare.db.pool import Database
from aftercare.model.addresses import AddressDraft, AddressView, ChannelName
from aftercare.notify.apns import ApnsChannel, ApnsSettings
from aftercare.notify.channel import Channel
from aftercare.notify.fcm import FcmChannel
from aftercare.notify.google import ServiceAccount
from aftercare.notify.sms import SmsChannel, SmsSettings
from aftercare.services import addresses
from aftercare.services.channels import close_channels
from aftercare.store import deliveries as store
from tests.e2e.certificates import Certificate
from tests.e2e.http2_receiver import Http2Receiver, answers
from tests.e2e.receivers import WebhookReceiver, status
from tests.services.background import Post, pass_time
from tests.services.conftest import Team, Treat

SOON = timedelta(seconds=5)
NUMBER, PHONE, DEVICE = "+34 600 111 222", "registration-token:" + "x" * 40, "0a" * 32
GIVEN: dict[Any, str] = {"sms": NUMBER, "fcm": PHONE, "apns": DEVICE}


def pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


class Phones(Post):
    """Mail is recorded; what goes to phones goes out for real."""

    def __init__(self, certificate: Certificate) -> None:
        super().__init__()
        self.sms = WebhookReceiver(status(202), tls=certificate.server)
        granted = json.dumps({"access_token": "token-1", "expires_in": 3600}).encode()
        self.tokens = WebhookReceiver(status(200, body=granted), tls=certificate.server)
        self.fcm = Http2Receiver(certificate.server_for("h2"))
        self.apns = Http2Receiver(certificate.server_for("h2"))
        self.ways: dict[ChannelName, Channel] = {}

    @property
    def channels(self) -> dict[ChannelName, Channel]:
        return {ChannelName.SMTP: self.channel, **self.ways}

    def connect(self, trusting: ssl.SSLContext) -> None:
        account = ServiceAccount(
            project_id="sample-project",
            private_key_id="1",
            private_key=pem(rsa.generate_private_key(65537, 2048)),
            client_email="pushes@sample-project.test",
            token_uri=f"https://127.0.0.1:{self.tokens.port}/token",
        )
        publisher = ApnsSettings(
            key=pem(ec.generate_private_key(ec.SECP256R1())),
            key_id="ABC123DEFG",
            team_id="TEAM123456",
            topic="test.app",
            url=self.apns.url,
        )
        gateway = SmsSettings(url=f"https://127.0.0.1:{self.sms.port}/send", sender="Aftercare")
        self.ways = {
            ChannelName.SMS: SmsChannel(gateway, tls_context=trusting),
            ChannelName.FCM: FcmChannel(account, url=self.fcm.url, tls_context=trusting),
            ChannelName.APNS: ApnsChannel(publisher, tls_context=trusting),
        }


@pytest.fixture
async def phones(certificate: Certificate, trusting: ssl.SSLContext) -> AsyncIterator[Phones]:
    made = Phones(certificate)
    async with made.sms, made.tokens, made.fcm, made.apns:
        made.connect(trusting)
        yield made
        await close_channels(made.ways)


@pytest.fixture
async def registered(service: Database, team: Team, now: datetime) -> dict[str, UUID]:
    """A practitioner with a number and two phones; the ids of these addresses."""
    ids = {}
    for channel, address in GIVEN.items():
        draft = AddressDraft(channel=channel, address=address)
        made = await addresses.register(service, team.practitioner, uuid4(), draft, now=now)
        ids[channel] = made.address_id
    return ids


async def emergency(treat: Treat, now: datetime) -> None:
    patient = await treat(now - timedelta(days=2))
    await patient.says(now, breathing_or_tongue=True)


async def mine(service: Database, team: Team) -> dict[UUID, AddressView]:
    return {one.address_id: one for one in await addresses.list_addresses(service, team.practitioner)}


async def test_an_emergency_reaches_a_practitioners_phones_and_names_nobody(
    service: Database,
    worker: Database,
    team: Team,
    treat: Treat,
    now: datetime,
    phones: Phones,
    registered: dict[str, UUID],
) -> None:
    await emergency(treat, now)
    await pass_time(worker, phones, now + SOON)
    sms, fcm, apns = (json.loads(there.requests[0].body) for there in (phones.sms, phones.fcm, phones.apns))
    link = fcm["message"]["data"]["link"]
    assert sms["to"] == "+34600111222"
    assert sms["text"].endswith(f": an emergency alert waits. {link}")
    assert fcm["message"]["data"]["tier"] == apns["aftercare"]["tier"] == "emergency"
    assert link == apns["aftercare"]["link"]
    assert phones.apns.requests[0].target == f"/3/device/{DEVICE}"
    # Each a delivery of its own, whose id it carries.
    assert len({sms["reference"], fcm["message"]["data"]["id"], apns["aftercare"]["id"]}) == 3
    for said in (sms, fcm, apns):
        assert "Sample" not in json.dumps(said)
        assert "breath" not in json.dumps(said)


async def test_what_the_provider_calls_gone_is_sent_to_once(
    service: Database,
    worker: Database,
    team: Team,
    treat: Treat,
    now: datetime,
    phones: Phones,
    registered: dict[str, UUID],
) -> None:
    gone = {"error": {"status": "NOT_FOUND", "details": [{"errorCode": "UNREGISTERED"}]}}
    phones.sms.script = status(410)
    phones.fcm.script = answers(404, body=json.dumps(gone).encode())
    phones.apns.script = answers(410, body=b'{"reason": "Unregistered"}')
    await emergency(treat, now)
    await pass_time(worker, phones, now + timedelta(minutes=40))  # past the first clock, which tells again
    assert [len(there.requests) for there in (phones.sms, phones.fcm, phones.apns)] == [1, 1, 1]
    held = await mine(service, team)
    assert {channel: held[one].retired_why for channel, one in registered.items()} == {
        "sms": "the provider answered 410",
        "fcm": "the provider answered 404 UNREGISTERED",
        "apns": "the provider answered 410 Unregistered",
    }
    assert all(held[one].retired_at is not None for one in registered.values())


async def test_what_waits_for_an_empty_account_leaves_once_it_is_filled_and_is_the_same_message(
    service: Database,
    worker: Database,
    team: Team,
    treat: Treat,
    now: datetime,
    phones: Phones,
    registered: dict[str, UUID],
) -> None:
    phones.sms.script = status(402)
    delivery_id = await addresses.send_test(service, team.practitioner, registered["sms"], now=now)
    await pass_time(worker, phones, now + timedelta(minutes=4, seconds=59))
    assert len(phones.sms.requests) == 1
    phones.sms.script = status(202)
    await pass_time(worker, phones, now + timedelta(minutes=10))
    assert {json.loads(one.body)["reference"] for one in phones.sms.requests} == {str(delivery_id)}
    async with worker.clinic(team.clinic_id) as db:
        attempts = await store.attempts_of(db, team.clinic_id, delivery_id)
    assert [(one.result, one.answer) for one in attempts] == [
        ("retry", "402: the gateway's account is empty"),
        ("sent", "202"),
    ]
    assert (await mine(service, team))[registered["sms"]].retired_at is None
