"""Whoever comes on call hears once what is still open: how many of which urgency, within their quiet hours, and no name."""

from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

import pytest

from aftercare.db.pool import Database
from aftercare.model.messages import MessageKind, OutgoingMessage, TierCount
from aftercare.model.people import Actor
from aftercare.model.preferences import QuietSpan, StaffPreferencesDraft
from aftercare.model.words import Outcome, Role, Tier
from aftercare.services import alerts, preferences, rotas
from tests.services.background import Post, pass_time
from tests.services.conftest import Team, Treat
from tests.services.test_on_call import ASH, BEECH, HOUR, MINUTE, daily_look, lay, left, people, post, weekly

__all__ = ["people", "post"]  # fixtures, shared with the tests of rotas
MONDAY_EIGHT = datetime(2026, 2, 9, 8, 0, tzinfo=UTC)  # from Ash to Beech
SUNDAY = datetime(2026, 2, 8, 12, 0, tzinfo=UTC)


@pytest.fixture
def session_at() -> datetime:
    return SUNDAY - 2 * HOUR


def handed(post: Post) -> list[OutgoingMessage]:
    return [one for one in post.channel.sent if one.kind is MessageKind.HAND_OVER]


def to_whom(post: Post) -> list[str]:
    return [one.address for one in handed(post)]


async def _resolve_all(service: Database, team: Team, at: datetime) -> None:
    for one in await alerts.list_alerts(service, team.practitioner, whose="everyone", offset=0, now=at):
        what = alerts.Resolve(outcome=Outcome.EXPECTED_COURSE)
        await alerts.resolve(service, team.practitioner, one.id, what, now=at)


async def test_whoever_takes_over_hears_once_how_much_of_what_is_open(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime
) -> None:  # fmt: skip
    await weekly(service, team, people[ASH], people[BEECH])
    patient = await treat(session_at)
    await pass_time(worker, post, SUNDAY - MINUTE)
    await patient.says(SUNDAY, breathing_or_tongue=True, lumps=True)
    await pass_time(worker, post, MONDAY_EIGHT - MINUTE)
    assert handed(post) == []  # Ash came on call when nothing was open
    await pass_time(worker, post, MONDAY_EIGHT + MINUTE)
    (letter,) = handed(post)
    assert (letter.address, letter.tier, letter.about) == (BEECH, Tier.EMERGENCY, None)
    assert TierCount(tier=Tier.EMERGENCY, count=1) in letter.open
    assert letter.link == "https://clinic.test/"
    await daily_look(worker, MONDAY_EIGHT + HOUR)
    await pass_time(worker, post, MONDAY_EIGHT + 2 * HOUR)
    assert to_whom(post) == [BEECH]


async def test_nothing_open_makes_no_letter_nor_does_what_the_digest_tells(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime
) -> None:  # fmt: skip
    await weekly(service, team, people[ASH], people[BEECH])
    patient = await treat(session_at)
    await pass_time(worker, post, SUNDAY - MINUTE)
    await patient.says(SUNDAY, breathing_or_tongue=True)
    await pass_time(worker, post, MONDAY_EIGHT - MINUTE)
    await _resolve_all(service, team, MONDAY_EIGHT - MINUTE)
    await pass_time(worker, post, MONDAY_EIGHT + MINUTE)
    assert handed(post) == []


async def test_an_override_in_the_middle_hands_over_and_back_and_the_same_person_is_no_newcomer(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime
) -> None:  # fmt: skip
    nights = await weekly(service, team, people[ASH])
    await weekly(service, team, people[ASH], name="Second")
    patient = await treat(session_at)
    await pass_time(worker, post, SUNDAY - MINUTE)
    await patient.says(SUNDAY, breathing_or_tongue=True)
    await pass_time(worker, post, SUNDAY + MINUTE)
    for rota in (nights, (await rotas.list_rotas(service, team.admin, now=SUNDAY))[1]):
        await lay(service, team, rota, people[BEECH], SUNDAY, SUNDAY + 4 * HOUR, SUNDAY + HOUR)
    await pass_time(worker, post, SUNDAY + HOUR + MINUTE)
    assert to_whom(post) == [BEECH]
    await pass_time(worker, post, MONDAY_EIGHT + MINUTE)  # Ash again, also over the rota's own hand-over
    assert to_whom(post) == [BEECH, ASH]


async def _asks(service: Database, team: Team, who: UUID, now: datetime) -> None:
    """No news before half past eight."""
    actor = Actor(clinic_id=team.clinic_id, kind="staff", id=who, role=Role.PRACTITIONER)
    quiet = QuietSpan(weekdays=tuple(range(7)), starts=time(7), ends=time(8, 30))
    draft = StaffPreferencesDraft(time_zone="Europe/London", quiet=(quiet,))
    await preferences.put_staff_preferences(service, actor, draft, version=0, now=now)


@pytest.mark.parametrize(("said", "minutes"), [("tingling", 0), ("lumps", 30)])
async def test_quiet_hours_hold_it_unless_something_of_the_same_day_is_open(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime, said: str, minutes: int
) -> None:  # fmt: skip
    await weekly(service, team, people[ASH], people[BEECH])
    await _asks(service, team, people[BEECH], session_at)
    patient = await treat(session_at)
    await pass_time(worker, post, SUNDAY)
    answers: dict[str, Any] = {said: True}
    await patient.says(MONDAY_EIGHT - 2 * MINUTE, **answers)
    leaves = MONDAY_EIGHT + minutes * MINUTE
    await pass_time(worker, post, leaves - MINUTE)
    assert handed(post) == []
    await pass_time(worker, post, leaves + MINUTE)
    assert to_whom(post) == [BEECH]


async def test_what_was_held_is_dropped_once_nothing_is_open_or_somebody_else_is_on_call(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime
) -> None:  # fmt: skip
    rota = await weekly(service, team, people[ASH], people[BEECH])
    await _asks(service, team, people[BEECH], session_at)
    patient = await treat(session_at)
    await pass_time(worker, post, SUNDAY)
    await patient.says(MONDAY_EIGHT - 2 * MINUTE, lumps=True)
    await pass_time(worker, post, MONDAY_EIGHT + MINUTE)
    later = MONDAY_EIGHT + 10 * MINUTE
    await lay(service, team, rota, people[ASH], later, later + 24 * HOUR, later)
    await pass_time(worker, post, MONDAY_EIGHT + HOUR)
    assert to_whom(post) == [ASH]
    async with service.clinic(team.clinic_id) as db:
        dropped = await db.fetchval(
            "select dropped_why from deliveries where kind = 'hand_over' and state = 'dropped'"
        )
    assert dropped == "not on call any more"


async def test_who_left_is_not_written_to_and_who_is_put_in_for_them_is(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime, database_url: str
) -> None:  # fmt: skip
    rota = await weekly(service, team, people[ASH], people[BEECH])
    patient = await treat(session_at)
    await pass_time(worker, post, SUNDAY - MINUTE)
    await patient.says(SUNDAY, breathing_or_tongue=True)
    await left(database_url, people[BEECH], SUNDAY)
    await pass_time(worker, post, MONDAY_EIGHT + MINUTE)
    assert handed(post) == []
    assert team.coordinator.id is not None
    await lay(
        service, team, rota, team.coordinator.id, MONDAY_EIGHT, MONDAY_EIGHT + HOUR, MONDAY_EIGHT + MINUTE
    )
    await pass_time(worker, post, MONDAY_EIGHT + 2 * MINUTE)
    assert to_whom(post) == ["coordinator@alpha.test"]
