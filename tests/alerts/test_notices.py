from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aftercare.alerts import acts
from aftercare.alerts.joining import absorb
from aftercare.model.alerts import Audience
from aftercare.model.clinic import OpeningHours
from aftercare.model.findings import Finding
from aftercare.model.words import Code, Role, Tier

BEN = UUID(int=8)
At = Callable[..., datetime]
Found = Callable[..., Finding]


def test_same_day_at_night_calls_the_person_on_call_only_if_opening_is_far(
    episode: Any, march: At, finding: Found
) -> None:
    at_six = episode.report(march(3, 18), finding(Code.BURN, Tier.SAME_DAY, signs=("blisters",)))
    assert [(one.to, one.not_before) for one in at_six.notices] == [(Audience.ON_CALL, march(3, 18))]
    at_ten = episode.report(march(3, 22), finding(Code.BLEEDING, Tier.SAME_DAY, signs=("fresh_bleeding",)))
    assert [(one.to, one.not_before) for one in at_ten.notices] == [(Audience.PRACTITIONERS, march(4, 9))]
    assert episode.alert.acknowledge_by == march(4, 11)


def test_opening_in_exactly_twelve_hours_is_not_far(episode: Any, march: At, finding: Found) -> None:
    at_nine = episode.report(march(3, 21), finding(Code.BURN, Tier.SAME_DAY, signs=("blisters",)))
    assert [(one.to, one.not_before) for one in at_nine.notices] == [(Audience.PRACTITIONERS, march(4, 9))]


def test_a_clinic_that_never_opens_has_the_person_on_call_told(
    march: At, finding: Found, hours: OpeningHours
) -> None:
    never = OpeningHours(time_zone=hours.time_zone)
    change = absorb(
        [],
        [finding(Code.BURN, Tier.SAME_DAY, signs=("blisters",))],
        episode_id=UUID(int=1),
        now=march(3),
        hours=never,
        new_id=lambda: UUID(int=100),
    )
    assert [(one.to, one.not_before) for one in change.notices] == [(Audience.ON_CALL, march(3))]


def test_an_emergency_passes_through_the_night(episode: Any, march: At, finding: Found) -> None:
    change = episode.report(march(7, 3), finding(Code.AIRWAY, Tier.EMERGENCY, signs=("breathing_or_tongue",)))
    assert [(one.to, one.not_before) for one in change.notices] == [(Audience.ON_CALL, march(7, 3))]
    assert episode.alert.look_at == march(7, 3) + timedelta(minutes=15)


def test_soon_waits_for_the_opening_and_routine_for_the_digest(
    episode: Any, march: At, finding: Found
) -> None:
    soon = episode.report(march(7, 3), finding(Code.SWELLING, Tier.SOON, grades={"swelling": 3}))
    routine = episode.report(march(9, 10), finding(Code.MILIA, Tier.ROUTINE, signs=("white_bumps",)))
    assert [one.not_before for one in soon.notices] == [march(9, 9)]
    assert [one.not_before for one in routine.notices] == [march(10, 9)]


def test_an_owner_asleep_is_told_and_so_is_the_person_on_call(
    episode: Any, march: At, finding: Found
) -> None:
    episode.report(march(3), finding(Code.COLD_SORE, Tier.SAME_DAY, "c1", signs=("tingling",)))
    taken = acts.acknowledge(episode.alert, by=BEN, role=Role.COORDINATOR, now=march(3), hours=episode.hours)
    episode.keep(taken)
    change = episode.report(march(3, 23), finding(Code.COLD_SORE, Tier.EMERGENCY, "c2", signs=("blisters",)))
    assert [(one.to, one.owner) for one in change.notices] == [
        (Audience.OWNER, BEN),
        (Audience.ON_CALL, None),
    ]
