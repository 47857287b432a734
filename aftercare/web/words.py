"""The words of the dashboard: what tiers, items, answers, evidence and risks are called on a practitioner's screen."""

from typing import Any, Final

from aftercare.model.findings import Evidence
from aftercare.model.views import Act, AlertLine, PatientView, RisksView, SessionView, TriageRow
from aftercare.model.words import (
    AlertState,
    AnsweredBy,
    Code,
    Modality,
    Outcome,
    Prophylaxis,
    Role,
    Tier,
    View,
)

GRADES: Final = ("none", "mild", "moderate", "severe", "very severe")

TIERS: Final = {
    Tier.EMERGENCY: "Emergency",
    Tier.SAME_DAY: "Same day",
    Tier.SOON: "Soon",
    Tier.ROUTINE: "Routine",
}

CODES: Final = {
    Code.AIRWAY: "Airway",
    Code.EYE: "Eye",
    Code.ANAESTHETIC: "Reaction to the anaesthetic",
    Code.COLD_SORE: "Cold sore",
    Code.WIDESPREAD_HERPES: "Widespread herpes",
    Code.SWELLING: "Swelling",
    Code.INFECTION: "Infection",
    Code.ALLERGY: "Allergy",
    Code.NODULES: "Lumps",
    Code.MILIA: "Milia",
    Code.PIGMENT: "Pigment",
    Code.SCARRING: "Scarring",
    Code.REDNESS: "Redness",
    Code.BURN: "Burn",
    Code.PAIN: "Pain",
    Code.BLEEDING: "Bleeding",
    Code.DERMATITIS: "Dermatitis",
    Code.ACNE_FLARE: "Acne flare",
    Code.NOTE: "Note",
    Code.CONTACT_REQUEST: "Wants contact",
    Code.SILENCE: "Silence",
}

STATES: Final = {
    AlertState.OPEN: "Open",
    AlertState.ACKNOWLEDGED: "Taken",
    AlertState.ATTEMPTED: "No answer yet",
    AlertState.CONTACTED: "Contacted",
    AlertState.RESOLVED: "Resolved",
}

OUTCOMES: Final = {
    Outcome.CONFIRMED: "Confirmed",
    Outcome.EXPECTED_COURSE: "Expected course",
    Outcome.FALSE_ALARM: "False alarm",
    Outcome.DUPLICATE: "Duplicate",
}

OUTCOME_HINTS: Final = {
    Outcome.CONFIRMED: "The problem was there. The course stays held until a practitioner ends it.",
    Outcome.EXPECTED_COURSE: "What was reported belongs to this recovery.",
    Outcome.FALSE_ALARM: "The report or the check was wrong.",
    Outcome.DUPLICATE: "Another alert covers it.",
}

ROLES: Final = {
    Role.PRACTITIONER: "practitioner",
    Role.COORDINATOR: "coordinator",
    Role.ADMIN: "admin",
}

VIEWS: Final = {
    View.FRONT: "front",
    View.LEFT_45: "left",
    View.RIGHT_45: "right",
    View.CLOSE_UP: "close-up",
    View.OTHER: "other view",
}

ANSWERED_BY: Final = {
    AnsweredBy.SELF: "the patient",
    AnsweredBy.CARER: "a carer",
    AnsweredBy.STAFF: "staff, by phone",
}

FOLLOW_UPS: Final = {
    "raised": "Raised",
    "rose": "Rose",
    "joined": "New finding joined",
    "held_back": "Held back",
    "acknowledge": "Taken",
    "attempt": "Called, no answer",
    "contact": "Contacted",
    "snooze": "Snoozed",
    "resolve": "Resolved",
    "reopen": "Reopened",
    "end_condition": "Ended: the course may go on",
    "note": "Note",
    "told": "Told",
    "told_failed": "Could not tell",
    "waits": "Waits to tell",
    "escalated": "Went on",
    "call": "Call",
    "advice": "Advice",
    "visit": "Visit",
    "message": "Message",
}

# The instrument's key (rules.md 1) as a practitioner says it.
ITEMS: Final = {
    "redness": "Redness",
    "swelling": "Swelling",
    "pain": "Pain",
    "warmth": "Warmth",
    "itching": "Itching",
    "dryness": "Dryness",
    "bruising": "Bruising",
    "crusting": "Crusting",
    "breathing_or_tongue": "Breathing or tongue",
    "very_unwell": "Very unwell",
    "eye": "Eye",
    "fever_c": "Temperature",
    "feverish": "Feverish",
    "chills": "Chills",
    "painkiller_6h": "Painkiller within 6 h",
    "numbing_reaction": "Reaction to numbing",
    "tingling": "Tingling",
    "blisters": "Blisters",
    "grouped": "Blisters grouped",
    "pus_spots": "Pus spots",
    "yellow_crust": "Yellow crust",
    "weeping": "Weeping",
    "raw_or_grey_skin": "Raw or grey skin",
    "ulcer": "Sore that does not heal",
    "fresh_bleeding": "Fresh bleeding",
    "spreading": "Spreading",
    "one_sided": "One-sided",
    "hives": "Hives",
    "bumpy_rash": "Bumpy rash",
    "rash_beyond_area": "Rash beyond the area",
    "lumps": "Lumps",
    "white_bumps": "White bumps",
    "dark_patches": "Dark patches",
    "light_patches": "Light patches",
    "lines_or_rows": "Lines or rows",
    "raised_scar": "Raised scar",
    "swollen_glands": "Swollen glands",
    "joint_pain": "Joint pain",
    "new_product": "New product",
    "sun": "Sun",
    "wants_contact": "Wants contact",
    "note": "Note",
    "message": "Message",
    "sites": "Where",
    # Not of the instrument: what evidence names besides.
    "hsv_history": "Had cold sores before",
    "fitzpatrick": "Skin type",
    "immunosuppressed": "Immunosuppressed",
    "diabetes": "Diabetes",
}

GRADED: Final = frozenset(
    {"redness", "swelling", "pain", "warmth", "itching", "dryness", "bruising", "crusting"}
)

_SKIN_TYPES: Final = ("", "I", "II", "III", "IV", "V", "VI")


def begin(text: str) -> str:
    """Begin a sentence with it: its first letter large, and names and units within as they are."""
    return text[:1].upper() + text[1:]


def item(key: str) -> str:
    """Name the item; an unknown key is shown as it came, so that nothing said is hidden."""
    return ITEMS.get(key, key.replace("_", " ").capitalize())


def sign(key: str) -> str:
    """Name a sign in a row of marks; a measured temperature stands there as the fever it says or denies."""
    return "Fever" if key == "fever_c" else item(key)


def answer(key: str, value: Any) -> str:
    """Say an answer in a word or two: a grade by its name, a temperature with its unit, lists joined."""
    if value is None:
        return "not asked"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key in GRADED and isinstance(value, int) and 0 <= value < len(GRADES):
        return GRADES[value]
    if key == "fever_c":
        return f"{value} °C"
    if key == "fitzpatrick" and isinstance(value, int) and 0 < value < len(_SKIN_TYPES):
        return _SKIN_TYPES[value]
    if isinstance(value, list | tuple):
        return ", ".join(str(part).replace("_", " ") for part in value) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{item(str(sign))}: {answer('sites', where)}" for sign, where in value.items())
    return str(value).replace("_", " ") if key not in {"note", "message"} else str(value)


def grade(value: int) -> str:
    """Name a grade 0-4."""
    return GRADES[max(0, min(value, len(GRADES) - 1))]


def treatment(session: SessionView) -> str:
    """Name what was done, "needling 1.5 mm" or "Laser Genesis": what the day counts from."""
    if session.modality is Modality.LASER_GENESIS:
        return "Laser Genesis"
    depth = session.needle_depth_mm
    return "needling" if depth is None else f"needling {depth:g} mm"


def day_after(day: int, session: SessionView | None) -> str:
    """Say "day 3 after needling 1.5 mm"; day 0 is the day of the session, and before any there is no day."""
    if session is None:
        return "before any session"
    return f"day {day} after {treatment(session)}" if day else f"day of {treatment(session)}"


def before(line: Evidence | None, day: int) -> str:
    """Say the earlier value that the sentence is read against: "warmth the day before: mild"; "" without one."""
    if line is None or line.before_day is None:
        return ""
    gap = day - line.before_day
    # Seen from the check-in's own day, which may have arrived late: "yesterday" would be another day.
    when = {0: "earlier that day", 1: "the day before"}.get(gap, f"on day {line.before_day}")
    return f"{item(line.item).lower()} {when}: {answer(line.item, line.before)}"


def risk_chips(risks: RisksView, *, emptied: bool = False) -> list[tuple[str, bool]]:
    """List chips as (words, whether it weighs): what is known and matters first, then what is not known.

    With `emptied`, allergies and medicines that were asked and denied are said as well.
    """
    known = risks.known
    weighs = [
        (known.hsv_history, "had cold sores"),
        (known.immunosuppressed, "immunosuppressed"),
        (known.diabetes, "diabetes"),
        (known.keloid_history, "keloids"),
        (known.blood_thinner, "blood thinner"),
    ]
    chips = [(words, True) for fact, words in weighs if fact]
    chips += [(f"allergy: {name}", True) for name in risks.allergies or ()]
    chips += [(name, False) for name in risks.medicines or ()]
    if known.fitzpatrick is not None:
        chips.append((f"skin type {_SKIN_TYPES[known.fitzpatrick]}", False))
    chips += _prophylaxis_chip(risks)
    if emptied and risks.allergies == ():
        chips.append(("no allergies known", False))
    unknown = [
        words
        for fact, words in ((known.hsv_history, "cold sores"), (risks.allergies, "allergies"))
        if fact is None
    ]
    if unknown:
        chips.append((f"not known: {', '.join(unknown)}", False))
    return chips


def _prophylaxis_chip(risks: RisksView) -> list[tuple[str, bool]]:
    if risks.prophylaxis is None:
        return [("prophylaxis not known", True)] if risks.known.hsv_history else []
    if risks.prophylaxis is Prophylaxis.NONE:
        return [("no prophylaxis", True)] if risks.known.hsv_history else []
    return [(f"prophylaxis {risks.prophylaxis.value}", False)]


def age(patient: PatientView, year: int, month: int, day: int) -> int | None:
    """Count completed years on the given local date; `None` when the date of birth is not known."""
    if patient.born is None:
        return None
    return year - patient.born.year - ((month, day) < (patient.born.month, patient.born.day))


def evidence_parts(line: Evidence) -> tuple[str, str, str]:
    """Say what was answered, what it is compared with, and the rule's own numbers, in three short phrases, "" where none."""
    said = (
        f"{item(line.item)}: {answer(line.item, line.now)}"
        if line.now is not None
        else line.text or item(line.item)
    )
    against = [f"expected up to {grade(line.expected)}"] if line.expected is not None else []
    if line.before_day is not None:
        against.append(f"day {line.before_day}: {answer(line.item, line.before)}")
    if line.text and line.now is not None:
        against.append(line.text)
    numbers = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in line.numbers.items())
    return said, "; ".join(against), numbers


def waits(row: AlertLine) -> bool:
    """Tell whether it waits for somebody: not once the patient was reached, nor while it is snoozed."""
    return row.state is not AlertState.CONTACTED and row.snoozed_until is None


def together(row: TriageRow, act: Act) -> tuple[AlertLine, ...]:
    """List the patient's alerts that one act is for: a call is about all of them that still wait, taking about those open."""
    if row.state is AlertState.RESOLVED or (act != "acknowledge" and act not in row.may):
        return ()
    return tuple(
        line
        for line in (row, *row.also)
        if act in line.may and (line is row or line.state is not AlertState.CONTACTED)
    )


def take(row: TriageRow, several: tuple[AlertLine, ...]) -> str:
    """Say what *Take* takes: "Take", "Take all 4", "Take 2", "Take the other 2"."""
    count = len(several)
    if several[0] is not row:
        return "Take the other" if count == 1 else f"Take the other {count}"
    if count == 1:
        return "Take"
    return f"Take all {count}" if count == 1 + len(row.also) else f"Take {count}"


def holder(row: AlertLine) -> str:
    """Name who has it."""
    if row.owner is None:
        return "nobody yet"
    return row.owner.name


def state(row: AlertLine) -> str:
    """Say the state in one phrase, attempts counted."""
    if row.state is AlertState.ATTEMPTED:
        return "called once, no answer" if row.attempts <= 1 else f"called {row.attempts} times, no answer"
    return STATES[row.state]


def place(path: str) -> str:
    """Name the page that a path of ours leads back to."""
    named = {
        "/alerts/": "Alert",
        "/call-list": "Call list",
        "/patients": "Patients",
        "/recalls": "Recalls",
        "/rules/": "Rules",
    }
    return next((name for start, name in named.items() if path.startswith(start)), "Triage")
