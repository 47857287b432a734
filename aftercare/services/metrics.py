"""Metrics: each process writes its own counts into PostgreSQL, and any server reads them all when it is scraped.

So a scrape speaks for every process on every machine, whichever happened to answer it, workers without a port included;
nothing is summed up twice and no folder is shared. What is due and what stands is read from its own partial indexes.
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import msgspec
import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family

from aftercare.alerts.heartbeat import Outage
from aftercare.db.pool import Busy, Database, DatabaseAway
from aftercare.model.words import Tier
from aftercare.photos.errors import BlobsUnavailableError
from aftercare.services import counts
from aftercare.services.counts import INFINITY, Counter, Histogram
from aftercare.services.heartbeat import silence
from aftercare.services.house import House
from aftercare.store import heartbeat
from aftercare.store import metrics as store
from aftercare.store.heartbeat import Kind
from aftercare.store.metrics import Count, Due, Standing, Unsealed

_log = structlog.get_logger()
_SAMPLE, _SAMPLES = 1.0, 10  # seconds between two looks at the event loop, and looks between two writings
_FOLDS = 360  # writings between two tidyings
_LIVES = timedelta(minutes=1)  # a process that has not written for so long stands no more
_ENDED = timedelta(hours=1)  # and now what it has counted can be added up
_TIERS = sorted(Tier, key=lambda tier: tier.rank)


class Counting:
    """This process's part: looks at its own event loop and pools, and writes what was counted."""

    def __init__(self, house: House) -> None:
        """Nothing is written yet."""
        self._house, self._lag = house, 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Count from now on."""
        self._task = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        """Write what is left."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._try(self.write())

    async def write(self) -> None:
        """Write what has changed. Raises Busy, DatabaseAway; nothing is lost then."""
        await self._stand()
        changed = counts.take_changed()
        try:
            async with self._house.database.statement() as db:
                await store.keep(db, counts.PROCESS_ID, self._house.now(), changed)
        except BaseException:
            counts.put_back(changed)
            raise

    async def _go_on(self) -> None:
        clock = asyncio.get_running_loop().time
        for turn in count():
            for _ in range(_SAMPLES):
                began = clock()
                await asyncio.sleep(_SAMPLE)
                self._lag = max(self._lag, clock() - began - _SAMPLE)
            await self._try(self.write())
            self._lag = 0.0
            if turn % _FOLDS == 0:
                await self._try(self.fold())

    async def fold(self) -> None:
        """Add up what processes that ended have counted."""
        async with self._house.database.statement() as db:
            await store.fold(db, self._house.now() - _ENDED, counts.STANDING)

    async def _try(self, part: Coroutine[Any, Any, None]) -> None:
        try:
            await part
        except Exception as error:  # noqa: BLE001 - what was counted is written next time
            _log.warning("counts_not_written", error=type(error).__name__)

    async def _stand(self) -> None:
        house = self._house
        counts.LOOP_LAG.set(self._lag)
        for name, pool in (("requests", house.database), ("work", house.worker)):
            if pool is not None:
                open_now, idle = pool.connections()
                counts.POOL.set(open_now - idle, name, "used")
                counts.POOL.set(idle, name, "idle")
        working, idle = house.photo_workers.counted()
        counts.PHOTO_WORKERS.set(working, "working")
        counts.PHOTO_WORKERS.set(idle, "idle")
        with suppress(BlobsUnavailableError):
            counts.SPOOL_BYTES.set(await house.spool.bytes_waiting())


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a scrape has found in the database."""

    counts: list[Count]
    due: list[Due]
    standing: list[Standing]
    unsealed: Unsealed
    kinds: list[Kind]
    outage: Outage | None


async def scrape(house: House, across: Database, counting: Counting) -> bytes:
    """Everything, in Prometheus' text format. `across` acts as the worker."""
    now = house.now()
    longest = silence(house.settings)
    try:
        await counting.write()
        found = await _read(across, now, now - longest)
    except (DatabaseAway, Busy):
        return _written([_gauge("aftercare_database_up", "Whether PostgreSQL answers.", 0)])
    families = [
        _gauge("aftercare_database_up", "Whether PostgreSQL answers.", 1),
        *_work(found, now),
        *_stands(found.standing, by_clinic=house.settings.metrics_by_clinic),
        *_background(found, now),
        *_counted(found.counts, now),
    ]
    return _written(families)


async def _read(across: Database, now: datetime, since: datetime) -> Read:
    async with across.transaction() as db:
        return Read(
            counts=await store.counted(db),
            due=await store.due(db, now),
            standing=await store.standing_everywhere(db, now),
            unsealed=await store.unsealed(db),
            kinds=await heartbeat.kinds(db, since),
            outage=await heartbeat.standing(db),
        )


def _work(found: Read, now: datetime) -> Iterator[Family]:
    due = GaugeMetricFamily(
        "aftercare_due_work",
        f"Work that is due and that nobody holds, up to {store.MOST}.",
        labels=("kind", "tier"),
    )
    oldest = GaugeMetricFamily(
        "aftercare_due_work_oldest_seconds",
        "How long the oldest of it has been due.",
        labels=("kind", "tier"),
    )
    for one in found.due:
        due.add_metric((one.kind, _TIERS[one.urgency]), one.count)
        oldest.add_metric((one.kind, _TIERS[one.urgency]), (now - one.oldest).total_seconds())
    yield from (due, oldest)
    sealing = found.unsealed
    age = 0.0 if sealing.oldest is None else (now - sealing.oldest).total_seconds()
    yield _gauge(
        "aftercare_unsealed_entries", f"Audit entries without a number, up to {store.MOST}.", sealing.count
    )
    yield _gauge("aftercare_unsealed_oldest_seconds", "How long the oldest of them has waited.", age)


def _stands(found: list[Standing], *, by_clinic: bool) -> Iterator[Family]:
    more = ("clinic",) if by_clinic else ()
    alerts = GaugeMetricFamily(
        "aftercare_alerts_unresolved", "Alerts that are not resolved.", labels=("tier", *more)
    )
    late = GaugeMetricFamily(
        "aftercare_alerts_late", "Alerts that nobody has taken in their time.", labels=("tier", *more)
    )
    waiting = GaugeMetricFamily(
        "aftercare_deliveries_waiting", "Deliveries that have not left.", labels=("channel", "state", *more)
    )
    sums: defaultdict[tuple[str, ...], int] = defaultdict(int)
    for one in found:
        whose = (str(one.clinic_id),) if by_clinic else ()
        if one.what == "alerts":
            sums[(one.second, one.first, *whose)] += one.count
        else:
            sums[(one.what, one.first, one.second, *whose)] += one.count
    families = {"open": alerts, "late": late, "deliveries": waiting}
    for (kind, *labels), number in sorted(sums.items()):
        families[kind].add_metric(labels, number)
    yield from families.values()


def _background(found: Read, now: datetime) -> Iterator[Family]:
    workers = GaugeMetricFamily("aftercare_workers", "Workers that were heard of lately.", labels=("kind",))
    looked = GaugeMetricFamily(
        "aftercare_last_look_seconds",
        "How long ago a worker last asked for work of a kind.",
        labels=("kind",),
    )
    for one in found.kinds:
        workers.add_metric((one.kind,), one.workers)
        if one.looked_at is not None:
            looked.add_metric((one.kind,), (now - one.looked_at).total_seconds())
    yield from (workers, looked)
    beat = max((one.beat_at for one in found.kinds), default=None)
    if beat is not None:
        age = (now - beat).total_seconds()
        yield _gauge("aftercare_heartbeat_age_seconds", "How long ago any worker last beat.", age)
    told = found.outage is not None and found.outage.told_at is not None
    yield _gauge("aftercare_outage", "1 while the admins know that background work stands still.", int(told))


def _counted(found: list[Count], now: datetime) -> Iterator[Family]:
    newest: dict[UUID, datetime] = {}
    for one in found:
        newest[one.process_id] = max(newest.get(one.process_id, one.counted_at), one.counted_at)
    by_metric: defaultdict[str, list[Count]] = defaultdict(list)
    for one in found:
        by_metric[one.metric].append(one)
    for metric in counts.COUNTED:
        mine = by_metric[metric.name]
        if metric.stands:
            gauge = GaugeMetricFamily(metric.name, metric.help, labels=(*metric.labels, "process"))
            for one in mine:
                if now - newest[one.process_id] <= _LIVES:
                    gauge.add_metric((*one.labels, str(one.process_id)), one.value)
            yield gauge
        elif isinstance(metric, Histogram):
            yield _histogram(metric, _summed(mine), _summed(by_metric[f"{metric.name}_sum"]))
        elif isinstance(metric, Counter):
            counter = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
            for labels, value in sorted(_summed(mine).items()):
                counter.add_metric(labels, value)
            yield counter


def _summed(found: list[Count]) -> dict[tuple[str, ...], float]:
    sums: defaultdict[tuple[str, ...], float] = defaultdict(float)
    for one in found:
        sums[one.labels] += one.value
    return sums


def _histogram(
    metric: Histogram, places: dict[tuple[str, ...], float], sums: dict[tuple[str, ...], float]
) -> Family:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    bounds = [*(str(bound) for bound in metric.bounds), INFINITY]
    for labels, total in sorted(sums.items()):
        so_far, buckets = 0.0, []
        for bound in bounds:
            so_far += places.get((*labels, bound), 0)
            buckets.append((bound, so_far))
        family.add_metric(labels, buckets, total)
    return family


def _gauge(name: str, what: str, value: float) -> Family:
    return GaugeMetricFamily(name, what, value=value)


class _Collected:
    def __init__(self, families: list[Family]) -> None:
        self._families = families

    def collect(self) -> list[Family]:
        return self._families


def _written(families: list[Family]) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    collected: Any = _Collected(families)
    registry.register(collected)
    return generate_latest(registry)
