"""Every row of signs, in clinical words, beside its harmless twin (rules.md 3)."""

from collections.abc import Callable
from typing import Any

import pytest

from aftercare.checks import default_pack

CIT, LASER = "microneedling", "laser_genesis"
Raised = Callable[..., dict[str, str]]
Told = Callable[[dict[int, dict[str, Any]]], dict[int, dict[str, Any]]]

# what happens | modality | answers by day | what is known | rows and tiers (all of them)
SIGNS: list[tuple[str, str, dict[int, dict[str, Any]], dict[str, Any], dict[str, str]]] = [
    # airway, anaesthetic
    ("tongue swells", CIT, {9: {"breathing_or_tongue": True}}, {}, {"airway.breathing": "emergency"}),
    ("tongue denied", CIT, {9: {"breathing_or_tongue": False}}, {}, {}),
    (
        "hives elsewhere at 40 h",
        LASER,
        {1: {"hives": "elsewhere"}},
        {"hours": {1: 40}},
        {"airway.hives_elsewhere": "emergency"},
    ),
    (
        "hives elsewhere at 49 h",
        LASER,
        {2: {"hives": "elsewhere"}},
        {"hours": {2: 49}},
        {"allergy.hives_elsewhere": "same_day"},
    ),
    (
        "metallic taste on the day",
        CIT,
        {0: {"numbing_reaction": True}},
        {},
        {"anaesthetic.day_0": "emergency"},
    ),
    (
        "metallic taste told a day later",
        CIT,
        {1: {"numbing_reaction": True}},
        {},
        {"anaesthetic.later": "same_day"},
    ),
    # eye
    ("floaters", LASER, {5: {"eye": ["vision"]}}, {}, {"eye.vision": "emergency"}),
    ("eye pain on day 1", LASER, {1: {"eye": ["pain"]}}, {}, {"eye.pain_early": "emergency"}),
    ("eye pain on day 3", LASER, {3: {"eye": ["pain"]}}, {}, {"eye.pain": "same_day"}),
    ("eye shut on day 3", CIT, {3: {"eye": ["shut"]}}, {}, {"eye.shut_late_or_ill": "emergency"}),
    ("eye shut on day 1", CIT, {1: {"eye": ["shut"]}}, {}, {"eye.shut": "same_day"}),
    (
        "eye shut on day 1, painful skin",
        CIT,
        {1: {"eye": ["shut"], "pain": 2}},
        {},
        {"eye.shut_late_or_ill": "emergency"},
    ),
    (
        "eye shut on day 1, feverish",
        CIT,
        {1: {"eye": ["shut"], "feverish": True}},
        {},
        {"eye.shut_late_or_ill": "emergency", "infection.fever": "same_day"},
    ),
    (
        "lids and swollen face",
        CIT,
        {1: {"eye": ["lid_swelling"], "swelling": 2}},
        {},
        {"eye.lids_with_swelling": "same_day"},
    ),
    ("lids and mild swelling", CIT, {1: {"eye": ["lid_swelling"], "swelling": 1}}, {}, {}),
    # cold sore
    ("tingling on day 1", CIT, {1: {"tingling": True}}, {}, {"cold_sore.tingling": "same_day"}),
    ("tingling on day 0, nothing known", CIT, {0: {"tingling": True}}, {}, {}),
    ("tingling on day 0, never had cold sores", CIT, {0: {"tingling": True}}, {"hsv_history": False}, {}),
    (
        "tingling on day 0, had cold sores",
        CIT,
        {0: {"tingling": True}},
        {"hsv_history": True},
        {"cold_sore.tingling": "same_day"},
    ),
    (
        "tingling on day 0 at the lips",
        CIT,
        {0: {"tingling": True, "sites": {"tingling": ["lips"]}}},
        {},
        {"cold_sore.tingling": "same_day"},
    ),
    (
        "tingling on day 0 on the cheek",
        CIT,
        {0: {"tingling": True, "sites": {"tingling": ["cheek"]}}},
        {},
        {},
    ),
    (
        "tingling only placed, on day 2",
        CIT,
        {2: {"sites": {"tingling": ["chin"]}}},
        {},
        {"cold_sore.tingling": "same_day"},
    ),
    (
        "tingling denied, though placed",
        CIT,
        {2: {"tingling": False, "sites": {"tingling": ["chin"]}}},
        {},
        {},
    ),
    (
        "hot tingling right after laser",
        LASER,
        {0: {"tingling": True, "warmth": 3}},
        {"hsv_history": True},
        {"burn.tingling": "same_day", "infection.warmth_above": "soon"},
    ),
    ("tingling right after laser, warm as expected", LASER, {0: {"tingling": True, "warmth": 2}}, {}, {}),
    (
        "blisters on day 4 after needling",
        CIT,
        {4: {"blisters": "few"}},
        {},
        {"cold_sore.blisters": "same_day"},
    ),
    (
        "blisters on day 2 after needling",
        CIT,
        {2: {"blisters": "few"}},
        {},
        {"cold_sore.blisters": "same_day", "burn.blisters": "same_day"},
    ),
    ("blisters denied", CIT, {4: {"blisters": "none", "grouped": False}}, {}, {}),
    (
        "blisters denied, though placed",
        CIT,
        {4: {"blisters": "none", "sites": {"blisters": ["lips"]}}},
        {},
        {},
    ),
    ("blisters after laser", LASER, {4: {"blisters": "few"}}, {}, {"burn.blisters": "same_day"}),
    (
        "blisters around the eye",
        LASER,
        {4: {"blisters": "few", "sites": {"blisters": ["around_eye"]}}},
        {},
        {"burn.blisters": "same_day", "cold_sore.blisters_at_eye": "emergency"},
    ),
    (
        "blisters and swollen lid",
        CIT,
        {4: {"blisters": "few", "eye": ["lid_swelling"]}},
        {},
        {"cold_sore.blisters": "same_day", "cold_sore.blisters_at_eye": "emergency"},
    ),
    (
        "many blisters, spreading",
        CIT,
        {4: {"blisters": "many", "spreading": True}},
        {},
        {
            "cold_sore.blisters": "same_day",
            "widespread_herpes.many_blisters": "emergency",
            "infection.spreading": "same_day",
        },
    ),
    (
        "many blisters, weak immune defence",
        LASER,
        {4: {"blisters": "many"}},
        {"immunosuppressed": True},
        {"burn.blisters": "same_day", "widespread_herpes.many_blisters": "emergency"},
    ),
    ("many blisters alone", CIT, {4: {"blisters": "many"}}, {}, {"cold_sore.blisters": "same_day"}),
    (
        "sore that hurts on day 5",
        CIT,
        {5: {"ulcer": True, "pain": 2}},
        {},
        {"cold_sore.painful_ulcer": "same_day", "infection.ulcer": "soon", "pain.moderate": "soon"},
    ),
    (
        "sore that hurts on day 11",
        CIT,
        {11: {"ulcer": True, "pain": 2}},
        {},
        {"infection.ulcer": "soon", "pain.moderate": "soon"},
    ),
    # raw skin
    (
        "raw patch on day 2 after needling",
        CIT,
        {2: {"raw_or_grey_skin": True}},
        {},
        {"burn.raw_skin": "same_day"},
    ),
    (
        "raw patch on day 3 after needling",
        CIT,
        {3: {"raw_or_grey_skin": True}},
        {},
        {"infection.raw_skin": "same_day"},
    ),
    (
        "raw patch on day 9 after laser",
        LASER,
        {9: {"raw_or_grey_skin": True}},
        {},
        {"burn.raw_skin": "same_day"},
    ),
    (
        "raw patch with severe pain",
        CIT,
        {0: {"raw_or_grey_skin": True, "pain": 3}},
        {},
        {"burn.raw_skin_severe_pain": "emergency", "burn.raw_skin": "same_day", "pain.severe": "same_day"},
    ),
    # infection
    ("faint", LASER, {20: {"very_unwell": True}}, {}, {"infection.very_unwell": "emergency"}),
    ("spreading", CIT, {2: {"spreading": True}}, {}, {"infection.spreading": "same_day"}),
    (
        "spreading with fever",
        CIT,
        {2: {"spreading": True, "fever_c": 38.0}},
        {},
        {
            "infection.spreading": "same_day",
            "infection.spreading_fever": "emergency",
            "infection.fever": "same_day",
        },
    ),
    (
        "spreading with chills on day 1",
        CIT,
        {1: {"spreading": True, "chills": True}},
        {},
        {"infection.spreading": "same_day", "infection.spreading_fever": "emergency"},
    ),
    (
        "spreading with the worst pain",
        CIT,
        {1: {"spreading": True, "pain": 4}},
        {},
        {
            "infection.spreading": "same_day",
            "infection.spreading_worst_pain": "emergency",
            "pain.severe": "same_day",
        },
    ),
    ("yellow crust", CIT, {0: {"yellow_crust": True}}, {}, {"infection.yellow_crust": "same_day"}),
    ("weeping on day 1 after needling", CIT, {1: {"weeping": True}}, {}, {}),
    ("weeping on day 2 after needling", CIT, {2: {"weeping": True}}, {}, {"infection.weeping": "same_day"}),
    ("weeping on day 0 after laser", LASER, {0: {"weeping": True}}, {}, {"infection.weeping": "same_day"}),
    ("37.9 degrees", CIT, {3: {"fever_c": 37.9}}, {}, {}),
    (
        "37.5 degrees under a painkiller",
        CIT,
        {3: {"fever_c": 37.5, "painkiller_6h": True}},
        {},
        {"infection.fever": "same_day"},
    ),
    ("37.4 degrees under a painkiller", CIT, {3: {"fever_c": 37.4, "painkiller_6h": True}}, {}, {}),
    ("feels feverish", CIT, {3: {"feverish": True}}, {}, {"infection.fever": "same_day"}),
    ("a painkiller alone", CIT, {3: {"painkiller_6h": True}}, {}, {}),
    ("chills on day 1", CIT, {1: {"chills": True}}, {}, {}),
    ("chills on day 2", CIT, {2: {"chills": True}}, {}, {"infection.chills": "same_day"}),
    (
        "chills on day 1 with severe swelling",
        CIT,
        {1: {"chills": True, "swelling": 3}},
        {},
        {"infection.chills": "same_day", "swelling.severe": "soon"},
    ),
    (
        "chills on day 1 with glands",
        CIT,
        {1: {"chills": True, "swollen_glands": True}},
        {},
        {"infection.chills": "same_day", "infection.glands_with_signs": "same_day"},
    ),
    (
        "a few pus spots, painless",
        CIT,
        {4: {"pus_spots": "few", "pain": 0}},
        {},
        {"acne_flare.few_pus_spots": "routine"},
    ),
    (
        "a few pus spots, pain not asked",
        CIT,
        {4: {"pus_spots": "few"}},
        {},
        {"acne_flare.few_pus_spots": "routine"},
    ),
    (
        "a few pus spots that hurt",
        CIT,
        {0: {"pus_spots": "few", "pain": 2}},
        {},
        {"infection.pus_spots": "soon"},
    ),
    ("many pus spots", CIT, {4: {"pus_spots": "many"}}, {}, {"infection.pus_spots": "soon"}),
    (
        "pus spots and fever",
        CIT,
        {4: {"pus_spots": "few", "feverish": True}},
        {},
        {
            "acne_flare.few_pus_spots": "routine",
            "infection.pus_spots_fever": "same_day",
            "infection.fever": "same_day",
        },
    ),
    ("a sore that does not heal", CIT, {20: {"ulcer": True}}, {}, {"infection.ulcer": "soon"}),
    ("a sore, diabetes", CIT, {20: {"ulcer": True}}, {"diabetes": True}, {"infection.ulcer": "same_day"}),
    (
        "severe pain with a sore",
        CIT,
        {20: {"ulcer": True, "pain": 3}},
        {},
        {"infection.ulcer": "soon", "infection.painful_lesion": "same_day", "pain.severe": "same_day"},
    ),
    ("swollen glands alone", CIT, {4: {"swollen_glands": True}}, {}, {"infection.glands": "routine"}),
    (
        "swollen glands, weak defence",
        CIT,
        {4: {"swollen_glands": True}},
        {"immunosuppressed": True},
        {"infection.glands": "soon"},
    ),
    (
        "swollen glands and pus",
        CIT,
        {4: {"swollen_glands": True, "pus_spots": "few"}},
        {},
        {"infection.glands_with_signs": "same_day", "acne_flare.few_pus_spots": "routine"},
    ),
    # nodules
    ("firm lumps", CIT, {30: {"lumps": True}}, {}, {"nodules.lumps": "soon"}),
    ("firm lumps, diabetes", CIT, {30: {"lumps": True}}, {"diabetes": True}, {"nodules.lumps": "same_day"}),
    (
        "firm lumps and fever",
        CIT,
        {30: {"lumps": True, "feverish": True}},
        {},
        {"nodules.lumps_with_signs": "same_day", "infection.fever": "same_day"},
    ),
    ("joint pain alone", CIT, {30: {"joint_pain": True}}, {}, {}),
    (
        "joint pain with lumps",
        CIT,
        {30: {"joint_pain": True, "lumps": True}},
        {},
        {"nodules.joint_pain": "same_day", "nodules.lumps_with_signs": "same_day"},
    ),
    (
        "joint pain with a rash",
        CIT,
        {5: {"joint_pain": True, "bumpy_rash": True}},
        {},
        {"nodules.joint_pain": "same_day", "allergy.rash": "routine"},
    ),
    # allergy
    ("bumpy rash on day 3", CIT, {3: {"bumpy_rash": True}}, {}, {"allergy.rash": "routine"}),
    (
        "itchy rash on day 3",
        CIT,
        {3: {"rash_beyond_area": True, "itching": 2}},
        {},
        {"allergy.rash_itching_or_late": "soon"},
    ),
    ("bumpy rash on day 7", CIT, {7: {"bumpy_rash": True}}, {}, {"allergy.rash_itching_or_late": "soon"}),
    (
        "rash and swollen face on day 2",
        CIT,
        {2: {"bumpy_rash": True, "swelling": 2}},
        {},
        {"allergy.rash_with_swelling": "same_day"},
    ),
    (
        "rash and swollen face on day 1",
        CIT,
        {1: {"bumpy_rash": True, "swelling": 2}},
        {},
        {"allergy.rash": "routine"},
    ),
    (
        "rash and swollen lids",
        CIT,
        {1: {"bumpy_rash": True, "eye": ["lid_swelling"]}},
        {},
        {"allergy.rash_with_swelling": "same_day"},
    ),
    ("weals after laser at 48 h", LASER, {2: {"hives": "treated_area"}}, {}, {}),
    (
        "weals after laser at 49 h",
        LASER,
        {2: {"hives": "treated_area"}},
        {"hours": {2: 49}},
        {"allergy.hives_treated_area": "soon"},
    ),
    (
        "weals placed on the cheek, the question itself unanswered",
        CIT,
        {1: {"sites": {"hives": ["cheek"]}}},
        {},
        {"allergy.hives_treated_area": "soon"},
    ),
    (
        "weals placed on the cheek but denied",
        CIT,
        {1: {"hives": "none", "sites": {"hives": ["cheek"]}}},
        {},
        {},
    ),
    (
        "a cluster, of what was not said",
        CIT,
        {4: {"grouped": True}},
        {},
        {"cold_sore.blisters": "same_day"},
    ),
    ("a cluster of blisters that were denied", CIT, {4: {"grouped": True, "blisters": "none"}}, {}, {}),
    ("weals after needling", CIT, {1: {"hives": "treated_area"}}, {}, {"allergy.hives_treated_area": "soon"}),
    # late signs
    ("milia", CIT, {21: {"white_bumps": True, "pain": 0}}, {}, {"milia.white_bumps": "routine"}),
    (
        "milia that hurt",
        CIT,
        {1: {"white_bumps": True, "pain": 2}},
        {},
        {"milia.white_bumps": "routine", "infection.painful_white_bumps": "soon"},
    ),
    ("dark patches on day 13", CIT, {13: {"dark_patches": True}}, {}, {}),
    ("dark patches on day 14", CIT, {14: {"dark_patches": True}}, {}, {"pigment.dark_patches": "routine"}),
    (
        "darkening after laser on day 3",
        LASER,
        {3: {"dark_patches": True}},
        {},
        {"burn.dark_patches": "same_day"},
    ),
    ("darkening after laser on day 8", LASER, {8: {"dark_patches": True}}, {}, {}),
    ("darkening of treated pigment", LASER, {3: {"dark_patches": True}}, {"pigment_treated": True}, {}),
    (
        "darkening of treated pigment, crusted",
        LASER,
        {3: {"dark_patches": True, "crusting": 1}},
        {"pigment_treated": True},
        {"burn.dark_patches": "same_day", "dermatitis.laser_crusting": "soon"},
    ),
    (
        "treated pigment still dark on day 14",
        LASER,
        {14: {"dark_patches": True}},
        {"pigment_treated": True},
        {"pigment.dark_patches": "routine"},
    ),
    (
        "light patches after laser on day 7",
        LASER,
        {7: {"light_patches": True}},
        {},
        {"burn.light_patches": "same_day"},
    ),
    (
        "light patches after laser on day 8",
        LASER,
        {8: {"light_patches": True}},
        {},
        {"pigment.light_patches": "routine"},
    ),
    ("tram tracks", CIT, {28: {"lines_or_rows": True}}, {}, {"scarring.lines_or_rows": "routine"}),
    ("raised scar", CIT, {42: {"raised_scar": True}}, {}, {"scarring.raised_scar": "routine"}),
    ("fresh bleeding on day 1", CIT, {1: {"fresh_bleeding": True}}, {}, {}),
    ("fresh bleeding on day 2", CIT, {2: {"fresh_bleeding": True}}, {}, {"bleeding.fresh": "same_day"}),
    # contact
    (
        "wants a call, can wait",
        CIT,
        {2: {"wants_contact": "can_wait"}},
        {},
        {"contact_request.can_wait": "routine"},
    ),
    (
        "wants a call, urgent",
        CIT,
        {2: {"wants_contact": "urgent"}},
        {},
        {"contact_request.urgent": "same_day"},
    ),
    ("wants a call, in a word that is no answer", CIT, {2: {"wants_contact": "soon"}}, {}, {}),
    ("wants no call", CIT, {2: {"wants_contact": "no"}}, {}, {}),
    # words
    ("writes of dying", CIT, {5: {"note": "I want to die"}}, {}, {"note.self_harm": "emergency"}),
    ("writes of dyeing", CIT, {5: {"note": "I want to dye my hair"}}, {}, {}),
    ("writes that it gets worse", LASER, {5: {"note": "It gets worse"}}, {}, {"note.worried": "soon"}),
    ("writes that it gets better", LASER, {5: {"note": "It gets better"}}, {}, {}),
]


@pytest.mark.parametrize(
    ("what", "modality", "course", "known", "rows"), SIGNS, ids=[sign[0] for sign in SIGNS]
)
def test_a_sign_raises_its_row_and_its_twin_does_not(
    raised: Raised,
    told: Told,
    what: str,
    modality: str,
    course: dict[int, dict[str, Any]],
    known: dict[str, Any],
    rows: dict[str, str],
) -> None:
    assert raised(modality, told(course), **known) == rows


def test_every_row_of_the_pack_is_raised_by_some_named_case() -> None:
    from_levels = (
        "swelling.",
        "pain.",
        "redness.",
        "infection.warmth",
        "dermatitis.",
        "burn.warmth",
        "burn.crusting",
    )
    named = {row for sign in SIGNS for row in sign[4]}
    rows = {row for row in default_pack().rows if not row.startswith(from_levels)}
    assert rows - named == set()
    assert named <= set(default_pack().rows)


def test_light_patches_and_scars_hold_the_course(findings: Callable[..., list[Any]]) -> None:
    found = findings(
        CIT, {28: {"light_patches": True, "lines_or_rows": True, "raised_scar": True, "white_bumps": True}}
    )
    assert {f.row: f.holds_course for f in found} == {
        "pigment.light_patches": True,
        "scarring.lines_or_rows": True,
        "scarring.raised_scar": True,
        "milia.white_bumps": False,
    }


def test_the_most_urgent_row_of_a_check_in_comes_first(findings: Callable[..., list[Any]]) -> None:
    found = findings(CIT, {4: {"white_bumps": True, "tingling": True, "breathing_or_tongue": True}})
    assert [f.code for f in found] == ["airway", "cold_sore", "milia"]


def test_the_floor_holds_every_emergency_and_the_same_day_rows_that_no_clinic_may_lower() -> None:
    rows = default_pack().rows
    assert {row for row, spec in rows.items() if spec.tier == "emergency" and not spec.floor} == set()
    assert {row for row, spec in rows.items() if spec.floor and spec.tier != "emergency"} == {
        "cold_sore.tingling",
        "burn.tingling",
        "cold_sore.blisters",
        "burn.blisters",
        "infection.spreading",
        "infection.yellow_crust",
        "infection.fever",
        "infection.raw_skin",
        "burn.raw_skin",
    }
    assert {spec.tier for spec in rows.values() if spec.floor} == {"emergency", "same_day"}
