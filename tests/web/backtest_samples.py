"""Back-tests as the samples have them: before the first, under way, broken off, and two that are done."""

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from aftercare.model.backtests import AlertDifference, Count, Kind, PackSummary, Seen, Summary, Week
from aftercare.model.pages import BacktestPage, DifferenceGroup, DifferenceRow
from aftercare.model.views import Head, PatientView
from aftercare.model.words import Code, Tier

_SWELLING = "Swelling is moderate on day 3, above what is expected then."
_TINGLING = "Tingling, new since yesterday; had cold sores before."


_COUNTED: dict[Kind, int] = {"gained": 17, "lost": 1, "changed": 1}


def _seen(at: datetime, tier: Tier, row: str, day: int, reason: str) -> Seen:
    return Seen(tier=tier, raised_as=tier, row=row, day=day, at=at, reason=reason)


def _pack(version: str, alerts: int, **more: int) -> PackSummary:
    return PackSummary(
        version=version,
        alerts=alerts,
        alerts_a_week=round(alerts / 12, 2),
        silence=21,
        check_ins_alerting=alerts - 21,
        share_of_check_ins=round((alerts - 21) / 1587, 4),
        patients_alerting=alerts // 5,
        share_of_patients=round(alerts // 5 / 118, 4),
        told=alerts + 9,
        acts_without_alert=0,
        **({"caught": 12, "late": 0, "missed": 0} | more),
    )


def _summary(tried: PackSummary, *, missed: int = 0, late: int = 0) -> Summary:
    monday = date(2025, 12, 8)
    counts = (
        (7, 6),
        (9, 9),
        (12, 14),
        (4, 5),
        (0, 0),
        (8, 8),
        (11, 13),
        (10, 12),
        (9, 12),
        (13, 15),
        (12, 14),
        (14, 16),
    )
    return Summary(
        patients=118,
        check_ins=1587,
        since=datetime.fromisoformat("2025-12-08T09:00:00+00:00"),
        until=datetime.fromisoformat("2026-03-01T18:00:00+00:00"),
        weeks=12.0,
        today=_pack("default-1", 109),
        tried=tried,
        by=(
            Count(code=Code.AIRWAY, tier=Tier.EMERGENCY, today=2, tried=2),
            Count(code=Code.COLD_SORE, tier=Tier.SAME_DAY, today=31, tried=30),
            Count(code=Code.SWELLING, tier=Tier.SOON, today=22, tried=38),
            Count(code=Code.SILENCE, tier=Tier.SOON, today=21, tried=21),
            Count(code=Code.DERMATITIS, tier=Tier.ROUTINE, today=33, tried=33),
        ),
        by_week=tuple(
            Week(monday=monday + timedelta(weeks=place), today=today, tried=tried)
            for place, (today, tried) in enumerate(counts)
        ),
        differences={**_COUNTED, "missed": missed, "late": late},
    )


def backtest_pages(head: Head, patient: PatientView) -> dict[str, BacktestPage]:
    """A page of each state."""
    at = head.now - timedelta(days=20)
    soon = _seen(at, Tier.SOON, "swelling.moderate", 3, _SWELLING)
    earlier = _seen(at, Tier.SAME_DAY, "swelling.severe_lids_or_one_sided", 2, _SWELLING)
    sore = _seen(at, Tier.SAME_DAY, "cold_sore.tingling", 4, _TINGLING)

    def group(kind: Kind, code: Code, today: Seen | None, tried: Seen | None, of: int) -> DifferenceGroup:
        one = AlertDifference(
            kind=kind, patient_id=patient.id, episode_id=UUID(int=77), code=code, today=today, tried=tried
        )
        return DifferenceGroup(
            kind=kind,
            rows=tuple(DifferenceRow(difference=one, patient=patient) for _ in range(min(of, 3))),
            of=of,
        )

    groups = (
        group("gained", Code.SWELLING, None, soon, 17),
        group("lost", Code.COLD_SORE, sore, None, 1),
        group("changed", Code.SWELLING, soon, earlier, 1),
    )
    done = BacktestPage(
        head=head,
        number=3,
        state="done",
        asked_at=at,
        done=118,
        total=118,
        summary=_summary(_pack("default-1+3", 125)),
        groups=groups,
    )
    misses = (
        group("missed", Code.COLD_SORE, sore, None, 1),
        group("late", Code.SWELLING, earlier, soon, 1),
        *groups,
    )
    return {
        "backtest-none": BacktestPage(head=head, number=3),
        "backtest-waiting": BacktestPage(head=head, number=3, state="waiting", asked_at=head.now),
        "backtest-running": BacktestPage(
            head=head, number=3, state="running", asked_at=head.now, done=420, total=1200
        ),
        "backtest-failed": BacktestPage(head=head, number=3, state="failed", asked_at=at),
        "backtest": done,
        "backtest-missed": msgspec.structs.replace(
            done,
            since=date(2025, 12, 8),
            until=date(2026, 3, 1),
            summary=_summary(_pack("default-1+3", 125, caught=10, late=1, missed=1), missed=1, late=1),
            groups=misses,
        ),
        "backtest-admin": msgspec.structs.replace(
            done,
            groups=tuple(
                msgspec.structs.replace(
                    one, rows=tuple(msgspec.structs.replace(row, patient=None) for row in one.rows)
                )
                for one in groups
            ),
        ),
    }
