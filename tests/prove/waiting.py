"""A simulated clinic in which exactly so many alerts are open, two of a patient: the same list whatever the clinic's size."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg

from aftercare.db.pool import Database
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.people import Actor
from aftercare.model.words import Outcome, Role
from aftercare.services import alerts, check_ins
from aftercare.services.simulate import Opened

# Each raises two alerts in whoever has neither; one of them is never held back.
_SIGNS: tuple[dict[str, object], ...] = (
    {"tingling": True, "sites": {"tingling": ["lips"]}, "wants_contact": "can_wait"},
    {"swelling": 3, "one_sided": True, "wants_contact": "can_wait"},
    {"pus_spots": "many", "wants_contact": "can_wait"},
)
_OPEN = "select id from alerts where clinic_id = $1 and state <> 'resolved' order by id"


async def let_wait(
    service: Database, admin: asyncpg.Connection, opened: Opened, wanted: int, *, now: datetime
) -> None:
    """Resolve what is open, then have patients report signs until exactly `wanted` alerts are open."""
    clinic_id = opened.practice.clinic.clinic_id
    await _resolve(service, opened, await admin.fetch(_OPEN, clinic_id), now)
    newest = await admin.fetch(
        "select patient_id from sessions where clinic_id = $1 and session_at < $2"
        " group by patient_id order by max(session_at) desc, patient_id limit $3",
        clinic_id,
        now - timedelta(days=5),
        wanted,
    )
    for number, row in enumerate(newest):
        await _report(service, clinic_id, row["patient_id"], _SIGNS[number % len(_SIGNS)], now)
        if number % 2 and len(there := await admin.fetch(_OPEN, clinic_id)) >= wanted:
            await _resolve(service, opened, there[wanted:], now)
            return
    raise ValueError(f"too few patients for {wanted} open alerts")


async def _resolve(service: Database, opened: Opened, some: list[asyncpg.Record], now: datetime) -> None:
    seen = alerts.Resolve(outcome=Outcome.FALSE_ALARM, text="Seen.")
    for row in some:
        await alerts.resolve(service, opened.practice.actor(Role.PRACTITIONER), row["id"], seen, now=now)


async def _report(
    service: Database, clinic_id: UUID, patient_id: UUID, answers: dict[str, object], now: datetime
) -> None:
    actor = Actor(clinic_id=clinic_id, kind="patient", id=patient_id)
    draft = CheckInDraft(
        instrument=1, recorded_at=now - timedelta(minutes=1), time_zone="Europe/London", answers=answers
    )
    await check_ins.submit(service, actor, patient_id, uuid4(), draft, now=now)
