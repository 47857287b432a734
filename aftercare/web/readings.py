"""What a course says before anything is drawn: places on the axis, stretches without a gap, words and a table. Pure."""

from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise

from aftercare.model.alerts import Fate
from aftercare.model.charts import Axis, ChartPoint, ChartSeries, SignsRow
from aftercare.model.findings import Evidence
from aftercare.web import words


def place(axis: Axis, day: float) -> float:
    """Place a day on the axis, in percent of its width: columns of equal width, days between them in between."""
    days = axis.days
    column = 100 / len(days)
    if day <= days[0]:
        return column / 2
    for index, (left, right) in enumerate(pairwise(days)):
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


def newest(series: ChartSeries) -> ChartPoint | None:
    """Give the newest check-in that says something of this symptom."""
    return next((point for point in reversed(series.points) if point.grade is not None), None)


def said_once(rows: Iterable[SignsRow]) -> list[SignsRow]:
    """Keep the signs that were said at least once: these are drawn."""
    return [row for row in rows if any(mark.said for mark in row.marks)]


def denied_throughout(rows: Iterable[SignsRow]) -> list[str]:
    """Name the signs that were asked and denied each time: these are one line of words."""
    return [words.sign(row.item) for row in rows if row.marks and not any(mark.said for mark in row.marks)]


def table(
    series: Iterable[ChartSeries], rows: Iterable[SignsRow]
) -> tuple[list[int], list[tuple[str, list[str]]]]:
    """Give what the charts draw as a table: its days, and a line of cells for each symptom and sign, "" for unsaid."""
    curves, marked = list(series), list(rows)
    days = sorted(
        {point.day for curve in curves for point in curve.points}
        | {day for curve in curves for day in curve.missed}
        | {mark.day for row in marked for mark in row.marks}
    )
    missed = {day for curve in curves for day in curve.missed}
    lines = []
    for name, said in [
        *(
            (words.item(c.item), [(p.day, words.grade(p.grade)) for p in c.points if p.grade is not None])
            for c in curves
        ),
        *(
            (words.sign(r.item), [(m.day, (m.value or "yes") if m.said else "no") for m in r.marks])
            for r in marked
        ),
    ]:
        cells = [", ".join(what for on, what in said if on == day) for day in days]
        lines.append(
            (
                name,
                [
                    cell or ("no check-in" if day in missed else "")
                    for day, cell in zip(days, cells, strict=True)
                ],
            )
        )
    return days, lines


def sentence(series: ChartSeries) -> str:
    """Say the whole series in words, for whoever does not see the drawing."""
    told = [(p.day, "not said" if p.grade is None else words.grade(p.grade)) for p in series.points]
    told += [(day, "no check-in") for day in series.missed]
    days = "; ".join(f"day {day} {what}" for day, what in sorted(told, key=lambda pair: pair[0]))
    return f"{words.item(series.item)}: {days or 'nothing yet'}"


def then_and_now(lines: Iterable[Evidence]) -> list[Evidence]:
    """Keep the answers of an alert's evidence: what is read against an earlier day or against what was expected."""
    return [
        line
        for line in lines
        if line.now is not None and line.item in words.ITEMS and line.item not in _KNOWN
    ]


def beside(lines: Iterable[Evidence]) -> list[str]:
    """Say the rest of the evidence, a line each: what is known of the patient and what never raises by itself."""
    return [
        _aside(line)
        for line in lines
        if line.now is None or line.item not in words.ITEMS or line.item in _KNOWN
    ]


def band(line: Evidence) -> str:
    """Say the range expected of the day: "none", "none to mild", "" for what has no range."""
    if line.expected is None:
        return ""
    return words.grade(0) if line.expected <= 0 else f"{words.grade(0)} to {words.grade(line.expected)}"


def number(name: str, value: float) -> str:
    """Name a number of a rule as the pack does, readably: "swelling, mild from day: 6"."""
    section, *rest = name.replace("_", " ").split(".")
    return f"{section}{', ' if rest else ''}{' '.join(rest)}: {value:g}"


def became(fate: Fate) -> str:
    """Say what became of a finding in one word or two."""
    return _FATES[fate]


def _aside(line: Evidence) -> str:
    said, against, numbers = words.evidence_parts(line)
    if line.now is None and line.before_day is not None:
        said = f"{words.item(line.item)} on day {line.before_day}: {words.answer(line.item, line.before)}"
        against = line.text
    elif line.now is None and line.before is not None:
        said, against = (
            f"{words.item(line.item)} before treatment: {words.answer(line.item, line.before)}",
            line.text,
        )
    return "; ".join(part for part in (said, against, numbers) if part)


_KNOWN = frozenset({"hsv_history", "fitzpatrick", "immunosuppressed", "diabetes"})
_FATES = {
    Fate.RAISED: "raised it",
    Fate.ESCALATED: "made it more urgent",
    Fate.JOINED: "joined",
    Fate.HELD: "held back",
    Fate.KNOWN: "was there already",
}
