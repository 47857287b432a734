"""The clinic's team as notices need it."""

from uuid import UUID

from aftercare.db.pool import Connection
from aftercare.model.team import MAIL, Member, Team
from aftercare.store import addresses as store


async def read_team(db: Connection, clinic_id: UUID) -> Team:
    """Everyone who is active, and how each can be reached."""
    row = await store.team(db, clinic_id)
    members = tuple(
        Member(staff_id=one.staff_id, role=one.role, reaches=(MAIL, *one.registered)) for one in row.members
    )
    return Team(members=members, hooks=row.hooks)
