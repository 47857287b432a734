"""Who is told that there is a message: thinly, over mail and push, never what it says nor whose it is."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

from aftercare.alerts.telling import held
from aftercare.care.messaging import patient_told_at, staff_told_at
from aftercare.care.reminding import after_quiet
from aftercare.db.pool import Connection
from aftercare.model.addresses import PUSH, ChannelName
from aftercare.model.deliveries import Delivery, Letter
from aftercare.model.messages import MessageKind
from aftercare.model.people import Clinic, Patient
from aftercare.model.words import Role
from aftercare.services.deliveries import queue, tell_patient
from aftercare.services.team import read_team
from aftercare.store import preferences

_OVER = PUSH | {ChannelName.SMTP}


async def tell_staff(db: Connection, clinic: Clinic, now: datetime) -> bool:
    """Tell practitioners and coordinators that somebody wrote: once for all that is written in an hour, when the clinic is open.

    False if they are to be told already.
    """
    at = staff_told_at(clinic.hours, now)
    team = await read_team(db, clinic.clinic_id)
    meant = [member for member in team.members if member.role is not Role.ADMIN] or team.members
    letters = [
        held(
            Letter(
                what=f"message_received:{at.isoformat()}",
                delivery=Delivery(
                    delivery_id=uuid7(),
                    channel=reach.channel,
                    kind=MessageKind.MESSAGE_RECEIVED,
                    staff_id=member.staff_id,
                    address_id=reach.address_id,
                    queued_at=now,
                ),
                not_before=at,
            ),
            member,
        )
        for member in meant
        for reach in member.reaches
        if reach.channel in _OVER
    ]
    return await queue(db, clinic.clinic_id, letters)


async def tell_patient_of(
    db: Connection, clinic_id: UUID, patient: Patient, message_id: UUID, now: datetime, *, urgent: bool
) -> bool:
    """Tell a patient that the clinic wrote, by night in the morning unless it is urgent; all of a night are told of once."""
    at = patient_told_at(now, patient.time_zone, urgent=urgent)
    if not urgent:
        asked = await preferences.of_patient(db, clinic_id, patient.patient_id)
        at = after_quiet(at, ZoneInfo(patient.time_zone), asked.quiet)
    letter = Letter(
        what=f"message_sent:{message_id if at == now else at.isoformat()}",
        delivery=Delivery(
            delivery_id=uuid7(),
            channel=ChannelName.SMTP,
            kind=MessageKind.MESSAGE_SENT,
            patient_id=patient.patient_id,
            queued_at=now,
        ),
        not_before=at,
    )
    return await tell_patient(db, clinic_id, letter)
