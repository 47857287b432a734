"""Instructions of the day: the shipped set against the checks themselves, and what is wrong with a clinic's own."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import msgspec
import pytest

from aftercare.care import instructions as care
from aftercare.care.instrument import Kind as Answer
from aftercare.care.instrument import load
from aftercare.checks.engine import judge
from aftercare.checks.pack import default_pack, expected
from aftercare.model.instructions import Claim, DayTold, Instruction, Instructions, Kind, Told, Topic
from aftercare.model.timeline import Timeline, TimelineCheckIn
from aftercare.model.words import Modality

SET = care.shipped().instructions
CLAIMS = [(one, claim) for one in SET for claim in one.claims]
SESSION = datetime(2026, 3, 4, 10, tzinfo=UTC)


def band(modality: Modality, item: str, day: int, needle_depth_mm: float | None) -> int:
    return expected(default_pack(), modality, item, day, needle_depth_mm=needle_depth_mm)


def raised(modality: Modality, *said: tuple[int, dict[str, Any]]) -> list[str]:
    """The codes that the checks raise for answers on days."""
    check_ins = [TimelineCheckIn(day=day, answers=answers, id=str(day)) for day, answers in said]
    timeline = Timeline(id="t", modality=modality, session_at=SESSION, check_ins=check_ins)
    return [finding.code for finding in judge(default_pack(), timeline)]


def answer_of(claim: Claim) -> Any:
    item = load().item(claim.item)
    assert item is not None
    if item.kind is Answer.GRADE:
        return claim.grade
    return True if item.kind is Answer.BOOL else item.values[-1]


def instruction(**fields: Any) -> Instruction:
    usual: dict[str, Any] = {
        "modality": Modality.MICRONEEDLING,
        "topic": Topic.SUN,
        "kind": Kind.AVOID,
        "from_day": 0,
        "to_day": 2,
        "texts": {"en": "Keep out of the sun."},
    }
    return Instruction(**usual | fields)


def wrong(*instructions: Instruction, clinic_language: str = "en") -> dict[str, str]:
    return care.problems(instructions, clinic_language=clinic_language, band=band)


# What ships


@pytest.mark.parametrize(
    ("one", "claim"), CLAIMS, ids=[f"{o.modality}-{o.from_day}-{c.says}-{c.item}" for o, c in CLAIMS]
)
def test_what_is_called_usual_raises_nothing_and_what_is_to_be_called_about_raises_an_alert(
    one: Instruction, claim: Claim
) -> None:
    days = care.claimed_days(one, claim)
    assert days
    said = {claim.item: answer_of(claim)}
    if claim.says == "usual":
        for day in days:
            assert raised(one.modality, (day, said)) == [], day
        assert raised(one.modality, *((day, said) for day in days)) == []
    elif claim.grade is not None:
        # A level counts once it has been there twice.
        for day in days[1:]:
            assert raised(one.modality, (day - 1, said), (day, said)), day
    else:
        for day in days:
            assert raised(one.modality, (day, said)), day


def test_the_shipped_set_is_one_that_a_clinic_could_publish() -> None:
    assert wrong(*SET) == {}
    assert care.gaps(SET) == {}
    assert len(CLAIMS) > 60


def test_every_topic_that_hand_outs_name_is_there_for_both_modalities() -> None:
    needled = {one.topic for one in SET if one.modality is Modality.MICRONEEDLING}
    laser = {one.topic for one in SET if one.modality is Modality.LASER_GENESIS}
    assert needled == set(Topic) - {Topic.OTHER}
    assert laser == set(Topic) - {Topic.OTHER, Topic.ALCOHOL, Topic.PRODUCTS}


def test_every_text_is_there_in_three_languages_short_and_its_own() -> None:
    for one in SET:
        assert set(one.texts) == set(care.LANGUAGES)
        assert len(set(one.texts.values())) == len(care.LANGUAGES)
        assert all(len(text) <= 240 for text in one.texts.values()), one.texts["en"]
        assert one.source


# "all is well", "stop your medicine", and what only a practitioner may say.
NEVER = re.compile(
    r"all is well|nothing to worry|you are fine|todo (?:está|va) bien|no se preocupe|está tudo bem|não se preocupe"
    r"|\b(?:stop|do not take|deje de tomar|suspenda|no tome|pare de tomar|deixe de tomar|não tome)\b"
    r"|you have an? |infection|infección|infeção|herpes|cold sore|!",
    re.IGNORECASE,
)


@pytest.mark.parametrize("language", care.LANGUAGES)
def test_no_text_reassures_diagnoses_or_stops_a_medicine(language: str) -> None:
    assert NEVER.search("Suspenda el anticoagulante.")
    assert [one.texts[language] for one in SET if NEVER.search(one.texts[language])] == []


def test_on_every_monitored_day_somebody_is_told_when_to_call() -> None:
    for modality, day in product(Modality, range(91)):
        assert care.on_day(SET, modality, day)[0].topic is Topic.CONTACT, (modality, day)


def test_a_set_that_never_shipped_is_not_read_from_a_path() -> None:
    with pytest.raises(KeyError) as refused:
        care.shipped("../instruments/1")
    assert refused.value.args == ("../instruments/1",)


def test_what_ships_is_a_published_version_0_in_the_order_in_which_it_is_pointed_to() -> None:
    shipped = care.shipped()
    assert (shipped.version, shipped.state, shipped.note) == (0, "published", "")
    topics = list(Topic)
    assert care.in_order(reversed(SET)) == SET
    places = [(one.modality, topics.index(one.topic), one.from_day, one.to_day) for one in SET]
    assert places == sorted(places)
    longer = instruction(topic=Topic.OTHER, to_day=5)
    shorter = instruction(topic=Topic.OTHER, to_day=2)
    assert care.in_order([longer, shorter]) == (shorter, longer)


def test_an_instruction_belongs_to_its_first_and_its_last_day() -> None:
    one = instruction(from_day=2, to_day=4)
    assert [bool(care.on_day([one], one.modality, day)) for day in range(1, 6)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert care.on_day([one], Modality.LASER_GENESIS, 3) == ()


# What a phone gets


def test_seven_days_are_given_each_text_once_and_none_before_or_after_the_recovery() -> None:
    on = date(2026, 3, 4)
    told = care.ahead(
        care.shipped(), Modality.MICRONEEDLING, today=on, session_on=on, last_day=42, languages=("en",)
    )
    assert [one.day for one in told.days] == list(range(7))
    assert [one.date for one in told.days] == [on + timedelta(days=step) for step in range(7)]
    texts = [one.text for one in told.items]
    assert len(texts) == len(set(texts))
    for day in told.days:
        here = [told.items[place].text for place in day.items]
        assert here == [one.texts["en"] for one in care.on_day(SET, Modality.MICRONEEDLING, day.day)]
    late = care.ahead(
        care.shipped(), Modality.MICRONEEDLING, today=on, session_on=on - timedelta(days=40), last_day=42, languages=("en",)
    )  # fmt: skip
    assert [one.day for one in late.days] == [40, 41, 42]
    early = care.ahead(
        care.shipped(), Modality.MICRONEEDLING, today=on, session_on=on + timedelta(days=5), last_day=42, languages=("en",)
    )  # fmt: skip
    assert [one.day for one in early.days] == [0, 1]


def test_after_a_laser_session_the_lasers_own_are_given() -> None:
    on = date(2026, 3, 4)
    told = care.ahead(
        care.shipped(), Modality.LASER_GENESIS, today=on, session_on=on, last_day=42, languages=("es", "en")
    )
    ours = {one.texts["es"] for one in SET if one.modality is Modality.LASER_GENESIS}
    assert {one.text for one in told.items} <= ours
    assert not told.in_other_language


@pytest.mark.parametrize(
    ("patient", "clinic", "texts", "language"),
    [
        ("pt-BR", "es", {"pt-BR": "a", "pt": "b", "es": "c", "en": "d"}, "pt-br"),
        ("pt-BR", "es", {"pt": "b", "es": "c", "en": "d"}, "pt"),
        ("de", "es-MX", {"pt": "b", "es": "c", "en": "d"}, "es"),
        ("de", "fr", {"pt": "b", "en": "d"}, "en"),
        ("de", "fr", {"pt": "b"}, "pt"),
    ],
)
def test_a_text_falls_back_to_the_clinics_language_then_to_english_and_says_so(
    patient: str, clinic: str, texts: dict[str, str], language: str
) -> None:
    told = care.told(instruction(texts=texts), care.languages_for(patient, clinic))
    assert told.language == language
    assert told.text == {tag.lower(): text for tag, text in texts.items()}[language]
    shown = care.ahead(
        msgspec.structs.replace(care.shipped(), instructions=(instruction(texts=texts),)),
        Modality.MICRONEEDLING,
        today=date(2026, 3, 4),
        session_on=date(2026, 3, 4),
        last_day=42,
        languages=care.languages_for(patient, clinic),
    )
    assert shown.in_other_language == (not language.startswith(patient[:2].lower()))


@pytest.mark.parametrize(
    ("patient", "clinic", "wanted"),
    [
        ("pt-BR", "es-MX", ("pt-br", "pt", "es-mx", "es", "en")),
        ("EN", "en-GB", ("en", "en-gb")),
        ("", "fr", ("fr", "en")),
    ],
)
def test_a_text_is_looked_for_in_each_language_once_and_broadly_after_narrowly(
    patient: str, clinic: str, wanted: tuple[str, ...]
) -> None:
    assert care.languages_for(patient, clinic) == wanted


@pytest.mark.parametrize(
    ("language", "title"), [("es-MX", "Sol"), ("pt", "Sol"), ("en", "Sun"), ("de", "Sun")]
)
def test_an_instruction_is_told_with_its_topic_in_its_own_language_or_in_english(
    language: str, title: str
) -> None:
    one = instruction(texts={language: "Keep out of it."})
    assert care.told(one, (language.lower(), "en")) == Told(
        topic=Topic.SUN, kind=Kind.AVOID, title=title, text="Keep out of it.", language=language.lower()
    )
    assert care.title(one) == "Sun"


def test_what_a_phone_gets_names_its_version_and_language_and_points_from_each_day_to_its_texts() -> None:
    first, both = instruction(to_day=0), instruction(topic=Topic.HEAT, from_day=0, to_day=1)
    last = instruction(from_day=1, to_day=1, texts={"en": "Sun cream.", "es": "Crema solar."})
    chosen = msgspec.structs.replace(care.shipped(), version=7, instructions=(last, both, first))
    on = date(2026, 3, 4)
    told = care.ahead(
        chosen, Modality.MICRONEEDLING, today=on, session_on=on, last_day=1, languages=("es", "en")
    )
    assert told == Instructions(
        version=7,
        language="es",
        in_other_language=True,
        items=tuple(care.told(one, ("es", "en")) for one in (both, first, last)),
        days=(
            DayTold(date=on, day=0, items=(0, 1)),
            DayTold(date=on + timedelta(days=1), day=1, items=(2, 0)),
        ),
    )


# What is wrong with a clinic's own


def test_a_topic_may_not_be_said_twice_of_a_day() -> None:
    first, second = instruction(), instruction(from_day=2, to_day=5)
    assert wrong(first, second) == {
        "/instructions/1/from_day": "Day 2 already has this topic, in number 1 (days 0 to 2)."
    }
    assert wrong(second, first).keys() == {"/instructions/1/from_day"}
    between = instruction(from_day=6, to_day=9)
    assert wrong(first, between, second) == {
        "/instructions/2/from_day": "Day 2 already has this topic, in number 1 (days 0 to 2)."
    }
    assert wrong(first, instruction(from_day=3, to_day=5)) == {}
    assert wrong(first, instruction(modality=Modality.LASER_GENESIS)) == {}
    assert wrong(first, instruction(topic=Topic.HEAT)) == {}
    other = instruction(topic=Topic.OTHER)
    assert wrong(other, other) == {}


def test_days_that_end_before_they_begin_are_refused() -> None:
    found = wrong(instruction(topic=Topic.HEAT), instruction(from_day=5, to_day=4))
    assert found == {"/instructions/1/to_day": "It ends on day 4, before it begins on day 5."}
    assert wrong(instruction(from_day=4, to_day=4)) == {}


def test_an_empty_text_is_refused_and_one_that_not_everybody_could_read() -> None:
    assert wrong(instruction(texts={"en": " \n", "es": "Sol."})) == {
        "/instructions/0/texts/en": "There is no text. Write it, or leave the language out."
    }
    assert wrong(instruction(texts={"pt": "Sol."})) == {
        "/instructions/0/texts": "Write it in English or in the clinic's language, so that everyone can be told."
    }
    assert wrong(instruction(texts={"en-GB": "Sun."}), clinic_language="es") == {}
    assert wrong(instruction(texts={"pt": "Sol."}), clinic_language="pt-PT") == {}


NOT_USUAL = "Grade 3 is not usual on day 2: the course expects at most 2."
WHICH = "Say which grade, from 1 (mild) to 4 (very severe)."
NEVER_USUAL = "A sign is never usual: the checks would raise it."
NO_GRADE = "A sign has no grade: it is there or not."
EXPECTED = "Grade 2 is still expected on day 0: the course expects up to 2."
NOT_ASKED = "No check-in asks for this. Name a sign or a grade of the check-in."
OUTSIDE = "These days lie outside the instruction's own."


@pytest.mark.parametrize(
    ("claim", "field", "why"),
    [
        (Claim(says="usual", item="redness", grade=3), "grade", NOT_USUAL),
        (Claim(says="usual", item="redness", grade=2), None, None),
        (Claim(says="usual", item="redness"), "grade", WHICH),
        (Claim(says="usual", item="blisters"), "item", NEVER_USUAL),
        (Claim(says="call", item="blisters"), None, None),
        (Claim(says="call", item="blisters", grade=1), "grade", NO_GRADE),
        (Claim(says="call", item="swelling", grade=2), "grade", EXPECTED),
        (Claim(says="call", item="swelling", grade=3), None, None),
        (Claim(says="call", item="glitter"), "item", NOT_ASKED),
        (Claim(says="call", item="note"), "item", NOT_ASKED),
        (Claim(says="call", item="sites"), "item", NOT_ASKED),
        (Claim(says="call", item="fever_c"), "item", NOT_ASKED),
        (Claim(says="usual", item="redness", grade=3, from_day=0, to_day=1), None, None),
        (Claim(says="usual", item="redness", grade=1, from_day=9), "from_day", OUTSIDE),
    ],
)
def test_what_the_words_promise_may_not_contradict_the_expected_course(
    claim: Claim, field: str | None, why: str | None
) -> None:
    found = wrong(instruction(claims=(claim,)))
    assert found == ({} if field is None else {f"/instructions/0/claims/0/{field}": why})


@pytest.mark.parametrize(
    ("claimed", "days"),
    [
        ((None, None), [2, 3, 4, 5]),
        ((0, 9), [2, 3, 4, 5]),
        ((3, None), [3, 4, 5]),
        ((None, 3), [2, 3]),
        ((4, 4), [4]),
        ((6, None), []),
    ],
)
def test_a_claim_is_made_for_the_instructions_days_narrowed_to_its_own(
    claimed: tuple[int | None, int | None], days: list[int]
) -> None:
    claim = Claim(says="call", item="blisters", from_day=claimed[0], to_day=claimed[1])
    assert list(care.claimed_days(instruction(from_day=2, to_day=5), claim)) == days


def test_nobody_is_told_to_call_about_what_deep_needling_still_lets_expect() -> None:
    early = instruction(from_day=8, to_day=8, claims=(Claim(says="call", item="redness", grade=1),))
    assert set(wrong(early)) == {"/instructions/0/claims/0/grade"}
    assert wrong(msgspec.structs.replace(early, from_day=11, to_day=11)) == {}


def test_no_set_goes_out_in_which_a_day_does_not_say_when_to_call() -> None:
    kept = [one for one in SET if not (one.topic is Topic.CONTACT and one.from_day == 3)]
    found = care.gaps(kept)
    assert found == {
        "/instructions": "Nothing says when to call the clinic on day 3 after laser genesis: days 0 to 42 need it."
    }
    assert care.gaps([one for one in SET if one.modality is Modality.LASER_GENESIS]) == {
        "/instructions": "Nothing says when to call the clinic on day 0 after microneedling: days 0 to 42 need it."
    }

    def ending(day: int) -> list[Instruction]:
        return [msgspec.structs.replace(one, to_day=min(one.to_day, day)) for one in SET]

    assert care.gaps(ending(42)) == {}
    assert "on day 42 after laser genesis" in care.gaps(ending(41))["/instructions"]
    only_mentioned = [
        msgspec.structs.replace(one, kind=Kind.KNOW) if one.topic is Topic.CONTACT else one for one in SET
    ]
    assert care.gaps(only_mentioned) != {}


def test_a_difference_names_what_came_went_and_changed() -> None:
    longer = msgspec.structs.replace(SET[5], to_day=SET[5].to_day + 1)
    new = instruction(topic=Topic.OTHER, texts={"en": "Sleep on your back."})
    found = care.difference(SET, [*SET[1:5], longer, *SET[6:], new])
    assert (found.added, found.changed, found.removed) == ((new,), (longer,), (SET[0],))


def test_several_of_one_topic_are_told_apart_by_their_day_and_own_words_and_found_as_they_were() -> None:
    back, side = (
        instruction(topic=Topic.OTHER, texts={"en": text}) for text in ("On your back.", "On your side.")
    )
    assert care.difference([back], [back, side]) == care.Difference((side,), (), ())
    later = msgspec.structs.replace(back, to_day=9)
    assert care.difference([back, side], [side, later]).changed == (later,)
    assert care.same_in(later, [side, back]) == back
    sun = instruction(texts={"en": "Sun cream."})
    assert care.same_in(sun, [instruction(topic=Topic.HEAT), instruction()]) == instruction()
    for other in ({"from_day": 1}, {"modality": Modality.LASER_GENESIS}, {"topic": Topic.HEAT}):
        assert care.same_in(sun, [instruction(**other)]) is None
