"""The pictures of the statistics as SVG from the server: shares against their limit, weeks as columns, outcomes as a bar.

As in `charts`: places are percentages of the width, so that words and strokes keep their size on a phone and a desk.
What a picture says stands in a table beside it, so each is one image with a sentence to a screen reader.
"""

from datetime import date
from itertools import pairwise

import msgspec
from markupsafe import Markup

from aftercare.model.statistics import (
    CHECK_INS_AT_MOST,
    PATIENTS_AT_MOST,
    UNEVENTFUL_AT_MOST,
    BudgetLine,
    CheckLine,
    Share,
    WeekLine,
)
from aftercare.model.words import Outcome, Tier
from aftercare.web import words

_TIERS = ("routine", "soon", "same_day", "emergency")  # from the ground up: what presses stands on top
_TOP, _GROUND = 18, 130


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """One bound of the budget (rules.md 5) with what it came to."""

    name: str
    of: str
    share: Share
    at_most: float

    @property
    def over(self) -> bool:
        """Whether it is above its bound."""
        return self.share.share is not None and self.share.share > self.at_most


def bounds(line: BudgetLine) -> tuple[Bound, ...]:
    """Give the three bounds of the budget."""
    return (
        Bound(
            name="Check-ins that raised an alert",
            of="check-ins",
            share=line.check_ins,
            at_most=CHECK_INS_AT_MOST,
        ),
        Bound(
            name="Patients with an alert",
            of="patients heard of",
            share=line.patients,
            at_most=PATIENTS_AT_MOST,
        ),
        Bound(
            name="Uneventful recoveries with an alert of soon or more",
            of="uneventful recoveries",
            share=line.uneventful,
            at_most=UNEVENTFUL_AT_MOST,
        ),
    )


def percent(value: float | None) -> str:
    """Say a share: "4.2 %", "18 %", "–" where there is nothing to share."""
    if value is None:
        return "–"
    hundred = value * 100
    return f"{hundred:.1f}".removesuffix(".0") + " %" if 0 < hundred < 9.95 else f"{hundred:.0f} %"


def bound(one: Bound) -> Markup:
    """Draw a share as a bar against its limit; the limit stands at two thirds, so that what is over has room to show."""
    full = one.at_most * 1.5
    width = min(1.0, (one.share.share or 0) / full) * 100
    label = Markup.escape(f"{one.name}: {percent(one.share.share)}, at most {percent(one.at_most)}")
    kind = "over" if one.over else "within"
    return Markup(  # noqa: S704 - numbers and our own words
        f'<svg class="chart bound {kind}" width="100%" height="28" role="img" aria-label="{label}">'
        f'<rect class="track" x="0" y="8" width="100%" height="12" rx="3"/>'
        f'<rect class="value" x="0" y="8" width="{_num(width)}%" height="12" rx="3"/>'
        f'<line class="limit" x1="66.67%" x2="66.67%" y1="2" y2="26"/></svg>'
    )


def weeks(lines: tuple[WeekLine, ...]) -> Markup:
    """Draw alerts of each week as columns stacked by tier, the confirmed ones as a mark upon them, over the same axis."""
    most = max((line.alerts for line in lines), default=0) or 1
    column = 100 / max(1, len(lines))
    parts = [_grid(most)]
    for place, line in enumerate(lines):
        parts.append(_week(line, place * column, column, most))
    parts.append(_months(lines, column))
    told = "; ".join(f"{line.week:%d %b} {line.alerts}" for line in lines)
    return Markup(  # noqa: S704 - numbers and our own words
        f'<svg class="chart weeks" width="100%" height="154" role="img" aria-label="Alerts by week: {told}">{"".join(parts)}</svg>'
    )


def share_line(lines: tuple[WeekLine, ...]) -> Markup:
    """Draw the share of check-ins that raised an alert, week by week, with its limit; the line breaks where nothing was said."""
    shares = [line.check_ins.share for line in lines]
    most = max(0.2, *(share or 0 for share in shares)) if shares else 0.2
    column = 100 / max(1, len(lines))
    points = [
        None if share is None else ((place + 0.5) * column, _GROUND - (_GROUND - _TOP) * share / most)
        for place, share in enumerate(shares)
    ]
    limit = _GROUND - (_GROUND - _TOP) * CHECK_INS_AT_MOST / most
    strokes = "".join(
        f'<line class="line" x1="{_num(a[0])}%" y1="{_num(a[1])}" x2="{_num(b[0])}%" y2="{_num(b[1])}"/>'
        for a, b in pairwise(points)
        if a and b
    )
    dots = "".join(
        f'<circle class="dot {"above" if (line.check_ins.share or 0) > CHECK_INS_AT_MOST else "said"}" cx="{_num(at[0])}%" cy="{_num(at[1])}" r="4">'
        f"<title>Week of {_day(line.week)}: {line.check_ins.count} of {line.check_ins.of} check-ins, {percent(line.check_ins.share)}</title></circle>"
        for line, at in zip(lines, points, strict=True)
        if at
    )
    told = "; ".join(f"{line.week:%d %b} {percent(line.check_ins.share)}" for line in lines)
    return Markup(  # noqa: S704 - numbers and our own words
        f'<svg class="chart weeks" width="100%" height="154" role="img" aria-label="Share of check-ins that raised an alert, by week: {told}">'
        f'<line class="grid" x1="0" x2="100%" y1="{_GROUND}" y2="{_GROUND}"/>'
        f'<line class="limit" x1="0" x2="100%" y1="{_num(limit)}" y2="{_num(limit)}"/>'
        f'<text class="day" x="0" y="{_num(limit - 5)}">at most {percent(CHECK_INS_AT_MOST)}</text>'
        f"{strokes}{dots}{_months(lines, column)}</svg>"
    )


def outcomes(line: CheckLine) -> Markup:
    """Draw what a check's alerts came to as one bar: confirmed, expected course, false alarm, duplicate, still open."""
    label = Markup.escape("; ".join(f"{name} {number}" for name, _, number in parts_of(line)))
    x, drawn = 0.0, ""
    for _, kind, number in parts_of(line):
        width = 100 * number / line.alerts
        drawn += f'<rect class="{kind}" x="{_num(x)}%" y="2" width="{_num(width)}%" height="12"/>'
        x += width
    return Markup(  # noqa: S704 - numbers and our own words
        f'<svg class="chart outcomes" width="100%" height="16" role="img" aria-label="{label}"><title>{label}</title>{drawn}</svg>'
    )


def parts_of(line: CheckLine) -> list[tuple[str, str, int]]:
    """Give the outcomes that occurred: their words, their kind and how many."""
    counted = [(words.OUTCOMES[one], one.value, getattr(line, one.value)) for one in Outcome]
    counted.append(("Unresolved", "unresolved", line.unresolved))
    return [part for part in counted if part[2]]


def interval(line: CheckLine) -> str:
    """Say how much of what was judged was confirmed, and how sure that is: "40 % (12–77 %)"."""
    found = line.precision
    if found.share is None or found.low is None or found.high is None:
        return "–"
    return f"{found.share * 100:.0f} % ({found.low * 100:.0f}–{found.high * 100:.0f} %)"


def _week(line: WeekLine, left: float, column: float, most: int) -> str:
    told = ", ".join(
        f"{words.TIERS[Tier(tier)].lower()} {getattr(line, tier)}"
        for tier in reversed(_TIERS)
        if getattr(line, tier)
    )
    title = f"Week of {_day(line.week)}: {told or 'no alerts'}; {line.confirmed} confirmed so far"
    y, drawn = float(_GROUND), ""
    for tier in _TIERS:
        height = (_GROUND - _TOP) * getattr(line, tier) / most
        if height:
            y -= height
            drawn += f'<rect class="{tier}" x="{_num(left + column * 0.2)}%" y="{_num(y)}" width="{_num(column * 0.6)}%" height="{_num(height)}"/>'
    if line.confirmed:
        at = _GROUND - (_GROUND - _TOP) * min(line.confirmed, line.alerts) / most
        drawn += f'<line class="confirmed-mark" x1="{_num(left + column * 0.1)}%" x2="{_num(left + column * 0.9)}%" y1="{_num(at)}" y2="{_num(at)}"/>'
    return f'<g><title>{title}</title><rect class="hover" x="{_num(left)}%" y="0" width="{_num(column)}%" height="{_GROUND}"/>{drawn}</g>'


def _grid(most: int) -> str:
    return (
        f'<line class="grid" x1="0" x2="100%" y1="{_TOP}" y2="{_TOP}"/><text class="day" x="0" y="{_TOP - 5}">{most}</text>'
        f'<line class="grid" x1="0" x2="100%" y1="{_GROUND}" y2="{_GROUND}"/>'
    )


def _months(lines: tuple[WeekLine, ...], column: float) -> str:
    """Name some weeks below the axis: at most six, so that they stay apart on a phone."""
    step = max(1, -(-len(lines) // 6))
    return "".join(
        f'<text class="day" x="{_num((place + 0.5) * column)}%" y="{_GROUND + 18}" text-anchor="middle">{_day(line.week)}</text>'
        for place, line in enumerate(lines)
        if place % step == 0
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _num(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
