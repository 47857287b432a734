"""Chains that a clinic writes: they end with everyone, pass over who is not there, and tell whoever is late."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.alerts import acts
from aftercare.alerts.chains import EVERYONE, SHIPPED, complete, means, standing
from aftercare.alerts.clocks import due_at, lapse, retimed
from aftercare.alerts.joining import absorb
from aftercare.model.alerts import Alert, Audience
from aftercare.model.chains import Chain, Step
from aftercare.model.clinic import Holiday, Opening, OpeningHours
from aftercare.model.findings import Finding
from aftercare.model.rotas import Rota
from aftercare.model.team import Member, Team
from aftercare.model.words import Code, Role, Tier

At = Callable[..., datetime]
Found = Callable[..., Finding]
ANNE, BEN = UUID(int=7), UUID(int=8)
NIGHTS = UUID(int=50)
ON_CALL, OWNER = Step(tells="on_call"), Step(tells="owner")
BEN_STEP = Step(tells="person", staff_id=BEN)
PRACTITIONERS = Step(tells="role", role=Role.PRACTITIONER)


def chain(*steps: Step, absent: tuple[int, ...] = ()) -> Chain:
    return Chain(steps=complete(steps), absent=frozenset(absent))


@pytest.fixture
def raised(march: At, hours: OpeningHours, finding: Found) -> Callable[..., Alert]:
    def make(tier: Tier = Tier.SAME_DAY, how: Chain = SHIPPED, at: datetime | None = None) -> Alert:
        change = absorb(
            [],
            [finding(Code.BURN, tier, signs=("blisters",))],
            episode_id=UUID(int=1),
            now=at or march(3),
            hours=hours,
            new_id=lambda: UUID(int=100),
            chains=dict.fromkeys(Tier, how),
        )
        (alert,) = change.new
        return alert

    return make


def test_an_alert_goes_step_by_step_to_whom_the_clinic_named_and_then_to_everyone_again_and_again(
    raised: Callable[..., Alert], march: At, hours: OpeningHours
) -> None:
    how = chain(OWNER, Step(tells="on_call", rota_id=NIGHTS), BEN_STEP, PRACTITIONERS)
    alert, told = raised(Tier.EMERGENCY, how), []
    for minute in (15, 30, 45, 60, 75):
        (alert,), notices = (
            (
                change := lapse(alert, now=march(3, 10) + timedelta(minutes=minute), hours=hours, chain=how)
            ).changed,
            change.notices,
        )
        told += [(one.to, one.whom, one.role, one.step) for one in notices]
    assert told == [
        (Audience.ON_CALL, NIGHTS, None, 1),
        (Audience.PERSON, BEN, None, 2),
        (Audience.ROLE, None, Role.PRACTITIONER, 3),
        (Audience.EVERYONE, None, None, 4),
        (Audience.EVERYONE, None, None, 4),
    ]


def test_a_step_that_reaches_nobody_is_passed_over_at_once(
    raised: Callable[..., Alert], march: At, hours: OpeningHours
) -> None:
    how = chain(OWNER, ON_CALL, BEN_STEP, PRACTITIONERS, absent=(1, 2))
    change = lapse(raised(), now=march(3, 12), hours=hours, chain=how)
    assert [(one.to, one.step) for one in change.notices] == [(Audience.ROLE, 3)]
    nobody = chain(OWNER, ON_CALL, absent=(1,))
    change = lapse(raised(), now=march(3, 12), hours=hours, chain=nobody)
    assert [(one.to, one.step) for one in change.notices] == [(Audience.EVERYONE, 2)]


def test_a_new_alert_begins_at_the_first_step_that_reaches_somebody(
    raised: Callable[..., Alert], march: At, hours: OpeningHours, finding: Found
) -> None:
    how = chain(ON_CALL, BEN_STEP, absent=(0,))
    assert raised(how=how).step == 1
    change = absorb(
        [],
        [finding(Code.BURN, Tier.SAME_DAY, signs=("blisters",))],
        episode_id=UUID(int=1),
        now=march(3),
        hours=hours,
        new_id=lambda: UUID(int=100),
        chains=dict.fromkeys(Tier, how),
    )
    assert [(one.to, one.whom, one.step) for one in change.notices] == [(Audience.PERSON, BEN, 1)]


def test_a_chain_that_was_made_shorter_meanwhile_goes_on_at_its_end(
    raised: Callable[..., Alert], march: At, hours: OpeningHours
) -> None:
    far = msgspec.structs.replace(raised(), step=7)
    change = lapse(far, now=march(3, 12), hours=hours, chain=chain(OWNER, BEN_STEP))
    assert [(one.to, one.step) for one in change.notices] == [(Audience.EVERYONE, 2)]


def test_whoever_has_it_hears_that_it_is_late_beside_the_next_step(
    raised: Callable[..., Alert], march: At, hours: OpeningHours
) -> None:
    how = chain(OWNER, BEN_STEP)
    taken = acts.acknowledge(raised(), by=ANNE, role=Role.PRACTITIONER, now=march(3), hours=hours).changed[0]
    change = lapse(taken, now=march(3, 14), hours=hours, chain=how)
    assert [(one.to, one.whom or one.owner) for one in change.notices] == [
        (Audience.PERSON, BEN),
        (Audience.OWNER, ANNE),
    ]


def test_news_of_what_somebody_has_goes_to_them_however_the_chain_begins(
    raised: Callable[..., Alert], march: At, hours: OpeningHours, finding: Found
) -> None:
    how = chain(BEN_STEP, PRACTITIONERS)
    taken = acts.acknowledge(raised(how=how), by=ANNE, role=Role.PRACTITIONER, now=march(3), hours=hours)
    change = absorb(
        taken.changed,
        [finding(Code.BURN, Tier.EMERGENCY, "c2", signs=("raw_skin",))],
        episode_id=UUID(int=1),
        now=march(3, 11),
        hours=hours,
        new_id=lambda: UUID(int=101),
        chains=dict.fromkeys(Tier, how),
    )
    assert [(one.to, one.owner, one.whom) for one in change.notices] == [(Audience.OWNER, ANNE, None)]


def test_at_night_a_named_person_and_the_person_on_call_are_both_told_of_an_emergency(
    raised: Callable[..., Alert], march: At, hours: OpeningHours
) -> None:
    how, night = chain(OWNER, BEN_STEP), march(7, 3)
    alert = raised(Tier.EMERGENCY, how, night)
    change = lapse(alert, now=night + timedelta(minutes=15), hours=hours, chain=how)
    assert [(one.to, one.whom, one.not_before) for one in change.notices] == [
        (Audience.PERSON, BEN, night + timedelta(minutes=15)),
        (Audience.ON_CALL, None, night + timedelta(minutes=15)),
    ]


CLEO, DEE = UUID(int=9), UUID(int=10)


def _rota(number: int, *people: UUID, default: bool = False) -> Rota:
    return Rota(
        rota_id=UUID(int=number),
        name=f"Rota {number}",
        participants=people,
        hand_over=time(8),
        starts_on=date(2026, 3, 2),
        is_default=default,
        time_zone="Europe/Berlin",
        version=1,
    )


TEAM = Team(
    members=(
        Member(staff_id=ANNE, role=Role.PRACTITIONER),
        Member(staff_id=BEN, role=Role.COORDINATOR),
        Member(staff_id=CLEO, role=Role.PRACTITIONER),
        Member(staff_id=DEE, role=Role.ADMIN),
    ),
    rotas=(_rota(50, CLEO), _rota(51, UUID(int=99)), _rota(52, BEN, default=True)),
)


@pytest.mark.parametrize(
    ("to", "named", "meant"),
    [
        (Audience.EVERYONE, {}, [ANNE, BEN, CLEO, DEE]),
        (Audience.ROLE, {"role": Role.ADMIN}, [DEE]),
        (Audience.PRACTITIONERS, {}, [ANNE, CLEO]),
        (Audience.OWNER, {}, [ANNE, CLEO]),
        (Audience.OWNER, {"owner": BEN}, [BEN]),
        (Audience.OWNER, {"owner": BEN, "whom": DEE}, [BEN]),
        (Audience.PERSON, {"whom": DEE, "owner": BEN}, [DEE]),
        (Audience.PERSON, {"whom": UUID(int=99)}, []),  # who has left
        (Audience.ON_CALL, {}, [BEN]),  # by the default rota
        (Audience.ON_CALL, {"whom": NIGHTS}, [CLEO]),
        (Audience.ON_CALL, {"whom": UUID(int=51)}, []),  # whose only participant has left
        (Audience.ON_CALL, {"whom": UUID(int=59)}, []),  # which is not the clinic's any more
    ],
)
def test_whom_of_the_team_an_audience_means(
    march: At, to: Audience, named: dict[str, Any], meant: list[UUID]
) -> None:
    assert [member.staff_id for member in means(to, TEAM, march(3), **named)] == meant


def test_a_chain_as_it_stands_knows_which_of_its_steps_reach_nobody(march: At) -> None:
    gone = Step(tells="person", staff_id=UUID(int=99))
    off = Step(tells="on_call", rota_id=UUID(int=51))
    admins = Step(tells="role", role=Role.ADMIN)
    steps = (OWNER, gone, BEN_STEP, off, Step(tells="on_call", rota_id=NIGHTS), admins, EVERYONE)
    assert standing(steps, TEAM, march(3)) == Chain(steps=steps, absent=frozenset({1, 3}))
    # Before the first turn of a rota nobody is on call by it.
    assert standing(steps, TEAM, march(2, 7)).absent == {1, 3, 4}
    assert standing(steps, TEAM, march(3), owner=UUID(int=99)).absent == {0, 1, 3}


steps = st.lists(
    st.one_of(
        st.just(OWNER),
        st.builds(Step, tells=st.just("on_call"), rota_id=st.none() | st.just(NIGHTS)),
        st.builds(Step, tells=st.just("role"), role=st.sampled_from(Role)),
        st.just(BEN_STEP),
        st.just(EVERYONE),
    ),
    min_size=1,
    max_size=9,
)


@settings(max_examples=60)
@given(written=steps, absent=st.frozensets(st.integers(0, 10)), tier=st.sampled_from(Tier))
def test_no_chain_ends_in_silence(written: list[Step], absent: frozenset[int], tier: Tier) -> None:
    how = Chain(steps=complete(written), absent=absent)
    assert how.steps[-1] == EVERYONE
    hours = OpeningHours(
        time_zone="Europe/Berlin", openings=tuple(Opening(day, time(9), time(18)) for day in range(5))
    )
    now = datetime(2026, 3, 3, 9, tzinfo=UTC)
    alert = Alert(
        id=UUID(int=1), episode_id=UUID(int=2), code=Code.BURN, tier=tier, raised_at=now, day=2, reason="r",
        version="1", clock_from=now, acknowledge_by=now, look_at=now,
    )  # fmt: skip
    told = []
    for _ in range(len(how.steps) + 1):
        due = due_at(alert)
        assert due is not None
        change = lapse(alert, now=due, hours=hours, chain=how)
        (alert,) = change.changed
        assert change.notices
        assert alert.step not in how.absent or alert.step == len(how.steps) - 1
        told.append(change.notices[0].to)
    assert told[-1] is Audience.EVERYONE


CLOSED_WEDNESDAY = (Holiday(on=date(2026, 3, 4), name="A day off"),)


def test_a_holiday_gives_the_time_that_is_left_after_it(
    raised: Callable[..., Alert], march: At, hours: OpeningHours
) -> None:
    alert = raised(Tier.SAME_DAY, at=march(3, 17))
    assert alert.acknowledge_by == march(4, 10)
    closed = msgspec.structs.replace(hours, holidays=CLOSED_WEDNESDAY)
    after = retimed(alert, now=march(3, 17, 30), before=hours, after=closed)
    assert (after.acknowledge_by, after.look_at) == (march(5, 10), march(5, 10))


def test_longer_hours_bring_a_deadline_forward_but_never_into_the_past(
    raised: Callable[..., Alert], march: At, hours: OpeningHours
) -> None:
    alert = raised(Tier.SAME_DAY, at=march(3, 17))
    always = OpeningHours(
        time_zone=hours.time_zone, openings=tuple(Opening(day, time(0), time(23, 59)) for day in range(7))
    )
    late = march(3, 23)
    after = retimed(alert, now=late, before=hours, after=always)
    assert after.acknowledge_by == late + timedelta(hours=1)


def test_emergencies_routine_and_what_is_late_already_stay_as_they_are(
    raised: Callable[..., Alert], march: At, hours: OpeningHours
) -> None:
    never = OpeningHours(time_zone=hours.time_zone)
    for tier in (Tier.EMERGENCY, Tier.ROUTINE):
        assert retimed(raised(tier), now=march(3), before=hours, after=never) == raised(tier)
    late = lapse(raised(), now=march(3, 12), hours=hours).changed[0]
    after = retimed(late, now=march(3, 12, 30), before=hours, after=never)
    assert after.acknowledge_by == late.acknowledge_by
    assert after.look_at == march(3, 14)  # an hour and a half of every minute


def test_a_call_that_was_promised_moves_with_the_hours_too(
    raised: Callable[..., Alert], march: At, hours: OpeningHours
) -> None:
    (taken,) = acts.acknowledge(
        raised(at=march(3, 16)), by=ANNE, role=Role.PRACTITIONER, now=march(3, 17), hours=hours
    ).changed
    assert taken.contact_by == march(4, 12)
    closed = msgspec.structs.replace(hours, holidays=CLOSED_WEDNESDAY)
    after = retimed(taken, now=march(3, 17, 30), before=hours, after=closed)
    assert (after.contact_by, after.look_at) == (march(5, 12), march(5, 12))


weeks = st.lists(
    st.builds(Opening, st.integers(0, 6), st.times(time(0), time(11)), st.times(time(12), time(23, 59))),
    max_size=6,
).map(lambda several: OpeningHours(time_zone="Europe/Berlin", openings=tuple(several)))


@settings(max_examples=100)
@given(before=weeks, after=weeks, asked=st.integers(0, 30))
def test_hours_that_stay_move_nothing_and_others_leave_as_much_time_as_there_was(
    before: OpeningHours, after: OpeningHours, asked: int
) -> None:
    start = datetime(2026, 3, 27, 12, tzinfo=UTC)  # clocks change on the 29th
    alert = absorb(
        [],
        [
            Finding(
                code=Code.BURN,
                tier=Tier.SOON,
                row="r",
                day=2,
                reason="r",
                check_in="c",
                version="1",
                decisive=True,
            )
        ],
        episode_id=UUID(int=1),
        now=start,
        hours=before,
        new_id=lambda: UUID(int=2),
    ).new[0]
    now = start + timedelta(hours=asked)
    assert retimed(alert, now=now, before=before, after=before) == alert
    there = retimed(alert, now=now, before=before, after=after)
    assert there.acknowledge_by > now or there == alert
    assert retimed(there, now=now, before=after, after=before).acknowledge_by == alert.acknowledge_by
