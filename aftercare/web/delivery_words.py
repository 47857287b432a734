"""What the pages say of deliveries and of ways that fail: what happened, and what comes next."""

import re
from typing import Final

from aftercare.model.addresses import PUSH, ChannelName
from aftercare.model.ledger import ChannelFault, LedgerEntry, Narrowed
from aftercare.model.messages import MessageKind
from aftercare.model.views import Standstill
from aftercare.web.times import Clock
from aftercare.web.words import begin

WAYS: Final = {
    ChannelName.SMTP: "mail",
    ChannelName.WEBPUSH: "browser push",
    ChannelName.FCM: "phone push (Android)",
    ChannelName.APNS: "phone push (Apple)",
    ChannelName.SMS: "text message",
    ChannelName.WEBHOOK: "webhook",
}
_KINDS: Final = {
    MessageKind.ALERT_RAISED: "New alert",
    MessageKind.ALERT_TIER_ROSE: "Alert more urgent",
    MessageKind.ALERT_WORSENED: "More on an alert",
    MessageKind.ALERT_OVERDUE: "Alert past its time",
    MessageKind.DIGEST: "Digest",
    MessageKind.CALL_LIST: "Call list",
    MessageKind.CLINIC_FAULT: "Something fails",
    MessageKind.CLINIC_WELL: "Works again",
    MessageKind.ERASURE_ASKED: "Erasure asked for",
    MessageKind.ERASURE_DUE: "Erasure nearly late",
    MessageKind.PICTURES_BROKEN: "Photos cannot be shown",
    MessageKind.HAND_OVER: "Now on call",
    MessageKind.REMINDER: "Check-in reminder",
    MessageKind.TEST: "Test",
}
_TAKEN_BY: Final = {
    ChannelName.SMTP: "the mail server",
    ChannelName.SMS: "the gateway",
    ChannelName.WEBHOOK: "the receiver",
}
_RESULTS: Final = {
    "sent": "taken",
    "retry": "did not work",
    "refused": "refused for good",
    "retired": "the address is gone",
}
_ONCE: Final = ("", "once", "twice")


def kind(entry: LedgerEntry) -> str:
    """What was sent."""
    return _KINDS.get(entry.kind) or entry.kind.value.replace("_", " ").capitalize()


def way(entry: LedgerEntry) -> str:
    """Over what, and to which of the recipient's addresses, never the address itself."""
    return f"{WAYS[entry.channel]}{', ' + entry.address if entry.address else ''}"


def times(count: int) -> str:
    """Say "once", "twice", "3 times"."""
    return _ONCE[count] if count < len(_ONCE) else f"{count} times"


def tone(entry: LedgerEntry) -> str:
    """How a row stands out: `dead`, `failed`, or calm."""
    if entry.state == "dead":
        return "calm" if entry.instead or entry.sent_again else "dead"
    return "failed" if entry.state == "failed" else "calm"


def standing(entry: LedgerEntry, clock: Clock) -> str:
    """How it stands and what comes next, in one or two sentences."""
    said = {"dead": _given_up, "failed": _failed, "sent": _sent, "gathered": _gathered, "dropped": _dropped}
    return said.get(entry.state, _waits)(entry, clock)


def _given_up(entry: LedgerEntry, clock: Clock) -> str:
    ended = f" {clock.when(entry.ended_at)}" if entry.ended_at else ""
    words = f"Given up{ended} after {tries(entry.attempts)}: {_last(entry)}."
    if entry.instead:
        words += f" It arrived by {WAYS[entry.instead]} instead."
    if entry.sent_again:
        words += " Sent again."
    return words


def _failed(entry: LedgerEntry, clock: Clock) -> str:
    again = f"; next try {clock.when(entry.next_try_at)}" if entry.next_try_at else ""
    return f"Failed {times(entry.attempts)} ({_last(entry)}){again}."


def _sent(entry: LedgerEntry, clock: Clock) -> str:
    by = _TAKEN_BY.get(entry.channel, "the push service")
    words = f"Taken by {by} {clock.when(entry.sent_at)}" if entry.sent_at else f"Taken by {by}"
    if entry.opened_at:
        return f"{words}, opened {clock.when(entry.opened_at)}."
    if entry.delivered_at:
        return f"{words}, shown {clock.when(entry.delivered_at)}, not opened yet."
    if entry.channel is ChannelName.WEBHOOK:
        return f"{words}."
    return f"{words}. {'Not shown yet.' if entry.channel in PUSH else 'Whether it was read is not known.'}"


def _gathered(entry: LedgerEntry, clock: Clock) -> str:
    if entry.digest_sent_at:
        return f"Left with others in one digest {clock.when(entry.digest_sent_at)}."
    return "Goes with others in one digest, which has not left yet."


def _dropped(entry: LedgerEntry, clock: Clock) -> str:
    ended = f" {clock.when(entry.ended_at)}" if entry.ended_at else ""
    tried = f" after {tries(entry.attempts)}" if entry.attempts else ""
    return f"Not sent{tried}: needed no more{ended}{f', {entry.dropped_why}' if entry.dropped_why else ''}."


def _waits(entry: LedgerEntry, clock: Clock) -> str:
    if entry.held_until and entry.held_until > clock.now:
        why = f", {entry.held_why}" if entry.held_why else ""
        return f"Held until {clock.when(entry.held_until)}{why}."
    if entry.next_try_at and (entry.next_try_at - clock.now).total_seconds() > _SOON:
        return f"Leaves {clock.when(entry.next_try_at)}."
    return "On its way."


_SOON = 60  # seconds: a lease of a worker that is sending it now


def tries(count: int) -> str:
    """Say "no try", "one try", "3 tries"."""
    return "no try" if count == 0 else "one try" if count == 1 else f"{count} tries"


def _last(entry: LedgerEntry) -> str:
    return answer(entry.tries[-1].answer) if entry.tries else "it never left"


def answer(text: str) -> str:
    """A channel's answer, in words where it is a bare code."""
    if re.fullmatch(r"[1-5][0-9]{2}", text):
        return f"the other side answered {text}"
    return text or "no answer"


def result(text: str) -> str:
    """How one try ended."""
    return _RESULTS.get(text, text)


def fault(one: ChannelFault, clock: Clock) -> str:
    """What fails, since when, and what that means."""
    since = clock.when(one.since)
    if one.why == "retired":
        return f"The webhook to {one.host} was switched off {since}: its receiver says that it is gone."
    name = f"The webhook to {one.host}" if one.webhook_id else begin(WAYS[one.channel])
    if one.why == "no_address":
        return f"{name}: no staff member has an address left. The last one ended {since}."
    return f"{name} has failed since {since} ({tries(one.failures)}). Last answer: {answer(one.answer)}."


def todo(one: ChannelFault) -> str:
    """What an admin can do about it."""
    if one.why == "retired":
        return "Ask whoever runs the receiver, then switch the webhook on again."
    if one.why == "no_address":
        return "Colleagues turn alerts on again on their own device."
    if one.webhook_id:
        return "Ask whoever runs the receiver. What waits is tried again for a day."
    return "Ask whoever runs the server. What waits is tried again for a day."


def standstill(one: Standstill, clock: Clock) -> str:
    """What stands still, and since when."""
    since = clock.when(one.since)
    return (
        f"Nothing has been checked or sent since {since}."
        if one.nobody
        else f"Urgent work has waited since {since}."
    )


def meanwhile(one: Standstill) -> str:
    """What does not happen while it stands still."""
    if one.nobody:
        return "Nobody is told of alerts, late ones go to nobody else, and silence goes unnoticed."
    return "Alerts may reach nobody, and late ones may go to nobody else."


def empty(asked: Narrowed) -> tuple[str, str]:
    """The heading and the sentence of a list without entries."""
    if asked.state == "dead":
        return (
            "Nothing was given up",
            "What could not be delivered within a day stands here, to be sent again.",
        )
    if asked.state in {"waiting", "queued", "failed"}:
        return "Nothing waits", "What is held for quiet hours or tried again stands here until it leaves."
    return (
        "Nothing was sent",
        "Each mail, push, text message and webhook call stands here with what became of it.",
    )
