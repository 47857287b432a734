"""The rule pack: every number and every row of the checks, as versioned data. Code names the numbers, never holds them."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from aftercare.model.people import BaselineItem
from aftercare.model.words import Code, Modality, Tier

_PACKS = Path(__file__).parent / "packs"

# Bounds of what a clinic may write; what is sensible within them, `floor` says.
Grade = Annotated[int, Meta(ge=0, le=4)]
Said = Annotated[int, Meta(ge=1, le=4)]  # a grade that is something
Day = Annotated[int, Meta(ge=0, le=90)]
Days = tuple[Day, Day]  # from and to, both included
Hours = Annotated[float, Meta(ge=0, le=336)]
Celsius = Annotated[float, Meta(ge=36, le=41)]
Column = Annotated[tuple[Grade, ...], Meta(min_length=1, max_length=91)]


class Deep(msgspec.Struct, frozen=True):
    """From this depth and day on, the band also looks so many days earlier, item by item."""

    needle_depth_mm: Annotated[float, Meta(ge=0.1, le=5)]
    from_day: Day
    days_earlier: dict[str, Annotated[int, Meta(ge=0, le=14)]]


class Baseline(msgspec.Struct, frozen=True):
    """The patient's own skin before session 1 is subtracted from these items, at most so much, never from a 4."""

    items: frozenset[BaselineItem]
    at_most: Grade
    never_from: Said


class Fever(msgspec.Struct, frozen=True):
    """Degrees Celsius that count as fever, without and with a painkiller in the last 6 hours."""

    celsius: Celsius
    celsius_after_painkiller: Celsius


class Course(msgspec.Struct, frozen=True):
    """The way a grade goes: two in a row, a rise within a day, a rebound, a plateau."""

    pair_days: Annotated[int, Meta(ge=1, le=28)]
    rise: Said
    rise_from_day: Day
    day_before_hours: tuple[Hours, Hours]
    rebound_from_day: Day
    rebound_low_from_day: Day
    rebound_low: Grade
    rebound_high: Said
    new_after_day: Day
    plateau_days: dict[Modality, Days]


class Pain(msgspec.Struct, frozen=True):
    """What counts as some, severe and the worst pain beside a sign."""

    some: Said
    severe: Said
    worst: Said


class Swelling(msgspec.Struct, frozen=True):
    """Swelling: mild alone from this day; beside an eyelid; severe; the worst from this day; with a rash from this day."""

    mild_from_day: Day
    beside_eye: Said
    severe: Said
    worst_from_day: Day
    allergy_from_day: Day


class Warmth(msgspec.Struct, frozen=True):
    """So far above the band warmth is a same-day matter."""

    far_above: Said


class Redness(msgspec.Struct, frozen=True):
    """So far above the band, or above it from this day, redness needs no second answer."""

    far_above: Said
    late_from_day: Day


class Dermatitis(msgspec.Struct, frozen=True):
    """Itching by grade; bruising from this day (the later one where it fades slowly); crusting after laser."""

    itching: Said
    itching_severe: Said
    bruising_from_day: Day
    bruising_slow_from_day: Day
    laser_crusting_severe: Said


class Signs(msgspec.Struct, frozen=True):
    """Days and hours at which a sign changes its meaning."""

    early_hours: Hours
    tingling_from_day: Day
    weeping_from_day: Day
    chills_from_day: Day
    bleeding_from_day: Day
    eye_shut_from_day: Day
    skin_break_burn_to_day: Day
    ulcer_herpes_days: Days
    rash_late_from_day: Day
    rash_itching: Said
    pigment_from_day: Day
    laser_colour_burn_to_day: Day
    numbing_to_day: Day


class RiskNumbers(msgspec.Struct, frozen=True):
    """Which codes weak defence raises by one tier and how far; from which skin type redness is said to show less."""

    raised_codes: frozenset[Code]
    raised_to_at_most: Tier
    dark_skin_from: Annotated[int, Meta(ge=1, le=6)]
    dark_skin_codes: frozenset[Code]


class SilenceNumbers(msgspec.Struct, frozen=True):
    """When silence is heard (rules.md, Silence)."""

    call_days: Days
    call_misses: Annotated[int, Meta(ge=1, le=7)]
    high_risk_days: Days
    after_alert_hours: Annotated[float, Meta(ge=1, le=72)]
    alert_from_tier: Tier
    high_risk_tier: Tier


class Row(msgspec.Struct, frozen=True):
    """One row of the rules: what it is about, how soon; whether it holds the course, is part of the floor, is switched off.

    Before `alone_from_day` an answer of it counts only in company, or said twice (`checks.alone`).
    """

    code: Code
    tier: Tier
    alone_from_day: Day = 0
    holds_course: bool = False
    floor: bool = False
    off: bool = False  # by the clinic; never a row of the floor


# Item -> the highest expected grade for day 0, 1, 2, ...; the last one holds ever after.
Envelope = dict[str, Column]


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
