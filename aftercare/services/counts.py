"""What this process counts, in memory: names and labels that we wrote, and numbers. Nothing of anyone is ever a label.

Labels are routes, methods, channels, tiers and results, of which there are a few; an id, a name or a path is none.
"""

from bisect import bisect_left
from typing import ClassVar, Final
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

PROCESS_ID: Final[UUID] = uuid7()
INFINITY: Final = "+Inf"

Key = tuple[str, tuple[str, ...]]
_values: dict[Key, float] = {}
_changed: set[Key] = set()


class Metric(msgspec.Struct, frozen=True):
    """Something that is counted, with the names of its labels."""

    name: str
    help: str
    labels: tuple[str, ...] = ()

    stands: ClassVar[bool] = False  # it says how a process stands now, not what it has done since its start


class Counter(Metric, frozen=True):
    """What only grows."""

    def add(self, *labels: str, by: float = 1) -> None:
        """So many more."""
        _put((self.name, labels), by, onto=True)


class Gauge(Metric, frozen=True):
    """How it stands in this process."""

    stands: ClassVar[bool] = True

    def set(self, value: float, *labels: str) -> None:
        """It stands so."""
        _put((self.name, labels), value, onto=False)


class Histogram(Metric, frozen=True, kw_only=True):
    """How long something took, in seconds."""

    bounds: tuple[float, ...]

    def observe(self, seconds: float, *labels: str) -> None:
        """It took so long once."""
        place = bisect_left(self.bounds, seconds)
        bound = str(self.bounds[place]) if place < len(self.bounds) else INFINITY
        _put((self.name, (*labels, bound)), 1, onto=True)
        _put((f"{self.name}_sum", labels), seconds, onto=True)


def _put(key: Key, value: float, *, onto: bool) -> None:
    _values[key] = _values.get(key, 0) + value if onto else value
    _changed.add(key)


def take_changed() -> dict[Key, float]:
    """What has changed since the last call, as it stands now."""
    changed = {key: _values[key] for key in _changed}
    _changed.clear()
    return changed


def put_back(keys: dict[Key, float]) -> None:
    """They could not be kept: they are taken again next time."""
    _changed.update(keys)


REQUESTS = Counter("aftercare_requests", "Requests answered.", ("method", "route", "status"))
REQUEST_SECONDS = Histogram(
    "aftercare_request_seconds",
    "From a request's head to the head of its answer.",
    ("route",),
    bounds=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)
CHECK_INS = Counter("aftercare_check_ins", "Check-ins received, repeats not counted.", ("by",))
ATTEMPTS = Counter(
    "aftercare_delivery_attempts", "Attempts to deliver, by how they ended.", ("channel", "result")
)
ENDED = Counter("aftercare_deliveries_ended", "Deliveries that were sent or given up.", ("channel", "state"))
ACKNOWLEDGE_SECONDS = Histogram(
    "aftercare_acknowledge_seconds",
    "From an alert's clock to the person who took it.",
    ("tier",),
    bounds=(60.0, 300.0, 900.0, 1800.0, 7200.0, 14400.0, 43200.0, 86400.0, 172800.0, 604800.0),
)
LOOP_LAG = Gauge(
    "aftercare_loop_lag_seconds", "How late the event loop came at worst in the last ten seconds."
)
POOL = Gauge("aftercare_pool_connections", "Connections to PostgreSQL.", ("pool", "state"))
PHOTO_WORKERS = Gauge("aftercare_photo_workers", "Processes that decode photos.", ("state",))
SPOOL_BYTES = Gauge("aftercare_spool_bytes", "Photos that wait for their store on this machine.")

COUNTED: Final[tuple[Metric, ...]] = (
    REQUESTS, REQUEST_SECONDS, CHECK_INS, ATTEMPTS, ENDED, ACKNOWLEDGE_SECONDS, LOOP_LAG, POOL, PHOTO_WORKERS, SPOOL_BYTES,
)  # fmt: skip
STANDING: Final = [metric.name for metric in COUNTED if metric.stands]
