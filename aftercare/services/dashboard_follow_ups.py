"""The pages about follow-ups: the form below an alert, what comes next, and the clinic's scripts."""

from datetime import date, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from aftercare.alerts.scripts import shipped
from aftercare.care.spacing import local_day
from aftercare.db.pool import Database
from aftercare.model.follow_up_pages import (
    FollowUpForm,
    NextStepItem,
    NextStepsPage,
    ScriptPage,
    ScriptsPage,
)
from aftercare.model.follow_ups import StepTiming
from aftercare.model.words import Code
from aftercare.services import audit, follow_ups
from aftercare.services import dashboard_views as views
from aftercare.services.dashboard_alerts import staff_of
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.services.follow_ups import Whose
from aftercare.services.scripts import HISTORY
from aftercare.store import patients, scripts


async def form_for(database: Database, reader: Reader, code: Code) -> FollowUpForm:
    """An empty form with the script of a code."""
    async with database.clinic(reader.actor.clinic_id) as db:
        script = await scripts.newest(db, reader.actor.clinic_id, code)
    return FollowUpForm(follow_up_id=uuid7(), script=script)


async def next_steps_page(
    database: Database,
    reader: Reader,
    *,
    whose: Whose = "everyone",
    when: StepTiming | None = None,
    after: tuple[date, UUID] | None = None,
    now: datetime,
) -> NextStepsPage:
    """What is still to be done, the longest overdue first."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
        today = local_day(now, clinic.time_zone)
        found = await follow_ups.listed(db, reader.actor, whose=whose, when=when, after=after, today=today)
        people = await patients.several(db, clinic_id, list({one.patient_id for one in found}))
        members = await staff_of(
            db, clinic_id, (), also=(id_ for one in found for id_ in (one.staff_id, one.owner))
        )
        await audit.record(db, reader.actor, "next_steps.listed", now=now)
    last = found[-1] if len(found) >= follow_ups.PAGE else None
    narrowed = f"whose={whose}{f'&when={when.value}' if when else ''}"
    return NextStepsPage(
        head=top,
        items=tuple(
            NextStepItem(
                step=one,
                patient=views.patient_view(people[one.patient_id]),
                set_by=members.get(one.staff_id) if one.staff_id else None,
                owner=members.get(one.owner) if one.owner else None,
            )
            for one in found
        ),
        whose=whose,
        when=when,
        more=f"/next-steps?{narrowed}&after={last.next_on}&beside={last.follow_up_id}" if last else None,
    )


async def scripts_page(database: Database, reader: Reader, *, now: datetime) -> ScriptsPage:
    """The script of every code."""
    async with database.clinic(reader.actor.clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        found = await scripts.of_clinic(db, reader.actor.clinic_id)
        members = await staff_of(
            db, reader.actor.clinic_id, (), also=(one.changed_by for one in found.values())
        )
    by = {staff_id: member.name for staff_id, member in members.items()}
    return ScriptsPage(head=top, scripts=tuple(found[code] for code in Code), by=by)


async def script_page(
    database: Database,
    reader: Reader,
    code: Code,
    *,
    typed: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    now: datetime,
) -> ScriptPage:
    """One script with its history; with what was typed where that was refused."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        script = await scripts.newest(db, clinic_id, code)
        versions = await scripts.versions(db, clinic_id, code, HISTORY)
        members = await staff_of(db, clinic_id, (), also=(one.changed_by for one in versions))
    return ScriptPage(
        head=top,
        script=script,
        shipped=shipped(code),
        versions=tuple(versions),
        by={staff_id: member.name for staff_id, member in members.items()},
        typed=typed or {},
        problems=problems or {},
    )
