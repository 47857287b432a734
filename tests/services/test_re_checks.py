"""The question on the day after something urgent, what its silence means, and reminders on request."""

from datetime import UTC, datetime, timedelta

import pytest

from aftercare.db.pool import Database
from aftercare.errors import Malformed, Outdated
from aftercare.model.messages import MessageKind
from aftercare.model.people import Actor
from aftercare.model.reminders import RemindersDraft
from aftercare.model.words import Outcome
from aftercare.services import alerts as acts
from aftercare.services import me, reminders
from aftercare.store import alerts
from tests.services.background import Post, pass_time
from tests.services.conftest import Team, Treat

SESSION = datetime(2026, 2, 2, 11, 0, tzinfo=UTC)  # a Monday, winter time in London
TOLD = SESSION + timedelta(days=8, hours=3)  # day 8: nothing is due on day 9
ASKED = datetime(2026, 2, 11, 9, 0, tzinfo=UTC)


@pytest.fixture
def post() -> Post:
    return Post()


async def _alerts(worker: Database, team: Team) -> list[tuple[str, str]]:
    async with worker.clinic(team.clinic_id) as db:
        found = await alerts.triage(db, team.clinic_id, owner=None, unowned=False, limit=100, offset=0)
    return sorted((alert.code, alert.tier) for alert in found)


def _reminded(post: Post) -> list[datetime]:
    return [mail.written_at for mail in post.channel.sent if mail.kind is MessageKind.REMINDER]


async def _resolve(service: Database, worker: Database, team: Team, outcome: Outcome, at: datetime) -> None:
    by = team.practitioner
    async with worker.clinic(team.clinic_id) as db:
        (one,) = await alerts.triage(db, team.clinic_id, owner=None, unowned=False, limit=100, offset=0)
    await acts.resolve(service, by, one.id, acts.Resolve(outcome=outcome), now=at)


async def test_the_day_after_something_of_the_same_day_the_patient_is_asked_again_once(
    service: Database, worker: Database, treat: Treat, post: Post
) -> None:
    patient = await treat(SESSION)
    for day in range(8):
        await patient.says(SESSION + timedelta(days=day, hours=5), redness=0)
    await patient.says(TOLD, tingling=True)
    await pass_time(worker, post, ASKED + timedelta(hours=11))
    assert _reminded(post)[-1] == ASKED
    assert _reminded(post).count(ASKED) == 1
    shown = await me.get_today(service, patient.actor, now=ASKED + timedelta(hours=1))
    assert [(one.day, one.re_check, one.answered) for one in shown.due[:2]] == [
        (9, True, False),
        (10, False, False),
    ]


async def test_no_answer_to_it_is_as_urgent_as_its_alert_even_when_that_was_resolved(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post
) -> None:
    patient = await treat(SESSION)
    await patient.says(TOLD, tingling=True)
    await _resolve(service, worker, team, Outcome.CONFIRMED, TOLD + timedelta(hours=1))
    await pass_time(worker, post, ASKED + timedelta(hours=11, minutes=59))
    assert await _alerts(worker, team) == []
    await pass_time(worker, post, ASKED + timedelta(hours=12, minutes=1))
    assert await _alerts(worker, team) == [("silence", "same_day")]


async def test_an_answer_ends_it(worker: Database, team: Team, treat: Treat, post: Post) -> None:
    patient = await treat(SESSION)
    await patient.says(TOLD, tingling=True)
    await pass_time(worker, post, ASKED + timedelta(hours=2))
    await patient.says(ASKED + timedelta(hours=3), redness=0)
    await pass_time(worker, post, ASKED + timedelta(hours=20))
    assert await _alerts(worker, team) == [("cold_sore", "same_day")]


async def test_whom_staff_have_reached_since_is_not_silent(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post
) -> None:
    patient = await treat(SESSION)
    await patient.says(TOLD, tingling=True)
    await pass_time(worker, post, ASKED + timedelta(hours=2))
    async with worker.clinic(team.clinic_id) as db:
        (one,) = await alerts.triage(db, team.clinic_id, owner=None, unowned=False, limit=100, offset=0)
    by = team.practitioner
    await acts.contact(service, by, one.id, acts.Note(), now=ASKED + timedelta(hours=3))
    await pass_time(worker, post, ASKED + timedelta(hours=20))
    assert await _alerts(worker, team) == [("cold_sore", "same_day")]


async def test_a_false_alarm_is_not_asked_about(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post
) -> None:
    patient = await treat(SESSION)
    await patient.says(TOLD, tingling=True)
    await _resolve(service, worker, team, Outcome.FALSE_ALARM, TOLD + timedelta(hours=1))
    await pass_time(worker, post, ASKED + timedelta(hours=20))
    assert ASKED not in _reminded(post)
    assert await _alerts(worker, team) == []


async def test_who_asks_for_none_is_not_reminded_and_still_missed(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post
) -> None:
    patient = await treat(SESSION, hsv_history=True)
    await reminders.put_reminders(
        service,
        patient.actor,
        patient.patient_id,
        RemindersDraft(state="stopped"),
        now=SESSION + timedelta(hours=1),
    )
    await pass_time(worker, post, SESSION + timedelta(days=4))
    assert _reminded(post) == []
    assert await _alerts(worker, team) == [("silence", "soon")]
    assert not [mail for mail in post.channel.sent if mail.kind is MessageKind.CLINIC_FAULT], "nobody's fault"


async def test_a_pause_ends_by_itself_and_what_was_not_sent_in_it_is_nobodys_fault(
    service: Database, worker: Database, treat: Treat, post: Post
) -> None:
    patient = await treat(SESSION)
    until = datetime(2026, 2, 4, 8, 0, tzinfo=UTC)
    wish = RemindersDraft(state="paused", until=until)
    await reminders.put_reminders(
        service, patient.actor, patient.patient_id, wish, now=SESSION + timedelta(hours=1)
    )
    await pass_time(worker, post, datetime(2026, 2, 5, 12, 0, tzinfo=UTC))
    assert _reminded(post) == [datetime(2026, 2, day, 9, 0, tzinfo=UTC) for day in (4, 5)]
    await reminders.put_reminders(
        service, patient.actor, patient.patient_id, RemindersDraft(state="on"), now=until + timedelta(days=2)
    )
    await pass_time(worker, post, until + timedelta(days=3))
    assert not [mail for mail in post.channel.sent if mail.kind is MessageKind.CLINIC_FAULT]


async def test_a_wish_is_kept_with_who_wrote_it_down_and_never_over_a_newer_one(
    service: Database, team: Team, treat: Treat
) -> None:
    patient = await treat(SESSION)
    by: Actor = team.coordinator
    now = SESSION + timedelta(days=1)
    read = await reminders.get_reminders(service, by, patient.patient_id, now=now)
    assert (read.state, read.version) == ("on", 0)
    stopped = RemindersDraft(state="stopped")
    made = await reminders.put_reminders(service, by, patient.patient_id, stopped, version=0, now=now)
    assert (made.state, made.version, made.changed_by) == ("stopped", 1, by.id)
    with pytest.raises(Outdated):
        await reminders.put_reminders(
            service, by, patient.patient_id, RemindersDraft(state="on"), version=0, now=now
        )
    for wrong in (
        RemindersDraft(state="paused"),
        RemindersDraft(state="on", until=now + timedelta(days=1)),
        RemindersDraft(state="paused", until=now - timedelta(days=1)),
        RemindersDraft(state="paused", until=now + timedelta(days=91)),
    ):
        with pytest.raises(Malformed):
            await reminders.put_reminders(service, by, patient.patient_id, wrong, now=now)
