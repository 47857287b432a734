"""What must hold for every timeline (design.md 5)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.care.instrument import Item, Kind, load
from aftercare.checks import default_pack, judge
from aftercare.checks.engine import CHECKS, _place
from aftercare.checks.moment import Moment
from aftercare.checks.pack import RulePack
from aftercare.checks.presets import preset_pack
from aftercare.model.findings import Finding
from aftercare.model.timeline import Answers, Risks, Timeline, TimelineCheckIn, Treatment
from aftercare.model.words import LATE_CODES, Code, Modality

PACK = default_pack()
both_packs = pytest.mark.parametrize(
    "pack", [PACK, preset_pack("fewer-alerts-1")], ids=lambda pack: pack.version
)
ITEMS = {item.key: item for item in load().items if item.kind is not Kind.TEXT}
GRADED = [item.key for item in ITEMS.values() if item.kind is Kind.GRADE]
# 150 examples in the suite, thousands with --long (tests/conftest.py chooses the profile before this is read).
some = settings(max_examples=max(150, settings().max_examples), deadline=None)


def answer(item: Item) -> st.SearchStrategy[Any]:
    match item.kind:
        case Kind.GRADE:
            return st.integers(0, 4)
        case Kind.BOOL:
            return st.booleans()
        case Kind.CHOICE:
            return st.sampled_from(item.values)
        case Kind.MANY:
            return st.lists(st.sampled_from(item.values), unique=True)
        case Kind.NUMBER:
            return st.sampled_from([36.5, 37.4, 37.5, 37.9, 38.0, 39.5])
        case _:
            places = st.lists(st.sampled_from(item.values), unique=True, max_size=2)
            return st.dictionaries(st.sampled_from(["tingling", "blisters", "lumps", "bruising"]), places)


# Few items a check-in: rows that need one thing alone are otherwise drowned.
answers = st.lists(st.sampled_from(sorted(ITEMS)), max_size=6, unique=True).flatmap(
    lambda keys: st.fixed_dictionaries({key: answer(ITEMS[key]) for key in keys})
)
known = st.sampled_from([True, False, None])
risks = st.builds(
    Risks,
    fitzpatrick=st.integers(1, 6) | st.none(),
    hsv_history=known,
    diabetes=known,
    immunosuppressed=known,
    blood_thinner=known,
    baseline=st.dictionaries(st.sampled_from(["redness", "itching", "dryness", "pain"]), st.integers(0, 4)),
)
treatments = st.builds(
    Treatment, needle_depth_mm=st.sampled_from([None, 0.5, 1.5, 2.0, 2.5]), pigment_treated=known
)
check_ins = st.builds(
    lambda day, late, given: (day, None if late is None else 24.0 * day + late, given),
    st.integers(0, 16) | st.sampled_from([21, 28, 42, 400]),
    st.none() | st.integers(-10, 12),
    answers,
)


def build(
    modality: Modality, patient: Risks, session: Treatment, made: list[tuple[int, float | None, Answers]]
) -> Timeline:
    return Timeline(
        id="synthetic",
        modality=modality,
        session_at=datetime(2026, 3, 3, 11, tzinfo=UTC),
        patient=patient,
        session=session,
        check_ins=[
            TimelineCheckIn(day=day, hours_after=hours, answers=given, id=f"{index:02}")
            for index, (day, hours, given) in enumerate(made)
        ],
    )


timelines = st.builds(
    build, st.sampled_from(Modality), risks, treatments, st.lists(check_ins, min_size=1, max_size=8)
)


def newest(timeline: Timeline) -> TimelineCheckIn:
    place = {at.id: index for index, at in enumerate(_place(timeline.check_ins))}
    return max(timeline.check_ins, key=lambda check_in: place[check_in.id or ""])


def replaced(timeline: Timeline, check_in: TimelineCheckIn, given: Answers) -> Timeline:
    swapped = [
        msgspec.structs.replace(c, answers=given) if c.id == check_in.id else c for c in timeline.check_ins
    ]
    return msgspec.structs.replace(timeline, check_ins=swapped)


def highest(findings: list[Finding]) -> int:
    return max((finding.tier.rank for finding in findings), default=-1)


def raised_further(data: st.DataObject, given: Answers) -> Answers:
    """Raise one grade or add one sign."""
    key = data.draw(st.sampled_from(sorted(set(ITEMS) - {"sites", "painkiller_6h", "new_product", "sun"})))
    item, now = ITEMS[key], given.get(key)
    more: Any
    match item.kind:
        case Kind.GRADE:
            more = data.draw(st.integers(now or 0, 4))
        case Kind.BOOL:
            more = True
        case Kind.CHOICE:
            # From no answer, "none" would be a denial: nothing is added by it.
            more = data.draw(st.sampled_from(item.values[item.values.index(now) if now else 1 :]))
        case Kind.MANY:
            more = [*(now or []), data.draw(st.sampled_from(item.values))]
        case _:
            more = max(now or 0, 39.5)
    return {**given, key: more}


def denial(item: Item) -> Any:
    return {Kind.GRADE: 0, Kind.BOOL: False, Kind.CHOICE: item.values[:1] and item.values[0], Kind.MANY: []}[
        item.kind
    ]


JUNK: list[Any] = [None, True, 5, -1, 2.5, float("nan"), "x", [], {}, [{}], {"a": [1]}, "\x00", 10**30]
EMERGENCIES: list[tuple[int, Answers, Code]] = [
    (0, {"breathing_or_tongue": True}, Code.AIRWAY),
    (30, {"breathing_or_tongue": True}, Code.AIRWAY),
    (9, {"very_unwell": True}, Code.INFECTION),
    (14, {"eye": ["vision"]}, Code.EYE),
    (1, {"eye": ["pain"]}, Code.EYE),
    (3, {"eye": ["shut"]}, Code.EYE),
    (1, {"hives": "elsewhere"}, Code.AIRWAY),
    (0, {"numbing_reaction": True}, Code.ANAESTHETIC),
    (5, {"blisters": "few", "sites": {"blisters": ["around_eye"]}}, Code.COLD_SORE),
    (5, {"sites": {"blisters": ["around_eye"]}}, Code.COLD_SORE),
    (5, {"blisters": "few", "eye": ["lid_swelling"]}, Code.COLD_SORE),
    (5, {"blisters": "many", "spreading": True}, Code.WIDESPREAD_HERPES),
    (5, {"raw_or_grey_skin": True, "pain": 3}, Code.BURN),
    (5, {"spreading": True, "chills": True}, Code.INFECTION),
    (5, {"spreading": True, "pain": 4}, Code.INFECTION),
]


@both_packs
@some
@given(
    timelines,
    st.sampled_from(EMERGENCIES),
    st.dictionaries(st.sampled_from([*ITEMS, "made_up"]), st.sampled_from(JUNK)),
)
def test_an_emergency_raises_alone_whatever_else_is_missing_or_malformed(
    pack: RulePack, timeline: Timeline, emergency: tuple[int, Answers, Code], junk: dict[str, Any]
) -> None:
    day, said, code = emergency
    now = TimelineCheckIn(day=day, answers={**junk, **said}, id="now")
    line = msgspec.structs.replace(timeline, check_ins=[*timeline.check_ins, now])
    found = [f for f in judge(pack, line) if f.check_in == "now" and f.tier == "emergency"]
    assert code in {f.code for f in found}
    msgspec.json.encode(found)


@both_packs
@some
@given(timelines, st.data())
def test_raising_a_grade_or_adding_a_sign_never_lowers_the_highest_tier(
    pack: RulePack, timeline: Timeline, data: st.DataObject
) -> None:
    last = newest(timeline)
    worse = replaced(timeline, last, raised_further(data, last.answers))
    assert highest(judge(pack, worse)) >= highest(judge(pack, timeline))


@both_packs
@some
@given(timelines, st.data())
def test_leaving_an_item_out_never_gives_less_than_denying_it(
    pack: RulePack, timeline: Timeline, data: st.DataObject
) -> None:
    last = newest(timeline)
    key = data.draw(
        st.sampled_from(sorted(key for key in ITEMS if ITEMS[key].kind not in (Kind.NUMBER, Kind.SITES)))
    )
    without = {item: value for item, value in last.answers.items() if item != key}
    denied = {**without, key: denial(ITEMS[key])}
    left_out = highest(judge(pack, replaced(timeline, last, without)))
    assert left_out >= highest(judge(pack, replaced(timeline, last, denied)))


@both_packs
@some
@given(timelines, check_ins)
def test_a_later_check_in_never_takes_a_finding_back(
    pack: RulePack, timeline: Timeline, more: tuple[int, float | None, Answers]
) -> None:
    day, hours, given_then = more
    end = max(at.hours for at in _place(timeline.check_ins))
    later = TimelineCheckIn(day=day, hours_after=max(end + 1, hours or 0), answers=given_then, id="zz")
    longer = msgspec.structs.replace(timeline, check_ins=[*timeline.check_ins, later])
    assert judge(pack, longer)[: len(judge(pack, timeline))] == judge(pack, timeline)


@both_packs
@some
@given(timelines)
def test_without_redness_every_other_code_stays(pack: RulePack, timeline: Timeline) -> None:
    pale = msgspec.structs.replace(
        timeline,
        check_ins=[
            msgspec.structs.replace(c, answers={k: v for k, v in c.answers.items() if k != "redness"})
            for c in timeline.check_ins
        ],
    )

    def others(line: Timeline) -> set[tuple[str, str, str, object]]:
        return {(f.code, f.tier, f.row, f.check_in) for f in judge(pack, line) if f.code is not Code.REDNESS}

    assert others(pale) == others(timeline)


@both_packs
@some
@given(timelines, st.data())
def test_a_late_check_in_is_judged_by_its_own_day_and_what_came_after_it_again(
    pack: RulePack, timeline: Timeline, data: st.DataObject
) -> None:
    late = data.draw(st.sampled_from(timeline.check_ins))
    whole = judge(pack, timeline)
    again = judge(pack, timeline, since=late.id)
    earlier = {
        at.id
        for at in _place(timeline.check_ins)
        if at.hours < next(p.hours for p in _place(timeline.check_ins) if p.id == late.id)
    }
    assert again == [f for f in whole if f.check_in not in earlier]
    assert all(f.day == late.day for f in again if f.check_in == late.id)


@both_packs
@some
@given(timelines, st.randoms(use_true_random=False))
def test_the_order_of_arrival_and_a_second_replay_change_nothing(
    pack: RulePack, timeline: Timeline, random: Any
) -> None:
    shuffled = list(timeline.check_ins)
    random.shuffle(shuffled)
    assert judge(pack, msgspec.structs.replace(timeline, check_ins=shuffled)) == judge(pack, timeline)


@both_packs
@some
@given(timelines)
def test_a_row_fires_at_most_once_in_a_check_in_and_the_late_codes_are_the_same_alone(
    pack: RulePack,
    timeline: Timeline,
) -> None:
    whole = judge(pack, timeline)
    assert len({(f.check_in, f.row) for f in whole}) == len(whole)
    assert judge(pack, timeline, codes=LATE_CODES) == [f for f in whole if f.code in LATE_CODES]
    assert all(f.reason.endswith(".") and "\n" not in f.reason and f.evidence for f in whole)


@some
@given(timelines)
def test_a_check_that_nothing_woke_would_have_said_nothing(timeline: Timeline) -> None:
    placed = _place(timeline.check_ins)
    awake = {(f.check_in, f.row) for f in judge(PACK, timeline)}
    for at in placed:
        earlier = [p for p in placed if (p.hours, p.day) < (at.hours, at.day)]
        moment = Moment(PACK, timeline.modality, timeline.patient, timeline.session, at, earlier)
        assert {(f.check_in, f.row) for check in CHECKS for f in check(moment)} <= awake


@both_packs
@some
@given(timelines, st.data())
def test_weak_defence_never_lowers_and_never_makes_an_emergency_of_its_own(
    pack: RulePack, timeline: Timeline, data: st.DataObject
) -> None:
    risk = data.draw(st.sampled_from(["diabetes", "immunosuppressed"]))
    with_it, without = (
        msgspec.structs.replace(timeline, patient=msgspec.structs.replace(timeline.patient, **{risk: there}))
        for there in (True, False)
    )
    before = {(f.check_in, f.row): f.tier.rank for f in judge(pack, without)}
    for f in judge(pack, with_it):
        if (f.check_in, f.row) in before:
            assert before[f.check_in, f.row] <= f.tier.rank <= before[f.check_in, f.row] + 1
            assert f.tier != "emergency" or before[f.check_in, f.row] == 3


def test_what_the_instrument_marks_as_an_emergency_is_one_in_the_engine() -> None:
    marked = [(item, mark) for item in load().items for mark in item.emergency]
    assert len(marked) >= 6
    for item, mark in marked:
        for value in mark.values:
            day = 9 if mark.to_day is None and mark.to_hours is None else 0
            said = [value] if item.kind is Kind.MANY else value
            check_in = TimelineCheckIn(day=day, answers={item.key: said}, id="x")
            line = build(Modality.LASER_GENESIS, Risks(), Treatment(), [])
            found = judge(PACK, msgspec.structs.replace(line, check_ins=[check_in]))
            assert [f.tier for f in found] == ["emergency"], item.key


def test_two_answers_of_one_instant_are_no_course(findings: Callable[..., list[Finding]]) -> None:
    twice = [TimelineCheckIn(day=4, answers={"pain": grade}) for grade in (0, 2)]
    line = msgspec.structs.replace(build(Modality.MICRONEEDLING, Risks(), Treatment(), []), check_ins=twice)
    assert [(f.row, f.check_in) for f in judge(PACK, line)] == [("pain.moderate", "day-4-hour-96-2")]


def test_an_unknown_check_in_to_start_from_judges_everything() -> None:
    line = build(Modality.MICRONEEDLING, Risks(), Treatment(), [(2, None, {"tingling": True})])
    assert judge(PACK, line, since="gone") == judge(PACK, line) != []
    assert judge(PACK, line, since=48.0) == judge(PACK, line)
    assert judge(PACK, line, since=48.5) == []


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
def test_junk_in_any_item_raises_nothing_and_breaks_nothing(junk: Any) -> None:
    made: list[tuple[int, float | None, Answers]] = [
        (day, None, dict.fromkeys(ITEMS, junk)) for day in (2, 3) if junk is not True
    ]
    assert judge(PACK, build(Modality.LASER_GENESIS, Risks(), Treatment(), made)) == []
