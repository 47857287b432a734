"""A worker's own word that it lives, said with its scheduler's ticks: where they stop, so does it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from uuid_utils.compat import uuid7

from aftercare.db.pool import Database
from aftercare.jobs.lines import Line
from aftercare.store import heartbeat
from aftercare.store.heartbeat import Looked

_BURIED = timedelta(days=1)  # workers that ended stay to be looked at for a day


class Beats:
    """One worker's heartbeat."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """`database` acts as the worker."""
        self._database, self._now = database, now
        self._worker_id, self._started_at = uuid7(), now()

    async def beat(self, lines: Sequence[Line]) -> None:
        """Say that we live, and how it stands with each kind of work."""
        looked = [
            Looked(kind=line.work.kind, looked_at=line.looked_at, claimed_at=line.claimed_at)
            for line in lines
        ]
        async with self._database.statement() as db:
            await heartbeat.beat(db, self._worker_id, self._started_at, self._now(), looked)

    async def bury(self) -> None:
        """Forget workers that ended long ago."""
        async with self._database.statement() as db:
            await heartbeat.bury(db, self._now() - _BURIED)
