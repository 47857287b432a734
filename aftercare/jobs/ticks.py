"""When a worker's ticks come: so many seconds after the one before, whatever the machine's clock does meanwhile.

APScheduler's own interval counts from one instant of the wall clock to the next. A machine that slept over a weekend would
go through every tick that it missed before it did anything else, and a clock that is put back by an hour would leave the
worker without a tick for that hour: no alert would go up its chain, and nobody would hear of that either.
"""

from datetime import datetime, timedelta

from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger


class Every(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """A tick so many seconds after the one before."""

    def __init__(self, seconds: float) -> None:
        """`seconds` is more than 0."""
        self.interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """What was missed is not counted, let alone caught up."""
        return now + self.interval


def put_right(scheduler: BaseScheduler, now: datetime) -> None:
    """Have every tick come at once that is further away than it can be: the clock was put back."""
    for job in scheduler.get_jobs():
        if job.next_run_time is not None and job.next_run_time > now + job.trigger.interval:
            job.modify(next_run_time=now)
