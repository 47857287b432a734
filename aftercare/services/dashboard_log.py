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
from aftercare.model.follow_ups import FollowUp
from aftercare.model.ledger import LedgerEntry
from aftercare.model.views import FollowUpItem, FollowUpKind, ShownAdvice, StaffView
from aftercare.services import dashboard_views as views
from aftercare.store import check_ins, follow_ups, ledger, photo_views, photos, staff
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


class Depth(msgspec.Struct, frozen=True, kw_only=True):
    """What stands below an alert, read for several alerts of one patient at once."""

    answers: dict[UUID, dict[str, Any]]  # what the patient was answered, by check-in
    follow_ups: dict[UUID, list[FollowUp]]  # by alert, in order of time
    told: dict[UUID, list[LedgerEntry]]  # by alert, in order of time
    staff: dict[UUID, StaffView]
    photos: Sequence[PhotoRow] = ()  # newest first
    nearest: dict[UUID, PhotoRow] = {}  # by alert, to what was reported


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
    people = {one.staff_id for several in done.values() for one in several}
    people |= {one.staff_id for several in told.values() for one in several}
    members = await staff.several(db, clinic_id, [one for one in people if one is not None])
    return Depth(
        answers=await check_ins.answers_to(db, clinic_id, patient_id, list(asked)),
        follow_ups=done,
        told=told,
        staff={member.staff_id: views.staff_view(member) for member in members.values()},
        photos=await photos.of_patient(db, clinic_id, patient_id, _PHOTOS),
        nearest=await photo_views.nearest(db, clinic_id, patient_id, reported),
    )


def shown_after(depth: Depth, found: Iterable[FindingRow]) -> tuple[ShownAdvice, ...]:
    """What the patient was shown after the check-ins that the findings rest on, the latest first."""
    in_order = dict.fromkeys(one.check_in_id for one in reversed(list(found)) if one.check_in_id is not None)
    answers = [depth.answers[check_in] for check_in in in_order if check_in in depth.answers]
    advice = [msgspec.convert(answer["advice"], Advice) for answer in answers[:_SHOWN]]
    return tuple(ShownAdvice(text=_sentences(one)) for one in advice)


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
    return tuple(sorted(items, key=lambda item: item.at))


def done(staff: dict[UUID, StaffView], one: FollowUp, alert: Alert | None) -> FollowUpItem:
    """What a staff member did, as a line of the log."""
    return msgspec.convert(
        {
            "at": one.at,
            "kind": one.kind,
            "by": staff.get(one.staff_id) if one.staff_id else None,
            "text": one.text,
            "alert_id": one.alert_id,
            "code": alert.code if alert else None,
            "outcome": one.outcome,
            "until": one.until,
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
    )


def _told(depth: Depth, alert: Alert) -> Iterable[FollowUpItem]:
    """Who was told, those told within a minute in one line; what is still on its way says nothing yet."""
    together: defaultdict[tuple[datetime, ChannelName, str], list[LedgerEntry]] = defaultdict(list)
    for one in depth.told.get(alert.id, ()):
        if one.state != "queued" or one.attempts:
            minute = _happened_at(one).replace(second=0, microsecond=0)
            together[minute, one.channel, one.state].append(one)
    for (_, channel, state), several in together.items():
        known = (depth.staff.get(one.staff_id) if one.staff_id else None for one in several)
        names = dict.fromkeys(member.name if member else "another system" for member in known)
        yield FollowUpItem(
            at=_happened_at(several[0]),
            kind="told" if state == "sent" else "told_failed",
            alert_id=alert.id,
            code=alert.code,
            text=f"{', '.join(names)} {_CHANNELS[channel]}{'; trying again' if state == 'queued' else ''}",
        )


def _happened_at(one: LedgerEntry) -> datetime:
    return one.sent_at or one.ended_at or one.queued_at
