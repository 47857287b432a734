"""A patient's page: one recovery on one axis, with its alerts, what was done and what was written; and one photo large."""

from datetime import UTC, datetime
from uuid import UUID

from aftercare.alerts.course import course_block
from aftercare.db.pool import Connection, Database
from aftercare.errors import NotFound
from aftercare.model.alerts import Alert
from aftercare.model.care import Episode
from aftercare.model.charts import AlertPin
from aftercare.model.pages import InvitationPage, PatientPage, PhotoPage
from aftercare.model.recovery import Recovery
from aftercare.model.views import FollowUpItem, PhotoView, SessionView
from aftercare.services import audit, dashboard_recalls, enrolments, recovery
from aftercare.services import dashboard_alerts as drawn
from aftercare.services import dashboard_course as course_of
from aftercare.services import dashboard_views as views
from aftercare.services.dashboard_candidacy import candidacy_of
from aftercare.services.dashboard_course import Recovered
from aftercare.services.dashboard_head import Reader, clinic_of, head
from aftercare.services.dashboard_log import done, look_deeper
from aftercare.services.dashboard_messages import newest_written
from aftercare.store import (
    consents,
    courses,
    episodes,
    follow_ups,
    instructions,
    patients,
    photos,
    sessions,
    staff,
)

_ALERTS, _LOG, _PHOTOS = 30, 60, 60
_END = datetime.max.replace(tzinfo=UTC)


async def patient(
    database: Database, reader: Reader, patient_id: UUID, *, back: str = "/patients", now: datetime
) -> PatientPage:
    """One recovery: the newest session's, with everything unresolved. Raises NotFound. `back`: whence one came."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        mine = await recovery.read(db, clinic_id, patient_id, now=now)
        shown = _most_urgent(mine.alerts)
        context = await drawn.around(db, mine, reader.member, shown, now=now)
        reported = drawn.reported(context, shown, patient_id)
        depth = await look_deeper(db, clinic_id, patient_id, context.findings, reported)
        session = await _session(db, clinic_id, mine)
        taken = await photos.of_patient(db, clinic_id, patient_id, _PHOTOS)
        log = await _log(db, clinic_id, mine)
        candidacy = await candidacy_of(
            db, clinic_id, patient_id, mine.newest.modality if mine.newest else None
        )
        plans = await dashboard_recalls.plans(db, clinic_id, mine, now)
        told = await instructions.newest(db, clinic_id, patient_id)
        agreed = await consents.newest(db, clinic_id, patient_id)
        written = await newest_written(db, clinic_id, mine, now=now)
        await audit.record(db, reader.actor, "patient.seen", now=now, patient_id=patient_id)
    course = course_of.recovered(mine, mine.newest, now, context.pack) if mine.newest else None
    alerts = tuple(drawn.view(context, alert, patient_id, depth) for alert in shown)
    block = course_block(mine.alerts)
    pictures = [views.photo_view(row, mine.patient, mine.newest) for row in reversed(taken)]
    return PatientPage(
        head=top,
        patient=views.patient_view(mine.patient),
        risks=views.risks_view(mine.patient),
        session=session,
        day=course_of.day_now(mine.newest, mine.patient, now) if mine.newest else None,
        owner=next((one.owner for one in alerts if one.resolved_at is None and one.owner), None),
        axis=course.axis if course else None,
        series=course_of.every_series(course) if course else (),
        signs=course_of.signs(course) if course else (),
        pins=_pins(mine, course),
        photos=_since(pictures, mine.newest),
        alerts=alerts,
        log=log,
        back=back,
        messages=written,
        invite=f"/patients/{patient_id}/invitations",
        last_check_in_at=max((kept.judged_at for kept in mine.check_ins), default=None),
        next_due_at=course.next_due_at if course else None,
        course_held=block.reason if block else None,
        told=told,
        agreed=tuple(agreed.values()),
        candidacy=candidacy,
        plans=plans,
    )


def _most_urgent(alerts: tuple[Alert, ...]) -> list[Alert]:
    """Unresolved first, ordered as in the list; then the newest resolved."""
    unresolved = [alert for alert in alerts if alert.unresolved]
    resolved = [alert for alert in alerts if not alert.unresolved]
    unresolved.sort(key=views.urgency)
    resolved.sort(key=lambda alert: alert.resolved_at or _END, reverse=True)
    return [*unresolved, *resolved][:_ALERTS]


async def _session(db: Connection, clinic_id: UUID, mine: Recovery) -> SessionView | None:
    if mine.newest is None:
        return None
    done_before = await sessions.of_patient(db, clinic_id, mine.patient.patient_id)
    newest = next(one for one in done_before if one.session_id == mine.newest.session_id)
    course = await courses.get(db, clinic_id, mine.patient.patient_id, newest.course_id)
    by = await staff.get(db, clinic_id, newest.performed_by)
    return views.whole_session_view(newest, course, done_before, by)


async def _log(db: Connection, clinic_id: UUID, mine: Recovery) -> tuple[FollowUpItem, ...]:
    """What staff did for the patient, the newest first."""
    rows = await follow_ups.of_patient(db, clinic_id, mine.patient.patient_id, _LOG)
    by = await drawn.staff_of(
        db, clinic_id, (), also=(who for one in rows for who in (one.staff_id, one.done_by))
    )
    alerts = {alert.id: alert for alert in mine.alerts}
    return tuple(done(by, one, alerts.get(one.alert_id)) for one in rows)


def _pins(mine: Recovery, course: Recovered | None) -> tuple[AlertPin, ...]:
    """Alerts on the newest session's axis; those of an older one stand where they were raised."""
    if course is None:
        return ()
    placed = (
        (alert, alert.day)
        if alert.episode_id == course.episode.episode_id
        else (alert, course_of.day_now(course.episode, mine.patient, alert.raised_at))
        for alert in mine.alerts
    )
    return tuple(
        AlertPin(alert_id=alert.id, tier=alert.tier, code=alert.code, day=day, resolved=not alert.unresolved)
        for alert, day in placed
        if day >= 0
    )


def _since(pictures: list[PhotoView], newest: Episode | None) -> tuple[PhotoView, ...]:
    """Photos of this recovery; those of older ones are a step back from the first of them."""
    return tuple(one for one in pictures if newest is None or one.day >= 0)


async def photo(
    database: Database, reader: Reader, patient_id: UUID, photo_id: UUID, *, now: datetime
) -> PhotoPage:
    """One photo, with its neighbours in time. Raises NotFound. The picture itself is on record when it is fetched."""
    clinic_id = reader.actor.clinic_id
    async with database.clinic(clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        who = await patients.get(db, clinic_id, patient_id)
        row = await photos.get(db, clinic_id, patient_id, photo_id)
        if who is None or row is None:
            raise NotFound
        older, newer = await photos.neighbours(db, clinic_id, row)
        every = await episodes.of_patient(db, clinic_id, patient_id)
        await audit.record(
            db, reader.actor, "photo.opened", now=now, patient_id=patient_id, subject_id=photo_id
        )
    episode = next((one for one in every if one.session_at <= row.taken_at), None)
    return PhotoPage(
        head=top,
        patient=views.patient_view(who),
        photo=views.photo_view(row, who, episode),
        session=views.session_view(episode) if episode else None,
        older=f"/patients/{patient_id}/photos/{older}" if older else None,
        newer=f"/patients/{patient_id}/photos/{newer}" if newer else None,
    )


async def invitation(
    database: Database,
    reader: Reader,
    patient_id: UUID,
    *,
    server: str,
    recorded: bool = False,
    now: datetime,
) -> InvitationPage:
    """A new enrolment code, shown this once; `recorded` when it follows a session. Raises NotFound."""
    made = await enrolments.invite(database, reader.actor, patient_id, server=server, now=now)
    async with database.clinic(reader.actor.clinic_id) as db:
        top = await head(db, reader, await clinic_of(db, reader), now)
        who = await patients.get(db, reader.actor.clinic_id, patient_id)
        if who is None:
            raise NotFound
    return InvitationPage(
        head=top,
        patient=views.patient_view(who),
        code=made.code,
        address=made.address,
        expires_at=made.expires_at,
        recorded=recorded,
    )
