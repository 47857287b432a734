"""A push service and the browsers that subscribed at it: takes pushes as RFC 8030 says, and reads them as a browser would.

Written from the receiver's side of RFC 8188, 8291 and 8292 with nothing of ours, so that the two readings check each
other. What is malformed is answered as the large services do: 400, 401, 403, 404, 413.
"""

import base64
import json
import os
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.e2e.receivers import PATIENCE, Exchange, ReceivedRequest, WebhookReceiver

_MAX = 4096
_DAY = 24 * 3600


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """One subscription: what is given to the application's server, and what opens its messages."""

    def __init__(self, endpoint: str, *, private: ec.EllipticCurvePrivateKey | None = None) -> None:
        self.endpoint = endpoint
        self.private = private or ec.generate_private_key(ec.SECP256R1())
        self.secret = os.urandom(16)

    @property
    def point(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def json(self) -> str:
        """`PushSubscription.toJSON()`."""
        keys = {"p256dh": packed(self.point), "auth": packed(self.secret)}
        return json.dumps({"endpoint": self.endpoint, "expirationTime": None, "keys": keys})

    def open(self, sealed: bytes) -> bytes:
        """What was sent. Raises InvalidTag if it was sealed for somebody else or changed."""
        salt, size, length = sealed[:16], int.from_bytes(sealed[16:20]), sealed[20]
        sender, record = sealed[21 : 21 + length], sealed[21 + length :]
        assert len(record) <= size
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self.private.exchange(ec.ECDH(), theirs)
        extracted = _mac(self.secret, shared)
        key_material = _mac(extracted, b"WebPush: info\x00" + self.point + sender + b"\x01")
        pseudo_random = _mac(salt, key_material)
        key = _mac(pseudo_random, b"Content-Encoding: aes128gcm\x00\x01")[:16]
        nonce = _mac(pseudo_random, b"Content-Encoding: nonce\x00\x01")[:12]
        padded = AESGCM(key).decrypt(nonce, record, None)
        text, mark, _ = padded.rstrip(b"\x00").rpartition(b"\x02")
        assert mark == b"\x02"
        return text


class Push(msgspec.Struct, frozen=True):
    """A push that was taken, as the browser's service worker gets it."""

    browser: Browser
    payload: dict[str, Any]
    headers: dict[str, str]
    request: ReceivedRequest


class PushService(WebhookReceiver):
    """Takes pushes for the subscriptions that it made, from the application server's key `key` alone if one is given.

    `script`, if given, answers in its place; what was sent is kept in `requests` all the same.
    """

    def __init__(
        self,
        script: Callable[[Exchange], Awaitable[None]] | None = None,
        *,
        key: str | None = None,
        now: Callable[[], float] = time.time,
        **options: Any,
    ) -> None:
        super().__init__(script or self._take, **options)
        self.key = key
        self.taken: list[Push] = []
        self.refusals: list[str] = []
        self._now = now
        self._browsers: dict[str, Browser] = {}

    @property
    def origin(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def subscribe(self, *, host: str | None = None) -> Browser:
        """A new subscription. `host` names the service in its address."""
        path = f"/push/{packed(os.urandom(24))}"
        origin = self.origin if host is None else self.origin.replace("127.0.0.1", host)
        self._browsers[path] = Browser(origin + path)
        return self._browsers[path]

    def unsubscribe(self, browser: Browser) -> None:
        del self._browsers[urlsplit(browser.endpoint).path]

    async def wait_for_pushes(self, count: int) -> list[Push]:
        await self._wait(lambda: len(self.taken) >= count, PATIENCE)
        return self.taken

    async def _take(self, exchange: Exchange) -> None:
        request = exchange.request
        browser = self._browsers.get(request.target)
        wrong = self._wrong_with(request) if browser else (404, "no such subscription")
        if browser and wrong is None:
            try:
                payload = json.loads(browser.open(request.body))
            except (InvalidTag, ValueError, IndexError):
                wrong = 400, "cannot be opened"
            else:
                self.taken.append(Push(browser, payload, request.headers, request))
                await self._note()
        if wrong is None:
            return await exchange.answer(201, f"Location: {request.target}/1")
        self.refusals.append(wrong[1])
        return await exchange.answer(wrong[0], body=wrong[1].encode())

    def _wrong_with(self, request: ReceivedRequest) -> tuple[int, str] | None:
        headers = request.headers
        if request.method != "POST" or headers.get("content-encoding") != "aes128gcm":
            return 400, "not aes128gcm"
        if not re.fullmatch(r"\d{1,8}", headers.get("ttl", "")) or int(headers["ttl"]) > 28 * _DAY:
            return 400, "no TTL"
        if headers.get("urgency", "normal") not in {"very-low", "low", "normal", "high"}:
            return 400, "no such urgency"
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", headers.get("topic", "x")):
            return 400, "topic malformed"
        if len(request.body) > _MAX:
            return 413, "too large"
        return self._wrong_with_key(headers)

    def _wrong_with_key(self, headers: dict[str, str]) -> tuple[int, str] | None:
        found = re.fullmatch(r"vapid t=([\w.-]+), k=([\w-]+)", headers.get("authorization", ""))
        if not found:
            return 401, "no VAPID"
        token, key = found.groups()
        if self.key is not None and key != self.key:
            return 403, "another key than the subscription's"
        head, claims, signature = token.split(".")
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpacked(key))
        r, s = unpacked(signature)[:32], unpacked(signature)[32:]
        der = utils.encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
        try:
            public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return 403, "signature"
        said = json.loads(unpacked(claims))
        if json.loads(unpacked(head)) != {"typ": "JWT", "alg": "ES256"}:
            return 401, "algorithm"
        if urlsplit(said["aud"]).netloc != headers["host"] or urlsplit(said["aud"]).path:
            return 401, "audience"
        if not 0 < said["exp"] - self._now() <= _DAY:
            return 401, "expiry"
        return None if said["sub"].startswith(("mailto:", "https:")) else (401, "subject")


def _mac(key: bytes, data: bytes) -> bytes:
    made = hmac.HMAC(key, hashes.SHA256())
    made.update(data)
    return made.finalize()
