"""Webhooks in the Standard Webhooks form (standardwebhooks.com, specification 1.0), signed with HMAC-SHA256.

Which answers end what: 2xx is taken. 410 retires the address. Answers about the request itself (400, 413, 422 ...)
and redirects are refused: the same bytes would get the same answer. Everything else is tried again, also 401, 403 and
404, as the specification asks: they are how a receiver looks while its secret or its deployment is being changed, and
an alert is worth the wait.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import logging
import re
import secrets as randomness
import ssl
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Final
from uuid import UUID

import httpcore
import httpx
import msgspec

from aftercare.model.messages import MessageKind, OutgoingMessage
from aftercare.model.words import Tier
from aftercare.notify.channel import NotDeliveredError, Receipt, Refused, Retired, Retry
from aftercare.notify.guard import GuardedBackend, Resolver, resolve
from aftercare.notify.retry import MAX_RETRY_AFTER

# At DEBUG it writes hosts, which may be a clinic's own, into the log.
logging.getLogger("httpcore").setLevel(logging.INFO)

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_PREFIX: Final = "whsec_"
_MAX_BODY: Final = 4096  # bytes read of an answer
_DRAIN_S: Final = 1.0
_ABOUT_THE_REQUEST: Final = frozenset({400, 405, 406, 411, 413, 414, 415, 417, 422, 431, 501, 505})


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


def retry_after_seconds(value: str | None, *, now: datetime) -> float | None:
    """Read a Retry-After header, seconds or HTTP date (RFC 9110 10.2.3): seconds from `now`, 0 to 6 hours, or `None`."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdecimal():
        # Bounded before int(): a header may hold thousands of digits.
        return min(float(value[:9]) if len(value) <= 9 else MAX_RETRY_AFTER, MAX_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


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
        self._listed = frozenset(_plain(host) for host in listed_hosts)
        self._resolver = resolver
        self._tls = tls_context
        self._timeout_s = timeout_s
        self._clock = clock

    async def send(self, message: OutgoingMessage) -> Receipt:
        """POST once; the status line decides. Raises `Retry`, `Retired`, `Refused`."""
        url, listed = self._target(message.address)
        body = _body(message)
        headers = self._headers(message, body)
        failure: NotDeliveredError
        try:
            async with asyncio.timeout(self._timeout_s):
                status, wish = await self._post(url, headers, body, listed=listed)
        except NotDeliveredError as known:
            failure = known
        except TimeoutError:
            failure = Retry("timeout")
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            failure = Retry(_network_answer(error))
        else:
            return self._judge(status, wish)
        # Outside of the except: a chained exception would carry the address into a traceback.
        failure.__context__ = failure.__cause__ = None
        raise failure

    def _target(self, address: str) -> tuple[httpcore.URL, bool]:
        url = _parse(address)
        if url is None or url.scheme not in {"http", "https"} or not url.host or url.userinfo:
            raise Refused("address malformed")
        if not 0 < (url.port or 443) < 65536:
            raise Refused("address malformed")
        listed = _plain(url.raw_host.decode("ascii")) in self._listed
        if url.scheme != "https" and not listed:
            raise Refused("https required")
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        return target, listed

    def _headers(self, message: OutgoingMessage, body: bytes) -> list[tuple[bytes, bytes]]:
        message_id, timestamp = str(message.id), int(self._clock().timestamp())
        signature = sign(self._secrets, message_id=message_id, timestamp=timestamp, body=body)
        return [
            (b"content-type", b"application/json"),
            (b"user-agent", b"Aftercare"),
            (b"webhook-id", message_id.encode()),
            (b"webhook-timestamp", str(timestamp).encode()),
            (b"webhook-signature", signature.encode()),
        ]

    async def _post(
        self, url: httpcore.URL, headers: list[tuple[bytes, bytes]], body: bytes, *, listed: bool
    ) -> tuple[int, str | None]:
        network = GuardedBackend(listed=listed, resolver=self._resolver)
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout_s)
        async with (
            httpcore.AsyncConnectionPool(
                ssl_context=self._tls or _default_tls(), network_backend=network
            ) as pool,
            pool.stream(
                "POST", url, headers=headers, content=body, extensions={"timeout": limits}
            ) as response,
        ):
            await _drain(response)
            wishes = [value for name, value in response.headers if name.lower() == b"retry-after"]
            return response.status, wishes[0].decode("latin-1") if wishes else None

    def _judge(self, status: int, wish: str | None) -> Receipt:
        if 200 <= status < 300:
            return Receipt(str(status))
        if status == 410:
            raise Retired("410")
        if status < 400 or status in _ABOUT_THE_REQUEST:
            raise Refused(str(status))
        raise Retry(str(status), retry_after=retry_after_seconds(wish, now=self._clock()))


async def _drain(response: httpcore.Response) -> None:
    # The status has decided. Reading a little lets a receiver finish its answer instead of meeting a reset; one that
    # drips, cuts or never ends changes nothing any more.
    seen = 0
    try:
        async with asyncio.timeout(_DRAIN_S):
            async for chunk in response.aiter_stream():
                seen += len(chunk)
                if seen >= _MAX_BODY:
                    return
    except (TimeoutError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        return


def _body(message: OutgoingMessage) -> bytes:
    data = WebhookData(delivery=message.id, alert=message.about, tier=message.tier, link=message.link)
    return msgspec.json.encode(WebhookPayload(type=message.kind, timestamp=message.written_at, data=data))


def _network_answer(error: Exception) -> str:
    # httpcore wraps the original as its argument, and its pool cuts the chain of causes.
    if any(isinstance(original, ssl.SSLError) for original in error.args):
        return "tls failed"
    if isinstance(error, httpcore.TimeoutException):
        return "timeout"
    if isinstance(error, httpcore.ConnectError):
        return "connection refused or unreachable"
    return "connection lost or not HTTP"


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not 24 <= len(key) <= 64:
        raise ValueError("a signing secret is whsec_ and 24 to 64 bytes in base64")
    return key


def is_address(text: str) -> bool:
    """Whether anything could be sent there: the name or the number of a host, and a port that there is."""
    url = _parse(text)
    if url is None or not 0 < (443 if url.port is None else url.port) < 65536:
        return False
    return bool(_HOST.fullmatch(url.host)) or ":" in url.host  # within brackets only an IPv6 address is read


def _parse(address: str) -> httpx.URL | None:
    try:
        return httpx.URL(address)
    except (httpx.InvalidURL, ValueError):
        return None


def _plain(host: str) -> str:
    parsed = _parse(f"https://{host}") or _parse(f"https://[{host}]")
    return (parsed.raw_host.decode("ascii") if parsed else host).rstrip(".").lower()


@cache
def _default_tls() -> ssl.SSLContext:
    return ssl.create_default_context()
