"""Whom letters go to, over which of their addresses, and when quiet hours and digests let them leave."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from aftercare.alerts.quiet import WHY
from aftercare.alerts.telling import CHANNELS, letters
from aftercare.model.addresses import ChannelName, Reach
from aftercare.model.alerts import Audience, Notice, Why
from aftercare.model.clinic import Opening, OpeningHours
from aftercare.model.deliveries import Letter
from aftercare.model.messages import MessageKind
from aftercare.model.preferences import Muted, QuietSpan, StaffPreferences
from aftercare.model.rotas import Rota
from aftercare.model.team import MAIL, Member, Team
from aftercare.model.words import Role, Tier

LONDON = ZoneInfo("Europe/London")
ANNE, BEN, CLEO, ALERT = (UUID(int=number) for number in range(1, 5))
NIGHTS = QuietSpan(weekdays=tuple(range(7)), starts=time(22), ends=time(7))
HOURS = OpeningHours(
    time_zone="Europe/London", openings=tuple(Opening(day, time(9), time(18)) for day in range(5))
)


def reach(channel: ChannelName, number: int = 1) -> Reach:
    return Reach(channel=channel, address_id=UUID(int=1000 + number))


LAPTOP, PHONE = reach(ChannelName.WEBPUSH), reach(ChannelName.APNS, 2)
OLD_PHONE, TEXT = reach(ChannelName.FCM, 3), reach(ChannelName.SMS, 4)


def at(hour: int, minute: int = 0, day: int = 4) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=LONDON).astimezone(UTC)


def wishes(*quiet: QuietSpan, **fields: Any) -> StaffPreferences:
    return StaffPreferences(time_zone="Europe/London", quiet=quiet, **fields)


def member(
    staff_id: UUID,
    *reaches: Reach,
    role: Role = Role.PRACTITIONER,
    asks: StaffPreferences | None = None,
) -> Member:
    return Member(staff_id=staff_id, role=role, reaches=(MAIL, *reaches), preferences=asks or wishes())


def notice(
    tier: Tier, to: Audience = Audience.PRACTITIONERS, due: datetime | None = None, **fields: Any
) -> Notice:
    due = due or at(10)
    given = {"alert_id": ALERT, "why": Why.RAISED, "owner": None, "step": 0, "at": due, "not_before": due}
    return Notice(**{**given, "tier": tier, "to": to, **fields})


def told(team: Team, *notices: Notice) -> list[Letter]:
    ids: Iterator[int] = count(10_000)
    return list(letters(notices, team, notices[0].at, lambda: UUID(int=next(ids))))


def ways_of(found: list[Letter], staff_id: UUID) -> list[tuple[ChannelName, UUID | None]]:
    return [
        (one.delivery.channel, one.delivery.address_id) for one in found if one.delivery.staff_id == staff_id
    ]


EVERYTHING = member(ANNE, LAPTOP, PHONE, OLD_PHONE, TEXT)


@pytest.mark.parametrize(
    ("tier", "over"),
    [
        (Tier.EMERGENCY, [MAIL, LAPTOP, PHONE, OLD_PHONE, TEXT]),
        (Tier.SAME_DAY, [MAIL, LAPTOP, PHONE, OLD_PHONE, TEXT]),
        (Tier.SOON, [MAIL, LAPTOP, PHONE, OLD_PHONE]),
        (Tier.ROUTINE, [MAIL]),
    ],
)
def test_a_tier_is_told_over_each_of_the_ways_that_it_may_use(tier: Tier, over: list[Reach]) -> None:
    found = told(Team(members=(EVERYTHING,)), notice(tier))
    assert ways_of(found, ANNE) == [(one.channel, one.address_id) for one in over]
    assert len({one.delivery.delivery_id for one in found}) == len(over)


def test_two_phones_of_one_person_are_two_letters_of_the_same_thing() -> None:
    first, second = reach(ChannelName.APNS, 1), reach(ChannelName.APNS, 2)
    found = told(Team(members=(member(ANNE, first, second),)), notice(Tier.SOON))
    assert [one.delivery.address_id for one in found] == [None, first.address_id, second.address_id]
    assert len({one.what for one in found}) == 1


def test_what_a_person_took_away_is_not_used_for_that_tier_and_an_emergency_uses_it_all_the_same() -> None:
    quieter = member(ANNE, LAPTOP, TEXT, asks=wishes(muted=Muted(same_day=("sms", "smtp"))))
    team = Team(members=(quieter,))
    assert ways_of(told(team, notice(Tier.SAME_DAY)), ANNE) == [(LAPTOP.channel, LAPTOP.address_id)]
    assert len(ways_of(told(team, notice(Tier.EMERGENCY)), ANNE)) == 3


def test_a_person_whose_only_push_was_retired_hears_by_the_mail_that_they_took_away() -> None:
    alone = member(ANNE, asks=wishes(muted=Muted(soon=("smtp",))))
    assert ways_of(told(Team(members=(alone,)), notice(Tier.SOON)), ANNE) == [(ChannelName.SMTP, None)]


def test_every_tier_has_mail_so_that_nobody_is_without_a_way() -> None:
    assert all(ChannelName.SMTP in CHANNELS[tier] for tier in Tier)


QUIET_ANNE, LOUD_BEN = member(ANNE, LAPTOP, asks=wishes(NIGHTS)), member(BEN)


@pytest.mark.parametrize("tier", [Tier.SAME_DAY, Tier.SOON, Tier.ROUTINE])
def test_quiet_hours_hold_ones_own_letters_and_nobody_elses(tier: Tier) -> None:
    night = at(23)
    found = told(Team(members=(QUIET_ANNE, LOUD_BEN), hours=HOURS), notice(tier, due=night))
    held = {
        one.delivery.staff_id: (one.not_before, one.delivery.held_until, one.delivery.held_why)
        for one in found
    }
    assert held == {ANNE: (at(7, day=5), at(7, day=5), WHY), BEN: (night, None, None)}


def test_webhooks_are_never_quiet() -> None:
    night = at(23)
    (call, *_) = told(Team(members=(QUIET_ANNE,), hooks=(UUID(int=9),)), notice(Tier.SOON, due=night))
    assert (call.delivery.webhook_id, call.not_before, call.delivery.held_until) == (UUID(int=9), night, None)


def test_an_emergency_wakes_everybody() -> None:
    night = at(3)
    found = told(Team(members=(QUIET_ANNE, LOUD_BEN)), notice(Tier.EMERGENCY, Audience.EVERYONE, night))
    assert {(one.not_before, one.delivery.held_until) for one in found} == {(night, None)}
    assert {one.delivery.staff_id for one in found} == {ANNE, BEN}


def rota(*people: UUID) -> Rota:
    return Rota(
        rota_id=UUID(int=70),
        name="Nights",
        participants=people,
        hand_over=time(8),
        starts_on=at(8, day=1).date(),
        time_zone="Europe/London",
        version=1,
    )


def test_whoever_is_on_call_hears_of_the_same_day_at_once_and_of_soon_after_the_night() -> None:
    team = Team(members=(QUIET_ANNE, LOUD_BEN), rotas=(rota(ANNE),))
    night = at(23)
    same_day = [one for one in told(team, notice(Tier.SAME_DAY, due=night)) if one.delivery.staff_id == ANNE]
    soon = [one for one in told(team, notice(Tier.SOON, due=night)) if one.delivery.staff_id == ANNE]
    assert {one.not_before for one in same_day} == {night}
    assert {one.not_before for one in soon} == {at(7, day=5)}


def test_who_stands_in_for_an_empty_rota_is_on_call() -> None:
    night = at(23)
    found = told(Team(members=(QUIET_ANNE,)), notice(Tier.SAME_DAY, Audience.ON_CALL, night))
    assert {one.not_before for one in found} == {night}


def test_a_same_day_that_finds_all_of_them_in_quiet_hours_calls_whoever_is_on_call_now() -> None:
    cleo = member(CLEO, role=Role.COORDINATOR, asks=wishes(NIGHTS))
    night = at(23)
    team = Team(members=(QUIET_ANNE, cleo), rotas=(rota(CLEO),))
    found = told(team, notice(Tier.SAME_DAY, due=night))  # to practitioners: Anne alone
    leaves = {one.delivery.staff_id: one.not_before for one in found}
    assert leaves == {CLEO: night, ANNE: at(7, day=5)}


def test_without_a_rota_those_whom_it_finds_in_quiet_hours_stand_in_themselves() -> None:
    night = at(23)
    found = told(Team(members=(QUIET_ANNE,)), notice(Tier.SAME_DAY, due=night))
    assert {(one.delivery.staff_id, one.not_before) for one in found} == {(ANNE, night)}


def test_a_soon_alert_may_find_all_of_them_in_quiet_hours() -> None:
    found = told(Team(members=(QUIET_ANNE,)), notice(Tier.SOON, due=at(23)))
    assert {one.not_before for one in found} == {at(7, day=5)}


def test_routine_news_of_a_day_is_one_digest_at_each_persons_own_time() -> None:
    late = member(BEN, asks=wishes(digest_at=time(16)))
    team = Team(members=(member(ANNE), late), hours=HOURS)
    opening = at(9, day=5)
    news = [
        notice(Tier.ROUTINE, alert_id=UUID(int=number), at=at(10), not_before=opening) for number in (4, 5)
    ]
    found = told(team, *news)
    assert {one.delivery.kind for one in found} == {MessageKind.DIGEST}
    assert {one.delivery.alert_id for one in found} == {None}
    by_person = {(one.delivery.staff_id, one.not_before, one.what) for one in found}
    assert by_person == {
        (ANNE, opening, f"digest:{opening.isoformat()}"),
        (BEN, at(16), f"digest:{at(16).isoformat()}"),
    }


def test_a_digest_time_within_ones_quiet_hours_waits_for_their_end() -> None:
    early = member(ANNE, asks=wishes(NIGHTS, digest_at=time(6)))
    (found,) = told(Team(members=(early,), hours=HOURS), notice(Tier.ROUTINE, not_before=at(9, day=5)))
    assert (found.not_before, found.delivery.held_why) == (at(7, day=5), WHY)
    assert found.not_before - at(6, day=5) == timedelta(hours=1)
