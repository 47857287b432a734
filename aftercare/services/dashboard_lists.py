"""The lists of people: every patient by name or number, and whom the coordinator rings today."""

from datetime import UTC, datetime
from uuid import UUID

from aftercare.db.pool import Database
from aftercare.model.care import Episode
from aftercare.model.pages import CallListItem, CallListPage, PatientRow, PatientsPage
from aftercare.model.people import Patient
from aftercare.services import audit
from aftercare.services import dashboard_course as course_of
from aftercare.services import dashboard_views as views
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.store import alerts as alert_store
from aftercare.store import call_list as call_store
from aftercare.store import check_ins, deliveries, episodes
from aftercare.store import patients as store
from aftercare.store.alerts import PatientAlert

PAGE = 50
_END = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))


async def patients(
    database: Database,
    reader: Reader,
    *,
    query: str,
    before: tuple[datetime, UUID] | None,
    now: datetime,
) -> PatientsPage:
    """Patients whose name or number begins with the words of `query`; without any, the newest."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        if query.strip():
            found = await store.search(db, clinic_id, query, PAGE)
        else:
            found = await store.page(db, clinic_id, before or _END, PAGE + 1)
        shown = found[:PAGE]
        ids = [patient.patient_id for patient in shown]
        newest = await episodes.newest_of(db, clinic_id, ids)
        heard = await check_ins.newest_each(db, clinic_id, ids)
        alerts = await alert_store.unresolved_of_several(db, clinic_id, ids)
        await audit.record(db, reader.actor, "patients.listed", now=now)
    urgent: dict[UUID, PatientAlert] = {}
    for alert in sorted(alerts, key=lambda one: one.tier.rank):
        urgent[alert.patient_id] = alert
    last = shown[-1] if len(found) > PAGE else None
    return PatientsPage(
        head=top,
        rows=tuple(_patient_row(one, newest, heard, urgent, now) for one in shown),
        query=query,
        more=f"/patients?before={last.created_at:%Y-%m-%dT%H:%M:%S.%fZ}&beside={last.patient_id}"
        if last
        else None,
    )


def _patient_row(
    patient: Patient,
    newest: dict[UUID, Episode],
    heard: dict[UUID, datetime],
    urgent: dict[UUID, PatientAlert],
    now: datetime,
) -> PatientRow:
    episode, alert = newest.get(patient.patient_id), urgent.get(patient.patient_id)
    return PatientRow(
        patient=views.patient_view(patient),
        session=views.session_view(episode) if episode else None,
        day=course_of.day_now(episode, patient, now) if episode else None,
        last_check_in_at=heard.get(patient.patient_id),
        tier=alert.tier if alert else None,
        alert_id=alert.id if alert else None,
    )


async def call_list(database: Database, reader: Reader, *, now: datetime) -> CallListPage:
    """Who went quiet at low risk, the longest waiting first."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        rows = await call_store.open_items(db, clinic_id)
        ids = list({row.patient_id for row in rows})
        people = await store.several(db, clinic_id, ids)
        courses = await episodes.several(db, clinic_id, list({row.episode_id for row in rows}))
        heard = await check_ins.newest_each(db, clinic_id, ids)
        starts = {episode.patient_id: episode.session_at for episode in courses.values()}
        reminded = await deliveries.reminded(db, clinic_id, starts)
        await audit.record(db, reader.actor, "call_list.seen", now=now)
    return CallListPage(
        head=top,
        items=tuple(
            CallListItem(
                patient=views.patient_view(people[row.patient_id]),
                session=views.session_view(courses[row.episode_id]),
                day=course_of.day_now(courses[row.episode_id], people[row.patient_id], now),
                done=f"/call-list/{row.episode_id}/{row.day}/done",
                missed=row.missed,
                last_check_in_at=heard.get(row.patient_id),
                reminder_sent=all(reminded.get((row.patient_id, day), False) for day in row.missed),
            )
            for row in rows
        ),
    )
