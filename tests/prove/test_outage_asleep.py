"""Asleep for 26 hours, as a laptop is: what fell due is caught up once, red flags first, at a pace, and not at night."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from aftercare.db.pool import Database
from aftercare.jobs.runner import Worker
from aftercare.model.addresses import ChannelName
from aftercare.model.messages import MessageKind, OutgoingMessage
from aftercare.model.words import Tier
from aftercare.services.house import House, build_house
from aftercare.services.recovery import SWEEP
from aftercare.settings import Settings
from aftercare.store.due_work import URGENT
from tests.prove.conftest import Trial
from tests.services.background import Post, RecordingChannel, pass_time
from tests.services.conftest import Team, Treat, team, treat

__all__ = ["team", "treat"]  # fixtures
_TREATED = datetime(2026, 2, 2, 11, 0, tzinfo=UTC)
_ASLEEP = datetime(
    2026, 2, 4, 8, 30, tzinfo=UTC
)  # a Wednesday, before the clinic opens and anyone is reminded
_AWAKE = _ASLEEP + timedelta(hours=26)
# What clocks show there at that moment: half past ten, half past two at night, half past eleven at night.
_BY_DAY, _BEFORE_DAWN, _AT_NIGHT = "Europe/London", "America/Los_Angeles", "Pacific/Auckland"
_PATIENCE = 60.0  # seconds: a bound for what must come
_DUE = "select kind, urgency = any ($2) as urgent, count(*) from due_work where due_at <= $1::timestamptz + interval '1 minute' group by 1, 2"


@dataclasses.dataclass
class Night:
    """The installation that slept, with a clock that is set by hand."""

    house: House
    channel: RecordingChannel
    judge: asyncpg.Connection
    pace: int
    now: datetime = _AWAKE

    async def wake_for_a_minute(self) -> list[OutgoingMessage]:
        """Run a worker until it has caught up, or its pace of a minute is used up; returns what it sent."""
        before, sent = await self._due(), len(self.channel.sent)
        worker = Worker(self.house)
        worker.start()
        async with asyncio.timeout(_PATIENCE):
            while not self._has_begun_all(before, await self._due(), self.channel.sent[sent:]):  # noqa: ASYNC110 - PostgreSQL tells nobody
                await asyncio.sleep(0.05)
        await worker.stop()
        after = await self._due()
        assert before[SWEEP, False] - after[SWEEP, False] <= self.pace
        calm = [one for one in self.channel.sent[sent:] if not _urgent(one)]
        assert len(calm) <= self.pace
        return self.channel.sent[sent:]

    async def sleepless(self) -> list[OutgoingMessage]:
        """Everything that one minute after another catches up."""
        sent = len(self.channel.sent)
        while (await self._due()).total():
            await self.wake_for_a_minute()
        return self.channel.sent[sent:]

    async def _due(self) -> Counter[tuple[str, bool]]:
        rows = await self.judge.fetch(_DUE, self.now, URGENT)
        return Counter({(row["kind"], row["urgent"]): row["count"] for row in rows})

    def _has_begun_all(
        self, before: Counter[tuple[str, bool]], due: Counter[tuple[str, bool]], sent: list[OutgoingMessage]
    ) -> bool:
        calm_sent = sum(not _urgent(one) for one in sent)
        return (
            not any(count for (_, urgent), count in due.items() if urgent)
            and before[SWEEP, False] - due[SWEEP, False] >= min(self.pace, before[SWEEP, False])
            and (calm_sent >= self.pace or not due["deliver:smtp", False])
        )


@pytest.fixture
async def night(database_url: str, tmp_path: Path, trial: Trial) -> AsyncIterator[Night]:
    pace, channel = trial.size(8, 60), RecordingChannel()
    # One connection: whatever is claimed in an order leaves in that order.
    settings = Settings(
        database_url=database_url, data_dir=tmp_path, worker_pool_size=1, calm_per_minute=pace
    )
    built = build_house(settings, with_worker=True, now=lambda: made.now)
    judge = await asyncpg.connect(database_url)
    made = Night(dataclasses.replace(built, channels={ChannelName.SMTP: channel}), channel, judge, pace)
    await made.house.open()
    yield made
    await made.house.close()
    await judge.close()


def _urgent(message: OutgoingMessage) -> bool:
    return message.tier is not None and message.tier.rank in URGENT


async def test_after_26_hours_asleep_all_is_caught_up_once_red_flags_first_and_by_day(
    worker: Database, team: Team, treat: Treat, night: Night, trial: Trial
) -> None:
    many, flags = trial.size(20, 240), trial.size(4, 12)
    zones = [_BY_DAY] * many + [_BEFORE_DAWN] * flags + [_AT_NIGHT] * flags
    people = {
        f"{number}@patients.test": await treat(_TREATED, time_zone=zone, email=f"{number}@patients.test")
        for number, zone in enumerate(zones)
    }
    await pass_time(worker, Post(), _ASLEEP - timedelta(minutes=2))
    reporting = list(people.values())[: 3 * flags]
    for number, patient in enumerate(reporting):
        # In no order of urgency, and nobody is awake to tell.
        sign = "breathing_or_tongue" if number % 3 == 2 else "tingling"
        await patient.says(_ASLEEP - timedelta(minutes=1), now=None, **{sign: True})

    first = await night.wake_for_a_minute()
    rest = await night.sleepless()
    mails = first + rest
    raised = [one.tier for one in mails if one.kind is MessageKind.ALERT_RAISED and one.about]
    assert raised == [Tier.EMERGENCY] * flags + [Tier.SAME_DAY] * (2 * flags)
    assert all(_urgent(one) for one in first[: len(raised)])
    overdue = Counter((one.about, one.address) for one in mails if one.kind is MessageKind.ALERT_OVERDUE)
    assert overdue
    assert set(overdue.values()) == {1}
    reminded = Counter(one.address for one in mails if one.kind is MessageKind.REMINDER)
    by_day = {address for address, zone in zip(people, zones, strict=True) if zone == _BY_DAY}
    assert reminded == Counter(by_day)

    night.now = datetime(2026, 2, 5, 20, 1, tzinfo=UTC)  # one minute past nine, on Friday, in Auckland
    later = Counter(one.address for one in await night.sleepless() if one.kind is MessageKind.REMINDER)
    assert later == Counter(set(people) - by_day)
    trial.say(
        f"26 h asleep, {len(people)} patients: {flags} emergencies first, then {2 * flags} of the same day, overdue told "
        f"{len(overdue)} times, doubled 0; reminders {len(by_day)} at most {night.pace} a minute, doubled 0, at night 0"
    )
