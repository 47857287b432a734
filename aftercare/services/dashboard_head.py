"""Who looks at a page, and the head that every page has."""

from datetime import datetime, timedelta

import msgspec

from aftercare.care.spacing import local_day
from aftercare.db.pool import Connection
from aftercare.errors import NotFound
from aftercare.model.people import Actor, Clinic, StaffMember
from aftercare.model.rotas import Gap
from aftercare.model.views import Head, Notice
from aftercare.model.words import Role
from aftercare.services import dashboard_views as views
from aftercare.services import upkeep
from aftercare.store import (
    alerts,
    audit,
    channel_faults,
    clinics,
    follow_ups,
    heartbeat,
    ledger,
    messages,
    rotas,
    staff,
)

_LATELY = timedelta(days=7)


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks at a page, and what came of the act that led to it."""

    actor: Actor
    member: StaffMember
    notice: Notice | None = None


async def head(db: Connection, reader: Reader, clinic: Clinic, now: datetime) -> Head:
    """The head of a page. Read first: the page then holds at least everything up to its `last_event_id`."""
    runs_it = reader.member.role is Role.ADMIN
    return Head(
        clinic=clinic.name,
        clinic_key=clinic.handle,
        staff=views.staff_view(reader.member),
        csrf=reader.actor.csrf,
        now=now,
        time_zone=clinic.time_zone,
        last_event_id=await audit.newest_number(db, clinic.clinic_id),
        urgent=await alerts.count_urgent(db, clinic.clinic_id),
        # Admins read no messages.
        steps_due=0
        if reader.member.role is Role.ADMIN
        else await follow_ups.count_due(db, clinic.clinic_id, local_day(now, clinic.time_zone)),
        unread=0 if reader.member.role is Role.ADMIN else await messages.waiting_count(db, clinic.clinic_id),
        gaps=await _gaps(db, reader, now),
        notice=await _who_was_faster(db, reader.notice, clinic),
        given_up=await ledger.count_unheard(db, clinic.clinic_id, now - _LATELY) if runs_it else 0,
        faults=tuple(await channel_faults.standing(db, clinic.clinic_id, now - _LATELY)) if runs_it else (),
        upkeep=await upkeep.waiting(db, clinic, reader.member.role),
        standstill=await heartbeat.standstill(db, clinic.clinic_id),
    )


async def _gaps(db: Connection, reader: Reader, now: datetime) -> tuple[Gap, ...]:
    """Those that the last look at the rotas found, for those who can put somebody in."""
    if reader.member.role is Role.COORDINATOR:
        return ()
    return tuple(await rotas.gaps(db, reader.actor.clinic_id, now))


async def _who_was_faster(db: Connection, notice: Notice | None, clinic: Clinic) -> Notice | None:
    """The notice, with the name of whoever took the alert meanwhile."""
    alert = await alerts.get(db, clinic.clinic_id, notice.taken) if notice and notice.taken else None
    owner = await staff.get(db, clinic.clinic_id, alert.owner) if alert and alert.owner else None
    if notice is None or alert is None or owner is None:
        return notice
    return msgspec.structs.replace(notice, holder=owner.name, holds=alert.code)


async def clinic_of(db: Connection, reader: Reader) -> Clinic:
    """The clinic of who looks. Raises NotFound."""
    clinic = await clinics.get(db, reader.actor.clinic_id)
    if clinic is None:
        raise NotFound
    return clinic
