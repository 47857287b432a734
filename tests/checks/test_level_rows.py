"""Every row of levels, in clinical words, beside its harmless twin (rules.md 2)."""

from collections.abc import Callable
from typing import Any

import pytest

from aftercare.checks import default_pack, expected, judge
from aftercare.checks.clinic_pack import changed
from aftercare.model.findings import Finding
from aftercare.model.words import Modality
from tests.checks.conftest import timeline

CIT, LASER = "microneedling", "laser_genesis"
Raised = Callable[..., dict[str, str]]
Told = Callable[[dict[int, dict[str, Any]]], dict[int, dict[str, Any]]]


def days(item: str, **grades: int) -> dict[int, dict[str, Any]]:
    """Write a course of one item: d3=1, d4=2."""
    return {int(day[1:]): {item: grade} for day, grade in grades.items()}


LEVELS: list[tuple[str, str, dict[int, dict[str, Any]], dict[str, Any], dict[str, str]]] = [
    # swelling
    ("mild swelling on day 5, first time", CIT, days("swelling", d5=1), {}, {}),
    ("mild swelling on day 5 after mild on day 4", CIT, days("swelling", d4=1, d5=1), {}, {}),
    (
        "mild swelling on day 5 after moderate on day 4",
        CIT,
        days("swelling", d4=2, d5=1),
        {},
        {"swelling.mild": "routine"},
    ),
    ("mild swelling on day 6", CIT, days("swelling", d6=1), {}, {"swelling.mild": "routine"}),
    ("moderate swelling on day 2", CIT, days("swelling", d2=2), {}, {}),
    ("moderate swelling on day 3", CIT, days("swelling", d3=2), {}, {"swelling.moderate": "soon"}),
    ("severe swelling on day 1", CIT, days("swelling", d1=3), {}, {"swelling.severe": "soon"}),
    (
        "severe swelling on one side",
        CIT,
        {1: {"swelling": 3, "one_sided": True}},
        {},
        {"swelling.severe_lids_or_one_sided": "same_day"},
    ),
    (
        "severe swelling of the lids",
        CIT,
        {1: {"swelling": 3, "eye": ["lid_swelling"]}},
        {},
        {"swelling.severe_lids_or_one_sided": "same_day", "eye.lids_with_swelling": "same_day"},
    ),
    (
        "severe swelling with an eye that is shut",
        CIT,
        {1: {"swelling": 3, "eye": ["shut"]}},
        {},
        {"swelling.severe_lids_or_one_sided": "same_day", "eye.shut": "same_day"},
    ),
    (
        "severe swelling placed around the eye",
        CIT,
        {1: {"swelling": 3, "sites": {"swelling": ["around_eye"]}}},
        {},
        {"swelling.severe_lids_or_one_sided": "same_day"},
    ),
    (
        "severe swelling placed on the cheek",
        CIT,
        {1: {"swelling": 3, "sites": {"swelling": ["cheek"]}}},
        {},
        {"swelling.severe": "soon"},
    ),
    ("moderate swelling on one side on day 1", CIT, {1: {"swelling": 2, "one_sided": True}}, {}, {}),
    ("very severe swelling on day 1", CIT, days("swelling", d1=4), {}, {"swelling.severe": "soon"}),
    ("very severe swelling on day 2", CIT, days("swelling", d2=4), {}, {"swelling.very_severe": "same_day"}),
    (
        "swelling grows by two inside the band",
        CIT,
        days("swelling", d1=0, d2=2),
        {},
        {"swelling.rise": "soon"},
    ),
    ("swelling grows by two into day 1", CIT, days("swelling", d0=0, d1=2), {}, {}),
    ("swelling grows by two over two days", CIT, {0: {"swelling": 0}, 2: {"swelling": 2}}, {}, {}),
    (
        "swelling grows by two in 36 hours over two dates",
        CIT,
        {0: {"swelling": 0}, 2: {"swelling": 2}},
        {"hours": {0: 8, 2: 44}},
        {"swelling.rise": "soon"},
    ),
    (
        "swelling comes back on day 4",
        CIT,
        days("swelling", d1=1, d4=2),
        {},
        {"swelling.moderate": "soon", "swelling.rebound": "soon"},
    ),
    ("swelling settled on day 0 only", CIT, days("swelling", d0=1, d4=2), {}, {"swelling.moderate": "soon"}),
    ("laser, moderate swelling on day 1", LASER, days("swelling", d1=2), {}, {"swelling.moderate": "soon"}),
    # pain
    ("mild pain on day 4, first time", CIT, days("pain", d4=1), {}, {}),
    ("mild pain on days 4 and 5", CIT, days("pain", d4=1, d5=1), {}, {"pain.mild": "routine"}),
    ("mild pain twice on day 4", CIT, days("pain", d4=1), {}, {}),
    (
        "mild pain on days 4 and 8, none between",
        CIT,
        days("pain", d4=1, d6=0, d8=1),
        {},
        {"pain.mild": "routine"},
    ),
    ("mild pain on days 4 and 9", CIT, {4: {"pain": 1}, 9: {"pain": 1}}, {}, {}),
    (
        "mild pain on days 14 and 21, the calendar day before",
        CIT,
        days("pain", d14=1, d21=1),
        {},
        {"pain.mild": "routine"},
    ),
    ("moderate pain on day 2", CIT, days("pain", d2=2), {}, {"pain.moderate": "soon"}),
    ("severe pain on day 0", CIT, days("pain", d0=3), {}, {"pain.severe": "same_day"}),
    ("moderate pain on day 1", CIT, days("pain", d1=2), {}, {}),
    ("pain grows by two", CIT, days("pain", d1=0, d2=2), {}, {"pain.moderate": "soon", "pain.rise": "soon"}),
    ("pain comes back", CIT, days("pain", d2=1, d5=2), {}, {"pain.moderate": "soon", "pain.rebound": "soon"}),
    ("deep needling, mild pain on days 3, 4", CIT, days("pain", d3=1, d4=1), {"needle_depth_mm": 2.0}, {}),
    (
        "deep needling, mild pain on days 5, 6",
        CIT,
        days("pain", d5=1, d6=1),
        {"needle_depth_mm": 2.0},
        {"pain.mild": "routine"},
    ),
    # warmth
    ("mild warmth on days 3, 4", CIT, days("warmth", d3=1, d4=1), {}, {"infection.warmth_mild": "routine"}),
    (
        "mild warmth on days 3, 4, diabetes",
        CIT,
        days("warmth", d3=1, d4=1),
        {"diabetes": True},
        {"infection.warmth_mild": "soon"},
    ),
    ("mild warmth on day 3", CIT, days("warmth", d3=1), {}, {}),
    ("moderate warmth on day 2", CIT, days("warmth", d2=2), {}, {"infection.warmth_above": "soon"}),
    ("severe warmth on day 3", CIT, days("warmth", d3=3), {}, {"infection.warmth_far_above": "same_day"}),
    (
        "severe warmth on day 2 after laser",
        LASER,
        days("warmth", d2=3),
        {},
        {"burn.warmth_far_above": "same_day", "infection.warmth_above": "soon"},
    ),
    (
        "severe warmth on day 2 after laser, weak defence",
        LASER,
        days("warmth", d2=3),
        {"immunosuppressed": True},
        {"burn.warmth_far_above": "same_day", "infection.warmth_above": "same_day"},
    ),
    (
        "severe warmth on day 0 after laser",
        LASER,
        days("warmth", d0=3),
        {},
        {"infection.warmth_above": "soon"},
    ),
    (
        "warmth comes back",
        CIT,
        days("warmth", d2=1, d5=2),
        {},
        {"infection.warmth_above": "soon", "infection.warmth_rebound": "soon"},
    ),
    (
        "warmth grows by two",
        CIT,
        days("warmth", d2=0, d3=2),
        {},
        {"infection.warmth_above": "soon", "infection.warmth_rise": "soon"},
    ),
    # redness
    ("redness one above on day 5", CIT, days("redness", d5=2), {}, {}),
    ("redness one above on days 5, 6", CIT, days("redness", d5=2, d6=2), {}, {"redness.above": "routine"}),
    ("redness two above on day 5", CIT, days("redness", d5=3), {}, {"redness.far_above_or_late": "soon"}),
    ("mild redness on day 14", CIT, days("redness", d14=1), {}, {"redness.far_above_or_late": "soon"}),
    ("mild redness on day 10", CIT, days("redness", d10=1), {}, {}),
    ("redness grows by two inside the band", CIT, days("redness", d1=0, d2=2), {}, {}),
    (
        "redness grows by two above the band",
        CIT,
        days("redness", d4=0, d5=2),
        {},
        {"redness.rise": "soon", "redness.rebound": "soon"},
    ),
    ("deep needling, redness 2 on days 6, 7", CIT, days("redness", d6=2, d7=2), {"needle_depth_mm": 2.5}, {}),
    ("rosacea, on day 20 as red as ever", CIT, days("redness", d20=2), {"baseline": {"redness": 2}}, {}),
    ("rosacea, redness 3 on day 5", CIT, days("redness", d5=3), {"baseline": {"redness": 3}}, {}),
    (
        "own redness 1 before, moderate on days 9, 10",
        CIT,
        days("redness", d9=2, d10=2),
        {"baseline": {"redness": 1}},
        {"redness.above": "routine"},
    ),
    (
        "own redness 3 before, of which 2 count, severe on days 9, 10",
        CIT,
        days("redness", d9=3, d10=3),
        {"baseline": {"redness": 3}},
        {"redness.above": "routine"},
    ),
    (
        "own pain before is never taken off",
        CIT,
        days("pain", d9=2),
        {"baseline": {"pain": 2}},
        {"pain.moderate": "soon"},
    ),
    (
        "rosacea, redness 4 on day 5",
        CIT,
        days("redness", d5=4),
        {"baseline": {"redness": 3}},
        {"redness.far_above_or_late": "soon"},
    ),
    # itching
    ("itching 1 above with value 1", CIT, days("itching", d9=1), {}, {}),
    ("moderate itching on day 4", CIT, days("itching", d4=2), {}, {"dermatitis.itching": "routine"}),
    ("moderate itching on day 3", CIT, days("itching", d3=2), {}, {}),
    ("severe itching on day 3", CIT, days("itching", d3=3), {}, {"dermatitis.itching_severe": "soon"}),
    (
        "itching grows by two above",
        CIT,
        days("itching", d4=0, d5=2),
        {},
        {
            "dermatitis.itching": "routine",
            "dermatitis.itching_rise": "soon",
            "dermatitis.itching_rebound": "soon",
        },
    ),
    ("own itching 2 before", CIT, days("itching", d9=2), {"baseline": {"itching": 2}}, {}),
    # dryness, crusting, bruising
    ("dryness above on days 7, 10", CIT, days("dryness", d7=2, d10=2), {}, {"dermatitis.dryness": "routine"}),
    ("dryness above on day 7", CIT, days("dryness", d7=2), {}, {}),
    ("dryness above on day 7, as expected on day 10", CIT, days("dryness", d7=2, d10=1), {}, {}),
    ("very severe dryness suddenly", CIT, days("dryness", d7=0, d8=4), {}, {}),
    ("crusts on days 7, 10", CIT, days("crusting", d7=2, d10=2), {}, {"dermatitis.crusting": "routine"}),
    (
        "crusts above the band from a clock before the session on",
        CIT,
        {-1: {"crusting": 2}, 0: {"crusting": 2}},
        {},
        {"dermatitis.crusting": "routine"},
    ),
    ("bruise on days 7, 10", CIT, days("bruising", d7=2, d10=2), {}, {}),
    ("bruise on days 11, 14", CIT, days("bruising", d11=1, d14=1), {}, {"dermatitis.bruising": "routine"}),
    ("bruise on day 10, which does not count yet, and day 11", CIT, days("bruising", d10=2, d11=1), {}, {}),
    (
        "bruise on days 11, 14 on a blood thinner",
        CIT,
        days("bruising", d11=1, d14=1),
        {"blood_thinner": True},
        {},
    ),
    (
        "bruise on days 15, 18 on a blood thinner",
        CIT,
        days("bruising", d15=1, d18=1),
        {"blood_thinner": True},
        {"dermatitis.bruising": "routine"},
    ),
    (
        "bruise around the eye",
        CIT,
        {11: {"bruising": 1}, 14: {"bruising": 1, "sites": {"bruising": ["around_eye"]}}},
        {},
        {},
    ),
    ("laser, bruise", LASER, days("bruising", d1=1), {}, {"dermatitis.laser_bruising": "routine"}),
    (
        "laser, bruise that hurts",
        LASER,
        {0: {"bruising": 1, "pain": 2}},
        {},
        {"dermatitis.laser_bruising_painful": "soon"},
    ),
    ("laser, a crust", LASER, days("crusting", d3=1), {}, {"dermatitis.laser_crusting": "soon"}),
    ("laser, moderate crusts", LASER, days("crusting", d3=2), {}, {"burn.crusting": "same_day"}),
    (
        "laser, a crust that hurts",
        LASER,
        {0: {"crusting": 1, "pain": 2}},
        {},
        {"dermatitis.laser_crusting": "soon", "burn.crusting": "same_day"},
    ),
    ("laser, crust denied", LASER, days("crusting", d3=0), {}, {}),
    # what an absent answer means
    ("no answer is not zero: no rebound", CIT, {2: {"redness": 1}, 5: {"pain": 1}}, {}, {}),
    ("day 400 is judged by the last column", CIT, days("pain", d400=2), {}, {"pain.moderate": "soon"}),
]


@pytest.mark.parametrize(
    ("what", "modality", "course", "known", "rows"), LEVELS, ids=[level[0] for level in LEVELS]
)
def test_a_level_raises_its_row_and_its_twin_does_not(
    raised: Raised,
    told: Told,
    what: str,
    modality: str,
    course: dict[int, dict[str, Any]],
    known: dict[str, Any],
    rows: dict[str, str],
) -> None:
    assert raised(modality, told(course), **known) == rows


def test_every_level_row_of_the_pack_is_raised_by_some_named_case() -> None:
    from_levels = (
        "swelling.",
        "pain.",
        "redness.",
        "infection.warmth",
        "dermatitis.",
        "burn.warmth",
        "burn.crusting",
    )
    named = {row for level in LEVELS for row in level[4]}
    rows = {row for row in default_pack().rows if row.startswith(from_levels)}
    assert rows - named == set()


def test_the_sentence_of_a_fever_says_what_it_rests_on(findings: Callable[..., list[Finding]]) -> None:
    said: list[dict[str, Any]] = [
        {"feverish": True, "fever_c": 36.6},
        {"feverish": True, "fever_c": 101},
        {"feverish": True, "fever_c": 38.4},
        {"fever_c": 37.5, "painkiller_6h": True},
    ]
    found = [findings(CIT, {3: answers})[0] for answers in said]
    assert [one.reason for one in found] == [
        "Feels feverish on day 3.",
        "Feels feverish on day 3.",
        "Fever 38.4 °C on day 3.",
        "Fever 37.5 °C after a painkiller on day 3.",
    ]
    assert [[line.item for line in one.evidence] for one in found] == [
        ["feverish", "rule"],
        ["feverish", "rule"],
        ["fever_c", "feverish", "rule"],
        ["fever_c", "painkiller_6h", "rule"],
    ]


@pytest.mark.parametrize(
    ("said", "row"),
    [
        ({"spreading": True}, "infection.spreading_fever"),
        ({"swollen_glands": True}, "infection.glands_with_signs"),
        ({"blisters": "many"}, "widespread_herpes.many_blisters"),
        ({"lumps": True}, "nodules.lumps_with_signs"),
    ],
)
def test_a_fever_felt_and_a_fever_measured_are_the_same_sign(
    findings: Callable[..., list[Finding]], said: dict[str, Any], row: str
) -> None:
    def signs(**fever: Any) -> set[str]:
        return next(set(one.signs) for one in findings(CIT, {5: {**said, **fever}}) if one.row == row)

    felt = signs(feverish=True)
    assert "fever" in felt
    assert felt == signs(fever_c=38.5) == signs(fever_c=37.6, painkiller_6h=True)


@pytest.mark.parametrize(
    ("modality", "item", "day", "depth", "baseline", "cap"),
    [
        (Modality.MICRONEEDLING, "redness", 4, None, 0, 2),
        (Modality.MICRONEEDLING, "redness", 4, 1.5, 0, 2),
        (Modality.MICRONEEDLING, "redness", 6, 2.0, 0, 2),
        (Modality.MICRONEEDLING, "redness", 1, 2.0, 0, 3),
        (Modality.MICRONEEDLING, "redness", 2, 2.0, 0, 3),
        (Modality.MICRONEEDLING, "pain", 2, 2.0, 0, 2),
        (Modality.MICRONEEDLING, "pain", 4, 2.0, 0, 1),
        (Modality.MICRONEEDLING, "dryness", 2, 2.0, 0, 3),
        (Modality.MICRONEEDLING, "dryness", 5, 2.0, 0, 3),
        (Modality.MICRONEEDLING, "dryness", 8, 2.0, 0, 2),
        (Modality.MICRONEEDLING, "itching", 10, 2.0, 0, 0),
        (Modality.MICRONEEDLING, "crusting", 10, None, 0, 1),
        (Modality.MICRONEEDLING, "dryness", 14, None, 0, 0),
        (Modality.MICRONEEDLING, "redness", 10, None, 2, 2),
        (Modality.MICRONEEDLING, "redness", 10, None, 4, 2),
        (Modality.MICRONEEDLING, "redness", 0, None, 2, 3),
        (Modality.MICRONEEDLING, "pain", 10, None, 2, 0),
        (Modality.LASER_GENESIS, "redness", 3, 2.5, 0, 0),
        (Modality.LASER_GENESIS, "bruising", 0, None, 0, 0),
        (Modality.LASER_GENESIS, "dryness", 7, None, 0, 1),
        (Modality.LASER_GENESIS, "dryness", 400, None, 0, 0),
        (Modality.LASER_GENESIS, "redness", -3, None, 0, 2),
    ],
)
def test_the_band_of_a_day(
    modality: Modality, item: str, day: int, depth: float | None, baseline: int, cap: int
) -> None:
    assert expected(default_pack(), modality, item, day, needle_depth_mm=depth, baseline=baseline) == cap


def test_the_sentence_says_grade_day_band_and_yesterday(findings: Callable[..., list[Finding]]) -> None:
    (found,) = findings(CIT, days("swelling", d3=2, d4=2))
    assert (
        found.reason == "Swelling 2 (moderate) on day 4; at most 1 is expected, and it was 2 the day before."
    )
    line = found.evidence[0]
    assert (line.item, line.now, line.expected, line.before, line.before_day) == ("swelling", 2, 1, 2, 3)
    assert (found.grades, found.decisive, found.version) == ({"swelling": 2}, False, "default-1")


def test_the_sentence_of_a_prodrome_says_where_since_when_and_what_was_before(
    findings: Callable[..., list[Finding]],
) -> None:
    course = {1: {"tingling": False}, 3: {"tingling": True, "sites": {"tingling": ["lips"]}}}
    (found,) = findings(CIT, course, hsv_history=True)
    assert found.reason == "Tingling at the lips, new since day 1; had cold sores before."
    assert (found.signs, found.decisive) == (("tingling",), True)


def test_dark_skin_and_weak_defence_stand_in_the_evidence(findings: Callable[..., list[Finding]]) -> None:
    (found,) = findings(CIT, {20: {"ulcer": True}}, fitzpatrick=5, immunosuppressed=True)
    texts = {line.item: line.text for line in found.evidence}
    assert texts["fitzpatrick"] == "redness shows less on this skin"
    assert texts["immunosuppressed"] == "raises soon to same_day"


@pytest.mark.parametrize(("skin_type", "reminds"), [(None, False), (3, False), (4, True), (6, True)])
def test_that_redness_shows_less_is_said_from_skin_type_four_on(
    findings: Callable[..., list[Finding]], skin_type: int | None, *, reminds: bool
) -> None:
    (found,) = findings(CIT, {20: {"ulcer": True}}, fitzpatrick=skin_type)
    assert ("fitzpatrick" in {line.item for line in found.evidence}) is reminds


def test_what_never_raises_alone_is_evidence(findings: Callable[..., list[Finding]]) -> None:
    course = {2: {"swelling": 2}, 4: {"swelling": 2, "one_sided": True}}
    (found,) = findings(CIT, course)
    assert {line.text for line in found.evidence} >= {"clearly more on one side", "has not fallen since"}


def test_what_is_new_after_day_3_is_evidence(findings: Callable[..., list[Finding]]) -> None:
    (on_day_4,) = findings(CIT, {0: {"pain": 0}, 4: {"pain": 2}})
    assert "new after day 3" in {line.text for line in on_day_4.evidence}
    (on_day_3,) = findings(CIT, {0: {"pain": 0}, 3: {"pain": 2}})
    assert "new after day 3" not in {line.text for line in on_day_3.evidence}


@pytest.mark.parametrize(
    ("changes", "course", "rows"),
    [
        (
            {"course": {"rebound_high": 4}},
            days("warmth", d1=0, d2=2),
            {"infection.warmth_above", "infection.warmth_rise"},
        ),
        ({"course": {"rise": 1}}, days("pain", d1=0, d2=1), {"pain.rise"}),
        ({"course": {"rise": 1}}, days("pain", d2=1, d4=0, d6=1), set()),
        ({"swelling": {"severe": 1}}, days("swelling", d5=1), {"swelling.severe"}),
    ],
)
def test_each_row_goes_by_the_number_that_a_clinic_gave_it(
    changes: dict[str, Any], course: dict[int, dict[str, Any]], rows: set[str]
) -> None:
    pack, faults = changed(default_pack(), changes)
    assert faults == ()
    last = max(course)
    assert {one.row for one in judge(pack, timeline(CIT, course)) if one.day == last} == rows
