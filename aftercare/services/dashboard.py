"""The pages of the dashboard that alerts are worked on: the list, one alert, one question about it.

Each is read in one short transaction and put on record, in a fixed number of statements whatever the number of rows.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from aftercare.db.pool import Connection, Database
from aftercare.errors import NotFound
from aftercare.model.alerts import Alert
from aftercare.model.pages import ActPage, AlertPage, TriagePage
from aftercare.model.people import Clinic
from aftercare.model.views import Act, AlertView, Head, Notice, TriageRow, Whose
from aftercare.model.words import Role
from aftercare.services import audit
from aftercare.services import dashboard_alerts as drawn
from aftercare.services import dashboard_views as views
from aftercare.services.dashboard_follow_ups import form_for
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.services.dashboard_log import look_deeper
from aftercare.services.dashboard_rules import unreleased
from aftercare.store import alerts as store
from aftercare.store import call_list, episodes, ledger, patients
from aftercare.store.triage import leads

PAGE = 50
_SNOOZES = (
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(days=1),
    timedelta(days=3),
)
_LEAST_SNOOZE = timedelta(minutes=5)


async def triage(
    database: Database, reader: Reader, *, whose: Whose, offset: int, now: datetime
) -> TriagePage:
    """Patients with unresolved alerts, a row each, the most urgent first; those that wait for nobody behind them."""
    async with database.clinic(reader.actor.clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
        found = await leads(
            db,
            clinic.clinic_id,
            owner=reader.member.staff_id if whose == "mine" else None,
            unowned=whose == "nobody",
            limit=PAGE + 1,
            offset=offset,
        )
        shown = found[:PAGE]
        context = await drawn.gather(db, clinic, reader.member, shown, now=now)
        to_call = await call_list.count_open(db, clinic.clinic_id)
        awaited = 0 if found else await episodes.count_awaited(db, clinic.clinic_id)
        rows = tuple(drawn.row(context, alert, alert.patient_id) for alert in shown)
        top = await _at_home(db, top, clinic, rows)
        in_shadow = await unreleased(db, clinic.clinic_id)
        await audit.record(db, reader.actor, "triage.seen", now=now)
    return TriagePage(
        head=top,
        rows=rows,
        whose=whose,
        in_recovery=awaited,
        to_call=to_call,
        more=f"/?whose={whose}&offset={offset + PAGE}" if len(found) > PAGE else None,
        unreleased=in_shadow,
    )


async def _at_home(db: Connection, top: Head, clinic: Clinic, rows: Iterable[TriageRow]) -> Head:
    """A notice is said in its patient's row; below the head, with the patient's name, once that has left the list."""
    notice = top.notice
    if notice is None or notice.alert_id is None:
        return top
    for row in rows:
        if _is_about(notice, row):
            return _said_at(top, row)
    patient_id = await store.patient_of(db, clinic.clinic_id, notice.alert_id)
    patient = await patients.get(db, clinic.clinic_id, patient_id) if patient_id else None
    if patient is None:
        return msgspec.structs.replace(top, notice=None)
    moved = msgspec.structs.replace(notice, alert_id=None, text=f"{patient.name}: {notice.text}")
    return msgspec.structs.replace(top, notice=moved)


def _is_about(notice: Notice, row: TriageRow) -> bool:
    return notice.alert_id in {one.alert_id for one in (row, *row.also)}


def _said_at(top: Head, row: TriageRow) -> Head:
    """The notice stands at the alert that leads, whichever of the patient's it is about."""
    if top.notice is None or not _is_about(top.notice, row):
        return top
    return msgspec.structs.replace(top, notice=msgspec.structs.replace(top.notice, alert_id=row.alert_id))


async def alert(
    database: Database, reader: Reader, alert_id: UUID, *, back: str | None, now: datetime
) -> AlertPage:
    """One alert in the five-second view. Raises NotFound."""
    top, shown, _ = await _one(database, reader, alert_id, now)
    writes = reader.member.role is not Role.ADMIN
    form = await form_for(database, reader, shown.code) if writes else None
    return AlertPage(head=top, alert=shown, back=back, form=form)


async def act(
    database: Database,
    reader: Reader,
    alert_id: UUID,
    act: Act,
    *,
    back: str,
    now: datetime,
    problem: str | None = None,
    text: str = "",
) -> ActPage:
    """The question of one act. Raises NotFound. `problem` and `text` where it was refused before."""
    top, shown, current = await _one(database, reader, alert_id, now)
    return ActPage(
        head=top,
        alert=shown,
        act=act,
        back=back,
        snooze_choices=_snooze_choices(current, reader, now) if act == "snooze" else (),
        problem=problem,
        text=text,
    )


def _snooze_choices(alert: Alert, reader: Reader, now: datetime) -> tuple[datetime, ...]:
    latest = views.snooze_until(alert, reader.member.staff_id, now)
    if latest is None:
        return ()
    choices = [now + length for length in _SNOOZES if now + length < latest - _LEAST_SNOOZE]
    return (*(one.replace(second=0, microsecond=0) for one in choices), latest)


async def _one(
    database: Database, reader: Reader, alert_id: UUID, now: datetime
) -> tuple[Head, AlertView, Alert]:
    async with database.clinic(reader.actor.clinic_id) as db:
        clinic = await clinic_of(db, reader)
        top = await head(db, reader, clinic, now)
        found = await store.get(db, clinic.clinic_id, alert_id)
        if found is None:
            raise NotFound
        context = await drawn.gather(db, clinic, reader.member, [found], now=now)
        reported = drawn.reported(context, [found], found.patient_id)
        depth = await look_deeper(db, clinic.clinic_id, found.patient_id, context.findings, reported)
        await audit.record(
            db, reader.actor, "alert.seen", now=now, patient_id=found.patient_id, subject_id=alert_id
        )
        await ledger.seen_by(db, clinic.clinic_id, alert_id, reader.member.staff_id, now)
    shown = drawn.view(context, found, found.patient_id, depth)
    return _said_at(top, shown), shown, found
