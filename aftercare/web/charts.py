"""Charts as SVG drawn on the server: Structs in, markup out; pure, and safe under `default-src 'self'`.

Everything on a patient's page shares one axis (`model.charts.Axis`). Horizontal places are percentages of the width and
vertical ones pixels, so one drawing fits a phone and a desk without scaling its dots, lines or words. Lines and areas
sit in a nested `<svg>` that stretches (`preserveAspectRatio="none"`, strokes do not scale); dots and words sit in
nested ones that do not.

What a mark means: a filled dot is a grade; a ring on the ground line was asked and denied; no mark was not said. The
line breaks at every due day without a check-in (hatched) and at every check-in that leaves the symptom out.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from markupsafe import Markup

from aftercare.model.charts import AlertPin, Axis, ChartPoint, ChartSeries, SignsRow
from aftercare.model.pages import PhotoView
from aftercare.model.words import Tier
from aftercare.web import words

_TOP, _STEP, _HALF = (
    8.0,
    13.0,
    5.0,
)  # pixels: above grade 4, between grades, the band's margin around its grade
HEIGHT = int(_TOP + 4 * _STEP + 10)
MINI_HEIGHT = 40
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


def place(axis: Axis, day: float) -> float:
    """Place a day on the axis, in percent of its width: columns of equal width, days between them in between."""
    days = axis.days
    column = 100 / len(days)
    if day <= days[0]:
        return column / 2
    for index, (left, right) in enumerate(zip(days, days[1:], strict=False)):
        if day <= right:
            return (index + 0.5 + (day - left) / (right - left)) * column
    return 100 - column / 2


def spread(axis: Axis, points: Iterable[ChartPoint]) -> list[tuple[float, ChartPoint]]:
    """Place check-ins in time order; those of one day share its column, side by side."""
    placed = []
    for day, group in groupby(points, key=lambda point: point.day):
        same = list(group)
        width = 100 / len(axis.days) / (len(same) + 1)
        placed += [
            (place(axis, day) + (k - (len(same) - 1) / 2) * width, point) for k, point in enumerate(same)
        ]
    return placed


def runs(
    series: ChartSeries, placed: list[tuple[float, ChartPoint]]
) -> Iterator[list[tuple[float, ChartPoint]]]:
    """Cut a series into stretches without a gap: never across a missed day or a check-in that left the item out."""
    run: list[tuple[float, ChartPoint]] = []
    for x, point in placed:
        missed_since = bool(run) and any(run[-1][1].day < day < point.day for day in series.missed)
        if run and (missed_since or point.grade is None):
            yield run
            run = []
        if point.grade is not None:
            run.append((x, point))
    if run:
        yield run


def expected(series: ChartSeries, day: int) -> int:
    """Give the highest grade expected on a day; beyond the band its last value holds."""
    return series.band[max(0, min(day, len(series.band) - 1))] if series.band else 0


def _num(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _percent(value: float) -> str:
    return f"{_num(value)}%"


def _band(axis: Axis, series: ChartSeries, top: float, step: float, half: float, height: int) -> str:
    """Draw the expected band: everything from below "none" up to the day's cap, as area with a visible upper edge."""
    first, last = axis.days[0], axis.days[-1]
    if not series.band:
        return ""
    edge = [
        (place(axis, day), top + (4 - expected(series, day)) * step - half) for day in range(first, last + 1)
    ]
    edge = [(0.0, edge[0][1]), *edge, (100.0, edge[-1][1])]
    line = " ".join(f"{_num(x)},{_num(y)}" for x, y in edge)
    floor = top + 4 * step + half
    return (
        f'<svg viewBox="0 0 100 {height}" width="100%" height="{height}" preserveAspectRatio="none">'
        f'<polygon class="band" points="0,{_num(floor)} {line} 100,{_num(floor)}"/>'
        f'<polyline class="band-edge" points="{line}" fill="none" vector-effect="non-scaling-stroke"/></svg>'
    )


def _line(stretches: list[list[tuple[float, ChartPoint]]], top: float, step: float, height: int) -> str:
    lines = "".join(
        '<polyline class="line" fill="none" vector-effect="non-scaling-stroke" points="'
        + " ".join(f"{_num(x)},{_num(top + (4 - (point.grade or 0)) * step)}" for x, point in run)
        + '"/>'
        for run in stretches
        if len(run) > 1
    )
    return (
        f'<svg viewBox="0 0 100 {height}" width="100%" height="{height}" preserveAspectRatio="none">{lines}</svg>'
        if lines
        else ""
    )


def _dot(series: ChartSeries, x: float, point: ChartPoint, y: float, radius: float) -> str:
    grade = point.grade or 0
    above = grade > expected(series, point.day)
    kind = "denied" if grade == 0 else "above" if above else "said"
    size = radius + 1 if above else radius
    title = (
        f"Day {point.day}: {words.grade(grade)}; expected up to {words.grade(expected(series, point.day))}"
    )
    if point.late:
        title += "; arrived on a later day"
    return f'<circle class="dot {kind}" cx="{_percent(x)}" cy="{_num(y)}" r="{_num(size)}"><title>{title}</title></circle>'


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


def sentence(series: ChartSeries) -> str:
    """Say the whole series in words, for whoever does not see the drawing."""
    told = [(p.day, "not said" if p.grade is None else words.grade(p.grade)) for p in series.points]
    told += [(day, "no check-in") for day in series.missed]
    days = "; ".join(f"day {day} {what}" for day, what in sorted(told, key=lambda pair: pair[0]))
    return f"{words.item(series.item)}: {days or 'nothing yet'}"


def symptom(axis: Axis, series: ChartSeries) -> Markup:
    """Draw one symptom over its band, full width and `HEIGHT` pixels high."""
    placed = spread(axis, series.points)
    grid = "".join(
        f'<line class="grid" x1="0" x2="100%" y1="{_num(_TOP + k * _STEP)}" y2="{_num(_TOP + k * _STEP)}"/>'
        for k in range(5)
    )
    dots = "".join(
        _dot(series, x, point, _TOP + (4 - point.grade) * _STEP, 3.5)
        for x, point in placed
        if point.grade is not None
    )
    return Markup(  # noqa: S704 - numbers and our own words; the label is escaped
        f'<svg class="chart" width="100%" height="{HEIGHT}" role="img" aria-label="{Markup.escape(sentence(series))}">'
        f"{_columns(axis, series.missed, HEIGHT)}{_band(axis, series, _TOP, _STEP, _HALF, HEIGHT)}{grid}"
        f"{_line(list(runs(series, placed)), _TOP, _STEP, HEIGHT)}{dots}</svg>"
    )


def mini(axis: Axis, series: ChartSeries) -> Markup:
    """Draw the same curve small, for a row of the triage list."""
    top, step, half = 4.0, 7.5, 3.0
    placed = spread(axis, series.points)
    dots = "".join(
        _dot(series, x, point, top + (4 - point.grade) * step, 2.5)
        for x, point in placed
        if point.grade is not None
    )
    return Markup(  # noqa: S704 - numbers and our own words; the label is escaped
        f'<svg class="chart mini" width="100%" height="{MINI_HEIGHT}" role="img" aria-label="{Markup.escape(sentence(series))}">'
        f"{_columns(Axis(days=axis.days, today=axis.today, sessions=()), series.missed, MINI_HEIGHT)}"
        f"{_band(axis, series, top, step, half, MINI_HEIGHT)}"
        f"{_line(list(runs(series, placed)), top, step, MINI_HEIGHT)}{dots}</svg>"
    )


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
    label = Markup.escape(f"{words.item(row.item)}: {told.replace('_', ' ') or 'not asked'}")
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


def photo_strip(axis: Axis, photos: Iterable[PhotoView]) -> Markup:
    """Place the newest photo of each day on the axis, with how many there are; each links to its display size."""
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
            f'<svg x="{_percent(place(axis, day))}" y="2" overflow="visible"><a href="{Markup.escape(newest.display)}" data-photo aria-label="{label}">'
            f'<title>{label}</title><rect class="frame" x="-20" y="0" width="40" height="52" rx="4"/>'
            f'<image x="-19" y="1" width="38" height="50" preserveAspectRatio="xMidYMid slice" href="{Markup.escape(newest.thumbnail)}"/>'
            f"{count if len(same) > 1 else ''}</a></svg>"
        )
    return Markup(  # noqa: S704 - addresses are escaped, the rest are numbers and our own words
        f'<svg class="chart strip" width="100%" height="56" role="group" aria-label="Photos">{_columns(axis, (), 56)}{"".join(parts)}</svg>'
    )
