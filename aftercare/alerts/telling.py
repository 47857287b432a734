"""From notices to letters: whom of the team a notice means, over which of their addresses, and what goes together."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from aftercare.alerts.chains import means
from aftercare.model.addresses import PUSH, ChannelName
from aftercare.model.alerts import Audience, Notice, Why
from aftercare.model.deliveries import Delivery, Letter
from aftercare.model.messages import MessageKind
from aftercare.model.team import Member, Team
from aftercare.model.words import Tier

_KINDS: Final = {
    Why.RAISED: MessageKind.ALERT_RAISED,
    Why.REOPENED: MessageKind.ALERT_RAISED,
    Why.SNOOZE_ENDED: MessageKind.ALERT_RAISED,
    Why.TIER_ROSE: MessageKind.ALERT_TIER_ROSE,
    Why.REPORTED_AGAIN: MessageKind.ALERT_TIER_ROSE,
    Why.SIGN_JOINED: MessageKind.ALERT_WORSENED,
    Why.GRADE_ROSE: MessageKind.ALERT_WORSENED,
    Why.STILL_REPORTED: MessageKind.ALERT_WORSENED,
    Why.OVERDUE: MessageKind.ALERT_OVERDUE,
    Why.STEP_OVERDUE: MessageKind.DIGEST,
}
_ALL: Final = frozenset(ChannelName)
# Over what a tier is told to staff, of what each of them has.
CHANNELS: Final = {
    Tier.EMERGENCY: _ALL,
    Tier.SAME_DAY: _ALL,
    Tier.SOON: PUSH | {ChannelName.SMTP},
    Tier.ROUTINE: frozenset({ChannelName.SMTP}),
}


def letters(
    notices: tuple[Notice, ...], team: Team, now: datetime, new_id: Callable[[], UUID]
) -> Iterator[Letter]:
    """What notices ask for. Of several with the same `what` to the same recipient the first counts."""
    # The soonest first: whoever is meant twice is told once, and then at once rather than at the opening.
    for notice in sorted(notices, key=lambda one: one.not_before):
        what = f"{notice.why}:{notice.alert_id}:{notice.step}:{notice.at.isoformat()}"
        about = Delivery(
            delivery_id=new_id(),
            channel=ChannelName.WEBHOOK,
            kind=_KINDS[notice.why],
            tier=notice.tier,
            alert_id=notice.alert_id,
            queued_at=now,
        )
        for hook in team.hooks:
            to_hook = msgspec.structs.replace(about, delivery_id=new_id(), webhook_id=hook)
            yield Letter(what=what, delivery=to_hook, not_before=notice.not_before)
        if notice.tier is Tier.ROUTINE:
            # All routine news of a day goes out as one.
            what = f"digest:{notice.not_before.isoformat()}"
            about = msgspec.structs.replace(about, kind=MessageKind.DIGEST, alert_id=None)
        for member in audience(notice, team):
            yield from _to_member(
                Letter(what=what, delivery=about, not_before=notice.not_before), member, new_id
            )


def audience(notice: Notice, team: Team) -> list[Member]:
    """Whom a notice means when it leaves. Nobody is never the answer: then it is every practitioner, and without any, everyone."""
    chosen = means(notice.to, team, notice.not_before, owner=notice.owner, role=notice.role, whom=notice.whom)
    return chosen or means(Audience.PRACTITIONERS, team, notice.not_before) or list(team.members)


def _to_member(letter: Letter, member: Member, new_id: Callable[[], UUID]) -> Iterator[Letter]:
    tier = letter.delivery.tier or Tier.ROUTINE
    for reach in member.reaches:
        if reach.channel in CHANNELS[tier]:
            delivery = msgspec.structs.replace(
                letter.delivery,
                delivery_id=new_id(),
                channel=reach.channel,
                staff_id=member.staff_id,
                address_id=reach.address_id,
            )
            yield msgspec.structs.replace(letter, delivery=delivery)
