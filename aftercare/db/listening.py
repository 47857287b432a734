"""Hearing what commits say (NOTIFY), for as long as the process lives: whatever ends the connection, another is made."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import asyncpg
import structlog

from aftercare.db.pool import Database

_log = structlog.get_logger()
_PAUSE = 1.0  # seconds before the next try; whoever listens polls as well

Heard = Callable[[str], None]  # the notification's payload


class Listener:
    """One connection of its own that listens on a channel."""

    def __init__(self, database: Database, channel: str, heard: Heard) -> None:
        """Nothing is opened yet."""
        self._database, self._channel, self._heard = database, channel, heard
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Listen from now on, in the background."""
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except Exception as error:  # noqa: BLE001 - a driver's odd word on a cut line must not make us deaf
                _log.warning("listening_lost", channel=self._channel, error=type(error).__name__)
            await asyncio.sleep(_PAUSE)

    async def _listen_once(self) -> None:
        connection = await asyncpg.connect(self._database.url, server_settings={"role": self._database.role})
        gone = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: gone.set())
            await connection.add_listener(self._channel, self._notified)
            if not connection.is_closed():
                await gone.wait()
        finally:
            connection.terminate()

    def _notified(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self._heard(str(payload))
