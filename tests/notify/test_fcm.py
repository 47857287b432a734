import asyncio
import json
import logging
import ssl
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import parse_qs
from uuid import UUID

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from msgspec.structs import replace

from aftercare.model.messages import MessageKind, OutgoingMessage
from aftercare.model.words import Tier
from aftercare.notify.channel import NotDeliveredError, Receipt, Refused, Retired, Retry
from aftercare.notify.fcm import FcmChannel
from aftercare.notify.google import ServiceAccount, read_service_account
from tests.e2e.http2_receiver import Http2Receiver, Script, answers
from tests.e2e.receivers import PATIENCE, WebhookReceiver

NOW = datetime(2030, 3, 1, 9, 31, 7, tzinfo=UTC)
PHONE = "dQw4w9WgXcQ:APA91b" + "x-_Y" * 30
MESSAGE = OutgoingMessage(
    id=UUID("0195b1c0-0000-7000-8000-000000000001"),
    about=UUID("0195b1c0-0000-7000-8000-0000000000aa"),
    kind=MessageKind.ALERT_RAISED,
    tier=Tier.EMERGENCY,
    address=PHONE,
    link="https://care.clinic.test/alerts/0195b1c0",
    clinic_name="Clinic North",
    written_at=datetime(2030, 3, 1, 9, 30, tzinfo=UTC),
)
KEY = rsa.generate_private_key(65537, 2048)


def pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


PEM = pem(KEY)


def account(token_uri: str) -> ServiceAccount:
    return ServiceAccount(
        project_id="sample-project",
        private_key_id="key-1",
        private_key=PEM,
        client_email="pushes@sample-project.test",
        token_uri=token_uri,
    )


def granted(name: str = "token-1", expires_in: float = 3600) -> Script:
    return answers(200, body=json.dumps({"access_token": name, "expires_in": expires_in}).encode())


def error(code: int, status: str, *details: dict[str, Any], header: str = "X: y") -> Script:
    said = {"error": {"code": code, "message": f"about {PHONE}", "status": status, "details": list(details)}}
    return answers(code, header, body=json.dumps(said).encode())


def fcm(code: str) -> dict[str, str]:
    return {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}


def violation(field: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": field}]}


class Firebase(Http2Receiver):
    """FCM, and beside it the service that gives tokens, over HTTP/1.1."""

    def __init__(self, tls: ssl.SSLContext, tokens_tls: ssl.SSLContext) -> None:
        super().__init__(tls, answers(200, body=b'{"name": "projects/sample-project/messages/1"}'))
        self.tokens = WebhookReceiver(granted(), tls=tokens_tls)

    async def __aenter__(self) -> Self:
        await self.tokens.__aenter__()
        return await super().__aenter__()

    async def __aexit__(self, *_: object) -> None:
        await super().__aexit__()
        await self.tokens.__aexit__()

    @property
    def token_uri(self) -> str:
        return f"https://127.0.0.1:{self.tokens.port}/token"


@pytest.fixture
async def firebase(http2_tls: ssl.SSLContext, certificate: Any) -> AsyncIterator[Firebase]:
    async with Firebase(http2_tls, certificate.server) as receiver:
        yield receiver


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def sending(firebase: Firebase, trusting: ssl.SSLContext, **options: Any) -> AsyncIterator[FcmChannel]:
    options = {"tls_context": trusting, "clock": Clock(), "timeout_s": PATIENCE, **options}
    channel = FcmChannel(account(firebase.token_uri), url=firebase.url, **options)
    try:
        yield channel
    finally:
        await channel.close()


async def test_a_push_is_thin_and_data_alone_to_android(firebase: Firebase, trusting: ssl.SSLContext) -> None:
    async with sending(firebase, trusting) as channel:
        assert await channel.send(MESSAGE) == Receipt("200")
    (request,) = firebase.requests
    assert request.target == "/v1/projects/sample-project/messages:send"
    assert request.headers["authorization"] == "Bearer token-1"
    sent = json.loads(request.body)["message"]
    ids = {
        "id": str(MESSAGE.id),
        "kind": "alert_raised",
        "link": MESSAGE.link,
        "tag": str(MESSAGE.about),
        "tier": "emergency",
        "alert": str(MESSAGE.about),
    }
    words = {"title": "Emergency: New alert", "body": "A new alert is waiting at Clinic North."}
    assert sent.keys() == {"token", "data", "android", "apns"}
    assert sent["token"] == PHONE
    assert sent["data"] == {**ids, **words}
    assert all(isinstance(value, str) for value in sent["data"].values())
    assert sent["android"] == {"priority": "HIGH", "ttl": "86400s"}
    assert sent["apns"]["payload"]["aps"]["alert"] == words
    assert sent["apns"]["payload"]["aftercare"] == ids
    assert sent["apns"]["headers"]["apns-priority"] == "10"


@pytest.mark.parametrize(
    ("tier", "priority"),
    [(Tier.EMERGENCY, "HIGH"), (Tier.SAME_DAY, "HIGH"), (Tier.SOON, "NORMAL"), (None, "HIGH")],
)
async def test_only_what_is_urgent_or_has_its_hour_wakes_a_phone(
    firebase: Firebase, trusting: ssl.SSLContext, tier: Tier | None, priority: str
) -> None:
    async with sending(firebase, trusting) as channel:
        await channel.send(replace(MESSAGE, tier=tier, kind=MessageKind.REMINDER, locale="es"))
    sent = json.loads(firebase.requests[0].body)["message"]
    assert sent["android"] == {"priority": priority, "ttl": "43200s"}
    assert sent["data"]["body"] == "Clinic North le pide que responda hoy a un breve cuestionario."


async def test_the_service_account_signs_for_itself(firebase: Firebase, trusting: ssl.SSLContext) -> None:
    async with sending(firebase, trusting) as channel:
        await channel.send(MESSAGE)
    (asked,) = firebase.tokens.requests
    form = parse_qs(asked.body.decode(), strict_parsing=True)
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    (assertion,) = form["assertion"]
    assert jwt.get_unverified_header(assertion) == {"alg": "RS256", "kid": "key-1", "typ": "JWT"}
    aud = firebase.token_uri
    claims = jwt.decode(
        assertion, KEY.public_key(), algorithms=["RS256"], audience=aud, options={"verify_iat": False}
    )
    assert claims == {
        "iss": "pushes@sample-project.test",
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "aud": aud,
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 3600,
    }


async def test_many_pushes_share_one_token_and_one_connection(
    firebase: Firebase, trusting: ssl.SSLContext
) -> None:
    async with sending(firebase, trusting) as channel:
        await asyncio.gather(*(channel.send(MESSAGE) for _ in range(20)))
    assert len(firebase.tokens.requests) == 1
    assert len(firebase.requests) == 20
    assert firebase.connections == 1


async def test_a_token_is_renewed_before_it_ends(firebase: Firebase, trusting: ssl.SSLContext) -> None:
    clock = Clock()
    async with sending(firebase, trusting, clock=clock) as channel:
        await channel.send(MESSAGE)
        clock.now += timedelta(minutes=54)
        await channel.send(MESSAGE)
        firebase.tokens.script = granted("token-2")
        clock.now += timedelta(minutes=5)
        await channel.send(MESSAGE)
    used = [request.headers["authorization"] for request in firebase.requests]
    assert used == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


async def test_no_push_waits_for_the_next_token_while_there_is_a_good_one(
    firebase: Firebase, trusting: ssl.SSLContext
) -> None:
    clock, release = Clock(), asyncio.Event()

    async def slowly(exchange: Any) -> None:
        await release.wait()
        await granted("token-2")(exchange)

    async with sending(firebase, trusting, clock=clock, timeout_s=60.0) as channel:
        await channel.send(MESSAGE)
        firebase.tokens.script = slowly
        clock.now += timedelta(minutes=56)
        async with asyncio.timeout(20):
            await asyncio.gather(*(channel.send(MESSAGE) for _ in range(3)))
        await firebase.tokens.wait_for(2)
        release.set()
        clock.now += timedelta(minutes=3, seconds=30)
        await channel.send(MESSAGE)
    used = [request.headers["authorization"] for request in firebase.requests]
    assert used == ["Bearer token-1"] * 4 + ["Bearer token-2"]
    assert len(firebase.tokens.requests) == 2


async def test_a_token_that_cannot_be_renewed_is_used_to_its_end(
    firebase: Firebase, trusting: ssl.SSLContext
) -> None:
    clock = Clock()
    async with sending(firebase, trusting, clock=clock) as channel:
        await channel.send(MESSAGE)
        firebase.tokens.script = answers(503)
        clock.now += timedelta(minutes=58)
        assert await channel.send(MESSAGE) == Receipt("200")
        clock.now += timedelta(minutes=2)
        with pytest.raises(Retry, match=r"^token: 503$"):
            await channel.send(MESSAGE)


@pytest.mark.parametrize(
    ("tokens", "answer", "wait"),
    [
        (answers(400, body=b'{"error": "invalid_grant"}'), "clock", 300),
        (answers(401), "key", 300),
        (answers(503, "Retry-After: 40"), "^token: 503$", 40),
        (answers(200, body=b"{}"), "^token: 200 without a token$", None),
        (answers(200, body=b'{"access_token": "a\\nb", "expires_in": 9}'), "without a token", None),
        (granted(), None, None),
    ],
)
async def test_without_a_token_it_is_tried_again(
    firebase: Firebase, trusting: ssl.SSLContext, tokens: Script, answer: str | None, wait: float | None
) -> None:
    firebase.tokens.script = tokens
    async with sending(firebase, trusting) as channel:
        if answer is None:
            await channel.send(MESSAGE)
            return
        with pytest.raises(Retry, match=answer) as caught:
            await channel.send(MESSAGE)
    assert caught.value.retry_after == wait
    assert not firebase.requests


async def test_who_gives_up_waiting_takes_no_token_from_the_others(
    firebase: Firebase, trusting: ssl.SSLContext
) -> None:
    release = asyncio.Event()

    async def slowly(exchange: Any) -> None:
        await release.wait()
        await granted()(exchange)

    firebase.tokens.script = slowly
    async with sending(firebase, trusting) as channel:
        first, second = (asyncio.create_task(channel.send(MESSAGE)) for _ in range(2))
        await firebase.tokens.wait_for(1)
        first.cancel()
        await asyncio.wait([first])
        release.set()
        assert await second == Receipt("200")
    assert len(firebase.tokens.requests) == 1


async def test_a_token_that_was_withdrawn_is_asked_for_anew_within_the_attempt(
    firebase: Firebase, trusting: ssl.SSLContext
) -> None:
    async def withdrawn(exchange: Any) -> None:
        good = exchange.request.headers["authorization"] == "Bearer token-2"
        await (answers(200) if good else error(401, "UNAUTHENTICATED"))(exchange)

    async with sending(firebase, trusting) as channel:
        await channel.send(MESSAGE)
        firebase.tokens.script, firebase.script = granted("token-2"), withdrawn
        assert await channel.send(MESSAGE) == Receipt("200")
    assert len(firebase.tokens.requests) == 2


async def test_a_project_that_takes_no_token_is_asked_twice_and_then_rarely(
    firebase: Firebase, trusting: ssl.SSLContext
) -> None:
    firebase.script = error(401, "UNAUTHENTICATED")
    async with sending(firebase, trusting) as channel:
        with pytest.raises(Retry, match="401 UNAUTHENTICATED") as caught:
            await channel.send(MESSAGE)
    assert caught.value.retry_after == 300
    assert len(firebase.requests) == 2


@pytest.mark.parametrize(
    ("script", "verdict", "answer", "wait"),
    [
        (error(404, "NOT_FOUND", fcm("UNREGISTERED")), Retired, "404 UNREGISTERED", None),
        (error(403, "PERMISSION_DENIED", fcm("SENDER_ID_MISMATCH")), Retired, "403 SENDER_ID_MISMATCH", None),
        (
            error(400, "INVALID_ARGUMENT", fcm("INVALID_ARGUMENT"), violation("message.token")),
            Retired,
            "400 INVALID_ARGUMENT: not a token of this project",
            None,
        ),
        (error(400, "INVALID_ARGUMENT", fcm("INVALID_ARGUMENT")), Refused, "400 INVALID_ARGUMENT", None),
        (
            error(400, "INVALID_ARGUMENT", violation("message.data[0].value")),
            Refused,
            "400 INVALID_ARGUMENT",
            None,
        ),
        (answers(400, body=b"<html>"), Refused, "400", None),
        (answers(413), Refused, "413", None),
        (error(429, "RESOURCE_EXHAUSTED", fcm("QUOTA_EXCEEDED")), Retry, "429 QUOTA_EXCEEDED", 60),
        (error(429, "RESOURCE_EXHAUSTED", header="Retry-After: 7"), Retry, "429 RESOURCE_EXHAUSTED", 7),
        (error(500, "INTERNAL", fcm("INTERNAL")), Retry, "500 INTERNAL", None),
        (error(503, "UNAVAILABLE", header="Retry-After: 30"), Retry, "503 UNAVAILABLE", 30),
        (answers(502, body=b"Bad Gateway"), Retry, "502", None),
        (
            error(401, "UNAUTHENTICATED", fcm("THIRD_PARTY_AUTH_ERROR")),
            Retry,
            "401 THIRD_PARTY_AUTH_ERROR: the",
            300,
        ),
        (error(403, "PERMISSION_DENIED"), Retry, "403 PERMISSION_DENIED: the Firebase", 300),
        (error(404, "NOT_FOUND"), Retry, "404 NOT_FOUND: the Firebase", 300),
        (error(400, PHONE), Refused, "400", None),
    ],
)
async def test_what_an_answer_means(
    firebase: Firebase,
    trusting: ssl.SSLContext,
    script: Script,
    verdict: type[NotDeliveredError],
    answer: str,
    wait: float | None,
) -> None:
    firebase.script = script
    async with sending(firebase, trusting) as channel:
        with pytest.raises(verdict) as caught:
            await channel.send(MESSAGE)
    assert caught.value.answer.startswith(answer)
    assert getattr(caught.value, "retry_after", None) == wait
    assert PHONE not in caught.value.answer


@pytest.mark.parametrize("address", ["", "short", "x" * 4001, "with space in it, and more", f"{PHONE}\n"])
async def test_a_malformed_token_is_refused_before_anything_is_opened(
    firebase: Firebase, trusting: ssl.SSLContext, address: str
) -> None:
    async with sending(firebase, trusting) as channel:
        with pytest.raises(Refused, match=r"^address malformed$"):
            await channel.send(replace(MESSAGE, address=address))
    assert firebase.connections == 0


def test_the_file_that_googles_console_writes_is_read() -> None:
    file = {
        **msgspec.to_builtins(account("https://oauth2.test/token")),
        "type": "service_account",
        "client_id": "1234",
        "universe_domain": "googleapis.com",
    }
    assert read_service_account(json.dumps(file).encode()) == account("https://oauth2.test/token")


@pytest.mark.parametrize(
    "wrong",
    [
        {"private_key": "no key"},
        {"private_key": pem(ec.generate_private_key(ec.SECP256R1()))},
        {"token_uri": "http://oauth2.test/token"},
        {"project_id": "../other"},
        {"project_id": ""},
        {"client_email": 7},
    ],
)
def test_a_file_that_cannot_work_is_found_at_the_start(wrong: dict[str, Any]) -> None:
    file = {**msgspec.to_builtins(account("https://oauth2.test/token")), **wrong}
    with pytest.raises(ValueError, match="the file of the service account") as caught:
        read_service_account(json.dumps(file).encode())
    assert "PRIVATE" not in "".join(traceback.format_exception(caught.value))


def test_an_account_shows_no_key_when_printed() -> None:
    assert repr(account("https://oauth2.test/token")) == "ServiceAccount(project_id='sample-project')"


@pytest.mark.parametrize("script", [answers(200), error(400, "INVALID_ARGUMENT"), error(503, "UNAVAILABLE")])
async def test_neither_logs_nor_tracebacks_hold_phone_token_or_link(
    caplog: pytest.LogCaptureFixture, firebase: Firebase, trusting: ssl.SSLContext, script: Script
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    firebase.tokens.script, firebase.script = granted("very-secret-token"), script
    async with sending(firebase, trusting) as channel:
        try:
            await channel.send(MESSAGE)
        except NotDeliveredError as failure:
            said += [*traceback.format_exception(failure), repr(failure.__context__), repr(failure.__cause__)]
        said.append(repr(channel._tokens._token))
    said += [record.getMessage() for record in caplog.records]
    for private in (PHONE, "very-secret-token", "care.clinic.test"):
        assert private not in "".join(said)
