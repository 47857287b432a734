"""Letters that wait for the opening follow the clinic's hours when these change.

What was to leave at an opening that is none any more would find everybody away; and who is on call, and was left in peace
because the clinic would open soon, must hear of it now that it does not.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

import msgspec

from aftercare.alerts.notices import cannot_wait, opening
from aftercare.alerts.rota import on_call
from aftercare.alerts.telling import held, letters, notice_of
from aftercare.model.alerts import Audience
from aftercare.model.clinic import OpeningHours
from aftercare.model.deliveries import Delivery, Letter
from aftercare.model.team import Team
from aftercare.model.words import Tier


def moved(
    waiting: Iterable[Letter],
    team: Team,
    *,
    now: datetime,
    before: OpeningHours,
    new_id: Callable[[], UUID],
) -> list[Letter]:
    """Return the letters as they leave by the hours that the team has now, those that waited under their own ids.

    New ones are for who must be called at once: of several with the same `what` to the same recipient the first counts.
    """
    found: list[Letter] = []
    by_what = sorted((one for one in waiting if _waits_for_opening(one, before, now)), key=_what)
    for _, group in groupby(by_what, key=_what):
        those = list(group)
        calls = {_whom(one.delivery): one for one in _calls(those[0], team, now, before, new_id)}
        found += [_in_place(one, calls.pop(_whom(one.delivery), None), team, now) for one in those]
        found += calls.values()
    return found


def _waits_for_opening(letter: Letter, before: OpeningHours, now: datetime) -> bool:
    """What was due already is held by its recipient's quiet hours alone, which the clinic's do not change."""
    tier, written = letter.delivery.tier, letter.delivery.queued_at
    return tier in {Tier.SAME_DAY, Tier.SOON} and opening(before, written) > now


def _calls(
    letter: Letter, team: Team, now: datetime, before: OpeningHours, new_id: Callable[[], UUID]
) -> Iterator[Letter]:
    tier, written = letter.delivery.tier or Tier.ROUTINE, letter.delivery.queued_at
    if cannot_wait(tier, now, team.hours) and not cannot_wait(tier, written, before):
        notice = msgspec.structs.replace(notice_of(letter), to=Audience.ON_CALL, not_before=now)
        yield from letters((notice,), team, now, new_id)


def _in_place(letter: Letter, call: Letter | None, team: Team, now: datetime) -> Letter:
    if call is None:
        call = _at_opening(letter, team, now)
    delivery = msgspec.structs.replace(
        letter.delivery, held_until=call.delivery.held_until, held_why=call.delivery.held_why
    )
    return msgspec.structs.replace(letter, delivery=delivery, not_before=call.not_before)


def _at_opening(letter: Letter, team: Team, now: datetime) -> Letter:
    at = opening(team.hours, now)
    free = msgspec.structs.replace(letter.delivery, held_until=None, held_why=None)
    leaves = msgspec.structs.replace(letter, delivery=free, not_before=at)
    member = next((one for one in team.members if one.staff_id == letter.delivery.staff_id), None)
    if member is None:
        return leaves
    return held(leaves, member, on_call=any(on_call(rota, at) == member.staff_id for rota in team.rotas))


def _what(letter: Letter) -> str:
    return letter.what


def _whom(one: Delivery) -> Sequence[object]:
    return one.channel, one.staff_id, one.webhook_id, one.address_id
