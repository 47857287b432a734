"""Two packs over the same history: which alerts one raises and the other does not, and what was confirmed and missed."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from aftercare.alerts.backtest import Replayed, relive
from aftercare.checks.pack import RulePack
from aftercare.model.alerts import Alert
from aftercare.model.backtests import Difference, History, InFact, Part, Seen, Tally, Window
from aftercare.model.people import Clinic
from aftercare.model.words import Code, Outcome, Tier

_NEVER = datetime.max.replace(tzinfo=UTC)


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A pack to be tried beside today's, at which clinic, and what of its history counts."""

    clinic: Clinic
    today: RulePack
    tried: RulePack
    window: Window = Window()


def try_on(trial: Trial, history: History) -> Part:
    """Say what both packs make of one patient's history, and where they part."""
    clinic, window = trial.clinic, trial.window
    came = [one.received_at for one in history.check_ins if window.holds(one.received_at)]
    as_today, as_tried = (
        relive(pack, clinic, history, until=window.until) for pack in (trial.today, trial.tried)
    )
    confirmed = [
        one for one in history.alerts if one.outcome is Outcome.CONFIRMED and window.holds(one.raised_at)
    ]
    return Part(
        patients=1,
        check_ins=len(came),
        first=min(came, default=None),
        last=max(came, default=None),
        today=_tally(as_today, history, confirmed, clinic, window),
        tried=_tally(as_tried, history, confirmed, clinic, window),
        differences=[
            *_differences(as_today.alerts, as_tried.alerts, history, window),
            *_missed(confirmed, as_tried.alerts, history),
        ],
    )


def _tally(
    replayed: Replayed, history: History, confirmed: list[InFact], clinic: Clinic, window: Window
) -> Tally:
    counted = [one for one in replayed.alerts if window.holds(one.raised_at)]
    fates = [_fate(one, replayed.alerts)[0] for one in confirmed]
    tally = Tally(
        alerts=len(counted),
        silence=sum(one.code is Code.SILENCE for one in counted),
        check_ins_alerting=sum(
            str(one.check_in_id) in replayed.loud and window.holds(one.received_at)
            for one in history.check_ins
        ),
        patients_alerting=int(any(one.code is not Code.SILENCE for one in counted)),
        told=sum(map(window.holds, replayed.told_at)),
        caught=fates.count("caught"),
        late=fates.count("late"),
        missed=fates.count("missed"),
        acts_without_alert=replayed.acts_without_alert,
    )
    zone = ZoneInfo(clinic.time_zone)
    for one in counted:
        tiers = tally.by.setdefault(one.code, {})
        tiers[one.tier] = tiers.get(one.tier, 0) + 1
        monday = _monday(one.raised_at, zone)
        tally.weeks[monday] = tally.weeks.get(monday, 0) + 1
    return tally


def _monday(at: datetime, zone: ZoneInfo) -> date:
    day = at.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def _differences(
    today: Sequence[Alert], tried: Sequence[Alert], history: History, window: Window
) -> Iterator[Difference]:
    for before, after in _paired(today, tried):
        if any(one is not None and window.holds(one.raised_at) for one in (before, after)):
            old, new = _seen(before), _seen(after)
            some = before or after
            if some is None or (old and new and _says(old) == _says(new)):
                continue
            yield Difference(
                kind="gained" if old is None else "lost" if new is None else "changed",
                patient_id=history.patient.patient_id,
                episode_id=some.episode_id,
                code=some.code,
                today=old,
                tried=new,
            )


def _paired(today: Sequence[Alert], tried: Sequence[Alert]) -> Iterator[tuple[Alert | None, Alert | None]]:
    """Alerts of one episode and code that were open at the same time are the same alert."""
    left = list(today)
    for after in tried:
        before = next((one for one in left if _is_the_same(one, after)), None)
        if before is not None:
            left.remove(before)
        yield before, after
    for before in left:
        yield before, None


def _is_the_same(one: Alert, other: Alert) -> bool:
    alike = (one.episode_id, one.code) == (other.episode_id, other.code)
    return alike and one.raised_at < _ended(other) and other.raised_at < _ended(one)


def _ended(alert: Alert) -> datetime:
    return alert.resolved_at or _NEVER


def _seen(alert: Alert | None) -> Seen | None:
    if alert is None:
        return None
    lead = alert.reported[0]
    return Seen(
        tier=alert.tier,
        raised_as=lead.tier,
        row=lead.row,
        day=lead.day,
        at=alert.raised_at,
        reason=alert.reason,
    )


def _says(seen: Seen) -> tuple[datetime, Tier, Tier]:
    return seen.at, seen.raised_as, seen.tier


def _missed(confirmed: Iterable[InFact], tried: Sequence[Alert], history: History) -> Iterator[Difference]:
    for fact in confirmed:
        fate, alert = _fate(fact, tried)
        if fate != "caught":
            yield Difference(
                kind=fate,
                patient_id=history.patient.patient_id,
                episode_id=fact.episode_id,
                code=fact.code,
                today=fact.seen,
                tried=_seen(alert),
            )


def _fate(fact: InFact, alerts: Iterable[Alert]) -> tuple[Literal["caught", "late", "missed"], Alert | None]:
    """Whether a pack has an alert like a confirmed one open when that was raised in fact, raises it later, or never."""
    alike = [one for one in alerts if (one.episode_id, one.code) == (fact.episode_id, fact.code)]
    for one in alike:
        if one.raised_at <= fact.raised_at < _ended(one):
            return "caught", one
    later = [one for one in alike if one.raised_at > fact.raised_at]
    return ("late", later[0]) if later else ("missed", None)
