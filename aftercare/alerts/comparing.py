"""Two packs over the same history: which alerts one raises and the other does not, and what was confirmed and missed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from aftercare.alerts.backtest import relive
from aftercare.alerts.book import Replayed
from aftercare.alerts.replay import named_hours, replayed
from aftercare.checks.pack import RulePack
from aftercare.model.alerts import Alert
from aftercare.model.backtests import AlertDifference, History, InFact, Part, Seen, Tally, Window
from aftercare.model.people import Clinic
from aftercare.model.timeline import Timeline
from aftercare.model.words import Code, Outcome, Tier

NOBODY = UUID(int=0)  # whose a timeline file is
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
    before, after = (relive(pack, clinic, history, until=window.until) for pack in (trial.today, trial.tried))
    confirmed = [
        one for one in history.alerts if one.outcome is Outcome.CONFIRMED and window.holds(one.raised_at)
    ]
    came = {
        str(one.check_in_id): one.received_at for one in history.check_ins if window.holds(one.received_at)
    }
    zone = ZoneInfo(clinic.time_zone)
    patient_id = history.patient.patient_id
    return Part(
        patients=int(bool(came)),
        check_ins=len(came),
        first=min(came.values(), default=None),
        last=max(came.values(), default=None),
        today=_tally(before, came, confirmed, zone, window),
        tried=_tally(after, came, confirmed, zone, window),
        differences=[
            *differences(before.alerts, after.alerts, patient_id, window),
            *_missed(confirmed, after.alerts, patient_id),
        ],
    )


def try_on_timeline(today: RulePack, tried: RulePack, timeline: Timeline) -> Part:
    """The same for a timeline file, on which nobody acted."""
    before, after = replayed(timeline, today), replayed(timeline, tried)
    came = {
        check_in: timeline.session_at + timedelta(hours=hours) for check_in, hours in named_hours(timeline)
    }
    zone, always = ZoneInfo(timeline.time_zone), Window()
    return Part(
        patients=1,
        check_ins=len(came),
        first=min(came.values(), default=None),
        last=max(came.values(), default=None),
        today=_tally(before, came, [], zone, always),
        tried=_tally(after, came, [], zone, always),
        differences=[
            msgspec.structs.replace(one, timeline=timeline.id)
            for one in differences(before.alerts, after.alerts, NOBODY, always)
        ],
    )


def _tally(
    replayed: Replayed, came: Mapping[str, datetime], confirmed: list[InFact], zone: ZoneInfo, window: Window
) -> Tally:
    counted = [one for one in replayed.alerts if window.holds(one.raised_at)]
    fates = [_fate(one, replayed.alerts)[0] for one in confirmed]
    tally = Tally(
        alerts=len(counted),
        silence=sum(one.code is Code.SILENCE for one in counted),
        check_ins_alerting=len(replayed.loud & came.keys()),
        patients_alerting=int(any(one.code is not Code.SILENCE for one in counted)),
        told=sum(map(window.holds, replayed.told_at)),
        caught=fates.count("caught"),
        late=fates.count("late"),
        missed=fates.count("missed"),
        acts_without_alert=replayed.acts_without_alert,
    )
    for one in counted:
        tiers = tally.by.setdefault(one.code, {})
        tiers[one.tier] = tiers.get(one.tier, 0) + 1
        monday = _monday(one.raised_at, zone)
        tally.weeks[monday] = tally.weeks.get(monday, 0) + 1
    return tally


def _monday(at: datetime, zone: ZoneInfo) -> date:
    day = at.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def differences(
    today: Sequence[Alert], tried: Sequence[Alert], patient_id: UUID, window: Window
) -> Iterator[AlertDifference]:
    """Where two packs' alerts of one patient part."""
    for before, after in _paired(today, tried):
        if any(one is not None and window.holds(one.raised_at) for one in (before, after)):
            old, new = _seen(before), _seen(after)
            some = before or after
            if some is None or (old and new and _says(old) == _says(new)):
                continue
            yield AlertDifference(
                kind="gained" if old is None else "lost" if new is None else "changed",
                patient_id=patient_id,
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


def _missed(
    confirmed: Iterable[InFact], tried: Sequence[Alert], patient_id: UUID
) -> Iterator[AlertDifference]:
    for fact in confirmed:
        fate, alert = _fate(fact, tried)
        if fate != "caught":
            yield AlertDifference(
                kind=fate,
                patient_id=patient_id,
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
