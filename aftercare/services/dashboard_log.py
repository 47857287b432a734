"""What happened to an alert, in the order in which it happened: found, told, done; and what the patient was shown."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.model.addresses import ChannelName
from aftercare.model.advice import Advice
from aftercare.model.alerts import Alert, Fate
from aftercare.model.follow_ups import EntryKind, FollowUp
from aftercare.model.ledger import LedgerEntry
from aftercare.model.messages import MessageKind
from aftercare.model.views import FollowUpItem, FollowUpKind, StaffView
from aftercare.model.words import Tier
from aftercare.services import chains
from aftercare.services import dashboard_views as views
from aftercare.store import check_ins, follow_ups, ledger, messages, photo_views, photos, staff
from aftercare.store.alerts import FindingRow
from aftercare.store.photos import PhotoRow

_PHOTOS = 12
_SHOWN = 3
_FATES: dict[Fate, FollowUpKind] = {
    Fate.RAISED: "raised",
    Fate.ESCALATED: "rose",
    Fate.JOINED: "joined",
    Fate.HELD: "held_back",
}
_CHANNELS = {
    ChannelName.SMTP: "by mail",
    ChannelName.WEBHOOK: "by webhook",
    ChannelName.WEBPUSH: "by push",
    ChannelName.FCM: "by push",
    ChannelName.APNS: "by push",
    ChannelName.SMS: "by text message",
}


_WHY_TOLD = {
    MessageKind.ALERT_TIER_ROSE: "It had become more urgent.",
    MessageKind.ALERT_WORSENED: "More was reported.",
    MessageKind.ALERT_OVERDUE: "Its time had passed.",
}
_ENTRIES = frozenset(EntryKind)


class Depth(msgspec.Struct, frozen=True, kw_only=True):
    """What stands below an alert, read for several alerts of one patient at once."""

    answers: dict[UUID, dict[str, Any]]  # what the patient was answered, by check-in or message
    follow_ups: dict[UUID, list[FollowUp]]  # by alert, in order of time
    told: dict[UUID, list[LedgerEntry]]  # by alert, in order of time
    staff: dict[UUID, StaffView]
    photos: Sequence[PhotoRow] = ()  # newest first
    nearest: dict[UUID, PhotoRow] = {}  # by alert, to what was reported
    steps: dict[Tier, tuple[str, ...]] = {}  # of the escalation, in words


async def look_deeper(
    db: Connection,
    clinic_id: UUID,
    patient_id: UUID,
    findings: dict[UUID, list[FindingRow]],
    reported: dict[UUID, datetime],
) -> Depth:
    """Read what stands below alerts of one patient; `findings` are theirs, `reported` says when each was reported."""
    ids = list(reported)
    asked = {one.check_in_id for found in findings.values() for one in found if one.check_in_id is not None}
    done, told = defaultdict(list), defaultdict(list)
    for follow_up in await follow_ups.of_alerts(db, clinic_id, ids):
        done[follow_up.alert_id].append(follow_up)
    for delivery in await ledger.of_alerts(db, clinic_id, ids):
        if delivery.alert_id is not None:
            told[delivery.alert_id].append(delivery)
    people = {who for several in done.values() for one in several for who in (one.staff_id, one.done_by)}
    people |= {one.staff_id for several in told.values() for one in several}
    members = await staff.several(db, clinic_id, [one for one in people if one is not None])
    return Depth(
        answers=await check_ins.answers_to(db, clinic_id, patient_id, list(asked))
        | await messages.answers_to(db, clinic_id, patient_id, list(asked)),
        follow_ups=done,
        told=told,
        staff={member.staff_id: views.staff_view(member) for member in members.values()},
        photos=await photos.of_patient(db, clinic_id, patient_id, _PHOTOS),
        nearest=await photo_views.nearest(db, clinic_id, patient_id, reported),
        steps=await chains.step_words(db, clinic_id),
    )


def shown_after(depth: Depth, found: Iterable[FindingRow]) -> tuple[str, ...]:
    """What the patient was shown after the check-ins that the findings rest on, the latest first."""
    in_order = dict.fromkeys(one.check_in_id for one in reversed(list(found)) if one.check_in_id is not None)
    answers = [depth.answers[check_in] for check_in in in_order if check_in in depth.answers]
    advice = [msgspec.convert(answer["advice"], Advice) for answer in answers[:_SHOWN]]
    return tuple(_sentences(one) for one in advice)


def _sentences(advice: Advice) -> str:
    headline = advice.headline.strip()
    return f"{headline}{'' if headline.endswith(('.', '!', '?')) else '.'} {advice.text}".strip()


def log_of(depth: Depth, alert: Alert, found: Iterable[FindingRow]) -> tuple[FollowUpItem, ...]:
    """Everything that happened to an alert, oldest first."""
    items = [
        *(_found(alert, one) for one in found if one.fate in _FATES),
        *(done(depth.staff, one, alert) for one in depth.follow_ups.get(alert.id, ())),
        *_told(depth, alert),
    ]
    # What happened earlier than it was written down stands where it happened.
    return tuple(sorted(items, key=lambda item: item.at))


def done(staff: dict[UUID, StaffView], one: FollowUp, alert: Alert | None) -> FollowUpItem:
    """What a staff member did, as a line of the log."""
    return msgspec.convert(
        {
            "at": one.happened_at or one.at,
            "kind": one.kind,
            "by": staff.get(one.staff_id) if one.staff_id else None,
            "text": one.text,
            "alert_id": one.alert_id,
            "code": alert.code if alert else None,
            "outcome": one.outcome,
            "until": one.until,
            "entry": one if one.kind in _ENTRIES else None,
            "done_by": staff.get(one.done_by) if one.done_by else None,
        },
        FollowUpItem,
    )


def _found(alert: Alert, one: FindingRow) -> FollowUpItem:
    return FollowUpItem(
        at=one.at,
        kind=_FATES[one.fate],
        alert_id=alert.id,
        code=alert.code,
        tier=one.finding.tier,
        text=one.finding.reason,
        why=one.fate_reason,
    )


def _told(depth: Depth, alert: Alert) -> Iterable[FollowUpItem]:
    """Who was told, those told within a minute in one line; what is still on its way says nothing yet."""
    together: defaultdict[tuple[datetime, ChannelName, MessageKind, str], list[LedgerEntry]] = defaultdict(
        list
    )
    for one in depth.told.get(alert.id, ()):
        if _says_something(one):
            minute = _happened_at(one).replace(second=0, microsecond=0)
            together[minute, one.channel, one.kind, one.state].append(one)
    for (_, channel, kind, state), several in together.items():
        known = (depth.staff.get(one.staff_id) if one.staff_id else None for one in several)
        names = dict.fromkeys(member.name if member else "another system" for member in known)
        yield FollowUpItem(
            at=_happened_at(several[0]),
            kind="told"
            if state in {"sent", "gathered"}
            else "waits"
            if _is_held(several[0])
            else "told_failed",
            alert_id=alert.id,
            code=alert.code,
            text=f"{', '.join(names)} {_CHANNELS[channel]}{'; trying again' if _is_tried_again(several[0]) else ''}",
            why=_WHY_TOLD.get(kind, ""),
            until=several[0].held_until if _is_held(several[0]) else None,
        )


def _says_something(one: LedgerEntry) -> bool:
    """Nothing yet: what is on its way. Nothing at all: what was needed no more. A digest speaks once it has left."""
    if one.state == "gathered":
        return one.digest_sent_at is not None
    return one.state != "dropped" and (
        one.state != "queued" or one.attempts > 0 or one.held_until is not None
    )


def _is_held(one: LedgerEntry) -> bool:
    return one.state == "queued" and not one.attempts and one.held_until is not None


def _is_tried_again(one: LedgerEntry) -> bool:
    return one.state in {"queued", "failed"} and one.attempts > 0


def _happened_at(one: LedgerEntry) -> datetime:
    return one.sent_at or one.digest_sent_at or one.ended_at or one.queued_at
