"""Erasures: the record of each, and the statements that forget."""

from datetime import UTC, datetime
from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.db.sql import queries
from aftercare.model.erasures import ErasedLotUse, Erasure
from aftercare.store.rows import many, one

_SQL = queries("erasures")
_FIRST = UUID(int=0)
EVER = datetime.max.replace(tzinfo=UTC)


async def hold(db: Connection, clinic_id: UUID, patient_id: UUID) -> str | None:
    """The patient's name; until the transaction ends nothing that names the patient is written beside it."""
    name: str | None = await db.fetchval(_SQL["hold"], clinic_id, patient_id)
    return name


async def count(db: Connection, clinic_id: UUID, patient_id: UUID) -> int:
    """How many erasures of a patient have begun."""
    found: int = await db.fetchval(_SQL["count"], clinic_id, patient_id)
    return found


async def count_held(db: Connection, clinic_id: UUID, patient_id: UUID) -> int | None:
    """As `count`, and none begins before the transaction ends; None if the patient is not there (any more)."""
    if await db.fetchval(_SQL["pass"], clinic_id, patient_id) is None:
        return None
    return await count(db, clinic_id, patient_id)


async def photo_erased(db: Connection, clinic_id: UUID, patient_id: UUID, photo_id: UUID) -> bool:
    """Whether this id is that of an erased photo."""
    found: bool = await db.fetchval(_SQL["photo_erased"], clinic_id, patient_id, photo_id)
    return found


async def ask(db: Connection, clinic_id: UUID, erasure: Erasure) -> UUID:
    """Put down that an erasure is asked for; the id of the one that waits, should there be one already."""
    await db.execute(
        _SQL["ask"], clinic_id, erasure.erasure_id, erasure.patient_id, erasure.scope, erasure.reason,
        erasure.asked_at, erasure.asked_by,
    )  # fmt: skip
    waiting: UUID | None = await db.fetchval(_SQL["open"], clinic_id, erasure.patient_id, erasure.scope)
    return waiting or erasure.erasure_id


async def start(
    db: Connection, clinic_id: UUID, erasure_id: UUID, at: datetime, by: UUID | None, photos: int
) -> None:
    """Put down that it has begun."""
    await db.execute(_SQL["start"], clinic_id, erasure_id, at, by, photos)


async def refuse(
    db: Connection, clinic_id: UUID, erasure_id: UUID, at: datetime, by: UUID | None, because: str
) -> bool:
    """Put down that it is refused; False if it was already, or has begun."""
    done = await db.fetchval(_SQL["refuse"], clinic_id, erasure_id, at, by, because)
    return done is not None


async def finish(db: Connection, clinic_id: UUID, erasure_id: UUID, at: datetime) -> None:
    """Put down that nothing is left."""
    await db.execute(_SQL["finish"], clinic_id, erasure_id, at)


async def get(db: Connection, clinic_id: UUID, erasure_id: UUID) -> Erasure | None:
    """One erasure."""
    return one(Erasure, await db.fetchrow(_SQL["get"], clinic_id, erasure_id))


async def of_patient(db: Connection, clinic_id: UUID, patient_id: UUID) -> list[Erasure]:
    """A patient's, the newest first; also when there is no patient any more."""
    return many(Erasure, await db.fetch(_SQL["of_patient"], clinic_id, patient_id))


async def waiting(db: Connection, clinic_id: UUID, limit: int) -> list[Erasure]:
    """Those that wait for the clinic's word, the oldest first."""
    return many(Erasure, await db.fetch(_SQL["waiting"], clinic_id, limit))


async def waiting_since(db: Connection, clinic_id: UUID) -> tuple[int, datetime | None]:
    """How many wait for the clinic's word, and since when the first does."""
    row = await db.fetchrow(_SQL["waiting_since"], clinic_id)
    return (row["waiting"], row["oldest"]) if row else (0, None)


async def started(db: Connection, clinic_id: UUID, limit: int, after: UUID = _FIRST) -> list[Erasure]:
    """Those that have begun, by id, from a place on."""
    return many(Erasure, await db.fetch(_SQL["started"], clinic_id, after, limit))


async def clinics(db: Connection) -> list[UUID]:
    """All clinics. Across clinics."""
    return [row["clinic_id"] for row in await db.fetch(_SQL["clinics"])]


async def forget_photos(
    db: Connection, clinic_id: UUID, patient_id: UUID, erasure_id: UUID, until: datetime = EVER
) -> int:
    """Delete the rows of what was received until then, keep their ids, and say how many there were."""
    await db.execute(_SQL["remember_photos"], clinic_id, patient_id, erasure_id, until)
    found: int = await db.fetchval(_SQL["forget_photos"], clinic_id, patient_id, until)
    return found


async def photos(db: Connection, clinic_id: UUID, patient_id: UUID) -> int:
    """How many photos the patient has."""
    found: int = await db.fetchval(_SQL["photos"], clinic_id, patient_id)
    return found


async def unresolved(db: Connection, clinic_id: UUID, patient_id: UUID) -> bool:
    """Whether an alert of the patient is not resolved."""
    found: bool = await db.fetchval(_SQL["unresolved"], clinic_id, patient_id)
    return found


async def forget_patient(db: Connection, clinic_id: UUID, patient_id: UUID, erasure_id: UUID) -> None:
    """Delete every row of a patient but the audit's ids; what lots were used stays, by the month."""
    await db.execute(_SQL["keep_lot_uses"], clinic_id, patient_id, erasure_id)
    await db.execute(_SQL["drop_due_work"], clinic_id, patient_id)
    await db.execute(_SQL["forget_patient"], clinic_id, patient_id)


async def lot_uses(db: Connection, clinic_id: UUID, lot: str) -> list[ErasedLotUse]:
    """Where a lot was used on patients who are erased, the newest month first."""
    return many(ErasedLotUse, await db.fetch(_SQL["lot_uses"], clinic_id, lot))
