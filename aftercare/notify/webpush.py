"""Web Push: a thin message to one browser, sealed for it alone (RFC 8030, 8291), signed as ours (RFC 8292).

Which answers end what: 2xx is taken. 404 and 410 say that the subscription is gone and retire it. 400, 413 and the like
are our fault, and the same bytes would get the same answer. 401 and 403 are about our key: what is wrong there is put
right by the operator, so it is tried again rarely and says so. Everything else is tried again.
"""

import base64
import hashlib
import os
import ssl
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from aftercare.model.messages import MessageKind, OutgoingMessage
from aftercare.model.words import Tier
from aftercare.notify.channel import Receipt, Refused, Retired, Retry
from aftercare.notify.guard import Resolver, resolve
from aftercare.notify.http import ABOUT_THE_REQUEST, Answer, HttpOut, is_address
from aftercare.notify.vapid import VapidKey
from aftercare.notify.wording import short_words

# Windows' push service says 406 for "too many": that passes.
_OUR_FAULT: Final = ABOUT_THE_REQUEST - {406}
_KEY_RETRY_S: Final = 300.0
_RECORD: Final = 4096  # bytes: what every push service must take, and one record is all we send

_HOUR: Final = 3600
# How long a push service holds a message for a browser that is away, in seconds. What it still has later than that would
# ask for something that is over; an alert that is not will have gone up the chain meanwhile.
_TTL: Final = {
    Tier.EMERGENCY: 24 * _HOUR,
    Tier.SAME_DAY: 24 * _HOUR,
    Tier.SOON: 24 * _HOUR,
    Tier.ROUTINE: 12 * _HOUR,
}
_TTL_TEST: Final = 600
# `high` wakes a phone that sleeps to save its battery.
_URGENCY: Final = {Tier.EMERGENCY: "high", Tier.SAME_DAY: "high", Tier.SOON: "normal", Tier.ROUTINE: "low"}


class _Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    p256dh: Annotated[
        str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{87}\Z")
    ]  # a point of the curve, uncompressed
    auth: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{22}\Z")]


class _Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A browser's `PushSubscription.toJSON()`."""

    endpoint: Annotated[str, msgspec.Meta(max_length=2048)]
    keys: _Keys
    expirationTime: float | None = None  # noqa: N815 - the browser's name


class Subscription(msgspec.Struct, frozen=True):
    """Where one browser's messages go, and what only it can open them with."""

    endpoint: str
    browser: ec.EllipticCurvePublicKey
    secret: bytes

    def __repr__(self) -> str:
        """Reach logs without the endpoint and the secret: with both anybody could write to this browser."""
        return "Subscription(...)"


def read_subscription(text: str) -> Subscription:
    """A push subscription as the browser gives it in JSON. Raises `ValueError`, without what was given.

    Whether its endpoint may be connected to is said when that is tried.
    """
    try:
        given = msgspec.json.decode(text, type=_Given)
        point, secret = _unpacked(given.keys.p256dh), _unpacked(given.keys.auth)
        browser = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (msgspec.MsgspecError, ValueError):
        raise ValueError("not a push subscription") from None
    if not is_address(given.endpoint):
        raise ValueError("not a push subscription")
    return Subscription(given.endpoint, browser, secret)


class PushPayload(msgspec.Struct, frozen=True, kw_only=True):
    """What the service worker shows: ids, the tier, a link behind sign-in and words that name nobody."""

    id: UUID
    kind: MessageKind
    tier: Tier | None
    tag: str  # a later notification with the same one takes the place of an earlier one
    title: str
    body: str
    link: str


class WebPushChannel:
    """Our key and what may be reached; one for the whole process."""

    def __init__(
        self,
        key: Callable[[], VapidKey],
        *,
        listed_hosts: Collection[str] = (),
        resolver: Resolver = resolve,
        tls_context: ssl.SSLContext | None = None,
        timeout_s: float = 15.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`key` is asked for when it is needed. `listed_hosts` may be on a private network and without TLS."""
        self._key = key
        self._clock = clock
        self._out = HttpOut(
            listed_hosts=listed_hosts,
            resolver=resolver,
            tls_context=tls_context,
            timeout_s=timeout_s,
            clock=clock,
        )

    @property
    def public_key(self) -> str:
        """What a browser subscribes for: its `applicationServerKey`. Raises `VapidKeyError`."""
        return self._key().public

    async def send(self, message: OutgoingMessage) -> Receipt:
        """POST once; the status line decides. Raises `Retry`, `Retired`, `Refused`."""
        try:
            browser = read_subscription(message.address)
        except ValueError:
            raise Refused("address malformed") from None
        body = seal(_payload(message), browser)
        return _judge(await self._out.post(browser.endpoint, self._headers(message, browser.endpoint), body))

    def _headers(self, message: OutgoingMessage, endpoint: str) -> list[tuple[str, str]]:
        headers = [
            ("authorization", self._key().authorization(endpoint, now=self._clock())),
            ("content-type", "application/octet-stream"),
            ("content-encoding", "aes128gcm"),
            ("ttl", str(_ttl(message))),
            ("urgency", _URGENCY[message.tier] if message.tier else "normal"),
        ]
        return headers if message.kind is MessageKind.TEST else [*headers, ("topic", _topic(message))]


def seal(
    text: bytes,
    to: Subscription,
    *,
    salt: bytes | None = None,
    ours: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """Encrypt as RFC 8291 says, in one record of RFC 8188. `salt` (16 bytes) and `ours` are drawn anew for each message.

    Raises `ValueError` if `text` does not fit into the 4,096 bytes that every push service takes.
    """
    salt, ours = salt or os.urandom(16), ours or ec.generate_private_key(ec.SECP256R1())
    our_point = _point(ours.public_key())
    shared = ours.exchange(ec.ECDH(), to.browser)
    key = _derived(shared, to.secret, b"WebPush: info\0" + _point(to.browser) + our_point, 32)
    cipher = AESGCM(_derived(key, salt, b"Content-Encoding: aes128gcm\0", 16))
    nonce = _derived(key, salt, b"Content-Encoding: nonce\0", 12)
    head = salt + _RECORD.to_bytes(4) + bytes([len(our_point)]) + our_point
    sealed = head + cipher.encrypt(nonce, text + b"\2", None)  # 2: the last record
    if len(sealed) > _RECORD:
        raise ValueError("too long for a push")
    return sealed


def _derived(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(key)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _payload(message: OutgoingMessage) -> bytes:
    words = short_words(message)
    return msgspec.json.encode(
        PushPayload(
            id=message.id,
            kind=message.kind,
            tier=message.tier,
            tag=_about(message),
            title=words.title,
            body=words.body,
            link=message.link,
        )
    )


def _about(message: OutgoingMessage) -> str:
    """What a later message takes the place of: the earlier one about the same alert, or the earlier of the same kind."""
    return str(message.about or message.kind.value)


def _topic(message: OutgoingMessage) -> str:
    """The same, as the push service may know it."""
    return base64.urlsafe_b64encode(hashlib.sha256(_about(message).encode()).digest()[:18]).decode()


def _ttl(message: OutgoingMessage) -> int:
    if message.kind is MessageKind.TEST:
        return _TTL_TEST
    return _TTL[message.tier or Tier.ROUTINE]


def _judge(answer: Answer) -> Receipt:
    status = answer.status
    if 200 <= status < 300:
        return Receipt(str(status))
    if status in {404, 410}:
        raise Retired(str(status))
    if status in {401, 403}:
        wish = max(answer.retry_after or 0.0, _KEY_RETRY_S)
        raise Retry(f"{status}: our VAPID key was not accepted", retry_after=wish)
    if status < 400 or status in _OUR_FAULT:
        raise Refused(str(status))
    raise Retry(str(status), retry_after=answer.retry_after)
