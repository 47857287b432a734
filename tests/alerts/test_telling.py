"""Whom letters go to, over which of their addresses, and when quiet hours and digests let them leave."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from aftercare.alerts.quiet import WHY
from aftercare.alerts.telling import CHANNELS, letters, notice_of, to_newcomers
from aftercare.model.addresses import ChannelName, Reach
from aftercare.model.alerts import Audience, Notice, Why
from aftercare.model.clinic import Opening, OpeningHours
from aftercare.model.deliveries import Delivery, Letter
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


def test_all_who_stand_in_for_an_empty_rota_are_on_call_also_where_one_of_them_is_awake() -> None:
    night = at(23)
    found = told(Team(members=(QUIET_ANNE, LOUD_BEN)), notice(Tier.SAME_DAY, Audience.ON_CALL, night))
    assert {(one.delivery.staff_id, one.not_before) for one in found} == {(ANNE, night), (BEN, night)}


def test_whoever_is_on_call_by_any_rota_is_awake_so_that_nobody_else_is_called() -> None:
    cleo = member(CLEO, asks=wishes(NIGHTS))
    default = msgspec.structs.replace(rota(CLEO), rota_id=UUID(int=71), is_default=True)
    team = Team(members=(QUIET_ANNE, cleo), rotas=(default, rota(ANNE)))
    found = told(team, notice(Tier.SAME_DAY, Audience.PERSON, at(23), whom=ANNE))
    assert {(one.delivery.staff_id, one.not_before) for one in found} == {(ANNE, at(23))}


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


def test_a_letter_is_thin_and_says_which_alert_why_and_since_when() -> None:
    hook = UUID(int=9)
    given = notice(Tier.SAME_DAY, why=Why.OVERDUE, step=2)
    call, mail, push = told(Team(members=(member(ANNE, PHONE),), hooks=(hook,)), given)
    what = f"overdue:{ALERT}:2:{at(10).isoformat()}"
    assert call == Letter(
        what=what,
        not_before=at(10),
        delivery=Delivery(
            delivery_id=call.delivery.delivery_id,
            channel=ChannelName.WEBHOOK,
            kind=MessageKind.ALERT_OVERDUE,
            tier=Tier.SAME_DAY,
            alert_id=ALERT,
            webhook_id=hook,
            queued_at=at(10),
        ),
    )
    assert (mail.what, mail.delivery) == (
        what,
        Delivery(
            delivery_id=mail.delivery.delivery_id,
            channel=ChannelName.SMTP,
            kind=MessageKind.ALERT_OVERDUE,
            tier=Tier.SAME_DAY,
            alert_id=ALERT,
            staff_id=ANNE,
            queued_at=at(10),
        ),
    )
    assert len({one.delivery.delivery_id for one in (call, mail, push)}) == 3
    assert notice_of(push) == msgspec.structs.replace(given, to=Audience.PRACTITIONERS)


def test_each_webhook_has_a_letter_of_its_own() -> None:
    hooks = (UUID(int=9), UUID(int=10))
    found = told(Team(members=(), hooks=hooks), notice(Tier.SOON))
    assert [one.delivery.webhook_id for one in found] == [*hooks]
    ids = {one.delivery.delivery_id for one in found}
    assert len(ids) == 2
    assert None not in ids


def test_whoever_is_meant_twice_is_told_the_soonest_first() -> None:
    later, now = notice(Tier.SOON, not_before=at(18)), notice(Tier.SOON, not_before=at(10))
    found = told(Team(members=(member(ANNE),)), later, now)
    assert [one.not_before for one in found] == [at(10), at(18)]
    assert len({one.what for one in found}) == 1


def test_the_webhook_hears_of_a_routine_alert_itself_and_people_of_their_digest() -> None:
    call, mail = told(Team(members=(member(ANNE),), hooks=(UUID(int=9),), hours=HOURS), notice(Tier.ROUTINE))
    assert (call.delivery.kind, call.delivery.alert_id) == (MessageKind.ALERT_RAISED, ALERT)
    assert (mail.delivery.kind, mail.delivery.alert_id) == (MessageKind.DIGEST, None)


@pytest.mark.parametrize(
    ("people", "named", "meant"),
    [
        ((member(ANNE), member(BEN, role=Role.ADMIN)), {"to": Audience.PERSON, "whom": BEN}, [BEN]),
        ((member(ANNE), member(BEN, role=Role.ADMIN)), {"to": Audience.ROLE, "role": Role.ADMIN}, [BEN]),
        # Whom it means has left: then every practitioner hears, and where there is none, everyone.
        ((member(ANNE), member(BEN, role=Role.ADMIN)), {"to": Audience.PERSON, "whom": CLEO}, [ANNE]),
        ((member(ANNE), member(BEN, role=Role.ADMIN)), {"to": Audience.OWNER, "owner": CLEO}, [ANNE]),
        ((member(BEN, role=Role.ADMIN),), {"to": Audience.OWNER, "owner": CLEO}, [BEN]),
    ],
)
def test_nobody_is_never_whom_a_notice_means(
    people: tuple[Member, ...], named: dict[str, Any], meant: list[UUID]
) -> None:
    found = told(Team(members=people), notice(Tier.SOON, **named))
    assert [one.delivery.staff_id for one in found] == meant


def test_who_is_on_call_is_asked_of_the_rota_when_the_notice_leaves() -> None:
    turns = msgspec.structs.replace(rota(ANNE, BEN), every_days=1)  # handed over at eight
    team = Team(members=(member(ANNE), member(BEN)), rotas=(turns,))
    late = notice(Tier.EMERGENCY, Audience.ON_CALL, at(7), not_before=at(8))
    assert {one.delivery.staff_id for one in told(team, late)} == {BEN}
    named = notice(Tier.EMERGENCY, Audience.ON_CALL, at(7), whom=turns.rota_id)
    assert {one.delivery.staff_id for one in told(team, named)} == {ANNE}


def test_who_is_called_for_want_of_anybody_awake_is_not_whom_the_chain_named() -> None:
    """The owner sleeps: the person on call hears now, and the owner when their night is over."""
    team = Team(members=(QUIET_ANNE, member(CLEO, asks=wishes(NIGHTS))), rotas=(rota(CLEO),))
    night = at(23)
    found = told(team, notice(Tier.SAME_DAY, Audience.PERSON, night, whom=ANNE))
    assert {one.delivery.staff_id: one.not_before for one in found} == {CLEO: night, ANNE: at(7, day=5)}


def test_whoever_is_on_call_from_now_on_hears_of_it_as_urgently_as_what_is_open() -> None:
    people = (member(ANNE, TEXT, asks=wishes(NIGHTS)), member(BEN))
    ids: Iterator[int] = count(20_000)

    def newcomers(*who: UUID, tier: Tier) -> list[Letter]:
        return list(to_newcomers(who, tier, Team(members=people), at(23), lambda: UUID(int=next(ids))))

    mail, text = newcomers(ANNE, tier=Tier.SAME_DAY)
    assert mail == Letter(
        what=f"hand_over:{at(23).isoformat()}",
        not_before=at(23),
        delivery=Delivery(
            delivery_id=mail.delivery.delivery_id,
            channel=ChannelName.SMTP,
            kind=MessageKind.HAND_OVER,
            tier=Tier.SAME_DAY,
            staff_id=ANNE,
            queued_at=at(23),
        ),
    )
    assert (text.delivery.channel, text.delivery.address_id) == (TEXT.channel, TEXT.address_id)
    assert text.delivery.delivery_id != mail.delivery.delivery_id
    (soon,) = newcomers(ANNE, CLEO, tier=Tier.SOON)
    assert (soon.not_before, soon.delivery.held_why) == (at(7, day=5), WHY)
