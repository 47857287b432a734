"""The picture of a back-test as SVG from the server: each week's alerts under today's pack and under the tried one.

As in `charts`: places are percentages of the width; what it says stands in a table below it.
"""

from typing import Final

from markupsafe import Markup

from aftercare.model.backtests import Kind, Seen, Week

TITLES: Final[dict[Kind, str]] = {
    "missed": "Confirmed, and missed by this pack",
    "late": "Confirmed, and raised later than it was",
    "gained": "Only this pack raises these",
    "lost": "Only today’s rules raise these",
    "changed": "Both raise these, at another time or tier",
}
_TOP, _GROUND = 18, 130


def weeks(lines: tuple[Week, ...]) -> Markup:
    """Draw two columns for each week."""
    most = max((max(line.today, line.tried) for line in lines), default=0) or 1
    column = 100 / max(1, len(lines))
    columns = "".join(_week(line, place * column, column, most) for place, line in enumerate(lines))
    told = "; ".join(f"{line.monday:%d %b} {line.today} and {line.tried}" for line in lines)
    return Markup(  # noqa: S704 - numbers and our own words
        f'<svg class="chart pairs" width="100%" height="154" role="img" aria-label="Alerts by week under today’s rules and under this pack: {told}">'
        f'<line class="grid" x1="0" x2="100%" y1="{_TOP}" y2="{_TOP}"/><text class="day" x="0" y="{_TOP - 5}">{most}</text>'
        f'<line class="grid" x1="0" x2="100%" y1="{_GROUND}" y2="{_GROUND}"/>{columns}{_dates(lines, column)}</svg>'
    )


def both(before: Seen | None, after: Seen | None, name: str) -> list[object]:
    """Give a value under today's rules and under the pack, once where they agree."""
    said = [getattr(seen, name) for seen in (before, after) if seen is not None]
    return list(dict.fromkeys(said))


def _week(line: Week, left: float, column: float, most: int) -> str:
    title = f"Week of {line.monday.day} {line.monday:%b}: {line.today} with today’s rules, {line.tried} with this pack"
    drawn = "".join(
        f'<rect class="{kind}" x="{_num(left + column * at)}%" y="{_num(_GROUND - height)}" width="{_num(column * 0.36)}%" height="{_num(height)}"/>'
        for kind, at, count in (("with-today", 0.12, line.today), ("with-tried", 0.52, line.tried))
        for height in [(_GROUND - _TOP) * count / most]
    )
    return f'<g><title>{title}</title><rect class="hover" x="{_num(left)}%" y="0" width="{_num(column)}%" height="{_GROUND}"/>{drawn}</g>'


def _dates(lines: tuple[Week, ...], column: float) -> str:
    """At most five, so that they stay apart on a phone."""
    step = max(1, -(-len(lines) // 5))
    return "".join(
        f'<text class="day" x="{_num((place + 0.5) * column)}%" y="{_GROUND + 18}" text-anchor="middle">{line.monday.day} {line.monday:%b}</text>'
        for place, line in enumerate(lines)
        if place % step == 0
    )


def _num(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
