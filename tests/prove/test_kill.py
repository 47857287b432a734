"""Everything is killed at random moments while phones send: nothing acknowledged is lost, nothing is doubled."""

import asyncio
from collections import Counter
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from aftercare.photos.blobs import Blobs, LocalBlobs
from aftercare.photos.sealed import SealedBlobs
from aftercare.services import audit, webhooks
from aftercare.services.house import photo_keys, utc_now
from tests.e2e.receivers import SmtpReceiver, WebhookReceiver
from tests.prove import verdict
from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet
from tests.prove.journal import Item, Journal, Progress, Sender, read_journals
from tests.prove.people import Phone, enrol, open_clinic
from tests.prove.storm import DAYS, Scene, mixed, work_of

Share = list[tuple[Phone, Item]]  # what one sender sends, in order

SENDERS = 8
ACCESS_HOLDS = timedelta(minutes=15)
# A claim in hand falls due within the lease; what comes later than that is not in anybody's hands.
DRAINED = """
    select not exists (select 1 from due_work where kind like 'deliver:%' and due_at < now() + interval '91 seconds')
       and not exists (select 1 from due_work where due_at <= now())
       and not exists (select 1 from audit_entries where number is null)
"""
# Nobody alive takes three seconds here: such a claim died with its worker.
END_LEASES = "update due_work set due_at = now() where due_at between now() and now() + interval '87 seconds'"


async def test_nothing_is_lost_or_doubled_whatever_is_killed(tmp_path: Path, trial: Trial) -> None:
    total = trial.size(200, 10_000)
    session_at = (utc_now() - timedelta(days=DAYS)).replace(microsecond=0)
    async with SmtpReceiver() as mail, WebhookReceiver() as hooks, _fleet(tmp_path, mail) as fleet:
        scene = Scene(fleet, trial.rng)
        phones = await _seeded(fleet, trial, session_at, hooks.url)
        works = [(phone, work_of(phone, session_at, total // len(phones), trial.rng)) for phone in phones]
        shares = [mixed(works[number::SENDERS], trial.rng) for number in range(SENDERS)]
        for server in scene.servers:
            await server.ready()
        supervisor = asyncio.create_task(fleet.supervise())
        await _sent(scene, shares, tmp_path / "first", trial, trial.size(3, 20))
        judge = await fleet.judge()
        await _sent(scene, [share[:: trial.size(4, 20)] for share in shares], tmp_path / "again", trial, 0)
        await _drained(judge, trial)
        supervisor.cancel()
        blobs = SealedBlobs(LocalBlobs(fleet.settings.data_dir / "photos"), photo_keys(fleet.settings))
        await _is_whole(judge, tmp_path, trial, phones, session_at, blobs)
        await _is_received(judge, hooks, mail, trial)
        await _is_chained(fleet, judge, phones[0].clinic_id, trial)
        await judge.close()


def _fleet(folder: Path, mail: SmtpReceiver) -> Fleet:
    return Fleet(
        folder, AFTERCARE_SMTP_HOST="127.0.0.1", AFTERCARE_SMTP_PORT=str(mail.port), AFTERCARE_SMTP_TLS="none"
    )


async def _seeded(fleet: Fleet, trial: Trial, session_at: datetime, hook: str) -> list[Phone]:
    """A clinic that never closes, with a webhook, and phones whose first tokens end at some moment of the storm."""
    database = fleet.database()
    await database.open()
    team = await open_clinic(database, "alpha", session_at, always=True, webhook_hosts=("127.0.0.1",))
    await webhooks.create_webhook(database, team.admin, hook, now=session_at)
    phones = []
    for number in range(trial.size(8, 400)):
        end = timedelta(seconds=trial.rng.uniform(0, trial.size(5, 120)))
        phone = await enrol(
            database,
            team,
            f"Alder Sample {number}",
            session_at=session_at,
            email=f"patient-{number}@patients.test",
            now=utc_now() - ACCESS_HOLDS + end,
        )
        phones.append(phone)
    await database.close()
    return phones


async def _sent(scene: Scene, shares: list[Share], folder: Path, trial: Trial, kills: int) -> None:
    """Everybody's share, sent until it is answered, while that many things are killed."""
    folder.mkdir()
    progress, total = Progress(), sum(len(share) for share in shares)
    with ExitStack() as journals:
        senders = [
            Sender(
                journals.enter_context(Journal(folder / f"{number}")), scene.addresses, trial.rng, progress
            )
            for number in range(len(shares))
        ]
        async with asyncio.timeout(trial.size(120, 1200)), asyncio.TaskGroup() as group:
            for sender, share in zip(senders, shares, strict=True):
                group.create_task(sender.send_all(share))
            if kills:
                group.create_task(scene.storm(progress, total, kills))
    trouble = sum((sender.trouble for sender in senders), Counter[str]())
    assert trouble["500"] == 0, "what fails from outside is told as such"
    if kills:
        trial.say(
            f"{total} items of {len(shares)} senders, {progress.count} acknowledged, through {scene.killed.total()} kills"
            f" {dict(scene.killed)}, sent again after {dict(trouble)}; {sum(one.renewed for one in senders)} token pairs"
            f" renewed, the answers of {sum(one.lost for one in senders)} lost"
        )


async def _drained(judge: asyncpg.Connection, trial: Trial) -> None:
    """Wait until nothing is due, in hand or without a number; the small run does not wait for dead workers' leases."""
    async with asyncio.timeout(400):
        while not await judge.fetchval(DRAINED):
            if not trial.long:
                await judge.execute(END_LEASES)
            await asyncio.sleep(0.1)


async def _is_whole(
    judge: asyncpg.Connection,
    folder: Path,
    trial: Trial,
    phones: list[Phone],
    session_at: datetime,
    blobs: Blobs,
) -> None:
    sent, answered = read_journals((folder / "first").iterdir())
    _, again = read_journals((folder / "again").iterdir())
    assert sent.keys() == answered.keys()
    assert [path for path, body in again.items() if body != answered[path]] == []
    drafts = verdict.drafts_of(sent)
    assert await verdict.differing_check_ins(judge, drafts) == []
    broken, orphans = await verdict.broken_photos(judge, blobs, sent)
    assert broken == []
    due, raised = (
        verdict.due_alerts(phones, session_at, sent, drafts),
        await verdict.raised_alerts(judge),
    )
    assert raised == due
    assert await verdict.wrong_counts(judge) == {}
    trial.say(
        f"{len(drafts)} check-ins and {len(sent) - len(drafts)} photos kept once each as sent, {orphans} blobs of no photo;"
        f" {due.total()} alerts raised or escalated as the engine alone says, missing or doubled 0;"
        f" {len(again)} sent again got their first answer"
    )


async def _is_received(
    judge: asyncpg.Connection, hooks: WebhookReceiver, mail: SmtpReceiver, trial: Trial
) -> None:
    wrong, copies = await verdict.unreceived(judge, hooks.requests, mail.mails)
    assert wrong == []
    later = await judge.fetchval("select count(*) from deliveries where state <> 'sent'")
    trial.say(
        f"{len(hooks.requests)} webhook calls and {len(mail.mails)} mails received, every delivery at least once,"
        f" {copies} copies with the same id and bytes; {later} due later"
    )


async def _is_chained(fleet: Fleet, judge: asyncpg.Connection, clinic_id: UUID, trial: Trial) -> None:
    database = fleet.database()
    await database.open()
    assert [number async for number in audit.verify(database, clinic_id)] == []
    await database.close()
    trial.say(
        f"the audit's chain holds over {await judge.fetchval('select max(number) from audit_entries')} entries"
    )
