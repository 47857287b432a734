"""Noticing that background work stands still, without any of it: servers look, from their own event loop.

One of them looks at a time (an advisory lock of a connection of its own), and what it finds is a row that all of them
read: so a clinic's admins hear of an outage once, and once that it is over. They hear of it by mail, which the looking
process sends itself over the ordinary ledger; where that fails it tries again, and so does a worker once there is one.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import structlog
from uuid_utils.compat import uuid7

from aftercare.alerts.heartbeat import LOOKS, Fault, Outage, Signs, Step, background, seen, step
from aftercare.db.pool import Connection, Database
from aftercare.model.addresses import ChannelName
from aftercare.model.deliveries import Delivery, Letter
from aftercare.model.messages import MessageKind
from aftercare.model.people import Actor
from aftercare.model.team import Team
from aftercare.model.views import Standstill
from aftercare.model.words import Role
from aftercare.notify.channel import NotDeliveredError
from aftercare.notify.http import HttpOut
from aftercare.services import audit, deliveries
from aftercare.services.house import House
from aftercare.services.team import read_team
from aftercare.settings import Settings
from aftercare.store import heartbeat as store
from aftercare.store.deliveries import work_kind
from aftercare.store.due_work import Claim

_log = structlog.get_logger()
_MAIL = work_kind(ChannelName.SMTP)
_LEASE = timedelta(minutes=2)  # longer than the longest dialogue with a relay
_AT_ONCE = 10
_PING = timedelta(minutes=1)

Mail = tuple[UUID, UUID]  # a clinic, and a delivery of it


def silence(settings: Settings) -> timedelta:
    """How long no worker may be heard of, and urgent work be left alone."""
    return timedelta(seconds=settings.worker_silence_seconds)


async def state(database: Database, settings: Settings, *, now: datetime) -> str:
    """Background work in a word: `ok`, `silent`, `behind`."""
    quiet = silence(settings)
    async with database.statement() as db:
        # Another machine's clock may be ahead by less than that.
        beat, standing = await store.newest_beat(db, now + quiet), await store.standing(db)
    return background(beat, standing, now=now, silence=quiet)


async def standstill(database: Database, clinic_id: UUID) -> Standstill | None:
    """What a clinic's pages say of background work that stands still; None while it does not."""
    async with database.clinic(clinic_id) as db:
        return await store.standstill(db, clinic_id)


class Watch:
    """One process's part in looking after the workers."""

    def __init__(self, house: House) -> None:
        """Nothing is opened yet."""
        self._house, self._silence = house, silence(house.settings)
        settings = house.settings
        # Its own connections (one looks, one is asked): neither full requests nor workers that hold theirs keep it from it.
        self.across = Database(
            settings.worker_database_url or settings.database_url, role="aftercare_worker", size=2
        )
        self._since = house.now()
        self._unsent: set[Mail] = set()
        self._adopted: UUID | None = None  # the outage whose unsent mails are known here, whoever wrote them
        self._pinged_at: datetime | None = None
        self._looking: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Look from now on. Raises DatabaseAway."""
        await self.across.open()
        self._looking = asyncio.create_task(self._look_on())

    async def close(self) -> None:
        """Look no more."""
        tasks = [task for task in (self._looking, self._sending) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.across.close()

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep((self._silence / LOOKS).total_seconds())
            await self._try(self.look())
            # Beside the next looks: a relay that hangs takes a minute for each mail.
            if self._sending is None or self._sending.done():
                self._sending = asyncio.create_task(self._try(self.send()))

    async def _try(self, part: Coroutine[Any, Any, None]) -> None:
        try:
            await part
        except Exception as error:  # noqa: BLE001 - mostly the database is away; a monitor elsewhere then hears no ping
            _log.warning("look_failed", error=type(error).__name__)

    async def look(self) -> None:
        """Look once, unless another process does, and do what follows."""
        well = False
        async with self.across.statement() as db:
            if await store.alone(db):
                try:
                    well = await self._look(db)
                finally:
                    await store.together(db)
        if well:
            await self._ping()

    async def _look(self, db: Connection) -> bool:
        now = self._house.now()
        self._since = min(self._since, now)  # the clock may have been put back
        standing = await store.standing(db)
        signs = Signs(
            newest_beat=await store.newest_beat(db, now + self._silence),
            oldest_urgent=await store.oldest_urgent(db),
            # A server that has just begun to look takes no outage for over that others have seen.
            watched_from=min(self._since, standing.since) if standing else self._since,
        )
        fault = seen(signs, now=now, silence=self._silence)
        decided = step(standing, fault, now=now, silence=self._silence)
        if standing is None:
            if fault is not None:
                await store.notice(db, uuid7(), fault, now)
            return fault is None
        if standing.told_at is not None and self._adopted != standing.outage_id:
            await self._adopt(await store.clinics(db), standing, MessageKind.WORK_STOPPED)
        await self._act(db, standing, decided, now)
        return False

    async def _act(self, db: Connection, standing: Outage, decided: Step, now: datetime) -> None:
        write = msgspec.structs.replace
        match decided:
            case Step.FORGET:
                await store.forget(db, standing.outage_id)
            case Step.TELL:
                _log.error("background_work_stands_still", why=standing.why, since=standing.since.isoformat())
                concerned = (
                    await store.clinics(db)
                    if standing.why is Fault.NO_WORKER
                    else await store.behind(db, now - self._silence)
                )
                await self._tell(concerned, standing, MessageKind.WORK_STOPPED, now)
                await self._adopt(concerned, standing, MessageKind.WORK_STOPPED)
                # Only now: who is killed in the middle has not told, and the next tells those who do not know.
                await store.write(db, write(standing, told_at=now))
            case Step.MEND:
                await store.write(db, write(standing, well_at=now))
            case Step.RELAPSE:
                await store.write(db, write(standing, well_at=None))
            case Step.TELL_OVER:
                _log.warning("background_work_goes_on", why=standing.why)
                concerned = await store.clinics(db)
                await self._tell(concerned, standing, MessageKind.WORK_RESUMED, now)
                await self._adopt(concerned, standing, MessageKind.WORK_RESUMED)
                await store.write(db, standing, ended_at=now)

    async def _tell(self, clinics: Sequence[UUID], outage: Outage, kind: MessageKind, now: datetime) -> None:
        for clinic_id in clinics:
            async with self._house.database.clinic(clinic_id) as db:
                if kind is MessageKind.WORK_RESUMED and not await store.told(
                    db, clinic_id, what(outage, MessageKind.WORK_STOPPED)
                ):
                    continue
                letters = letters_about(outage, kind, await read_team(db, clinic_id), now)
                if await deliveries.queue(db, clinic_id, letters):
                    system = Actor(clinic_id=clinic_id, kind="system")
                    await audit.record(
                        db, system, f"outage.{kind.value}", now=now, subject_id=outage.outage_id
                    )

    async def _adopt(self, clinics: Sequence[UUID], outage: Outage, kind: MessageKind) -> None:
        """Send what was written and has not left, whoever wrote it: a server that was stopped since cannot any more."""
        for clinic_id in clinics:
            async with self._house.database.clinic(clinic_id) as db:
                found = await store.unsent(db, clinic_id, what(outage, kind))
            self._unsent |= {(clinic_id, delivery_id) for delivery_id in found}
        self._adopted = outage.outage_id

    async def send(self) -> None:
        """Send what is still to be sent, as a worker would: claimed, attempted, on record."""
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(mail: Mail) -> None:
            async with places:
                await self._attempt(mail)

        await asyncio.gather(*(one(mail) for mail in tuple(self._unsent)))

    async def _attempt(self, mail: Mail) -> None:
        (clinic_id, delivery_id), now = mail, self._house.now()
        database = self._house.database
        async with database.clinic(clinic_id) as db:
            fence = await store.take(db, clinic_id, _MAIL, delivery_id, now, now + _LEASE)
            if fence is None and not await store.waits(db, clinic_id, _MAIL, delivery_id):
                self._unsent.discard(mail)  # sent, or given up
        if fence is not None:
            claim = Claim(clinic_id=clinic_id, subject_id=delivery_id, fence=fence)
            await deliveries.attempt(database, self._house, ChannelName.SMTP, claim, now)

    async def _ping(self) -> None:
        """Tell a monitor elsewhere that all is well. When nobody does any more, it knows what we cannot say."""
        url, now = self._house.settings.heartbeat_url, self._house.now()
        if not url or (self._pinged_at is not None and now - self._pinged_at < _PING):
            return
        try:
            # The operator wrote this address: it may be on their own network.
            await HttpOut(listed_hosts=[urlsplit(url).hostname or ""]).post(url, [], b"")
        except NotDeliveredError as error:
            _log.warning("heartbeat_not_taken", answer=error.answer)
        else:
            self._pinged_at = now


def what(outage: Outage, kind: MessageKind) -> str:
    """What makes a mail about an outage the same mail."""
    return f"outage:{outage.outage_id}{'' if kind is MessageKind.WORK_STOPPED else ':over'}"


def letters_about(outage: Outage, kind: MessageKind, team: Team, now: datetime) -> list[Letter]:
    """A mail to each admin; to everyone where there is none: nobody is never the answer."""
    admins = [member for member in team.members if member.role is Role.ADMIN] or list(team.members)
    return [
        Letter(
            what=what(outage, kind),
            delivery=Delivery(
                delivery_id=uuid7(),
                channel=ChannelName.SMTP,
                kind=kind,
                staff_id=member.staff_id,
                queued_at=now,
            ),
            not_before=now,
        )
        for member in admins
    ]
