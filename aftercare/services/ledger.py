"""Reading the delivery ledger and the audit."""

from datetime import datetime, timedelta
from uuid import UUID

from aftercare.db.pool import Database
from aftercare.model.audit import AuditEntry
from aftercare.model.ledger import LedgerEntry, Narrowed
from aftercare.model.people import Actor
from aftercare.services import audit
from aftercare.store import audit as audit_store
from aftercare.store import deliveries as store
from aftercare.store import ledger
from aftercare.store.deliveries import Attempt

PAGE = 100
_AUDIT_PAGE = 500


def newest(now: datetime) -> tuple[datetime, UUID]:
    """The place before the newest of all."""
    return now + timedelta(days=3650), UUID(int=2**128 - 1)


async def list_deliveries(
    database: Database,
    actor: Actor,
    asked: Narrowed,
    *,
    before: tuple[datetime, UUID] | None,
    now: datetime,
) -> list[LedgerEntry]:
    """The newest deliveries before a place in the list, of those that are asked for."""
    async with database.clinic(actor.clinic_id) as db:
        await audit.record(
            db, actor, "deliveries.listed", now=now, patient_id=asked.patient_id, subject_id=asked.alert_id
        )
        return await ledger.page(db, actor.clinic_id, asked, before or newest(now), PAGE)


async def list_attempts(database: Database, actor: Actor, delivery_id: UUID) -> list[Attempt]:
    """The tries of one delivery; none for one that is not ours."""
    async with database.clinic(actor.clinic_id) as db:
        return await store.attempts_of(db, actor.clinic_id, delivery_id)


async def list_audit(database: Database, actor: Actor, *, after: int, now: datetime) -> list[AuditEntry]:
    """Sealed entries after a number."""
    async with database.clinic(actor.clinic_id) as db:
        await audit.record(db, actor, "audit.seen", now=now)
        return await audit_store.sealed_after(db, actor.clinic_id, after, _AUDIT_PAGE)
