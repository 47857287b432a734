import re
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.care.advice import advise, crisis_number, describe_hours, emergency_number, urgent_care_number
from aftercare.care.advice_words import LANGUAGES
from aftercare.model.advice import Advice, Call
from aftercare.model.clinic import DayOpening, Holiday, Opening, OpeningHours
from aftercare.model.findings import Finding
from aftercare.model.words import Code, Tier

MONDAY = datetime(2026, 3, 9, 8, tzinfo=UTC)
PHONE = "+49 30 5550100"


def said(code: Code, tier: Tier) -> Finding:
    return Finding(code=code, tier=tier, row="row", day=2, reason="as reported", check_in="c1")


def advice(*findings: Finding, **more: Any) -> Advice:
    given_: dict[str, Any] = {
        "open_now": True,
        "next_opening": MONDAY,
        "emergency_number": "112",
        "clinic_phone": PHONE,
        "language": "en",
        "time_zone": "Europe/Berlin",
        "hours_text": "Mon–Fri 09:00–18:00",
        "urgent_number": "116117",
    }
    return advise(findings, **(given_ | more))


@pytest.mark.parametrize(
    ("language", "headline"),
    [("en", "Call 112 now"), ("es", "Llame al 112 ahora"), ("pt-BR", "Ligue 112 agora")],
)
def test_an_emergency_says_call_now_and_do_not_wait_for_us(language: str, headline: str) -> None:
    shown = advice(said(Code.AIRWAY, Tier.EMERGENCY), language=language, open_now=False)
    assert shown.headline == headline
    assert shown.call is not None
    assert shown.call.number == "112"
    assert shown.tier is Tier.EMERGENCY


def test_a_swollen_tongue_is_told_before_anything_else() -> None:
    shown = advice(
        said(Code.EYE, Tier.EMERGENCY), said(Code.AIRWAY, Tier.EMERGENCY), said(Code.BURN, Tier.SAME_DAY)
    )
    assert "adrenaline" in shown.text


def test_an_eye_is_not_to_be_rubbed() -> None:
    assert "Do not rub it" in advice(said(Code.EYE, Tier.EMERGENCY)).text


def test_who_may_hurt_themselves_is_spoken_to_as_a_person() -> None:
    shown = advice(said(Code.NOTE, Tier.EMERGENCY))
    assert shown.headline == "Please get help now: call 112"
    assert "alone" in shown.text
    assert shown.call is not None
    assert shown.call.number == "112"


@pytest.mark.parametrize(
    ("country", "language", "line"), [("GB", "en", "116 123"), ("es", "es", "024"), ("PT", "pt-PT", "1411")]
)
def test_who_may_hurt_themselves_is_told_of_a_line_that_listens(
    country: str, language: str, line: str
) -> None:
    number = crisis_number(country)
    alone = advice(said(Code.NOTE, Tier.EMERGENCY), language=language, crisis_number=number)
    behind = advice(
        said(Code.AIRWAY, Tier.EMERGENCY),
        said(Code.NOTE, Tier.EMERGENCY),
        language=language,
        crisis_number=number,
    )
    assert f"{line}." in alone.text
    assert f"{line}." in behind.text
    assert "{" not in alone.text + behind.text


def test_a_line_for_despair_is_not_shown_to_who_only_worries_nor_where_none_is_known() -> None:
    assert "988" not in advice(said(Code.NOTE, Tier.SOON), crisis_number="988").text
    assert "988" not in advice(said(Code.AIRWAY, Tier.EMERGENCY), crisis_number="988").text
    assert crisis_number("XX") is None
    assert "{crisis}" not in advice(said(Code.NOTE, Tier.EMERGENCY)).text


def test_same_day_when_open_is_a_call_to_the_clinic() -> None:
    shown = advice(said(Code.COLD_SORE, Tier.SAME_DAY))
    assert shown.headline == "Speak with the clinic today"
    assert shown.call is not None
    assert shown.call.number == PHONE


def test_same_day_when_closed_says_where_to_turn_and_not_to_wait_for_monday() -> None:
    shown = advice(said(Code.COLD_SORE, Tier.SAME_DAY), open_now=False)
    assert "Monday 9 March at 09:00" in shown.text
    assert "go to urgent care" in shown.text
    assert shown.call is not None
    assert shown.call.number == "116117"


def test_without_opening_hours_no_opening_is_promised() -> None:
    shown = advice(said(Code.BURN, Tier.SAME_DAY), open_now=False, next_opening=None, urgent_number=None)
    assert "opens" not in shown.text
    assert "go to urgent care" in shown.text
    assert shown.call is None


def test_the_opening_is_told_in_the_patients_own_time() -> None:
    assert (
        "Monday 9 March at 19:00"
        in advice(said(Code.BURN, Tier.SAME_DAY), open_now=False, time_zone="Australia/Sydney").text
    )


def test_nothing_found_is_received_and_never_called_well() -> None:
    shown = advice()
    assert (shown.tier, shown.headline) == (None, "Received")
    assert "Nobody watches this all the time. The clinic reads Mon–Fri 09:00–18:00." in shown.text
    assert "call 112" in shown.text


def test_soon_says_that_the_clinic_is_asked_to_look() -> None:
    assert "is asked to look" in advice(said(Code.SWELLING, Tier.SOON)).text


def test_another_language_gets_english() -> None:
    assert advice(language="sv").language == "en"


EN = LANGUAGES["en"]
EMERGENCY, SAME_DAY = Tier.EMERGENCY, Tier.SAME_DAY
ENOUGH = EN.if_worse.replace("{number}", "112")
WATCHES = EN.nobody_watches.replace("{hours}", "Mon–Fri 09:00–18:00")


@pytest.mark.parametrize(
    ("findings", "more", "headline", "parts", "call"),
    [
        ([said(Code.EYE, EMERGENCY)], {}, "Call 112 now", [EN.emergency[Code.EYE], EN.do_not_wait],
         Call(number="112", label="Call 112")),
        # What is common to all stands in where a code has nothing of its own.
        ([said(Code.MILIA, EMERGENCY)], {}, "Call 112 now", [EN.emergency_other, EN.do_not_wait],
         Call(number="112", label="Call 112")),
        ([said(Code.BURN, SAME_DAY)], {}, "Speak with the clinic today", [EN.same_day[Code.BURN], EN.today_open, ENOUGH],
         Call(number=PHONE, label="Call the clinic")),
        ([said(Code.MILIA, SAME_DAY)], {"clinic_phone": None}, "Speak with the clinic today", [EN.today_open, ENOUGH], None),
        ([said(Code.BURN, SAME_DAY)], {"open_now": False}, "See a doctor today: the clinic is closed",
         [EN.same_day[Code.BURN], "The clinic opens on Monday 9 March at 09:00.", EN.today_closed, ENOUGH],
         Call(number="116117", label="Call for medical advice")),
        ([said(Code.MILIA, SAME_DAY)], {"open_now": False, "next_opening": None}, "See a doctor today: the clinic is closed",
         [EN.today_closed, ENOUGH], Call(number="116117", label="Call for medical advice")),
        ([said(Code.MILIA, Tier.SOON)], {}, "Received", [EN.soon, WATCHES, EN.reach_clinic, ENOUGH],
         Call(number=PHONE, label="Call the clinic")),
        ([said(Code.MILIA, Tier.ROUTINE)], {}, "Received", [WATCHES, EN.reach_clinic, ENOUGH],
         Call(number=PHONE, label="Call the clinic")),
        ([], {"clinic_phone": None, "hours_text": ""}, "Received",
         ["Nobody watches this all the time. The clinic reads at irregular hours.", ENOUGH], None),
    ],
)  # fmt: skip
def test_what_is_shown_is_said_whole_and_nothing_else(
    findings: list[Finding], more: dict[str, Any], headline: str, parts: list[str], call: Call | None
) -> None:
    shown = advice(*findings, **more)
    tier = findings[0].tier if findings else None
    text = " ".join(parts).replace("{number}", "112")
    assert shown == Advice(tier=tier, headline=headline, text=text, language="en", call=call)


def test_what_is_not_known_of_a_clinic_is_not_promised() -> None:
    shown = advise(
        [said(Code.MILIA, SAME_DAY)], open_now=False, next_opening=None, emergency_number="112", clinic_phone=None,
        language="en", time_zone="UTC",
    )  # fmt: skip
    assert shown.call is None
    received = advise(
        [], open_now=True, next_opening=None, emergency_number="112", clinic_phone=None, language="en", time_zone="UTC"
    )  # fmt: skip
    assert "The clinic reads at irregular hours." in received.text


def test_of_several_emergencies_what_cannot_wait_at_all_is_said_first() -> None:
    order = (
        Code.AIRWAY, Code.NOTE, Code.ANAESTHETIC, Code.EYE, Code.COLD_SORE, Code.INFECTION, Code.BURN,
        Code.WIDESPREAD_HERPES, Code.MILIA,
    )  # fmt: skip
    for first, code in enumerate(order):
        for later in order[first + 1 :]:
            shown = advice(said(later, EMERGENCY), said(code, EMERGENCY))
            assert shown == advice(said(code, EMERGENCY)), (code, later)
    assert advice(said(Code.AIRWAY, SAME_DAY), said(Code.MILIA, EMERGENCY)).tier is EMERGENCY


@pytest.mark.parametrize(
    ("tag", "spoken"), [("pt_BR", "pt"), ("ES", "es"), ("es-419", "es"), ("de", "en"), ("", "en")]
)
def test_a_tag_of_any_form_is_spoken_to_in_the_nearest_language(tag: str, spoken: str) -> None:
    shown = advice(language=tag, hours_text="", clinic_phone=None)
    words = LANGUAGES[spoken]
    assert shown.language == spoken
    assert words.no_hours in shown.text
    late = advice(said(Code.MILIA, SAME_DAY), language=tag, open_now=False)
    opens = {"en": "Monday 9 March at 09:00", "es": "lunes 9 de marzo a las 09:00", "pt": "segunda-feira, 9 de março, às 09:00"}  # fmt: skip
    assert words.opens.replace("{when}", opens[spoken]) in late.text


NEVER = re.compile(
    r"clinic knows|clinic has been told|all is well|fine|normal|don't worry|nothing to worry|"
    r"clínica (ya )?sabe|todo (va|está) bien|normal|tudo (está|vai) bem|clínica já sabe|!",
    re.IGNORECASE,
)


@given(
    findings=st.lists(st.builds(said, st.sampled_from(Code), st.sampled_from(Tier)), max_size=4),
    language=st.sampled_from(("en", "es", "pt")),
    open_now=st.booleans(),
    opening=st.sampled_from((MONDAY, None)),
    phone=st.sampled_from((PHONE, None)),
)
def test_whatever_was_found_it_names_the_emergency_number_and_never_soothes(
    findings: list[Finding], language: str, *, open_now: bool, opening: datetime | None, phone: str | None
) -> None:
    shown = advice(
        *findings,
        language=language,
        open_now=open_now,
        next_opening=opening,
        clinic_phone=phone,
        emergency_number="999",
    )
    whole = f"{shown.headline} {shown.text}"
    assert not NEVER.search(whole)
    assert "999" in whole
    assert "{" not in whole + (shown.call.label if shown.call else "")
    assert shown.tier == max((one.tier for one in findings), key=lambda tier: tier.rank, default=None)
    if shown.tier is Tier.EMERGENCY:
        assert shown.call is not None
        assert shown.call.number == "999"


def test_hours_are_told_in_one_line_and_in_the_patients_language() -> None:
    hours = OpeningHours(
        time_zone="Europe/Berlin",
        openings=(
            *(Opening(day, time(9), time(18)) for day in range(4)),
            Opening(5, time(10), time(12)),
            Opening(5, time(13), time(15)),
        ),
    )
    assert describe_hours(hours, "en") == "Mon–Thu 09:00–18:00, Sat 10:00–12:00, 13:00–15:00"
    assert describe_hours(hours, "es-MX").startswith("lun–jue 09:00")
    assert describe_hours(OpeningHours(time_zone="UTC"), "en") == ""
    shuffled = OpeningHours(time_zone=hours.time_zone, openings=tuple(reversed(hours.openings)))
    assert describe_hours(shuffled, "en") == describe_hours(hours, "en")


def test_the_hours_name_the_holidays_of_the_week_ahead_and_no_later_ones() -> None:
    hours = OpeningHours(
        time_zone="Europe/Berlin",
        openings=(Opening(0, time(9), time(18)),),
        holidays=(
            Holiday(on=date(2026, 12, 25), name="Christmas Day"),
            Holiday(on=date(2026, 12, 24), name="Christmas Eve", openings=(DayOpening(time(9), time(12)),)),
        ),
    )
    told = "Mon 09:00–18:00; Thu, Dec 24 09:00–12:00; Fri, Dec 25 closed"
    assert describe_hours(hours, "en", date(2026, 12, 18)) == told
    assert describe_hours(hours, "en", date(2026, 12, 25)) == "Mon 09:00–18:00; Fri, Dec 25 closed"
    assert describe_hours(hours, "pt-BR", date(2026, 12, 25)) == (
        "seg. 09:00–18:00; sex., 25 de dez. fechado"
    )
    only_named = OpeningHours(time_zone="Europe/Berlin", holidays=hours.holidays[1:])
    assert describe_hours(only_named, "en", date(2026, 12, 24)) == "Thu, Dec 24 09:00–12:00"
    for other in (date(2026, 12, 16), date(2026, 12, 26), None):
        assert describe_hours(hours, "en", other) == "Mon 09:00–18:00"


@pytest.mark.parametrize(
    ("country", "clinic", "number"),
    [
        ("DE", None, "112"),
        ("gb", "DE", "999"),
        ("US", "DE", "911"),
        ("AU", None, "000"),
        ("NZ", None, "111"),
        ("BR", "PT", "192"),
        (None, "NZ", "111"),
        (None, None, "112"),
        ("ZZ", "US", "112"),
    ],
)
def test_the_number_is_that_of_the_country_where_the_phone_is(
    country: str | None, clinic: str | None, number: str
) -> None:
    assert emergency_number(country, clinic_country=clinic) == number


def test_a_line_for_advice_out_of_hours_is_known_only_where_there_is_one() -> None:
    assert urgent_care_number("gb") == "111"
    assert urgent_care_number("US") is None
    assert urgent_care_number(None) is None
    assert crisis_number("us") == "988"
    assert crisis_number(None) is None
