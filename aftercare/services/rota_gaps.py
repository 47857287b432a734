"""Time ahead in which nobody is on call: found at every change and once a day, and told to the admins once."""

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from aftercare.alerts.rota import gaps
from aftercare.care.calendar import at_local
from aftercare.db.pool import Connection, Database
from aftercare.model.messages import MessageKind
from aftercare.model.people import Clinic
from aftercare.model.rotas import Gap
from aftercare.services import hand_overs
from aftercare.services.admins import tell_admins
from aftercare.store import clinics, due_work, staff
from aftercare.store import rotas as store

LOOK = "rota"
AHEAD = timedelta(days=7)  # near enough to be mended, and to be remembered
_MORNING = time(8)


async def of_clinic(db: Connection, clinic: Clinic, now: datetime, until: datetime) -> tuple[Gap, ...]:
    """The gaps of a clinic's rotas between two instants; a clinic without a rota has said nothing, and has none."""
    rotas = await store.of_clinic(db, clinic.clinic_id, now)
    if not rotas:
        return ()
    active = {one.staff_id for one in await staff.all_active(db, clinic.clinic_id)}
    return gaps(rotas, now, until, active, clinic.hours)


async def look(db: Connection, clinic: Clinic, now: datetime) -> None:
    """Find the gaps of the next seven days, keep them, and tell the admins of those that were not there before."""
    found = await of_clinic(db, clinic, now, now + AHEAD)
    known = await store.gaps(db, clinic.clinic_id, now)
    await store.put_gaps(db, clinic.clinic_id, found)
    # A gap that grew, shrank or has begun is the same gap.
    news = [gap for gap in found if not any(_touch(gap, one) for one in known)]
    if news:
        what = f"gap:{news[0].starts_at.isoformat()}:{now.isoformat()}"
        await tell_admins(db, clinic.clinic_id, MessageKind.CLINIC_FAULT, what, now)


async def changed(db: Connection, clinic: Clinic, now: datetime) -> None:
    """Look at once, and every morning from now on: who works here may change without the rota."""
    await look(db, clinic, now)
    await hand_overs.look_at_once(db, clinic.clinic_id, now)
    if await store.count(db, clinic.clinic_id):
        await due_work.put(db, clinic.clinic_id, LOOK, clinic.clinic_id, _next_look(clinic, now), 0)
    else:
        await due_work.drop(db, clinic.clinic_id, LOOK, clinic.clinic_id)


async def look_soon(db: Connection, clinic_id: UUID, now: datetime) -> None:
    """Have the worker look, where there are rotas: who works here has changed."""
    if await store.count(db, clinic_id):
        await due_work.bring_forward(db, clinic_id, LOOK, clinic_id, now)


async def work(database: Database, claim: due_work.Claim, *, now: datetime) -> None:
    """The daily look of one clinic. `database` acts as the worker."""
    async with database.clinic(claim.clinic_id) as db:
        await store.lock(db, claim.clinic_id)
        clinic = await clinics.get(db, claim.clinic_id)
        if clinic is None or not await store.count(db, claim.clinic_id):
            await due_work.finish(db, LOOK, claim)
            return
        await look(db, clinic, now)
        await hand_overs.look_at_once(db, claim.clinic_id, now)
        await due_work.postpone(db, LOOK, claim, _next_look(clinic, now))


def _next_look(clinic: Clinic, now: datetime) -> datetime:
    zone = ZoneInfo(clinic.time_zone)
    return at_local(now.astimezone(zone).date() + timedelta(days=1), _MORNING, zone)


def _touch(one: Gap, other: Gap) -> bool:
    return one.starts_at <= other.ends_at and other.starts_at <= one.ends_at
