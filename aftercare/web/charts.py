"""Charts as SVG drawn on the server: Structs in, markup out; pure, and safe under `default-src 'self'`.

Everything on a patient's page shares one axis (`model.charts.Axis`). Horizontal places are percentages of the width and
vertical ones pixels, so one drawing fits a phone and a desk without scaling its dots, lines or words. Lines and areas
sit in a nested `<svg>` that stretches (`preserveAspectRatio="none"`, strokes do not scale); dots and words sit in
nested ones that do not.

What a mark means: a filled dot is a grade; a ring on the ground line was asked and denied; no mark was not said. The
line breaks at every due day without a check-in (hatched) and at every check-in that leaves the symptom out.
"""

from collections.abc import Iterable
from itertools import groupby

import msgspec
import segno
from markupsafe import Markup

from aftercare.model.charts import AlertPin, Axis, ChartPoint, ChartSeries, SignsRow
from aftercare.model.views import PhotoView
from aftercare.model.words import Tier
from aftercare.web import words
from aftercare.web.readings import expected, place, runs, sentence, spread


class _Scale(msgspec.Struct, frozen=True):
    """Where grades stand, in pixels from the top: `step` between two grades, `half` the band's margin around its own."""

    top: float
    step: float
    half: float
    height: int
    dot: float

    def y(self, grade: int) -> float:
        return self.top + (4 - grade) * self.step


_FULL = _Scale(top=14, step=13, half=5, height=76, dot=4)
_MINI = _Scale(top=4, step=7.5, half=3, height=40, dot=3)
_SHAPES = {
    Tier.EMERGENCY: '<path d="M5.2 1h5.6L15 5.2v5.6L10.8 15H5.2L1 10.8V5.2z"/><path class="cut" d="M7 4h2v5H7zm0 6h2v2H7z"/>',
    Tier.SAME_DAY: '<path d="M8 1.2 15.4 14.6H.6z"/>',
    Tier.SOON: '<circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" stroke-width="2.4"/>',
    Tier.ROUTINE: '<circle cx="8" cy="8" r="3.2"/>',
}


def tier_shape(tier: Tier) -> Markup:
    """Draw a tier's own shape, 16 by 16 pixels, in the text's colour; the word stands beside it, so it is hidden."""
    return Markup(  # noqa: S704 - constants only
        f'<svg class="shape" viewBox="0 0 16 16" width="16" height="16" fill="currentColor" aria-hidden="true">{_SHAPES[tier]}</svg>'
    )


def _num(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _percent(value: float) -> str:
    return f"{_num(value)}%"


def _stretched(scale: _Scale, inner: str) -> str:
    """Wrap areas and lines so that they stretch with the width while their strokes stay as thin as they are."""
    size = f'viewBox="0 0 100 {scale.height}" width="100%" height="{scale.height}"'
    return f'<svg {size} preserveAspectRatio="none">{inner}</svg>' if inner else ""


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_num(x)},{_num(y)}" for x, y in points)


def _band(axis: Axis, series: ChartSeries, scale: _Scale) -> str:
    """Draw the expected band: everything from below "none" up to the day's cap, as area with a visible upper edge."""
    if not series.band:
        return ""
    days = range(axis.days[0], axis.days[-1] + 1)
    edge = [(place(axis, day), scale.y(expected(series, day)) - scale.half) for day in days]
    edge = [(0.0, edge[0][1]), *edge, (100.0, edge[-1][1])]
    floor = scale.y(0) + scale.half
    return _stretched(
        scale,
        f'<polygon class="band" points="{_points([(0.0, floor), *edge, (100.0, floor)])}"/>'
        f'<polyline class="band-edge" fill="none" vector-effect="non-scaling-stroke" points="{_points(edge)}"/>',
    )


def _line(series: ChartSeries, placed: list[tuple[float, ChartPoint]], scale: _Scale) -> str:
    stretches = ([(x, scale.y(p.grade or 0)) for x, p in run] for run in runs(series, placed) if len(run) > 1)
    attributes = 'class="line" fill="none" vector-effect="non-scaling-stroke"'
    return _stretched(
        scale, "".join(f'<polyline {attributes} points="{_points(run)}"/>' for run in stretches)
    )


def _dots(series: ChartSeries, placed: list[tuple[float, ChartPoint]], scale: _Scale) -> str:
    return "".join(_dot(series, x, point, scale) for x, point in placed if point.grade is not None)


def _dot(series: ChartSeries, x: float, point: ChartPoint, scale: _Scale) -> str:
    grade, cap = point.grade or 0, expected(series, point.day)
    kind = "denied" if grade == 0 else "above" if grade > cap else "said"
    title = f"Day {point.day}: {words.grade(grade)}; expected up to {words.grade(cap)}"
    title += "; arrived on a later day" if point.late else ""
    at = f'cx="{_percent(x)}" cy="{_num(scale.y(grade))}" r="{_num(scale.dot + (kind == "above"))}"'
    return f'<circle class="dot {kind}" {at}><title>{title}</title></circle>'


def _worst(series: ChartSeries, placed: list[tuple[float, ChartPoint]], scale: _Scale) -> str:
    """Write the grade beside the newest dot that stands highest above its band: the one word a glance looks for."""
    above = [(p.grade - expected(series, p.day), p.day, x, p.grade) for x, p in placed if p.grade is not None]
    height, _, x, grade = max(above, default=(0, 0, 0.0, 0))
    if height <= 0:
        return ""
    return f'<text class="value" x="{_percent(x)}" y="{_num(scale.y(grade) - 9)}" text-anchor="middle">{words.grade(grade)}</text>'


def _columns(axis: Axis, missed: Iterable[int], height: int) -> str:
    """Hatch the days that stayed unanswered, and draw sessions and today as verticals."""
    column = 100 / len(axis.days)
    first, last = axis.days[0], axis.days[-1]
    hatched = "".join(
        f'<rect class="missed" x="{_percent(place(axis, day) - column / 2)}" y="0" width="{_percent(column)}" height="{height}"/>'
        for day in missed
        if first <= day <= last
    )
    verticals = "".join(
        f'<line class="{kind}" x1="{_percent(place(axis, day))}" x2="{_percent(place(axis, day))}" y1="0" y2="{height}"/>'
        for kind, days in (("session", axis.sessions), ("today", (axis.today,)))
        for day in days
        if first <= day <= last
    )
    return hatched + verticals


def symptom(axis: Axis, series: ChartSeries) -> Markup:
    """Draw one symptom over its band, as wide as its place and 76 pixels high."""
    grid = "".join(
        f'<line class="grid" x1="0" x2="100%" y1="{_num(_FULL.y(k))}" y2="{_num(_FULL.y(k))}"/>'
        for k in range(5)
    )
    return _curve(axis, series, _FULL, "chart", grid, _worst(series, spread(axis, series.points), _FULL))


def mini(axis: Axis, series: ChartSeries) -> Markup:
    """Draw the same curve small (40 pixels high), for a row of the triage list."""
    return _curve(Axis(days=axis.days, today=axis.today, sessions=()), series, _MINI, "chart mini")


def _curve(axis: Axis, series: ChartSeries, scale: _Scale, kind: str, *around: str) -> Markup:
    placed = spread(axis, series.points)
    label = Markup.escape(sentence(series))
    drawn = (
        _columns(axis, series.missed, scale.height)
        + _band(axis, series, scale)
        + "".join(around)
        + _line(series, placed, scale)
        + _dots(series, placed, scale)
    )
    size = f'width="100%" height="{scale.height}"'
    return Markup(f'<svg class="{kind}" {size} role="img" aria-label="{label}">{drawn}</svg>')  # noqa: S704 - numbers and our own words; the label is escaped


def ruler(axis: Axis) -> Markup:
    """Write the axis' days, today marked, sessions named by a tick."""
    first, last = axis.days[0], axis.days[-1]
    labels = "".join(
        f'<text class="{"day now" if day == axis.today else "day"}" x="{_percent(place(axis, day))}" y="15" text-anchor="middle">{day}</text>'
        for day in axis.days
    )
    between = first <= axis.today <= last and axis.today not in axis.days
    today = (
        f'<circle class="now" cx="{_percent(place(axis, axis.today))}" cy="11" r="2.5"/>' if between else ""
    )
    return Markup(  # noqa: S704 - numbers only
        f'<svg class="chart ruler" width="100%" height="22" role="img" aria-label="Days {first} to {last}; today is day {axis.today}">{labels}{today}</svg>'
    )


def signs(axis: Axis, row: SignsRow, missed: Iterable[int] = ()) -> Markup:
    """Draw one sign's marks: a filled diamond was said, a ring denied, nothing not asked."""
    parts = []
    for mark in row.marks:
        x = _percent(place(axis, mark.day))
        what = (mark.value or "yes") if mark.said else "denied"
        title = Markup.escape(f"Day {mark.day}: {what.replace('_', ' ')}")
        shape = (
            '<path class="mark said" d="M0 -6 6 0 0 6 -6 0z"/>'
            if mark.said
            else '<circle class="mark denied" r="3" cx="0" cy="0"/>'
        )
        parts.append(f'<svg x="{x}" y="12" overflow="visible"><g><title>{title}</title>{shape}</g></svg>')
    told = "; ".join(f"day {m.day} {(m.value or 'yes') if m.said else 'denied'}" for m in row.marks)
    label = Markup.escape(f"{words.sign(row.item)}: {told.replace('_', ' ') or 'not asked'}")
    return Markup(  # noqa: S704 - what was said is escaped above
        f'<svg class="chart signs" width="100%" height="24" role="img" aria-label="{label}">'
        f'{_columns(axis, missed, 24)}<line class="grid" x1="0" x2="100%" y1="12" y2="12"/>{"".join(parts)}</svg>'
    )


def pins(axis: Axis, alerts: Iterable[AlertPin]) -> Markup:
    """Draw alerts as pins in their tier's shape and colour, each a link to its alert; pins of one day stand in a row."""
    parts = []
    for day, group in groupby(
        sorted(alerts, key=lambda pin: (pin.day, -pin.tier.rank)), key=lambda pin: pin.day
    ):
        for k, pin in enumerate(group):
            state = "resolved" if pin.resolved else "unresolved"
            label = f"{words.TIERS[pin.tier]}: {words.CODES[pin.code]}, day {day}, {state}"
            parts.append(
                f'<svg x="{_percent(place(axis, day))}" y="3" overflow="visible"><a href="#alert-{pin.alert_id}" class="pin {pin.tier} {state}"'
                f' aria-label="{label}"><title>{label}</title><g transform="translate({k * 18 - 8} 0)" fill="currentColor">{_SHAPES[pin.tier]}</g></a></svg>'
            )
    return Markup(  # noqa: S704 - enums, numbers and ids only
        f'<svg class="chart pins" width="100%" height="22" role="group" aria-label="Alerts">{_columns(axis, (), 22)}{"".join(parts)}</svg>'
    )


def photo_strip(axis: Axis, photos: Iterable[PhotoView], of: str = "") -> Markup:
    """Place the newest photo of each day on the axis, with how many there are; each links to its page.

    `of` names what all of them show: one row a view, under the same days.
    """
    parts = []
    for day, group in groupby(
        sorted(photos, key=lambda photo: (photo.day, photo.taken_at)), key=lambda photo: photo.day
    ):
        same = list(group)
        newest = same[-1]
        label = f"Day {day}, {words.VIEWS[newest.view]}" + (
            f", newest of {len(same)}" if len(same) > 1 else ""
        )
        count = f'<circle class="count" cx="17" cy="6" r="8"/><text class="count" x="17" y="10" text-anchor="middle">{len(same)}</text>'
        parts.append(
            f'<svg x="{_percent(place(axis, day))}" y="2" overflow="visible"><a href="{Markup.escape(newest.page)}" data-photo aria-label="{label}">'
            f'<title>{label}</title><rect class="frame" x="-20" y="0" width="40" height="52" rx="4"/>'
            f'<image x="-19" y="1" width="38" height="50" preserveAspectRatio="xMidYMid slice" href="{Markup.escape(newest.thumbnail)}"/>'
            f"{count if len(same) > 1 else ''}</a></svg>"
        )
    return Markup(  # noqa: S704 - addresses are escaped, the rest are numbers and our own words
        f'<svg class="chart strip" width="100%" height="56" role="group" aria-label="Photos{", " * bool(of)}{of}">{_columns(axis, (), 56)}{"".join(parts)}</svg>'
    )


def qr(address: str) -> Markup:
    """Draw an address for a phone to scan: dark on light in either colour scheme, with its quiet zone."""
    drawn = segno.make(address, error="m", micro=False).svg_inline(
        scale=5, border=4, dark="#111", light="#fff", title="QR code of the address with the enrolment code"
    )
    return Markup(drawn)  # noqa: S704 - modules of a drawing; the address itself is not in it
