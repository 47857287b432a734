"""What of a course is done, due, overdue or blocked, and which session may not be recorded yet. Pure: `today` is given.

The next session is due from the course's fewest to its most days after the last one; once all planned sessions are done,
maintenance is, from its fewest to its most calendar months after the last one, again and again. A treatment of another
course keeps its distance as well: the course's own in the same modality, 28 days otherwise.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from aftercare.care.spacing import (
    MIN_DAYS,
    OVERRIDE,
    SessionCountError,
    TooSoonError,
    add_months,
    local_day,
)
from aftercare.errors import Malformed
from aftercare.model.alerts import CourseBlock
from aftercare.model.care import Course, CourseDraft
from aftercare.model.course_plans import (
    CoursePlan,
    CourseSettings,
    PlannedSession,
    PlanStatus,
    SessionDone,
)


def planned_course(
    draft: CourseDraft, settings: CourseSettings, *, course_id: UUID, patient_id: UUID, now: datetime
) -> Course:
    """Return the course that a draft means under a clinic's settings. Raises SessionCountError, Malformed."""
    count = draft.planned_sessions or settings.fewest_sessions
    if not settings.fewest_sessions <= count <= settings.most_sessions:
        raise SessionCountError(
            f"A course has {settings.fewest_sessions} to {settings.most_sessions} sessions here. Plan within that, or "
            "change the course settings.",
            pointers={"/planned_sessions": "outside the clinic's course settings"},
        )
    min_days = draft.min_days_apart or settings.min_days
    if min_days < settings.min_days:
        raise Malformed(
            f"Sessions are at least {settings.min_days} days apart here.",
            pointers={"/min_days_apart": "less than the clinic's course settings"},
        )
    return Course(
        course_id=course_id,
        patient_id=patient_id,
        modality=draft.modality,
        planned_sessions=count,
        min_days_apart=min_days,
        created_at=now,
        max_days_apart=max(min_days, settings.max_days),
        maintenance_from_months=settings.maintenance_from_months,
        maintenance_to_months=settings.maintenance_to_months,
    )


def course_plan(
    course: Course, sessions: Iterable[SessionDone], *, block: CourseBlock | None, time_zone: str, today: date
) -> CoursePlan:
    """Return every session of a course, done and to come, and the first maintenance after them.

    `sessions` are all of the patient's, in any order; `block` is what holds the patient's next session.
    """
    every = list(sessions)
    mine = _of(course, every)
    done = [_done(course, number, one, time_zone) for number, one in enumerate(mine, start=1)]
    plan = CoursePlan(
        course_id=course.course_id,
        modality=course.modality,
        planned_sessions=course.planned_sessions,
        sessions=tuple(done),
        ended_on=local_day(course.ended_at, time_zone) if course.ended_at else None,
        ended_because=course.ended_because,
        replaced_by=_replaced_by(course, mine, every),
    )
    if plan.ended_on or plan.replaced_by:
        return plan
    upcoming = _next(course, mine, every, time_zone, block, today)
    later = _later(course, upcoming, today)
    return msgspec.structs.replace(plan, sessions=(*done, upcoming, *later), next=upcoming)


def check_session(
    course: Course, sessions: Iterable[SessionDone], session_at: datetime, time_zone: str
) -> None:
    """Raise TooSoonError, with `earliest` as a date, if a session then would stand too near to another one.

    One that is recorded late keeps its distance to the session that followed it as well.
    """
    every, day = list(sessions), local_day(session_at, time_zone)
    before = [one for one in every if one.session_at <= session_at]
    mine = _of(course, before)
    bounds = _bounds(course, mine, before, time_zone)
    if bounds and day < max(bounds):
        rule = _rule(course, len(mine))
        raise TooSoonError(f"{rule}: not before {max(bounds)}. {OVERRIDE}", earliest=str(max(bounds)))
    after = sorted((one for one in every if one.session_at > session_at), key=lambda one: one.session_at)
    next_of_mine = next((one for one in after if one.course_id == course.course_id), None)
    for one in after:
        if one.course_id != course.course_id:
            apart = day + timedelta(days=_gap(course, one))
        elif one is next_of_mine:
            apart = _window(course, len(mine) + 1, day)[0]
        else:
            continue
        on = local_day(one.session_at, time_zone)
        if on < apart:
            raise TooSoonError(
                f"A session followed on {on}, which may not be before {apart} then. {OVERRIDE}",
                earliest=str(apart),
            )


def _of(course: Course, sessions: Iterable[SessionDone]) -> list[SessionDone]:
    mine = (one for one in sessions if one.course_id == course.course_id)
    return sorted(mine, key=lambda one: (one.session_at, one.session_id))


def _done(course: Course, number: int, one: SessionDone, time_zone: str) -> PlannedSession:
    return PlannedSession(
        number=number,
        maintenance=number > course.planned_sessions,
        status=PlanStatus.DONE,
        done_on=local_day(one.session_at, time_zone),
        session_id=one.session_id,
        override_reason=one.override_reason,
    )


def _replaced_by(course: Course, mine: Sequence[SessionDone], every: Iterable[SessionDone]) -> UUID | None:
    """The course of the same modality in which the patient was treated since."""
    if not mine:
        return None
    later = [
        one
        for one in every
        if one.modality is course.modality
        and one.course_id != course.course_id
        and one.session_at > mine[-1].session_at
    ]
    return max(later, key=lambda one: one.session_at).course_id if later else None


def _window(course: Course, done: int, last: date) -> tuple[date, date]:
    """From when to when the next session is due, with `done` of them behind and the last on that day."""
    if done < course.planned_sessions:
        first = last + timedelta(days=course.min_days_apart)
        # A course from before there was a most: its fewest days may be more than what it was given then.
        return first, max(first, last + timedelta(days=course.max_days_apart))
    first = add_months(last, course.maintenance_from_months)
    return first, add_months(last, course.maintenance_to_months)


def _gap(course: Course, other: SessionDone) -> int:
    """Days to a treatment of another course."""
    return course.min_days_apart if other.modality is course.modality else MIN_DAYS


def _bounds(
    course: Course, mine: Sequence[SessionDone], before: Iterable[SessionDone], time_zone: str
) -> list[date]:
    """The days before which no session of this course may follow what was done."""
    bounds = [
        local_day(one.session_at, time_zone) + timedelta(days=_gap(course, one))
        for one in before
        if one.course_id != course.course_id
    ]
    if mine:
        bounds.append(_window(course, len(mine), local_day(mine[-1].session_at, time_zone))[0])
    return bounds


def _rule(course: Course, done: int) -> str:
    if done < course.planned_sessions:
        return f"Sessions are at least {course.min_days_apart} days apart"
    months = course.maintenance_from_months
    after = "1 month" if months == 1 else f"{months} months"
    return (
        f"All {course.planned_sessions} sessions of this course are done and maintenance begins after {after}"
    )


def _next(
    course: Course,
    mine: Sequence[SessionDone],
    every: Iterable[SessionDone],
    time_zone: str,
    block: CourseBlock | None,
    today: date,
) -> PlannedSession:
    if mine:
        first, latest = _window(course, len(mine), local_day(mine[-1].session_at, time_zone))
    else:
        first = local_day(course.created_at, time_zone)
        latest = first + timedelta(days=course.max_days_apart)
    earliest = max([first, *_bounds(course, mine, every, time_zone)])
    if today < earliest:
        timing = PlanStatus.TOO_EARLY
    else:
        # By the course's own calendar, also where another treatment has put off the day on which it is possible.
        timing = PlanStatus.DUE if today <= latest else PlanStatus.OVERDUE
    return PlannedSession(
        number=len(mine) + 1,
        maintenance=len(mine) >= course.planned_sessions,
        status=PlanStatus.BLOCKED if block else timing,
        timing=timing,
        earliest=earliest,
        latest=max(earliest, latest),
        overdue_days=(today - latest).days if timing is PlanStatus.OVERDUE else 0,
        block=block,
    )


def _later(course: Course, upcoming: PlannedSession, today: date) -> Iterable[PlannedSession]:
    """What follows if the next one is done in its window, or today where that has passed; up to the first maintenance."""
    step = upcoming
    while not step.maintenance and step.earliest is not None and step.latest is not None:
        earliest, _ = _window(course, step.number, max(step.earliest, today))
        _, latest = _window(course, step.number, max(step.latest, today))
        step = PlannedSession(
            number=step.number + 1,
            maintenance=step.number >= course.planned_sessions,
            status=PlanStatus.TOO_EARLY,
            timing=PlanStatus.TOO_EARLY,
            earliest=earliest,
            latest=latest,
        )
        yield step
