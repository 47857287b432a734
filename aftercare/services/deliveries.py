"""The delivery ledger: queued in the transaction that causes it, attempted by the worker, each attempt on record."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from random import random
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from uuid_utils.compat import uuid7

from aftercare.care.advice import describe_hours
from aftercare.care.reminding import leaves_at
from aftercare.db.pool import Busy, Connection, Database, DatabaseAway
from aftercare.model.alerts import Audience, Notice, Why
from aftercare.model.messages import MessageKind, OutgoingMessage
from aftercare.model.people import Clinic, StaffMember
from aftercare.model.words import Role, Tier
from aftercare.notify.channel import Channel, NotDeliveredError, Receipt, Refused, Retired, Retry
from aftercare.notify.retry import next_attempt
from aftercare.notify.webhook import WebhookChannel
from aftercare.store import clinics, due_work, staff, webhooks
from aftercare.store import deliveries as store
from aftercare.store.deliveries import Attempt, Delivery, Letter, ToSend, work_kind

WAKE = "aftercare_work"  # the channel on which a commit says that there is work
CHANNELS = ("smtp", "webhook")
_PAUSES = (1.0, 1.0, *[2.0] * 59)  # seconds: for two minutes, while the database is away

_KINDS = {
    Why.RAISED: MessageKind.ALERT_RAISED,
    Why.REOPENED: MessageKind.ALERT_RAISED,
    Why.SNOOZE_ENDED: MessageKind.ALERT_RAISED,
    Why.TIER_ROSE: MessageKind.ALERT_TIER_ROSE,
    Why.REPORTED_AGAIN: MessageKind.ALERT_TIER_ROSE,
    Why.SIGN_JOINED: MessageKind.ALERT_WORSENED,
    Why.GRADE_ROSE: MessageKind.ALERT_WORSENED,
    Why.STILL_REPORTED: MessageKind.ALERT_WORSENED,
    Why.OVERDUE: MessageKind.ALERT_OVERDUE,
}


class Mailer(Protocol):
    """Where mail goes out, and what links in it begin with."""

    @property
    def address(self) -> str:
        """What links begin with."""

    @property
    def smtp(self) -> Channel | None:
        """The relay; None where mail is not configured."""


async def tell(db: Connection, clinic_id: UUID, notices: tuple[Notice, ...], now: datetime) -> bool:
    """Queue what the notices ask for: a mail for each staff member in the audience, a call to each webhook.

    False if there was nothing new to tell.
    """
    if not notices:
        return False
    everyone = await staff.all_active(db, clinic_id)
    hooks = await webhooks.active(db, clinic_id)
    asked = letters(notices, everyone, [hook.webhook_id for hook in hooks], now, uuid7)
    return await queue(db, clinic_id, list(asked))


def letters(
    notices: tuple[Notice, ...],
    everyone: list[StaffMember],
    hooks: list[UUID],
    now: datetime,
    new_id: Callable[[], UUID],
) -> Iterator[Letter]:
    """What notices ask for. Of several with the same `what` to the same recipient the first counts."""
    # The soonest first: whoever is meant twice is told once, and then at once rather than at the opening.
    for notice in sorted(notices, key=lambda one: one.not_before):
        what = f"{notice.why}:{notice.alert_id}:{notice.step}:{notice.at.isoformat()}"
        call = Delivery(
            delivery_id=new_id(),
            channel="webhook",
            kind=_KINDS[notice.why],
            tier=notice.tier,
            alert_id=notice.alert_id,
            queued_at=now,
        )
        for hook in hooks:
            to_hook = msgspec.structs.replace(call, delivery_id=new_id(), webhook_id=hook)
            yield Letter(what=what, delivery=to_hook, not_before=notice.not_before)
        mail = msgspec.structs.replace(call, channel="smtp")
        if notice.tier is Tier.ROUTINE:
            # All routine news of a day goes out as one mail.
            what = f"digest:{notice.not_before.isoformat()}"
            mail = msgspec.structs.replace(mail, kind=MessageKind.DIGEST, alert_id=None)
        for member in audience(notice, everyone):
            to_member = msgspec.structs.replace(mail, delivery_id=new_id(), staff_id=member.staff_id)
            yield Letter(what=what, delivery=to_member, not_before=notice.not_before)


def audience(notice: Notice, everyone: list[StaffMember]) -> list[StaffMember]:
    """Whom a notice means. Until there is a rota the person on call is every practitioner; nobody is never the answer."""
    if notice.to is Audience.EVERYONE:
        return everyone
    if notice.to is Audience.OWNER and notice.owner is not None:
        chosen = [member for member in everyone if member.staff_id == notice.owner]
    else:
        chosen = [member for member in everyone if member.role is Role.PRACTITIONER]
    return chosen or everyone


async def queue(db: Connection, clinic_id: UUID, asked: Sequence[Letter]) -> bool:
    """Queue deliveries and wake the worker at commit; False if all of them were queued before."""
    return await store.queue(db, clinic_id, asked, WAKE)


async def attempt(
    database: Database, mailer: Mailer, channel: str, claim: due_work.Claim, now: datetime
) -> None:
    """Make one attempt of a claimed delivery. Nothing is sent inside a transaction."""
    async with database.clinic(claim.clinic_id) as db:
        delivery = await store.to_send(db, claim.clinic_id, claim.subject_id)
        clinic = await clinics.get(db, claim.clinic_id)
    if delivery is None or clinic is None or delivery.state in {"sent", "dead"}:
        async with database.clinic(claim.clinic_id) as db:
            await due_work.finish(db, work_kind(channel), claim)
        return
    leaves = _leaves_at(delivery, now)
    if leaves is not None and leaves > now:
        async with database.clinic(claim.clinic_id) as db:
            await due_work.postpone(db, work_kind(channel), claim, leaves)
        return
    failure: NotDeliveredError | None = None
    answer = ""
    try:
        answer = (await _send(mailer, delivery, clinic, too_late=leaves is None)).answer
    except NotDeliveredError as error:
        failure, answer = error, error.answer
    except Exception as error:  # noqa: BLE001 - what we fail at ourselves is an attempt, too: on record, then retried
        failure = Retry(f"our own fault: {type(error).__name__}")
        answer = failure.answer
    for pause in _PAUSES:
        # It has left, or not: only the record is missing. Without it the same would be sent again.
        try:
            await _settle(database, claim, delivery, failure, answer, now)
        except (DatabaseAway, Busy):
            await asyncio.sleep(pause)
        else:
            return
    await _settle(database, claim, delivery, failure, answer, now)


def _leaves_at(delivery: ToSend, now: datetime) -> datetime | None:
    """When it may leave: a patient's reminder by day and on its own day, or not at all; all else at once."""
    if delivery.kind is not MessageKind.REMINDER or delivery.patient_time_zone is None:
        return now
    return leaves_at(delivery.queued_at, now, ZoneInfo(delivery.patient_time_zone))


async def _send(mailer: Mailer, delivery: ToSend, clinic: Clinic, *, too_late: bool) -> Receipt:
    if too_late:
        raise Refused("too late in the patient's day")
    if delivery.retired:
        raise Refused("recipient no longer active")
    language = delivery.patient_language or clinic.language
    message = OutgoingMessage(
        id=delivery.delivery_id,
        kind=delivery.kind,
        address=delivery.webhook_url or delivery.staff_email or delivery.patient_email or "",
        link=_link(mailer.address, delivery),
        clinic_name=clinic.name,
        written_at=delivery.queued_at,
        tier=delivery.tier,
        about=delivery.alert_id,
        locale=language,
        hours=describe_hours(clinic.hours, language),
    )
    if delivery.channel == "webhook":
        secrets = [s for s in (delivery.webhook_secret, delivery.webhook_previous_secret) if s]
        return await WebhookChannel(secrets, listed_hosts=clinic.private_webhook_hosts).send(message)
    if not message.address:
        raise Refused("no address")
    if mailer.smtp is None:
        raise Retry("mail is not configured")
    return await mailer.smtp.send(message)


def _link(address: str, delivery: Delivery) -> str:
    if delivery.patient_id is not None:
        return f"{address}/app/"
    if delivery.kind is MessageKind.CALL_LIST:
        return f"{address}/call-list"
    return f"{address}/alerts/{delivery.alert_id}" if delivery.alert_id else f"{address}/"


async def _settle(
    database: Database,
    claim: due_work.Claim,
    delivery: ToSend,
    failure: NotDeliveredError | None,
    answer: str,
    now: datetime,
) -> None:
    kind = work_kind(delivery.channel)
    result = {type(None): "sent", Retry: "retry", Retired: "retired", Refused: "refused"}[type(failure)]
    async with database.clinic(claim.clinic_id) as db:
        # As it stands now: whoever comes back past the lease has read it before another worker's attempts.
        standing = await store.lock(db, claim.clinic_id, delivery.delivery_id)
        if standing is None:
            return
        attempts, sent = standing.attempts + 1, standing.state == "sent"
        again = None
        if isinstance(failure, Retry) and not sent:
            again = next_attempt(
                attempts,
                now=now,
                first_at=delivery.first_attempt_at or now,
                tier=delivery.tier,
                retry_after=failure.retry_after,
                random=random,
            )
        ours = (
            await due_work.postpone(db, kind, claim, again)
            if again
            else await due_work.finish(db, kind, claim)
        )
        if not ours and (failure is not None or sent):
            return  # a later claim has taken over; only good news may still be written, and once
        attempt = Attempt(attempt=attempts, at=now, result=result, answer=answer[:500])
        await store.add_attempt(db, claim.clinic_id, delivery.delivery_id, attempt)
        settled = msgspec.structs.replace(standing, attempts=attempts)
        if not sent:  # what was sent stays sent
            settled = msgspec.structs.replace(
                settled,
                state="sent" if failure is None else "failed" if again else "dead",
                sent_at=now if failure is None else None,
                ended_at=None if again else now,
            )
        await store.settle(db, claim.clinic_id, settled)
        if isinstance(failure, Retired) and delivery.webhook_id is not None:
            await webhooks.disable(db, claim.clinic_id, delivery.webhook_id, now)
