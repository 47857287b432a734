"""Findings become alerts: raised, joined to the open one, or held because the same was just resolved (design.md 6)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from aftercare.alerts.chains import SHIPPED_CHAINS, Chains
from aftercare.alerts.clocks import awake, started
from aftercare.alerts.notices import OWNER, notices
from aftercare.model.alerts import Alert, Change, Fate, Notice, Reported, Told, Why
from aftercare.model.clinic import OpeningHours
from aftercare.model.findings import Finding
from aftercare.model.words import AlertState, Code, Outcome, Tier

HOLD = timedelta(days=14)
STILL = timedelta(hours=48)
NEVER_HELD = frozenset({Code.CONTACT_REQUEST, Code.SILENCE, Code.NOTE})
_HOLDING = frozenset({Outcome.CONFIRMED, Outcome.EXPECTED_COURSE})


class _Moment(msgspec.Struct, frozen=True, kw_only=True):
    episode_id: UUID
    now: datetime
    hours: OpeningHours
    new_id: Callable[[], UUID]
    recorded: Mapping[str, datetime]
    chains: Chains


def absorb(
    alerts: Iterable[Alert],
    findings: Iterable[Finding],
    *,
    episode_id: UUID,
    now: datetime,
    hours: OpeningHours,
    new_id: Callable[[], UUID],
    recorded: Mapping[str, datetime] | None = None,
    chains: Chains = SHIPPED_CHAINS,
) -> Change:
    """Say what the findings make of an episode's alerts, and who is told.

    `alerts` are those of the episode, the resolved ones too: they hold back what was just dealt with and remember what was
    raised. `recorded` maps `str(check_in)` to when it was recorded (default: now), so that what was said before a contact
    does not pass for "still". `chains` are the clinic's, by tier. Judging the same check-ins again changes nothing.
    Findings of several check-ins come in the order of these, and are taken one check-in after the other.
    """
    moment = _Moment(
        episode_id=episode_id, now=now, hours=hours, new_id=new_id, recorded=recorded or {}, chains=chains
    )
    by_check_in: dict[object, list[Finding]] = {}
    for finding in findings:
        by_check_in.setdefault(finding.check_in, []).append(finding)
    current, changes = {alert.id: alert for alert in alerts}, []
    for group in by_check_in.values():
        change = _of_one_check_in(list(current.values()), group, moment)
        current |= {alert.id: alert for alert in (*change.new, *change.changed)}
        changes.append(change)
    return changes[0] if len(changes) == 1 else _together(changes)


def _of_one_check_in(alerts: list[Alert], findings: list[Finding], moment: _Moment) -> Change:
    by_code: dict[Code, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    parts = [
        _of_one_code([one for one in alerts if one.code is code], group, moment)
        for code, group in by_code.items()
    ]
    return Change(
        new=tuple(alert for part in parts for alert in part.new),
        changed=tuple(alert for part in parts for alert in part.changed),
        findings=tuple(told for part in parts for told in part.findings),
        notices=tuple(notice for part in parts for notice in part.notices),
    )


def _together(changes: Sequence[Change]) -> Change:
    """What several check-ins that came at once make of the alerts: each alert as it is in the end, told of once."""
    new: dict[UUID, Alert] = {}
    changed: dict[UUID, Alert] = {}
    told: dict[UUID, tuple[Notice, ...]] = {}
    for change in changes:
        new |= {alert.id: alert for alert in change.new}
        for alert in change.changed:
            (new if alert.id in new else changed)[alert.id] = alert
        for alert_id in {notice.alert_id for notice in change.notices}:
            ours = tuple(notice for notice in change.notices if notice.alert_id == alert_id)
            before = told.get(alert_id)
            if before is None or ours[0].tier.rank > before[0].tier.rank:
                told[alert_id] = ours
    return Change(
        new=tuple(new.values()),
        changed=tuple(changed.values()),
        findings=tuple(one for change in changes for one in change.findings),
        notices=tuple(notice for those in told.values() for notice in those),
    )


def _of_one_code(alerts: list[Alert], findings: list[Finding], moment: _Moment) -> Change:
    known: list[Told] = []
    fresh: dict[tuple[str, str], Finding] = {}
    for finding in sorted(findings, key=_urgency, reverse=True):
        alert = _remembers(alerts, finding)
        if alert is not None:
            known.append(
                _told(finding, Fate.KNOWN, alert, "Already part of this alert: judged again, nothing new.")
            )
        else:
            fresh.setdefault(_key(finding), finding)
    if not fresh:
        return Change(findings=tuple(known))
    change = _place(alerts, list(fresh.values()), moment)
    return msgspec.structs.replace(change, findings=(*known, *change.findings))


def _place(alerts: list[Alert], fresh: list[Finding], moment: _Moment) -> Change:
    unresolved = next((one for one in alerts if one.unresolved), None)
    if unresolved is not None:
        return _join(unresolved, fresh, moment)
    ended = [one for one in alerts if one.resolved_at is not None]
    last = max(ended, key=lambda one: one.resolved_at or moment.now, default=None)
    if last is not None and all(_is_held(last, finding, moment.now) for finding in fresh):
        return _hold(last, fresh, moment)
    return _raise(fresh, moment)


def _raise(fresh: list[Finding], moment: _Moment) -> Change:
    lead = fresh[0]
    bare = Alert(
        id=moment.new_id(),
        episode_id=moment.episode_id,
        code=lead.code,
        tier=lead.tier,
        raised_at=moment.now,
        day=lead.day,
        reason=lead.reason,
        version=lead.version,
        clock_from=moment.now,
        acknowledge_by=moment.now,
        reported=tuple(_reported(finding, moment) for finding in fresh),
        holds_course=any(finding.holds_course for finding in fresh),
    )
    alert = _from_first_step(started(bare, moment.now, moment.hours), moment)
    others = [_told(finding, Fate.JOINED, alert, "Raised together with it.") for finding in fresh[1:]]
    return Change(
        new=(alert,),
        findings=(_told(lead, Fate.RAISED, alert, "Nothing of this kind was open."), *others),
        notices=_notices(alert, Why.RAISED, moment),
    )


def _join(alert: Alert, fresh: list[Finding], moment: _Moment) -> Change:
    news = [(finding, _news(alert, finding, moment)) for finding in fresh]
    why, lead = _strongest(news)
    after = msgspec.structs.replace(
        alert,
        reported=(*alert.reported, *(_reported(finding, moment) for finding in fresh)),
        holds_course=alert.holds_course or any(finding.holds_course for finding in fresh),
    )
    if why is not None and lead.tier.rank >= alert.tier.rank:
        after = msgspec.structs.replace(
            after, tier=lead.tier, reason=lead.reason, day=lead.day, version=lead.version
        )
    if why in {Why.TIER_ROSE, Why.REPORTED_AGAIN}:
        after = _from_first_step(started(after, moment.now, moment.hours), moment)
    elif why is Why.STILL_REPORTED:
        after = msgspec.structs.replace(after, still_told_at=moment.now)
    if why is not None:
        after = awake(after, moment.now, moment.hours)
    told = tuple(
        _told(
            finding,
            Fate.ESCALATED if why is Why.TIER_ROSE and finding is lead else Fate.JOINED,
            after,
            _NEWS[reason],
        )
        for finding, reason in news
    )
    return Change(
        changed=(after,),
        findings=told,
        notices=_notices(after, why, moment) if why is not None else (),
    )


def _from_first_step(alert: Alert, moment: _Moment) -> Alert:
    """At the first step of its tier's chain that reaches somebody."""
    return msgspec.structs.replace(alert, step=moment.chains[alert.tier].from_place(0))


def _notices(alert: Alert, why: Why, moment: _Moment) -> tuple[Notice, ...]:
    """News goes to the owner; until there is one, to whom the chain begins with."""
    chain = moment.chains[alert.tier]
    to = OWNER if alert.owner is not None else chain.steps[chain.from_place(0)]
    return notices(alert, why, moment.now, moment.hours, to=to)


_NEWS = {
    Why.TIER_ROSE: "It is more urgent than what was open: the clock starts again.",
    Why.REPORTED_AGAIN: "An emergency was reported again after contact: the clock starts again.",
    Why.SIGN_JOINED: "Another sign joined the open alert.",
    Why.GRADE_ROSE: "It got worse than what the open alert had.",
    Why.STILL_REPORTED: "Still reported 48 hours after contact.",
    None: "Joined the open alert; nothing is worse than before, so nobody is told again.",
}
_STRENGTH = [why for why in _NEWS if why is not None]


def _news(alert: Alert, finding: Finding, moment: _Moment) -> Why | None:
    at = _recorded_at(finding, moment)
    contacted = alert.contacted_at if alert.state is AlertState.CONTACTED else None
    if finding.tier.rank > alert.tier.rank:
        return Why.TIER_ROSE
    # Contact stops the clock; an emergency said once more after it must not wait for 48 hours, nor for nobody.
    if finding.tier is Tier.EMERGENCY and contacted is not None and at > contacted:
        return Why.REPORTED_AGAIN
    if finding.decisive and _is_another_sign(alert, finding):
        return Why.SIGN_JOINED
    if any(grade > alert.grades.get(item, 0) for item, grade in finding.grades.items()):
        return Why.GRADE_ROSE
    if contacted is not None and at >= max(contacted, alert.still_told_at or contacted) + STILL:
        return Why.STILL_REPORTED
    return None


def _strongest(news: Sequence[tuple[Finding, Why | None]]) -> tuple[Why | None, Finding]:
    for why in _STRENGTH:
        for finding, reason in news:  # in order of urgency
            if reason is why:
                return why, finding
    return None, news[0][0]


def _is_another_sign(alert: Alert, finding: Finding) -> bool:
    if finding.signs:
        return not alert.signs.issuperset(finding.signs)
    return all(one.row != finding.row for one in alert.reported)


def _hold(last: Alert, fresh: list[Finding], moment: _Moment) -> Change:
    after = msgspec.structs.replace(
        last, held=(*last.held, *(_reported(finding, moment) for finding in fresh))
    )
    outcome = "confirmed" if last.outcome is Outcome.CONFIRMED else "expected course"
    until = f"{(last.resolved_at or moment.now) + HOLD:%Y-%m-%d}"
    reason = f"The same at the same grade was resolved as {outcome}: held until {until} unless it gets worse."
    return Change(changed=(after,), findings=tuple(_told(one, Fate.HELD, after, reason) for one in fresh))


def _is_held(last: Alert, finding: Finding, now: datetime) -> bool:
    if last.outcome not in _HOLDING or last.resolved_at is None or now >= last.resolved_at + HOLD:
        return False
    if finding.tier is Tier.EMERGENCY or finding.code in NEVER_HELD or finding.tier.rank > last.tier.rank:
        return False
    if _is_another_sign(last, finding) and (finding.signs or not finding.grades):
        return False
    latest = _latest_grades(last)
    return all(item in latest and grade <= latest[item] for item, grade in finding.grades.items())


def _latest_grades(alert: Alert) -> dict[str, int]:
    """Each item's grade on the latest day that reported it: what the practitioner saw when resolving."""
    latest: dict[str, tuple[int, int]] = {}
    for one in alert.reported:
        for item, grade in one.grades.items():
            latest[item] = max((one.day, grade), latest.get(item, (one.day, grade)))
    return {item: grade for item, (_, grade) in latest.items()}


def _remembers(alerts: list[Alert], finding: Finding) -> Alert | None:
    """Find the alert that holds this very evidence at this tier or above: a stricter pack may still raise it."""
    for alert in alerts:
        for one in (*alert.reported, *alert.held):
            if _key(one) == _key(finding) and one.tier.rank >= finding.tier.rank:
                return alert
    return None


def _key(one: Finding | Reported) -> tuple[str, str]:
    # Silence has no check-in: its day stands in, so that silence on another day is other evidence.
    return (str(one.check_in) if one.check_in else f"day {one.day}"), one.row


def _urgency(finding: Finding) -> tuple[int, bool]:
    return finding.tier.rank, finding.decisive


def _recorded_at(finding: Finding, moment: _Moment) -> datetime:
    return moment.recorded.get(str(finding.check_in), moment.now)


def _reported(finding: Finding, moment: _Moment) -> Reported:
    return Reported(
        check_in=str(finding.check_in or ""),
        row=finding.row,
        day=finding.day,
        tier=finding.tier,
        at=_recorded_at(finding, moment),
        grades=finding.grades,
        signs=finding.signs,
    )


def _told(finding: Finding, fate: Fate, alert: Alert, reason: str) -> Told:
    return Told(finding=finding, fate=fate, alert_id=alert.id, reason=reason)
