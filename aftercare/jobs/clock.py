"""The clock of a worker, which may be wrong for a while and then be put right.

While it was ahead, looks were put off too far: the reminder of a day that it took for past would never leave, and an alert
that was raised meanwhile would go up its chain that much later. Hence every episode and every open alert is looked at again
once the clock went back. What left early is in the ledger and does not leave again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from aftercare.db.pool import Database
from aftercare.services import sweep

_log = structlog.get_logger()
# Nobody misses a reminder by less, and a time server puts back by less than this every day.
_STEP = timedelta(minutes=1)


class Clock:
    """What a worker knows of the time, read again and again."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """`database` acts as the worker."""
        self._database, self._now, self._latest = database, now, now()

    async def mind(self) -> None:
        """Have everything looked at again where time was put back; where that fails, the next call does it."""
        now = self._now()
        if now < self._latest - _STEP:
            _log.warning("clock_was_put_back", seconds=(self._latest - now).total_seconds())
            await sweep.look_at_all_again(self._database, now=now)
        self._latest = now
