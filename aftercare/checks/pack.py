"""The rule pack: every number and every row of the checks, as versioned data. Code names the numbers, never holds them."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from aftercare.model.words import Code, Modality, Tier

_PACKS = Path(__file__).parent / "packs"


class Deep(msgspec.Struct, frozen=True):
    """From this depth and day on, the band also looks so many days earlier, item by item."""

    needle_depth_mm: float
    from_day: int
    days_earlier: dict[str, int]


class Baseline(msgspec.Struct, frozen=True):
    """The patient's own skin before session 1 is subtracted from these items, at most so much, never from a 4."""

    items: frozenset[str]
    at_most: int
    never_from: int


class Fever(msgspec.Struct, frozen=True):
    """Degrees Celsius that count as fever, without and with a painkiller in the last 6 hours."""

    celsius: float
    celsius_after_painkiller: float


class Course(msgspec.Struct, frozen=True):
    """The way a grade goes: two in a row, a rise within a day, a rebound, a plateau."""

    pair_days: int
    rise: int
    rise_from_day: int
    day_before_hours: tuple[float, float]
    rebound_from_day: int
    rebound_low_from_day: int
    rebound_low: int
    rebound_high: int
    new_after_day: int
    plateau_days: dict[Modality, tuple[int, int]]


class Pain(msgspec.Struct, frozen=True):
    """What counts as some, severe and the worst pain beside a sign."""

    some: int
    severe: int
    worst: int


class Swelling(msgspec.Struct, frozen=True):
    """Swelling: mild alone from this day; beside an eyelid; severe; the worst from this day; with a rash from this day."""

    mild_from_day: int
    beside_eye: int
    severe: int
    worst_from_day: int
    allergy_from_day: int


class Warmth(msgspec.Struct, frozen=True):
    """So far above the band warmth is a same-day matter."""

    far_above: int


class Redness(msgspec.Struct, frozen=True):
    """So far above the band, or above it from this day, redness needs no second answer."""

    far_above: int
    late_from_day: int


class Dermatitis(msgspec.Struct, frozen=True):
    """Itching by grade; bruising from this day (the later one where it fades slowly); crusting after laser."""

    itching: int
    itching_severe: int
    bruising_from_day: int
    bruising_slow_from_day: int
    laser_crusting_severe: int


class Signs(msgspec.Struct, frozen=True):
    """Days and hours at which a sign changes its meaning."""

    early_hours: float
    tingling_from_day: int
    weeping_from_day: int
    chills_from_day: int
    bleeding_from_day: int
    eye_shut_from_day: int
    skin_break_burn_to_day: int
    ulcer_herpes_days: tuple[int, int]
    rash_late_from_day: int
    rash_itching: int
    pigment_from_day: int
    laser_colour_burn_to_day: int
    numbing_to_day: int


class RiskNumbers(msgspec.Struct, frozen=True):
    """Which codes weak defence raises by one tier and how far; from which skin type redness is said to show less."""

    raised_codes: frozenset[Code]
    raised_to_at_most: Tier
    dark_skin_from: int
    dark_skin_codes: frozenset[Code]


class SilenceNumbers(msgspec.Struct, frozen=True):
    """When silence is heard (rules.md, Silence)."""

    call_days: tuple[int, int]
    call_misses: int
    high_risk_days: tuple[int, int]
    after_alert_hours: float
    alert_from_tier: Tier
    high_risk_tier: Tier


class Row(msgspec.Struct, frozen=True):
    """One row of the rules: what it is about, how soon; whether it holds the course; whether it is part of the floor."""

    code: Code
    tier: Tier
    holds_course: bool = False
    floor: bool = False


# Item -> the highest expected grade for day 0, 1, 2, ...; the last one holds ever after.
Envelope = dict[str, tuple[int, ...]]


class RulePack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of all rules."""

    version: str
    expected: dict[Modality, Envelope]
    deep: Deep
    baseline: Baseline
    fever: Fever
    course: Course
    pain: Pain
    swelling: Swelling
    warmth: Warmth
    redness: Redness
    dermatitis: Dermatitis
    signs: Signs
    risk: RiskNumbers
    silence: SilenceNumbers
    rows: dict[str, Row]


@cache
def default_pack() -> RulePack:
    """Give the pack that ships with the package."""
    return _read(_PACKS / "default-1.toml")


def expected(
    pack: RulePack,
    modality: Modality,
    item: str,
    day: int,
    *,
    needle_depth_mm: float | None,
    baseline: int = 0,
) -> int:
    """Give the highest grade (0-4) of an item that is still expected on that day: the upper edge of the band.

    Deep needling shifts the band (rules.md 2). `baseline` is the patient's own grade of that item before session 1;
    where the pack counts it, the band is raised by it, so that a raw grade is above the band exactly when the rules
    call it above. A 4 is always above. Days before 0 count as 0. Raises KeyError for an item without a band.
    """
    highest = _column(pack.expected[modality][item], day)
    deep = pack.deep
    if (
        needle_depth_mm is not None
        and needle_depth_mm >= deep.needle_depth_mm
        and day >= deep.from_day
        and modality is Modality.MICRONEEDLING
        and item in deep.days_earlier
    ):
        highest = max(highest, _column(pack.expected[modality][item], day - deep.days_earlier[item]))
    if baseline and item in pack.baseline.items:
        highest += min(baseline, pack.baseline.at_most)
        return min(highest, pack.baseline.never_from - 1)
    return highest


def _column(by_day: tuple[int, ...], day: int) -> int:
    if day <= 0:
        return by_day[0]
    return by_day[day] if day < len(by_day) else by_day[-1]


def _read(path: Path) -> RulePack:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    raw["expected"] = {modality: _by_day(columns) for modality, columns in raw["expected"].items()}
    return msgspec.convert(raw, RulePack)


def _by_day(columns: dict[str, list[int]]) -> dict[str, Any]:
    """Turn columns that hold from a day on into one grade a day, so that a look-up is an index."""
    starts = columns["from_day"]
    ends = [*starts[1:], starts[-1] + 1]
    return {
        item: [
            grade for grade, start, end in zip(grades, starts, ends, strict=True) for _ in range(start, end)
        ]
        for item, grades in columns.items()
        if item != "from_day"
    }
