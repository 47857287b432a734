"""Emergencies under chaos: whatever is killed and however receivers answer, each is acknowledged or goes up the chain."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec

from aftercare.db.pool import Database
from aftercare.model.addresses import AddressDraft
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.people import Actor, StaffDraft
from aftercare.model.words import Role
from aftercare.services import addresses, staff, webhooks
from aftercare.services.house import utc_now
from tests.prove import verdict
from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet
from tests.prove.journal import CHECK_INS, JSON, Item, Journal, Progress, Sender, read_journals
from tests.prove.moods import HTTP_MOODS, MAIL_MOODS, MoodyRelay, MoodyServer, Record
from tests.prove.people import Phone, enrol, open_clinic
from tests.prove.storm import Scene

SENDERS = 8
QUIET = ({"redness": 1}, {"dryness": 1}, {"pain": 0}, {"itching": 0})
PAST_THE_LEASE = 17.0  # seconds that a worker stands still
# What may still be said to be in time: PostgreSQL restarts and a dead worker's lease ends well within.
IN_TIME = timedelta(seconds=60)
# Nobody takes it: its time is over in a moment, so that the run need not last a quarter of an hour. Under the lock that
# everything else takes.
_HURRY = """
    with shifted as (
        update alerts set acknowledge_by = now() + interval '3 seconds', look_at = now() + interval '3 seconds',
                          clock_from = now() - interval '14 minutes 57 seconds'
        where id = $1 and state = 'open' and step = 0
        returning id, look_at
    )
    update due_work d set due_at = s.look_at, fence = d.fence + 1 from shifted s
    where d.kind = 'escalate' and d.subject_id = s.id
"""
_WENT_UP = "select exists (select from deliveries where alert_id = $1 and kind = 'alert_overdue')"
_BUSY = """
    select exists (select from due_work where kind like 'deliver:%' and urgency = 3 and due_at < now() + interval '60 seconds')
        or exists (select from due_work where kind = 'escalate' and urgency = 3 and due_at <= now())
        or exists (select from alerts where tier = 'emergency' and state = 'open' and step = 0)
"""
_GONE = """
    select (select count(*) from addresses where retired_at is not null)
         + (select count(*) from webhooks where disabled_at is not null)
"""
_GONE_OF_A_CLINIC = 4  # a webhook, a number and two subscriptions, since a push service says 404 as well
_LATENESS = """
    select a.id, a.state, a.acknowledged_at, a.acknowledge_by,
           (select min(d.queued_at) from deliveries d
            where d.clinic_id = a.clinic_id and d.alert_id = a.id and d.kind = 'alert_overdue') as went_up_at
    from alerts a where a.tier = 'emergency'
"""
_NEITHER = """
    select d.channel, d.state, count(*) from deliveries d
    where d.state in ('queued', 'failed') and not exists (
        select from due_work w where w.clinic_id = d.clinic_id and w.subject_id = d.delivery_id)
    group by d.channel, d.state
"""


@dataclass
class Staff:
    """Who hears by webhook, and takes every other emergency over HTTP, again until it is answered."""

    servers: list[str]
    fleet: Fleet
    rng: random.Random
    tokens: dict[str, str] = field(default_factory=dict)  # by clinic
    taken: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    broken: list[BaseException] = field(default_factory=list)

    async def hear(self, channel: str, said: dict[str, Any]) -> None:
        """A webhook was called."""
        alert = said.get("data", {}).get("alert")
        if channel != "webhook" or said["type"] != "alert_raised" or alert in self.taken | self.left:
            return
        takes = self.rng.random() < 1 / 2
        (self.taken if takes else self.left).add(alert)
        task = asyncio.create_task(self._take(alert) if takes else self._leave(alert))
        self.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if (error := task.exception()) is not None:
            self.broken.append(error)

    async def _take(self, alert: str) -> None:
        async with httpx.AsyncClient(timeout=10) as client:
            while True:
                for token in self.tokens.values():  # whose it is, only that clinic knows
                    try:
                        answer = await client.post(
                            f"{self.rng.choice(self.servers)}/v1/alerts/{alert}/acknowledge",
                            headers={"authorization": f"Bearer {token}"},
                            json={},
                        )
                    except httpx.TransportError:
                        continue
                    if answer.status_code == 200:
                        return
                    assert answer.status_code in {404, 409, 429, 503}, answer.text
                await asyncio.sleep(self.rng.uniform(0.1, 0.5))

    async def _leave(self, alert: str) -> None:
        """Let its time pass, and take it once it has gone up: else it would be told to everyone again and again."""
        await self._hurry(alert)
        while not await self._went_up(alert):  # noqa: ASYNC110 - a worker does it, and says nothing
            await asyncio.sleep(0.5)
        await self._take(alert)

    async def _went_up(self, alert: str) -> bool:
        try:
            judge = await self.fleet.judge()
            try:
                return bool(await judge.fetchval(_WENT_UP, UUID(alert)))
            finally:
                judge.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False

    async def _hurry(self, alert: str) -> None:
        while True:
            try:
                judge = await self.fleet.judge()
                try:
                    async with judge.transaction():
                        await judge.execute(
                            "select from patients p join alerts a on a.clinic_id = p.clinic_id"
                            " and a.patient_id = p.patient_id where a.id = $1 for update of p",
                            UUID(alert),
                        )
                        await judge.execute(_HURRY, UUID(alert))
                finally:
                    judge.terminate()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.2)
            else:
                return


async def test_every_emergency_is_acknowledged_or_goes_up_the_chain(tmp_path: Path, trial: Trial) -> None:
    clinics, emergencies, total = trial.size(2, 8), trial.size(8, 200), trial.size(60, 5000)
    session_at = (utc_now() - timedelta(days=10)).replace(microsecond=0)
    async with _receivers(trial) as (record, server, relay), _fleet(tmp_path, server, relay) as fleet:
        scene = Scene(fleet, trial.rng)
        people = Staff([one.address for one in scene.servers], fleet, trial.rng)
        server.on_taken = people.hear
        first, phones = await _seeded(fleet, trial, clinics, emergencies, session_at, server, people)
        for one in scene.servers:
            await one.ready()
        # One of each clinic before anything fails, so that what is gone is known to be gone.
        works = [[(phone, _item(trial.rng, emergency=True))] for phone in first]
        await _sent(scene, works, tmp_path / "first", trial, 0)
        await _known_to_be_gone(fleet, clinics)
        gone_before = record.attempts("410")
        supervisor = asyncio.create_task(fleet.supervise())
        stopper = asyncio.create_task(_stop_workers(scene, trial))
        works = _shares(phones, emergencies - clinics, total - clinics, trial.rng)
        await _sent(scene, works, tmp_path / "storm", trial, trial.size(3, 20))
        stopper.cancel()
        await asyncio.gather(stopper, return_exceptions=True)
        for worker in scene.workers:
            worker.signal(signal.SIGCONT)
        await _calm(fleet, people, trial)
        supervisor.cancel()
        judge = await fleet.judge()
        await _judged(judge, tmp_path, trial, record, people, gone_before)
        await judge.close()


@asynccontextmanager
async def _receivers(trial: Trial) -> AsyncIterator[tuple[Record, MoodyServer, MoodyRelay]]:
    record = Record(faults_first=trial.size(1, 2))
    async with MoodyServer(record) as server, MoodyRelay(record) as relay:
        yield record, server, relay


def _fleet(folder: Path, server: MoodyServer, relay: MoodyRelay) -> Fleet:
    return Fleet(
        folder,
        postgres={"max_connections": "200"},
        AFTERCARE_SMTP_HOST="127.0.0.1",
        AFTERCARE_SMTP_PORT=str(relay.port),
        AFTERCARE_SMTP_TLS="none",
        AFTERCARE_SMS_URL=server.gateway,
        AFTERCARE_PUSH_PRIVATE_HOSTS="127.0.0.1",
    )


async def _seeded(
    fleet: Fleet,
    trial: Trial,
    clinics: int,
    emergencies: int,
    at: datetime,
    server: MoodyServer,
    people: Staff,
) -> tuple[list[Phone], list[Phone]]:
    """Clinics that never close, each with an address of every mood on every channel; (a phone of each, all others)."""
    database = fleet.database()
    await database.open()
    first: list[Phone] = []
    phones: list[Phone] = []
    for number in range(clinics):
        handle = f"alpha-{number}"
        team = await open_clinic(database, handle, at, always=True, webhook_hosts=("127.0.0.1",))
        signed = await staff.sign_in(
            database,
            team.clinic_id,
            f"practitioner@{handle}.test",
            "long enough",
            address="test",
            now=utc_now(),
        )
        people.tokens[handle] = signed.token
        for mood in HTTP_MOODS:
            await webhooks.create_webhook(database, team.admin, server.hook(handle, mood), now=at)
            carrier = await _practitioner(database, team.admin, f"{mood}-ok@{handle}.test", at)
            for channel, address in (
                ("webpush", server.subscription(handle, mood)),
                ("sms", server.number(mood)),
            ):
                draft = msgspec.convert({"channel": channel, "address": address}, AddressDraft)
                await addresses.register(database, carrier, uuid4(), draft, now=at)
        for mood in MAIL_MOODS:
            await _practitioner(database, team.admin, f"mail-{mood}@{handle}.test", at)
        for place in range(1 + trial.size(6, max(50, emergencies // clinics))):
            name = f"Alder Sample {number} {place}"
            phone = await enrol(database, team, name, session_at=at, email="")
            (first if place == 0 else phones).append(phone)
    await database.close()
    return first, phones


async def _practitioner(database: Database, by: Actor, email: str, at: datetime) -> Actor:
    draft = StaffDraft(email=email, name="Sample", role=Role.PRACTITIONER, password="long enough")
    made = await staff.create_staff(database, by, draft, now=at)
    return Actor(clinic_id=by.clinic_id, kind="staff", id=made.staff_id, role=made.role)


def _item(rng: random.Random, *, emergency: bool) -> Item:
    check_in_id = UUID(int=rng.getrandbits(128), version=4)
    draft = CheckInDraft(
        instrument=1,
        recorded_at=utc_now(),
        time_zone="Europe/London",
        answers={"breathing_or_tongue": True} if emergency else rng.choice(QUIET),
    )
    return Item(path=f"{CHECK_INS}{check_in_id}", body=msgspec.json.encode(draft), kind=JSON)


def _shares(
    phones: list[Phone], emergencies: int, total: int, rng: random.Random
) -> list[list[tuple[Phone, Item]]]:
    """What each sender sends, of phones of its own: at most one emergency of a phone, anywhere among the rest."""
    reporting = rng.sample(phones, emergencies)
    work = [(phone, True) for phone in reporting]
    work += [(rng.choice(phones), False) for _ in range(total - emergencies)]
    rng.shuffle(work)
    owner = {phone.patient_id: place % SENDERS for place, phone in enumerate(phones)}
    shares: list[list[tuple[Phone, Item]]] = [[] for _ in range(SENDERS)]
    for phone, emergency in work:
        shares[owner[phone.patient_id]].append((phone, _item(rng, emergency=emergency)))
    return shares


async def _sent(
    scene: Scene, shares: list[list[tuple[Phone, Item]]], folder: Path, trial: Trial, kills: int
) -> None:
    folder.mkdir()
    progress, total = Progress(), sum(map(len, shares))
    with ExitStack() as journals:
        senders = [
            Sender(
                journals.enter_context(Journal(folder / f"{number}")), scene.addresses, trial.rng, progress
            )
            for number in range(len(shares))
        ]
        async with asyncio.timeout(trial.size(180, 1200)), asyncio.TaskGroup() as group:
            for sender, share in zip(senders, shares, strict=True):
                group.create_task(sender.send_all(share))
            if kills:
                group.create_task(scene.storm(progress, total, kills))
    trouble = sum((sender.trouble for sender in senders), Counter[str]())
    assert trouble["500"] == 0, "what fails from outside is told as such"
    if kills:
        trial.say(f"{total} check-ins acknowledged through {scene.killed.total()} kills {dict(scene.killed)}")


async def _stop_workers(scene: Scene, trial: Trial) -> None:
    """One worker after the other stands still past its lease and comes back."""
    while True:
        worker = trial.rng.choice(scene.workers)
        worker.signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(PAST_THE_LEASE)
        finally:
            worker.signal(signal.SIGCONT)
        await asyncio.sleep(trial.rng.uniform(1, 5))


async def _known_to_be_gone(fleet: Fleet, clinics: int) -> None:
    """Wait until each address that is gone has said so."""
    judge = await fleet.judge()
    async with asyncio.timeout(60):
        while await judge.fetchval(_GONE) < clinics * _GONE_OF_A_CLINIC:  # noqa: ASYNC110 - other processes do it
            await asyncio.sleep(0.1)
    await judge.close()


async def _calm(fleet: Fleet, people: Staff, trial: Trial) -> None:
    """Wait until all that is urgent has been tried, and nothing of it is due within a minute."""
    judge = await fleet.judge()
    async with asyncio.timeout(trial.size(240, 1500)):
        while people.tasks or await judge.fetchval(_BUSY):  # noqa: ASYNC110 - other processes do it, and say nothing
            await asyncio.sleep(0.2)
    await judge.close()


async def _judged(
    judge: asyncpg.Connection,
    folder: Path,
    trial: Trial,
    record: Record,
    people: Staff,
    gone_before: dict[str, int],
) -> None:
    sent, answered = read_journals([*(folder / "first").iterdir(), *(folder / "storm").iterdir()])
    assert sent.keys() == answered.keys()
    drafts = verdict.drafts_of(sent)
    assert await verdict.differing_check_ins(judge, drafts) == []
    wanted = sum("breathing_or_tongue" in draft.answers for draft in drafts.values())
    rows = await judge.fetch(_LATENESS)
    assert len(rows) == wanted, "an alert for each emergency"
    assert {str(row["id"]) for row in rows} == people.taken | people.left, "each was heard of by webhook"
    assert people.broken == []
    late = [row["went_up_at"] - row["acknowledge_by"] for row in rows if row["went_up_at"] is not None]
    neither = [row for row in rows if row["acknowledged_at"] is None and row["went_up_at"] is None]
    assert neither == []
    assert max(late, default=timedelta()) <= IN_TIME
    assert await judge.fetch(_NEITHER) == [], "what is not settled is due"
    unheard = await judge.fetch(
        "select d.delivery_id from deliveries d where d.state = 'sent' and d.tier = 'emergency'"
        " and d.delivery_id <> all ($1::uuid[])",
        list(record.heard),
    )
    assert unheard == [], "what is said to be sent was received"
    assert record.too_soon() == [], "nobody came before Retry-After"
    # A mail address is the person's own and is not retired; an address that rang once more before it was known to be gone
    # would show here as two.
    tried = {one: count for one, count in record.attempts("410").items() if one in gone_before}
    assert set(tried.values()) == {1}, "one attempt on a retired address"
    received = {one.delivery for one in record.came if one.taken}
    trial.say(
        f"{len(rows)} emergencies among {len(drafts)} check-ins: {len(people.taken)} acknowledged,"
        f" {len(late)} went up the chain, the latest {max(late, default=timedelta()).total_seconds():.1f} s past its time;"
        f" neither 0; lost 0 of {len(received)} messages received over {len(record.came)} attempts,"
        f" {record.copies()} copies with the same id; before Retry-After 0; attempts on retired addresses 1 each"
    )
