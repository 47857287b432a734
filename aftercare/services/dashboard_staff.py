"""The pages about the staff: who is there with what they have, and what becomes of it when somebody is shut out."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from aftercare.db.pool import Database
from aftercare.errors import NotFound
from aftercare.model.messages import TierCount
from aftercare.model.rota_pages import TypedForm
from aftercare.model.staff_pages import MemberPage, StaffLine, StaffPage
from aftercare.model.words import Role
from aftercare.services import chains
from aftercare.services import dashboard_views as views
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.store import alerts, rotas, staff
from aftercare.store.alerts import Owned
from aftercare.store.staff import Account


async def staff_page(
    database: Database, reader: Reader, *, server: str, typed: TypedForm | None = None, now: datetime
) -> StaffPage:
    """Everyone; for admins with the form of a new colleague, with what was typed into it where that was refused."""
    async with database.clinic(reader.actor.clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
        known = await staff.accounts(db, clinic.clinic_id)
        owned = await alerts.owned(db, clinic.clinic_id)
    lines = [_line(one, owned) for one in known]
    return StaffPage(
        head=top,
        here=tuple(one for one in lines if one.disabled_at is None),
        gone=tuple(one for one in lines if one.disabled_at is not None),
        door=f"{server}/sign-in/{clinic.handle}",
        form=(typed or TypedForm(form="new", values={})) if reader.member.role is Role.ADMIN else None,
    )


async def member_page(
    database: Database,
    reader: Reader,
    staff_id: UUID,
    *,
    problem: str = "",
    wrong_password: str = "",
    now: datetime,
) -> MemberPage:
    """One account, with all that stands on it. Raises NotFound."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        known = await staff.accounts(db, clinic_id)
        owned = await alerts.owned(db, clinic_id)
        turns = await rotas.of_clinic(db, clinic_id, now)
        written = await chains.written(db, clinic_id)
    member = next((one for one in known if one.staff_id == staff_id), None)
    if member is None:
        raise NotFound
    return MemberPage(
        head=top,
        line=_line(member, owned),
        oneself=staff_id == reader.actor.id,
        rotas=tuple(one.name for one in turns if staff_id in one.participants),
        chains=tuple(
            tier for tier, one in written.items() if any(step.staff_id == staff_id for step in one.steps)
        ),
        last_practitioner=_is_the_last_practitioner(member, known),
        problem=problem,
        wrong_password=wrong_password,
    )


def _line(one: Account, owned: Iterable[Owned]) -> StaffLine:
    theirs = [row for row in owned if row.owner == one.staff_id]
    return StaffLine(
        member=views.staff_view(one),
        email=one.email,
        since=one.created_at,
        disabled_at=one.disabled_at,
        to_reach=tuple(TierCount(tier=row.tier, count=row.count) for row in theirs if not row.reached),
        reached=sum(row.count for row in theirs if row.reached),
    )


def _is_the_last_practitioner(member: Account, known: Iterable[Account]) -> bool:
    working = [one for one in known if one.role is Role.PRACTITIONER and one.disabled_at is None]
    return [one.staff_id for one in working] == [member.staff_id]
