"""Silence of the workers: noticed by servers, told to the admins once and over once, by mail and on record."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from aftercare.db.pool import Database
from aftercare.model.views import Standstill
from aftercare.services import heartbeat
from aftercare.services.heartbeat import Watch
from aftercare.services.house import House, build_house
from aftercare.services.recovery import SWEEP
from aftercare.settings import Settings
from aftercare.store import due_work
from aftercare.store import heartbeat as store
from aftercare.store.heartbeat import Looked
from tests.e2e.receivers import SmtpReceiver, WebhookReceiver
from tests.services.conftest import Team, make_team

SILENCE = 120.0


class Clock:
    """The time of a test: stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def relay() -> AsyncIterator[SmtpReceiver]:
    async with SmtpReceiver() as receiver:
        yield receiver


@pytest.fixture
async def clinic(service: Database, clock: Clock) -> Team:
    return await make_team(service, "alpha", clock())


Serve = Callable[..., Awaitable[tuple[House, Watch]]]


@pytest.fixture
async def serve(database_url: str, tmp_path: Path, relay: SmtpReceiver, clock: Clock) -> AsyncIterator[Serve]:
    """A server's part in it, as often as called: `house, watch = await serve(setting=...)`."""
    async with AsyncExitStack() as stack:

        async def one(**settings: Any) -> tuple[House, Watch]:
            given = Settings(
                database_url=database_url,
                data_dir=tmp_path / uuid4().hex,
                smtp_host="127.0.0.1",
                smtp_port=relay.port,
                smtp_tls="none",
                worker_silence_seconds=SILENCE,
                **settings,
            )
            house = build_house(given, with_worker=False, now=clock)
            await house.open()
            stack.push_async_callback(house.close)
            watch = Watch(house)
            await watch.open()
            stack.push_async_callback(watch.close)
            return house, watch

        yield one


async def beat(worker: Database, clock: Clock) -> None:
    """A worker says that it lives."""
    line = Looked(kind=SWEEP, looked_at=clock(), claimed_at=None)
    async with worker.statement() as db:
        await store.beat(db, uuid4(), clock(), clock(), [line])


async def look(watch: Watch) -> None:
    await watch.look()
    await watch.send()


def to_admin(relay: SmtpReceiver) -> list[str]:
    assert {one for mail in relay.mails for one in mail.recipients} <= {"admin@alpha.test"}
    return [str(mail.message["subject"]) for mail in relay.mails]


async def test_two_servers_tell_of_a_silent_worker_once_and_once_that_it_works_again(
    serve: Serve, clinic: Team, worker: Database, clock: Clock, relay: SmtpReceiver, service: Database
) -> None:
    (house, first), (_, second) = await serve(), await serve()
    await beat(worker, clock)
    for _ in range(9):
        clock.move(30)
        await asyncio.gather(look(first), look(second))
    assert to_admin(relay) == ["Aftercare stands still"]
    assert await heartbeat.state(house.database, house.settings, now=clock()) == "silent"
    for _ in range(4):
        await beat(worker, clock)
        await asyncio.gather(look(first), look(second))
        clock.move(30)
    assert to_admin(relay) == ["Aftercare stands still", "Aftercare works again"]
    assert await heartbeat.state(house.database, house.settings, now=clock()) == "ok"
    async with service.clinic(clinic.clinic_id) as db:
        ledger = await db.fetch("select kind, state from deliveries order by queued_at")
        audit = await db.fetch("select action from audit_entries where action like 'outage%' order by at")
    assert [tuple(row) for row in ledger] == [("work_stopped", "sent"), ("work_resumed", "sent")]
    assert [row["action"] for row in audit] == ["outage.work_stopped", "outage.work_resumed"]


async def test_it_is_told_within_three_minutes_of_the_last_beat(
    serve: Serve, clinic: Team, worker: Database, clock: Clock, relay: SmtpReceiver
) -> None:
    _, watch = await serve()
    await beat(worker, clock)
    clock.move(29)  # the worst moment to look first
    while not relay.mails:
        await look(watch)
        clock.move(30)
    assert clock() - datetime(2026, 3, 4, 10, 0, tzinfo=UTC) <= timedelta(minutes=3, seconds=30)


async def test_a_worker_that_ended_before_the_clock_was_put_back_is_missed_all_the_same(
    serve: Serve, clinic: Team, worker: Database, clock: Clock, relay: SmtpReceiver
) -> None:
    house, watch = await serve()
    await beat(worker, clock)
    clock.move(-3600)
    assert await heartbeat.state(house.database, house.settings, now=clock()) == "silent"
    for _ in range(9):
        await look(watch)
        clock.move(30)
    assert to_admin(relay) == ["Aftercare stands still"]


async def test_a_short_silence_is_told_to_nobody(
    serve: Serve, clinic: Team, worker: Database, clock: Clock, relay: SmtpReceiver
) -> None:
    _, watch = await serve()
    for pause in (90, 150, 90):  # after the middle one a look notices it; the worker is back before the next
        await beat(worker, clock)
        clock.move(pause)
        await look(watch)
    await beat(worker, clock)
    await look(watch)
    async with worker.statement() as db:
        assert await db.fetchval("select count(*) from outages") == 0
    assert relay.mails == []


async def test_what_the_relay_did_not_take_is_sent_again(
    serve: Serve, clinic: Team, clock: Clock, relay: SmtpReceiver
) -> None:
    _, watch = await serve()
    relay.replies["mail"] = "451 4.3.0 try later"
    clock.move(SILENCE + 1)
    await look(watch)
    clock.move(30)
    await look(watch)
    assert relay.mails == []
    relay.replies.clear()
    for _ in range(20):
        clock.move(30)
        await look(watch)
    assert to_admin(relay) == ["Aftercare stands still"]


async def test_whose_urgent_work_waits_is_told_and_nobody_else(
    serve: Serve,
    clinic: Team,
    service: Database,
    worker: Database,
    clock: Clock,
    relay: SmtpReceiver,
) -> None:
    house, watch = await serve()
    await make_team(service, "beta", clock())
    async with service.clinic(clinic.clinic_id) as db:
        await due_work.put(db, clinic.clinic_id, SWEEP, uuid4(), clock(), 2)
    for _ in range(7):
        clock.move(30)
        await beat(worker, clock)
        await look(watch)
    assert to_admin(relay) == ["Aftercare stands still"]
    assert await heartbeat.state(house.database, house.settings, now=clock()) == "behind"


async def test_a_clinic_without_an_admin_has_everyone_told(
    serve: Serve, clinic: Team, database_url: str, clock: Clock, relay: SmtpReceiver
) -> None:
    owner = await asyncpg.connect(database_url)
    await owner.execute("update staff set disabled_at = now() where role = 'admin'")
    await owner.close()
    _, watch = await serve()
    for pause in (SILENCE + 1, 30):
        clock.move(pause)
        await look(watch)
    told = {one for mail in relay.mails for one in mail.recipients}
    assert told == {"practitioner@alpha.test", "coordinator@alpha.test"}


async def test_a_monitor_elsewhere_hears_every_minute_that_all_is_well_and_then_no_more(
    serve: Serve, clinic: Team, worker: Database, clock: Clock
) -> None:
    async with WebhookReceiver() as monitor:
        _, watch = await serve(heartbeat_url=f"http://127.0.0.1:{monitor.port}/ping")
        for _ in range(6):  # two and a half minutes
            await beat(worker, clock)
            await look(watch)
            clock.move(30)
        assert len(monitor.requests) == 3
        for _ in range(5):  # no beat any more, but not for long enough
            clock.move(30)
            await look(watch)
        silent = len(monitor.requests)
        for _ in range(4):
            clock.move(30)
            await look(watch)
        assert len(monitor.requests) == silent <= 5
        assert {one.body for one in monitor.requests} == {b""}


async def test_a_mail_that_a_stopped_server_could_not_send_any_more_another_sends(
    serve: Serve, clinic: Team, clock: Clock, relay: SmtpReceiver
) -> None:
    _, first = await serve()
    relay.replies["mail"] = "451 4.3.0 try later"
    for pause in (SILENCE + 1, 30):
        clock.move(pause)
        await look(first)
    await first.close()
    relay.replies.clear()
    _, second = await serve()
    for _ in range(20):
        clock.move(30)
        await look(second)
    assert to_admin(relay) == ["Aftercare stands still"]


async def test_a_server_that_begins_to_look_in_an_outage_says_nothing_of_an_end(
    serve: Serve, clinic: Team, clock: Clock, relay: SmtpReceiver
) -> None:
    _, first = await serve()
    for pause in (SILENCE + 1, 30):
        clock.move(pause)
        await look(first)
    _, second = await serve()  # no worker has ever beaten, and this one has waited for none yet
    for _ in range(4):
        clock.move(10)
        await look(second)
    assert to_admin(relay) == ["Aftercare stands still"]


async def test_pages_say_that_nobody_works_from_when_it_was_told_until_somebody_does(
    serve: Serve, clinic: Team, worker: Database, clock: Clock, service: Database
) -> None:
    _, watch = await serve()
    await beat(worker, clock)
    since = clock()
    said = []
    for _ in range(6):
        await watch.look()
        said.append(await heartbeat.standstill(service, clinic.clinic_id))
        clock.move(30)
    assert said == [None] * 6  # two minutes of silence, and a look that confirms it
    await watch.look()
    assert await heartbeat.standstill(service, clinic.clinic_id) == Standstill(since=since, nobody=True)
    await beat(worker, clock)
    await watch.look()
    assert await heartbeat.standstill(service, clinic.clinic_id) is None


async def test_only_the_clinic_whose_urgent_work_waits_reads_of_it(
    serve: Serve, clinic: Team, service: Database, worker: Database, clock: Clock
) -> None:
    _, watch = await serve()
    other = await make_team(service, "beta", clock())
    due_at = clock()
    async with service.clinic(clinic.clinic_id) as db:
        await due_work.put(db, clinic.clinic_id, SWEEP, uuid4(), due_at, 2)
    for _ in range(7):
        clock.move(30)
        await beat(worker, clock)
        await watch.look()
    waits = Standstill(since=due_at, nobody=False)
    assert await heartbeat.standstill(service, clinic.clinic_id) == waits
    assert await heartbeat.standstill(service, other.clinic_id) is None
