"""The admins hear, over another way, that a way out fails for long, and once more when it works again."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from aftercare.db.pool import Connection, Database
from aftercare.model.addresses import ChannelName
from aftercare.model.deliveries import Delivery, Letter
from aftercare.model.ledger import ChannelFault
from aftercare.model.messages import MessageKind
from aftercare.model.team import Member, Team
from aftercare.model.words import Role
from aftercare.services.channel_watch import WATCH
from aftercare.services.deliveries import queue
from aftercare.services.team import read_team
from aftercare.store import channel_faults as store
from aftercare.store import due_work

_LATELY: Final = timedelta(days=7)


async def look(database: Database, claim: due_work.Claim, *, now: datetime) -> None:
    """Tell what is to be told of a fault as it stands now: each of its two pieces of news once."""
    async with database.clinic(claim.clinic_id) as db:
        fault = await store.lock(db, claim.clinic_id, claim.subject_id)
        if fault is not None and fault.ended_at is None and fault.told_at is None:
            await store.told(db, claim.clinic_id, fault.fault_id, now)
            await _tell(db, claim.clinic_id, fault, MessageKind.CLINIC_FAULT, now)
        elif fault is not None and fault.ended_at is not None and fault.told_end_at is None:
            await store.told_end(db, claim.clinic_id, fault.fault_id, now)
            await _tell(db, claim.clinic_id, fault, MessageKind.CLINIC_WELL, now)
        await due_work.finish(db, WATCH, claim)


async def standing(db: Connection, clinic_id: UUID, now: datetime) -> list[ChannelFault]:
    """The ways that fail now and were told of."""
    return await store.standing(db, clinic_id, now - _LATELY)


async def _tell(
    db: Connection, clinic_id: UUID, fault: ChannelFault, kind: MessageKind, now: datetime
) -> None:
    failing = {(one.channel, one.webhook_id) for one in await standing(db, clinic_id, now)}
    failing.add((fault.channel, fault.webhook_id))
    team = await read_team(db, clinic_id, now)
    about = Delivery(delivery_id=uuid7(), channel=ChannelName.SMTP, kind=kind, queued_at=now)
    what = f"channel:{fault.fault_id}:{fault.why}:{fault.since.isoformat()}:{kind}"
    await queue(db, clinic_id, letters(about, what, team, failing))


def letters(about: Delivery, what: str, team: Team, failing: Iterable[store.Way]) -> list[Letter]:
    """To the admins over whatever they have besides what fails, and to the clinic's other webhooks.

    An admin whose every way fails hears nothing; if that is all of them, whoever can still be reached hears it.
    """
    broken = set(failing)
    admins = [one for one in team.members if one.role is Role.ADMIN]
    heard = [*_to_members(about, admins, broken)] or [*_to_members(about, team.members, broken)]
    heard += [
        _copy(about, channel=ChannelName.WEBHOOK, webhook_id=hook)
        for hook in team.hooks
        if (ChannelName.WEBHOOK, hook) not in broken
    ]
    return [Letter(what=what, delivery=one, not_before=about.queued_at) for one in heard]


def _to_members(about: Delivery, members: Iterable[Member], broken: set[store.Way]) -> Iterator[Delivery]:
    for member in members:
        for reach in member.reaches:
            if (reach.channel, None) not in broken:
                yield _copy(
                    about, channel=reach.channel, staff_id=member.staff_id, address_id=reach.address_id
                )


def _copy(about: Delivery, **changed: Any) -> Delivery:
    return msgspec.structs.replace(about, delivery_id=uuid7(), **changed)
