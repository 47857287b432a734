"""Google's and Apple's push services with moods: over HTTP/2 and TLS, with tokens that they check and words of their own."""

import asyncio
import itertools
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from tests.e2e.certificates import Certificate
from tests.e2e.http2_receiver import Http2Exchange, Http2Receiver
from tests.e2e.publisher import Publisher
from tests.e2e.receivers import Exchange, WebhookReceiver
from tests.prove.moods import HANG_SECONDS, RETRY_AFTER, Record

# What Firebase says in each mood, and Apple. Firebase has a 404 for a phone that is gone, and another one for a wrong project.
_GOOGLE = {
    "410": (404, "UNREGISTERED"),
    "404": (404, "NOT_FOUND"),
    "400": (400, "INVALID_ARGUMENT"),
    "403": (403, "PERMISSION_DENIED"),
    "413": (413, "INVALID_ARGUMENT"),
    "429": (429, "QUOTA_EXCEEDED"),
    "500": (500, "INTERNAL"),
    "503": (503, "UNAVAILABLE"),
}
_APPLE = {
    "410": "Unregistered",
    "404": "BadPath",
    "400": "PayloadEmpty",
    "403": "Forbidden",
    "413": "PayloadTooLarge",
    "429": "TooManyRequests",
    "500": "InternalServerError",
    "503": "ServiceUnavailable",
}
# Seconds: a worker renews what has less than five minutes left, so it asks every ten.
_TOKEN_LIFE = 310


class MoodyPhones:
    """Both services, and the one that gives out Google's tokens; a phone's address names its mood."""

    def __init__(self, record: Record, certificate: Certificate) -> None:
        self.record = record
        self.refused: list[str] = []  # what was not signed as it has to be
        self._publisher, self._certificate = Publisher(), certificate
        self._tokens = WebhookReceiver(self._grant, tls=certificate.server)
        self._google = Http2Receiver(certificate.server_for("h2"), self._answer_as_google)
        self._apple = Http2Receiver(certificate.server_for("h2"), self._answer_as_apple)
        self._granted: set[str] = set()
        self._grants = itertools.cycle(("503", "ok", "cut", "ok"))
        self._moods: dict[str, str] = {}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for one in (self._tokens, self._google, self._apple):
            await self._open.enter_async_context(one)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    def settings(self, folder: Path) -> dict[str, str]:
        """The service's settings; it trusts our certificate."""
        given = self._publisher.settings(
            folder, fcm=self._google.url, tokens=self._token_uri, apns=self._apple.url
        )
        return {**given, "SSL_CERT_FILE": self._certificate.file}

    def phone(self, channel: str, mood: str) -> str:
        """The address of a phone of nobody's: `fcm` or `apns`."""
        number = len(self._moods)
        address = f"sample-phone:{number:012}" if channel == "fcm" else f"{number:064x}"
        self._moods[address] = mood
        return address

    @property
    def _token_uri(self) -> str:
        return f"https://127.0.0.1:{self._tokens.port}/token"

    async def _grant(self, exchange: Exchange) -> None:
        if not self._publisher.may_have_token(exchange.request.body, self._token_uri):
            self.refused.append("assertion")
            return await exchange.answer(400, body=b'{"error": "invalid_grant"}')
        match next(self._grants):
            case "ok":
                token = f"token-{len(self._granted)}"
                self._granted.add(token)
                said = {"access_token": token, "expires_in": _TOKEN_LIFE}
                return await exchange.answer(200, body=json.dumps(said).encode())
            case "cut":
                return exchange.cut()
            case failure:
                return await exchange.answer(int(failure))

    async def _answer_as_google(self, exchange: Http2Exchange) -> None:
        scheme, _, token = exchange.request.headers["authorization"].partition(" ")
        if scheme != "Bearer" or token not in self._granted:
            self.refused.append("access token")
            return await exchange.answer(401)
        said = json.loads(exchange.request.body)["message"]
        mood = self._enter("fcm", said["token"], UUID(said["data"]["id"]))
        status, word = _GOOGLE.get(mood, (200, ""))
        error = {"code": status, "status": word, "details": [{"errorCode": word}]}
        return await _answer(exchange, mood, status, {"error": error} if word else {"name": "sample"})

    async def _answer_as_apple(self, exchange: Http2Exchange) -> None:
        request = exchange.request
        if not self._publisher.may_push(request.headers):
            self.refused.append("provider token")
            return await exchange.answer(403, body=b'{"reason": "InvalidProviderToken"}')
        device = request.target.removeprefix("/3/device/")
        mood = self._enter("apns", device, UUID(request.headers["apns-id"]))
        said = {"reason": _APPLE[mood]} if mood in _APPLE else {}
        return await _answer(exchange, mood, int(mood) if mood in _APPLE else 200, said)

    def _enter(self, channel: str, address: str, delivery: UUID) -> str:
        mood = self._moods[address]
        return "ok" if self.record.enter(channel, mood, address, delivery) else mood


async def _answer(exchange: Http2Exchange, mood: str, status: int, said: dict[str, Any]) -> None:
    if mood == "cut":
        return await exchange.cut_when_all_is_heard()
    if mood == "hang":
        try:
            async with asyncio.timeout(HANG_SECONDS):
                return await exchange.hang()
        except TimeoutError:
            pass
    more = [f"Retry-After: {RETRY_AFTER}"] if mood == "429" else []
    return await exchange.answer(status, *more, body=json.dumps(said).encode())
