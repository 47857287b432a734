import asyncio
import base64
import json
import logging
import ssl
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aftercare.model.messages import MessageKind, OutgoingMessage
from aftercare.model.words import Tier
from aftercare.notify.channel import NotDeliveredError, Receipt, Refused, Retired, Retry
from aftercare.notify.vapid import VapidKey, new_vapid_key, read_vapid_key
from aftercare.notify.webpush import WebPushChannel, read_subscription, seal
from tests.e2e.push_service import Browser, PushService, packed, unpacked
from tests.e2e.receivers import PATIENCE, Exchange, status

NOW = datetime(2030, 3, 1, 9, 31, 7, tzinfo=UTC)
KEY = read_vapid_key(new_vapid_key(), subject="mailto:it@clinic.test")
MESSAGE = OutgoingMessage(
    id=UUID("0195b1c0-0000-7000-8000-000000000001"),
    about=UUID("0195b1c0-0000-7000-8000-0000000000aa"),
    kind=MessageKind.ALERT_RAISED,
    tier=Tier.EMERGENCY,
    address="",
    link="https://care.clinic.test/alerts/0195b1c0",
    clinic_name="Clinic North",
    written_at=datetime(2030, 3, 1, 9, 30, tzinfo=UTC),
)
SOMEBODY = Browser("https://push.test/one")


def channel(*, key: VapidKey = KEY, **options: Any) -> WebPushChannel:
    listed = {"listed_hosts": ["127.0.0.1"], "clock": lambda: NOW, "timeout_s": PATIENCE}
    return WebPushChannel(lambda: key, **{**listed, **options})


async def send(address: str, *, key: VapidKey = KEY, **options: Any) -> Receipt:
    return await channel(key=key, **options).send(replace(MESSAGE, address=address))


def service(script: Callable[[Exchange], Awaitable[None]] | None = None, **options: Any) -> PushService:
    return PushService(script, key=KEY.public, now=NOW.timestamp, **options)


async def pushed(**changes: Any) -> Any:
    """The one push that a message makes, as the push service and the browser got it."""
    async with service() as there:
        await channel().send(replace(MESSAGE, address=there.subscribe().json, **changes))
        (push,) = await there.wait_for_pushes(1)
    return push


async def test_a_push_is_thin_sealed_and_signed() -> None:
    async with service() as there:
        browser = there.subscribe()
        receipt = await send(browser.json)
        (push,) = await there.wait_for_pushes(1)
    assert receipt == Receipt("201")
    assert push.payload == {
        "id": str(MESSAGE.id),
        "kind": "alert_raised",
        "tier": "emergency",
        "tag": str(MESSAGE.about),
        "title": "Emergency: New alert",
        "body": "A new alert is waiting at Clinic North.",
        "link": MESSAGE.link,
    }
    for said in ("Clinic North", "emergency", "alert", str(MESSAGE.id), MESSAGE.link):
        assert said.encode() not in push.request.body
    with pytest.raises(InvalidTag):
        Browser(browser.endpoint).open(push.request.body)


async def test_two_attempts_of_one_message_are_sealed_anew_and_say_the_same() -> None:
    async with service() as there:
        address = there.subscribe().json
        for _ in range(2):
            await send(address)
        first, second = await there.wait_for_pushes(2)
    assert first.payload == second.payload
    assert first.request.body[:16] != second.request.body[:16]  # salt
    assert first.request.body[21:86] != second.request.body[21:86]  # our point


def test_the_example_of_rfc_8291_is_sealed_the_same() -> None:
    # RFC 8291, 5 and appendix A.
    ours = ec.derive_private_key(
        int.from_bytes(unpacked("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), ec.SECP256R1()
    )
    keys = {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    }
    browser = read_subscription(json.dumps({"endpoint": "https://push.test/one", "keys": keys}))
    sealed = seal(
        b"When I grow up, I want to be a watermelon",
        browser,
        salt=unpacked("DGv6ra1nlYgDCS1FRnbzlw"),
        ours=ours,
    )
    assert packed(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@given(st.binary(max_size=3993))
def test_whatever_is_sealed_the_browser_opens(text: bytes) -> None:
    sealed = seal(text, read_subscription(SOMEBODY.json))
    assert SOMEBODY.open(sealed) == text
    assert len(sealed) <= 4096


def test_what_no_push_service_takes_is_not_sealed() -> None:
    with pytest.raises(ValueError, match="too long for a push"):
        seal(b"x" * 3994, read_subscription(SOMEBODY.json))


@pytest.mark.parametrize(
    ("tier", "urgency", "ttl"),
    [
        (Tier.EMERGENCY, "high", 86400),
        (Tier.SAME_DAY, "high", 86400),
        (Tier.SOON, "normal", 86400),
        (Tier.ROUTINE, "low", 43200),
        (None, "normal", 43200),
    ],
)
async def test_the_tier_decides_how_urgent_a_push_is_and_how_long_it_waits(
    tier: Tier | None, urgency: str, ttl: int
) -> None:
    push = await pushed(tier=tier)
    assert (push.headers["urgency"], int(push.headers["ttl"])) == (urgency, ttl)


async def test_a_later_push_about_an_alert_takes_the_place_of_the_earlier_one() -> None:
    raised, overdue = await pushed(), await pushed(kind=MessageKind.ALERT_OVERDUE)
    other = await pushed(about=UUID("0195b1c0-0000-7000-8000-0000000000bb"))
    assert raised.headers["topic"] == overdue.headers["topic"] != other.headers["topic"]
    assert str(MESSAGE.about) not in raised.headers["topic"]
    first, second = await pushed(about=None, kind=MessageKind.REMINDER), await pushed(about=None)
    assert first.headers["topic"] != second.headers["topic"]


async def test_a_test_does_not_wait_for_long_and_replaces_nothing() -> None:
    push = await pushed(kind=MessageKind.TEST, tier=None, about=None)
    assert push.headers["ttl"] == "600"
    assert "topic" not in push.headers
    assert push.payload["title"] == "Test message"


@pytest.mark.parametrize(
    ("locale", "title", "said"),
    [
        ("en", "Your check-in is ready", "The clinic reads Mon-Fri 8-18."),
        ("es-MX", "Su cuestionario de hoy está listo", "La clínica lee Mon-Fri 8-18."),
        ("pt", "O seu questionário de hoje está pronto", "A clínica lê Mon-Fri 8-18."),
    ],
)
async def test_a_reminder_speaks_the_patients_language_and_says_that_nobody_watches(
    locale: str, title: str, said: str
) -> None:
    push = await pushed(kind=MessageKind.REMINDER, tier=None, about=None, locale=locale, hours="Mon-Fri 8-18")
    assert push.payload["title"] == title
    assert push.payload["body"].endswith(said)
    assert "Clinic North" in push.payload["body"]


async def test_the_longest_message_that_there_can_be_fits() -> None:
    longest = {"clinic_name": "\N{CJK UNIFIED IDEOGRAPH-4E00}" * 200, "link": "https://c.test/" + "x" * 1985}
    push = await pushed(
        kind=MessageKind.REMINDER, hours="\N{LATIN SMALL LETTER E WITH ACUTE}" * 300, **longest
    )
    assert push.payload["link"] == longest["link"]


KEY_WORDS = ": our VAPID key was not accepted"


@pytest.mark.parametrize(
    ("code", "verdict", "answer"),
    [
        *[(code, None, str(code)) for code in (200, 201, 202, 204)],
        *[(code, Retired, str(code)) for code in (404, 410)],
        *[(code, Refused, str(code)) for code in (301, 307, 400, 413, 415)],
        *[(code, Retry, f"{code}{KEY_WORDS}") for code in (401, 403)],
        *[(code, Retry, str(code)) for code in (402, 406, 408, 409, 425, 429, 500, 502, 503, 504, 599)],
    ],
)
async def test_what_an_answer_means(code: int, verdict: type[NotDeliveredError] | None, answer: str) -> None:
    async with service(status(code, body=b"Sample Alder has a rash")) as there:
        address = there.subscribe().json
        if verdict is None:
            assert await send(address) == Receipt(answer)
            return
        with pytest.raises(verdict) as caught:
            await send(address)
    assert caught.value.answer == answer


@pytest.mark.parametrize(
    ("code", "asked", "waits"), [(429, 120, 120), (503, 7200, 7200), (403, 5, 300), (401, 3600, 3600)]
)
async def test_retry_after_is_obeyed_and_a_key_that_is_not_accepted_waits_long(
    code: int, asked: int, waits: int
) -> None:
    async with service(status(code, f"Retry-After: {asked}")) as there:
        with pytest.raises(Retry) as caught:
            await send(there.subscribe().json)
    assert caught.value.retry_after == waits


async def test_a_subscription_that_was_ended_retires_and_another_one_at_the_same_service_does_not() -> None:
    async with service() as there:
        gone, kept = there.subscribe(), there.subscribe()
        there.unsubscribe(gone)
        with pytest.raises(Retired, match=r"^404$"):
            await send(gone.json)
        assert await send(kept.json) == Receipt("201")


async def test_a_subscription_for_another_key_says_that_it_is_our_key() -> None:
    another = read_vapid_key(new_vapid_key(), subject="mailto:it@clinic.test")
    async with service() as there:
        with pytest.raises(Retry, match=r"^403: our VAPID key was not accepted$"):
            await send(there.subscribe().json, key=another)
        assert there.refusals == ["another key than the subscription's"]


async def test_a_signed_word_is_good_for_one_origin_and_half_a_day() -> None:
    async with service() as one, service() as other:
        token = KEY.authorization(one.subscribe().endpoint, now=NOW)
        assert one._wrong_with_key({"authorization": token, "host": f"127.0.0.1:{one.port}"}) is None
        there = other._wrong_with_key({"authorization": token, "host": f"127.0.0.1:{other.port}"})
        assert there == (401, "audience")
        one._now = lambda: NOW.timestamp() + 12 * 3600
        assert one._wrong_with_key({"authorization": token, "host": f"127.0.0.1:{one.port}"}) == (
            401,
            "expiry",
        )


async def hang(exchange: Exchange) -> None:
    await exchange.hang()


async def cut(exchange: Exchange) -> None:
    exchange.cut()


async def garbage(exchange: Exchange) -> None:
    exchange.writer.write(b"220 mail.test ESMTP\r\n")
    await exchange.writer.drain()


@pytest.mark.parametrize(
    ("script", "answer"),
    [
        (hang, "timeout"),
        (cut, "connection lost or not HTTP"),
        (garbage, "connection lost or not HTTP"),
    ],
)
async def test_a_service_that_hangs_cuts_or_talks_nonsense_is_tried_again(
    script: Callable[[Exchange], Awaitable[None]], answer: str
) -> None:
    async with service(script) as there:
        with pytest.raises(Retry) as caught:
            await send(there.subscribe().json, timeout_s=0.3 if answer == "timeout" else PATIENCE)
    assert caught.value.answer == answer


async def test_tls_is_verified_for_the_name_in_the_subscription(certificate: Any) -> None:
    async def resolver(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    trusting = ssl.create_default_context(cafile=certificate.file)
    options: dict[str, Any] = {"resolver": resolver, "listed_hosts": ["hooks.test", "wrong.test"]}
    async with service(tls=certificate.server) as there:
        assert await send(
            there.subscribe(host="hooks.test").json, tls_context=trusting, **options
        ) == Receipt("201")
        with pytest.raises(Retry, match=r"^tls failed$"):
            await send(there.subscribe(host="wrong.test").json, tls_context=trusting, **options)
        with pytest.raises(Retry, match=r"^tls failed$"):
            await send(there.subscribe(host="hooks.test").json, **options)
        assert len(there.taken) == 1


@pytest.mark.parametrize("private", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"])
async def test_a_subscription_that_leads_into_our_own_network_is_refused(private: str) -> None:
    async def resolver(_host: str, _port: int) -> list[str]:
        return [private]

    async with service() as there:
        with pytest.raises(Refused, match=r"^address not allowed$"):
            await send(Browser(f"https://push.test:{there.port}/one").json, resolver=resolver)
        assert there.connections == 0


def _without(name: str) -> str:
    said = json.loads(SOMEBODY.json)
    del said[name]
    return json.dumps(said)


def _with(**changes: Any) -> str:
    return json.dumps({**json.loads(SOMEBODY.json), **changes})


def _keys(**changes: str) -> str:
    return _with(keys={**json.loads(SOMEBODY.json)["keys"], **changes})


@pytest.mark.parametrize(
    "address",
    [
        "",
        "not json",
        "[]",
        "{}",
        SOMEBODY.json[:-1],
        _without("endpoint"),
        _without("keys"),
        _with(endpoint="push.test"),
        _with(endpoint="https://push.test:99999/"),
        _with(endpoint="https://[::1"),
        _with(endpoint="https://push.test/" + "x" * 2048),
        _with(endpoint=7),
        _with(more="than a browser says"),
        _keys(more="than a browser says"),
        _keys(auth=packed(b"x" * 15)),
        _keys(auth=packed(b"x" * 17)),
        _keys(auth="é" * 22),
        _keys(p256dh=packed(b"\x04" + b"x" * 64)),  # not on the curve
        _keys(p256dh=packed(SOMEBODY.point[1:])),
        _keys(p256dh=packed(SOMEBODY.point) + "\n"),
        _keys(p256dh=base64.b64encode(SOMEBODY.point).decode()),  # padded
    ],
)
async def test_what_is_no_subscription_is_refused_before_anything_is_sent(address: str) -> None:
    async def never(_host: str, _port: int) -> list[str]:
        raise AssertionError("must not be resolved")

    with pytest.raises(ValueError, match="not a push subscription") as caught:
        read_subscription(address)
    assert str(caught.value) == "not a push subscription"
    with pytest.raises(Refused, match=r"^address malformed$"):
        await send(address, resolver=never)


@pytest.mark.parametrize("address", ["http://push.test/one", "http://127.0.0.1.push.test/one"])
async def test_only_a_listed_service_may_be_without_tls(address: str) -> None:
    async def never(_host: str, _port: int) -> list[str]:
        raise AssertionError("must not be resolved")

    with pytest.raises(Refused, match=r"^https required$"):
        await send(Browser(address).json, resolver=never)


async def test_cancelling_ends_the_attempt() -> None:
    async with service(hang) as there:
        attempt = asyncio.create_task(send(there.subscribe().json))
        await there.wait_for(1)
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt


# A name, so that a traceback's source lines do not hold it.
HOST = "private.push.test"


@pytest.mark.parametrize("script", [None, status(400), status(410), status(503), cut, hang])
async def test_neither_logs_nor_tracebacks_hold_subscription_key_or_link(
    caplog: pytest.LogCaptureFixture, script: Callable[[Exchange], Awaitable[None]] | None
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []

    async def resolver(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    async with service(script) as there:
        browser = there.subscribe(host=HOST)
        try:
            await send(browser.json, resolver=resolver, listed_hosts=[HOST], timeout_s=0.3)
        except NotDeliveredError as error:
            said += [*traceback.format_exception(error), repr(error.__context__), repr(error.__cause__)]
    said += [record.getMessage() for record in caplog.records]
    said.append(repr(read_subscription(browser.json)))
    said.append(repr(KEY))
    secret = KEY._private.private_numbers().private_value
    path = browser.endpoint.rpartition("/")[2]
    for private in (
        HOST,
        path,
        packed(browser.secret),
        "care.clinic.test",
        str(secret),
        packed(secret.to_bytes(32)),
    ):
        assert private not in "".join(said)
