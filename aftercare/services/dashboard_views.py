"""Patients, sessions, photos and staff as the dashboard's pages show them. Pure."""

import re
from datetime import UTC, datetime
from uuid import UUID

from aftercare.alerts import acts
from aftercare.alerts.course import course_block
from aftercare.model.alerts import Alert
from aftercare.model.care import Course, Episode, Session
from aftercare.model.people import ASKED_AND_NONE, Patient, StaffMember
from aftercare.model.views import Act, PatientView, PhotoView, RisksView, SessionView, StaffView
from aftercare.model.words import AlertState, Role, Tier
from aftercare.services import photos
from aftercare.services.dashboard_course import day_now
from aftercare.store.photos import PhotoRow

_SEPARATORS = re.compile(r"[\n,;]+")
_END = datetime.max.replace(tzinfo=UTC)
_RUNNING = {AlertState.ACKNOWLEDGED, AlertState.ATTEMPTED}


def staff_view(member: StaffMember) -> StaffView:
    """A staff member as colleagues see them."""
    return StaffView(id=member.staff_id, name=member.name, role=member.role)


def patient_view(patient: Patient) -> PatientView:
    """Name and second identifier: the clinic's number, else the date of birth, else the end of our own id."""
    born = patient.birth_date
    identifier = patient.reference or (f"born {born:%d.%m.%Y}" if born else f"…{patient.patient_id.hex[-6:]}")
    return PatientView(
        id=patient.patient_id,
        name=patient.name,
        identifier=identifier,
        born=born,
        phone=patient.phone or None,
    )


def risks_view(patient: Patient) -> RisksView:
    """What changes a judgement; an empty field is not known, which is never "none"."""
    return RisksView(
        known=patient.risks,
        allergies=_listed(patient.allergies),
        medicines=_listed(patient.medicines),
        prophylaxis=patient.prophylaxis,
    )


def _listed(text: str) -> tuple[str, ...] | None:
    parts = tuple(part.strip() for part in _SEPARATORS.split(text) if part.strip())
    if len(parts) == 1 and parts[0].casefold().rstrip(".") in ASKED_AND_NONE:
        return ()
    return parts or None


def session_view(episode: Episode) -> SessionView:
    """The session that opened an episode, as far as its recovery is read by it."""
    return SessionView(
        id=episode.session_id,
        modality=episode.modality,
        at=episode.session_at,
        needle_depth_mm=episode.needle_depth_mm,
    )


def whole_session_view(
    session: Session, course: Course | None, done: list[Session], by: StaffMember | None
) -> SessionView:
    """The same with its place in its course; `done` are all sessions of the patient."""
    earlier = [
        one for one in done if one.course_id == session.course_id and one.session_at <= session.session_at
    ]
    return SessionView(
        id=session.session_id,
        modality=session.modality,
        at=session.session_at,
        number=len(earlier),
        planned=course.planned_sessions if course else None,
        needle_depth_mm=session.needle_depth_mm,
        areas=session.areas,
        by=by.name if by else None,
    )


def photo_view(row: PhotoRow, patient: Patient, episode: Episode | None) -> PhotoView:
    """A photo with the paths that staff see it at; its day counts from the episode's session."""
    described = photos.described(row, staff=True)
    return PhotoView(
        id=row.photo_id,
        view=row.view,
        taken_at=row.taken_at,
        day=day_now(episode, patient, row.taken_at) if episode else 0,
        thumbnail=described.thumbnail,
        display=described.display,
        page=f"/patients/{row.patient_id}/photos/{row.photo_id}",
    )


def deadline(alert: Alert) -> datetime | None:
    """The running clock: until when to take it, then until when to reach the patient; None when no clock runs."""
    if alert.state is AlertState.OPEN:
        return alert.acknowledge_by
    return alert.contact_by if alert.state in _RUNNING else None


def urgency(alert: Alert) -> tuple[bool, int, datetime, UUID]:
    """How a patient's unresolved alerts are ordered: as `sql/queries/triage.sql` orders the rows they lead."""
    time = alert.acknowledge_by if alert.state is AlertState.OPEN else alert.contact_by
    in_hand = alert.state is AlertState.CONTACTED or alert.snoozed_until is not None
    return in_hand, -alert.tier.rank, time or _END, alert.id


def may(alert: Alert, reader: StaffMember, *, another_is_open: bool, now: datetime) -> frozenset[Act]:
    """What this reader can do to the alert now: what `alerts.acts` would not refuse and that changes something.

    `another_is_open`: the episode has an unresolved alert of the same code beside this resolved one.
    """
    if reader.role is Role.ADMIN:
        return frozenset()
    practitioner = reader.role is Role.PRACTITIONER
    judges = practitioner or alert.tier.rank < Tier.SAME_DAY.rank
    allowed: dict[Act, bool] = {"note": True}
    if alert.unresolved:
        allowed |= {
            "acknowledge": alert.state is AlertState.OPEN,
            "take_over": alert.state is not AlertState.OPEN and alert.owner != reader.staff_id,
            "attempt": True,
            "contact": True,
            "snooze": snooze_until(alert, reader.staff_id, now) is not None,
            "resolve": judges,
        }
    else:
        allowed |= {
            "reopen": judges and not another_is_open,
            "end_condition": practitioner and holds_course(alert),
        }
    return frozenset(act for act, can in allowed.items() if can)


def holds_course(alert: Alert) -> bool:
    """Whether the next session waits for a practitioner's word on this alert's sign or condition."""
    if alert.unresolved:
        return alert.holds_course
    return course_block((alert,)) is not None


def snooze_until(alert: Alert, reader: UUID, now: datetime) -> datetime | None:
    """The latest instant to which this reader may snooze an alert; None where they may not."""
    somebody_elses = alert.state is not AlertState.OPEN and alert.owner != reader
    if not alert.unresolved or alert.tier is Tier.EMERGENCY or somebody_elses:
        return None
    if alert.tier is not Tier.SAME_DAY:
        return now + acts.LONGEST_SNOOZE
    time = alert.acknowledge_by if alert.state is AlertState.OPEN else alert.contact_by
    return time if time is not None and time > now else None
