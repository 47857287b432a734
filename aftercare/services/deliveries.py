"""The delivery ledger: queued in the transaction that causes it, attempted by the worker, each attempt on record."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import random
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from uuid_utils.compat import uuid7

from aftercare.alerts.telling import letters
from aftercare.care.advice import describe_hours
from aftercare.care.reminding import leaves_at
from aftercare.care.spacing import local_day
from aftercare.db.pool import Busy, Connection, Database, DatabaseAway
from aftercare.model.addresses import ChannelName
from aftercare.model.alerts import Notice
from aftercare.model.deliveries import Delivery, Letter
from aftercare.model.messages import MessageKind, OutgoingMessage, TierCount
from aftercare.model.people import Clinic
from aftercare.model.preferences import DailySpan
from aftercare.notify.channel import Channel, NotDeliveredError, Receipt, Refused, Retired, Retry
from aftercare.notify.retry import next_attempt
from aftercare.notify.webhook import WebhookChannel
from aftercare.services import channel_watch, counts
from aftercare.services.channel_watch import Unsent
from aftercare.services.patient_ways import another_way, gives_way, over_the_best
from aftercare.services.releasing import may_leave
from aftercare.services.still_needed import still_needed
from aftercare.services.team import read_team
from aftercare.store import addresses, alerts, clinics, due_work, webhooks
from aftercare.store import deliveries as store
from aftercare.store.deliveries import Attempt, ToSend, work_kind

WAKE = "aftercare_work"  # on it a commit names the kind of work that it made; nothing, if it only made audit entries
_PAUSES = (1.0, 1.0, *[2.0] * 59)  # seconds: for two minutes, while the database is away


class _TooLate(Unsent):
    """Its day is over: it leaves over no other way either."""


class Sender(Protocol):
    """The ways out, and what links begin with."""

    @property
    def address(self) -> str:
        """What links begin with."""

    @property
    def channels(self) -> Mapping[ChannelName, Channel]:
        """Those that are configured, but for webhooks."""


async def tell(db: Connection, clinic_id: UUID, notices: tuple[Notice, ...], now: datetime) -> bool:
    """Queue what the notices ask for: a letter for each way to each person they mean, a call to each webhook.

    False if there was nothing new to tell.
    """
    if not notices:
        return False
    team = await read_team(db, clinic_id, now)
    return await queue(db, clinic_id, list(letters(notices, team, now, uuid7)))


async def tell_patient(db: Connection, clinic_id: UUID, letter: Letter) -> bool:
    """Queue a patient's letter over the best of their ways; False if the same was queued before.

    When that way turns out dead, the next is taken (`_settle`), so that one letter arrives once.
    """
    patient_id = letter.delivery.patient_id
    if patient_id is None or await store.tried_of(db, clinic_id, letter.what, patient_id):
        return False
    return await queue(db, clinic_id, [await over_the_best(db, clinic_id, patient_id, letter)])


async def queue(db: Connection, clinic_id: UUID, asked: Sequence[Letter]) -> bool:
    """Queue deliveries and wake those who send at commit; False if all of them were queued before."""
    return await store.queue(db, clinic_id, asked, WAKE)


async def attempt(
    database: Database, sender: Sender, channel: ChannelName, claim: due_work.Claim, now: datetime
) -> None:
    """Make one attempt of a claimed delivery. Nothing is sent inside a transaction."""
    began = _clock()
    async with database.clinic(claim.clinic_id) as db:
        delivery = await store.to_send(db, claim.clinic_id, claim.subject_id, now)
        clinic = await clinics.get(db, claim.clinic_id)
        if (
            delivery is None
            or clinic is None
            or not await may_leave(db, clinic, delivery, now)
            or not await still_needed(db, claim.clinic_id, delivery, now)
        ):
            await due_work.finish(db, work_kind(channel), claim)
            return
        if delivery.held_until is not None:  # gathered with others, it is a digest now
            delivery = await store.to_send(db, claim.clinic_id, claim.subject_id, now) or delivery
        handed = delivery.kind is MessageKind.HAND_OVER
        open_ones = await alerts.open_by_tier(db, claim.clinic_id) if handed else ()
    leaves = _leaves_at(delivery, now)
    if leaves is not None and leaves > now:
        async with database.clinic(claim.clinic_id) as db:
            await due_work.postpone(db, work_kind(channel), claim, leaves)
        return
    failure: NotDeliveredError | None = None
    answer = ""
    try:
        answer = (await _send(sender, delivery, clinic, open_ones, too_late=leaves is None)).answer
    except NotDeliveredError as error:
        failure, answer = error, error.answer
    except Exception as error:  # noqa: BLE001 - what we fail at ourselves is an attempt, too: on record, then retried
        failure = Retry(f"our own fault: {type(error).__name__}")
        answer = failure.answer
    # What a receiver asks to wait counts from its answer, which may have taken long.
    answered = now + timedelta(seconds=_clock() - began)
    for pause in _PAUSES:
        # It has left, or not: only the record is missing. Without it the same would be sent again.
        try:
            await _settle(database, claim, delivery, failure, answer, now, answered)
        except (DatabaseAway, Busy):
            await asyncio.sleep(pause)
        else:
            return
    await _settle(database, claim, delivery, failure, answer, now, answered)


def _leaves_at(delivery: ToSend, now: datetime) -> datetime | None:
    """When it may leave: a patient's reminder by day and on its own day, or not at all; all else at once."""
    if delivery.kind is not MessageKind.REMINDER or delivery.patient_time_zone is None:
        return now
    quiet = None
    if delivery.quiet_from is not None and delivery.quiet_to is not None:
        quiet = DailySpan(starts=delivery.quiet_from, ends=delivery.quiet_to)
    return leaves_at(delivery.queued_at, now, ZoneInfo(delivery.patient_time_zone), quiet)


async def _send(
    sender: Sender,
    delivery: ToSend,
    clinic: Clinic,
    open_ones: tuple[TierCount, ...],
    *,
    too_late: bool,
) -> Receipt:
    if too_late:
        raise _TooLate("too late in the patient's day")
    if delivery.retired:
        raise Unsent("recipient no longer active")
    language = delivery.patient_language or clinic.language
    message = OutgoingMessage(
        id=delivery.delivery_id,
        kind=delivery.kind,
        address=_address(delivery),
        link=_link(sender.address, delivery),
        clinic_name=clinic.name,
        written_at=delivery.queued_at,
        tier=open_ones[0].tier if open_ones else delivery.tier,
        open=open_ones,
        about=None if _is_digest(delivery) else delivery.alert_id,
        locale=language,
        hours=describe_hours(clinic.hours, language, local_day(delivery.queued_at, clinic.time_zone)),
    )
    if delivery.channel is ChannelName.WEBHOOK:
        secrets = [s for s in (delivery.webhook_secret, delivery.webhook_previous_secret) if s]
        return await WebhookChannel(secrets, listed_hosts=clinic.private_webhook_hosts).send(message)
    if not message.address:
        raise Unsent("no address")
    channel = sender.channels.get(delivery.channel)
    if channel is None:
        # Mail is waited for: it is everybody's last way. What else is not configured here will not be by tomorrow.
        if delivery.channel is ChannelName.SMTP:
            raise Retry("mail is not configured")
        raise Refused(f"{delivery.channel} is not configured")
    return await channel.send(message)


def _address(delivery: ToSend) -> str:
    if delivery.address_id is not None:
        return delivery.address or ""
    return delivery.webhook_url or delivery.staff_email or delivery.patient_email or ""


def _link(address: str, delivery: Delivery) -> str:
    if delivery.patient_id is not None:
        return f"{address}/app/#/messages" if delivery.kind is MessageKind.MESSAGE_SENT else f"{address}/app/"
    if delivery.kind is MessageKind.MESSAGE_RECEIVED:
        return f"{address}/messages"
    if delivery.kind is MessageKind.CALL_LIST:
        return f"{address}/call-list"
    if delivery.kind in {MessageKind.ERASURE_ASKED, MessageKind.ERASURE_DUE, MessageKind.PICTURES_BROKEN}:
        return f"{address}/upkeep"
    if delivery.kind in {MessageKind.CLINIC_FAULT, MessageKind.CLINIC_WELL}:
        return f"{address}/deliveries"
    one = delivery.alert_id and not _is_digest(delivery)
    return f"{address}/alerts/{delivery.alert_id}" if one else f"{address}/"


def _is_digest(delivery: Delivery) -> bool:
    """Whether it stands for several, whichever of them it was about."""
    return delivery.kind is MessageKind.DIGEST and delivery.staff_id is not None


async def _settle(
    database: Database,
    claim: due_work.Claim,
    delivery: ToSend,
    failure: NotDeliveredError | None,
    answer: str,
    now: datetime,
    answered: datetime,
) -> None:
    kind = work_kind(delivery.channel)
    async with database.clinic(claim.clinic_id) as db:
        # As it stands now: whoever comes back past the lease has read it before another worker's attempts.
        standing = await store.lock(db, claim.clinic_id, delivery.delivery_id)
        if standing is None:
            return
        if isinstance(failure, Retired) and await _registered_anew(db, claim.clinic_id, delivery):
            failure = Retry(f"{answer}: there is a new address")
            answer = failure.answer
        result = {type(None): "sent", Retry: "retry", Retired: "retired"}.get(type(failure), "refused")
        attempts, sent = standing.attempts + 1, standing.state == "sent"
        again = None if sent else _next_try(delivery, failure, attempts, now, answered)
        lost = failure is not None and not sent and not isinstance(failure, _TooLate)
        other = await another_way(db, claim.clinic_id, delivery) if lost else None
        if other is not None and again is not None and gives_way(delivery, attempts, again - answered):
            again = None
        ours = (
            await due_work.postpone(db, kind, claim, again)
            if again
            else await due_work.finish(db, kind, claim)
        )
        if not ours and (failure is not None or sent):
            return  # a later claim has taken over; only good news may still be written, and once
        attempt = Attempt(attempt=attempts, at=now, result=result, answer=answer[:500])
        await store.add_attempt(db, claim.clinic_id, delivery.delivery_id, attempt)
        settled = _after(standing, failure, again, now)
        await store.settle(db, claim.clinic_id, settled)
        if settled.state == "dead" and other is not None:
            await queue(db, claim.clinic_id, [other])
        if isinstance(failure, Retired):
            await _retire(db, claim.clinic_id, delivery, answer, now)
        # Last: the one row that all attempts of a way share is then held as shortly as can be.
        await channel_watch.mind(db, claim.clinic_id, delivery, failure, now)
    counts.ATTEMPTS.add(delivery.channel, result)
    if not again and not sent:
        counts.ENDED.add(delivery.channel, settled.state)


def _after(
    standing: Delivery, failure: NotDeliveredError | None, again: datetime | None, now: datetime
) -> Delivery:
    """Where a delivery stands after one more attempt."""
    counted = msgspec.structs.replace(standing, attempts=standing.attempts + 1)
    if standing.state == "sent":  # what was sent stays sent
        return counted
    return msgspec.structs.replace(
        counted,
        state="sent" if failure is None else "failed" if again else "dead",
        sent_at=now if failure is None else None,
        ended_at=None if again else now,
    )


async def _retire(db: Connection, clinic_id: UUID, delivery: ToSend, answer: str, now: datetime) -> None:
    if delivery.webhook_id is not None:
        why = f"the receiver answered {answer}: it is gone"
        await webhooks.disable(db, clinic_id, delivery.webhook_id, now, why)
    if delivery.address_id is not None:
        await addresses.retire(db, clinic_id, delivery.address_id, now, f"the provider answered {answer}")


async def _registered_anew(db: Connection, clinic_id: UUID, delivery: ToSend) -> bool:
    """Whether its recipient registered another address under the same id while we tried the one before."""
    if delivery.address_id is None:
        return False
    there = await addresses.in_use(db, clinic_id, delivery.address_id)
    return there is not None and there != delivery.address


def _next_try(
    delivery: ToSend, failure: NotDeliveredError | None, attempts: int, now: datetime, answered: datetime
) -> datetime | None:
    if not isinstance(failure, Retry):
        return None
    return next_attempt(
        attempts,
        now=answered,
        first_at=delivery.first_attempt_at or now,
        tier=delivery.tier,
        retry_after=failure.retry_after,
        random=random,
    )


def _clock() -> float:
    return asyncio.get_running_loop().time()
