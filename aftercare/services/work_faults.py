"""Work that fails again and again by a fault of ours: its clinic's admins hear of it, since nobody else would."""

from datetime import datetime

from aftercare.db.pool import Database
from aftercare.model.messages import MessageKind
from aftercare.services.admins import tell_admins
from aftercare.store.due_work import Claim


async def tell(database: Database, kind: str, claim: Claim, *, now: datetime) -> None:
    """Tell of one kind of work once a day, however many pieces of it fail. `database` acts as the worker."""
    async with database.clinic(claim.clinic_id) as db:
        what = f"work_fails:{kind}:{now.date().isoformat()}"
        await tell_admins(db, claim.clinic_id, MessageKind.WORK_FAILS, what, now)
