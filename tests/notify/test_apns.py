import asyncio
import json
import logging
import socket
import ssl
import traceback
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from msgspec.structs import replace

from aftercare.model.messages import MessageKind, OutgoingMessage
from aftercare.model.words import Tier
from aftercare.notify.apns import ApnsChannel, ApnsSettings
from aftercare.notify.channel import NotDeliveredError, Receipt, Refused, Retired, Retry
from tests.e2e.http2_receiver import Http2Exchange, Http2Receiver, Script, answers
from tests.e2e.receivers import PATIENCE

NOW = datetime(2030, 3, 1, 9, 31, 7, tzinfo=UTC)
DEVICE = "0a" * 32
MESSAGE = OutgoingMessage(
    id=UUID("0195b1c0-0000-7000-8000-000000000001"),
    about=UUID("0195b1c0-0000-7000-8000-0000000000aa"),
    kind=MessageKind.ALERT_RAISED,
    tier=Tier.EMERGENCY,
    address=DEVICE,
    link="https://care.clinic.test/alerts/0195b1c0",
    clinic_name="Clinic North",
    written_at=datetime(2030, 3, 1, 9, 30, tzinfo=UTC),
)
KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def channel(receiver: Http2Receiver, trusting: ssl.SSLContext, **options: Any) -> ApnsChannel:
    settings = ApnsSettings(
        key=PEM, key_id="ABC123DEFG", team_id="TEAM123456", topic="test.aftercare.app", url=receiver.url
    )
    return ApnsChannel(
        settings, **{"tls_context": trusting, "clock": lambda: NOW, "timeout_s": PATIENCE, **options}
    )


def reason(status: int, word: str, *headers: str) -> Script:
    return answers(status, *headers, body=json.dumps({"reason": word}).encode())


async def test_a_push_is_thin_signed_and_addressed_as_apple_asks(
    http2_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with Http2Receiver(http2_tls) as receiver:
        sender = channel(receiver, trusting)
        assert await sender.send(MESSAGE) == Receipt("200")
        (request,) = await receiver.wait_for(1)
        await sender.close()
    assert (request.method, request.target) == ("POST", f"/3/device/{DEVICE}")
    sent = {name: value for name, value in request.headers.items() if name.startswith("apns-")}
    assert sent == {
        "apns-topic": "test.aftercare.app",
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-expiration": str(int((NOW + timedelta(hours=24)).timestamp())),
        "apns-id": str(MESSAGE.id),
        "apns-collapse-id": str(MESSAGE.about),
    }
    scheme, _, token = request.headers["authorization"].partition(" ")
    head = jwt.get_unverified_header(token)
    claims = jwt.decode(token, KEY.public_key(), algorithms=["ES256"], options={"verify_iat": False})
    assert (scheme, head["kid"], head["alg"]) == ("bearer", "ABC123DEFG", "ES256")
    assert claims == {"iss": "TEAM123456", "iat": int(NOW.timestamp())}
    assert json.loads(request.body) == {
        "aps": {
            "alert": {"title": "Emergency: New alert", "body": "A new alert is waiting at Clinic North."},
            "interruption-level": "time-sensitive",
            "sound": "default",
            "thread-id": str(MESSAGE.about),
        },
        "aftercare": {
            "id": str(MESSAGE.id),
            "kind": "alert_raised",
            "link": MESSAGE.link,
            "tag": str(MESSAGE.about),
            "tier": "emergency",
            "alert": str(MESSAGE.about),
        },
    }


@pytest.mark.parametrize(
    ("tier", "kind", "priority", "level", "hours"),
    [
        (Tier.EMERGENCY, MessageKind.ALERT_RAISED, "10", "time-sensitive", 24),
        (Tier.SAME_DAY, MessageKind.ALERT_RAISED, "10", "active", 24),
        (Tier.SOON, MessageKind.ALERT_RAISED, "5", "active", 24),
        (Tier.ROUTINE, MessageKind.DIGEST, "5", "passive", 24),
        (None, MessageKind.REMINDER, "10", "active", 12),
    ],
)
async def test_only_what_is_urgent_wakes_a_phone(
    http2_tls: ssl.SSLContext,
    trusting: ssl.SSLContext,
    tier: Tier | None,
    kind: MessageKind,
    priority: str,
    level: str,
    hours: int,
) -> None:
    async with Http2Receiver(http2_tls) as receiver:
        sender = channel(receiver, trusting)
        await sender.send(replace(MESSAGE, tier=tier, kind=kind))
        (request,) = receiver.requests
        await sender.close()
    assert request.headers["apns-priority"] == priority
    assert json.loads(request.body)["aps"]["interruption-level"] == level
    assert int(request.headers["apns-expiration"]) - NOW.timestamp() == hours * 3600


async def test_many_pushes_share_one_connection(http2_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    release = asyncio.Event()

    async def held(exchange: Http2Exchange) -> None:
        await release.wait()
        await exchange.answer(200)

    async with Http2Receiver(http2_tls) as receiver:
        sender = channel(receiver, trusting)
        await sender.send(MESSAGE)
        receiver.script = held
        sending = [asyncio.create_task(sender.send(MESSAGE)) for _ in range(30)]
        await receiver.wait_for_open(30)
        release.set()
        await asyncio.gather(*sending)
        await sender.close()
    assert receiver.connections == 1


async def test_pushes_take_turns_where_the_service_takes_one_at_a_time(
    http2_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with Http2Receiver(http2_tls, at_once=1) as receiver:
        sender = channel(receiver, trusting)
        assert await asyncio.gather(*(sender.send(MESSAGE) for _ in range(10))) == [Receipt("200")] * 10
        await sender.close()
    assert (receiver.connections, receiver.most_at_once) == (1, 1)


async def test_one_token_serves_for_40_minutes_and_a_newer_one_after(
    http2_tls: ssl.SSLContext, trusting: ssl.SSLContext, clock: Clock
) -> None:
    async with Http2Receiver(http2_tls) as receiver:
        sender = channel(receiver, trusting, clock=clock)
        for minutes in (0, 20, 39, 41, -5):
            clock.now = NOW + timedelta(minutes=minutes)
            await sender.send(MESSAGE)
        await sender.close()
    tokens = [request.headers["authorization"] for request in receiver.requests]
    assert tokens[0] == tokens[1] == tokens[2]
    assert len(set(tokens)) == 3  # the fourth is newer; the fifth's clock was put back


async def test_a_token_that_apple_calls_expired_is_replaced_at_once(
    http2_tls: ssl.SSLContext, trusting: ssl.SSLContext, clock: Clock
) -> None:
    async with Http2Receiver(http2_tls) as receiver:
        sender = channel(receiver, trusting, clock=clock)
        await sender.send(MESSAGE)
        first = receiver.requests[0].headers["authorization"]

        async def only_newer(exchange: Http2Exchange) -> None:
            newer = exchange.request.headers["authorization"] != first
            await (answers(200) if newer else reason(403, "ExpiredProviderToken"))(exchange)

        receiver.script = only_newer
        clock.now = NOW + timedelta(minutes=21)
        assert await sender.send(MESSAGE) == Receipt("200")
        assert len(receiver.requests) == 3
        await sender.close()


async def test_a_token_is_not_replaced_more_often_than_apple_takes(
    http2_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with Http2Receiver(http2_tls, reason(403, "ExpiredProviderToken")) as receiver:
        sender = channel(receiver, trusting)
        with pytest.raises(Retry, match="clock") as caught:
            await sender.send(MESSAGE)
        await sender.close()
    assert len(receiver.requests) == 1
    assert caught.value.retry_after == 300


@pytest.mark.parametrize(
    ("status", "word", "verdict", "wait"),
    [
        (410, "Unregistered", Retired, None),
        (410, "ExpiredToken", Retired, None),
        (410, "", Retired, None),
        (400, "BadDeviceToken", Retired, None),
        (400, "DeviceTokenNotForTopic", Retired, None),
        (400, "BadPriority", Refused, None),
        (400, "", Refused, None),
        (413, "PayloadTooLarge", Refused, None),
        (400, "IdleTimeout", Retry, None),
        (400, "TopicDisallowed", Retry, 300),
        (403, "InvalidProviderToken", Retry, 300),
        (403, "", Retry, 300),
        (404, "BadPath", Retry, 300),
        (429, "TooManyRequests", Retry, None),
        (429, "TooManyProviderTokenUpdates", Retry, 1200),
        (500, "InternalServerError", Retry, None),
        (503, "ServiceUnavailable", Retry, None),
        (503, "Shutdown", Retry, None),
    ],
)
async def test_what_an_answer_means(
    http2_tls: ssl.SSLContext,
    trusting: ssl.SSLContext,
    status: int,
    word: str,
    verdict: type[NotDeliveredError],
    wait: float | None,
) -> None:
    async with Http2Receiver(http2_tls, reason(status, word)) as receiver:
        sender = channel(receiver, trusting)
        with pytest.raises(verdict, match=rf"^{status}") as caught:
            await sender.send(MESSAGE)
        await sender.close()
    assert getattr(caught.value, "retry_after", None) == wait
    known = word not in {"", "BadPriority"}
    assert (word in caught.value.answer) == known or not word


async def test_retry_after_is_handed_on(http2_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    async with Http2Receiver(http2_tls, reason(429, "TooManyRequests", "Retry-After: 90")) as receiver:
        sender = channel(receiver, trusting)
        with pytest.raises(Retry) as caught:
            await sender.send(MESSAGE)
        await sender.close()
    assert caught.value.retry_after == 90


async def go_away(exchange: Http2Exchange) -> None:
    await exchange.go_away()


async def cut(exchange: Http2Exchange) -> None:
    exchange.cut()


@pytest.mark.parametrize("ending", [go_away, cut])
async def test_a_connection_that_was_ended_is_replaced_without_a_failure(
    http2_tls: ssl.SSLContext, trusting: ssl.SSLContext, ending: Script
) -> None:
    async with Http2Receiver(http2_tls) as receiver:
        sender = channel(receiver, trusting)
        await sender.send(MESSAGE)

        async def once(exchange: Http2Exchange) -> None:
            receiver.script = answers(200)
            await ending(exchange)

        receiver.script = once
        assert await sender.send(MESSAGE) == Receipt("200")
        await sender.close()
    assert receiver.connections == 2


async def test_a_new_connection_that_is_cut_is_one_attempt(
    http2_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with Http2Receiver(http2_tls, cut) as receiver:
        sender = channel(receiver, trusting)
        with pytest.raises(Retry, match=r"^connection lost or not HTTP$"):
            await sender.send(MESSAGE)
        await sender.close()
    assert len(receiver.requests) == 1


async def test_one_push_that_hangs_takes_no_other_with_it(
    http2_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    slow = "0b" * 32
    answered = asyncio.Event()

    async def script(exchange: Http2Exchange) -> None:
        if slow in exchange.request.target:
            await exchange.hang()
        await answered.wait()
        await exchange.answer(200)

    async with Http2Receiver(http2_tls) as receiver:
        sender = channel(receiver, trusting)
        await sender.send(MESSAGE)
        receiver.script = script
        hanging = asyncio.create_task(sender.send(replace(MESSAGE, address=slow)))
        await receiver.wait_for_open(1)
        others = [asyncio.create_task(sender.send(MESSAGE)) for _ in range(5)]
        await receiver.wait_for_open(6)
        hanging.cancel()  # as its time limit would
        await asyncio.wait([hanging])
        answered.set()
        assert await asyncio.gather(*others) == [Receipt("200")] * 5
        assert len(receiver.requests) == 7  # each of them once: nobody had to ask again
        # The connection on which something hung is not used again.
        assert await sender.send(MESSAGE) == Receipt("200")
        assert receiver.connections == 2
        await sender.close()


async def test_a_service_that_hangs_is_left_in_time(
    http2_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async def hang(exchange: Http2Exchange) -> None:
        await exchange.hang()

    async with Http2Receiver(http2_tls, hang) as receiver:
        sender = channel(receiver, trusting, timeout_s=0.3)
        with pytest.raises(Retry, match=r"^timeout$"):
            await sender.send(MESSAGE)
        sender._out._timeout_s = PATIENCE
        receiver.script = answers(200)
        assert await sender.send(MESSAGE) == Receipt("200")
        await sender.close()
    assert receiver.connections == 2


async def test_once_the_status_is_there_an_endless_answer_changes_nothing(
    http2_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async def pour(exchange: Http2Exchange) -> None:
        await exchange.pour()

    async with Http2Receiver(http2_tls, pour) as receiver:
        sender = channel(receiver, trusting)
        assert await sender.send(MESSAGE) == Receipt("200")
        receiver.script = answers(200)
        assert await sender.send(MESSAGE) == Receipt("200")
        await sender.close()
    assert receiver.connections == 2


async def test_nothing_is_sent_to_whom_we_do_not_trust(
    http2_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with Http2Receiver(http2_tls) as receiver:
        sender = channel(receiver, ssl.create_default_context())
        with pytest.raises(Retry, match=r"^tls failed$"):
            await sender.send(MESSAGE)
        await sender.close()
        assert not receiver.requests


@pytest.mark.parametrize("address", ["", "zz" * 32, "0a" * 4, "0a" * 101, f"{DEVICE}/../x", f"{DEVICE}\n"])
async def test_a_malformed_device_is_refused_before_anything_is_opened(
    http2_tls: ssl.SSLContext, trusting: ssl.SSLContext, address: str
) -> None:
    async with Http2Receiver(http2_tls) as receiver:
        with pytest.raises(Refused, match=r"^address malformed$"):
            await channel(receiver, trusting).send(replace(MESSAGE, address=address))
        assert receiver.connections == 0


def pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"key": "no key"}, "p8"),
        ({"key": pem(ec.generate_private_key(ec.SECP384R1()))}, "p8"),
        ({"key": pem(rsa.generate_private_key(65537, 2048))}, "p8"),
        ({"key_id": "abc"}, "ten capital letters"),
        ({"team_id": ""}, "ten capital letters"),
        ({"topic": "a b"}, "bundle id"),
        ({"url": "http://api.push.test"}, "https"),
    ],
)
def test_settings_that_cannot_work_are_found_at_the_start(wrong: dict[str, str], sentence: str) -> None:
    right = {"key": PEM, "key_id": "ABC123DEFG", "team_id": "TEAM123456", "topic": "test.app"}
    with pytest.raises(ValueError, match=sentence) as caught:
        ApnsSettings(**{**right, **wrong})
    assert "PRIVATE" not in "".join(traceback.format_exception(caught.value))


def test_settings_show_no_key_when_printed() -> None:
    settings = ApnsSettings(key=PEM, key_id="ABC123DEFG", team_id="TEAM123456", topic="test.app")
    assert repr(settings) == "ApnsSettings(topic='test.app')"


@pytest.mark.parametrize("script", [answers(200), reason(410, "Unregistered"), reason(400, DEVICE), cut])
async def test_neither_logs_nor_tracebacks_hold_device_token_or_link(
    caplog: pytest.LogCaptureFixture, http2_tls: ssl.SSLContext, trusting: ssl.SSLContext, script: Script
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    async with Http2Receiver(http2_tls, script) as receiver:
        sender = channel(receiver, trusting)
        try:
            await sender.send(MESSAGE)
        except NotDeliveredError as error:
            said += [*traceback.format_exception(error), repr(error.__context__), repr(error.__cause__)]
        await sender.close()
        token = receiver.requests[0].headers["authorization"].partition(" ")[2]
    said += [record.getMessage() for record in caplog.records]
    for private in (DEVICE, token, token.rpartition(".")[2], "care.clinic.test"):
        assert private not in "".join(said)


async def test_nobody_there_is_tried_again(trusting: ssl.SSLContext) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        url = f"https://127.0.0.1:{taken.getsockname()[1]}"
        settings = ApnsSettings(key=PEM, key_id="ABC123DEFG", team_id="TEAM123456", topic="test.app", url=url)
        sender = ApnsChannel(settings, tls_context=trusting)
        with pytest.raises(Retry, match=r"^connection refused or unreachable$"):
            await sender.send(MESSAGE)
        await sender.close()
