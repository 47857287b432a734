"""Aftercare as its users run it: separate processes on a folder and a port of their own, ended by their ids."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

# Systems hand out ports from 32768 or 49152 on: a lower one is nobody's until its process has it.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port for a process that is yet to start: what connects meanwhile, or asks for any port, is not given it."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", secrets.choice(_PORTS)))
            return int(probe.getsockname()[1])


def environment(data_dir: Path, port: int, **more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AFTERCARE_")}
    return {**kept, "AFTERCARE_DATA_DIR": str(data_dir), "AFTERCARE_PORT": str(port), **more}


def command(*args: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aftercare", *args],
        env=env,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@contextmanager
def running(*args: str, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One process for as long as this lasts; asked to end, then made to."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "aftercare", *args], env=env, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_ready(address: str, log: Path, *, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(httpx.TransportError):
            if httpx.get(f"{address}/health/ready", timeout=2).status_code == 200:
                return
        time.sleep(0.05)  # a server that is starting gives no other sign
    raise AssertionError(f"the server did not become ready:\n{log.read_text()[-3000:]}")
