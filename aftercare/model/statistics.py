"""What the alarms of a period came to: counts of a clinic, never of a person. No I/O."""

from datetime import date
from math import sqrt
from typing import Literal

import msgspec

from aftercare.model.words import Code, Tier

LONGEST = 1_100  # days that one answer may span: three years
# At most so many of each may raise an alert (rules.md 5).
CHECK_INS_AT_MOST, PATIENTS_AT_MOST, UNEVENTFUL_AT_MOST = 0.10, 0.20, 0.03
_Z = 1.959963984540054  # 95 % of a normal distribution lie within

Treated = Literal["microneedling", "laser_genesis", "before_session"]
Skin = Literal["I-III", "IV-VI", "unknown"]
Grouping = Literal["everyone", "modality", "skin", "modality_and_skin", "skin_type"]


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """Whole days in the clinic's time zone, both ends included."""

    since: date
    until: date
    time_zone: str


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """`count` of `of`; `share` is between 0 and 1, and None of nothing."""

    count: int
    of: int
    share: float | None


class Precision(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the alerts that were judged were confirmed, with the 95 % interval of that share (Wilson).

    Judged are those resolved as confirmed, expected course or false alarm: a duplicate says nothing about its check.
    """

    confirmed: int
    judged: int
    share: float | None
    low: float | None
    high: float | None


class BudgetLine(msgspec.Struct, frozen=True, kw_only=True):
    """The budget of rules.md 5 in one group of patients; fields that do not tell the group apart are None.

    `check_ins` that raised an alert, contact requests counted; `patients` with such a check-in among those heard of;
    `uneventful` recoveries (nothing confirmed) with one of `soon` or more. `undecided` recoveries have an unresolved
    alert of `soon` or more and are in neither number. Alerts of `silence` stand beside and are in none of them.
    """

    grouping: Grouping
    modality: Treated | None
    skin: Skin | None
    skin_type: int | None
    check_ins: Share
    patients: Share
    uneventful: Share
    undecided: int
    silence: int


class WeekLine(msgspec.Struct, frozen=True, kw_only=True):
    """One week from its Monday: check-ins that raised an alert, alerts by tier without those of silence, and how many were confirmed."""

    week: date
    check_ins: Share
    emergency: int
    same_day: int
    soon: int
    routine: int
    silence: int
    confirmed: int

    @property
    def alerts(self) -> int:
        """All tiers together, without silence."""
        return self.emergency + self.same_day + self.soon + self.routine


class CheckLine(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a check's alerts, or of those that one of its rows (`row`) is part of, in one version of the pack."""

    code: Code
    version: str
    row: str | None
    alerts: int
    unresolved: int
    confirmed: int
    expected_course: int
    false_alarm: int
    duplicate: int
    precision: Precision
    acknowledged_median: float | None  # seconds


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long it took, in seconds from the start of the alert's newest clock; `in_time` leaves out whose time still runs."""

    median: float | None
    p90: float | None
    in_time: Share


class AnsweredLine(msgspec.Struct, frozen=True, kw_only=True):
    """How soon alerts of a tier were taken and their patients reached; nobody has to call about `routine` ones."""

    tier: Tier
    alerts: int
    acknowledged: Timing
    contacted: Timing


class MutedLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a pack in shadow would have said beyond what was told: as a whole, or by one row (`row`). Never an alert.

    Findings, not alerts: joined, they would have made fewer of these.
    """

    number: int  # of the pack within the clinic
    code: Code | None
    row: str | None
    tier: Tier | None
    findings: int
    check_ins: int
    patients: int


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """What the alarms of a period came to. Alerts count in the period in which they were raised."""

    period: Period
    budget: tuple[BudgetLine, ...]
    weeks: tuple[WeekLine, ...]
    checks: tuple[CheckLine, ...]
    answered: tuple[AnsweredLine, ...]
    muted: tuple[MutedLine, ...]

    @property
    def everyone(self) -> BudgetLine:
        """The budget of all patients together."""
        return self.budget[0]

    @property
    def alerts(self) -> int:
        """How many were raised, those of silence included."""
        return sum(line.alerts for line in self.answered)


def share(count: int, of: int) -> Share:
    """Put a count beside what it is of."""
    return Share(count=count, of=of, share=count / of if of else None)


def precision(confirmed: int, judged: int) -> Precision:
    """Give the share of confirmed alerts with its 95 % interval by Wilson's formula (JASA 1927;22:209-212).

    Unlike the usual one it holds for few and for all: 3 of 3 may still be as little as 44 %.
    """
    if not judged:
        return Precision(confirmed=0, judged=0, share=None, low=None, high=None)
    found, square = confirmed / judged, _Z * _Z
    middle = found + square / (2 * judged)
    margin = _Z * sqrt(found * (1 - found) / judged + square / (4 * judged * judged))
    whole = 1 + square / judged
    return Precision(
        confirmed=confirmed,
        judged=judged,
        share=found,
        low=max(0.0, (middle - margin) / whole),
        high=min(1.0, (middle + margin) / whole),
    )


class PeriodChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A period that the page offers at one click."""

    label: str
    since: date
    until: date
    chosen: bool
