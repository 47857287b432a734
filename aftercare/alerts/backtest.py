"""A patient's history judged again by another pack: the same checks, joining and clocks as live, at the same instants.

What staff did is done again to the alert of the same episode and code, where the pack has one. Risks are those known
today. What rests on no check-in, such as silence, stands as it was.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

import msgspec

from aftercare.alerts import acts
from aftercare.alerts.book import Book, Replayed
from aftercare.checks.pack import RulePack
from aftercare.checks.recovery import findings
from aftercare.errors import AftercareError
from aftercare.model.alerts import Alert, Change
from aftercare.model.backtests import History, InFact, StaffAct, Unasked
from aftercare.model.care import Episode
from aftercare.model.check_ins import Kept
from aftercare.model.findings import Finding
from aftercare.model.people import Clinic
from aftercare.model.recovery import Recovery


def relive(pack: RulePack, clinic: Clinic, history: History, *, until: datetime | None = None) -> Replayed:
    """Live through a history with a pack, up to an instant that is not included."""
    run = _Run(pack, clinic, history)
    for at, happen in _events(run, history):
        if until is not None and at >= until:
            break
        run.book.pass_time(at)
        happen(at)
    if until is not None:
        run.book.pass_time(until)
    return run.book.replayed(acts_without_alert=run.acts_without_alert)


Happen = Callable[[datetime], None]


def _events(run: "_Run", history: History) -> Iterator[tuple[datetime, Happen]]:
    """Everything that happened, in order of time; of one instant sessions first and staff's acts last."""
    events: list[tuple[datetime, int, Happen]] = [
        (one.opened_at, 0, run.opened(one)) for one in history.episodes
    ]
    # What came at once was judged at once.
    by_arrival = groupby(sorted(history.check_ins, key=_came), key=_came)
    events += [(at, 1, run.arrived(tuple(together))) for at, together in by_arrival]
    events += [(one.at, 2, run.stood(one)) for one in history.unasked]
    events += [(one.at, 3, run.acted(one)) for one in history.acts]
    events.sort(key=lambda event: event[:2])
    return ((at, happen) for at, _, happen in events)


_came = attrgetter("received_at")


class _Run:
    def __init__(self, pack: RulePack, clinic: Clinic, history: History) -> None:
        self.pack, self.book = pack, Book(clinic.hours)
        self.in_fact = {alert.id: alert for alert in history.alerts}
        self.all_episodes = history.episodes
        self.recovery = Recovery(clinic=clinic, patient=history.patient, episodes=(), check_ins=(), alerts=())
        self.acts_without_alert = 0

    def opened(self, episode: Episode) -> Happen:
        def happen(now: datetime) -> None:
            """A session is often entered after the first answers about it: they are judged again."""
            known = {one.episode_id for one in self.recovery.episodes} | {episode.episode_id}
            mine = self.recovery = msgspec.structs.replace(
                self.recovery, episodes=tuple(one for one in self.all_episodes if one.episode_id in known)
            )
            later = [one for one in mine.check_ins if one.judged_at >= episode.session_at]
            if later:
                earlier = tuple(one for one in mine.check_ins if one.judged_at < episode.session_at)
                self._judge(msgspec.structs.replace(mine, check_ins=earlier), later, now)

        return happen

    def arrived(self, new: tuple[Kept, ...]) -> Happen:
        def happen(now: datetime) -> None:
            before = self.recovery
            self.recovery = msgspec.structs.replace(before, check_ins=(*before.check_ins, *new))
            self._judge(before, new, now)

        return happen

    def stood(self, one: Unasked) -> Happen:
        def happen(now: datetime) -> None:
            self._absorb(one.episode_id, [one.finding], now)

        return happen

    def acted(self, act: StaffAct) -> Happen:
        def happen(_: datetime) -> None:
            alert = self._the_same(self.in_fact.get(act.alert_id), act.kind)
            change = _done(act, alert, self.book) if alert and act.kind in _ACTS else None
            if change is not None:
                self.book.keep(change)
            elif act.kind in _ACTS:
                self.acts_without_alert += 1

        return happen

    def _judge(self, before: Recovery, new: Iterable[Kept], now: datetime) -> None:
        for episode_id, found in findings(self.pack, before, tuple(new)).items():
            if found:
                self._absorb(episode_id, found, now)

    def _absorb(self, episode_id: UUID, found: list[Finding], now: datetime) -> None:
        recorded = {str(one.check_in_id): one.judged_at for one in self.recovery.check_ins}
        self.book.absorb(episode_id, found, now, recorded)

    def _the_same(self, fact: InFact | None, kind: str) -> Alert | None:
        """The alert here that an alert in fact stands for: raised at the same instant, or else the one of its kind."""
        if fact is None:
            return None
        ours = [one for one in self.book.of(fact.episode_id) if one.code is fact.code]
        same = [one for one in ours if one.raised_at == fact.raised_at]
        ended = ours if kind in _OF_THE_ENDED else []
        return next(iter((*same, *(one for one in ours if one.unresolved), *reversed(ended))), None)


_OF_THE_ENDED = frozenset({"reopen", "end_condition"})


def _done(act: StaffAct, alert: Alert, book: Book) -> Change | None:
    """What an act makes of an alert; None where it does not fit."""
    try:
        return _ACTS[act.kind](act, alert, book)
    except AftercareError:
        return None


def _acknowledge(act: StaffAct, alert: Alert, book: Book) -> Change:
    # The log does not say whether it was taken over: who took it in fact takes it here, too.
    return acts.acknowledge(alert, by=act.by, role=act.role, now=act.at, hours=book.hours, take_over=True)


def _attempt(act: StaffAct, alert: Alert, book: Book) -> Change:
    return acts.attempt(alert, by=act.by, role=act.role, now=act.at, hours=book.hours)


def _contact(act: StaffAct, alert: Alert, book: Book) -> Change:
    return acts.contact(alert, by=act.by, role=act.role, now=act.at, hours=book.hours)


def _snooze(act: StaffAct, alert: Alert, book: Book) -> Change | None:
    if act.until is None:
        return None
    return acts.snooze(alert, until=act.until, by=act.by, role=act.role, now=act.at, hours=book.hours)


def _resolve(act: StaffAct, alert: Alert, _: Book) -> Change | None:
    if act.outcome is None:
        return None
    return acts.resolve(alert, outcome=act.outcome, by=act.by, role=act.role, now=act.at)


def _reopen(act: StaffAct, alert: Alert, book: Book) -> Change:
    others = book.of(alert.episode_id)
    return acts.reopen(alert, others=others, by=act.by, role=act.role, now=act.at, hours=book.hours)


def _end_condition(act: StaffAct, alert: Alert, _: Book) -> Change:
    return acts.end_condition(alert, by=act.by, role=act.role, now=act.at)


_ACTS: dict[str, Callable[[StaffAct, Alert, Book], Change | None]] = {
    "acknowledge": _acknowledge,
    "attempt": _attempt,
    "contact": _contact,
    "snooze": _snooze,
    "resolve": _resolve,
    "reopen": _reopen,
    "end_condition": _end_condition,
}
