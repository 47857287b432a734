import asyncio
import socket
import threading
from contextlib import ExitStack
from ipaddress import ip_address
from typing import Any

import httpcore
import pytest

from aftercare.notify.channel import Refused, Retry
from aftercare.notify.guard import GuardedBackend, may_connect, resolve
from aftercare.notify.http import HttpOut
from tests.e2e.receivers import PATIENCE, WebhookReceiver

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "2606:4700::1111",
]
OWN = [
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "127.0.0.1",
    "127.255.0.1",
    "100.64.0.1",
    "::1",
    "fd00::1",
]
NEVER = [
    "0.0.0.0",  # noqa: S104 - not bound to, refused
    "169.254.169.254",  # cloud metadata
    "168.63.129.16",  # Azure's host agent
    "192.0.0.192",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2001::1",  # Teredo
    "2001:db8::1",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "100::1",
    "3fff::1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_may_be_connected_to(text: str) -> None:
    assert may_connect(ip_address(text), listed=False)


@pytest.mark.parametrize("text", OWN)
def test_the_own_network_is_reached_only_for_a_listed_host(text: str) -> None:
    assert not may_connect(ip_address(text), listed=False)
    assert may_connect(ip_address(text), listed=True)


@pytest.mark.parametrize("text", NEVER)
def test_special_addresses_are_never_reached_not_even_for_a_listed_host(text: str) -> None:
    assert not may_connect(ip_address(text), listed=False)
    assert not may_connect(ip_address(text), listed=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "localhost", "::1"])
async def test_every_spelling_of_this_machine_is_refused(host: str) -> None:
    async with WebhookReceiver() as receiver:
        with pytest.raises((Refused, Retry)) as caught:
            await GuardedBackend(listed=False).connect_tcp(host, receiver.port, timeout=PATIENCE)
        assert receiver.connections == 0
    # A system that does not read "0x7f000001" as an address has nothing to refuse.
    assert caught.value.answer in {"address not allowed", "name not resolved"}
    assert caught.value.answer == "address not allowed" or host not in {"127.0.0.1", "::1", "localhost"}


async def test_one_resolution_serves_for_judging_and_connecting() -> None:
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    async with WebhookReceiver() as receiver:
        stream = await GuardedBackend(listed=True, resolver=rebinding).connect_tcp(
            "hooks.test", receiver.port
        )
        peer = stream.get_extra_info("server_addr")
        await stream.aclose()
    assert asked == ["hooks.test"]
    assert peer[0] == "127.0.0.1"


async def test_a_dead_address_is_passed_over_for_the_next() -> None:
    async def two(_host: str, _port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    async with WebhookReceiver() as receiver:
        stream = await GuardedBackend(listed=True, resolver=two).connect_tcp(
            "hooks.test", receiver.port, timeout=PATIENCE
        )
        assert stream.get_extra_info("server_addr")[0] == "127.0.0.1"
        await stream.aclose()


async def test_an_address_that_swallows_everything_leaves_time_for_the_next() -> None:
    async with WebhookReceiver() as receiver:
        with socket.socket() as deaf, ExitStack() as queue:
            deaf.bind(("127.0.0.2", receiver.port))
            deaf.listen(0)  # nobody takes what it queues: once that is full, a connection is never answered
            for _ in range(3):
                waiting = queue.enter_context(socket.socket())
                waiting.settimeout(0)
                waiting.connect_ex(("127.0.0.2", receiver.port))

            async def resolver(host: str, port: int) -> list[str]:
                return ["127.0.0.2", "127.0.0.1"]

            channel = HttpOut(listed_hosts=["hooks.test"], resolver=resolver, timeout_s=6.0)
            answer = await channel.post(f"http://hooks.test:{receiver.port}/hook", [], b"{}")
        assert answer.status == 204


async def test_all_addresses_dead_is_a_connect_error() -> None:
    async def two(_host: str, _port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        with pytest.raises(httpcore.ConnectError):
            await GuardedBackend(listed=True, resolver=two).connect_tcp("hooks.test", taken.getsockname()[1])


async def test_among_mixed_addresses_only_the_allowed_are_tried() -> None:
    async def mixed(_host: str, _port: int) -> list[str]:
        return ["169.254.169.254", "::ffff:127.0.0.1", "127.0.0.1"]

    async with WebhookReceiver() as receiver:
        backend = GuardedBackend(listed=True, resolver=mixed)
        stream = await backend.connect_tcp("hooks.test", receiver.port, timeout=PATIENCE)
        assert stream.get_extra_info("server_addr")[0] == "127.0.0.1"
        await stream.aclose()


async def test_a_name_that_is_never_answered_takes_no_other_names_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release, really = threading.Event(), socket.getaddrinfo

    def look_up(host: str, *asked: Any, **options: Any) -> Any:
        if host == "silent.test":
            release.wait(PATIENCE)
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return really(host, *asked, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    silent = [asyncio.create_task(resolve("silent.test", 443)) for _ in range(50)]
    await asyncio.sleep(0)  # they have asked
    try:
        async with asyncio.timeout(PATIENCE / 2):
            silent[0].cancel()
            assert set(await resolve("localhost", 80)) & {"127.0.0.1", "::1"}
    finally:
        release.set()
    answers = await asyncio.gather(*silent[1:], return_exceptions=True)
    assert {type(one) for one in answers} == {socket.gaierror}


async def test_the_systems_resolver_knows_this_machine() -> None:
    assert set(await resolve("localhost", 80)) & {"127.0.0.1", "::1"}
    assert await resolve("127.0.0.1", 80) == ["127.0.0.1"]
