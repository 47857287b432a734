"""What a patient is told at once after a check-in: short sentences for a tired person on a phone (design.md 4).

It never says that all is well, nor that the clinic knows: nobody watches all the time. It names no disease as a fact.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, get_day_names

from aftercare.care.advice_words import LANGUAGES, Words
from aftercare.model.advice import Advice, Call
from aftercare.model.clinic import Opening, OpeningHours
from aftercare.model.findings import Finding
from aftercare.model.words import Code, Tier

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
) -> Advice:
    """Return what the patient is shown for the findings of one check-in, none included.

    `language` is a tag such as `pt-BR`; other languages than English, Spanish and Portuguese get English. `time_zone` is
    the patient's, for the day and hour of `next_opening`. `hours_text` is what `describe_hours` gives; `urgent_number` a
    line for medical advice out of hours (`urgent_care_number`), where there is one.
    """
    spoken = language.replace("_", "-").split("-")[0].lower()
    spoken = spoken if spoken in LANGUAGES else "en"
    words = LANGUAGES[spoken]
    lead = max(findings, key=_weight, default=None)
    tier = lead.tier if lead else None
    clinic = Call(number=clinic_phone, label=words.call_clinic) if clinic_phone else None
    if lead is not None and tier is Tier.EMERGENCY:
        headline = words.self_harm_headline if lead.code is Code.NOTE else words.emergency_headline
        parts = [words.emergency.get(lead.code, words.emergency_other), words.do_not_wait]
        call: Call | None = Call(number=emergency_number, label=words.call_emergency)
    elif lead is not None and tier is Tier.SAME_DAY:
        headline = words.today_open_headline if open_now else words.today_closed_headline
        parts = [
            words.same_day.get(lead.code, ""),
            *_today(words, next_opening, spoken, time_zone, open_now=open_now),
        ]
        parts.append(words.if_worse)
        call = clinic if open_now else _urgent(words, urgent_number)
    else:
        headline = words.received
        parts = [
            words.soon if tier is Tier.SOON else "",
            words.nobody_watches,
            words.reach_clinic if clinic else "",
        ]
        parts.append(words.if_worse)
        call = clinic
    text = " ".join(part for part in parts if part)
    filled = {"number": emergency_number, "hours": hours_text or words.no_hours}
    return Advice(
        tier=tier,
        headline=_fill(headline, filled),
        text=_fill(text, filled),
        call=_labelled(call, filled),
        language=spoken,
    )


def describe_hours(hours: OpeningHours, language: str) -> str:
    """Return the opening hours in a line, such as "Mon–Fri 09:00–18:00, Sat 10:00–14:00"; "" if there are none."""
    spoken = language.replace("_", "-").split("-")[0].lower()
    names = get_day_names("abbreviated", locale=spoken if spoken in LANGUAGES else "en")
    days = [(day, _spans(hours.openings, day)) for day in range(7)]
    parts = []
    for spans, group in groupby(days, key=lambda one: one[1]):
        if spans:
            numbers = [day for day, _ in group]
            first, last = names[numbers[0]], names[numbers[-1]]
            parts.append(f"{first}–{last} {spans}" if len(numbers) > 1 else f"{first} {spans}")
    return ", ".join(parts)


def emergency_number(country: str | None, *, clinic_country: str | None = None) -> str:
    """Return the number for an ambulance where the phone is (ISO 3166 alpha-2), else at the clinic, else 112.

    General knowledge, checked by nobody yet: a clinic confirms its own before release. 112 works on mobile phones nearly
    everywhere.
    """
    return _AMBULANCE.get((country or clinic_country or "").upper(), "112")


def urgent_care_number(country: str | None) -> str | None:
    """Return the national line for medical advice out of hours, where there is one; general knowledge as above."""
    return _OUT_OF_HOURS.get((country or "").upper())


def _weight(finding: Finding) -> tuple[int, int]:
    rank = _FIRST.index(finding.code) if finding.code in _FIRST else len(_FIRST)
    return finding.tier.rank, -rank


def _today(
    words: Words, next_opening: datetime | None, spoken: str, time_zone: str, *, open_now: bool
) -> tuple[str, ...]:
    if open_now:
        return (words.today_open,)
    if next_opening is None:
        return (words.today_closed,)
    when = format_datetime(next_opening, words.when, tzinfo=ZoneInfo(time_zone), locale=spoken)
    return words.opens.replace("{when}", when), words.today_closed


def _urgent(words: Words, number: str | None) -> Call | None:
    return Call(number=number, label=words.call_urgent) if number else None


def _fill(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def _labelled(call: Call | None, values: dict[str, str]) -> Call | None:
    return Call(number=call.number, label=_fill(call.label, values)) if call else None


def _spans(openings: Sequence[Opening], day: int) -> str:
    spans = sorted((one.opens, one.closes) for one in openings if one.weekday == day)
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
