"""The clinic's team as notices need it."""

from datetime import datetime
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection
from aftercare.model.preferences import StaffPreferences
from aftercare.model.team import MAIL, Member, Team
from aftercare.store import addresses as store
from aftercare.store import rotas


async def read_team(db: Connection, clinic_id: UUID, now: datetime | None = None) -> Team:
    """Everyone who is active, and how each can be reached; with `now` also the rotas, to find who is on call from then on."""
    row = await store.team(db, clinic_id)
    members = tuple(
        Member(
            staff_id=one.staff_id,
            role=one.role,
            reaches=(MAIL, *one.registered),
            preferences=_with_zone(one.preferences, row.hours.time_zone),
        )
        for one in row.members
    )
    on_call = tuple(await rotas.of_clinic(db, clinic_id, now)) if now is not None else ()
    return Team(members=members, hooks=row.hooks, rotas=on_call, hours=row.hours)


def _with_zone(preferences: StaffPreferences | None, time_zone: str) -> StaffPreferences:
    asked = preferences or StaffPreferences()
    return msgspec.structs.replace(asked, time_zone=asked.time_zone or time_zone)
