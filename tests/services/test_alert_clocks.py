"""No alert is forgotten: whatever is done to it, in whatever order, its clock stands in the queue."""

import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from aftercare.db.pool import Database
from aftercare.errors import AftercareError
from aftercare.model.words import Outcome
from aftercare.notify.channel import Refused, Retry
from aftercare.services import alerts
from aftercare.store import alerts as store
from aftercare.store.alerts import PatientAlert
from tests.services.background import Post, pass_time
from tests.services.conftest import Recovering, Team, Treat

SIGNS = (
    {"breathing_or_tongue": True},
    {"tingling": True},
    {"tingling": True, "blisters": "few"},
    {"spreading": True},
    {"ulcer": True},
    {"white_bumps": True},
    {"pain": 9},
    {"swelling": 3},
    {"wants_contact": "urgent"},
    {"redness": 1},
)
# Every alert beside the queue: its own next instant, and the one that the worker will claim it at.
CLOCKS = """
    select a.code, a.tier, a.state, coalesce(a.snoozed_until, a.look_at) as due, w.due_at as queued
    from alerts a left join due_work w on w.clinic_id = a.clinic_id and w.kind = 'escalate' and w.subject_id = a.id
    where a.clinic_id = $1
"""
# What would never happen: a message that nobody sends, a recovery under way that nobody looks at.
FORGOTTEN = """
    select d.delivery_id from deliveries d
    where d.clinic_id = $1 and d.state in ('queued', 'failed') and not exists (
        select from due_work w where w.clinic_id = d.clinic_id and w.kind = 'deliver:' || d.channel
                                 and w.subject_id = d.delivery_id)
    union all
    select e.episode_id from episodes e
    where e.clinic_id = $1 and e.calendar_ends_at is null and e.opened_at > $2 and not exists (
        select from due_work w where w.clinic_id = e.clinic_id and w.kind = 'sweep' and w.subject_id = e.episode_id)
"""
Act = Callable[[PatientAlert, datetime], Awaitable[object]]


def _acts(service: Database, team: Team) -> list[Act]:
    by, other, note = team.practitioner, team.coordinator, alerts.Note(text="x")
    return [
        lambda a, at: alerts.acknowledge(service, by, a.id, alerts.Acknowledge(), now=at),
        lambda a, at: alerts.acknowledge(service, other, a.id, alerts.Acknowledge(take_over=True), now=at),
        lambda a, at: alerts.attempt(service, by, a.id, note, now=at),
        lambda a, at: alerts.contact(service, by, a.id, note, now=at),
        lambda a, at: alerts.snooze(
            service, by, a.id, alerts.Snooze(until=at + timedelta(minutes=50)), now=at
        ),
        lambda a, at: alerts.snooze(service, by, a.id, alerts.Snooze(until=at + timedelta(days=3)), now=at),
        lambda a, at: alerts.resolve(service, by, a.id, alerts.Resolve(outcome=Outcome.FALSE_ALARM), now=at),
        lambda a, at: alerts.reopen(service, by, a.id, note, now=at),
        lambda a, at: alerts.note(service, by, a.id, note, now=at),
    ]


async def _nothing_is_forgotten(worker: Database, team: Team, at: datetime) -> None:
    async with worker.clinic(team.clinic_id) as db:
        rows = await db.fetch(CLOCKS, team.clinic_id)
        assert await db.fetch(FORGOTTEN, team.clinic_id, at - timedelta(days=41)) == []
    for row in rows:
        waits = row["state"] in {"open", "acknowledged", "attempted"}
        if row["state"] == "resolved":
            assert row["queued"] is None, row
            continue
        assert row["queued"] == row["due"], row
        # Nobody is told again of what was taken and is routine, nor of what was said to have been dealt with.
        assert (
            row["due"] is not None or not waits or (row["tier"], row["state"] != "open") == ("routine", True)
        ), row


async def _all_alerts(worker: Database, team: Team) -> list[PatientAlert]:
    async with worker.clinic(team.clinic_id) as db:
        ids = await db.fetch("select id from alerts where clinic_id = $1 order by id", team.clinic_id)
        found = [await store.get(db, team.clinic_id, row["id"]) for row in ids]
    return [alert for alert in found if alert is not None]


async def _something(
    worker: Database, team: Team, patient: Recovering, acts: list[Act], dice: random.Random, at: datetime
) -> None:
    known = await _all_alerts(worker, team)
    if not known or dice.random() < 0.3:
        await patient.says(at, **dice.choice(SIGNS))
        return
    try:
        await dice.choice(acts)(dice.choice(known), at)
    except AftercareError as error:
        assert error.status < 500, error  # noqa: PT017 - a refusal is fine, and must have changed nothing


@pytest.mark.parametrize("seed", range(3))
async def test_every_clock_delivery_and_recovery_is_in_the_queue_after_each_act(
    worker: Database, service: Database, team: Team, treat: Treat, now: datetime, seed: int
) -> None:
    dice, post, acts = random.Random(seed), Post(), _acts(service, team)  # noqa: S311 - a plan of a test
    patient, at = await treat(now - timedelta(days=2)), now
    for _ in range(25):
        at += timedelta(minutes=dice.choice((1, 7, 20, 90, 600)))
        post.channel.failure = dice.choice((None, None, Retry("451 4.3.0"), Refused("550 5.7.1")))
        await pass_time(worker, post, at)
        await _nothing_is_forgotten(worker, team, at)
        await _something(worker, team, patient, acts, dice, at)
        await _nothing_is_forgotten(worker, team, at)
