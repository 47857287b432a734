"""What waits for the clinic itself and for no patient's health: requests to be erased, photos that cannot be shown."""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from aftercare.care.spacing import add_months, local_day
from aftercare.db.pool import Connection, Database
from aftercare.model.messages import MessageKind
from aftercare.model.people import Clinic
from aftercare.model.views import Upkeep
from aftercare.model.words import Role
from aftercare.services.admins import tell_admins
from aftercare.store import broken_pictures, clinics, erasures

LAST_WEEK: Final = timedelta(days=7)


async def waiting(db: Connection, clinic: Clinic, role: Role) -> Upkeep | None:
    """What the head of a page says of it to those who can do something; None if nothing waits."""
    if role is Role.COORDINATOR:
        return None
    asked, oldest = await erasures.waiting_since(db, clinic.clinic_id)
    # Only who runs the clinic's systems can bring a photo back.
    pictures = await broken_pictures.count(db, clinic.clinic_id) if role is Role.ADMIN else 0
    if not asked and not pictures:
        return None
    return Upkeep(erasures=asked, answer_by=oldest and answer_by(oldest, clinic), pictures=pictures)


async def remind(database: Database, clinic_id: UUID, *, now: datetime) -> None:
    """Tell the admins once more, in the last week before the oldest request to be erased must be answered.

    `database` acts as the worker.
    """
    async with database.clinic(clinic_id) as db:
        clinic = await clinics.get(db, clinic_id)
        _, oldest = await erasures.waiting_since(db, clinic_id)
        if clinic is not None and oldest is not None:
            due = answer_by(oldest, clinic)
            if due - local_day(now, clinic.time_zone) <= LAST_WEEK:
                await tell_admins(db, clinic_id, MessageKind.ERASURE_DUE, f"erasure_due:{due}", now)


def answer_by(asked_at: datetime, clinic: Clinic) -> date:
    """Until when a patient's request must be answered: within a month (GDPR, Article 12(3))."""
    return add_months(local_day(asked_at, clinic.time_zone), 1)
