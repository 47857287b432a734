import asyncio
import base64
import hashlib
import hmac
import json
import logging
import socket
import ssl
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from aftercare.model.messages import MessageKind, OutgoingMessage
from aftercare.model.words import Tier
from aftercare.notify.channel import NotDeliveredError, Receipt, Refused, Retired, Retry
from aftercare.notify.http import retry_after_seconds
from aftercare.notify.webhook import WebhookChannel, new_secret, sign
from tests.e2e.receivers import PATIENCE, Exchange, WebhookReceiver, status

NOW = datetime(2030, 3, 1, 9, 31, 7, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
MESSAGE = OutgoingMessage(
    id=UUID("0195b1c0-0000-7000-8000-000000000001"),
    about=UUID("0195b1c0-0000-7000-8000-0000000000aa"),
    kind=MessageKind.ALERT_RAISED,
    tier=Tier.SAME_DAY,
    address="",
    link="https://care.clinic.test/alerts/0195b1c0",
    clinic_name="Clinic North",
    written_at=datetime(2030, 3, 1, 9, 30, tzinfo=UTC),
)


def channel(*secrets: str, **options: Any) -> WebhookChannel:
    listed = {"listed_hosts": ["127.0.0.1"], "clock": lambda: NOW, "timeout_s": PATIENCE}
    return WebhookChannel(secrets or (SECRET,), **{**listed, **options})


async def send(address: str, **options: Any) -> Receipt:
    return await channel(**options).send(replace(MESSAGE, address=address))


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As the specification says it, without our code."""
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode() + b"." + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    versions = [each.split(",", 1) for each in headers["webhook-signature"].split(" ")]
    return any(version == "v1" and signature == expected for version, signature in versions)


async def test_a_webhook_is_thin_and_signed() -> None:
    async with WebhookReceiver() as receiver:
        host = f"127.0.0.1:{receiver.port}"
        receipt = await send(receiver.url + "?clinic=north")
        (request,) = await receiver.wait_for(1)
    assert receipt == Receipt("204")
    assert (request.method, request.target) == ("POST", "/hook?clinic=north")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == host
    assert request.headers["webhook-id"] == str(MESSAGE.id)
    assert request.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert verified(SECRET, request.headers, request.body)
    assert not verified(new_secret(), request.headers, request.body)
    assert not verified(SECRET, request.headers, request.body + b" ")
    assert json.loads(request.body) == {
        "type": "alert_raised",
        "timestamp": "2030-03-01T09:30:00Z",
        "data": {
            "delivery": str(MESSAGE.id),
            "alert": str(MESSAGE.about),
            "tier": "same_day",
            "link": MESSAGE.link,
        },
    }


async def test_while_a_secret_is_changed_both_verify() -> None:
    new, old = new_secret(), SECRET
    async with WebhookReceiver() as receiver:
        await channel(new, old).send(replace(MESSAGE, address=receiver.url))
        (request,) = await receiver.wait_for(1)
    assert verified(new, request.headers, request.body)
    assert verified(old, request.headers, request.body)
    assert request.headers["webhook-signature"].startswith(
        sign([new], message_id=str(MESSAGE.id), timestamp=int(NOW.timestamp()), body=request.body)
    )


def test_the_specifications_example_signs_the_same() -> None:
    # standardwebhooks.com, the reference libraries' own test vector.
    signature = sign(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_second_attempt_has_the_same_id_and_body_and_a_fresh_timestamp() -> None:
    async with WebhookReceiver(status(500)) as receiver:
        with pytest.raises(Retry):
            await send(receiver.url)
        receiver.script = status(200)
        await send(receiver.url, clock=lambda: NOW + timedelta(hours=3))
        first, second = await receiver.wait_for(2)
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 3 * 3600
    assert verified(SECRET, second.headers, second.body)


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
async def test_every_2xx_is_taken(code: int) -> None:
    async with WebhookReceiver(status(code)) as receiver:
        assert await send(receiver.url) == Receipt(str(code))


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (410, Retired),
        *[(code, Refused) for code in (301, 302, 304, 307, 308, 400, 405, 413, 415, 422, 501)],
        *[(code, Retry) for code in (401, 403, 404, 408, 409, 425, 429, 500, 502, 503, 504, 599)],
    ],
)
async def test_what_an_answer_means(code: int, verdict: type[NotDeliveredError]) -> None:
    async with WebhookReceiver(status(code)) as receiver:
        with pytest.raises(verdict) as caught:
            await send(receiver.url)
    assert caught.value.answer == str(code)


@pytest.mark.parametrize("code", [429, 503, 500])
async def test_retry_after_is_handed_on(code: int) -> None:
    async with WebhookReceiver(status(code, "Retry-After: 120")) as receiver:
        with pytest.raises(Retry) as caught:
            await send(receiver.url)
    assert caught.value.retry_after == 120


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0),
        (" 30 ", 30),
        ("Fri, 01 Mar 2030 09:33:07 GMT", 120),
        ("Fri, 01 Mar 2030 09:00:00 GMT", 0),
        ("99999999", 6 * 3600),
        ("9" * 5000, 6 * 3600),
        ("Fri, 01 Mar 2999 09:00:00 GMT", 6 * 3600),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("²", None),
        ("Fri, 99 Mar 2030 09:33:07 GMT", None),
        ("Fri, 01 Mar 99999999999 09:33:07 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, now=NOW) == seconds


async def test_a_redirect_to_a_private_address_is_not_followed() -> None:
    async with WebhookReceiver() as inner, WebhookReceiver(status(307, f"Location: {inner.url}")) as outer:
        with pytest.raises(Refused, match=r"^307$"):
            await send(outer.url)
        assert len(outer.requests) == 1
        assert inner.connections == 0


@pytest.mark.parametrize(
    "private", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1"]
)
async def test_a_name_that_resolves_to_a_private_address_is_refused(private: str) -> None:
    async def resolver(_host: str, _port: int) -> list[str]:
        return [private]

    async with WebhookReceiver() as receiver:
        with pytest.raises(Refused, match=r"^address not allowed$"):
            await send(f"https://hooks.test:{receiver.port}/", resolver=resolver, listed_hosts=["other.test"])
        assert receiver.connections == 0


@pytest.mark.parametrize("host", ["hooks.test", "HOOKS.test", "hooks.test."])
async def test_a_listed_host_may_be_private_and_without_tls(host: str) -> None:
    asked: list[str] = []

    async def resolver(name: str, _port: int) -> list[str]:
        asked.append(name)
        return ["127.0.0.1"]

    async with WebhookReceiver() as receiver:
        await send(f"http://{host}:{receiver.port}/", resolver=resolver, listed_hosts=["Hooks.Test"])
        await receiver.wait_for(1)
    assert len(asked) == 1


async def test_an_unknown_name_is_tried_again() -> None:
    async def nothing(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "hooks.test not known")

    with pytest.raises(Retry, match=r"^name not resolved$"):
        await send("https://hooks.test/", resolver=nothing)


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("http://hooks.test/", "https required"),
        ("http://127.0.0.1.hooks.test/", "https required"),
        ("https://user:pass@hooks.test/", "address malformed"),
        ("ftp://hooks.test/", "address malformed"),
        ("file:///etc/passwd", "address malformed"),
        ("https://", "address malformed"),
        ("https:///path", "address malformed"),
        ("hooks.test", "address malformed"),
        ("https://hooks.test:99999/", "address malformed"),
        ("https://hooks.test/\r\nX-Evil: 1", "address malformed"),
        ("https://[::1", "address malformed"),
        ("", "address malformed"),
    ],
)
async def test_only_an_https_address_is_used(address: str, answer: str) -> None:
    async def never(_host: str, _port: int) -> list[str]:
        raise AssertionError("must not be resolved")

    with pytest.raises(Refused) as caught:
        await send(address, resolver=never)
    assert caught.value.answer == answer


async def hang(exchange: Exchange) -> None:
    await exchange.hang()


async def cut(exchange: Exchange) -> None:
    exchange.cut()


async def drip_head(exchange: Exchange) -> None:
    await exchange.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000, every_s=0.02)


async def garbage(exchange: Exchange) -> None:
    exchange.writer.write(b"220 mail.test ESMTP\r\n")
    await exchange.writer.drain()


async def endless_head(exchange: Exchange) -> None:
    exchange.writer.write(b"HTTP/1.1 200 OK\r\n")
    await exchange.pour(b"X-More: " + b"x" * 8000 + b"\r\n")


@pytest.mark.parametrize(
    ("script", "answer"),
    [
        (hang, "timeout"),
        (drip_head, "timeout"),
        (cut, "connection lost or not HTTP"),
        (garbage, "connection lost or not HTTP"),
        (endless_head, "connection lost or not HTTP"),
    ],
)
async def test_a_receiver_that_hangs_drips_cuts_or_talks_nonsense_is_tried_again(
    script: Callable[[Exchange], Awaitable[None]], answer: str
) -> None:
    async with WebhookReceiver(script) as receiver, asyncio.timeout(PATIENCE):
        with pytest.raises(Retry) as caught:
            await send(receiver.url, timeout_s=0.5 if answer == "timeout" else PATIENCE)
    assert caught.value.answer == answer


async def test_nobody_there_is_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        with pytest.raises(Retry, match=r"^connection refused or unreachable$"):
            await send(f"http://127.0.0.1:{taken.getsockname()[1]}/")


async def endless_body(exchange: Exchange) -> None:
    exchange.writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    await exchange.pour(b"x" * 65536)


async def dripping_body(exchange: Exchange) -> None:
    exchange.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    await exchange.drip(b"x", every_s=0.02)


async def cut_body(exchange: Exchange) -> None:
    exchange.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    await exchange.writer.drain()


@pytest.mark.parametrize("script", [endless_body, dripping_body, cut_body])
async def test_once_the_status_is_there_the_body_changes_nothing(
    script: Callable[[Exchange], Awaitable[None]],
) -> None:
    # Whoever waited for the body would wait longer than this test.
    async with WebhookReceiver(script) as receiver, asyncio.timeout(PATIENCE):
        assert await send(receiver.url, timeout_s=2 * PATIENCE) == Receipt("200")
        assert len(receiver.requests) == 1


async def test_cancelling_ends_the_attempt() -> None:
    async with WebhookReceiver(hang) as receiver:
        attempt = asyncio.create_task(send(receiver.url))
        await receiver.wait_for(1)
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt


async def test_tls_is_verified_for_the_name_although_the_address_was_chosen_by_us(certificate: Any) -> None:
    async def resolver(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    trusting = ssl.create_default_context(cafile=certificate.file)
    async with WebhookReceiver(tls=certificate.server) as receiver:
        options = {"resolver": resolver, "listed_hosts": ["hooks.test", "wrong.test"]}
        await send(f"https://hooks.test:{receiver.port}/", tls_context=trusting, **options)
        with pytest.raises(Retry, match=r"^tls failed$"):
            await send(f"https://wrong.test:{receiver.port}/", tls_context=trusting, **options)
        with pytest.raises(Retry, match=r"^tls failed$"):
            await send(f"https://hooks.test:{receiver.port}/", **options)
        assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_!!!", "whsec_c2hvcnQ=", SECRET.removeprefix("whsec_"), "whsec_é"]
)
def test_a_malformed_secret_is_found_at_once_and_not_repeated(secret: str) -> None:
    with pytest.raises(ValueError, match="a signing secret is") as caught:
        WebhookChannel([secret])
    assert not secret or secret == "whsec_" or secret not in str(caught.value)


@pytest.mark.parametrize("count", [0, 3])
def test_there_are_one_or_two_secrets(count: int) -> None:
    with pytest.raises(ValueError, match="one signing secret, or two"):
        WebhookChannel([SECRET] * count)


# Names, so that a traceback's source lines do not hold them.
HOST, PATH = "private.hooks.test", "/private-path"


@pytest.mark.parametrize("script", [status(204), status(400), status(503), cut, hang, garbage])
async def test_neither_logs_nor_tracebacks_hold_address_secret_or_link(
    caplog: pytest.LogCaptureFixture, script: Callable[[Exchange], Awaitable[None]]
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []

    async def resolver(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    async with WebhookReceiver(script) as receiver:
        address = f"http://{HOST}:{receiver.port}{PATH}"
        try:
            await send(address, resolver=resolver, listed_hosts=[HOST], timeout_s=0.3)
        except NotDeliveredError as error:
            said += [*traceback.format_exception(error), repr(error.__context__), repr(error.__cause__)]
    said += [record.getMessage() for record in caplog.records]
    for private in (HOST, PATH, SECRET, SECRET[6:], "care.clinic.test"):
        assert private not in "".join(said)
