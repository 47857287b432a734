"""Emergencies under chaos: whatever is killed and however receivers answer, each is acknowledged or goes up the chain."""

import asyncio
import random
import signal
from collections import Counter
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import msgspec

from aftercare.db.pool import Database
from aftercare.model.addresses import AddressDraft, InstallationDraft
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.people import Actor, StaffDraft
from aftercare.model.words import Role
from aftercare.services import addresses, staff, webhooks
from aftercare.services.house import utc_now
from tests.e2e.certificates import Certificate
from tests.prove.chaos_outside import Outside, receivers
from tests.prove.chaos_staff import Staff
from tests.prove.chaos_verdict import judged
from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet
from tests.prove.journal import CHECK_INS, JSON, Item, Journal, Progress, Sender
from tests.prove.moods import HTTP_MOODS, MAIL_MOODS
from tests.prove.people import Phone, enrol, open_clinic
from tests.prove.storm import Scene

SENDERS = 8
QUIET = ({"redness": 1}, {"dryness": 1}, {"pain": 0}, {"itching": 0})
PAST_THE_LEASE = 17.0  # seconds that a worker stands still
# Of patients' phones: where the fault is ours the next try comes after five minutes, which staff's addresses show.
_PHONES = [
    (channel, mood) for channel in ("fcm", "apns") for mood in HTTP_MOODS if mood not in {"403", "404"}
]
_BUSY = """
    select exists (select from due_work where kind like 'deliver:%' and urgency = 3 and due_at < now() + interval '60 seconds')
        or exists (select from due_work where kind = 'escalate' and urgency = 3 and due_at <= now())
        or exists (select from alerts where tier = 'emergency' and state = 'open' and step = 0)
        or exists (select from deliveries d
                   join due_work w on w.clinic_id = d.clinic_id and w.subject_id = d.delivery_id
                   where d.kind = 'message_sent' and w.due_at < now() + make_interval(secs => $1))
"""
_GONE = """
    select (select count(*) from addresses where retired_at is not null and staff_id is not null)
         + (select count(*) from webhooks where disabled_at is not null)
"""
# A webhook, a number, a phone of each sort, and two subscriptions, since a push service says 404 as well.
_GONE_OF_A_CLINIC = 6


async def test_every_emergency_is_acknowledged_or_goes_up_the_chain(
    tmp_path: Path, trial: Trial, certificate: Certificate
) -> None:
    clinics, emergencies, total = trial.size(2, 8), trial.size(6, 200), trial.size(60, 5000)
    session_at = (utc_now() - timedelta(days=10)).replace(microsecond=0)
    async with (
        receivers(certificate, faults_first=trial.size(1, 2)) as outside,
        _fleet(tmp_path, outside) as fleet,
    ):
        scene = Scene(fleet, trial.rng)
        people = Staff([one.address for one in scene.servers], fleet, trial.rng)
        outside.server.on_taken = people.hear
        first, phones = await _seeded(fleet, trial, clinics, emergencies, session_at, outside, people)
        for one in scene.servers:
            await one.ready()
        # One of each clinic before anything fails, so that what is gone is known to be gone.
        works = [[(phone, _item(trial.rng, emergency=True))] for phone in first]
        await _sent(scene, works, tmp_path / "first", trial, 0)
        await _known_to_be_gone(fleet, clinics)
        gone_before = outside.record.attempts("410")
        people.at_work.set()
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
        await judged(judge, tmp_path, trial, outside, people, gone_before)
        await judge.close()


def _fleet(folder: Path, outside: Outside) -> Fleet:
    return Fleet(
        folder,
        postgres={"max_connections": "200"},
        AFTERCARE_SMTP_HOST="127.0.0.1",
        AFTERCARE_SMTP_PORT=str(outside.relay.port),
        AFTERCARE_SMTP_TLS="none",
        AFTERCARE_SMS_URL=outside.server.gateway,
        AFTERCARE_PUSH_PRIVATE_HOSTS="127.0.0.1",
        **outside.phones.settings(folder),
    )


async def _seeded(
    fleet: Fleet,
    trial: Trial,
    clinics: int,
    emergencies: int,
    at: datetime,
    outside: Outside,
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
            await webhooks.create_webhook(database, team.admin, outside.server.hook(handle, mood), now=at)
            carrier = await _practitioner(database, team.admin, f"{mood}-ok@{handle}.test", at)
            for channel, address in outside.addresses(handle, mood).items():
                draft = msgspec.convert({"channel": channel, "address": address}, AddressDraft)
                await addresses.register(database, carrier, uuid4(), draft, now=at)
        for mood in MAIL_MOODS:
            await _practitioner(database, team.admin, f"mail-{mood}@{handle}.test", at)
        for place in range(1 + trial.size(6, max(50, emergencies // clinics))):
            name = f"Alder Sample {number} {place}"
            phone = await enrol(database, team, name, session_at=at, email=f"{place}-ok@{handle}.test")
            await _register_push(database, phone, outside, *trial.rng.choice(_PHONES))
            (first if place == 0 else phones).append(phone)
    await database.close()
    return first, phones


async def _register_push(database: Database, phone: Phone, outside: Outside, channel: str, mood: str) -> None:
    push = msgspec.convert({"channel": channel, "address": outside.phones.phone(channel, mood)}, AddressDraft)
    draft = InstallationDraft(push=push)
    await addresses.put_installation(database, phone.actor, phone.installation_id, draft, now=utc_now())


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
    """Wait until all that is urgent has been tried, and nothing of it is due within a minute.

    Of messages nothing within some seconds: they are calm, and their second try comes half a minute after the first.
    """
    judge, soon = await fleet.judge(), trial.size(1, 125)
    async with asyncio.timeout(trial.size(240, 1500)):
        while people.tasks or await judge.fetchval(_BUSY, soon):  # noqa: ASYNC110 - other processes do it, and say nothing
            await asyncio.sleep(0.2)
    await judge.close()
