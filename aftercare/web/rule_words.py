"""The words of the pages about rules: what packs, numbers and rows are called."""

from typing import Any, Final

from aftercare.model.rule_packs import PackState
from aftercare.model.rule_pages import PackLine, RuleAct
from aftercare.model.words import Modality, Tier

STATES: Final = {
    PackState.DRAFT: "Draft",
    PackState.SHADOW: "In shadow",
    PackState.LIVE: "Live",
    PackState.RETIRED: "Retired",
}
TREATMENTS: Final = {Modality.MICRONEEDLING: "Micro-needling", Modality.LASER_GENESIS: "Laser Genesis"}
SECTIONS: Final = {
    "rows": "Rows",
    "fever": "Fever",
    "pain": "Pain beside a sign",
    "signs": "Signs: days and hours",
    "swelling": "Swelling",
    "warmth": "Warmth",
    "redness": "Redness",
    "dermatitis": "Itching, bruising, crusting",
    "course": "The way a grade goes",
    "expected": "What is expected, day by day",
    "deep": "Deep needling",
    "baseline": "The patient’s own skin",
    "risk": "Risks",
    "silence": "Silence",
}
SHARES: Final = {
    "patients_alerted": "Patients who ever alert",
    "uneventful_soon": "Uneventful recoveries told as soon or higher",
    "caught_in_time": "Complications told in time",
}
VERBS: Final[dict[RuleAct, str]] = {
    "release": "Release",
    "shadow": "Put in shadow",
    "retire": "Retire",
    "restore": "Restore",
}
QUESTIONS: Final[dict[RuleAct, str]] = {
    "release": "Release pack {n}?",
    "shadow": "Put pack {n} in shadow?",
    "retire": "Retire pack {n}?",
    "restore": "Restore pack {n}?",
}
TIERS: Final = {tier.value: tier.value.replace("_", " ").capitalize() for tier in Tier} | {"off": "Off"}


def label(pointer: str) -> str:
    """A value's name in its section: "Celsius after painkiller", "Laser genesis: warmth"."""
    parts = [part.replace("_", " ").replace(".", ": ", 1) for part in pointer.split("/")[2:]]
    words = ": ".join(parts).removesuffix(": tier")
    return words[:1].upper() + words[1:]


def row(name: str) -> str:
    """A row's name beside its code: "high risk, 2026-03-04"."""
    return (name.partition(".")[2] or name).replace("_", " ").replace(".", ", ")


def place(pointer: str) -> str:
    """Where a value stands, in full: "Fever: celsius"."""
    part = pointer.split("/")[1]
    if part in ("rows", "expected"):
        return f"{'Expected, ' if part == 'expected' else ''}{label(pointer)}"
    return f"{SECTIONS.get(part, part.replace('_', ' ').capitalize())}: {label(pointer)}"


def value(pointer: str, one: Any) -> str:
    """A value as it is read."""
    match one:
        case bool():
            return "yes" if one else "no"
        case float():
            return f"{one:g}"
        case list():
            return " ".join(value(pointer, part) for part in one)
        case str():
            return one.replace("_", " ")
    return str(one)


def days(pointer: str, before: Any, after: Any) -> str:
    """Which days of a band differ, and how: "day 0: 2 → 1"; empty where it is no band."""
    if not pointer.startswith("/expected/"):
        return ""
    longest = max(len(before), len(after))
    pairs = [
        (day, before[min(day, len(before) - 1)], after[min(day, len(after) - 1)]) for day in range(longest)
    ]
    moved = [f"day {day}: {old} → {new}" for day, old, new in pairs if old != new]
    return ", ".join(moved) or "the same on every day"


def doing(pack: PackLine) -> str:
    """What a pack does, in a few words."""
    return {
        PackState.DRAFT: "judges nothing yet",
        PackState.SHADOW: "judges everything that arrives, and is counted",
        PackState.LIVE: "alerts",
        PackState.RETIRED: "judges nothing any more",
    }[pack.state]


def last_day(grades: tuple[int, ...]) -> int:
    """The day from which on a band stays as it is."""
    day = len(grades) - 1
    while day and grades[day - 1] == grades[day]:
        day -= 1
    return day
