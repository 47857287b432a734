"""What the charts of a recovery draw: points on one shared time axis, as facts; `aftercare.web.charts` draws them."""

from uuid import UUID

import msgspec

from aftercare.model.words import Code, Tier


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """The time axis that everything on a patient's page shares.

    `days` are the days of the calendar that is shown, ascending, at least two: each gets a column of the same width
    and days between are placed between, so that the daily first week is not squeezed by the six weeks after it.
    """

    days: tuple[int, ...]
    today: int  # may lie outside
    sessions: tuple[int, ...] = (0,)  # days of treatments, drawn as verticals


class ChartPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One check-in as one symptom sees it: a grade 0-4 (0 is denied), or `None` when nothing was said of it.

    Several of one day stand beside each other in their order.
    """

    day: int
    grade: int | None
    late: bool = False  # arrived on a later day than it was recorded


class ChartSeries(msgspec.Struct, frozen=True, kw_only=True):
    """One symptom over its expected course.

    `band[d]` is the highest grade expected on day d (rules.md 2, baseline and needle depth already in it), for every
    day 0 to the axis' last. `points` hold every check-in in time order; `missed` the due days without any: the line
    breaks there, and at points without a grade.
    """

    item: str  # the instrument's key
    band: tuple[int, ...]
    points: tuple[ChartPoint, ...]
    missed: tuple[int, ...] = ()


class SignMark(msgspec.Struct, frozen=True, kw_only=True):
    """A sign on one check-in: said or denied; not asked has no mark. `value` is what was said ("few", 38.4)."""

    day: int
    said: bool
    value: str = ""


class SignsRow(msgspec.Struct, frozen=True, kw_only=True):
    """One sign of the instrument over the course."""

    item: str
    marks: tuple[SignMark, ...]


class AlertPin(msgspec.Struct, frozen=True, kw_only=True):
    """An alert's place on the time axis."""

    alert_id: UUID
    tier: Tier
    code: Code
    day: int
    resolved: bool = False
