"""Hearing goes on whatever happens to the connection."""

import asyncio

import asyncpg
import pytest

from aftercare.db import listening
from aftercare.db.listening import Listener
from aftercare.db.pool import Database

_CUT = (
    "select count(pg_terminate_backend(pid)) from pg_stat_activity"
    " where datname = current_database() and pid <> pg_backend_pid()"
)


async def _until_heard(root: asyncpg.Connection, heard: "asyncio.Queue[str]", payload: str) -> None:
    """Say it until it is heard: what is said between two connections is lost, and polling's business."""
    async with asyncio.timeout(60):
        while True:
            await root.execute("select pg_notify('test', $1)", payload)
            try:
                async with asyncio.timeout(0.2):
                    while await heard.get() != payload:
                        pass
                    return
            except TimeoutError:
                continue


async def test_a_cut_connection_is_made_again_at_whatever_moment_it_is_cut(
    service: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "_PAUSE", 0.01)
    root = await asyncpg.connect(service.url)
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = Listener(service, "test", heard.put_nowait)
    listener.start()
    for round_ in range(30):
        await root.execute(_CUT)
        if round_ % 5 == 0:
            await _until_heard(root, heard, f"round {round_}")
    await _until_heard(root, heard, "the end")
    await listener.stop()
    await root.close()
