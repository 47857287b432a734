"""What two packs come to over all patients, side by side."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import msgspec

from aftercare.alerts.summing import summary
from aftercare.checks import default_pack
from aftercare.model.backtests import Count, PackSummary, Part, Summary, Tally, Week, Window
from aftercare.model.words import Code, Tier

TODAY = default_pack()
TRIED = msgspec.structs.replace(TODAY, version="7")
FIRST = datetime(2026, 3, 2, 10, tzinfo=UTC)  # a Monday
PART = Part(
    patients=3,
    check_ins=40,
    first=FIRST,
    last=FIRST + timedelta(days=21),
    today=Tally(
        alerts=4,
        by={Code.BURN: {Tier.SAME_DAY: 1}, Code.SWELLING: {Tier.SOON: 2, Tier.ROUTINE: 1}},
        weeks={date(2026, 3, 2): 3, date(2026, 3, 9): 1},
        check_ins_alerting=5,
        patients_alerting=2,
        silence=1,
        told=6,
        caught=2,
        late=1,
        missed=0,
        acts_without_alert=3,
    ),
    tried=Tally(
        alerts=2,
        by={Code.SWELLING: {Tier.SOON: 1}, Code.EYE: {Tier.EMERGENCY: 1}},
        weeks={date(2026, 3, 23): 2},
        check_ins_alerting=1,
        patients_alerting=1,
        told=2,
    ),
)
DIFFERENCES: Counter[str] = Counter(gained=1, lost=3)


def test_what_all_patients_come_to_is_said_of_both_packs_side_by_side() -> None:
    assert summary(TODAY, TRIED, Window(), PART, DIFFERENCES) == Summary(
        patients=3,
        check_ins=40,
        since=FIRST,
        until=FIRST + timedelta(days=21),
        weeks=3.0,
        today=PackSummary(
            version=TODAY.version,
            alerts=4,
            alerts_a_week=1.33,
            silence=1,
            check_ins_alerting=5,
            share_of_check_ins=0.125,
            patients_alerting=2,
            share_of_patients=0.6667,
            told=6,
            caught=2,
            late=1,
            missed=0,
            acts_without_alert=3,
        ),
        tried=PackSummary(
            version="7",
            alerts=2,
            alerts_a_week=0.67,
            silence=0,
            check_ins_alerting=1,
            share_of_check_ins=0.025,
            patients_alerting=1,
            share_of_patients=0.3333,
            told=2,
            caught=0,
            late=0,
            missed=0,
            acts_without_alert=0,
        ),
        by=(
            Count(code=Code.EYE, tier=Tier.EMERGENCY, today=0, tried=1),
            Count(code=Code.BURN, tier=Tier.SAME_DAY, today=1, tried=0),
            Count(code=Code.SWELLING, tier=Tier.SOON, today=2, tried=1),
            Count(code=Code.SWELLING, tier=Tier.ROUTINE, today=1, tried=0),
        ),
        by_week=(
            Week(monday=date(2026, 3, 2), today=3, tried=0),
            Week(monday=date(2026, 3, 9), today=1, tried=0),
            Week(monday=date(2026, 3, 16), today=0, tried=0),
            Week(monday=date(2026, 3, 23), today=0, tried=2),
        ),
        differences={"gained": 1, "lost": 3, "changed": 0, "late": 0, "missed": 0},
    )


def test_a_window_that_was_asked_for_counts_as_asked() -> None:
    since, until = FIRST - timedelta(days=7), FIRST + timedelta(days=28)
    found = summary(TODAY, TRIED, Window(since=since, until=until), PART, DIFFERENCES)
    assert (found.since, found.until, found.weeks) == (since, until, 5.0)
    assert found.today.alerts_a_week == 0.8
    ten_days = summary(TODAY, TRIED, Window(since=FIRST, until=FIRST + timedelta(days=10)), PART, DIFFERENCES)
    assert (ten_days.weeks, ten_days.today.alerts_a_week) == (1.43, 2.8)


def test_less_than_a_week_says_nothing_of_a_week_and_no_patients_have_no_shares() -> None:
    days = msgspec.structs.replace(PART, last=FIRST + timedelta(days=2))
    assert summary(TODAY, TRIED, Window(), days, DIFFERENCES).today.alerts_a_week == 4.0
    none = summary(TODAY, TRIED, Window(since=FIRST), Part(), Counter())
    assert (none.weeks, none.by, none.by_week, none.since, none.until) == (1.0, (), (), FIRST, None)
    assert (none.today.share_of_check_ins, none.today.share_of_patients) == (0.0, 0.0)
