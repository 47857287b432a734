"""Plainly synthetic deliveries: one in each state, ways that fail, and webhooks."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from aftercare.model.addresses import ChannelName
from aftercare.model.delivery_pages import (
    DeliveriesPage,
    NewSecret,
    RefusedRepeat,
    WebhookLine,
    WebhooksPage,
)
from aftercare.model.ledger import ChannelFault, LedgerEntry, Narrowed, Recipient, Try
from aftercare.model.messages import MessageKind
from aftercare.model.pages import Page, TriagePage
from aftercare.model.views import Head, StaffView, Standstill
from aftercare.model.words import Role, Tier

STAFF = Recipient(kind="staff", id=UUID(int=1), name="Practitioner One")
PATIENT = Recipient(kind="patient", id=UUID(int=104), name="Test Ivy")
HOOK = Recipient(kind="webhook", id=UUID(int=940), name="hooks.example")
ALERT = UUID(int=14)
BUSY = "451 4.3.0"


def entry(number: int, now: datetime, minutes: float, **more: Any) -> LedgerEntry:
    """A delivery queued some minutes ago; a mail of a new alert to staff, unless more is said."""
    values: dict[str, Any] = {
        "delivery_id": UUID(int=900 + number),
        "channel": ChannelName.SMTP,
        "kind": MessageKind.ALERT_RAISED,
        "tier": Tier.SAME_DAY,
        "alert_id": ALERT,
        "queued_at": now - timedelta(minutes=minutes),
        "recipient": STAFF,
    }
    return LedgerEntry(**(values | more))


def attempt(number: int, at: datetime, result: str, answer: str) -> Try:
    return Try(attempt=number, at=at, result=result, answer=answer)


def entries(now: datetime) -> tuple[LedgerEntry, ...]:
    """The newest first."""

    def ago(minutes: float) -> datetime:
        return now - timedelta(minutes=minutes)

    return (
        entry(1, now, 0, tier=Tier.EMERGENCY, channel=ChannelName.WEBPUSH, address="Browser on Linux"),
        entry(
            2, now, 4, state="failed", attempts=2, next_try_at=now + timedelta(minutes=6),
            tries=(attempt(1, ago(4), "retry", BUSY), attempt(2, ago(2), "retry", "connect: timeout")),
        ),
        entry(
            3, now, 9, channel=ChannelName.WEBPUSH, address="Browser on Linux", state="sent", attempts=1,
            sent_at=ago(9), delivered_at=ago(9), opened_at=ago(7), tries=(attempt(1, ago(9), "sent", "201"),),
        ),
        entry(4, now, 10, state="sent", attempts=1, sent_at=ago(10), tries=(attempt(1, ago(10), "sent", "250 2.0.0"),)),
        entry(
            5, now, 12, recipient=HOOK, channel=ChannelName.WEBHOOK, state="dead", attempts=1, ended_at=ago(12),
            tries=(attempt(1, ago(12), "refused", "413"),),
        ),
        entry(
            6, now, 60, kind=MessageKind.REMINDER, tier=None, alert_id=None, day=3, recipient=PATIENT, channel=ChannelName.FCM,
            state="dead", attempts=1, ended_at=ago(60), instead=ChannelName.SMTP,
            tries=(attempt(1, ago(60), "retired", "404 UNREGISTERED"),),
        ),
        entry(
            7, now, 90, tier=Tier.SOON, held_until=now + timedelta(hours=16), held_why="your quiet hours",
            next_try_at=now + timedelta(hours=16),
        ),
        entry(11, now, 600, tier=Tier.SOON, state="gathered", ended_at=ago(200), digest_sent_at=ago(200)),
        entry(12, now, 610, tier=Tier.SOON, state="dropped", ended_at=ago(200), dropped_why="a colleague has it"),
        entry(
            8, now, 1700, kind=MessageKind.DIGEST, tier=Tier.ROUTINE, alert_id=None, state="dead", attempts=9, ended_at=ago(260),
            sent_again=True, tries=tuple(attempt(n, ago(1700 - 160 * n), "retry", BUSY) for n in range(1, 10)),
        ),
        entry(
            9, now, 2000, channel=ChannelName.SMS, address="…0187", tier=Tier.EMERGENCY, state="sent", attempts=1,
            sent_at=ago(2000), again_of=UUID(int=1), tries=(attempt(1, ago(2000), "sent", "202"),),
        ),
    )  # fmt: skip


def faults(now: datetime) -> tuple[ChannelFault, ...]:
    """Mail fails, and a webhook was given back."""
    return (
        ChannelFault(
            fault_id=UUID(int=980), channel=ChannelName.SMTP, why="failing", since=now - timedelta(minutes=34),
            last_at=now - timedelta(minutes=2), failures=7, answer=BUSY, told_at=now - timedelta(minutes=19),
        ),
        ChannelFault(
            fault_id=UUID(int=981), channel=ChannelName.WEBHOOK, webhook_id=UUID(int=941), why="retired", host="pager.example",
            since=now - timedelta(hours=5), last_at=now - timedelta(hours=5), failures=1, answer="410",
            told_at=now - timedelta(hours=5),
        ),
    )  # fmt: skip


def hooks(now: datetime) -> tuple[WebhookLine, ...]:
    """One that works under two secrets, one that was given back, one that nothing was sent to."""
    test = entry(
        10, now, 3, kind=MessageKind.TEST, tier=None, alert_id=None, recipient=HOOK, channel=ChannelName.WEBHOOK,
        state="sent", attempts=1, sent_at=now - timedelta(minutes=3),
    )  # fmt: skip
    made = now - timedelta(days=40)
    return (
        WebhookLine(
            webhook_id=UUID(int=940), url="https://hooks.example/aftercare", created_at=made, newest=test,
            previous_until=now + timedelta(hours=20),
        ),
        WebhookLine(webhook_id=UUID(int=942), url="https://record.example/in", created_at=made),
        WebhookLine(
            webhook_id=UUID(int=941), url="https://pager.example/a", created_at=made, disabled_at=now - timedelta(hours=5),
            disabled_why="the receiver answered 410: it is gone",
        ),
    )  # fmt: skip


def pages(head: Head) -> dict[str, Page]:
    """The ledger and the webhooks, full and empty, as a practitioner and as an admin see them."""
    now, shown = head.now, entries(head.now)
    admin = msgspec.structs.replace(
        head,
        staff=StaffView(id=UUID(int=3), name="Admin Three", role=Role.ADMIN),
        given_up=1,
        faults=faults(now),
    )
    dead = tuple(one for one in shown if one.state == "dead")
    given_up = Narrowed(state="dead")
    still = msgspec.structs.replace(
        head, standstill=Standstill(since=now - timedelta(minutes=12), nobody=True)
    )
    return {
        "triage-standstill": TriagePage(head=still, rows=(), in_recovery=42),
        "deliveries": DeliveriesPage(
            head=admin, entries=shown, asked=Narrowed(), here="/deliveries", faults=faults(now), more="/deliveries?before=x"
        ),
        "deliveries-dead": DeliveriesPage(
            head=head, entries=dead, asked=given_up, here="/deliveries?state=dead",
            refused=RefusedRepeat(
                delivery_id=dead[0].delivery_id, problem="The alert is resolved: nobody needs to hear of it any more."
            ),
        ),
        "deliveries-alert": DeliveriesPage(
            head=head, entries=shown[:4], asked=Narrowed(alert_id=ALERT), here=f"/deliveries?alert_id={ALERT}", about="Test Birch"
        ),
        "deliveries-none": DeliveriesPage(head=head, entries=(), asked=given_up, here="/deliveries?state=dead"),
        "webhooks": WebhooksPage(
            head=admin, hooks=hooks(now), problem="Write the address of a host, without a name or password in it.", url="https://:0/"
        ),
        "webhooks-secret": WebhooksPage(
            head=admin, hooks=hooks(now)[:1],
            made=NewSecret(
                webhook_id=UUID(int=940), url="https://hooks.example/aftercare", secret="whsec_" + "c2FtcGxl" * 5 + "c2E=",
                previous_until=now + timedelta(hours=24),
            ),
        ),
        "webhooks-none": WebhooksPage(head=admin, hooks=()),
    }  # fmt: skip
