"""An answer that stands alone before the day from which its row counts alone, and what is company for it."""

from typing import Any

import msgspec
import pytest

from aftercare.checks import RulePack, default_pack, judge
from aftercare.checks.clinic_pack import changed
from aftercare.checks.floor import faults_of
from aftercare.checks.presets import laid_over, preset, preset_pack
from aftercare.model.findings import Finding
from aftercare.model.words import Tier
from tests.checks.conftest import filled, timeline

CIT, LASER = "microneedling", "laser_genesis"
FEWER = preset_pack("fewer-alerts-1")


def pack(**from_day: int) -> RulePack:
    """The shipped pack with rows that count alone only from a day on; `__` stands for the dot in a row's name."""
    rows = {row.replace("__", "."): {"alone_from_day": day} for row, day in from_day.items()}
    made, faults = changed(default_pack(), {"rows": rows})
    assert faults == ()
    return made


def last(by: RulePack, modality: str, course: dict[int, dict[str, Any]], **known: Any) -> list[Finding]:
    """What the last check-in of a course raises, told sparsely or with everything else denied alike."""
    day = f"day {max(course)}"
    sparse, whole = (
        [one for one in judge(by, timeline(modality, told, **known)) if one.check_in == day]
        for told in (course, filled(course))
    )
    assert [one.row for one in sparse] == [one.row for one in whole]
    return sparse


SWOLLEN = pack(swelling__moderate=6)
COURSES: list[tuple[str, dict[int, dict[str, Any]], bool]] = [
    ("alone", {4: {"swelling": 2}}, False),
    ("alone, on the day before the row counts alone", {5: {"swelling": 2}}, False),
    ("on the day from which it counts alone", {6: {"swelling": 2}}, True),
    ("with another grade above its band", {4: {"swelling": 2, "pain": 1}}, True),
    ("with another grade inside its band", {4: {"swelling": 2, "itching": 1, "dryness": 3}}, False),
    ("with redness above its band: nothing may need redness", {4: {"swelling": 2, "redness": 3}}, False),
    ("redness that raises by itself is no company either", {4: {"swelling": 2, "redness": 4}}, False),
    ("with another sign", {4: {"swelling": 2, "lumps": True}}, True),
    ("with a sign that is denied", {4: {"swelling": 2, "lumps": False}}, False),
    ("with words that worry", {4: {"swelling": 2, "note": "I am really worried, something is wrong."}}, True),
    ("with a sign told in words", {4: {"swelling": 2, "note": "There is yellow crust on my cheek."}}, True),
    ("with a wish to be called: it says nothing of the skin", {4: {"swelling": 2, "wants_contact": "urgent"}}, False),
    ("said the day before as well", {3: {"swelling": 2}, 4: {"swelling": 2}}, True),
    ("above its band the day before, and less", {3: {"swelling": 2}, 4: {"swelling": 2, "pain": 0}}, True),
    ("the day before inside its band", {2: {"swelling": 2}, 3: {"swelling": 2}}, False),
    ("said so long ago that it makes no two in a row", {0: {"swelling": 4}, 5: {"swelling": 2}}, False),
    ("something else was above the day before", {3: {"pain": 1}, 4: {"swelling": 2}}, False),
]  # fmt: skip


@pytest.mark.parametrize(("course", "counts"), [one[1:] for one in COURSES], ids=[one[0] for one in COURSES])
def test_a_grade_that_stands_alone_waits_for_company(
    course: dict[int, dict[str, Any]], *, counts: bool
) -> None:
    assert ("swelling.moderate" in {one.row for one in last(SWOLLEN, CIT, course)}) is counts
    assert "swelling.moderate" in {one.row for one in last(default_pack(), CIT, course)}


def test_a_day_before_the_session_is_day_0() -> None:
    assert [one.row for one in last(default_pack(), CIT, {-1: {"very_unwell": True}})] == [
        "infection.very_unwell"
    ]
    assert last(pack(nodules__lumps=1), CIT, {-1: {"lumps": True}}) == []


def test_two_answers_of_one_instant_are_no_company_for_each_other() -> None:
    line = timeline(CIT, {3: {"swelling": 2}, 4: {"swelling": 2}}, hours={3: 96.0, 4: 96.0})
    same = [msgspec.structs.replace(one, day=4) for one in line.check_ins]
    assert judge(SWOLLEN, msgspec.structs.replace(line, check_ins=same)) == []


def test_a_sign_is_said_twice_as_a_grade_is() -> None:
    lumps = pack(nodules__lumps=20)
    assert last(lumps, CIT, {10: {"lumps": True}}) == []
    (again,) = last(lumps, CIT, {10: {"lumps": True}, 14: {"lumps": True}})
    assert (again.row, again.tier) == ("nodules.lumps", Tier.SOON)
    assert [(one.item, one.text) for one in again.evidence if one.numbers == {"alone_from_day": 20.0}] == [
        ("lumps", "not alone: said on day 10 as well")
    ]


def test_another_sign_of_the_same_check_said_before_is_not_the_same_said_twice() -> None:
    sore = pack(infection__ulcer=20)
    assert last(sore, CIT, {9: {"spreading": True}, 10: {"ulcer": True}}) == []
    assert [one.row for one in last(sore, CIT, {9: {"ulcer": True}, 10: {"ulcer": True}})] == [
        "infection.ulcer"
    ]


def test_words_that_worry_are_company_under_their_own_name() -> None:
    told = {4: {"swelling": 2, "note": "I am really worried, something is wrong."}}
    (swelling,) = [one for one in last(SWOLLEN, CIT, told) if one.row == "swelling.moderate"]
    assert [one.item for one in swelling.evidence if one.numbers == {"alone_from_day": 6.0}] == ["note"]


def test_a_rise_inside_the_band_is_not_said_twice_by_its_own_beginning() -> None:
    """What was low the day before is what makes it a rise: it is no second voice for it."""
    rise = pack(swelling__rise=6)
    assert last(rise, CIT, {1: {"swelling": 0}, 2: {"swelling": 2}}) == []
    assert [one.row for one in last(default_pack(), CIT, {1: {"swelling": 0}, 2: {"swelling": 2}})] == [
        "swelling.rise"
    ]


def test_what_counts_for_its_company_says_so_before_its_source() -> None:
    (pain,) = last(pack(pain__moderate=6), CIT, {4: {"pain": 2, "warmth": 1}})
    *_, company, source = pain.evidence
    assert (company.item, company.text) == (
        "warmth",
        "not alone: warmth 1 (mild) is above what is expected as well",
    )
    assert company.numbers == {"alone_from_day": 6.0}
    assert source.text.startswith("rule pain.moderate") or source.item == "rule"

    (other,) = [
        one
        for one in last(pack(pain__moderate=6), CIT, {4: {"pain": 2, "lumps": True}})
        if one.row == "pain.moderate"
    ]
    assert [(one.item, one.text) for one in other.evidence if "not alone" in one.text] == [
        ("lumps", "not alone: Firm lumps, on day 4")
    ]
    (twice,) = last(pack(pain__moderate=6), CIT, {3: {"pain": 2}, 4: {"pain": 2}})
    assert "not alone: above what is expected the day before as well" in {one.text for one in twice.evidence}


def test_a_row_that_is_off_is_no_company() -> None:
    rows = {"swelling.moderate": {"alone_from_day": 6}, "nodules.lumps": {"off": True}}
    quiet, _ = changed(default_pack(), {"rows": rows})
    assert last(quiet, CIT, {4: {"swelling": 2, "lumps": True}}) == []


def test_the_shipped_pack_asks_company_of_no_row() -> None:
    assert {row.alone_from_day for row in default_pack().rows.values()} == {0}


def test_the_preset_is_a_pack_that_a_clinic_may_release() -> None:
    assert faults_of(default_pack(), FEWER) == ()
    assert FEWER.version == "default-1+fewer-alerts-1"
    moved = {name for name, row in FEWER.rows.items() if row != default_pack().rows[name]}
    assert moved == set(preset("fewer-alerts-1").changes["rows"])
    assert not [name for name in moved if default_pack().rows[name].floor]
    assert {name for name in moved if FEWER.rows[name].tier is not default_pack().rows[name].tier} == {
        "redness.far_above_or_late"
    }


@pytest.mark.parametrize("grade", [2, 3, 4])
def test_of_one_item_a_higher_grade_never_waits_longer_than_a_lower_one(grade: int) -> None:
    """A preset that holds moderate swelling on a day on which mild swelling alone is told would punish saying more."""
    for modality in (CIT, LASER):
        for day in (6, 7, 10, 14, 21, 28):
            assert last(FEWER, modality, {day: {"swelling": 1}})
            assert last(FEWER, modality, {day: {"swelling": grade}})


SLIPS: list[tuple[str, str, dict[int, dict[str, Any]]]] = [
    (
        "moderate swelling for mild on day 3",
        CIT,
        {2: {"swelling": 1}, 3: {"swelling": 2}},
    ),
    ("severe swelling for moderate on the first day", CIT, {0: {"swelling": 2}, 1: {"swelling": 3}}),
    ("moderate itching for mild on day 5", CIT, {4: {"itching": 1}, 5: {"itching": 2}}),
    ("a mild crust for nothing after laser", LASER, {2: {}, 3: {"crusting": 1}}),
    ("a mild bruise for nothing after laser", LASER, {2: {}, 3: {"bruising": 1}}),
    ("late redness for nothing", CIT, {14: {"redness": 0}, 21: {"redness": 1}}),
]


@pytest.mark.parametrize(("modality", "course"), [one[1:] for one in SLIPS], ids=[one[0] for one in SLIPS])
def test_a_slip_that_the_shipped_pack_tells_waits_in_the_preset_and_is_told_when_it_stays(
    modality: str, course: dict[int, dict[str, Any]]
) -> None:
    assert last(default_pack(), modality, course)
    assert last(FEWER, modality, course) == []
    day = max(course)
    after = {21: 28}.get(day, day + 1)
    stays = {**course, after: course[day]}
    assert last(FEWER, modality, stays)


def test_the_floor_counts_alone_from_the_first_day() -> None:
    faults = faults_of(*(default_pack(), changed(default_pack(), _alone("cold_sore.tingling", 1))[0]))
    assert [(one.pointer, one.rows) for one in faults] == [
        ("/rows/cold_sore.tingling/alone_from_day", ("cold_sore.tingling",))
    ]
    _, unreadable = changed(default_pack(), _alone("pain.mild", 91))
    assert [(one.pointer, one.sentence) for one in unreadable] == [
        ("/rows/pain.mild/alone_from_day", "This must be a whole number from 0 to 90.")
    ]


def _alone(row: str, day: int) -> dict[str, Any]:
    return {"rows": {row: {"alone_from_day": day}}}


def test_changes_laid_over_others_keep_what_they_do_not_touch() -> None:
    below = {"rows": {"pain.mild": {"tier": "soon", "off": True}}, "pain": {"some": 2}}
    above = {"rows": {"pain.mild": {"off": False}, "pain.rise": {"off": True}}, "fever": {"celsius": 37.8}}
    assert laid_over(below, above) == {
        "rows": {"pain.mild": {"tier": "soon", "off": False}, "pain.rise": {"off": True}},
        "pain": {"some": 2},
        "fever": {"celsius": 37.8},
    }
    assert laid_over({"pain": 3}, {"pain": {"some": 1}}) == {"pain": {"some": 1}}
    assert below["rows"] == {"pain.mild": {"tier": "soon", "off": True}}
