"""A simulated clinic at whose list exactly so many patients wait: the same number whatever its size."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg

from aftercare.db.pool import Database
from aftercare.model.check_ins import CheckInDraft
from aftercare.model.people import Actor
from aftercare.model.words import Outcome, Role
from aftercare.services import alerts, check_ins
from aftercare.services.simulate import Opened

_SIGNS: tuple[dict[str, object], ...] = (
    {"tingling": True, "sites": {"tingling": ["lips"]}},
    {"wants_contact": "can_wait"},
    {"swelling": 3, "one_sided": True},
    {"pus_spots": "many"},
    {"lumps": True},
)


async def let_wait(
    service: Database, admin: asyncpg.Connection, opened: Opened, wanted: int, *, now: datetime
) -> None:
    """Have exactly `wanted` patients wait: further alerts are resolved, missing ones are reported."""
    clinic_id = opened.practice.clinic.clinic_id
    waiting = await admin.fetch(
        "select id, patient_id, row_number() over (partition by patient_id order by id) as nth from alerts"
        " where clinic_id = $1 and state <> 'resolved' order by nth, id",
        clinic_id,
    )
    firsts = [row for row in waiting if row["nth"] == 1][:wanted]
    kept = {row["id"] for row in firsts}
    by = opened.practice.actor(Role.PRACTITIONER)
    seen = alerts.Resolve(outcome=Outcome.EXPECTED_COURSE, text="Seen.")
    for row in waiting:
        if row["id"] not in kept:
            await alerts.resolve(service, by, row["id"], seen, now=now)
    there = len(firsts)
    # Those with the most to show of the newest session: as it is for whoever is being monitored.
    others = await admin.fetch(
        "select patient_id from episodes join sessions using (clinic_id, session_id, patient_id) where clinic_id = $1"
        " and session_at < $2 and patient_id <> all ($3::uuid[])"
        " group by patient_id order by max(session_at) desc, patient_id limit $4",
        clinic_id,
        now - timedelta(days=5),
        [row["patient_id"] for row in firsts],
        4 * (wanted - there),
    )
    for number, row in enumerate(others):
        if there == wanted:
            return
        there += await _report(service, clinic_id, row["patient_id"], _SIGNS[number % len(_SIGNS)], now)
    if there != wanted:
        raise ValueError(f"{there} patients wait; {wanted} were wanted")


async def _report(
    service: Database, clinic_id: UUID, patient_id: UUID, answers: dict[str, object], now: datetime
) -> int:
    """Report a sign; 1 if one alert is open for it, 0 where it was held back."""
    actor = Actor(clinic_id=clinic_id, kind="patient", id=patient_id)
    draft = CheckInDraft(
        instrument=1, recorded_at=now - timedelta(minutes=1), time_zone="Europe/London", answers=answers
    )
    await check_ins.submit(service, actor, patient_id, uuid4(), draft, now=now)
    async with service.clinic(clinic_id) as db:
        count: int = await db.fetchval(
            "select count(*)::int from alerts where clinic_id = $1 and patient_id = $2 and state <> 'resolved'",
            clinic_id,
            patient_id,
        )
    return min(count, 1)
