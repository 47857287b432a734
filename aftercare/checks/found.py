"""From a row that fires to the finding: its tier with the risks, its evidence, its words."""

from collections.abc import Iterable
from typing import Any

from aftercare.care.instrument import Kind, load
from aftercare.checks import answers as read
from aftercare.checks.moment import Moment, Placed
from aftercare.checks.pack import expected
from aftercare.checks.sources import rule
from aftercare.model.findings import Evidence, Finding
from aftercare.model.words import Tier

GRADES = ("none", "mild", "moderate", "severe", "very severe")

_TIERS = tuple(Tier)
_FEVER = frozenset({"fever_c", "feverish", "painkiller_6h"})
_GRADED = frozenset(item.key for item in load().items if item.kind is Kind.GRADE)
_COUNTED = frozenset({"blisters", "pus_spots"})
_WHERE = {
    "lips": "at the lips",
    "around_mouth": "around the mouth",
    "nose": "at the nose",
    "cheek": "on the cheek",
    "chin": "on the chin",
    "jaw": "along the jaw",
    "forehead": "on the forehead",
    "temple": "at the temple",
    "around_eye": "around the eye",
    "neck": "on the neck",
    "other": "elsewhere",
}


def found(
    moment: Moment,
    row: str,
    reason: str,
    *,
    items: Iterable[str],
    signs: Iterable[str] = (),
    notes: Iterable[Evidence] = (),
) -> Finding:
    """Make the finding of a row.

    `reason` is the sentence; `items` the answers that carry it, the one that matters most first; `signs` the decisive
    signs among them; `notes` further lines of evidence.
    """
    spec = moment.pack.rows[row]
    carried = tuple(items)
    heard = [line for item in carried for line in moment.heard.get(item, ())] if moment.heard else []
    tier, raised = _raised(moment, row)
    grades = {
        item: grade for item in carried if item in _GRADED and (grade := moment.grade(item)) is not None
    }
    return Finding(
        code=spec.code,
        tier=tier,
        row=row,
        day=moment.day,
        reason=reason + (f" (told in the {heard[0].item})." if heard else "."),
        check_in=moment.at.id,
        evidence=(
            *(_line(moment, item) for item in carried),
            *heard,
            *notes,
            *raised,
            *_skin(moment, row),
            rule(moment.pack, row),
        ),
        grades=grades,
        signs=tuple(signs),
        decisive=bool(signs),
        holds_course=spec.holds_course,
        version=moment.pack.version,
    )


def last_answered(moment: Moment, item: str) -> tuple[Any, Placed] | None:
    """Give the newest earlier answer of an item and the check-in that holds it."""
    for placed in reversed(moment.earlier):
        if item in placed.answers and (value := read.given(placed.answers, item)) is not None:
            return value, placed
    return None


def where(moment: Moment, sign: str) -> str:
    """Give " at the lips" where a place was said, else nothing."""
    named = [_WHERE[place] for place in moment.places(sign)]
    return " " + " and ".join(named) if named else ""


def since(moment: Moment, sign: str) -> str:
    """Say since when a sign is there: "new since day 1", "also on day 2", or only the day."""
    before = last_answered(moment, sign)
    if before is None:
        return f"on day {moment.day}"
    value, placed = before
    if value in (False, "none", "no", 0, []):
        return f"new since {when(moment, placed)}"
    return (
        f"also {on_day(moment, placed)}" if placed.day != moment.day else f"on day {moment.day}, said before"
    )


def when(moment: Moment, placed: Placed) -> str:
    """Name an earlier check-in's time in words."""
    if placed.day == moment.day:
        return "earlier that day"
    return "the day before" if placed.day == moment.day - 1 else f"day {placed.day}"


def on_day(moment: Moment, placed: Placed) -> str:
    """Name an earlier check-in's time as it stands at the end of a clause."""
    named = when(moment, placed)
    return f"on {named}" if named.startswith("day ") else named


def graded(moment: Moment, item: str) -> str:
    """Give a grade as number and word: "2 (moderate)"."""
    grade = moment.grade(item) or 0
    return f"{grade} ({GRADES[grade]})"


def listed(words: Iterable[str]) -> str:
    """Join words as English does: "fever, chills and swollen glands"."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def fever_items(moment: Moment) -> tuple[str, ...]:
    """Give the answers that a fever rests on; none where there is no fever."""
    if not moment.fever:
        return ()
    rests_on = {
        "fever_c": moment.measured_fever is not None,
        "feverish": moment.says("feverish"),
        "painkiller_6h": moment.says("painkiller_6h"),
    }
    return tuple(item for item, there in rests_on.items() if there)


def one_fever(items: Iterable[str]) -> tuple[str, ...]:
    """Name signs by what they mean: felt yesterday and measured today, a fever is one sign and not another."""
    return tuple(dict.fromkeys("fever" if item in _FEVER else item for item in items))


def _line(moment: Moment, item: str) -> Evidence:
    before, now = last_answered(moment, item), read.given(moment.at.answers, item)
    text = where(moment, item).strip()
    if now is None:
        now = _taken_as(moment, item)
        text = f"{text or 'a cluster was told'}; the question itself was not answered"
    return Evidence(
        item=item,
        now=now,
        expected=_band(moment, item) if item in _GRADED else None,
        before=before[0] if before else None,
        before_day=before[1].day if before else None,
        text=text,
    )


def _taken_as(moment: Moment, item: str) -> Any:
    """Say what a sign counts as that was placed or described, but not answered."""
    if item == "hives":
        return moment.weals
    return moment.amount(item) if item in _COUNTED else True


def _band(moment: Moment, item: str) -> int:
    return expected(
        moment.pack,
        moment.modality,
        item,
        moment.day,
        needle_depth_mm=moment.session.needle_depth_mm,
        baseline=moment.baseline(item),
    )


def _raised(moment: Moment, row: str) -> tuple[Tier, tuple[Evidence, ...]]:
    """Raise a tier by one for weak defence, where the pack says so, and say why (rules.md 3, Risk)."""
    spec, numbers = moment.pack.rows[row], moment.pack.risk
    weak = [risk for risk in ("immunosuppressed", "diabetes") if getattr(moment.patient, risk) is True]
    if not weak or spec.code not in numbers.raised_codes:
        return spec.tier, ()
    highest = numbers.raised_to_at_most.rank
    if spec.tier.rank >= highest:
        return spec.tier, tuple(Evidence(item=risk, now=True, text="weakened defence") for risk in weak)
    tier = _TIERS[spec.tier.rank + 1]
    return tier, tuple(Evidence(item=risk, now=True, text=f"raises {spec.tier} to {tier}") for risk in weak)


def _skin(moment: Moment, row: str) -> tuple[Evidence, ...]:
    numbers, skin_type = moment.pack.risk, moment.patient.fitzpatrick
    if skin_type is None or skin_type < numbers.dark_skin_from:
        return ()
    if moment.pack.rows[row].code not in numbers.dark_skin_codes:
        return ()
    return (Evidence(item="fitzpatrick", now=skin_type, text="redness shows less on this skin"),)
