"""What a screening advises: row by row of clinical.md 3, as properties over random answers, and in the words it uses."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.care.candidacy import advise_candidacy, is_due, learned, why_needed
from aftercare.care.questionnaire import (
    QuestionnaireError,
    UnknownQuestionnaireError,
    asked,
    load,
    parse,
    source_of,
    versions,
)
from aftercare.model.screenings import Scope, ScreeningAdvice, ScreeningItem, Unread, Weight
from aftercare.model.words import Modality

TODAY = date(2026, 3, 4)
QUESTIONS = load()
ITEMS = {item.key: item for item in QUESTIONS.items}
CIT, LASER = Modality.MICRONEEDLING, Modality.LASER_GENESIS
_RANK = {"candidate": 0, "with_precautions": 1, "not_now": 2}
BLOCK, A, C, P = Weight.BLOCK, Weight.DEFER, Weight.CONDITIONAL, Weight.PRECAUTION


def ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def advice(modality: Modality = CIT, scope: Scope = "course", **answers: Any) -> ScreeningAdvice:
    return advise_candidacy(QUESTIONS, answers, modality, on=TODAY, scope=scope)


# item, answer, weight before needling, weight before the laser, whether sources conflict (needling, laser)
ROWS: tuple[tuple[str, Any, Weight | None, Weight | None, bool, bool], ...] = (
    ("active_cold_sore", True, A, A, False, False),
    ("infection", True, A, A, False, False),
    ("sunburn", True, A, A, False, False),
    ("suspicious_lesion", True, A, A, False, False),
    ("pregnancy", True, A, C, True, False),
    ("breast_feeding", True, C, C, False, False),
    ("allergies", ["nickel_or_steel"], A, C, True, False),
    ("allergies", ["numbing_cream"], C, C, False, False),
    ("allergies", ["skin_product"], C, C, False, False),
    ("bleeding_disorder", True, A, C, False, False),
    ("blood_thinner", True, C, C, True, True),
    ("painkillers", True, P, None, True, False),
    ("isotretinoin", "now", C, C, True, True),
    ("isotretinoin_last_taken", ago(182), C, C, True, True),
    ("isotretinoin_last_taken", ago(183), None, None, False, False),
    ("keloid_history", "other_area", C, C, False, False),
    ("keloid_history", "chest_or_jaw", A, C, False, False),
    ("inflamed_skin", ["acne"], C, C, False, False),
    ("inflamed_skin", ["rosacea"], C, C, False, True),
    ("inflamed_skin", ["eczema"], C, C, False, False),
    ("inflamed_skin", ["psoriasis"], C, C, False, False),
    ("immunosuppressed", True, C, C, False, False),
    ("diabetes", "uncontrolled", C, C, False, False),
    ("diabetes", "controlled", None, None, False, False),
    ("hsv_history", True, P, P, False, False),
    ("last_outbreak", ago(55), C, P, False, False),
    ("last_outbreak", ago(56), None, None, False, False),
    ("light_sensitising", ["pdt_agent"], None, A, False, False),
    ("light_sensitising", ["gold"], None, A, False, False),
    ("light_sensitising", ["amiodarone"], None, P, False, False),
    ("light_sensitising", ["minocycline"], None, P, False, False),
    ("light_sensitising", ["st_johns_wort"], None, P, False, False),
    ("sun_exposure", "under_2_weeks", C, A, False, False),
    ("sun_exposure", "2_to_4_weeks", C, C, True, True),
    ("sun_exposure", "over_4_weeks", None, None, False, False),
    ("fitzpatrick", "3", None, None, False, False),
    ("fitzpatrick", "4", P, P, False, False),
    ("fitzpatrick", "6", P, P, False, False),
    ("last_filler", ago(182), C, C, True, True),
    ("last_filler", ago(183), None, None, False, False),
    ("last_peel", ago(91), C, C, True, True),
    ("last_peel", ago(92), None, None, False, False),
    ("topical_retinoid_or_acid", True, P, P, True, False),
    ("epilepsy", True, None, C, False, False),
    ("pacemaker", True, None, C, False, False),
    ("tattoo", True, None, C, False, False),
    ("eye_shields", True, None, C, False, False),
    ("expectations", True, C, C, False, False),
    ("cannot_avoid_sun", True, C, C, False, False),
    ("age", "under_18", C, C, False, False),
    ("age", "18_to_21", P, None, True, False),
    ("last_session", ago(27), BLOCK, BLOCK, False, False),
    ("last_session", ago(28), None, None, False, False),
    ("last_session", ago(-3), BLOCK, BLOCK, False, False),  # a date ahead is not long ago
    ("recent_tan", True, C, C, True, True),
    ("new_medicine", True, C, C, False, False),
    ("lumps_or_patches", True, A, A, False, False),
    ("recent_outbreak", True, C, P, False, False),
)


@pytest.mark.parametrize(
    ("item", "answer", "needling", "laser", "conflict", "laser_conflict"), ROWS, ids=lambda one: str(one)[:24]
)
def test_a_row_weighs_what_the_clinical_table_says(
    item: str, answer: Any, needling: Weight | None, laser: Weight | None, conflict: Any, laser_conflict: Any
) -> None:  # fmt: skip
    for modality, weight, sides in ((CIT, needling, conflict), (LASER, laser, laser_conflict)):
        found = advice(modality, **{item: answer})
        assert [reason.weight for reason in found.reasons] == ([] if weight is None else [weight]), modality
        assert any(reason.sides for reason in found.reasons) is sides
        outcome = {None: "candidate", P: "with_precautions", C: "with_precautions"}.get(weight, "not_now")
        assert found.outcome == outcome


def test_every_effect_of_the_questionnaire_has_its_row() -> None:
    told = {
        (item, effect.sentence)
        for item, answer, *_ in ROWS
        for modality in Modality
        for effect in advice(modality, **{item: answer}).reasons
    }
    light = ("light_sensitising", advice(LASER, light_sensitising=["other"]).reasons[0].sentence)
    assert {(item.key, effect.sentence) for item in QUESTIONS.items for effect in item.effects} == {
        *told,
        light,
    }


def _answer(item: ScreeningItem) -> st.SearchStrategy[Any]:
    open_ = st.sampled_from([None, "unknown"])
    if item.kind == "yes_no":
        return st.booleans() | open_
    if item.kind == "choice":
        return st.sampled_from(item.values) | open_
    if item.kind == "many":
        return st.lists(st.sampled_from(item.values), unique=True)
    if item.kind == "date":
        return st.integers(-5, 400).map(ago) | open_
    return st.text(max_size=20)


_odd = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.lists(st.text(max_size=3), max_size=2)
)
_answers = st.fixed_dictionaries({}, optional={item.key: _answer(item) for item in QUESTIONS.items})
_hostile = st.dictionaries(st.sampled_from(sorted(ITEMS)) | st.text(max_size=10), _odd, max_size=12)


@given(_answers, st.data(), st.sampled_from(Modality), st.sampled_from(["course", "session"]))
def test_adding_an_answer_never_improves_the_outcome_nor_takes_a_reason_away(
    answers: dict[str, Any], data: st.DataObject, modality: Modality, scope: Scope
) -> None:
    item = data.draw(st.sampled_from(QUESTIONS.items))
    without = {key: said for key, said in answers.items() if key != item.key}
    more = {**without, item.key: data.draw(_answer(item))}
    before = advise_candidacy(QUESTIONS, without, modality, on=TODAY, scope=scope)
    after = advise_candidacy(QUESTIONS, more, modality, on=TODAY, scope=scope)
    assert _RANK[after.outcome] >= _RANK[before.outcome]
    assert set(after.reasons) >= set(before.reasons)
    assert set(after.precautions) >= set(before.precautions)


@given(_answers, st.sampled_from(Modality))
def test_the_heaviest_reason_leads_and_makes_the_outcome(answers: dict[str, Any], modality: Modality) -> None:
    found = advise_candidacy(QUESTIONS, answers, modality, on=TODAY)
    weights = [list(Weight).index(reason.weight) for reason in found.reasons]
    assert weights == sorted(weights)
    heavy = {BLOCK, A} & {reason.weight for reason in found.reasons}
    assert found.outcome == ("not_now" if heavy else "with_precautions" if weights else "candidate")


@given(_answers, st.sampled_from(["course", "session"]), st.sampled_from(Modality))
def test_what_is_asked_and_open_is_listed_and_never_taken_for_no(
    answers: dict[str, Any], scope: Scope, modality: Modality
) -> None:
    found = advise_candidacy(QUESTIONS, answers, modality, on=TODAY, scope=scope)
    for item in asked(QUESTIONS, scope, modality):
        is_open = answers.get(item.key) in (None, "unknown") and not item.optional
        assert (item.key in found.unanswered) is (is_open and is_due(item, answers)), item.key


@given(_hostile, st.sampled_from(Modality))
def test_whatever_a_newer_app_sends_is_read_as_far_as_it_can_be_and_the_rest_named(
    answers: dict[str, Any], modality: Modality
) -> None:
    found = advise_candidacy(QUESTIONS, answers, modality, on=TODAY)
    assert msgspec.json.decode(msgspec.json.encode(found), type=ScreeningAdvice) == found
    unknown = {key for key in answers if key not in ITEMS and answers[key] not in (None, "", "unknown")}
    assert len([one for one in found.unread if one.reason.startswith("This questionnaire")]) == len(unknown)
    learned(QUESTIONS, answers)


def test_an_unreadable_answer_leaves_the_others_judged() -> None:
    found = advice(pregnancy="maybe", active_cold_sore=True, telepathy=True, light_sensitising=["gold", "x"])
    assert [one.pointer for one in found.unread] == ["/pregnancy", "/telepathy"]
    assert (found.outcome, "pregnancy" in found.unanswered) == ("not_now", True)
    assert advice(LASER, light_sensitising=["gold", "x"]).outcome == "not_now"


@pytest.mark.parametrize(
    "answers",
    [
        {"pregnancy": 1},
        {"diabetes": "sometimes"},
        {"diabetes": ["controlled"]},
        {"light_sensitising": ["x"]},  # of which nothing is known: never "none of these"
        {"light_sensitising": "gold"},
        {"last_session": "last week"},
        {"last_session": 20260304},
        {"allergies_named": "a" * 2001},
        {"allergies_named": "latex\x00"},
        {"allergies_named": 3},
    ],
    ids=lambda answers: str(answers)[:40],
)
def test_what_is_no_answer_is_named_and_stays_open(answers: dict[str, Any]) -> None:
    found = advise_candidacy(QUESTIONS, {"treated_before": True, **answers}, LASER, on=TODAY)
    (key,) = answers
    assert found.unread == (Unread(f"/{key}", "This is not an answer to the question."),)
    assert (key in found.unanswered) is not ITEMS[key].optional
    assert learned(QUESTIONS, answers) == {}


def test_what_is_read_is_read_to_its_bounds() -> None:
    assert learned(QUESTIONS, {"allergies_named": "a" * 2000}) == {"allergies": "a" * 2000}
    for said in ([], ["gold", "x"]):
        found = advice(LASER, light_sensitising=said)
        assert (found.unread, "light_sensitising" in found.unanswered) == ((), False)
    found = advise_candidacy(QUESTIONS, {"a/b~c": True}, CIT, on=TODAY)
    assert found.unread == (Unread("/a~1b~0c", "This questionnaire does not ask this."),)


def test_a_question_that_follows_from_another_is_open_only_after_that_answer() -> None:
    asked_by: dict[bool | None, bool] = {True: True, False: False, None: False}
    for said, is_open in asked_by.items():
        assert ("last_outbreak" in advice(hsv_history=said).unanswered) is is_open
        assert is_due(ITEMS["last_outbreak"], {"hsv_history": said}) is is_open


def test_where_nothing_else_is_said_a_course_is_screened_and_by_what_matters_to_its_treatment() -> None:
    found = advise_candidacy(QUESTIONS, {}, CIT, on=TODAY)
    assert found == advice(CIT, "course")
    due = [
        item.key for item in asked(QUESTIONS, "course", CIT) if item.asked_if is None and not item.optional
    ]
    assert list(found.unanswered) == due


# decided, answers, whether it was gone through as a whole, what the practitioner is asked for
REASONS: tuple[tuple[Any, dict[str, Any], bool, str | None], ...] = (
    ("candidate", {}, False, None),
    ("candidate", {}, True, "Say why, with questions left open."),
    ("not_now", {}, True, "Say why: the questionnaire advises “candidate”."),
    ("not_now", {"infection": True}, True, None),
    ("with_precautions", {"infection": True}, True,
     "Say why: the questionnaire advises “not now” (infected, open or irritated skin)."),
    ("candidate", {"hsv_history": True}, False,
     "Say why: the questionnaire advises “with precautions” (cold sores before)."),
    ("with_precautions", {"hsv_history": True}, False, None),
    ("with_precautions", {"breast_feeding": True}, False,
     "Say why: this is for a practitioner to decide (breast-feeding)."),
    ("with_precautions", {"painkillers": True}, False, "Say why: sources do not agree on this (ibuprofen or alike)."),
    # The heavier reason comes first, and is the one to answer to.
    ("with_precautions", {"hsv_history": True, "blood_thinner": True}, False,
     "Say why: sources do not agree on this (blood thinner)."),
)  # fmt: skip


@pytest.mark.parametrize(("decided", "answers", "whole", "sentence"), REASONS)
def test_a_practitioner_gives_a_reason_where_the_advice_does_not_say_it_all(
    decided: Any, answers: dict[str, Any], *, whole: bool, sentence: str | None
) -> None:
    assert why_needed(advice(**answers), decided, whole=whole) == sentence


def test_nothing_answered_is_open_throughout() -> None:
    found = advice(scope="session")
    assert found.outcome == "candidate"
    assert set(found.unanswered) == {item.key for item in asked(QUESTIONS, "session")}


def test_nobody_is_asked_what_weighs_nothing_for_the_treatment() -> None:
    needling, laser = (
        {item.key for item in asked(QUESTIONS, "course", modality)} for modality in (CIT, LASER)
    )
    assert laser - needling == {"light_sensitising", "epilepsy", "pacemaker", "eye_shields", "tattoo"}
    assert needling - laser == {"painkillers"}
    assert {"filler", "treated_before"} <= needling & laser  # they weigh nothing, and open what does
    assert {
        "prophylaxis",
        "allergies_named",
        "medicines_named",
    } <= needling & laser  # nor do these: they are for the record


def test_before_a_session_the_acute_contraindications_are_asked() -> None:
    assert [item.key for item in asked(QUESTIONS, "session")] == [
        "active_cold_sore", "infection", "sunburn", "recent_tan", "pregnancy", "new_medicine", "lumps_or_patches",
        "recent_outbreak",
    ]  # fmt: skip


def test_what_is_said_of_risks_is_learned_and_nothing_else() -> None:
    said = {
        "hsv_history": False, "active_cold_sore": True, "diabetes": "controlled", "immunosuppressed": False,
        "keloid_history": "other_area", "blood_thinner": "unknown", "fitzpatrick": "5", "prophylaxis": "taken",
        "allergies": ["numbing_cream"], "allergies_named": "latex", "medicines_named": " ramipril ",
    }  # fmt: skip
    assert learned(QUESTIONS, said) == {
        "hsv_history": True,  # a cold sore now outweighs what is remembered
        "diabetes": True,
        "immunosuppressed": False,
        "keloid_history": True,
        "fitzpatrick": 5,
        "prophylaxis": "taken",
        "allergies": "numbing cream\nlatex",
        "medicines": "ramipril",
    }
    assert learned(QUESTIONS, {"pregnancy": True, "active_cold_sore": False}) == {}


# Words that would tell somebody to leave a medicine. Topical cosmetics have no exemption: their texts do without as well.
_LEAVE = re.compile(
    r"\b(stop\w*|paus\w*|discontinu\w*|cease\w*|withh[oe]ld\w*|quit\w*|come off|hold off|wash.?out"
    r"|suspend\w*|interrump\w*|interromp\w*|dej(?:e|es|ar|a) de|deix(?:e|es|ar|a) de|abandon\w*|parar|pare\b|largar"
    r"|descontin\w*|retir(?:e|ar)\b)",
    re.IGNORECASE,
)


def _texts_of_the_pages() -> str:
    web = Path(__file__).parents[2] / "aftercare" / "web"
    return "\n".join(page.read_text() for page in (web / "templates").glob("screening*.html"))


@pytest.mark.parametrize("version", versions())
def test_no_text_in_any_language_tells_anyone_to_leave_a_medicine(version: int) -> None:
    data = "\n".join(line for line in source_of(version).splitlines() if not line.startswith("#"))
    assert _LEAVE.findall(data) == []
    assert _LEAVE.findall(_texts_of_the_pages()) == []
    assert _LEAVE.search("Deje de tomar")
    assert _LEAVE.search("Stop it ten days before")


def test_what_touches_a_medicine_says_who_may_change_it() -> None:
    for key in ("blood_thinner", "isotretinoin", "new_medicine"):
        for effect in ITEMS[key].effects:
            assert "prescriber" in f"{effect.sentence} {effect.plan}", key


SOURCE = source_of(1)


@pytest.mark.parametrize(
    ("here", "instead", "says"),
    [
        ('weight = "block"', 'weight = "heavy"', "Invalid enum value 'heavy'"),
        ('kind = "yes_no"', 'kind = "riddle"', "Invalid enum value 'riddle'"),
        ('short = "Cold sore now"', 'short = "Cold sore now"\nlong = "x"', "unknown field `long`"),
        ("version = 1", "version = 1 1", "line 13"),
    ],
)
def test_data_that_cannot_be_read_is_refused_and_the_place_named(here: str, instead: str, says: str) -> None:
    assert here in SOURCE
    with pytest.raises(QuestionnaireError, match=f"^The questionnaire cannot be read: .*{says}"):
        parse(SOURCE.replace(here, instead, 1))


IMMUNE = '{ risk = "immunosuppressed", said = [true], value = true }'
NAMED = 'learns = [{ risk = "allergies" }]'


@pytest.mark.parametrize(
    ("here", "instead", "says"),
    [
        ('key = "infection"', 'key = "sunburn"', "sunburn is there twice"),
        ('key = "infection"\ngroup = "today"', 'key = "infection"\ngroup = "nowhere"', "infection is in the unknown group nowhere"),
        # Dates
        ("within_days = 56", "within_days = 0", "last_outbreak: within_days is at least 1"),
        ("within_days = 56\n", "", "last_outbreak: days belong to dates, and dates need them"),
        ('said = ["uncontrolled"]', 'said = ["uncontrolled"]\nwithin_days = 3', "diabetes: days belong to dates, and dates need them"),
        # Words
        (', es = "La piel hoy"', "", "group today has no words in es"),
        ('en = "A cold sore now, or tingling that may become one"', 'en = " "', "active_cold_sore has no words in en"),
        ('none = { en = "No", es = "No", pt = "Não" }', 'none = { en = "No", es = "No" }', "diabetes.none has no words in pt"),
        ('sentence = "Sunburnt skin in the area: burns and pigment marks are likelier."', 'sentence = " "', "an effect of sunburn lacks its sentence, plan or source"),
        ('    { says = "Wait until six months after the last capsule.", source = "SkinPen label; hand-outs" },\n', "", "isotretinoin: a conflict has two sides"),
        # Answers
        ('values = ["never", "now", "before"]', 'values = ["never", "now"]', "isotretinoin and the words for its values do not fit; isotretinoin_last_taken follows from an answer that cannot come before it"),
        ('short = "Cold sore now"\n', 'short = "Cold sore now"\nvalues = ["a"]\nvalue_texts = { a = { en = "A", es = "A", pt = "A" } }\n', "active_cold_sore and the words for its values do not fit"),
        ('said = ["uncontrolled"]', 'said = ["perhaps"]', "an effect of diabetes waits for an answer that cannot come"),
        ('said = ["uncontrolled"]', "said = []", "an effect of diabetes waits for an answer that cannot come"),
        ('asked_if = { item = "hsv_history", said = [true] }', 'asked_if = { item = "age", said = [true] }', "last_outbreak follows from an answer that cannot come before it"),
        ('asked_if = { item = "hsv_history", said = [true] }', 'asked_if = { item = "hsv_history", said = ["yes"] }', "last_outbreak follows from an answer that cannot come before it"),
        ('short = "Allergies"\n', 'short = "Allergies"\noptional = true\n', "allergies weighs something, so that leaving it open must be said"),
        # What goes to the record
        ('said = ["5"], value = 5', 'said = ["5"], value = 7', "what fitzpatrick tells of fitzpatrick does not fit"),
        ('said = ["5"], value = 5', 'said = ["5"], value = true', "what fitzpatrick tells of fitzpatrick does not fit"),
        ('said = ["taken"], value = "taken"', 'said = ["taken"], value = "perhaps"', "what prophylaxis tells of prophylaxis does not fit"),
        (IMMUNE, IMMUNE.replace("[true]", "[]"), "what immunosuppressed tells of immunosuppressed does not fit"),
        (IMMUNE, IMMUNE.replace("[true]", '["yes"]'), "what immunosuppressed tells of immunosuppressed does not fit"),
        (IMMUNE, IMMUNE.replace("value = true", 'value = "yes"'), "what immunosuppressed tells of immunosuppressed does not fit"),
        (NAMED, NAMED.replace(" }", ', said = ["latex"] }'), "what allergies_named tells of allergies does not fit"),
        (NAMED, NAMED.replace(" }", ', value = "latex" }'), "what allergies_named tells of allergies does not fit"),
        (NAMED, NAMED.replace("allergies", "diabetes"), "what allergies_named tells of diabetes does not fit"),
    ],
)  # fmt: skip
def test_a_slip_in_the_data_is_refused_and_named_and_nothing_else_is(
    here: str, instead: str, says: str
) -> None:
    assert here in SOURCE
    with pytest.raises(QuestionnaireError) as refused:
        parse(SOURCE.replace(here, instead, 1))
    assert str(refused.value) == f"The questionnaire cannot be used: {says}."


def test_what_ships_can_be_used_also_with_the_shortest_of_times() -> None:
    assert parse(SOURCE) == QUESTIONS
    assert parse(SOURCE.replace("within_days = 56", "within_days = 1", 1)) != QUESTIONS


def test_a_version_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownQuestionnaireError) as refused:
        load(99)
    assert refused.value.pointers == {"/questionnaire": "Not one of the known versions."}
