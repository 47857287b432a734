"""What phones and browsers say of deliveries: once, the earliest, only by whom it was for."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from aftercare.db.pool import Database
from aftercare.errors import NotFound
from aftercare.model.ledger import LedgerEntry, ReceiptDraft
from aftercare.model.people import Actor
from aftercare.model.receipts import DeliveryOpened, DeliveryShown
from aftercare.services import addresses, receipts
from aftercare.services.sync import SyncBatch, sync
from tests.services.background import Post, pass_time
from tests.services.conftest import Recovering, Team, Treat
from tests.services.ways import kept

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def reminded(
    service: Database, worker: Database, team: Team, treat: Treat, now: datetime
) -> tuple[Recovering, LedgerEntry]:
    """A patient whose reminder of this morning has left."""
    patient = await treat(now - timedelta(days=1))
    await pass_time(worker, Post(), now)
    entry, *_ = await kept(service, team.clinic_id, now, patient_id=patient.patient_id, state="sent")
    return patient, entry


async def standing(service: Database, team: Team, delivery_id: UUID, now: datetime) -> LedgerEntry:
    return next(one for one in await kept(service, team.clinic_id, now) if one.delivery_id == delivery_id)


def opened(delivery_id: UUID, at: datetime) -> DeliveryOpened:
    return DeliveryOpened(id=uuid4(), at=at, delivery_id=delivery_id)


async def test_of_what_is_said_twice_the_earliest_counts(
    service: Database, team: Team, now: datetime, reminded: tuple[Recovering, LedgerEntry]
) -> None:
    patient, sent = reminded
    seen, later = sent.queued_at + MINUTE, sent.queued_at + 9 * MINUTE
    shown = DeliveryShown(id=uuid4(), at=seen, delivery_id=sent.delivery_id)
    for receipt in (opened(sent.delivery_id, later), shown, shown, opened(sent.delivery_id, now)):
        await receipts.keep(service, patient.actor, receipt, now=now + timedelta(hours=1))
    found = await standing(service, team, sent.delivery_id, now)
    assert (found.delivered_at, found.opened_at) == (seen, later)


@pytest.mark.parametrize("ahead", [30 * MINUTE, timedelta(days=2), timedelta(days=400_000)])
async def test_a_phone_whose_clock_is_ahead_and_is_not_known_has_opened_it_by_now(
    service: Database, team: Team, now: datetime, reminded: tuple[Recovering, LedgerEntry], ahead: timedelta
) -> None:
    patient, sent = reminded
    await receipts.keep(service, patient.actor, opened(sent.delivery_id, now + ahead), now=now)
    assert (await standing(service, team, sent.delivery_id, now)).opened_at == now


@pytest.mark.parametrize("clock", [timedelta(days=2), timedelta(days=-400)])
async def test_a_phone_that_says_what_its_wrong_clock_says_has_opened_it_when_it_did(
    service: Database, team: Team, now: datetime, reminded: tuple[Recovering, LedgerEntry], clock: timedelta
) -> None:
    patient, sent = reminded
    at, later = sent.queued_at + MINUTE, now + timedelta(hours=1)
    item = {"id": str(uuid4()), "kind": "delivery_opened", "delivery_id": str(sent.delivery_id)}
    batch = SyncBatch(receipts=[item | {"at": (at + clock).isoformat()}])
    answer = await sync(service, patient.actor, batch, now=later, sent_at=later + clock)
    assert [one.status for one in answer.receipts] == ["kept"]
    assert (await standing(service, team, sent.delivery_id, now)).opened_at == at


async def test_nothing_was_opened_before_it_was_written(
    service: Database, team: Team, now: datetime, reminded: tuple[Recovering, LedgerEntry]
) -> None:
    patient, sent = reminded
    long_ago = opened(sent.delivery_id, now - timedelta(days=400))
    await receipts.keep(service, patient.actor, long_ago, now=now)
    assert (await standing(service, team, sent.delivery_id, now)).opened_at == sent.queued_at


async def test_nobody_opens_what_was_sent_to_another(
    service: Database, team: Team, treat: Treat, now: datetime, reminded: tuple[Recovering, LedgerEntry]
) -> None:
    _, sent = reminded
    other = await treat(now - timedelta(days=1), name="Birch Sample", email="birch@patients.test")
    with pytest.raises(NotFound):
        await receipts.keep(service, other.actor, opened(sent.delivery_id, now), now=now)
    draft = ReceiptDraft(kind="opened")
    with pytest.raises(NotFound):
        await receipts.keep_of_staff(service, team.admin, sent.delivery_id, draft, now=now)
    assert (await standing(service, team, sent.delivery_id, now)).opened_at is None


async def test_a_bad_receipt_takes_no_other_with_it(
    service: Database, team: Team, now: datetime, reminded: tuple[Recovering, LedgerEntry]
) -> None:
    patient, sent = reminded
    item = {"kind": "delivery_opened", "at": now.isoformat(), "delivery_id": str(sent.delivery_id)}
    items = [
        item | {"id": str(uuid4()), "delivery_id": str(uuid4())},
        item | {"id": str(uuid4())},
        item | {"id": str(uuid4()), "kind": "delivery_eaten"},
    ]
    answer = await sync(service, patient.actor, SyncBatch(receipts=items), now=now)
    assert [one.status for one in answer.receipts] == ["refused", "kept", "refused"]
    problem = answer.receipts[0].problem
    assert problem is not None
    assert (problem.status, problem.errors) == (404, {"/delivery_id": "unknown"})
    assert (await standing(service, team, sent.delivery_id, now)).opened_at == now


async def test_a_staff_member_opens_what_was_sent_to_them_and_nobody_elses(
    service: Database, worker: Database, team: Team, now: datetime
) -> None:
    mine = await addresses.send_test(service, team.admin, None, now=now)
    shown = await receipts.keep_of_staff(
        service, team.admin, mine, ReceiptDraft(kind="shown"), now=now + MINUTE
    )
    assert (shown.delivered_at, shown.opened_at) == (now + MINUTE, None)
    done = await receipts.keep_of_staff(
        service, team.admin, mine, ReceiptDraft(kind="opened", at=now + 2 * MINUTE), now=now + 3 * MINUTE
    )
    assert (done.delivered_at, done.opened_at) == (now + MINUTE, now + 2 * MINUTE)
    nobody = Actor(clinic_id=team.clinic_id, kind="staff", id=None)
    for who in (team.practitioner, nobody):
        with pytest.raises(NotFound):
            await receipts.keep_of_staff(service, who, mine, ReceiptDraft(kind="opened"), now=now)
