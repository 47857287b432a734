"""The pages about who is on call and about the clinic's settings."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from aftercare.alerts.chain_words import whom
from aftercare.alerts.chains import EVERYONE
from aftercare.alerts.clocks import CLOCKS
from aftercare.alerts.rota import shifts
from aftercare.care.calendar import start_of_day
from aftercare.db.pool import Connection, Database
from aftercare.model.chains import EscalationChain, Step
from aftercare.model.people import Clinic, StaffMember
from aftercare.model.rota_pages import (
    ChainView,
    ClinicSettingsPage,
    OverrideLine,
    RotaPage,
    RotaView,
    TypedForm,
)
from aftercare.model.rotas import Rota
from aftercare.model.words import Role
from aftercare.services import chains, clinic_settings, rota_gaps, rotas
from aftercare.services import dashboard_views as views
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.store import rotas as store
from aftercare.store import staff

DRAWN = timedelta(days=14)


async def rota_page(
    database: Database, reader: Reader, *, typed: TypedForm | None = None, now: datetime
) -> RotaPage:
    """Who is on call; with what was typed into a form where it was refused."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
        found = await store.of_clinic(db, clinic_id, now)
        people = {one.staff_id: one for one in await staff.all_active(db, clinic_id)}
        return RotaPage(
            head=top,
            rotas=tuple(_view(one, reader, people, clinic, now) for one in found),
            gaps=await rota_gaps.of_clinic(db, clinic, now, now + rotas.AHEAD),
            names=await _names(db, clinic_id, found),
            choices=tuple(views.staff_view(one) for one in people.values() if one.role is not Role.ADMIN),
            may_edit=reader.member.role in rotas.EDITORS,
            typed=typed,
        )


def _view(
    rota: Rota, reader: Reader, people: Mapping[UUID, StaffMember], clinic: Clinic, now: datetime
) -> RotaView:
    zone = ZoneInfo(clinic.time_zone)
    today = now.astimezone(zone).date()
    edits, me = reader.member.role in rotas.EDITORS, reader.member.staff_id
    return RotaView(
        rota=rota,
        now=rotas.rota_now(rota, people, now),
        shifts=shifts(rota, start_of_day(today, zone), start_of_day(today + DRAWN, zone)),
        overrides=tuple(
            OverrideLine(override=one, may_remove=edits or one.made_by == me)
            for one in sorted(rota.overrides, key=lambda one: (one.starts_at, one.made_at))
        ),
        mine=me in rota.participants,
    )


async def _names(db: Connection, clinic_id: UUID, found: Sequence[Rota]) -> dict[UUID, str]:
    """Of everyone who stands in a rota; those who left keep their name."""
    wanted = {who for one in found for who in one.participants}
    wanted |= {over.staff_id for one in found for over in one.overrides if over.staff_id is not None}
    return {one.staff_id: one.name for one in (await staff.several(db, clinic_id, list(wanted))).values()}


async def settings_page(
    database: Database, reader: Reader, *, typed: TypedForm | None = None, now: datetime
) -> ClinicSettingsPage:
    """When the clinic reads, and whom late alerts go to."""
    settings = await clinic_settings.get_settings(database, reader.actor)
    async with database.clinic(reader.actor.clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        written = await chains.written(db, reader.actor.clinic_id)
        names = await chains.names_in(db, reader.actor.clinic_id, now)
        choices = await _choices(db, reader.actor.clinic_id, now, names)
    return ClinicSettingsPage(
        head=top,
        settings=settings,
        chains=tuple(_chain_view(one, names) for one in written.values()),
        choices=choices,
        may_edit=reader.member.role is Role.ADMIN,
        typed=typed,
    )


async def _choices(
    db: Connection, clinic_id: UUID, now: datetime, names: Mapping[UUID, str]
) -> tuple[tuple[str, str], ...]:
    steps = [
        Step(tells="owner"),
        Step(tells="on_call"),
        *(Step(tells="on_call", rota_id=one.rota_id) for one in await store.of_clinic(db, clinic_id, now)),
        *(Step(tells="role", role=role) for role in Role),
        *(Step(tells="person", staff_id=one.staff_id) for one in await staff.all_active(db, clinic_id)),
    ]
    return tuple((step_value(one), whom(one, names)) for one in steps)


def step_value(step: Step) -> str:
    """A step as a form's choice says it."""
    detail = step.role or step.staff_id or step.rota_id
    return f"{step.tells}:{detail}" if detail else step.tells


def _chain_view(chain: EscalationChain, names: Mapping[UUID, str]) -> ChainView:
    clock = CLOCKS[chain.tier]
    hours = clock.acknowledge / timedelta(hours=1)
    wait = f"{hours * 60:g} minutes" if hours < 1 else f"{hours:g} hours"
    if hours >= 48:
        wait = f"{hours / 24:g} days"
    return ChainView(
        tier=chain.tier,
        chain=chain,
        steps=tuple(whom(one, names) for one in chain.steps),
        chosen=tuple(step_value(one) for one in chain.steps if one != EVERYONE),
        wait=f"{wait} of opening time" if clock.opening_hours else wait,
    )
