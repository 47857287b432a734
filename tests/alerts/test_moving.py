"""Letters that wait for the opening follow new hours: later on a holiday, sooner where it opens, and a call where it is far."""

from datetime import date, datetime, time
from itertools import count
from uuid import UUID

import msgspec
import pytest

from aftercare.alerts.moving import moved
from aftercare.alerts.notices import notices
from aftercare.alerts.quiet import WHY
from aftercare.alerts.telling import letters, notice_of
from aftercare.model.alerts import Alert, Audience, Why
from aftercare.model.clinic import Holiday, Opening, OpeningHours
from aftercare.model.deliveries import Letter
from aftercare.model.rotas import Rota
from aftercare.model.team import Team
from aftercare.model.words import Code, Tier
from tests.alerts.test_telling import ANNE, BEN, HOURS, NIGHTS, at, member, wishes

HOOK = UUID(int=77)
NIGHT = at(22)  # Wednesday; the clinic opens at nine
CLOSED = OpeningHours(
    time_zone=HOURS.time_zone,
    openings=HOURS.openings,
    holidays=(Holiday(on=date(2026, 3, 5), name="Closed"),),
)
EARLY = OpeningHours(
    time_zone=HOURS.time_zone, openings=tuple(Opening(day, time(7), time(18)) for day in range(5))
)
NEVER_SHUT = OpeningHours(
    time_zone=HOURS.time_zone, openings=tuple(Opening(day, time.min, time.max) for day in range(7))
)
ROTA = Rota(
    rota_id=UUID(int=8),
    name="Nights",
    participants=(BEN,),
    hand_over=time(8),
    starts_on=date(2026, 1, 5),
    time_zone="Europe/London",
    every_days=7,
    is_default=True,
    version=1,
)
_ids = count(50_000)


def new_id() -> UUID:
    return UUID(int=next(_ids))


def team(hours: OpeningHours = HOURS, *, rota: bool = True) -> Team:
    people = (member(ANNE), member(BEN, asks=wishes(NIGHTS)))
    return Team(members=people, hooks=(HOOK,), rotas=(ROTA,) if rota else (), hours=hours)


def written(tier: Tier, when: datetime = NIGHT, *, owner: UUID | None = None) -> list[Letter]:
    """What an alert that was raised then has to tell, by the hours that held."""
    alert = Alert(
        id=UUID(int=4),
        episode_id=UUID(int=5),
        code=Code.COLD_SORE,
        tier=tier,
        raised_at=when,
        day=2,
        reason="Sample",
        version="1",
        clock_from=when,
        acknowledge_by=when,
        owner=owner,
    )
    return list(letters(notices(alert, Why.RAISED, when, HOURS), team(), when, new_id))


def waiting(found: list[Letter], now: datetime) -> list[Letter]:
    return [one for one in found if one.not_before > now]


def leaves(found: list[Letter]) -> dict[UUID | None, datetime]:
    return {one.delivery.staff_id or one.delivery.webhook_id: one.not_before for one in found}


def move(found: list[Letter], after: OpeningHours, now: datetime) -> list[Letter]:
    return moved(found, team(after), now=now, before=HOURS, new_id=new_id)


def test_what_waits_for_an_opening_that_is_no_more_leaves_at_the_next_one_under_its_own_id() -> None:
    found = waiting(written(Tier.SOON), NIGHT)
    after = move(found, CLOSED, at(23))
    assert leaves(after) == {ANNE: at(9, day=6), BEN: at(9, day=6), HOOK: at(9, day=6)}
    assert {one.delivery.delivery_id for one in after} == {one.delivery.delivery_id for one in found}


def test_whoever_is_on_call_hears_at_once_of_what_no_longer_keeps_until_the_opening() -> None:
    found = waiting(written(Tier.SAME_DAY), NIGHT)
    after = move(found, CLOSED, at(23))
    # Once: Ben's own letter is brought forward, through his quiet hours, since he is on call.
    assert leaves(after) == {BEN: at(23), HOOK: at(23), ANNE: at(9, day=6)}
    assert len(after) == len(found)
    assert all(one.delivery.held_until is None for one in after)


def test_whom_the_letters_did_not_mean_is_called_by_a_new_one_of_the_same() -> None:
    found = waiting(written(Tier.SAME_DAY, owner=ANNE), NIGHT)
    assert leaves(found) == {ANNE: at(9, day=5), HOOK: at(9, day=5)}
    after = move(found, CLOSED, at(23))
    assert leaves(after) == {ANNE: at(9, day=6), BEN: at(23), HOOK: at(23)}
    assert len({one.what for one in after}) == 1
    (call,) = [one for one in after if one.delivery.staff_id == BEN]
    assert (call.delivery.queued_at, call.delivery.alert_id) == (at(23), UUID(int=4))


def test_whoever_was_called_when_it_was_written_is_not_called_again() -> None:
    evening = at(20)  # thirteen hours to the opening: Ben was called then
    found = waiting(written(Tier.SAME_DAY, evening, owner=ANNE), evening)
    assert leaves(found) == {ANNE: at(9, day=5), HOOK: at(9, day=5)}
    assert leaves(move(found, CLOSED, at(23))) == {ANNE: at(9, day=6), HOOK: at(9, day=6)}


@pytest.mark.parametrize(("hours", "when"), [(EARLY, at(7, day=5)), (NEVER_SHUT, at(23))])
def test_a_clinic_that_opens_sooner_is_told_sooner(hours: OpeningHours, when: datetime) -> None:
    found = waiting(written(Tier.SAME_DAY), NIGHT)
    assert leaves(move(found, hours, at(23)))[ANNE] == when


def test_quiet_hours_hold_at_the_new_opening_and_no_longer() -> None:
    found = waiting(written(Tier.SOON), NIGHT)
    six = OpeningHours(time_zone=HOURS.time_zone, openings=(Opening(3, time(6), time(18)),))
    (bens,) = [one for one in move(found, six, at(23)) if one.delivery.staff_id == BEN]
    assert (bens.not_before, bens.delivery.held_until, bens.delivery.held_why) == (
        at(7, day=5),
        at(7, day=5),
        WHY,
    )
    (back,) = moved([bens], team(HOURS), now=at(23, 5), before=six, new_id=new_id)
    assert (back.not_before, back.delivery.held_until, back.delivery.held_why) == (at(9, day=5), None, None)


@pytest.mark.parametrize(("rota", "hour"), [(True, 6), (False, 7)])
def test_whoever_is_on_call_at_the_new_opening_has_no_quiet_hours_then(*, rota: bool, hour: int) -> None:
    six = OpeningHours(time_zone=HOURS.time_zone, openings=(Opening(3, time(6), time(18)),))
    found = waiting(written(Tier.SAME_DAY), NIGHT)
    after = moved(found, team(six, rota=rota), now=at(23), before=HOURS, new_id=new_id)
    assert leaves(after) == {ANNE: at(6, day=5), BEN: at(hour, day=5), HOOK: at(6, day=5)}


def test_what_quiet_hours_alone_hold_stays_where_it_is() -> None:
    open_late = OpeningHours(time_zone=HOURS.time_zone, openings=(Opening(2, time(9), time(23)),))
    held_only = [one for one in written(Tier.SOON) if one.delivery.staff_id == BEN]
    assert moved(held_only, team(CLOSED), now=at(22, 30), before=open_late, new_id=new_id) == []


def test_the_letters_of_each_alert_that_waits_are_moved() -> None:
    other = [
        msgspec.structs.replace(one, what=one.what.replace(str(UUID(int=4)), str(UUID(int=6))))
        for one in written(Tier.SOON)
    ]
    after = move(waiting([*written(Tier.SOON), *other], NIGHT), CLOSED, at(23))
    assert sorted(one.not_before for one in after) == [at(9, day=6)] * 6
    assert len({one.what for one in after}) == 2


def test_what_leaves_at_this_very_instant_is_not_moved() -> None:
    assert move(written(Tier.SOON), CLOSED, at(9, day=5)) == []


def test_the_same_hours_move_nothing() -> None:
    found = waiting(written(Tier.SAME_DAY), NIGHT)
    assert sorted(move(found, HOURS, at(23)), key=str) == sorted(found, key=str)


def test_a_letter_says_what_it_was_written_for() -> None:
    (first, *_) = written(Tier.SAME_DAY)
    known = notice_of(first)
    assert (known.why, known.alert_id, known.at, known.to) == (
        Why.RAISED,
        UUID(int=4),
        NIGHT,
        Audience.PRACTITIONERS,
    )
