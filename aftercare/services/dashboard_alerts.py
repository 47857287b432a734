"""Alerts as the dashboard shows them: everything that rows need is read at once for all of them, then put together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from aftercare.care.messaging import as_check_in
from aftercare.checks.pack import RulePack
from aftercare.checks.sources import RULE
from aftercare.db.pool import Connection
from aftercare.model.alerts import Alert
from aftercare.model.care import Episode
from aftercare.model.check_ins import Kept
from aftercare.model.findings import Evidence, Finding
from aftercare.model.people import Clinic, Patient, StaffMember
from aftercare.model.recovery import Recovery
from aftercare.model.views import AlertLine, AlertView, FoundView, StaffView, TriageRow
from aftercare.model.words import AlertState, Role
from aftercare.services import dashboard_course as course_of
from aftercare.services import dashboard_views as views
from aftercare.services import judges
from aftercare.services.dashboard_course import Recovered
from aftercare.services.dashboard_log import Depth, log_of, shown_after
from aftercare.store import alerts as store
from aftercare.store import check_ins, episodes, messages, patients, photos, staff
from aftercare.store.alerts import FindingRow, PatientAlert
from aftercare.store.photos import PhotoRow

_CHECK_INS = 120  # of one patient: a whole calendar several times over
_FOUND = 20  # findings of one alert that are shown; the log has all
_MOVING = {AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.ATTEMPTED}


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What rows are drawn from. `unresolved` are those of the same patients, most urgent first."""

    clinic: Clinic
    reader: StaffMember
    now: datetime
    patients: dict[UUID, Patient]
    episodes: dict[UUID, Episode]
    check_ins: dict[UUID, tuple[Kept, ...]]  # by patient
    findings: dict[UUID, list[FindingRow]]  # by alert, in order of time
    spoken: dict[UUID, Kept] = {}  # messages that findings rest on, by id
    staff: dict[UUID, StaffView]
    photos: dict[UUID, PhotoRow]  # the newest of each patient
    unresolved: dict[UUID, tuple[Alert, ...]]  # by patient
    pack: RulePack  # the rules that tell the clinic

    @property
    def sees_photos(self) -> bool:
        """Admins read the alert and not the photo, whose picture nobody would give them either."""
        return self.reader.role is not Role.ADMIN


async def gather(
    db: Connection, clinic: Clinic, reader: StaffMember, found: Sequence[PatientAlert], *, now: datetime
) -> Context:
    """Read what the rows of these alerts need, in a fixed number of statements."""
    clinic_id, whose = clinic.clinic_id, list({alert.patient_id for alert in found})
    people = await patients.several(db, clinic_id, whose)
    courses = await episodes.several(db, clinic_id, list({alert.episode_id for alert in found}))
    starts = {
        one: people[one].created_at - timedelta(days=1)
        for one in whose  # before any session there is only this
    }
    for episode in sorted(courses.values(), key=lambda one: one.session_at, reverse=True):
        starts[episode.patient_id] = episode.session_at - timedelta(days=1)
    said: defaultdict[UUID, list[Kept]] = defaultdict(list)
    unresolved: defaultdict[UUID, list[Alert]] = defaultdict(list)
    for alert in await store.unresolved_of_several(db, clinic_id, whose):
        unresolved[alert.patient_id].append(alert)
    for kept in await check_ins.since_each(db, clinic_id, starts, _CHECK_INS):
        said[kept.patient_id].append(kept)
    findings = await _findings(db, clinic_id, found)
    return Context(
        clinic=clinic,
        reader=reader,
        now=now,
        patients=people,
        episodes=courses,
        check_ins={one: tuple(said[one]) for one in whose},
        findings=findings,
        spoken=await _spoken(db, clinic_id, whose, findings),
        staff=await staff_of(
            db, clinic_id, (*found, *(one for several in unresolved.values() for one in several))
        ),
        photos=await photos.newest_of(db, clinic_id, whose),
        unresolved={one: tuple(sorted(several, key=views.urgency)) for one, several in unresolved.items()},
        pack=await judges.telling(db, clinic_id),
    )


async def around(
    db: Connection, mine: Recovery, reader: StaffMember, found: Sequence[Alert], *, now: datetime
) -> Context:
    """The same for alerts of one patient whose recovery has been read."""
    clinic_id, patient_id = mine.clinic.clinic_id, mine.patient.patient_id
    unresolved = [alert for alert in mine.alerts if alert.unresolved]
    findings = await _findings(db, clinic_id, found)
    return Context(
        clinic=mine.clinic,
        reader=reader,
        now=now,
        patients={patient_id: mine.patient},
        episodes={episode.episode_id: episode for episode in mine.episodes},
        check_ins={patient_id: mine.check_ins},
        findings=findings,
        spoken=await _spoken(db, clinic_id, [patient_id], findings),
        staff=await staff_of(db, clinic_id, (*found, *unresolved)),
        photos=await photos.newest_of(db, clinic_id, [patient_id]),
        unresolved={patient_id: tuple(sorted(unresolved, key=views.urgency))},
        pack=(await judges.judging(db, clinic_id, mine.packs)).pack,
    )


async def staff_of(
    db: Connection, clinic_id: UUID, found: Iterable[Alert], also: Iterable[UUID | None] = ()
) -> dict[UUID, StaffView]:
    """Who has these alerts, and whoever else is asked for."""
    ids = {one for one in (*(alert.owner for alert in found), *also) if one is not None}
    members = await staff.several(db, clinic_id, list(ids)) if ids else {}
    return {member.staff_id: views.staff_view(member) for member in members.values()}


async def _findings(db: Connection, clinic_id: UUID, found: Iterable[Alert]) -> dict[UUID, list[FindingRow]]:
    by_alert: defaultdict[UUID, list[FindingRow]] = defaultdict(list)
    for row in await store.findings_of(db, clinic_id, [alert.id for alert in found]):
        by_alert[row.alert_id].append(row)
    return by_alert


async def _spoken(
    db: Connection, clinic_id: UUID, whose: list[UUID], findings: dict[UUID, list[FindingRow]]
) -> dict[UUID, Kept]:
    """The messages among what findings rest on."""
    asked = {one.check_in_id for found in findings.values() for one in found if one.check_in_id is not None}
    found = await messages.spoken(db, clinic_id, whose, list(asked)) if asked else []
    return {one.message_id: as_check_in(one) for one in found}


def line(context: Context, alert: Alert, patient_id: UUID) -> AlertLine:
    """An alert in one line."""
    others = context.unresolved.get(patient_id, ())
    return AlertLine(
        alert_id=alert.id,
        code=alert.code,
        tier=alert.tier,
        state=alert.state,
        day=alert.day,
        reason=alert.reason,
        raised_at=alert.raised_at,
        deadline=views.deadline(alert),
        snoozed_until=alert.snoozed_until,
        owner=context.staff.get(alert.owner) if alert.owner else None,
        attempts=alert.attempts,
        may=views.may(
            alert, context.reader, another_is_open=_another_is_open(alert, others), now=context.now
        ),
    )


def row(context: Context, alert: Alert, patient_id: UUID) -> TriageRow:
    """An alert as a row of the list, with the patient's others below it."""
    patient, episode = context.patients[patient_id], context.episodes.get(alert.episode_id)
    leads = _leading(alert, context.findings.get(alert.id, []))
    kept = _check_in(context, patient_id, leads)
    course = _course(context, patient, episode) if episode else None
    photo = context.photos.get(patient_id) if context.sees_photos else None
    finding = leads.finding if leads else None
    others = (one for one in context.unresolved.get(patient_id, ()) if one.id != alert.id)
    return TriageRow(
        **msgspec.structs.asdict(line(context, alert, patient_id)),
        also=tuple(line(context, one, patient_id) for one in others),
        patient=views.patient_view(patient),
        session=views.session_view(episode) if episode else None,
        risks=views.risks_view(patient),
        recorded_at=kept.recorded_at if kept else None,
        arrived_at=kept.received_at if kept else None,
        answered_by=kept.answered_by if kept else None,
        lead=_lead(finding),
        axis=course.axis if course else None,
        curve=course_of.series(course, _symptom(course, finding)) if course else None,
        photo=views.photo_view(photo, patient, episode) if photo else None,
    )


def view(context: Context, alert: Alert, patient_id: UUID, depth: Depth) -> AlertView:
    """An alert with everything that stands below its row; `depth` holds what was read for that."""
    found = context.findings.get(alert.id, [])
    patient, episode = context.patients[patient_id], context.episodes.get(alert.episode_id)
    escalates = alert.state in _MOVING and alert.snoozed_until is None
    nearest = depth.nearest.get(alert.id) if context.sees_photos else None
    return AlertView(
        **msgspec.structs.asdict(row(context, alert, patient_id)),
        found=tuple(_found_view(one) for one in _leading_first(alert, found)[:_FOUND]),
        version=alert.version,
        shown=shown_after(depth, found),
        log=log_of(depth, alert, found),
        told=tuple(depth.told.get(alert.id, ())),
        photos=tuple(
            views.photo_view(one, patient, episode) for one in (depth.photos if context.sees_photos else ())
        ),
        nearest=views.photo_view(nearest, patient, episode) if nearest else None,
        reported_at=reported(context, [alert], patient_id)[alert.id],
        holds_course=views.holds_course(alert),
        outcome=alert.outcome,
        resolved_at=alert.resolved_at,
        next_step_at=alert.look_at if escalates else None,
        next_step_to=_next_step(alert, depth) if escalates else "",
    )


def _next_step(alert: Alert, depth: Depth) -> str:
    """Whom the clock goes to next, if nobody is absent then."""
    steps = depth.steps[alert.tier]
    return steps[min(alert.step + 1, len(steps) - 1)]


def reported(context: Context, found: Iterable[Alert], patient_id: UUID) -> dict[UUID, datetime]:
    """When what each alert leads with was reported; of what no check-in said (silence) when it was raised."""
    times = {}
    for alert in found:
        kept = _check_in(context, patient_id, _leading(alert, context.findings.get(alert.id, [])))
        times[alert.id] = kept.judged_at if kept else alert.raised_at
    return times


def _course(context: Context, patient: Patient, episode: Episode) -> Recovered:
    mine = Recovery(
        clinic=context.clinic,
        patient=patient,
        episodes=(episode,),
        check_ins=context.check_ins.get(patient.patient_id, ()),
        alerts=(),
    )
    return course_of.recovered(mine, episode, context.now, context.pack)


def _leading(alert: Alert, found: Iterable[FindingRow]) -> FindingRow | None:
    """The finding whose sentence the alert carries; of several the latest."""
    several = list(found)
    leads = [one for one in several if one.finding.reason == alert.reason and one.finding.day == alert.day]
    return next(reversed(leads or several), None)


def _check_in(context: Context, patient_id: UUID, leads: FindingRow | None) -> Kept | None:
    if leads is None or leads.check_in_id is None:
        return None
    said = context.check_ins.get(patient_id, ())
    kept = next((one for one in said if one.check_in_id == leads.check_in_id), None)
    return kept or context.spoken.get(leads.check_in_id)


def _lead(finding: Finding | None) -> Evidence | None:
    """The line that the sentence rests on: the first that has an earlier value to be read against."""
    if finding is None or not finding.evidence:
        return None
    return next((line for line in finding.evidence if line.before_day is not None), finding.evidence[0])


def _symptom(course: Recovered, finding: Finding | None) -> str:
    """The symptom that carries the finding; a sign carries none, then the one that stands out most."""
    graded = [item for item in (finding.grades if finding else ()) if item in course_of.GRADED]
    return graded[0] if graded else course_of.furthest_above(course)


def _another_is_open(alert: Alert, others: Iterable[Alert]) -> bool:
    return any(
        one.episode_id == alert.episode_id and one.code is alert.code and one.id != alert.id for one in others
    )


def _leading_first(alert: Alert, found: list[FindingRow]) -> list[FindingRow]:
    """What leads first, then what else was found, the latest first."""
    leads = _leading(alert, found)
    return [*([leads] if leads else []), *(one for one in reversed(found) if one is not leads)]


def _found_view(one: FindingRow) -> FoundView:
    finding = one.finding
    rule = next((line for line in finding.evidence if line.item == RULE), Evidence(item=RULE))
    return FoundView(
        at=one.at,
        day=finding.day,
        tier=finding.tier,
        reason=finding.reason,
        row=finding.row,
        fate=one.fate,
        fate_reason=one.fate_reason,
        version=finding.version,
        evidence=tuple(line for line in finding.evidence if line.item != RULE),
        source=rule.text,
        numbers=rule.numbers,
    )
