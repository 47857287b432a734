"""What a patient is told at once after a check-in: short sentences for a tired person on a phone (design.md 4).

It never says that all is well, nor that the clinic knows: nobody watches all the time. It names no disease as a fact.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_skeleton, get_day_names

from aftercare.care.advice_words import LANGUAGES, Words
from aftercare.care.opening import holidays_from
from aftercare.model.advice import Advice, Call
from aftercare.model.clinic import DayOpening, Holiday, Opening, OpeningHours
from aftercare.model.findings import Finding
from aftercare.model.words import Code, Tier

_WEEK = 8  # today, and the same weekday after it
# What is said first when several emergencies are reported together.
_FIRST = (
    Code.AIRWAY,
    Code.NOTE,
    Code.ANAESTHETIC,
    Code.EYE,
    Code.COLD_SORE,
    Code.INFECTION,
    Code.BURN,
    Code.WIDESPREAD_HERPES,
)


def advise(
    findings: Sequence[Finding],
    *,
    open_now: bool,
    next_opening: datetime | None,
    emergency_number: str,
    clinic_phone: str | None,
    language: str,
    time_zone: str,
    hours_text: str = "",
    urgent_number: str | None = None,
    crisis_number: str | None = None,
) -> Advice:
    """Return what the patient is shown for the findings of one check-in, none included.

    `language` is a tag such as `pt-BR`; other languages than English, Spanish and Portuguese get English. `time_zone` is
    the patient's, for the day and hour of `next_opening`. `hours_text` is what `describe_hours` gives; `urgent_number` a
    line for medical advice out of hours (`urgent_care_number`), and `crisis_number` one for who may hurt themselves, where there is one.
    """
    spoken = _language(language)
    words = LANGUAGES[spoken]
    lead = max(findings, key=_weight, default=None)
    number: str | None
    if lead is not None and lead.tier is Tier.EMERGENCY:
        headline, parts = _emergency(words, lead.code, _crisis(words, findings, crisis_number))
        number, label = emergency_number, words.call_emergency
    elif lead is not None and lead.tier is Tier.SAME_DAY:
        when = _when(words, next_opening, spoken, time_zone)
        headline, parts = _same_day(words, lead.code, when, open_now=open_now)
        number, label = (clinic_phone, words.call_clinic) if open_now else (urgent_number, words.call_urgent)
    else:
        headline, parts = _received(
            words, soon=lead is not None and lead.tier is Tier.SOON, phone=clinic_phone
        )
        number, label = clinic_phone, words.call_clinic

    def fill(text: str) -> str:
        return text.replace("{number}", emergency_number).replace("{hours}", hours_text or words.no_hours)

    return Advice(
        tier=lead.tier if lead else None,
        headline=fill(headline),
        text=fill(" ".join(part for part in parts if part)),
        language=spoken,
        call=Call(number=number, label=fill(label)) if number else None,
    )


@lru_cache(maxsize=512)
def describe_hours(hours: OpeningHours, language: str, today: date | None = None) -> str:
    """Return the opening hours in a line, such as "Mon–Fri 09:00–18:00, Sat 10:00–14:00"; "" if there are none.

    With the clinic's local date also the holidays from then on for a week, such as "Fri, 25 Dec closed".
    """
    names = get_day_names("abbreviated", locale=_language(language))
    days = [(day, _spans(hours.openings, day)) for day in range(7)]
    parts = []
    for spans, group in groupby(days, key=lambda one: one[1]):
        if spans:
            numbers = [day for day, _ in group]
            first, last = names[numbers[0]], names[numbers[-1]]
            parts.append(f"{first}–{last} {spans}" if len(numbers) > 1 else f"{first} {spans}")
    special = [_on_holiday(one, language) for one in holidays_from(hours, today, _WEEK)] if today else []
    return "; ".join(filter(None, (", ".join(parts), *special)))


def emergency_number(country: str | None, *, clinic_country: str | None = None) -> str:
    """Return the number for an ambulance where the phone is (ISO 3166 alpha-2), else at the clinic, else 112.

    General knowledge, checked by nobody yet: a clinic confirms its own before release. 112 works on mobile phones nearly
    everywhere.
    """
    return _AMBULANCE.get((country or clinic_country or "").upper(), "112")


def urgent_care_number(country: str | None) -> str | None:
    """Return the national line for medical advice out of hours, where there is one; general knowledge as above."""
    return _OUT_OF_HOURS.get((country or "").upper())


def crisis_number(country: str | None) -> str | None:
    """Return a line for people in despair that answers day and night, where we know one; general knowledge as above."""
    return _CRISIS.get((country or "").upper())


def _emergency(words: Words, code: Code, crisis: list[str]) -> tuple[str, list[str]]:
    headline = words.self_harm_headline if code is Code.NOTE else words.emergency_headline
    return headline, [words.emergency.get(code, words.emergency_other), *crisis, words.do_not_wait]


def _crisis(words: Words, findings: Sequence[Finding], number: str | None) -> list[str]:
    """What is said to who may hurt themselves, also where something else comes before it."""
    if not any(one.code is Code.NOTE and one.tier is Tier.EMERGENCY for one in findings):
        return []
    return [words.crisis_line.replace("{crisis}", number)] if number else []


def _same_day(words: Words, code: Code, when: str, *, open_now: bool) -> tuple[str, list[str]]:
    particular = words.same_day.get(code, "")
    if open_now:
        return words.today_open_headline, [particular, words.today_open, words.if_worse]
    return words.today_closed_headline, [particular, when, words.today_closed, words.if_worse]


def _received(words: Words, *, soon: bool, phone: str | None) -> tuple[str, list[str]]:
    asked = words.soon if soon else ""
    reach = words.reach_clinic if phone else ""
    return words.received, [asked, words.nobody_watches, reach, words.if_worse]


def _when(words: Words, next_opening: datetime | None, spoken: str, time_zone: str) -> str:
    if next_opening is None:
        return ""
    when = format_datetime(next_opening, words.when, tzinfo=ZoneInfo(time_zone), locale=spoken)
    return words.opens.replace("{when}", when)


def _language(tag: str) -> str:
    spoken = tag.replace("_", "-").split("-")[0].lower()
    return spoken if spoken in LANGUAGES else "en"


def _weight(finding: Finding) -> tuple[int, int]:
    rank = _FIRST.index(finding.code) if finding.code in _FIRST else len(_FIRST)
    return finding.tier.rank, -rank


def _on_holiday(one: Holiday, language: str) -> str:
    spoken = _language(language)
    return f"{format_skeleton('MMMEd', one.on, locale=spoken)} {_spoken(one.openings) or LANGUAGES[spoken].closed}"


def _spans(openings: Sequence[Opening], day: int) -> str:
    return _spoken(tuple(one for one in openings if one.weekday == day))


def _spoken(openings: Sequence[Opening | DayOpening]) -> str:
    spans = sorted((one.opens, one.closes) for one in openings)
    return ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in spans)


_AMBULANCE = {
    **dict.fromkeys(
        ("US", "CA", "MX", "PH", "CR", "EC", "PA", "PY", "UY", "VE", "DO", "SV", "HN", "JO", "PR"), "911"
    ),
    **dict.fromkeys(("GB", "HK", "MY", "KE", "QA", "BH", "BD"), "999"),
    **dict.fromkeys(("JP", "KR", "TW"), "119"),
    "AE": "998",
    "AR": "107",
    "AU": "000",
    "BR": "192",
    "CH": "144",
    "CL": "131",
    "CN": "120",
    "CO": "123",
    "EG": "123",
    "IL": "101",
    "LB": "140",
    "LK": "1990",
    "NO": "113",
    "NP": "102",
    "NZ": "111",
    "OM": "9999",
    "PE": "106",
    "PK": "1122",
    "SA": "997",
    "SG": "995",
    "TH": "1669",
    "TN": "190",
    "VN": "115",
}
_OUT_OF_HOURS = {
    **dict.fromkeys(("DE", "NO", "FI"), "116117"),
    "AT": "1450",
    "AU": "1800 022 222",
    "CA": "811",
    "GB": "111",
    "NZ": "0800 611 116",
    "PT": "808 24 24 24",
    "SE": "1177",
}
_CRISIS = {
    **dict.fromkeys(("US", "CA"), "988"),
    **dict.fromkeys(("GB", "IE"), "116 123"),
    "AT": "142",
    "AU": "13 11 14",
    "BR": "188",
    "CH": "143",
    "CL": "*4141",
    "DE": "0800 111 0 111",
    "ES": "024",
    "FR": "3114",
    "MX": "800 911 2000",
    "NL": "113",
    "NZ": "1737",
    "PT": "1411",
}
