"""Webhooks in the Standard Webhooks form (standardwebhooks.com, specification 1.0), signed with HMAC-SHA256.

Which answers end what: 2xx is taken. 410 retires the address. Answers about the request itself (400, 413, 422 ...)
and redirects are refused: the same bytes would get the same answer. Everything else is tried again, also 401, 403 and
404, as the specification asks: they are how a receiver looks while its secret or its deployment is being changed, and
an alert is worth the wait.
"""

import base64
import binascii
import hashlib
import hmac
import secrets as randomness
import ssl
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from aftercare.model.messages import MessageKind, OutgoingMessage
from aftercare.model.words import Tier
from aftercare.notify.channel import Receipt, Refused, Retired, Retry
from aftercare.notify.guard import Resolver, resolve
from aftercare.notify.http import ABOUT_THE_REQUEST, Answer, HttpOut

_PREFIX: Final = "whsec_"


class WebhookData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The thin part: ids, the tier and a link behind sign-in."""

    delivery: UUID
    link: str
    alert: UUID | None = None
    tier: Tier | None = None


class WebhookPayload(msgspec.Struct, frozen=True, kw_only=True):
    """The body; the same bytes in every attempt."""

    type: MessageKind
    timestamp: datetime
    data: WebhookData


def new_secret() -> str:
    """Make a signing secret of 32 random bytes in its `whsec_...` form."""
    return _PREFIX + base64.b64encode(randomness.token_bytes(32)).decode()


def sign(secrets: Sequence[str], *, message_id: str, timestamp: int, body: bytes) -> str:
    """Compute the `webhook-signature` header: one `v1,...` per secret, separated by spaces.

    `timestamp` is the attempt's, in Unix seconds. Raises `ValueError` (without the secret) if one is malformed.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    digests = (hmac.digest(_key(secret), signed, hashlib.sha256) for secret in secrets)
    return " ".join("v1," + base64.b64encode(digest).decode() for digest in digests)


class WebhookChannel:
    """One receiver's signing secrets and permissions; cheap to make for each delivery."""

    def __init__(
        self,
        secrets: Sequence[str],
        *,
        listed_hosts: Collection[str] = (),
        resolver: Resolver = resolve,
        tls_context: ssl.SSLContext | None = None,
        timeout_s: float = 15.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`secrets`: one, or two during a rotation, newest first. Raises `ValueError` if one is malformed.

        `listed_hosts` are those that the clinic lists: they may be on a private network and without TLS.
        """
        if not 1 <= len(secrets) <= 2:
            raise ValueError("a webhook has one signing secret, or two while it is being changed")
        for secret in secrets:
            _key(secret)
        self._secrets = tuple(secrets)
        self._clock = clock
        self._out = HttpOut(
            listed_hosts=listed_hosts,
            resolver=resolver,
            tls_context=tls_context,
            timeout_s=timeout_s,
            clock=clock,
        )

    async def send(self, message: OutgoingMessage) -> Receipt:
        """POST once; the status line decides. Raises `Retry`, `Retired`, `Refused`."""
        body = _body(message)
        return _judge(await self._out.post(message.address, self._headers(message, body), body))

    def _headers(self, message: OutgoingMessage, body: bytes) -> list[tuple[str, str]]:
        message_id, timestamp = str(message.id), int(self._clock().timestamp())
        return [
            ("content-type", "application/json"),
            ("webhook-id", message_id),
            ("webhook-timestamp", str(timestamp)),
            (
                "webhook-signature",
                sign(self._secrets, message_id=message_id, timestamp=timestamp, body=body),
            ),
        ]


def _judge(answer: Answer) -> Receipt:
    status = answer.status
    if 200 <= status < 300:
        return Receipt(str(status))
    if status == 410:
        raise Retired("410")
    if status < 400 or status in ABOUT_THE_REQUEST:
        raise Refused(str(status))
    raise Retry(str(status), retry_after=answer.retry_after)


def _body(message: OutgoingMessage) -> bytes:
    data = WebhookData(delivery=message.id, alert=message.about, tier=message.tier, link=message.link)
    return msgspec.json.encode(WebhookPayload(type=message.kind, timestamp=message.written_at, data=data))


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not 24 <= len(key) <= 64:
        raise ValueError("a signing secret is whsec_ and 24 to 64 bytes in base64")
    return key
