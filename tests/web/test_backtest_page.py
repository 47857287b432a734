"""A back-test from its pack's page: asked for, left, run by a worker, read by those who may."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from litestar import Litestar

from aftercare.db.pool import Database
from aftercare.model.rule_packs import RulePackDraft
from aftercare.model.words import Outcome, Role
from aftercare.services import alerts, backtest, rule_packs
from aftercare.services.alerts import Resolve
from aftercare.services.backtest import BACKTEST
from aftercare.services.backtest_judge import Judges
from aftercare.store import due_work
from tests.web.practice import Practice, Window, window, words_of

LOOSER = {"expected": {"microneedling": {"swelling": [4] * 20}}}


@pytest.fixture
async def number(practice: Practice) -> int:
    """A draft that expects any swelling, beside a swelling that was confirmed."""
    database, by = practice.house.database, practice.team[Role.PRACTITIONER]
    patient = await practice.treated("Sample Kestrel", days_ago=5, reference="K-9")
    await practice.says(patient, days_ago=1, swelling=2)
    alert = await practice.alert_of(patient)
    ended = Resolve(outcome=Outcome.CONFIRMED)
    await alerts.resolve(database, by, alert.id, ended, now=practice.clock() - timedelta(hours=1))
    made = await rule_packs.draft_pack(database, by, RulePackDraft(changes=LOOSER), now=practice.clock())
    return made.number


@pytest.fixture
async def admin(app: Litestar, practice: Practice) -> AsyncIterator[Window]:
    async with window(app) as opened:
        await opened.sign_in(practice, Role.ADMIN)
        yield opened


async def work(worker: Database, practice: Practice) -> None:
    now = practice.clock()
    async with worker.transaction() as db:
        (claim,) = await due_work.claim(db, BACKTEST, now, now + timedelta(minutes=1), 5)
    await backtest.work(worker, Judges(), claim, now=practice.clock)


async def test_a_back_test_is_asked_for_run_elsewhere_and_read_later(
    practitioner: Window, practice: Practice, worker: Database, number: int
) -> None:
    path = f"/rules/{number}/backtest"
    assert "Try it on your own history" in words_of(await practitioner.see(path))
    answer = await practitioner.act(path)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    waiting = await practitioner.see(path)
    assert "You can leave this page" in words_of(waiting)
    # Without scripts the page asks for itself again.
    assert '<meta http-equiv="refresh"' in waiting
    await work(worker, practice)
    told = await practitioner.see(path)
    assert "http-equiv" not in told
    said = words_of(told)
    assert "0.0 alerts a week instead of 1.0" in said
    assert "1 confirmed alert would have been missed" in said
    assert "Sample Kestrel K-9" in said
    assert "Only today’s rules raise these 1" in said


async def test_an_admin_sees_what_the_pack_does_and_not_to_whom(
    admin: Window, practice: Practice, worker: Database, number: int
) -> None:
    path = f"/rules/{number}/backtest"
    await admin.act(path)
    await work(worker, practice)
    said = words_of(await admin.see(path))
    assert "1 confirmed alert would have been missed" in said
    assert "swelling.moderate" in said
    assert "Kestrel" not in said
    assert "K-9" not in said


async def test_only_the_days_asked_for_count(
    practitioner: Window, practice: Practice, worker: Database, number: int
) -> None:
    path = f"/rules/{number}/backtest"
    await practitioner.act(path, since="2026-01-01", until="2026-01-31")
    await work(worker, practice)
    told = await practitioner.see(path)
    assert "over 0 check-ins of 0 patients from 1 Jan to 31 Jan" in words_of(told)
    assert 'name="until" type="date" value="2026-01-31"' in told
    refused = await practitioner.act(path, since="2026-02-01", until="2026-01-01")
    assert refused.status_code == 422


async def test_coordinators_strangers_and_forged_forms_are_refused(
    coordinator: Window, practitioner: Window, number: int
) -> None:
    path = f"/rules/{number}/backtest"
    assert (await coordinator.client.get(path)).status_code == 403
    assert (await coordinator.act(path)).status_code == 403
    assert (await practitioner.client.post(path, data={"csrf": "a-guess"})).status_code == 403
    assert (await practitioner.client.get("/rules/77/backtest")).status_code == 404
    assert (await practitioner.act("/rules/77/backtest")).status_code == 404
