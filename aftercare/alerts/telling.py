"""From notices to letters: whom of the team a notice means, over which of their addresses, and what goes together."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from aftercare.alerts.chains import means
from aftercare.alerts.quiet import own_digest, release, ways
from aftercare.alerts.rota import on_call
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
        what = _what(notice)
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
            about = msgspec.structs.replace(about, kind=MessageKind.DIGEST, alert_id=None)
        letter = Letter(what=what, delivery=about, not_before=notice.not_before)
        for member, called in _hearing(notice, team):
            own = _in_digest(letter, notice, member, team) if notice.tier is Tier.ROUTINE else letter
            yield from _to_member(held(own, member, on_call=called), member, new_id)


def _what(notice: Notice) -> str:
    return f"{notice.why}:{notice.alert_id}:{notice.step}:{notice.at.isoformat()}"


def notice_of(letter: Letter) -> Notice:
    """Return what a letter about an alert was written for, as far as it says: to whom, and when, is not in it."""
    why, alert_id, step, at = letter.what.split(":", 3)
    return Notice(
        alert_id=UUID(alert_id),
        why=Why(why),
        to=Audience.PRACTITIONERS,
        owner=None,
        tier=letter.delivery.tier or Tier.ROUTINE,
        step=int(step),
        at=datetime.fromisoformat(at),
        not_before=letter.not_before,
    )


def audience(notice: Notice, team: Team) -> list[Member]:
    """Whom a notice means when it leaves. Nobody is never the answer: then it is every practitioner, and without any, everyone."""
    chosen = means(notice.to, team, notice.not_before, owner=notice.owner, role=notice.role, whom=notice.whom)
    return chosen or means(Audience.PRACTITIONERS, team, notice.not_before) or list(team.members)


def to_newcomers(
    newcomers: Collection[UUID], tier: Tier, team: Team, now: datetime, new_id: Callable[[], UUID]
) -> Iterator[Letter]:
    """Return the letters to those who are on call from now on; `tier` is of the most urgent that is still open.

    Over the ways of that tier and as quiet hours let one leave that tells of it: for `same_day` who is on call has none.
    """
    about = Delivery(
        delivery_id=new_id(), channel=ChannelName.SMTP, kind=MessageKind.HAND_OVER, tier=tier, queued_at=now
    )
    letter = Letter(what=f"hand_over:{now.isoformat()}", delivery=about, not_before=now)
    for member in team.members:
        if member.staff_id in newcomers:
            yield from _to_member(held(letter, member, on_call=True), member, new_id)


def held(letter: Letter, member: Member, *, on_call: bool = False) -> Letter:
    """Return the letter as the member's quiet hours let it leave, with the reason if they hold it."""
    tier = letter.delivery.tier or Tier.ROUTINE
    at, why = release(member.preferences, tier, letter.not_before, on_call=on_call)
    if why is None:
        return letter
    delivery = msgspec.structs.replace(letter.delivery, held_until=at, held_why=why)
    return msgspec.structs.replace(letter, delivery=delivery, not_before=at)


def _hearing(notice: Notice, team: Team) -> list[tuple[Member, bool]]:
    """Whom a notice means, and whether each is on call then. Whoever is called for want of a rota is."""
    called = notice.to is Audience.ON_CALL
    duty = {on_call(rota, notice.not_before) for rota in team.rotas}
    meant = [(member, called or member.staff_id in duty) for member in audience(notice, team)]
    if notice.tier is not Tier.SAME_DAY or any(_awake(member, notice, on) for member, on in meant):
        return meant
    # Held for all at once, nobody would hear of it in time: whoever is on call, or stands in, does now.
    calling = audience(msgspec.structs.replace(notice, to=Audience.ON_CALL, whom=None), team)
    return [(member, True) for member in calling] + [one for one in meant if one[0] not in calling]


def _awake(member: Member, notice: Notice, on_call: bool) -> bool:  # noqa: FBT001 - as it stands in the pair
    return release(member.preferences, notice.tier, notice.not_before, on_call=on_call).why is None


def _in_digest(letter: Letter, notice: Notice, member: Member, team: Team) -> Letter:
    """All routine news of a person's day go out as one, at their time."""
    at = own_digest(member.preferences, team.hours, notice.at, notice.not_before)
    return msgspec.structs.replace(letter, what=f"digest:{at.isoformat()}", not_before=at)


def _to_member(letter: Letter, member: Member, new_id: Callable[[], UUID]) -> Iterator[Letter]:
    tier = letter.delivery.tier or Tier.ROUTINE
    for reach in ways(
        member.preferences, tier, [one for one in member.reaches if one.channel in CHANNELS[tier]]
    ):
        delivery = msgspec.structs.replace(
            letter.delivery,
            delivery_id=new_id(),
            channel=reach.channel,
            staff_id=member.staff_id,
            address_id=reach.address_id,
        )
        yield msgspec.structs.replace(letter, delivery=delivery)
