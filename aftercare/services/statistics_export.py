"""The statistics as one table of comma-separated values (RFC 4180): a line for each number, to be sorted and pivoted."""

import csv
from collections.abc import Iterator
from io import StringIO

from aftercare.model.statistics import Share, Statistics, Timing

COLUMNS = (
    "table",
    "group",
    "modality",
    "skin",
    "tier",
    "check",
    "row",
    "version",
    "week",
    "measure",
    "value",
)
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_Line = tuple[dict[str, str], str, str | float | None]


def as_csv(statistics: Statistics) -> str:
    """Every number of the page. A share that is of nothing is an empty cell, not a zero."""
    out = StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for keys, measure, value in _lines(statistics):
        cells = {name: safe(text) for name, text in keys.items()}
        writer.writerow({**cells, "measure": measure, "value": _value(value)})
    return out.getvalue()


def _value(value: str | float | None) -> str:
    if isinstance(value, str):
        return safe(value)
    return "" if value is None else f"{value:.10g}"


def safe(text: str) -> str:
    """Text that a spreadsheet shows and does not calculate: what would begin a formula gets an apostrophe before it."""
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


def _lines(statistics: Statistics) -> Iterator[_Line]:
    period = statistics.period
    keys = {"table": "period"}
    yield keys, "since", period.since.isoformat()
    yield keys, "until", period.until.isoformat()
    yield keys, "time_zone", period.time_zone
    yield from _budget(statistics)
    yield from _weeks(statistics)
    yield from _checks(statistics)
    yield from _answered(statistics)
    yield from _muted(statistics)


def _budget(statistics: Statistics) -> Iterator[_Line]:
    for line in statistics.budget:
        skin = line.skin or (str(line.skin_type) if line.skin_type else "")
        keys = {"table": "budget", "group": line.grouping, "modality": line.modality or "", "skin": skin}
        yield from _share(keys, "check_ins", line.check_ins)
        yield from _share(keys, "patients", line.patients)
        yield from _share(keys, "uneventful", line.uneventful)
        yield keys, "undecided", line.undecided
        yield keys, "silence", line.silence


def _weeks(statistics: Statistics) -> Iterator[_Line]:
    for line in statistics.weeks:
        keys = {"table": "weeks", "week": line.week.isoformat()}
        yield from _share(keys, "check_ins", line.check_ins)
        for measure in ("emergency", "same_day", "soon", "routine", "silence", "confirmed"):
            yield keys, measure, getattr(line, measure)


def _checks(statistics: Statistics) -> Iterator[_Line]:
    for line in statistics.checks:
        keys = {"table": "checks", "check": line.code, "row": line.row or "", "version": line.version}
        for measure in (
            "alerts", "unresolved", "confirmed", "expected_course", "false_alarm", "duplicate", "acknowledged_median"
        ):  # fmt: skip
            yield keys, measure, getattr(line, measure)
        found = line.precision
        yield keys, "precision", found.share
        yield keys, "precision_low", found.low
        yield keys, "precision_high", found.high


def _answered(statistics: Statistics) -> Iterator[_Line]:
    for line in statistics.answered:
        keys = {"table": "answered", "tier": line.tier}
        yield keys, "alerts", line.alerts
        yield from _timing(keys, "acknowledged", line.acknowledged)
        yield from _timing(keys, "contacted", line.contacted)


def _muted(statistics: Statistics) -> Iterator[_Line]:
    for line in statistics.muted:
        keys = {
            "table": "muted",
            "tier": line.tier or "",
            "check": line.code or "",
            "row": line.row or "",
            "version": str(line.number),
        }
        for measure in ("findings", "check_ins", "patients"):
            yield keys, measure, getattr(line, measure)


def _timing(keys: dict[str, str], name: str, timing: Timing) -> Iterator[_Line]:
    yield keys, f"{name}_median", timing.median
    yield keys, f"{name}_p90", timing.p90
    yield from _share(keys, f"{name}_in_time", timing.in_time)


def _share(keys: dict[str, str], name: str, share: Share) -> Iterator[_Line]:
    yield keys, name, share.count
    yield keys, f"{name}_of", share.of
    yield keys, f"{name}_share", share.share
