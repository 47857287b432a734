"""Which views are asked for: before a session, on days after it, and never what is there already."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.care.calendar import DAYS
from aftercare.care.views import AHEAD, TakenOn, guide, looked_back, nothing_asked, plan
from aftercare.model.course_plans import NextSession
from aftercare.model.photo_views import PhotoGuide, PhotosAsked, ViewAsked
from aftercare.model.words import Modality, View

SESSION = date(2026, 3, 2)
FACE = (View.FRONT, View.LEFT_45, View.RIGHT_45)
LANGUAGES = {"en", "es", "pt"}


def asked(
    day: int,
    *taken: tuple[View, int],
    modality: Modality = Modality.MICRONEEDLING,
    next_in: tuple[int, int] | None = None,
) -> PhotoGuide:
    """The guide on a day after the session, with photos of days after it."""
    goes_on = next_in and NextSession(earliest=on(next_in[0]), latest=on(next_in[1]))
    return guide(
        modality,
        today=on(day),
        session_on=SESSION,
        next_session=goes_on or None,
        taken=[TakenOn(view, on(when)) for view, when in taken],
        baselines={},
    )


def on(day: int) -> date:
    return SESSION + timedelta(days=day)


@pytest.mark.parametrize("modality", Modality)
def test_photos_are_asked_for_on_days_of_the_check_in_calendar(modality: Modality) -> None:
    assert set(plan().modalities[modality].days) <= set(DAYS[modality])


@pytest.mark.parametrize(
    ("day", "taken", "missing"),
    [
        (0, [], ()),
        (1, [], FACE),
        (1, [(View.FRONT, 1)], FACE[1:]),
        (1, [(View.FRONT, 0)], FACE),  # of another day
        (2, [], FACE),  # still open, for who had no daylight
        (2, [(View.FRONT, 1), (View.RIGHT_45, 2)], (View.LEFT_45,)),
        (2, [(view, 2) for view in FACE], ()),
        (3, [(view, 2) for view in FACE], FACE),  # the next set
        (5, [], ()),
        (14, [], FACE),
        (50, [], ()),
    ],
)
def test_what_is_missing_today(day: int, taken: list[tuple[View, int]], missing: tuple[View, ...]) -> None:
    assert asked(day, *taken).missing == missing


def test_laser_genesis_is_asked_for_less_often() -> None:
    assert asked(3, modality=Modality.LASER_GENESIS).missing == ()
    assert asked(7, modality=Modality.LASER_GENESIS).missing == FACE


def test_a_close_up_is_offered_and_never_missing() -> None:
    (first, *_) = asked(1).asked
    close_up = first.views[-1]
    assert (close_up.view, close_up.when_needed) == (View.CLOSE_UP, True)
    assert View.CLOSE_UP not in asked(1).missing


def test_before_the_first_session_the_untreated_skin_is_asked_for_until_it_is_there() -> None:
    def first(*taken: TakenOn) -> PhotoGuide:
        return guide(None, today=SESSION, session_on=None, next_session=None, taken=taken, baselines={})

    assert first().missing == FACE
    assert first().asked[0].reason == "before_session"
    there = [TakenOn(view, SESSION - timedelta(days=3)) for view in FACE]
    assert first(*there).missing == ()
    stale = [TakenOn(view, SESSION - timedelta(days=30)) for view in FACE]
    assert first(*stale).missing == FACE


@pytest.mark.parametrize(("day", "is_asked"), [(20, False), (33, True), (40, True), (52, True), (53, False)])
def test_before_the_next_session_from_a_week_ahead_to_the_last_day_it_can_be(
    day: int, *, is_asked: bool
) -> None:
    found = asked(day, next_in=(40, 52))
    assert bool(found.missing) is is_asked
    for ahead, is_told in ((26, False), (27, True)):  # seven days ahead
        reasons = {one.reason for one in asked(ahead, next_in=(40, 52)).asked}
        assert ("before_session" in reasons) is is_told


def test_what_is_asked_says_why_from_when_to_when_and_in_which_words() -> None:
    def views(*there: View, baseline: str | None = None) -> tuple[ViewAsked, ...]:
        return tuple(
            ViewAsked(
                view=view,
                name=plan().views[view].name,
                how=plan().views[view].how,
                when_needed=view is View.CLOSE_UP,
                taken=view in there,
                baseline=baseline if view is View.FRONT else None,
            )
            for view in (*FACE, View.CLOSE_UP)
        )

    found = asked(27, (View.FRONT, 26), next_in=(40, 52))
    assert found.steps == plan().steps
    assert found.missing == ()
    assert found.asked == (
        PhotosAsked(reason="after_session", date=on(28), until=on(29), day=28, views=views()),
        PhotosAsked(reason="before_session", date=on(33), until=on(52), day=None, views=views(View.FRONT)),
    )
    first = guide(
        None, today=SESSION, session_on=None, next_session=None, taken=[], baselines={View.FRONT: "/one"}
    )
    assert first.asked == (
        PhotosAsked(reason="before_session", date=on(0), until=on(6), day=None, views=views(baseline="/one")),
    )


def test_a_photo_is_fresh_for_so_many_days_and_read_no_further_back() -> None:
    fresh_days = plan().before.fresh_days
    assert looked_back(on(40)) == on(40 - fresh_days)
    for age, missing in ((fresh_days - 1, ()), (fresh_days, FACE)):
        taken = [(view, 45 - age) for view in FACE]
        assert asked(45, *taken, next_in=(45, 52)).missing == missing


def test_photos_of_a_day_after_are_fresh_enough_for_the_next_session() -> None:
    taken = [(view, 28) for view in FACE]
    assert asked(35, *taken, next_in=(35, 49)).missing == ()
    assert asked(43, *taken, next_in=(35, 49)).missing == FACE


def test_a_session_that_is_held_asks_for_nothing_before_it() -> None:
    assert asked(40).missing == ()


def test_each_view_comes_with_an_earlier_photo_where_there_is_one() -> None:
    found = guide(
        Modality.MICRONEEDLING, today=on(1), session_on=SESSION, next_session=None, taken=[],
        baselines={View.FRONT: "/v1/photos/1/display"},
    )  # fmt: skip
    earlier = {one.view: one.baseline for one in found.asked[0].views}
    assert earlier[View.FRONT] == "/v1/photos/1/display"
    assert earlier[View.LEFT_45] is None


def test_everything_is_said_in_every_language() -> None:
    said = [step.text for step in nothing_asked().steps]
    said += [text for words in plan().views.values() for text in (words.name, words.how)]
    assert said
    assert all(text.keys() == LANGUAGES and all(text.values()) for text in said)
    assert {step.key for step in nothing_asked().steps} == {"place", "light", "distance", "plain"}


def test_who_refused_photos_is_asked_for_none() -> None:
    assert (nothing_asked().asked, nothing_asked().missing) == ((), ())


@given(
    day=st.integers(0, 120),
    modality=st.sampled_from(list(Modality)),
    taken=st.lists(st.tuples(st.sampled_from(list(View)), st.integers(-20, 120)), max_size=12),
    earliest=st.integers(20, 60) | st.none(),
)
def test_another_photo_never_makes_more_missing_and_nothing_past_is_asked_for(
    day: int, modality: Modality, taken: list[tuple[View, int]], earliest: int | None
) -> None:
    next_in = None if earliest is None else (earliest, earliest + 14)
    fewer = asked(day, *taken[1:], modality=modality, next_in=next_in)
    more = asked(day, *taken, modality=modality, next_in=next_in)
    assert set(more.missing) <= set(fewer.missing)
    for one in more.asked:
        assert one.until >= on(day)
        assert one.date < on(day) + timedelta(days=AHEAD)
    # What is older than that was read for nothing.
    known = [(view, when) for view, when in taken if on(when) >= looked_back(on(day))]
    assert asked(day, *known, modality=modality, next_in=next_in) == more
