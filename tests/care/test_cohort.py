"""The synthetic cohort: the same from the same seed, plainly made up, natural where uneventful, ill where told to be."""

import json
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise, product
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import aftercare.checks
from aftercare.care import calendar
from aftercare.care.cohort import (
    Story,
    SyntheticCheckIn,
    SyntheticPatient,
    draw,
    draw_episode,
    draw_visits,
    timeline,
)
from aftercare.care.natural import draw_skin
from aftercare.care.rates import rates
from aftercare.care.stories import DECK, NOTHING_WRONG
from aftercare.checks.engine import judge
from aftercare.checks.pack import default_pack
from aftercare.model.timeline import Treatment
from aftercare.model.words import Code, Modality, Tier

NOW = datetime(2026, 3, 29, 14, 30, tzinfo=UTC)  # the day on which clocks go forward in Europe
GRADES = ("redness", "swelling", "pain", "warmth", "itching", "dryness", "bruising", "crusting")
NATURAL = {Story.UNEVENTFUL, Story.SKIPS_ITEMS, Story.SILENT}

# Which answer shows that a story has begun, and since which day it may (clinical.md 2).
FIRST_SIGN = {
    Story.COLD_SORE: ("tingling", (1, 2, 3)),
    Story.SWELLING_STAYS: ("swelling", (3, 4)),
    Story.INFECTION: ("spreading", (2, 3, 4, 5)),
    Story.MILIA: ("white_bumps", (14, 21)),
    Story.LASER_BURN: ("pain", (0,)),
    Story.PROLONGED_REDNESS: ("redness", (10,)),
    Story.EYE_EMERGENCY: ("eye", (2, 3, 4)),
    Story.AIRWAY_EMERGENCY: ("breathing_or_tongue", (0, 1)),
    Story.CONTACT_REQUEST: ("wants_contact", (2, 3, 5)),
}


@pytest.fixture(scope="module")
def cohort() -> list[SyntheticPatient]:
    return draw(7, 400, now=NOW)


@pytest.fixture(scope="module")
def expected() -> dict[str, dict[str, list[int]]]:
    """The highest expected grades, as the default rule pack has them."""
    pack = Path(next(iter(aftercare.checks.__path__))) / "packs" / "default-1.toml"
    table: dict[str, dict[str, list[int]]] = tomllib.loads(pack.read_text())["expected"]
    return table


def highest(table: dict[str, list[int]], item: str, day: int) -> int:
    return max(
        (start, cap) for start, cap in zip(table["from_day"], table[item], strict=True) if start <= day
    )[1]


def of(cohort: Iterable[SyntheticPatient], *stories: Story) -> list[SyntheticPatient]:
    found = [patient for patient in cohort if patient.story in stories]
    assert found
    return found


def shows(one: SyntheticCheckIn, key: str, grade: int) -> bool:
    value = one.answers.get(key)
    return (
        value >= grade
        if key in GRADES and value is not None
        else value not in (None, False, "no", "none", [])
    )


def test_the_same_seed_and_instant_draw_the_same_cohort() -> None:
    assert draw(3, 40, now=NOW) == draw(3, 40, now=NOW)
    assert draw(3, 40, now=NOW) != draw(4, 40, now=NOW)


def test_more_patients_never_change_the_first_ones(cohort: list[SyntheticPatient]) -> None:
    assert draw(7, 25, now=NOW) == cohort[:25]


def test_a_seed_draws_the_very_people_that_it_drew_when_figures_were_published() -> None:
    """A seed stands in figures and in reports of faults. Whoever changes what is drawn gives the rates another name."""
    assert rates().version == "rates-2"
    kinds = product(Modality, (1, 6), (True, False), (True, False), range(10))
    drawn: dict[str, Any] = {
        "demo": draw(7, 60, now=NOW),
        "visits": [draw_visits(7, index, now=NOW, days=300) for index in range(40)],
        "episodes": [
            draw_episode(7, index, modality=modality, skin_type=skin, complicated=ill, slips=slips)
            for modality, skin, ill, slips, index in kinds
        ],
    }
    digests = {name: sha256(msgspec.json.encode(people)).hexdigest()[:16] for name, people in drawn.items()}
    assert digests == {
        "demo": "52fba358d5c19482",
        "visits": "437008e4ca598308",
        "episodes": "f8e181caa4c34672",
    }


def test_nobody_could_be_taken_for_a_real_person(cohort: list[SyntheticPatient]) -> None:
    assert all(patient.name.startswith("Sample ") for patient in cohort)
    assert all(patient.second_identifier.startswith("SYN-") for patient in cohort)


def test_names_identifiers_and_ids_are_unique(cohort: list[SyntheticPatient]) -> None:
    for key in ("name", "second_identifier", "id"):
        assert len({getattr(patient, key) for patient in cohort}) == len(cohort)
    ids = [one.id for patient in cohort for one in patient.check_ins]
    assert len(set(ids)) == len(ids)


def test_everyone_is_adult_on_the_day_of_the_session(cohort: list[SyntheticPatient]) -> None:
    for patient in cohort:
        age = (patient.session_at.date() - patient.birth_date) / timedelta(days=365.2425)
        assert 18 <= age <= 71


def test_a_small_demo_holds_every_story() -> None:
    assert {patient.story for patient in draw(1, len(DECK), now=NOW)} == set(DECK)
    assert len(DECK) <= 20


@settings(max_examples=40)
@given(
    seed=st.integers(),
    now=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001  # bounds
)
def test_answers_lie_on_due_days_after_the_session_and_before_now(seed: int, now: datetime) -> None:
    for patient in draw(seed, len(DECK), now=now):
        assert timedelta(0) < now - patient.session_at < timedelta(days=36)
        due = {
            one.day: one for one in calendar.calendar(patient.modality, patient.session_at, patient.time_zone)
        }
        for one in patient.check_ins:
            assert due[one.day].due_at <= one.recorded_at < due[one.day].ends_at
            assert one.recorded_at <= now
            assert one.day == calendar.day_of(patient.session_at, one.recorded_at, patient.time_zone)
        assert [one.day for one in patient.check_ins] == sorted(one.day for one in patient.check_ins)


def test_sessions_begin_in_the_clinics_day(cohort: list[SyntheticPatient]) -> None:
    for patient in cohort:
        assert 9 <= patient.session_at.astimezone(ZoneInfo(patient.time_zone)).hour < 17


@pytest.mark.parametrize("modality", Modality)
def test_an_uneventful_course_stays_within_what_is_expected(
    cohort: list[SyntheticPatient], expected: dict[str, dict[str, list[int]]], modality: Modality
) -> None:
    judged = 0
    for patient in of(cohort, *NATURAL):
        if patient.modality is not modality:
            continue
        deep = (patient.treatment.needle_depth_mm or 0) >= 2
        for one in patient.check_ins:
            for item in GRADES:
                later = (
                    0
                    if not deep or one.day < 2 or item == "itching"
                    else 1
                    if item in ("pain", "warmth")
                    else 3
                )
                days = (one.day, max(0, one.day - later))
                cap = max(highest(expected[modality], item, day) for day in days)
                assert one.answers.get(item, 0) <= cap + patient.risks.baseline.get(item, 0)
                judged += item in one.answers
    assert judged > 500


def test_an_uneventful_course_never_jumps_by_two_within_a_day(cohort: list[SyntheticPatient]) -> None:
    for patient in of(cohort, Story.UNEVENTFUL):
        for before, after in pairwise(patient.check_ins):
            if after.day - before.day == 1 and after.day > 1:
                for item in ("pain", "warmth", "swelling", "redness"):
                    assert after.answers[item] - before.answers[item] < 2


def test_an_uneventful_patient_denies_every_sign(cohort: list[SyntheticPatient]) -> None:
    for patient in of(cohort, *NATURAL):
        for one in patient.check_ins:
            signs = {key: value for key, value in one.answers.items() if key not in GRADES}
            assert all(value in (False, "none", "no", []) for value in signs.values())


def test_noise_makes_courses_differ(cohort: list[SyntheticPatient]) -> None:
    courses = {tuple(one.answers["redness"] for one in p.check_ins[:4]) for p in of(cohort, Story.UNEVENTFUL)}
    assert len(courses) > 8


@pytest.mark.parametrize("story", FIRST_SIGN)
def test_a_complication_has_begun_on_a_plausible_day_and_was_reported(
    cohort: list[SyntheticPatient], story: Story
) -> None:
    key, days = FIRST_SIGN[story]
    grade = {"pain": 3, "swelling": 3, "redness": 2}.get(key, 1)
    for patient in of(cohort, story):
        begun = [one.day for one in patient.check_ins if one.day >= min(days) and shows(one, key, grade)]
        assert begun, patient
        assert begun[0] in days


def test_blisters_follow_the_prodrome(cohort: list[SyntheticPatient]) -> None:
    followed = 0
    for patient in of(cohort, Story.COLD_SORE):
        assert patient.risks.hsv_history
        assert patient.modality is Modality.MICRONEEDLING
        tingling = [one.day for one in patient.check_ins if one.answers["tingling"]]
        blisters = [one.day for one in patient.check_ins if one.answers["blisters"] == "few"]
        followed += bool(blisters)
        assert all(tingling[0] < day for day in blisters)
    assert followed


def test_burns_are_the_lasers(cohort: list[SyntheticPatient]) -> None:
    assert {patient.modality for patient in of(cohort, Story.LASER_BURN)} == {Modality.LASER_GENESIS}


def test_the_silent_ones_answered_first_and_then_let_a_due_day_pass(cohort: list[SyntheticPatient]) -> None:
    for patient in of(cohort, Story.SILENT):
        assert patient.silent_from is not None
        assert patient.check_ins
        assert all(one.day < patient.silent_from for one in patient.check_ins)
        due = calendar.calendar(patient.modality, patient.session_at, patient.time_zone)
        assert any(one.day >= patient.silent_from and one.ends_at <= NOW for one in due)


def test_those_who_skip_leave_out_items_without_denying_them(cohort: list[SyntheticPatient]) -> None:
    whole = len(of(cohort, Story.UNEVENTFUL)[0].check_ins[0].answers)
    for patient in of(cohort, Story.SKIPS_ITEMS):
        assert all(len(one.answers) < whole for one in patient.check_ins)


def test_late_signs_are_asked_from_day_7_and_the_numbing_cream_on_day_0(
    cohort: list[SyntheticPatient],
) -> None:
    for patient in of(cohort, Story.UNEVENTFUL):
        for one in patient.check_ins:
            assert ("white_bumps" in one.answers) == (one.day >= 7)
            numbed = bool(patient.treatment.anaesthetic) and one.day == 0
            assert ("numbing_reaction" in one.answers) == numbed


@pytest.mark.parametrize(
    ("story", "code", "tier"),
    [
        (Story.COLD_SORE, Code.COLD_SORE, Tier.SAME_DAY),
        (Story.SWELLING_STAYS, Code.SWELLING, Tier.SOON),
        (Story.INFECTION, Code.INFECTION, Tier.SAME_DAY),
        (Story.MILIA, Code.MILIA, Tier.ROUTINE),
        (Story.LASER_BURN, Code.BURN, Tier.SAME_DAY),
        (Story.PROLONGED_REDNESS, Code.REDNESS, Tier.SOON),
        (Story.EYE_EMERGENCY, Code.EYE, Tier.EMERGENCY),
        (Story.AIRWAY_EMERGENCY, Code.AIRWAY, Tier.EMERGENCY),
        (Story.CONTACT_REQUEST, Code.CONTACT_REQUEST, Tier.ROUTINE),
    ],
)
def test_the_checks_find_what_a_story_tells(
    cohort: list[SyntheticPatient], story: Story, code: Code, tier: Tier
) -> None:
    for patient in of(cohort, story):
        found = judge(default_pack(), timeline(patient))
        assert max(one.tier.rank for one in found if one.code is code) >= tier.rank


def test_the_checks_find_nothing_in_an_uneventful_course(cohort: list[SyntheticPatient]) -> None:
    for patient in of(cohort, *NATURAL):
        assert judge(default_pack(), timeline(patient)) == []


def test_answers_share_no_state(cohort: list[SyntheticPatient]) -> None:
    first, second = (one.answers for one in of(cohort, Story.UNEVENTFUL)[0].check_ins[:2])
    assert first["eye"] is not second["eye"]


def test_a_patient_becomes_a_timeline_file(cohort: list[SyntheticPatient]) -> None:
    for patient in cohort[: len(DECK)]:
        file: dict[str, Any] = json.loads(msgspec.json.encode(timeline(patient)))
        assert datetime.fromisoformat(file["session_at"]) == patient.session_at
        assert [one["answers"] for one in file["check_ins"]] == [one.answers for one in patient.check_ins]
        assert all(one["hours_after"] > 0 for one in file["check_ins"])


# --- the episodes by which rules are judged


def episodes(n: int, *, complicated: bool, slips: bool = True, **more: Any) -> list[SyntheticPatient]:
    usual: dict[str, Any] = {"modality": Modality.MICRONEEDLING, "skin_type": 3}
    return [
        draw_episode(5, index, complicated=complicated, slips=slips, **(usual | more)) for index in range(n)
    ]


def test_an_episode_depends_on_its_seed_and_number_alone() -> None:
    alone = draw_episode(5, 17, modality=Modality.LASER_GENESIS, skin_type=6, complicated=True)
    among = episodes(20, complicated=True, modality=Modality.LASER_GENESIS, skin_type=6)
    assert among[17] == alone
    assert alone != draw_episode(6, 17, modality=Modality.LASER_GENESIS, skin_type=6, complicated=True)


@pytest.mark.parametrize("modality", Modality)
def test_every_complication_of_a_modality_is_drawn_within_its_onset_window(modality: Modality) -> None:
    drawn = episodes(500, complicated=True, modality=modality, skin_type=4)
    possible = {script.name: script for script in rates().possible(modality, 4)}
    assert {one.story for one in drawn} == set(possible)
    for one in drawn:
        assert one.onset in possible[one.story].onsets
        assert one.risks.fitzpatrick == 4


def test_pigment_comes_to_the_skins_that_it_comes_to() -> None:
    assert Story.PIGMENT not in {one.story for one in episodes(220, complicated=True, skin_type=2)}
    assert Story.PIGMENT in {one.story for one in episodes(220, complicated=True, skin_type=3)}


def test_what_is_drawn_as_uneventful_has_no_complication() -> None:
    assert {one.story for one in episodes(200, complicated=False)} <= set(NOTHING_WRONG)


def test_a_skin_is_drawn_without_the_band_of_the_rules(expected: dict[str, dict[str, list[int]]]) -> None:
    """Natural courses come from what was published of peaks and ends, so some people are above the band: no circle."""
    above = 0
    for one in episodes(150, complicated=False, slips=False):
        if (one.treatment.needle_depth_mm or 0) >= 2:
            continue
        for said in one.check_ins:
            caps = {item: highest(expected[one.modality], item, said.day) for item in GRADES}
            above += any(said.answers.get(item, 0) > cap + one.own.get(item, 0) for item, cap in caps.items())
    assert above >= 3


def test_redness_is_reported_less_on_dark_skin_and_nothing_else_is() -> None:
    def mean(item: str, skin_type: int) -> float:
        given: list[int] = [
            said.answers[item]
            for one in episodes(120, complicated=False, skin_type=skin_type)
            for said in one.check_ins
            if said.day <= 3 and item in said.answers
        ]
        return sum(given) / len(given)

    assert mean("redness", 6) < mean("redness", 1) - 0.15
    assert abs(mean("swelling", 6) - mean("swelling", 1)) < 0.1


def test_deep_needling_shows_longer() -> None:
    def last_day(depth: float) -> float:
        chance = Random(3)  # noqa: S311 - the same people in both
        ends: list[int] = []
        for _ in range(200):
            treatment = Treatment(needle_depth_mm=depth)
            skin = draw_skin(chance, rates(), Modality.MICRONEEDLING, treatment, skin_type=2, own={})
            ends.append(max(day for day in range(20) if day == 0 or skin.grades(day)["redness"]))
        return sum(ends) / len(ends)

    assert last_day(2.5) > last_day(1.0) + 2
    assert last_day(1.0) > last_day(0.5)


def test_people_answer_with_slips_and_without_them_mistake_nothing() -> None:
    plain, noisy = (
        episodes(150, complicated=False, slips=slips, modality=Modality.LASER_GENESIS)
        for slips in (False, True)
    )
    assert not any(said.answers.get("crusting") for one in plain for said in one.check_ins)
    assert any(said.answers.get("crusting") for one in noisy for said in one.check_ins)
    for drawn in (plain, noisy):
        days = [one.day for patient in drawn for one in patient.check_ins]
        due = len(drawn) * len(calendar.DAYS[Modality.LASER_GENESIS])
        assert 0.7 < len(days) / due < 0.95
        assert set(days) - set(calendar.DAYS[Modality.LASER_GENESIS])  # the late ones
        skipped = sum(
            len(GRADES) - len(set(GRADES) & set(said.answers)) for one in drawn for said in one.check_ins
        )
        assert skipped


def test_a_simulated_clinic_has_complications_at_their_rates() -> None:
    visits = [visit for index in range(350) for visit in draw_visits(2, index, now=NOW, days=200)]
    ill = sum(visit.story not in NOTHING_WRONG for visit in visits) / len(visits)
    by_rate = {
        modality: sum(script.per_thousand for script in rates().possible(modality, 4)) / 1000
        for modality in Modality
    }
    assert min(by_rate.values()) - 0.03 < ill < max(by_rate.values()) + 0.03
    assert sum(visit.story is Story.ACNE_FLARE for visit in visits) > sum(
        visit.story is Story.NODULES for visit in visits
    )


def test_every_complication_has_a_reference_day_and_the_code_it_must_raise() -> None:
    for script in rates().stories:
        assert script.steps[0].after == 0
        assert rates().reference_day(script.name, 3) == 3 + rates().reference_days[script.codes[0]]
    raised = {code for script in rates().stories for code in script.codes}
    assert raised == set(Code) - {Code.SILENCE, Code.NOTE, Code.CONTACT_REQUEST}
    with pytest.raises(ValueError, match="nothing goes wrong"):
        rates().reference_day(Story.UNEVENTFUL, 3)
