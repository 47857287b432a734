"""The floor: whatever a clinic writes into its pack, no row of the floor is lost, later or less urgent."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.checks import default_pack, judge
from aftercare.checks.clinic_pack import changed, changes_between, difference, flat
from aftercare.checks.floor import GUARDS, Guard, faults_of, floor_rows
from aftercare.checks.pack import RulePack
from aftercare.model.rule_packs import Fault
from aftercare.model.timeline import Risks, Timeline, TimelineCheckIn, Treatment
from aftercare.model.words import Modality, Tier
from tests.checks.test_properties import timelines

PACK = default_pack()
FLOOR = floor_rows(PACK)
VALUES = flat(PACK)


def at(pointer: str, value: Any) -> dict[str, Any]:
    """The changes that put a value at a pointer."""
    for part in reversed(pointer.removeprefix("/").split("/")):
        value = {part: value}
    changes: dict[str, Any] = value
    return changes


def together(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    both = dict(first)
    for key, value in second.items():
        both[key] = (
            together(both[key], value)
            if isinstance(both.get(key), dict) and isinstance(value, dict)
            else value
        )
    return both


def faults(changes: dict[str, Any]) -> dict[str, Fault]:
    pack, unreadable = changed(PACK, changes)
    return {one.pointer: one for one in (*unreadable, *faults_of(PACK, pack))}


def near(value: Any) -> st.SearchStrategy[Any]:
    """Values of a kind, mostly near the shipped one: what a clinic would write, and what a hostile one would."""
    match value:
        case bool():
            return st.booleans()
        case int():
            return st.integers(max(0, value - 3), value + 4)
        case float():
            return st.sampled_from([value - 24, value - 0.5, value, value + 0.5, value + 24])
        case str():
            return st.sampled_from([tier.value for tier in Tier])
        case [int(), *_]:
            return st.tuples(*(st.integers(max(0, one - 2), one + 2) for one in value)).map(list)
        case [float(), *_]:
            return st.tuples(*(st.floats(0, 72, width=16) for _ in value)).map(list)
        case _:
            return st.lists(st.sampled_from(value), unique=True)


@st.composite
def packs(draw: st.DrawFn, *, read_by_the_floor: int = 0, others: int = 12) -> RulePack:
    """A pack that may be used: random changes, without those that are refused."""
    guarded, anything = sorted({guard.pointer for guard in GUARDS}), sorted(VALUES)
    pointers = [
        *draw(st.lists(st.sampled_from(guarded), min_size=read_by_the_floor, max_size=3, unique=True)),
        *draw(st.lists(st.sampled_from(anything), max_size=others, unique=True)),
    ]
    drawn = {pointer: draw(near(VALUES[pointer])) for pointer in pointers}
    while True:
        changes: dict[str, Any] = {}
        for pointer, value in drawn.items():
            changes = together(changes, at(pointer, value))
        wrong = [pointer for pointer in drawn if pointer in faults(changes)]
        if not wrong:
            break
        for pointer in wrong:
            del drawn[pointer]
    pack, _ = changed(PACK, changes)
    return pack if not faults_of(PACK, pack) else PACK


def floor_of(pack: RulePack, timeline: Timeline) -> dict[tuple[str | None, str], int]:
    return {
        (found.check_in, found.row): found.tier.rank for found in judge(pack, timeline) if found.row in FLOOR
    }


def keeps_the_floor(pack: RulePack, timeline: Timeline) -> None:
    theirs = floor_of(pack, timeline)
    for evidence, rank in floor_of(PACK, timeline).items():
        assert theirs.get(evidence, -1) >= rank, evidence


@given(packs(), timelines)
@settings(max_examples=100, deadline=None)
def test_no_pack_that_may_be_used_loses_or_lowers_a_finding_of_the_floor(
    pack: RulePack, timeline: Timeline
) -> None:
    keeps_the_floor(pack, timeline)


# What rows of the floor are made of, together more often than chance would have it.
said = st.fixed_dictionaries(
    {},
    optional={
        "fever_c": st.sampled_from([37.6, 38.0, 38.4]),
        "painkiller_6h": st.booleans(),
        "pain": st.integers(1, 4),
        "warmth": st.integers(1, 4),
        "tingling": st.just(value=True),
        "blisters": st.sampled_from(["few", "many"]),
        "eye": st.sampled_from([["shut"], ["pain"]]),
        "hives": st.just("elsewhere"),
        "raw_or_grey_skin": st.just(value=True),
        "spreading": st.just(value=True),
        "numbing_reaction": st.just(value=True),
        "sites": st.sampled_from([{}, {"tingling": ["lips"]}]),
    },
)


@given(
    packs(read_by_the_floor=1, others=2),
    st.sampled_from(Modality),
    st.sampled_from([(0, 4.0), (1, 24.0), (2, 47.5), (2, 48.0), (3, 72.0)]),
    said,
)
@settings(max_examples=250, deadline=None)
def test_nor_does_one_that_moves_the_numbers_which_the_floor_reads(
    pack: RulePack, modality: Modality, when: tuple[int, float], answers: dict[str, Any]
) -> None:
    keeps_the_floor(pack, one_check_in(modality, *when, answers))


def one_check_in(modality: Modality, day: int, hours: float, answers: dict[str, Any]) -> Timeline:
    return Timeline(
        id="synthetic",
        modality=modality,
        session_at=datetime(2026, 3, 3, 11, tzinfo=UTC),
        patient=Risks(),
        session=Treatment(),
        check_ins=[TimelineCheckIn(day=day, hours_after=hours, answers=answers, id="one")],
    )


NEEDLING, LASER = Modality.MICRONEEDLING, Modality.LASER_GENESIS
HOT = {"tingling": True, "warmth": 3, "sites": {"tingling": ["lips"]}}
WARM = {**HOT, "warmth": 2}
SORE = {"tingling": True, "pain": 3, "sites": {"tingling": ["lips"]}}
SOME = {**SORE, "pain": 2}
# Number, moved to, the row that is lost by it, and on what: each guard is there for a reason.
MOVED: list[tuple[str, Any, str, Modality, int, float, dict[str, Any]]] = [
    ("/fever/celsius", 38.5, "infection.fever", NEEDLING, 3, 72, {"fever_c": 38.2}),
    ("/fever/celsius", 38.5, "infection.spreading_fever", NEEDLING, 3, 72, {"fever_c": 38.2, "spreading": True}),
    ("/fever/celsius", 38.5, "widespread_herpes.many_blisters", NEEDLING, 3, 72, {"fever_c": 38.2, "blisters": "many"}),
    ("/fever/celsius", 38.5, "eye.shut_late_or_ill", NEEDLING, 1, 24, {"fever_c": 38.2, "eye": ["shut"]}),
    ("/fever/celsius_after_painkiller", 37.8, "infection.fever", NEEDLING, 3, 72, {"fever_c": 37.6, "painkiller_6h": True}),
    ("/pain/some", 3, "eye.shut_late_or_ill", NEEDLING, 1, 24, {"pain": 2, "eye": ["shut"]}),
    ("/pain/severe", 4, "burn.raw_skin_severe_pain", LASER, 1, 24, {"pain": 3, "raw_or_grey_skin": True}),
    ("/signs/early_hours", 24, "airway.hives_elsewhere", NEEDLING, 1, 30, {"hives": "elsewhere"}),
    ("/signs/early_hours", 24, "eye.pain_early", NEEDLING, 1, 30, {"eye": ["pain"]}),
    ("/signs/eye_shut_from_day", 4, "eye.shut_late_or_ill", NEEDLING, 3, 72, {"eye": ["shut"]}),
    ("/signs/tingling_from_day", 2, "cold_sore.tingling", NEEDLING, 1, 24, {"tingling": True}),
    ("/signs/tingling_from_day", 0, "burn.tingling", LASER, 0, 4, HOT),
    ("/expected/laser_genesis/warmth", [3, 1, 0], "burn.tingling", LASER, 0, 4, HOT),
    ("/expected/laser_genesis/warmth", [1, 1, 0], "cold_sore.tingling", LASER, 0, 4, WARM),
    ("/expected/laser_genesis/pain", [3, 1, 0], "burn.tingling", LASER, 0, 4, SORE),
    ("/expected/laser_genesis/pain", [1, 1, 0], "cold_sore.tingling", LASER, 0, 4, SOME),
    ("/signs/skin_break_burn_to_day", 3, "infection.raw_skin", NEEDLING, 3, 72, {"raw_or_grey_skin": True}),
    ("/signs/skin_break_burn_to_day", 1, "burn.raw_skin", NEEDLING, 2, 48, {"raw_or_grey_skin": True}),
    ("/signs/skin_break_burn_to_day", 1, "burn.blisters", NEEDLING, 2, 48, {"blisters": "few"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("pointer", "to", "row", "modality", "day", "hours", "answers"),
    MOVED,
    ids=[f"{one[2]} by {one[0]} {one[1]}" for one in MOVED],
)
def test_a_number_that_would_silence_a_row_of_the_floor_is_refused_with_the_rows_name(
    pointer: str, to: Any, row: str, modality: Modality, day: int, hours: float, answers: dict[str, Any]
) -> None:
    at_issue = one_check_in(modality, day, hours, answers)
    pack, unreadable = changed(PACK, at(pointer, to))
    assert unreadable == ()
    assert row in {found.row for found in judge(PACK, at_issue)}
    assert row not in {found.row for found in judge(pack, at_issue)}

    fault = faults(at(pointer, to))[pointer]

    assert row in fault.rows
    assert row in fault.sentence


def test_every_guard_but_two_is_shown_to_be_needed() -> None:
    """The worst pain and the numbing cream's day are at the end of what may be written: no pack can move them further."""
    sides = {
        (guard.pointer, side)
        for guard in GUARDS
        for side, rows in (("larger", guard.larger), ("smaller", guard.smaller))
        if rows
    }
    shown = {(pointer, "larger" if _larger(pointer, to) else "smaller") for pointer, to, *_ in MOVED}
    assert sides - shown == {("/pain/worst", "larger"), ("/signs/numbing_to_day", "smaller")}


def _larger(pointer: str, to: Any) -> bool:
    before = VALUES[pointer]
    return bool((to[0] if isinstance(to, list) else to) > (before[0] if isinstance(before, list) else before))


@pytest.mark.parametrize("row", sorted(FLOOR))
def test_a_row_of_the_floor_is_neither_switched_off_nor_lowered(row: str) -> None:
    lower = Tier.SOON if PACK.rows[row].tier is Tier.SAME_DAY else Tier.SAME_DAY
    assert faults(at(f"/rows/{row}/off", value=True))[f"/rows/{row}/off"].rows == (row,)
    assert faults(at(f"/rows/{row}/tier", lower.value))[f"/rows/{row}/tier"].rows == (row,)
    assert faults(at(f"/rows/{row}/tier", "emergency")) == {}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/rows/pain.mild/off", True),
        ("/rows/pain.severe/tier", "soon"),
        ("/rows/scarring.raised_scar/holds_course", False),
        ("/redness/late_from_day", 21),
        ("/fever/celsius", 37.8),
        ("/fever/celsius_after_painkiller", 37.2),
        ("/expected/microneedling/redness", [2, 2, 1, 0]),
        ("/silence/after_alert_hours", 6),
    ],
)
def test_what_is_above_the_floor_may_be_tuned_either_way(pointer: str, value: Any) -> None:
    changes = at(pointer, value)
    assert faults(changes) == {}
    pack, _ = changed(PACK, changes, number=3)
    assert pack.version == "default-1+3"
    assert changes_between(PACK, pack) == changes
    assert [(one.pointer, one.before, one.after) for one in difference(PACK, pack)] == [
        (pointer, VALUES[pointer], value)
    ]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"version": "mine"}, "/version"),
        ({"colour": 1}, "/colour"),
        ({"pain": {"awful": 4}}, "/pain/awful"),
        ({"pain": 3}, "/pain"),
        ({"pain": {"some": "2"}}, "/pain/some"),
        ({"pain": {"some": True}}, "/pain/some"),
        ({"pain": {"some": 2.5}}, "/pain/some"),
        ({"pain": {"worst": 5}}, "/pain/worst"),
        ({"rows": {"pain.unheard": {"off": True}}}, "/rows/pain.unheard"),
        ({"rows": {"a/b~c": {}}}, "/rows/-"),
        ({"rows": {"pain.mild": {"code": "eye"}}}, "/rows/pain.mild/code"),
        ({"rows": {"pain.mild": {"floor": True}}}, "/rows/pain.mild/floor"),
        ({"rows": {"pain.mild": {"tier": None}}}, "/rows/pain.mild/tier"),
        ({"rows": {"pain.mild": {"tier": "urgent"}}}, "/rows/pain.mild/tier"),
        ({"expected": {"radiofrequency": {}}}, "/expected/radiofrequency"),
        ({"expected": {"microneedling": {"glow": [1]}}}, "/expected/microneedling/glow"),
        ({"expected": {"microneedling": {"pain": []}}}, "/expected/microneedling/pain"),
        ({"expected": {"microneedling": {"pain": [1, 5]}}}, "/expected/microneedling/pain"),
        ({"baseline": {"items": ["pain"]}}, "/baseline/items"),
        ({"risk": {"raised_codes": ["unheard"]}}, "/risk/raised_codes"),
        ({"course": {"day_before_hours": [12]}}, "/course/day_before_hours"),
        ({"course": {"day_before_hours": [36, 12]}}, "/course/day_before_hours"),
        ({"signs": {"ulcer_herpes_days": [10, 2]}}, "/signs/ulcer_herpes_days"),
        ({"silence": {"call_days": [5, 1]}}, "/silence/call_days"),
        ({"pain": {"some": 2, "severe": 1}}, "/pain/some"),
        ({"pain": {"worst": 2}}, "/pain/severe"),
        ({"fever": {"celsius": 37.2}}, "/fever/celsius_after_painkiller"),
        ({"course": {"rebound_low": 2}}, "/course/rebound_low"),
        ({"dermatitis": {"itching": 4}}, "/dermatitis/itching"),
        ({"dermatitis": {"bruising_from_day": 16}}, "/dermatitis/bruising_from_day"),
    ],
)
def test_what_cannot_be_read_or_crosses_is_refused_where_it_stands(
    changes: dict[str, Any], pointer: str
) -> None:
    assert pointer in faults(changes)


@pytest.mark.parametrize(
    ("changes", "pointer", "sentence"),
    [
        (
            {"rows": {"cold_sore.tingling": {"off": True}}},
            "/rows/cold_sore.tingling/off",
            "cold_sore.tingling is part of the floor and cannot be switched off.",
        ),
        (
            {"rows": {"cold_sore.tingling": {"tier": "soon"}}},
            "/rows/cold_sore.tingling/tier",
            "cold_sore.tingling is part of the floor and stays same day or more urgent.",
        ),
        (
            {"signs": {"early_hours": 24}},
            "/signs/early_hours",
            "airway.hives_elsewhere, eye.pain_early would fire later or less often, and the floor holds it: keep this at least 48.",
        ),
        (
            {"expected": {"laser_genesis": {"warmth": [3, 1, 0]}}},
            "/expected/laser_genesis/warmth",
            "burn.tingling would fire later or less often, and the floor holds it: keep this at most 2 on day 0.",
        ),
        (
            {"fever": {"celsius": 37.2}},
            "/fever/celsius_after_painkiller",
            "This may not be above celsius, which is 37.2.",
        ),
        (
            {"course": {"rebound_low": 2}},
            "/course/rebound_low",
            "This must be below rebound high, which is 2.",
        ),
        (
            {"silence": {"high_risk_days": [7, 1]}},
            "/silence/high_risk_days",
            "The first of the two may not be above the last.",
        ),
    ],
)
def test_a_clinic_reads_why_a_pack_cannot_be_used(
    changes: dict[str, Any], pointer: str, sentence: str
) -> None:
    fault = faults(changes)[pointer]
    assert (fault.pointer, fault.sentence) == (pointer, sentence)


@pytest.mark.parametrize(
    "changes",
    [
        {"pain": {"some": 3}},
        {"pain": {"severe": 2}},
        {"dermatitis": {"itching": 3}},
        {"dermatitis": {"bruising_from_day": 15}},
        {"course": {"day_before_hours": [24, 24], "rebound_low_from_day": 4}},
        {"signs": {"ulcer_herpes_days": [5, 5]}},
        {"silence": {"call_days": [3, 3]}},
    ],
)
def test_what_only_touches_does_not_cross(changes: dict[str, Any]) -> None:
    crossing = [one for one in faults(changes).values() if not one.rows]
    assert crossing == []


def test_every_fault_is_said_at_once() -> None:
    found = faults({"pain": {"some": 9}, "rows": {"nothing": {}}, "fever": {"celsius": 39}})
    assert set(found) == {"/pain/some", "/rows/nothing", "/fever/celsius"}


def test_no_changes_are_the_shipped_pack_itself() -> None:
    assert changed(PACK, {}, number=4) == (PACK, ())
    assert changed(PACK, {"pain": {"some": 2}}, number=4)[0] is PACK


def test_a_row_that_is_switched_off_says_nothing() -> None:
    pack, _ = changed(PACK, at("/rows/milia.white_bumps/off", value=True))
    seen = one_check_in(NEEDLING, 9, 216, {"white_bumps": True, "wants_contact": "urgent"})
    assert [found.row for found in judge(pack, seen)] == ["contact_request.urgent"]


def test_a_guard_names_rows_of_the_floor_alone() -> None:
    def rows(guard: Guard) -> set[str]:
        return {*guard.larger, *guard.smaller}

    assert set().union(*map(rows, GUARDS)) <= FLOOR
