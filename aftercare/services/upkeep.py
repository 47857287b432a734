"""What waits for the clinic itself and for no patient's health: requests to be erased, photos that cannot be shown."""

from datetime import date, datetime

from aftercare.care.spacing import add_months, local_day
from aftercare.db.pool import Connection
from aftercare.model.people import Clinic
from aftercare.model.views import Upkeep
from aftercare.model.words import Role
from aftercare.store import broken_pictures, erasures


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


def answer_by(asked_at: datetime, clinic: Clinic) -> date:
    """Until when a patient's request must be answered: within a month (GDPR, Article 12(3))."""
    return add_months(local_day(asked_at, clinic.time_zone), 1)
