"""The page of statistics in samples: a clinic's quarter, and one in which nothing has happened yet."""

from datetime import date, timedelta

from aftercare.model.pages import Page, StatisticsPage
from aftercare.model.statistics import (
    AnsweredLine,
    BudgetLine,
    CheckLine,
    MutedLine,
    Period,
    PeriodChoice,
    Share,
    Statistics,
    Timing,
    WeekLine,
    precision,
    share,
)
from aftercare.model.views import Head
from aftercare.model.words import Code, Tier

SINCE, UNTIL = date(2025, 12, 12), date(2026, 3, 5)
PERIOD = Period(since=SINCE, until=UNTIL, time_zone="Europe/Berlin")
CHOICES = (
    PeriodChoice(label="4 weeks", since=date(2026, 2, 6), until=UNTIL, chosen=False),
    PeriodChoice(label="12 weeks", since=SINCE, until=UNTIL, chosen=True),
    PeriodChoice(label="A year", since=date(2025, 3, 7), until=UNTIL, chosen=False),
)
NOBODY = BudgetLine(
    grouping="everyone", modality=None, skin=None, skin_type=None, check_ins=share(0, 0), patients=share(0, 0),
    uneventful=share(0, 0), undecided=0, silence=0,
)  # fmt: skip
BUDGET = (
    BudgetLine(
        grouping="everyone", modality=None, skin=None, skin_type=None, check_ins=share(61, 840), patients=share(17, 71),
        uneventful=share(1, 64), undecided=2, silence=3,
    ),
    BudgetLine(
        grouping="modality", modality="laser_genesis", skin=None, skin_type=None, check_ins=share(11, 310),
        patients=share(4, 27), uneventful=share(0, 26), undecided=0, silence=1,
    ),
    BudgetLine(
        grouping="skin", modality=None, skin="IV-VI", skin_type=None, check_ins=share(24, 228), patients=share(7, 21),
        uneventful=share(1, 18), undecided=1, silence=2,
    ),
    BudgetLine(
        grouping="skin_type", modality=None, skin=None, skin_type=5, check_ins=share(9, 96), patients=share(3, 8),
        uneventful=share(0, 7), undecided=1, silence=2,
    ),
)  # fmt: skip
_ALERTS = ((4, 1, 1, 0), (6, 0, 0, 0), (3, 2, 1, 0), (0, 0, 0, 0), (5, 3, 2, 1), (7, 1, 0, 0))
WEEKS = tuple(
    WeekLine(
        week=date(2026, 1, 26) + timedelta(weeks=place), check_ins=share(sum(tiers), 140 if sum(tiers) else 0), routine=tiers[0],
        soon=tiers[1], same_day=tiers[2], emergency=tiers[3], silence=place % 2, confirmed=tiers[2],
    )
    for place, tiers in enumerate(_ALERTS)
)  # fmt: skip


def _check(code: Code, row: str | None, *outcomes: int) -> CheckLine:
    unresolved, confirmed, expected_course, false_alarm, duplicate = outcomes
    return CheckLine(
        code=code, version="default-1+2", row=row, alerts=sum(outcomes), unresolved=unresolved, confirmed=confirmed,
        expected_course=expected_course, false_alarm=false_alarm, duplicate=duplicate,
        precision=precision(confirmed, confirmed + expected_course + false_alarm), acknowledged_median=1_260.0,
    )  # fmt: skip


CHECKS = (
    _check(Code.COLD_SORE, None, 1, 5, 0, 2, 0),
    _check(Code.COLD_SORE, "cold_sore.tingling", 1, 4, 0, 2, 0),
    _check(Code.DERMATITIS, None, 0, 0, 1, 0, 1),
    _check(Code.DERMATITIS, "dermatitis.dryness", 0, 0, 1, 0, 1),
)


def _timing(median: float | None, in_time: Share) -> Timing:
    return Timing(median=median, p90=None if median is None else 3 * median, in_time=in_time)


ANSWERED = tuple(
    AnsweredLine(tier=tier, alerts=9, acknowledged=_timing(900.0 * place, share(8, 9)), contacted=contacted)
    for place, (tier, contacted) in enumerate(
        (
            (Tier.EMERGENCY, _timing(1_500.0, share(2, 2))),
            (Tier.SAME_DAY, _timing(5_400.0, share(6, 7))),
            (Tier.ROUTINE, _timing(None, share(0, 0))),
        ),
        start=1,
    )
)
MUTED = (
    MutedLine(number=3, code=None, row=None, tier=None, findings=14, check_ins=12, patients=5),
    MutedLine(
        number=3, code=Code.PAIN, row="pain.mild", tier=Tier.ROUTINE, findings=14, check_ins=12, patients=5
    ),
)


def pages(head: Head) -> dict[str, Page]:
    """The page filled, empty, and with a period that cannot be."""
    told = Statistics(
        period=PERIOD, budget=BUDGET, weeks=WEEKS, checks=CHECKS, answered=ANSWERED, muted=MUTED
    )
    nothing = Statistics(period=PERIOD, budget=(NOBODY,), weeks=(), checks=(), answered=(), muted=())
    wrong = "The period ends before it begins: choose a first day before the last one."
    return {
        "statistics": StatisticsPage(head=head, statistics=told, choices=CHOICES),
        "statistics-empty": StatisticsPage(head=head, statistics=nothing, choices=CHOICES, problem=wrong),
    }
