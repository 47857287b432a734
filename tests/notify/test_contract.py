"""One table for every channel: what each answer of the other side ends in, and that nothing else ever comes out."""

import asyncio
import json
import re
import ssl
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from aftercare.model.addresses import ChannelName
from aftercare.model.messages import MessageKind, OutgoingMessage
from aftercare.model.words import Tier
from aftercare.notify import apns, fcm, google, sms, webhook, webpush
from aftercare.notify.apns import ApnsChannel, ApnsSettings
from aftercare.notify.channel import Channel, NotDeliveredError, Receipt, Refused, Retired, Retry
from aftercare.notify.fcm import FcmChannel
from aftercare.notify.google import ServiceAccount
from aftercare.notify.http import Answer
from aftercare.notify.sms import SmsChannel, SmsSettings
from aftercare.notify.smtp import SmtpChannel, SmtpSettings, TlsMode
from aftercare.notify.vapid import new_vapid_key, read_vapid_key
from aftercare.notify.webhook import WebhookChannel, new_secret
from aftercare.notify.webpush import WebPushChannel
from tests.e2e.http2_receiver import Http2Receiver, Script, answers
from tests.e2e.push_service import Browser
from tests.e2e.receivers import CUT, HANG, PATIENCE, SmtpReceiver, WebhookReceiver

HTTP: Final = [name for name in ChannelName if name is not ChannelName.SMTP]
KEPT: Final = (ChannelName.FCM, ChannelName.APNS)
FAULT: Final = 300.0


def pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


EC, RSA, VAPID = (
    pem(ec.generate_private_key(ec.SECP256R1())),
    pem(rsa.generate_private_key(65537, 2048)),
    read_vapid_key(new_vapid_key(), subject="mailto:it@clinic.test"),
)
GRANTED = answers(200, body=json.dumps({"access_token": "token-1", "expires_in": 3600}).encode())


class Way(msgspec.Struct, frozen=True):
    """A channel and an address of it, whose other side is ours."""

    name: ChannelName
    channel: Any
    address: str
    receiver: Any

    async def send(self) -> Receipt:
        message = OutgoingMessage(
            id=UUID("0195b1c0-0000-7000-8000-000000000001"),
            about=UUID("0195b1c0-0000-7000-8000-0000000000aa"),
            kind=MessageKind.ALERT_RAISED,
            tier=Tier.EMERGENCY,
            address=self.address,
            link="https://care.clinic.test/alerts/0195b1c0",
            clinic_name="Clinic North",
            written_at=datetime(2030, 3, 1, 9, 30, tzinfo=UTC),
        )
        channel: Channel = self.channel
        return await channel.send(message)


Open = Callable[..., Any]


@pytest.fixture
def way(certificate: Any, http2_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> Open:
    """Open a channel whose other side answers by `script`, all of it over TLS."""

    @asynccontextmanager
    async def opened(
        name: ChannelName, script: Script, *, trusted: bool = True, timeout_s: float = PATIENCE
    ) -> AsyncIterator[Way]:
        kept = name in KEPT
        there = Http2Receiver(http2_tls, script) if kept else WebhookReceiver(script, tls=certificate.server)
        async with there, WebhookReceiver(GRANTED, tls=certificate.server) as tokens:
            base = f"https://127.0.0.1:{there.port}"
            options = {
                "tls_context": trusting if trusted else ssl.create_default_context(),
                "timeout_s": timeout_s,
            }
            channel, address = _made(name, base, f"https://127.0.0.1:{tokens.port}/token", options)
            yield Way(name, channel, address, there)
            if kept:
                await channel.close()

    return opened


def _made(name: ChannelName, base: str, token_uri: str, options: Any) -> tuple[Any, str]:
    listed = {**options, "listed_hosts": ["127.0.0.1"]}
    match name:
        case ChannelName.WEBHOOK:
            return WebhookChannel([new_secret()], **listed), f"{base}/private-path"
        case ChannelName.WEBPUSH:
            return WebPushChannel(lambda: VAPID, **listed), Browser(f"{base}/private-path").json
        case ChannelName.SMS:
            return SmsChannel(SmsSettings(url=f"{base}/send", auth="Bearer abc"), **options), "+34600111222"
        case ChannelName.FCM:
            account = ServiceAccount(
                project_id="sample-project",
                private_key_id="1",
                private_key=RSA,
                client_email="pushes@sample-project.test",
                token_uri=token_uri,
            )
            return FcmChannel(account, url=base, **options), "private-token:" + "x" * 30
        case ChannelName.APNS:
            ids = {"key_id": "ABC123DEFG", "team_id": "TEAM123456", "topic": "test.app"}
            return ApnsChannel(ApnsSettings(key=EC, url=base, **ids), **options), "0a" * 32
        case _:
            raise AssertionError(name)


def said(**words: Any) -> bytes:
    return json.dumps(words).encode()


UNREGISTERED: Final = said(
    error={"status": "NOT_FOUND", "details": [{"@type": "FcmError", "errorCode": "UNREGISTERED"}]}
)

# What each channel ends in, and how long it asks to wait: the answer's status alone unless a body stands here.
TABLE: Final[dict[str, list[tuple[ChannelName, Script, type, float | None]]]] = {
    "200": [(name, answers(200), Receipt, None) for name in HTTP],
    "410": [
        (ChannelName.WEBHOOK, answers(410), Retired, None),
        (ChannelName.WEBPUSH, answers(410), Retired, None),
        (ChannelName.SMS, answers(410), Retired, None),
        (ChannelName.APNS, answers(410, body=said(reason="Unregistered")), Retired, None),
        (ChannelName.FCM, answers(404, body=UNREGISTERED), Retired, None),
    ],
    "404": [
        (ChannelName.WEBHOOK, answers(404), Retry, None),
        (ChannelName.WEBPUSH, answers(404), Retired, None),
        *[(name, answers(404), Retry, FAULT) for name in (ChannelName.SMS, *KEPT)],
    ],
    "400": [(name, answers(400), Refused, None) for name in HTTP],
    "403": [
        (ChannelName.WEBHOOK, answers(403), Retry, None),
        (ChannelName.WEBPUSH, answers(403), Retry, 300.0),
        *[(name, answers(403), Retry, FAULT) for name in (ChannelName.SMS, *KEPT)],
    ],
    "413": [(name, answers(413), Refused, None) for name in HTTP],
    "429": [(name, answers(429, "Retry-After: 17"), Retry, 17.0) for name in HTTP],
    "500": [(name, answers(500), Retry, None) for name in HTTP],
    "503": [(name, answers(503, "Retry-After: 120"), Retry, 120.0) for name in HTTP],
}
ROWS: Final = [
    pytest.param(*row, id=f"{row[0].value} {status}") for status, rows in TABLE.items() for row in rows
]


@pytest.mark.parametrize(("name", "script", "verdict", "wait"), ROWS)
async def test_what_an_answer_ends_in(
    way: Open, name: ChannelName, script: Script, verdict: type, wait: float | None
) -> None:
    async with way(name, script) as opened:
        ended = await _ended(opened)
        assert len(opened.receiver.requests) == 1
    assert type(ended) is verdict
    assert getattr(ended, "retry_after", None) == wait


async def _ended(opened: Way) -> Receipt | NotDeliveredError:
    """How one attempt ended. Nothing private may be in what is kept of it."""
    try:
        async with asyncio.timeout(2 * PATIENCE):  # bounded, however busy the machine is
            return await opened.send()
    except NotDeliveredError as error:
        failure = error
    assert failure.__cause__ is None
    assert failure.__context__ is None
    kept = f"{failure.answer} {traceback.format_exception_only(failure)}"
    for private in (opened.address, "private", "care.clinic.test", "Clinic North"):
        assert private not in kept
    return failure


async def hang(exchange: Any) -> None:
    await exchange.hang()


async def cut(exchange: Any) -> None:
    exchange.cut()


@pytest.mark.parametrize("name", HTTP)
@pytest.mark.parametrize(
    ("script", "answer"), [(hang, "timeout"), (cut, "connection lost or not HTTP")], ids=["hang", "cut"]
)
async def test_a_service_that_hangs_or_cuts_is_tried_again(
    way: Open, name: ChannelName, script: Callable[[Any], Awaitable[None]], answer: str
) -> None:
    async with way(name, script, timeout_s=0.5 if script is hang else PATIENCE) as opened:
        ended = await _ended(opened)
    assert isinstance(ended, Retry)
    assert (ended.answer.removeprefix("token: "), ended.retry_after) == (answer, None)


@pytest.mark.parametrize("name", HTTP)
async def test_a_certificate_that_nobody_vouches_for_gets_nothing(way: Open, name: ChannelName) -> None:
    async with way(name, answers(200), trusted=False) as opened:
        ended = await _ended(opened)
        assert not opened.receiver.requests
    assert isinstance(ended, Retry)
    assert ended.answer.removeprefix("token: ") == "tls failed"


@pytest.mark.parametrize("name", HTTP)
async def test_a_channel_recovers_by_itself(way: Open, name: ChannelName) -> None:
    async with way(name, hang, timeout_s=0.5) as opened:
        assert isinstance(await _ended(opened), Retry)
        opened.channel._out._timeout_s = PATIENCE  # what comes now is no question of time
        opened.receiver.script = cut
        assert isinstance(await _ended(opened), Retry)
        opened.receiver.script = answers(200)
        assert isinstance(await _ended(opened), Receipt)


@pytest.mark.parametrize(
    ("replies", "verdict", "answer"),
    [
        ({}, Receipt, "250 2.0.0"),
        ({"rcpt": "550 5.1.1 <private@clinic.test> unknown"}, Retired, "rcpt: 550 5.1.1"),
        ({"rcpt": "550 5.7.1 policy"}, Refused, "rcpt: 550 5.7.1"),
        ({"data": "552 5.3.4 too big"}, Refused, "data: 552 5.3.4"),
        ({"rcpt": "451 4.7.1 greylisted"}, Retry, "rcpt: 451 4.7.1"),
        ({"data": "421 4.3.2 going down"}, Retry, "data: 421 4.3.2"),
        ({"data": HANG}, Retry, "data: timeout"),
        ({"data": CUT}, Retry, "data: connection failed or lost"),
    ],
    ids=["taken", "gone", "policy", "too big", "greylisted", "going down", "hang", "cut"],
)
async def test_what_a_mail_relays_answer_ends_in(
    certificate: Any, replies: dict[str, str], verdict: type, answer: str
) -> None:
    async with SmtpReceiver(tls=certificate.server, replies=replies) as relay:
        settings = SmtpSettings(
            host="127.0.0.1",
            port=relay.port,
            from_address="alerts@clinic.test",
            tls=TlsMode.STARTTLS,
            ca_file=certificate.file,
            command_timeout_s=2.0 if HANG in replies.values() else 10.0,
        )
        ended = await _ended(Way(ChannelName.SMTP, SmtpChannel(settings), "private@clinic.test", relay))
    assert type(ended) is verdict
    assert getattr(ended, "answer", "") == answer


def _read_as(name: ChannelName, answer: Answer) -> Receipt | NotDeliveredError:
    """What a channel makes of an answer, without a network."""
    try:
        match name:
            case ChannelName.WEBHOOK:
                return webhook._judge(answer)
            case ChannelName.WEBPUSH:
                return webpush._judge(answer)
            case ChannelName.SMS:
                return sms._judge(answer, sms.read_rules("400:21610=gone, 200:4=fault"))
            case ChannelName.FCM:
                return fcm._judge(answer, fcm._read(answer))
            case _:
                return apns._judge(answer)
    except NotDeliveredError as failure:
        return failure


# Every word that a service says holds these letters; none of our own does.
PLANTED: Final = "qzq"
WORDS: Final = st.text("abcXYZ019 +@._-", max_size=12).map(lambda text: f"{PLANTED}{text}")
KEYS: Final = st.sampled_from(
    ["error", "code", "status", "reason", "details", "errorCode", "fieldViolations"]
)
SAID: Final = st.recursive(
    WORDS | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | WORDS, inner, max_size=4),
).map(msgspec.json.encode)
DEEP: Final = [
    b'{"x": ' * 3000,
    b'{"error": {"details": ' + b"[" * 4000,
    b'{"reason": ' + b"[" * 4000,
    b"[" * 4096,
]


@given(
    name=st.sampled_from(HTTP), status=st.integers(100, 599), body=SAID | st.binary() | st.sampled_from(DEEP)
)
def test_whatever_a_service_says_only_our_own_words_are_kept(
    name: ChannelName, status: int, body: bytes
) -> None:
    ended = _read_as(name, Answer(status, body=body))
    assert isinstance(ended, Receipt) == (200 <= status < 300) or name in {ChannelName.SMS, *KEPT}
    assert re.fullmatch(r"[1-5]\d\d(?: [0-9A-Za-z_]{1,40})?(?:: [ -~]{1,80})?", ended.answer)
    assert PLANTED not in ended.answer


@given(body=SAID | st.binary() | st.sampled_from(DEEP))
def test_whatever_is_said_instead_of_a_token_is_a_failure(body: bytes) -> None:
    with pytest.raises(Retry, match=r"^200 without a token$"):
        google._read(Answer(200, body=body), datetime(2030, 3, 1, tzinfo=UTC))
