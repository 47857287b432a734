"""Who is told by rota and chain, end to end: check-in, clocks, hand-overs and letters, with a warning of gaps."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import asyncpg
import pytest

from aftercare.db.pool import Database
from aftercare.model.chains import ChainDraft, Step
from aftercare.model.clinic import ClinicSettingsDraft, Holiday
from aftercare.model.messages import MessageKind
from aftercare.model.people import Actor, StaffDraft
from aftercare.model.rotas import OverrideDraft, Rota, RotaDraft
from aftercare.model.words import AlertState, Outcome, Role, Tier
from aftercare.services import alerts, chains, clinic_settings, rota_gaps, rotas, staff
from aftercare.store import due_work
from aftercare.store.alerts import PatientAlert
from tests.services.background import Post, pass_time
from tests.services.conftest import Team, Treat

ASH, BEECH = "ash@alpha.test", "beech@alpha.test"
PRACTITIONER, COORDINATOR, ADMIN = "practitioner@alpha.test", "coordinator@alpha.test", "admin@alpha.test"
SUNDAY_NIGHT = datetime(2026, 2, 8, 3, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def session_at() -> datetime:
    return datetime(2026, 2, 2, 11, 0, tzinfo=UTC)


@pytest.fixture
async def people(service: Database, team: Team, session_at: datetime) -> dict[str, UUID]:
    """Two more practitioners, who take turns."""
    found = {}
    for email in (ASH, BEECH):
        draft = StaffDraft(
            email=email,
            name=f"Sample {email.split('@')[0].title()}",
            role=Role.PRACTITIONER,
            password="long enough",
        )
        found[email] = (await staff.create_staff(service, team.admin, draft, now=session_at)).staff_id
    return found


async def weekly(service: Database, team: Team, *turns: UUID, name: str = "Nights") -> Rota:
    """A rota that is handed over on Mondays at eight; the first one's week began on 2 February."""
    draft = RotaDraft(name=name, participants=turns, hand_over=time(8), starts_on=date(2026, 2, 2))
    return await rotas.create_rota(
        service, team.practitioner, draft, now=datetime(2026, 2, 2, 12, tzinfo=UTC)
    )


async def lay(
    service: Database,
    team: Team,
    rota: Rota,
    who: UUID | None,
    start: datetime,
    until: datetime,
    now: datetime,
) -> None:
    draft = OverrideDraft(starts_at=start, ends_at=until, staff_id=who, reason="swap")
    await rotas.add_override(service, team.practitioner, rota.rota_id, draft, now=now)


def told(post: Post, kind: MessageKind) -> list[str]:
    return sorted(mail.address for mail in post.channel.sent if mail.kind is kind)


async def _one(service: Database, team: Team, now: datetime) -> PatientAlert:
    (alert,) = await alerts.list_alerts(service, team.practitioner, whose="everyone", offset=0, now=now)
    return alert


async def test_an_emergency_at_night_tells_exactly_who_is_on_call_then(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime
) -> None:  # fmt: skip
    await weekly(service, team, people[ASH], people[BEECH])
    patient = await treat(session_at)
    await patient.says(SUNDAY_NIGHT, breathing_or_tongue=True)
    await pass_time(worker, post, SUNDAY_NIGHT + MINUTE)
    assert told(post, MessageKind.ALERT_RAISED) == [ASH]


async def test_a_week_later_it_is_the_next_one(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime
) -> None:  # fmt: skip
    await weekly(service, team, people[ASH], people[BEECH])
    patient = await treat(session_at + timedelta(days=7))
    later = SUNDAY_NIGHT + timedelta(days=7)
    await patient.says(later, breathing_or_tongue=True)
    await pass_time(worker, post, later + MINUTE)
    assert told(post, MessageKind.ALERT_RAISED) == [BEECH]


async def test_in_a_gap_the_practitioners_stand_in(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime
) -> None:  # fmt: skip
    rota = await weekly(service, team, people[ASH], people[BEECH])
    await lay(service, team, rota, None, SUNDAY_NIGHT - HOUR, SUNDAY_NIGHT + HOUR, session_at)
    patient = await treat(session_at)
    await patient.says(SUNDAY_NIGHT, breathing_or_tongue=True)
    await pass_time(worker, post, SUNDAY_NIGHT + MINUTE)
    assert told(post, MessageKind.ALERT_RAISED) == [ASH, BEECH, PRACTITIONER]


async def test_a_late_emergency_goes_step_by_step_and_its_log_says_to_whom_and_why(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime
) -> None:  # fmt: skip
    rota = await weekly(service, team, people[ASH], people[BEECH])
    steps = (
        Step(tells="on_call", rota_id=rota.rota_id),
        Step(tells="person", staff_id=people[BEECH]),
        Step(tells="role", role=Role.PRACTITIONER),
    )
    await chains.put_chain(
        service, team.practitioner, Tier.EMERGENCY, ChainDraft(steps=steps), version=0, now=session_at
    )
    patient = await treat(session_at)
    at = datetime(2026, 2, 4, 12, 0, tzinfo=UTC)  # the clinic is open
    await patient.says(at, breathing_or_tongue=True)
    await pass_time(worker, post, at + MINUTE)
    assert told(post, MessageKind.ALERT_RAISED) == [ASH]
    late = []
    for quarter in (1, 2, 3):
        await pass_time(worker, post, at + quarter * timedelta(minutes=15) + MINUTE)
        late.append(told(post, MessageKind.ALERT_OVERDUE))
        post.channel.sent.clear()
    assert late == [[BEECH], [ASH, BEECH, PRACTITIONER], [ADMIN, ASH, BEECH, COORDINATOR, PRACTITIONER]]
    alert = await _one(service, team, at)
    seen = await alerts.get_alert(service, team.practitioner, alert.id, now=at + HOUR)
    assert [one.text for one in seen.follow_ups if one.kind == "escalated"] == [
        "Step 2, Sample Beech, since nobody took it until 12:15.",
        "Step 3, every practitioner, since nobody took it until 12:30.",
        "Step 4, everyone at the clinic, since nobody took it until 12:45.",
    ]


async def test_who_left_and_a_rota_without_anybody_are_passed_over_at_once(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime, database_url: str
) -> None:  # fmt: skip
    rota = await weekly(service, team, people[ASH])
    steps = (
        Step(tells="owner"),
        Step(tells="on_call", rota_id=rota.rota_id),
        Step(tells="person", staff_id=people[ASH]),
        Step(tells="person", staff_id=people[BEECH]),
    )
    await chains.put_chain(
        service, team.practitioner, Tier.EMERGENCY, ChainDraft(steps=steps), version=0, now=session_at
    )
    await left(database_url, people[ASH], session_at)
    patient = await treat(session_at)
    at = datetime(2026, 2, 4, 12, 0, tzinfo=UTC)
    await patient.says(at, breathing_or_tongue=True)
    await pass_time(worker, post, at + timedelta(minutes=16))
    assert told(post, MessageKind.ALERT_OVERDUE) == [BEECH]
    alert = await _one(service, team, at)
    (line,) = (await alerts.get_alert(service, team.practitioner, alert.id, now=at + HOUR)).follow_ups
    assert line.text == (
        "Step 4, Sample Beech, since nobody took it until 12:15. Step 2, who is on call by Nights, was passed over: it "
        "reaches nobody now. Step 3, a former colleague, was passed over: it reaches nobody now."
    )


async def left(database_url: str, staff_id: UUID, now: datetime) -> None:
    """Somebody no longer works here."""
    owner = await asyncpg.connect(database_url)
    await owner.execute("update staff set disabled_at = $2 where staff_id = $1", staff_id, now)
    await owner.close()


async def test_who_takes_over_in_the_middle_of_an_alert_hears_its_next_step(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime
) -> None:  # fmt: skip
    rota = await weekly(service, team, people[ASH])
    steps = (Step(tells="on_call"), Step(tells="on_call"))
    await chains.put_chain(
        service, team.practitioner, Tier.EMERGENCY, ChainDraft(steps=steps), version=0, now=session_at
    )
    patient = await treat(session_at)
    await patient.says(SUNDAY_NIGHT, breathing_or_tongue=True)
    await pass_time(worker, post, SUNDAY_NIGHT + MINUTE)
    at = SUNDAY_NIGHT + 5 * MINUTE
    await lay(service, team, rota, people[BEECH], at, at + 12 * HOUR, at)
    await pass_time(worker, post, SUNDAY_NIGHT + 16 * MINUTE)
    assert told(post, MessageKind.ALERT_RAISED) == [ASH]
    assert told(post, MessageKind.ALERT_OVERDUE) == [BEECH]


async def test_what_waits_for_the_opening_goes_to_who_is_on_call_then(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime
) -> None:  # fmt: skip
    await weekly(service, team, people[ASH], people[BEECH])
    await chains.put_chain(
        service, team.practitioner, Tier.SAME_DAY, ChainDraft(steps=(Step(tells="on_call"),)), version=0, now=session_at
    )  # fmt: skip
    patient = await treat(session_at)
    night = datetime(
        2026, 2, 8, 23, 0, tzinfo=UTC
    )  # Sunday; Monday's hand-over is at 08:00, the clinic opens at 09:00
    await patient.says(night, tingling=True)
    await pass_time(worker, post, night + 9 * HOUR)
    assert told(post, MessageKind.ALERT_RAISED) == []
    await pass_time(worker, post, night + 10 * HOUR + MINUTE)
    assert told(post, MessageKind.ALERT_RAISED) == [BEECH]


async def test_admins_are_told_of_a_new_gap_once_and_again_when_it_comes_back(
    service: Database, worker: Database, team: Team, post: Post, people: dict[str, UUID], session_at: datetime
) -> None:
    rota = await weekly(service, team, people[ASH], people[BEECH])
    assert told(post, MessageKind.CLINIC_FAULT) == []
    saturday = datetime(2026, 2, 7, 18, 0, tzinfo=UTC)
    await lay(service, team, rota, None, saturday, saturday + 14 * HOUR, session_at)
    await pass_time(worker, post, session_at + HOUR)
    assert told(post, MessageKind.CLINIC_FAULT) == [ADMIN]
    # Other changes and the daily looks find the same gap: no news.
    await lay(service, team, rota, people[BEECH], session_at + HOUR, session_at + 2 * HOUR, session_at)
    await daily_look(worker, saturday - 24 * HOUR)
    await daily_look(worker, saturday + HOUR)
    await pass_time(worker, post, saturday + 2 * HOUR)
    assert told(post, MessageKind.CLINIC_FAULT) == [ADMIN]
    # Mended, and there again: that is news.
    again = saturday + 2 * HOUR
    await lay(service, team, rota, people[ASH], again, saturday + 14 * HOUR, again)
    await lay(service, team, rota, None, again + HOUR, saturday + 14 * HOUR, again)
    await pass_time(worker, post, again + HOUR)
    assert told(post, MessageKind.CLINIC_FAULT) == [ADMIN, ADMIN]


async def daily_look(worker: Database, now: datetime) -> None:
    async with worker.transaction() as db:
        (claim,) = await due_work.claim(db, rota_gaps.LOOK, now, now + MINUTE, 10)
    await rota_gaps.work(worker, claim, now=now)


async def test_the_daily_look_finds_who_left_without_a_change_of_the_rota(
    service: Database, worker: Database, team: Team, post: Post, people: dict[str, UUID], session_at: datetime, database_url: str
) -> None:  # fmt: skip
    await weekly(service, team, people[ASH])
    await left(database_url, people[ASH], session_at)
    await daily_look(worker, session_at + 24 * HOUR)
    await pass_time(worker, post, session_at + 25 * HOUR)
    assert told(post, MessageKind.CLINIC_FAULT) == [ADMIN]
    now = await rotas.who_is_on_call(service, team.coordinator, now=session_at + 24 * HOUR)
    assert now.rotas[0].person is None
    assert now.gaps


async def test_who_is_shut_out_leaves_a_gap_that_is_told_at_once_and_ends_when_they_are_back(
    service: Database, worker: Database, team: Team, post: Post, people: dict[str, UUID], session_at: datetime
) -> None:
    await weekly(service, team, people[ASH])
    evening = session_at + 8 * HOUR
    await staff.disable(service, team.admin, people[ASH], now=evening)
    await daily_look(worker, evening)
    await pass_time(worker, post, evening + MINUTE)
    assert told(post, MessageKind.CLINIC_FAULT) == [ADMIN]
    await staff.enable(service, team.admin, people[ASH], now=evening + HOUR)
    await daily_look(worker, evening + HOUR)
    async with service.clinic(team.clinic_id) as db:
        assert await db.fetchval("select count(*) from rota_gaps") == 0


async def test_a_holiday_makes_a_gap_where_the_rota_counts_on_the_clinic_being_open(
    service: Database, team: Team, people: dict[str, UUID], session_at: datetime
) -> None:
    rota = await weekly(service, team, people[ASH])
    noon = datetime(2026, 2, 5, 12, 0, tzinfo=UTC)
    await lay(service, team, rota, None, noon, noon + HOUR, session_at)
    assert (await rotas.who_is_on_call(service, team.admin, now=session_at)).gaps == ()
    before = await clinic_settings.get_settings(service, team.admin)
    closed = ClinicSettingsDraft(
        name=before.name, openings=before.openings, holidays=(Holiday(on=date(2026, 2, 5), name="Staff day"),)
    )
    await clinic_settings.put_settings(service, team.admin, closed, version=before.version, now=session_at)
    (gap,) = (await rotas.who_is_on_call(service, team.admin, now=session_at)).gaps
    assert (gap.starts_at, gap.ends_at) == (noon, noon + HOUR)


async def _write_hours(service: Database, team: Team, now: datetime, *holidays: Holiday) -> None:
    before = await clinic_settings.get_settings(service, team.admin)
    draft = ClinicSettingsDraft(name=before.name, openings=before.openings, holidays=holidays)
    await clinic_settings.put_settings(service, team.admin, draft, version=before.version, now=now)


TUESDAY_NIGHT = datetime(2026, 2, 3, 22, 0, tzinfo=UTC)
TOMORROW_CLOSED = Holiday(on=date(2026, 2, 4), name="Staff day")


def told_of(post: Post, alert: PatientAlert) -> list[str]:
    """Who was told of an alert itself; what is said of its silence later is another one."""
    return sorted(mail.address for mail in post.channel.sent if mail.about == alert.id)


async def test_who_is_on_call_hears_at_once_of_what_waited_for_an_opening_that_is_none_any_more(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime
) -> None:  # fmt: skip
    await weekly(service, team, people[ASH])
    patient = await treat(session_at)
    await patient.says(TUESDAY_NIGHT, tingling=True)
    alert = await _one(service, team, TUESDAY_NIGHT + MINUTE)
    await pass_time(worker, post, TUESDAY_NIGHT + HOUR)
    assert told_of(post, alert) == []
    await _write_hours(service, team, TUESDAY_NIGHT + HOUR, TOMORROW_CLOSED)
    await pass_time(worker, post, TUESDAY_NIGHT + HOUR + MINUTE)
    assert told_of(post, alert) == [ASH]
    await pass_time(worker, post, datetime(2026, 2, 5, 8, 59, tzinfo=UTC))
    assert told_of(post, alert) == [ASH]  # nobody else is written to on the holiday
    await pass_time(worker, post, datetime(2026, 2, 5, 9, 1, tzinfo=UTC))
    assert told_of(post, alert) == [ASH, BEECH, PRACTITIONER]


async def test_a_holiday_that_is_taken_back_has_letters_leave_when_it_was_promised(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, session_at: datetime
) -> None:
    patient = await treat(session_at)
    await patient.says(TUESDAY_NIGHT, lumps=True)
    alert = await _one(service, team, TUESDAY_NIGHT + MINUTE)
    await _write_hours(service, team, TUESDAY_NIGHT + MINUTE, TOMORROW_CLOSED)
    await _write_hours(service, team, TUESDAY_NIGHT + 2 * MINUTE)
    await pass_time(worker, post, datetime(2026, 2, 4, 8, 59, tzinfo=UTC))
    assert told_of(post, alert) == []
    await pass_time(worker, post, datetime(2026, 2, 4, 9, 1, tzinfo=UTC))
    assert told_of(post, alert) == [PRACTITIONER]


@pytest.mark.parametrize("hours_change", [True, False])
async def test_nobody_is_told_at_the_opening_nor_called_by_new_hours_of_what_is_in_somebodys_hands(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime, *, hours_change: bool
) -> None:  # fmt: skip
    await weekly(service, team, people[ASH])
    patient = await treat(session_at)
    await patient.says(TUESDAY_NIGHT, tingling=True)
    alert = await _one(service, team, TUESDAY_NIGHT + MINUTE)
    taken_at = TUESDAY_NIGHT + HOUR
    await alerts.acknowledge(service, team.practitioner, alert.id, alerts.Acknowledge(), now=taken_at)
    if hours_change:
        await _write_hours(service, team, taken_at + HOUR, TOMORROW_CLOSED)
    await pass_time(worker, post, datetime(2026, 2, 5 if hours_change else 4, 9, 1, tzinfo=UTC))
    assert told_of(post, alert) == []
    async with service.clinic(team.clinic_id) as db:
        left = await db.fetch(
            "select dropped_why from deliveries where alert_id = $1 and staff_id is not null", alert.id
        )
    assert [one["dropped_why"] for one in left] == ["in somebody's hands meanwhile"] * 3


async def test_what_somebody_had_taken_who_is_shut_out_is_open_again_and_told(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime
) -> None:  # fmt: skip
    patient = await treat(session_at)
    at = datetime(2026, 2, 4, 12, 0, tzinfo=UTC)
    await patient.says(at, tingling=True)
    ash = Actor(clinic_id=team.clinic_id, kind="staff", id=people[ASH], role=Role.PRACTITIONER)
    alert = await _one(service, team, at)
    await alerts.acknowledge(service, ash, alert.id, alerts.Acknowledge(), now=at + MINUTE)
    await pass_time(worker, post, at + 2 * MINUTE)
    post.channel.sent.clear()
    await staff.disable(service, team.admin, people[ASH], now=at + HOUR)
    again = await _one(service, team, at + HOUR)
    assert (again.state, again.owner, again.clock_from) == (AlertState.OPEN, None, at + HOUR)
    await pass_time(worker, post, at + HOUR + MINUTE)
    assert told_of(post, again) == [BEECH, PRACTITIONER]
    seen = await alerts.get_alert(service, team.practitioner, alert.id, now=at + HOUR)
    assert seen.follow_ups[-1].text == "Open again: whoever had it no longer works here."
    # Whom a leaver has reached waits for nothing.
    beech = Actor(clinic_id=team.clinic_id, kind="staff", id=people[BEECH], role=Role.PRACTITIONER)
    await alerts.contact(service, beech, alert.id, alerts.Note(), now=at + 2 * HOUR)
    await staff.disable(service, team.admin, people[BEECH], now=at + 3 * HOUR)
    after = await _one(service, team, at + 3 * HOUR)
    assert (after.state, after.owner) == (AlertState.CONTACTED, people[BEECH])


async def test_what_is_open_in_the_name_of_who_is_shut_out_is_told_to_others_on_its_running_clock(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post, people: dict[str, UUID], session_at: datetime
) -> None:  # fmt: skip
    patient = await treat(session_at)
    at = datetime(2026, 2, 4, 12, 0, tzinfo=UTC)
    await patient.says(at, tingling=True)
    ash = Actor(clinic_id=team.clinic_id, kind="staff", id=people[ASH], role=Role.PRACTITIONER)
    alert = await _one(service, team, at)
    done = alerts.Resolve(outcome=Outcome.FALSE_ALARM)
    await pass_time(worker, post, at + MINUTE)
    await alerts.resolve(service, ash, alert.id, done, now=at + 2 * MINUTE)
    post.channel.sent.clear()
    await alerts.reopen(service, ash, alert.id, alerts.Note(), now=at + HOUR)
    mine = await _one(service, team, at + HOUR)
    assert (mine.state, mine.owner) == (AlertState.OPEN, people[ASH])
    await pass_time(worker, post, at + HOUR + MINUTE)
    assert told_of(post, mine) == [ASH]
    post.channel.sent.clear()
    await staff.disable(service, team.admin, people[ASH], now=at + HOUR + 2 * MINUTE)
    again = await _one(service, team, at + HOUR + 2 * MINUTE)
    assert (again.state, again.owner, again.acknowledge_by) == (AlertState.OPEN, None, mine.acknowledge_by)
    await pass_time(worker, post, at + HOUR + 3 * MINUTE)
    assert told_of(post, again) == [BEECH, PRACTITIONER]
