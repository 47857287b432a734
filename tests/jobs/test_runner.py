"""The worker as a whole: woken by a commit, and one slow receiver holds up nobody."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from aftercare.db.pool import Database
from aftercare.jobs.runner import Worker
from aftercare.model.addresses import ChannelName
from aftercare.model.deliveries import Delivery, Letter
from aftercare.model.messages import MessageKind
from aftercare.services import audit
from aftercare.services.deliveries import WAKE, queue
from aftercare.services.house import House, build_house
from aftercare.services.webhooks import create_webhook
from aftercare.settings import Settings
from aftercare.store.deliveries import work_kind
from tests.e2e.receivers import Exchange, SmtpReceiver, WebhookReceiver
from tests.services.conftest import Recovering, Team, Treat, make_team, team, treat

__all__ = ["team", "treat"]  # fixtures

PRACTITIONER = "practitioner@alpha.test"
PATIENCE = 30.0  # seconds: a bound for what must come


@pytest.fixture
async def mail() -> AsyncIterator[SmtpReceiver]:
    async with SmtpReceiver() as receiver:
        yield receiver


@pytest.fixture
async def house(database_url: str, tmp_path: Path, mail: SmtpReceiver) -> AsyncIterator[House]:
    settings = Settings(
        database_url=database_url,
        data_dir=tmp_path,
        smtp_host="127.0.0.1",
        smtp_port=mail.port,
        smtp_tls="none",
    )
    made = build_house(settings, with_worker=True)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def running(house: House) -> AsyncIterator[Worker]:
    worker = Worker(house)
    worker.start()
    yield worker
    await worker.stop()


@pytest.fixture
async def patient(treat: Treat) -> Recovering:
    return await treat(datetime.now(UTC) - timedelta(days=2))


async def test_mail_of_an_emergency_leaves_with_the_commit(
    running: Worker, patient: Recovering, mail: SmtpReceiver
) -> None:
    await patient.says(datetime.now(UTC), now=datetime.now(UTC), breathing_or_tongue=True)
    (told,) = await mail.wait_for_mail_of(PRACTITIONER)
    assert told.recipients == (PRACTITIONER,)


async def test_two_workers_send_each_mail_once(
    house: House, running: Worker, patient: Recovering, mail: SmtpReceiver
) -> None:
    second = Worker(house)
    second.start()
    signs = ({"breathing_or_tongue": True}, {"eye": ["vision"]}, {"very_unwell": True})
    for sign in signs:
        await patient.says(datetime.now(UTC), now=datetime.now(UTC), **sign)

    # The admin hears of yesterday's reminder, which never left, by a mail of its own.
    await mail.wait_for_mail_of(PRACTITIONER, len(signs))
    await second.stop()
    told = [one.message["message-id"] for one in mail.of(PRACTITIONER)]
    assert len(told) == len(set(told)) == len(signs)


async def test_a_hanging_webhook_delays_neither_mail_nor_another_webhook(
    service: Database, running: Worker, patient: Recovering, mail: SmtpReceiver, team: Team
) -> None:
    async def hang(exchange: Exchange) -> None:
        await exchange.hang()

    async with WebhookReceiver(hang) as slow, WebhookReceiver() as quick:
        owner = await asyncpg.connect(service.url)
        await owner.execute("update clinics set private_webhook_hosts = array['127.0.0.1']")
        await owner.close()
        for receiver in (slow, quick):
            await create_webhook(service, team.admin, receiver.url, now=datetime.now(UTC))
        await patient.says(datetime.now(UTC), now=datetime.now(UTC), breathing_or_tongue=True)
        await asyncio.gather(slow.wait_for(1), quick.wait_for(1), mail.wait_for_mail_of(PRACTITIONER))


async def _until_still(running: Worker, owner: asyncpg.Connection) -> None:
    """Wait until the worker hears commits, then stop its ticks: what is woken from here on was woken by a commit."""
    heard = "select exists (select from pg_stat_activity where datname = current_database() and query ilike 'listen%')"
    async with asyncio.timeout(PATIENCE):
        while not await owner.fetchval(heard):  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0.02)
        running._scheduler.pause()
        while _woken(running):  # noqa: ASYNC110 - nor does a line that begins to look
            await asyncio.sleep(0.02)


def _woken(running: Worker) -> set[str]:
    return {line.work.kind for line in running._lines if line._woken.is_set()}


def _test_of(channel: ChannelName, *, webhook_id: UUID | None = None, staff_id: UUID | None = None) -> Letter:
    now = datetime.now(UTC)
    test = Delivery(
        delivery_id=uuid7(),
        channel=channel,
        kind=MessageKind.TEST,
        webhook_id=webhook_id,
        staff_id=staff_id,
        queued_at=now,
    )
    return Letter(what=f"test:{test.delivery_id}", delivery=test, not_before=now)


async def test_a_commit_wakes_the_lines_that_it_made_work_for(
    service: Database, running: Worker, mail: SmtpReceiver, team: Team
) -> None:
    owner = await asyncpg.connect(service.url)
    async with WebhookReceiver() as hooks:
        await owner.execute("update clinics set private_webhook_hosts = array['127.0.0.1']")
        hook = await create_webhook(service, team.admin, hooks.url, now=datetime.now(UTC))
        call = partial(_test_of, ChannelName.WEBHOOK, webhook_id=hook.webhook_id)
        await _until_still(running, owner)
        said: list[object] = []
        await owner.add_listener(WAKE, lambda *heard: said.append(heard[-1]))
        async with service.clinic(team.clinic_id) as db:
            await queue(db, team.clinic_id, [call()])
        await hooks.wait_for(1)
        await owner.execute("select 1")  # what was said before this is heard by now
        assert said == ["deliver:webhook"]

        both = [call(), _test_of(ChannelName.SMTP, staff_id=team.practitioner.id)]
        async with service.clinic(team.clinic_id) as db:
            await queue(db, team.clinic_id, both)
        await asyncio.gather(hooks.wait_for(2), mail.wait_for_mail_of(PRACTITIONER))
        await owner.execute("select 1")
        assert set(said[1:]) == {"deliver:webhook", "deliver:smtp"}
    await owner.reset()
    await owner.close()


async def test_what_a_commit_names_wakes_no_other_line(service: Database, running: Worker) -> None:
    owner = await asyncpg.connect(service.url)
    for channel in ChannelName:
        await _until_still(running, owner)
        running._wake(work_kind(channel))
        assert _woken(running) == {work_kind(channel)}
    await owner.close()


async def test_the_sealer_numbers_every_clinic_without_a_gap(
    service: Database, worker: Database, team: Team, patient: Recovering
) -> None:
    other = await make_team(service, "beta", datetime.now(UTC))
    await patient.says(datetime.now(UTC), redness=1)
    await asyncio.gather(audit.seal(worker), audit.seal(worker), audit.seal(worker))
    for clinic_id in (team.clinic_id, other.clinic_id):
        async with service.clinic(clinic_id) as db:
            numbers = await db.fetch("select number from audit_entries order by number")
        assert [row["number"] for row in numbers] == list(range(1, len(numbers) + 1))
        assert [number async for number in audit.verify(service, clinic_id)] == []


async def test_an_edited_or_removed_entry_breaks_the_chain(
    service: Database, worker: Database, team: Team, patient: Recovering
) -> None:
    await patient.says(datetime.now(UTC), redness=1)
    await audit.seal(worker)
    owner = await asyncpg.connect(service.url)
    await owner.execute("update audit_entries set action = 'patient.updated' where number = 3")
    await owner.execute("delete from audit_entries where number = 5")
    await owner.close()
    broken = [number async for number in audit.verify(service, team.clinic_id)]
    assert broken == [3, 6]


async def test_a_chain_whose_newest_entry_was_taken_away_does_not_verify(
    service: Database, worker: Database, team: Team
) -> None:
    sealed = await audit.seal(worker)
    assert [number async for number in audit.verify(service, team.clinic_id)] == []
    owner = await asyncpg.connect(service.url)
    await owner.execute("delete from audit_entries where number = $1", sealed)
    await owner.close()
    assert [number async for number in audit.verify(service, team.clinic_id)] == [sealed]


async def test_the_service_cannot_rewrite_the_audit(service: Database, worker: Database, team: Team) -> None:
    await audit.seal(worker)
    for statement in ("update audit_entries set action = 'x'", "delete from audit_entries"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with service.clinic(team.clinic_id) as db:
                await db.execute(statement)
    async with worker.clinic(team.clinic_id) as db:
        assert await db.execute("update audit_entries set number = 99, chain = ''") == "UPDATE 0"
