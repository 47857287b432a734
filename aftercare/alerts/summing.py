"""What two packs made of every patient's history, as figures side by side."""

from collections import Counter
from datetime import timedelta

from aftercare.checks.pack import RulePack
from aftercare.model.backtests import Count, PackSummary, Part, Summary, Tally, Week, Window
from aftercare.model.words import Code, Tier

_WEEK = timedelta(days=7)


def summary(
    today: RulePack, tried: RulePack, window: Window, whole: Part, differences: Counter[str]
) -> Summary:
    """Sum up a back-test from what all patients come to and how many differences there were of each kind."""
    since = window.since or whole.first
    until = window.until or whole.last
    # Less than a week says nothing of a week: what there was is all that can be said.
    weeks = max(1.0, (until - since) / _WEEK) if since and until else 1.0
    return Summary(
        patients=whole.patients,
        check_ins=whole.check_ins,
        since=since,
        until=until,
        weeks=round(weeks, 2),
        today=_pack(today.version, whole.today, whole, weeks),
        tried=_pack(tried.version, whole.tried, whole, weeks),
        by=tuple(_by(whole.today, whole.tried)),
        by_week=tuple(_by_week(whole.today, whole.tried)),
        differences={kind: differences[kind] for kind in ("gained", "lost", "changed", "late", "missed")},
    )


def _pack(version: str, tally: Tally, whole: Part, weeks: float) -> PackSummary:
    return PackSummary(
        version=version,
        alerts=tally.alerts,
        alerts_a_week=round(tally.alerts / weeks, 2),
        silence=tally.silence,
        check_ins_alerting=tally.check_ins_alerting,
        share_of_check_ins=_share(tally.check_ins_alerting, whole.check_ins),
        patients_alerting=tally.patients_alerting,
        share_of_patients=_share(tally.patients_alerting, whole.patients),
        told=tally.told,
        caught=tally.caught,
        late=tally.late,
        missed=tally.missed,
        acts_without_alert=tally.acts_without_alert,
    )


def _share(some: int, of: int) -> float:
    return round(some / of, 4) if of else 0.0


def _by(today: Tally, tried: Tally) -> list[Count]:
    """The most urgent tier first."""
    return [
        Count(code=code, tier=tier, today=old, tried=new)
        for tier in reversed(Tier)
        for code in Code
        if (old := today.by.get(code, {}).get(tier, 0)) | (new := tried.by.get(code, {}).get(tier, 0))
    ]


def _by_week(today: Tally, tried: Tally) -> list[Week]:
    """Every week from the first to the last with an alert, the quiet ones too."""
    mondays = sorted({*today.weeks, *tried.weeks})
    if not mondays:
        return []
    count = (mondays[-1] - mondays[0]) // _WEEK + 1
    every = [mondays[0] + place * _WEEK for place in range(count)]
    return [Week(monday=one, today=today.weeks.get(one, 0), tried=tried.weeks.get(one, 0)) for one in every]
