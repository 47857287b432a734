"""Whether background work stands still, and when whom that is told: one look's decision.

A worker beats with its own scheduler's ticks. What is noticed at one look is told only if a later one still sees it:
right after the database was away beats are old and work is overdue, and a few seconds later neither is.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

# Shares of the time that may be silent: how often to look, how often to beat, and how long something must be seen.
LOOKS: Final = 4
BEATS: Final = 24
_CONFIRMED: Final = 6


class Fault(StrEnum):
    """What is wrong with background work."""

    NO_WORKER = "no_worker"  # none has beaten for long
    URGENT_WAITS = "urgent_waits"  # somebody beats, and yet urgent work that is due is not taken


class Step(StrEnum):
    """What one look makes of it."""

    NOTHING = "nothing"
    NOTICE = "notice"  # a fault is seen for the first time
    FORGET = "forget"  # it was gone at the next look: nobody was told
    TELL = "tell"
    MEND = "mend"  # an outage that was told is not seen for the first time
    RELAPSE = "relapse"  # it is seen again
    TELL_OVER = "tell_over"


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """What a look sees. `watched_from` is when somebody began to look: silence before that is nobody's."""

    newest_beat: datetime | None
    oldest_urgent: datetime | None  # when the oldest of urgent work fell due that nobody holds
    watched_from: datetime


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A fault, and since when."""

    fault: Fault
    since: datetime


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which background work stands still."""

    outage_id: UUID
    why: Fault
    since: datetime
    noticed_at: datetime
    told_at: datetime | None = None
    well_at: datetime | None = None


def seen(signs: Signs, *, now: datetime, silence: timedelta) -> Seen | None:
    """What is wrong by these signs; None if nothing is. `silence` is how long both may last."""
    beat = signs.newest_beat or signs.watched_from
    if now - beat > silence:
        return Seen(fault=Fault.NO_WORKER, since=beat)
    if signs.oldest_urgent is not None and now - signs.oldest_urgent > silence:
        return Seen(fault=Fault.URGENT_WAITS, since=signs.oldest_urgent)
    return None


def step(standing: Outage | None, fault: Seen | None, *, now: datetime, silence: timedelta) -> Step:
    """What to do at this look."""
    confirmed = silence / _CONFIRMED
    if standing is None:
        return Step.NOTICE if fault else Step.NOTHING
    if standing.told_at is None:
        if fault is None:
            return Step.FORGET
        return Step.TELL if now - standing.noticed_at >= confirmed else Step.NOTHING
    if fault is not None:
        return Step.RELAPSE if standing.well_at else Step.NOTHING
    if standing.well_at is None:
        return Step.MEND
    return Step.TELL_OVER if now - standing.well_at >= confirmed else Step.NOTHING


def background(
    newest_beat: datetime | None, standing: Outage | None, *, now: datetime, silence: timedelta
) -> str:
    """Background work in a word: `ok`, `silent` while no worker beats, `behind` while urgent work waits for one."""
    if newest_beat is None or now - newest_beat > silence:
        return "silent"
    if standing is not None and standing.told_at is not None and standing.why is Fault.URGENT_WAITS:
        return "behind"
    return "ok"
