"""Plainly synthetic recalls and courses, drawn by the pure plan itself."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from aftercare.care.course_plan import course_plan
from aftercare.care.spacing import shipped
from aftercare.model.alerts import CourseBlock
from aftercare.model.care import Course
from aftercare.model.course_pages import (
    ContactLine,
    CourseSettingsForm,
    CourseSettingsPage,
    RecallItem,
    RecallsPage,
    RefusedContact,
)
from aftercare.model.course_plans import (
    ContactKind,
    CoursePlan,
    CourseSettingsDraft,
    EndReason,
    Recall,
    SessionDone,
)
from aftercare.model.pages import Page, PatientPage
from aftercare.model.views import Head, PatientView
from aftercare.model.words import Modality

_NUMBERS = CourseSettingsDraft.__struct_fields__
HELD = CourseBlock(reason="An alert of the last session is not resolved yet.", alert_ids=(UUID(int=5),))


def plan(
    number: int,
    now: datetime,
    days_ago: tuple[int, ...],
    *,
    modality: Modality = Modality.MICRONEEDLING,
    sessions: int = 4,
    block: CourseBlock | None = None,
    ended: bool = False,
    override: str = "",
) -> CoursePlan:
    """A course whose sessions were some days ago."""
    course = Course(
        course_id=UUID(int=700 + number),
        patient_id=UUID(int=number),
        modality=modality,
        planned_sessions=sessions,
        min_days_apart=28,
        created_at=now - timedelta(days=max(days_ago)),
        ended_at=now - timedelta(days=1) if ended else None,
        ended_because=EndReason.COMPLETED if ended else None,
    )
    done = [
        SessionDone(
            session_id=UUID(int=800 + days),
            course_id=course.course_id,
            modality=modality,
            session_at=now - timedelta(days=days),
            override_reason=override if days == min(days_ago) else "",
        )
        for days in days_ago
    ]
    return course_plan(course, done, block=block, time_zone="Europe/Berlin", today=now.date())


def item(who: PatientView, made: CoursePlan, *log: ContactLine) -> RecallItem:
    """A row of the list."""
    assert made.next is not None
    assert made.next.earliest is not None
    done = [one.done_on for one in made.sessions if one.done_on]
    recall = Recall(
        course_id=made.course_id,
        patient_id=who.id,
        name=who.name,
        reference="",
        phone=who.phone or "",
        modality=made.modality,
        sessions_done=len(done),
        planned_sessions=made.planned_sessions,
        last_session_on=done[-1],
        next=made.next,
        listed_on=made.next.earliest,
    )
    return RecallItem(patient=who, recall=recall, log=log)


def pages(head: Head, patient: PatientPage, others: tuple[PatientView, ...]) -> dict[str, Page]:
    """Every page about courses, for a head and over a patient's page."""
    now = head.now.astimezone(UTC)
    rung = ContactLine(at=now - timedelta(hours=3), kind=ContactKind.NO_ANSWER, by="Coordinator Two")
    booked = ContactLine(
        at=now - timedelta(days=6),
        kind=ContactKind.BOOKED,
        day=(now - timedelta(days=1)).date(),
        text="Prefers mornings.",
        by="Coordinator Two",
    )
    items = (
        item(others[0], plan(1, now, (210, 245, 275, 303)), rung, booked),
        item(others[1], plan(2, now, (51,), modality=Modality.LASER_GENESIS), rung),
        item(others[2], plan(3, now, (33, 63), sessions=6, block=HELD)),
    )
    refused = RefusedContact(
        course_id=items[1].recall.course_id,
        problem="Say for which day it is booked, or until when it can wait.",
        kind=ContactKind.BOOKED,
        text="mornings",
    )
    settings = tuple(CourseSettingsForm(modality=one, settings=shipped(one)) for one in Modality)
    wrong = msgspec.structs.replace(
        settings[0],
        typed={**{name: str(getattr(settings[0].settings, name)) for name in _NUMBERS}, "min_days": "27"},
        problems={"": "Nothing was saved yet.", "min_days": "Write a whole number from 28 to 180."},
    )
    courses = (
        plan(
            4, now, (7, 27, 60), sessions=5, block=HELD, override="Half face only, agreed with the patient."
        ),
        plan(5, now, (40,), modality=Modality.LASER_GENESIS),
        plan(
            6,
            now,
            (300, 330, 365, 400, 430, 460, 490, 520, 550, 580),
            modality=Modality.LASER_GENESIS,
            ended=True,
        ),
    )
    return {
        "recalls": RecallsPage(head=head, items=items, more="/recalls?after=2026-03-01"),
        "recalls-refused": RecallsPage(head=head, items=items, refused=refused),
        "recalls-empty": RecallsPage(head=head, items=()),
        "course-settings": CourseSettingsPage(head=head, forms=settings),
        "course-settings-refused": CourseSettingsPage(head=head, forms=(wrong, settings[1])),
        "patient-courses": msgspec.structs.replace(patient, plans=courses),
    }
