"""What must hold on the way from a check-in to an alert (design.md 5, properties 4, 6 and 8).

The others are in test_properties.py, and that of notes beside the words they are read by.
"""

import inspect
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.alerts.backtest import relive
from aftercare.alerts.book import Book
from aftercare.alerts.replay import replayed
from aftercare.checks import judge
from aftercare.checks.judging import Judging, judge_recovery
from aftercare.checks.moment import Moment, Placed
from aftercare.checks.recovery import findings
from aftercare.checks.recovery import timeline as as_timeline
from aftercare.model.alerts import Change
from aftercare.model.backtests import History
from aftercare.model.check_ins import Kept
from aftercare.model.clinic import OpeningHours
from aftercare.model.findings import Finding
from aftercare.model.recovery import Recovery
from aftercare.model.timeline import Answers, Risks, Timeline, TimelineCheckIn, Treatment
from aftercare.model.words import AnsweredBy, Modality
from tests.alerts.test_backtest import CLINIC, EPISODE, SESSION, episode, patient
from tests.checks.test_properties import PACK, answers, risks, timelines, treatments

# Whole ways cost more than one look; with --long they take thousands as well.
few = settings(max_examples=2_000 if settings().max_examples >= 2_000 else 50, deadline=None)
ANY_TIME = OpeningHours(time_zone="UTC")
OF_A_PHOTO = ("photo", "photos", "image", "colour", "color", "delta_ei", "erythema_index", "redness_index")


def kept(number: int, hours: int, given_then: Answers) -> Kept:
    at = SESSION + timedelta(hours=hours)
    return Kept(
        check_in_id=UUID(int=1000 + number),
        instrument=1,
        recorded_at=at,
        received_at=at,
        judged_at=at,
        said_day=None,
        time_zone="Europe/London",
        answered_by=AnsweredBy.SELF,
        answers=given_then,
    )


def recovery_of(modality: Modality, known: Risks, session: Treatment, said: dict[int, Answers]) -> Recovery:
    """One patient with one session and check-ins by the hour, as the services read it."""
    of_session = {
        "needle_depth_mm": session.needle_depth_mm,
        "pigment_treated": session.pigment_treated,
        "modality": modality,
    }
    check_ins = tuple(kept(number, hours, said[hours]) for number, hours in enumerate(sorted(said)))
    return Recovery(
        clinic=CLINIC,
        patient=patient(**msgspec.structs.asdict(known)),
        episodes=(msgspec.structs.replace(episode(), **of_session),),
        check_ins=check_ins,
        alerts=(),
    )


hours = st.integers(0, 24 * 17) | st.sampled_from([24 * 21, 24 * 28, 24 * 42])
recoveries = st.builds(
    recovery_of,
    st.sampled_from(Modality),
    risks,
    treatments,
    st.dictionaries(hours, answers, min_size=1, max_size=7),
)

# Days close to each other and few items that are graded again and again: a rise, a pair, a rebound in nearly each.
graded = st.dictionaries(st.sampled_from(["pain", "swelling", "warmth"]), st.integers(0, 2), min_size=1)
courses = st.builds(
    recovery_of,
    st.just(Modality.MICRONEEDLING),
    risks,
    treatments,
    st.dictionaries(st.integers(2, 8).map(lambda day: 24 * day), graded, min_size=3, max_size=6),
)


def rows(found: Iterable[Finding]) -> set[tuple[str | None, str, str]]:
    return {(one.check_in, one.row, one.tier) for one in found}


def arriving(recovery: Recovery, order: Iterable[Kept]) -> set[tuple[str | None, str, str]]:
    """What the services are told, check-in by check-in as each arrives."""
    here = msgspec.structs.replace(recovery, check_ins=())
    found: set[tuple[str | None, str, str]] = set()
    for one in order:
        found |= rows(judge_recovery(Judging(pack=PACK), here, (one,)).told.get(EPISODE, []))
        here = msgspec.structs.replace(here, check_ins=(*here.check_ins, one))
    return found


# --- 4: a photo or its colour never raises alone and never clears


def test_nothing_that_a_check_sees_has_room_for_a_photo() -> None:
    for seen in (Timeline, TimelineCheckIn, Risks, Treatment, Moment, Placed):
        assert not [
            name
            for name in seen.__struct_fields__
            if any(word in name for word in ("photo", "image", "colo"))
        ]
    assert set(inspect.signature(judge).parameters) == {"pack", "timeline", "since", "codes"}


@few
@given(timelines, st.sampled_from(OF_A_PHOTO), st.integers(0, 4) | st.booleans() | st.floats(0, 100))
def test_what_a_phone_says_of_a_photo_neither_raises_nor_clears(line: Timeline, key: str, value: Any) -> None:
    with_it = [msgspec.structs.replace(one, answers={**one.answers, key: value}) for one in line.check_ins]
    assert judge(PACK, msgspec.structs.replace(line, check_ins=with_it)) == judge(PACK, line)


# --- 6: replay of the same check-in changes nothing


@few
@given(recoveries, st.data())
def test_a_check_in_that_comes_again_changes_nothing(recovery: Recovery, data: st.DataObject) -> None:
    book = Book(ANY_TIME)
    line = as_timeline(recovery, recovery.episodes[0], recovery.check_ins)
    for one in recovery.check_ins:
        book.absorb(EPISODE, judge(PACK, line, since=str(one.check_in_id)), one.judged_at)
    before = dict(book.alerts)
    again = data.draw(st.sampled_from(recovery.check_ins))
    later = recovery.check_ins[-1].judged_at + timedelta(hours=data.draw(st.integers(0, 400)))
    change = book.absorb(EPISODE, judge(PACK, line, since=str(again.check_in_id)), later)
    assert (change.new, change.changed, change.notices) == ((), (), ())
    assert book.alerts == before


# --- 8: the same engine serves live, replay, back-test and shadow


@few
@given(recoveries | courses, st.randoms(use_true_random=False))
def test_live_finds_in_any_order_of_arrival_what_judging_the_whole_finds(
    recovery: Recovery, random: Any
) -> None:
    line = as_timeline(recovery, recovery.episodes[0], recovery.check_ins)
    whole = rows(judge(PACK, line))
    order = list(recovery.check_ins)
    assert arriving(recovery, order) == whole
    random.shuffle(order)
    assert arriving(recovery, order) == whole


@few
@given(recoveries)
def test_a_back_test_raises_what_replay_raises(recovery: Recovery) -> None:
    line = as_timeline(recovery, recovery.episodes[0], recovery.check_ins)
    history = History(patient=recovery.patient, episodes=recovery.episodes, check_ins=recovery.check_ins)

    def short(alerts: Iterable[Any]) -> list[tuple[Any, ...]]:
        return [(one.code, one.tier, one.raised_at, one.day, one.reason, one.version) for one in alerts]

    assert short(relive(PACK, CLINIC, history).alerts) == short(replayed(line, PACK).alerts)


@few
@given(recoveries)
def test_a_pack_in_shadow_says_what_it_would_say_live(recovery: Recovery) -> None:
    *earlier, newest = recovery.check_ins
    before = msgspec.structs.replace(recovery, check_ins=tuple(earlier))
    in_shadow = Judging(pack=PACK, released=False, shadow=msgspec.structs.replace(PACK), shadow_number=1)
    judged = judge_recovery(in_shadow, before, (newest,))
    live = findings(PACK, before, (newest,)).get(EPISODE, [])
    told, muted = (part.get(EPISODE, []) for part in (judged.told, judged.muted))
    assert rows(told) | rows(muted) == rows(live)
    assert rows(told).isdisjoint(rows(muted))


def test_the_way_has_been_walked() -> None:
    """What the properties compare is not empty: a course like these raises something on each of the ways."""
    said: dict[int, Answers] = {24: {"pain": 0}, 48: {"tingling": True}, 96: {"pain": 2}}
    recovery = recovery_of(Modality.MICRONEEDLING, Risks(), Treatment(), said)
    assert len(arriving(recovery, recovery.check_ins)) >= 3
    book = Book(ANY_TIME)
    line = as_timeline(recovery, recovery.episodes[0], recovery.check_ins)
    assert book.absorb(EPISODE, judge(PACK, line), datetime(2026, 3, 9, tzinfo=UTC)) != Change()
