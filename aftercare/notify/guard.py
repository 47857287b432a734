"""Connections to addresses that a clinic typed in: resolved, judged and connected in one step.

Whoever may enter a URL must not reach the service's own network with it. Judging a name and then letting the client
resolve it again would leave a gap (DNS rebinding); so the address that was judged is the one connected to.
Ranges: IANA special-purpose address registries (IPv4 and IPv6), written out because `ipaddress.is_global` differs
between patch releases of Python.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

import httpcore

from aftercare.notify.channel import Refused, Retry

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Awaitable[list[str]]]

# A clinic's own network: reachable for hosts that the clinic lists.
_OWN: Final = [
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
]
# Never: "this network", link-local (cloud metadata), protocol assignments, documentation, benchmarks, multicast,
# reserved, and Azure's host agent, which has a public address.
_NEVER_V4: Final = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]
# Only global unicast, and there no tunnels (Teredo, 6to4): they carry an IPv4 address past the table above. IPv4-mapped
# and NAT64 addresses lie outside of 2000::/3 already.
_GLOBAL_V6: Final = ip_network("2000::/3")
_NEVER_V6: Final = [ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]

# Name resolution blocks and cannot be cancelled: a dead resolver may use up these threads, but no others. A name takes one
# of them however many ask, so that a webhook whose name is never answered does not take the others' turn.
_RESOLVERS: Final = ThreadPoolExecutor(max_workers=32, thread_name_prefix="resolve")
_asked: Final[dict[tuple[str, int], Future[list[str]]]] = {}


def may_connect(address: Address, *, listed: bool) -> bool:
    """Whether a connection to `address` is allowed; `listed`: the clinic lists the host that resolved to it."""
    if any(address in network for network in _OWN):
        return listed
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NEVER_V4)
    return address in _GLOBAL_V6 and not any(address in network for network in _NEVER_V6)


async def resolve(host: str, port: int) -> list[str]:
    """Look up the system's addresses of `host`, in its order of preference. Raises `OSError`."""
    with contextlib.suppress(ValueError):
        return [str(ip_address(host))]  # needs no thread, so a dead resolver cannot delay it
    asked = _asked.get((host, port))
    if asked is None:
        asked = _asked[host, port] = _RESOLVERS.submit(_look_up, host, port)
        asked.add_done_callback(lambda _: _asked.pop((host, port), None))
    # Shielded: whoever gives up waiting takes no answer from the others.
    return await asyncio.shield(asyncio.wrap_future(asked))


def _look_up(host: str, port: int) -> list[str]:
    return [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """An httpcore network backend that connects only where `may_connect` allows."""

    def __init__(self, *, listed: bool, resolver: Resolver = resolve) -> None:
        self._listed = listed
        self._resolver = resolver
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Try the allowed addresses in turn. Raises `Refused` if none is allowed, `Retry` if the name is unknown.

        Each has its share of the time: one that swallows everything, as IPv6 on many a network, leaves some for the next.
        """
        allowed = await self._allowed(host, port)
        share = timeout / len(allowed) if timeout is not None and allowed else timeout
        for last, address in enumerate(allowed, start=1 - len(allowed)):
            try:
                return await self._network.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if last == 0:
                    raise
        raise Refused("address not allowed")

    async def _allowed(self, host: str, port: int) -> list[str]:
        found: list[str] = []
        with contextlib.suppress(OSError, UnicodeError):
            found = await self._resolver(host, port)
        if not found:
            raise Retry("name not resolved")
        return [text for text in dict.fromkeys(found) if may_connect(ip_address(text), listed=self._listed)]
