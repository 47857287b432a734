"""What becomes of alerts whose owner leaves: what they had in hand is open again, and somebody is told."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from aftercare.alerts import acts
from aftercare.alerts.chain_words import ESCALATED
from aftercare.db.pool import Connection
from aftercare.model.alerts import Change
from aftercare.model.follow_ups import FollowUp
from aftercare.model.people import Actor
from aftercare.services import chains, recovery
from aftercare.store import alerts, follow_ups

_WHY = "Open again: whoever had it no longer works here."


async def give_back(db: Connection, clinic_id: UUID, staff_id: UUID, now: datetime) -> None:
    """Take out of the hands of somebody who was shut out what they had, one patient's lock after the other."""
    told_by = await chains.of_clinic(db, clinic_id, now)
    system = Actor(clinic_id=clinic_id, kind="system")
    for patient_id in await alerts.in_hand_of(db, clinic_id, staff_id):
        mine = await recovery.load(db, clinic_id, patient_id, now=now)
        for alert in mine.alerts:
            if alert.owner != staff_id:
                continue
            change = acts.let_go(alert, now=now, hours=mine.clinic.hours, chain=told_by[alert.tier])
            if change == Change():
                continue
            row = FollowUp(follow_up_id=uuid7(), alert_id=alert.id, at=now, kind=ESCALATED, text=_WHY)
            await follow_ups.add(db, clinic_id, patient_id, row)
            await recovery.write(db, mine, change, system, now=now)
