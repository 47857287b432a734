"""The way out over HTTP that every such channel shares: one bounded POST to an address that a stranger may have given.

Private addresses are refused unless the host is listed, redirects are not followed, and the address that was judged is
the one connected to (`guard.py`). Whatever goes wrong before a status line is there is said in our own words and tried
again; what a status means is the channel's to say.
"""

import asyncio
import logging
import re
import ssl
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from ipaddress import ip_address
from typing import Final, TypeVar

import httpcore
import httpx
import msgspec

from aftercare.notify.channel import NotDeliveredError, Refused, Retry
from aftercare.notify.guard import GuardedBackend, Resolver, may_connect, resolve
from aftercare.notify.retry import MAX_RETRY_AFTER

# At DEBUG it writes hosts, which may be a clinic's own, into the log.
logging.getLogger("httpcore").setLevel(logging.INFO)

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_MAX_BODY: Final = 4096  # bytes read of an answer
_DRAIN_S: Final = 1.0
# Where a connection is kept: less than the shortest time after which common gateways forget an idle one (4 minutes).
_IDLE_S: Final = 200.0

# Answers about the request itself: the same bytes would get the same one.
ABOUT_THE_REQUEST: Final = frozenset({400, 405, 406, 411, 413, 414, 415, 417, 422, 431, 501, 505})


Form = TypeVar("Form")


class Answer(msgspec.Struct, frozen=True):
    """What the other side said. `body` is its beginning, as far as it came: a server's free text, never to be kept."""

    status: int
    retry_after: float | None = None  # seconds
    body: bytes = b""
    whole: bool = True  # it ended by itself, so the connection can be used again


class HttpOut:
    """Makes POSTs, each over a connection of its own; safe to use from many tasks at once."""

    def __init__(
        self,
        *,
        listed_hosts: Collection[str] = (),
        resolver: Resolver = resolve,
        tls_context: ssl.SSLContext | None = None,
        timeout_s: float = 15.0,
        http2: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`listed_hosts` may be on a private network and without TLS; `http2` offers it in the TLS handshake."""
        self._listed = frozenset(_plain(host) for host in listed_hosts)
        self._resolver = resolver
        self._tls = tls_context
        self._timeout_s = timeout_s
        self._http2 = http2
        self._clock = clock

    async def post(self, address: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
        """POST once, all in all within the time limit. Raises `Retry` and `Refused`, both without a context."""
        url, listed = self._target(address)
        failure: NotDeliveredError
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._exchange(url, headers, body, listed=listed)
        except NotDeliveredError as known:
            failure = known
        except TimeoutError:
            failure = Retry("timeout")
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            failure = Retry(_network_answer(error))
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

    async def _exchange(
        self, url: httpcore.URL, headers: list[tuple[str, str]], body: bytes, *, listed: bool
    ) -> Answer:
        async with self._pool(listed=listed) as pool:
            return await self._ask(pool, url, headers, body)

    def _pool(self, *, listed: bool) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=self._tls or _default_tls(),
            network_backend=GuardedBackend(listed=listed, resolver=self._resolver),
            keepalive_expiry=_IDLE_S,
            http2=self._http2,
        )

    async def _ask(
        self,
        pool: httpcore.AsyncConnectionPool,
        url: httpcore.URL,
        headers: list[tuple[str, str]],
        body: bytes,
    ) -> Answer:
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout_s)
        async with pool.stream(
            "POST", url, headers=_bytes(headers), content=body, extensions={"timeout": limits}
        ) as response:
            said, whole = await _beginning(response)
            wishes = [value for name, value in response.headers if name.lower() == b"retry-after"]
            wish = retry_after_seconds(wishes[0].decode("latin-1") if wishes else None, now=self._clock())
            return Answer(response.status, wish, said, whole)


def read_as(answer: Answer, form: type[Form]) -> Form | None:
    """The answer's body as JSON of that form, or `None`: whatever a server says, nothing else comes of it."""
    try:
        return msgspec.json.decode(answer.body, type=form)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


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


def is_address(text: str) -> bool:
    """Whether anything could be sent there: the name or the number of a host, a port that there is, and no sign-in."""
    url = _parse(text)
    if url is None or url.userinfo or not 0 < (443 if url.port is None else url.port) < 65536:
        return False
    return bool(_HOST.fullmatch(url.host)) or ":" in url.host  # within brackets only an IPv6 address is read


def may_be_trusted(url: str) -> bool:
    """Whether secrets may travel there: over TLS, or within a private network that is named by its number."""
    parsed = _parse(url)
    if parsed is None or not is_address(url):
        return False
    try:
        address = ip_address(parsed.host)
    except ValueError:
        return parsed.scheme == "https" or (parsed.scheme == "http" and parsed.host == "localhost")
    private = may_connect(address, listed=True) and not may_connect(address, listed=False)
    return parsed.scheme == "https" or (parsed.scheme == "http" and private)


async def _beginning(response: httpcore.Response) -> tuple[bytes, bool]:
    # The status has decided. Reading a little lets a receiver finish its answer instead of meeting a reset; one that
    # drips, cuts or never ends changes nothing any more.
    said = b""
    try:
        async with asyncio.timeout(_DRAIN_S):
            async for chunk in response.aiter_stream():
                said += chunk[: _MAX_BODY - len(said)]
                if len(said) == _MAX_BODY:
                    return said, False
    except (TimeoutError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        return said, False
    return said, True


def _bytes(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    given = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]
    return [*given, (b"user-agent", b"Aftercare")]


def _network_answer(error: Exception) -> str:
    # httpcore wraps the original as its argument, and its pool cuts the chain of causes.
    if any(isinstance(original, ssl.SSLError) for original in error.args):
        return "tls failed"
    if isinstance(error, httpcore.TimeoutException):
        return "timeout"
    if isinstance(error, httpcore.ConnectError):
        return "connection refused or unreachable"
    return "connection lost or not HTTP"


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
