"""A course's plan, by named cases and by what holds of every course."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aftercare.care.course_plan import check_session, course_plan, planned_course
from aftercare.care.spacing import SessionCountError, TooSoonError, local_day
from aftercare.errors import Malformed
from aftercare.model.alerts import CourseBlock
from aftercare.model.care import Course, CourseDraft
from aftercare.model.course_plans import (
    CoursePlan,
    CourseSettings,
    EndReason,
    PlannedSession,
    PlanStatus,
    SessionDone,
)
from aftercare.model.words import Modality

PATIENT = UUID(int=1)
BEGAN = datetime(2026, 1, 5, 10, tzinfo=UTC)
NEEDLING, LASER = Modality.MICRONEEDLING, Modality.LASER_GENESIS
ZONES = ("Europe/London", "Pacific/Auckland", "America/Los_Angeles", "Pacific/Apia", "Asia/Kathmandu")


def course_of(modality: Modality = NEEDLING, number: int = 1, **more: Any) -> Course:
    made = Course(
        course_id=UUID(int=number),
        patient_id=PATIENT,
        modality=modality,
        planned_sessions=4,
        min_days_apart=28,
        created_at=BEGAN,
    )
    return msgspec.structs.replace(made, **more)


def done(at: datetime, course: Course | None = None, reason: str = "") -> SessionDone:
    course = course or course_of()
    return SessionDone(
        session_id=uuid4(),
        course_id=course.course_id,
        modality=course.modality,
        session_at=at,
        override_reason=reason,
    )


def plan(
    *sessions: SessionDone,
    today: date,
    course: Course | None = None,
    block: CourseBlock | None = None,
    zone: str = "Europe/London",
) -> CoursePlan:
    return course_plan(course or course_of(), sessions, block=block, time_zone=zone, today=today)


def next_of(made: CoursePlan) -> PlannedSession:
    assert made.next is not None
    return made.next


@pytest.mark.parametrize(
    ("days", "status", "overdue"),
    [
        (0, PlanStatus.TOO_EARLY, 0),
        (27, PlanStatus.TOO_EARLY, 0),
        (28, PlanStatus.DUE, 0),
        (42, PlanStatus.DUE, 0),
        (43, PlanStatus.OVERDUE, 1),
        (100, PlanStatus.OVERDUE, 58),
    ],
)
def test_the_next_session_is_too_early_then_due_then_overdue(
    days: int, status: PlanStatus, overdue: int
) -> None:
    upcoming = next_of(plan(done(BEGAN), today=BEGAN.date() + timedelta(days=days)))
    assert (upcoming.number, upcoming.status, upcoming.overdue_days) == (2, status, overdue)
    assert (upcoming.earliest, upcoming.latest) == (date(2026, 2, 2), date(2026, 2, 16))


def test_what_is_done_stands_first_and_what_follows_is_projected_up_to_the_first_maintenance() -> None:
    first = done(BEGAN)
    made = plan(first, today=date(2026, 2, 3))
    assert [one.number for one in made.sessions] == [1, 2, 3, 4, 5]
    assert [one.maintenance for one in made.sessions] == [False] * 4 + [True]
    assert (made.sessions[0].done_on, made.sessions[0].session_id) == (BEGAN.date(), first.session_id)
    assert (made.course_id, made.modality, made.planned_sessions) == (UUID(int=1), NEEDLING, 4)
    third = made.sessions[2]
    assert {(one.status, one.timing) for one in made.sessions[2:]} == {
        (PlanStatus.TOO_EARLY, PlanStatus.TOO_EARLY)
    }
    # The second may be today at the earliest, so the third is 28 days from today.
    assert (third.earliest, third.latest) == (date(2026, 3, 3), date(2026, 3, 30))


def test_the_projection_of_an_overdue_course_begins_today() -> None:
    made = plan(done(BEGAN), today=date(2026, 5, 1))
    assert (made.sessions[2].earliest, made.sessions[2].latest) == (date(2026, 5, 29), date(2026, 6, 12))


def test_a_block_says_why_and_keeps_what_the_calendar_says() -> None:
    block = CourseBlock(reason="An alert of the last session is not resolved yet.", alert_ids=(uuid4(),))
    upcoming = next_of(plan(done(BEGAN), today=date(2026, 3, 1), block=block))
    assert (upcoming.status, upcoming.timing, upcoming.block) == (
        PlanStatus.BLOCKED,
        PlanStatus.OVERDUE,
        block,
    )


def test_after_the_last_session_maintenance_comes_in_calendar_months_and_comes_again() -> None:
    last = datetime(2026, 8, 31, 9, tzinfo=UTC)
    had = [done(last - timedelta(days=28 * place)) for place in range(4)]
    upcoming = next_of(plan(*had, today=date(2027, 2, 28)))
    assert (upcoming.number, upcoming.maintenance, upcoming.status) == (5, True, PlanStatus.DUE)
    assert (upcoming.earliest, upcoming.latest) == (date(2027, 2, 28), date(2027, 8, 31))
    again = plan(*had, done(datetime(2027, 3, 31, 9, tzinfo=UTC)), today=date(2027, 4, 1))
    assert again.sessions[4].maintenance
    assert next_of(again).earliest == date(2027, 9, 30)
    assert next_of(again).maintenance


def test_a_course_that_was_not_begun_is_due_from_the_day_on_which_it_was_planned() -> None:
    upcoming = next_of(plan(today=date(2026, 3, 1)))
    assert (upcoming.number, upcoming.earliest, upcoming.status) == (1, BEGAN.date(), PlanStatus.OVERDUE)
    assert (upcoming.latest, upcoming.overdue_days) == (date(2026, 2, 16), 13)


def test_the_day_on_which_a_course_was_planned_is_the_patients() -> None:
    late = course_of(created_at=datetime(2026, 1, 5, 23, tzinfo=UTC))
    for zone, day in (("Europe/London", 5), ("Pacific/Auckland", 6)):
        assert next_of(plan(course=late, today=date(2026, 1, 6), zone=zone)).earliest == date(2026, 1, day)


def test_an_override_stays_in_the_plan_and_the_next_session_counts_from_it() -> None:
    early = done(BEGAN + timedelta(days=20), reason="Half face only.")
    made = plan(done(BEGAN), early, today=date(2026, 2, 1))
    assert made.sessions[1].override_reason == "Half face only."
    assert next_of(made).earliest == date(2026, 2, 22)


def test_an_ended_course_asks_for_nothing_more() -> None:
    ended = course_of(ended_at=BEGAN + timedelta(days=60), ended_because=EndReason.MOVED_AWAY)
    made = plan(done(BEGAN), course=ended, today=date(2026, 12, 1))
    assert (made.next, made.ended_because, made.ended_on) == (None, EndReason.MOVED_AWAY, date(2026, 3, 6))
    assert [one.status for one in made.sessions] == [PlanStatus.DONE]


def test_a_course_whose_place_another_one_has_taken_asks_for_nothing_more() -> None:
    newer = course_of(number=2)
    had = [done(BEGAN), done(BEGAN + timedelta(days=90), newer)]
    old = plan(*had, today=date(2026, 8, 1))
    assert (old.next, old.replaced_by) == (None, newer.course_id)
    assert next_of(plan(*had, course=newer, today=date(2026, 8, 1))).status is PlanStatus.OVERDUE
    # Treated in both at one instant, neither has taken the other's place: one of them must go on.
    both = [done(BEGAN), done(BEGAN, newer)]
    for course in (course_of(), newer):
        assert next_of(plan(*both, course=course, today=date(2026, 8, 1))).number == 2


def test_a_course_of_the_other_modality_goes_on_but_keeps_four_weeks_to_it() -> None:
    laser = course_of(LASER, 2, min_days_apart=35)
    had = [done(BEGAN), done(BEGAN + timedelta(days=20), laser)]
    needling = next_of(plan(*had, today=date(2026, 2, 10)))
    assert (needling.earliest, needling.latest) == (date(2026, 2, 22), date(2026, 2, 22))
    assert next_of(plan(*had, course=laser, today=date(2026, 2, 10))).earliest == date(2026, 3, 1)
    # Its own window was over on the 16th: the other treatment puts off the day, not what is overdue.
    on_the_21st, on_the_22nd = (next_of(plan(*had, today=date(2026, 2, day))) for day in (21, 22))
    assert (on_the_21st.status, on_the_21st.overdue_days) == (PlanStatus.TOO_EARLY, 0)
    assert (on_the_22nd.status, on_the_22nd.overdue_days) == (PlanStatus.OVERDUE, 6)


@pytest.mark.parametrize(
    ("beside", "apart"), [(LASER, 35), (NEEDLING, 28)], ids=["another course of it", "the other treatment"]
)
def test_a_session_keeps_its_distance_to_one_of_another_course_before_and_after_it(
    beside: Modality, apart: int
) -> None:
    laser, other = course_of(LASER, 2, min_days_apart=35), course_of(beside, 3)
    before, after = done(BEGAN, other), done(BEGAN + timedelta(days=100), other)
    last_good = 100 - apart
    for days in (apart, last_good):
        check_session(laser, [before, after], BEGAN + timedelta(days=days), "Europe/London")
    with pytest.raises(TooSoonError, match="not before"):
        check_session(laser, [before, after], BEGAN + timedelta(days=apart - 1), "Europe/London")
    with pytest.raises(TooSoonError, match="A session followed"):
        check_session(laser, [before, after], BEGAN + timedelta(days=last_good + 1), "Europe/London")


def test_a_course_from_before_there_was_a_most_is_due_for_a_day_at_least() -> None:
    upcoming = next_of(plan(done(BEGAN), course=course_of(min_days_apart=60), today=date(2026, 3, 6)))
    assert upcoming.earliest == upcoming.latest == date(2026, 3, 6)


def test_a_day_is_the_patients_own_across_a_change_of_the_clocks() -> None:
    # 23:30 in London in winter; four weeks later the clocks are an hour ahead.
    late = done(datetime(2026, 3, 3, 23, 30, tzinfo=UTC))
    assert next_of(plan(late, today=date(2026, 3, 4))).earliest == date(2026, 3, 31)
    assert next_of(plan(late, today=date(2026, 3, 4), zone="Europe/Berlin")).earliest == date(2026, 4, 1)
    check_session(
        course_of(), [late], datetime(2026, 3, 30, 23, 30, tzinfo=UTC), "Europe/London"
    )  # the 31st there
    with pytest.raises(TooSoonError):
        check_session(course_of(), [late], datetime(2026, 3, 30, 22, 30, tzinfo=UTC), "Europe/London")


@pytest.mark.parametrize(
    ("had", "at", "sentence"),
    [
        ([0], 27, "Sessions are at least 28 days apart: not before 2026-02-02. A practitioner can override"),
        (
            [0, 28, 56, 84],
            140,
            "All 4 sessions of this course are done and maintenance begins after 6 months: not before 2026-09-30",
        ),
        (
            [30],
            10,
            "A session followed on 2026-02-04, which may not be before 2026-02-12 then. A practitioner",
        ),
        # Entered late, it makes the last one the fifth of four: maintenance.
        (
            [0, 28, 56, 120],
            84,
            "A session followed on 2026-05-05, which may not be before 2026-09-30 then. A practitioner can override",
        ),
    ],
)
def test_a_refusal_says_what_until_when_and_how_to_override(had: list[int], at: int, sentence: str) -> None:
    sessions = [done(BEGAN + timedelta(days=days)) for days in had]
    with pytest.raises(TooSoonError, match=sentence):
        check_session(course_of(), sessions, BEGAN + timedelta(days=at), "Europe/London")


@pytest.mark.parametrize(("months", "after"), [(1, "1 month:"), (2, "2 months:")])
def test_maintenance_is_told_in_months_as_they_are_said(months: int, after: str) -> None:
    course = course_of(planned_sessions=1, maintenance_from_months=months)
    with pytest.raises(TooSoonError, match=f"maintenance begins after {after}"):
        check_session(course, [done(BEGAN)], BEGAN + timedelta(days=1), "Europe/London")


def refused(had: list[int], at: int) -> str | None:
    """The day that a session is told to wait for, on a day after the first; None where it may be recorded."""
    sessions = [done(BEGAN + timedelta(days=days)) for days in had]
    try:
        check_session(course_of(), sessions, BEGAN + timedelta(days=at), "Europe/London")
    except TooSoonError as error:
        return str(error.extra["earliest"])
    return None


def test_one_that_is_recorded_late_is_held_to_what_came_next_in_whatever_order_it_was_recorded() -> None:
    for had in ([0, 100, 45], [0, 45, 100], [100, 45, 0]):
        assert refused(had, 30) == "2026-03-04"  # four weeks before the one of day 45
    assert refused([0, 100, 70], 42) is None
    assert refused([0, 28, 84], 56) is None  # the third of four: the fourth need not wait for maintenance


def test_a_session_at_the_very_instant_of_another_is_refused() -> None:
    assert refused([0], 0) == "2026-02-02"


def test_a_draft_takes_the_clinics_numbers_and_is_held_to_them() -> None:
    numbers = CourseSettings(
        modality=NEEDLING, min_days=35, max_days=60, fewest_sessions=5, most_sessions=6,
        maintenance_from_months=4, maintenance_to_months=9,
    )  # fmt: skip

    def made(**said: Any) -> Course:
        draft = CourseDraft(modality=NEEDLING, **said)
        return planned_course(draft, numbers, course_id=UUID(int=1), patient_id=PATIENT, now=BEGAN)

    assert made() == Course(
        course_id=UUID(int=1),
        patient_id=PATIENT,
        modality=NEEDLING,
        planned_sessions=5,
        min_days_apart=35,
        max_days_apart=60,
        maintenance_from_months=4,
        maintenance_to_months=9,
        created_at=BEGAN,
    )
    assert made(min_days_apart=70).max_days_apart == 70
    assert [made(planned_sessions=count).planned_sessions for count in (5, 6)] == [5, 6]
    for count in (4, 7):
        with pytest.raises(SessionCountError) as not_a_course:
            made(planned_sessions=count)
        assert str(not_a_course.value) == (
            "A course has 5 to 6 sessions here. Plan within that, or change the course settings."
        )
        assert not_a_course.value.pointers == {"/planned_sessions": "outside the clinic's course settings"}
    with pytest.raises(Malformed, match="Sessions are at least 35 days apart here") as too_near:
        made(min_days_apart=28)
    assert too_near.value.pointers == {"/min_days_apart": "less than the clinic's course settings"}


# What holds of every course

instants = st.integers(0, 10 * 366 * 24 * 60).map(
    lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Course, Course, list[SessionDone]]:
    """A course, one beside it, and sessions of both in any order."""
    numbers = {
        "planned_sessions": draw(st.integers(1, 6)),
        "min_days_apart": (fewest := draw(st.integers(28, 60))),
        "max_days_apart": draw(st.integers(fewest, 90)),
        "maintenance_from_months": (first := draw(st.integers(1, 12))),
        "maintenance_to_months": draw(st.integers(first, 18)),
    }
    mine = course_of(draw(st.sampled_from(Modality)), 1, **numbers)
    other = course_of(draw(st.sampled_from(Modality)), 2)
    sessions = draw(
        st.lists(
            st.builds(done, instants, st.sampled_from([mine, other])),
            max_size=9,
            unique_by=lambda one: one.session_at,
        )
    )
    return mine, other, sessions


days = st.dates(date(2020, 1, 1), date(2032, 1, 1))


@given(histories(), days, st.sampled_from(ZONES), st.randoms(use_true_random=False))
def test_the_order_in_which_sessions_were_recorded_does_not_matter(
    history: tuple[Course, Course, list[SessionDone]], today: date, zone: str, chance: Any
) -> None:
    mine, _, sessions = history
    first = plan(*sessions, course=mine, today=today, zone=zone)
    shuffled = list(sessions)
    chance.shuffle(shuffled)
    assert plan(*shuffled, course=mine, today=today, zone=zone) == first


@given(histories(), days, st.sampled_from(ZONES))
def test_every_plan_is_in_order_whole_and_ends_with_maintenance(
    history: tuple[Course, Course, list[SessionDone]], today: date, zone: str
) -> None:
    mine, _, sessions = history
    made = plan(*sessions, course=mine, today=today, zone=zone)
    had = [one for one in sessions if one.course_id == mine.course_id]
    assert [one.number for one in made.sessions] == list(range(1, len(made.sessions) + 1))
    assert sum(one.status is PlanStatus.DONE for one in made.sessions) == len(had)
    assert all(one.maintenance == (one.number > mine.planned_sessions) for one in made.sessions)
    if made.next is None:
        assert made.replaced_by is not None
        return
    ahead = made.sessions[len(had) :]
    assert ahead[0] == made.next
    assert ahead[-1].maintenance
    assert sum(one.maintenance for one in ahead) == 1
    for one in ahead:
        assert one.earliest is not None
        assert one.latest is not None
        assert one.earliest <= one.latest
    for one, following in pairwise(ahead):
        assert one.earliest is not None
        assert following.earliest is not None
        assert (following.earliest - one.earliest).days >= 28


@given(histories(), instants, st.sampled_from(ZONES))
def test_a_session_on_the_day_that_the_plan_names_is_recorded_and_on_the_day_before_refused(
    history: tuple[Course, Course, list[SessionDone]], now: datetime, zone: str
) -> None:
    mine, _, sessions = history
    upcoming = plan(*sessions, course=mine, today=local_day(now, zone), zone=zone).next
    newest = max((one.session_at for one in sessions), default=None)
    assume(upcoming is not None and newest is not None)
    assert upcoming is not None
    assert upcoming.earliest is not None
    assert newest is not None
    had_any = any(one.course_id == mine.course_id for one in sessions)
    noon = datetime.combine(upcoming.earliest, datetime.min.time(), UTC) + timedelta(hours=12)
    at = next(
        moment
        for hours in range(-26, 27)
        if local_day(moment := noon + timedelta(hours=hours), zone) == upcoming.earliest
    )
    assume(at > newest)
    check_session(mine, sessions, at, zone)
    before = at - timedelta(days=1)
    if had_any and before > newest:
        with pytest.raises(TooSoonError) as refused:
            check_session(mine, sessions, before, zone)
        assert refused.value.extra["earliest"] == str(upcoming.earliest)


@given(histories(), days, st.integers(0, 400))
def test_waiting_never_makes_a_session_less_due(
    history: tuple[Course, Course, list[SessionDone]], today: date, later: int
) -> None:
    mine, _, sessions = history
    order = [PlanStatus.TOO_EARLY, PlanStatus.DUE, PlanStatus.OVERDUE]
    now = plan(*sessions, course=mine, today=today).next
    then = plan(*sessions, course=mine, today=today + timedelta(days=later)).next
    assert (now is None) == (then is None)
    if now is not None and then is not None:
        assert (now.earliest, now.latest) == (then.earliest, then.latest)
        assert order.index(now.status) <= order.index(then.status)
