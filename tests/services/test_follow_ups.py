"""Next steps over the services: who is reminded of one that nobody did, when, and how often."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from aftercare.db.pool import Database
from aftercare.model.follow_ups import EntryKind, FollowUpDraft
from aftercare.model.messages import MessageKind
from aftercare.services import alerts, follow_ups
from aftercare.store.alerts import PatientAlert
from tests.services.background import Post, pass_time
from tests.services.conftest import Team, Treat

MONDAY = datetime(2026, 2, 2, 11, 0, tzinfo=UTC)


@pytest.fixture
def post() -> Post:
    return Post()


async def contacted(service: Database, team: Team, now: datetime) -> PatientAlert:
    """The one alert, taken and the patient reached by the coordinator: no clock runs."""
    (alert,) = await alerts.list_alerts(service, team.practitioner, whose="everyone", offset=0, now=now)
    return await alerts.contact(service, team.coordinator, alert.id, alerts.Note(text="Spoke"), now=now)


def ring_on(day: date) -> FollowUpDraft:
    return FollowUpDraft(kind=EntryKind.CALL, text="Spoke", next_step="Ring again", next_on=day)


def digests(post: Post) -> list[str]:
    return [mail.address for mail in post.channel.sent if mail.kind is MessageKind.DIGEST]


async def test_an_overdue_step_of_a_same_day_alert_is_in_the_owners_digest_each_opening_day_until_done(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post
) -> None:
    patient = await treat(MONDAY)
    said = MONDAY + timedelta(days=2)
    await patient.says(said, tingling=True)
    alert = await contacted(service, team, said + timedelta(minutes=1))
    friday, step_id = date(2026, 2, 6), uuid4()
    await follow_ups.put_follow_up(
        service, team.coordinator, alert.id, step_id, ring_on(friday), now=said + timedelta(minutes=2)
    )
    await pass_time(worker, post, datetime(2026, 2, 9, 8, 59, tzinfo=UTC))
    assert digests(post) == []
    await pass_time(worker, post, datetime(2026, 2, 9, 9, 1, tzinfo=UTC))
    assert digests(post) == ["coordinator@alpha.test"]
    await pass_time(worker, post, datetime(2026, 2, 10, 9, 1, tzinfo=UTC))
    assert digests(post) == ["coordinator@alpha.test"] * 2
    done = datetime(2026, 2, 10, 10, 0, tzinfo=UTC)
    await follow_ups.finish_step(service, team.practitioner, alert.id, step_id, now=done)
    await pass_time(worker, post, datetime(2026, 2, 12, 12, 0, tzinfo=UTC))
    assert digests(post) == ["coordinator@alpha.test"] * 2
    await follow_ups.reopen_step(service, team.practitioner, alert.id, step_id, now=done + timedelta(days=3))
    await pass_time(worker, post, datetime(2026, 2, 16, 9, 1, tzinfo=UTC))
    assert digests(post) == ["coordinator@alpha.test"] * 3


async def test_a_step_of_a_calm_alert_is_in_the_list_and_in_nobodys_mail(
    service: Database, worker: Database, team: Team, treat: Treat, post: Post
) -> None:
    patient = await treat(MONDAY)
    said = MONDAY + timedelta(days=5)
    await patient.says(said, white_bumps=True)
    alert = await contacted(service, team, said + timedelta(minutes=1))
    await follow_ups.put_follow_up(
        service, team.coordinator, alert.id, uuid4(), ring_on(said.date()), now=said + timedelta(minutes=2)
    )
    await pass_time(worker, post, said + timedelta(hours=1))
    await pass_time(worker, post, said + timedelta(days=4))
    # The alert itself was the practitioner's news of a day.
    assert digests(post) == ["practitioner@alpha.test"]
    later = said + timedelta(days=4)
    (step,) = await follow_ups.list_next_steps(service, team.practitioner, now=later)
    assert step.timing == "overdue"
