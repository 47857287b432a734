"""Silence: a reminder that never left, one that left and nothing came, and answers that said nothing.

A patient who stops answering may be well or may be too ill to answer; a coordinator's call after silence lifted answers
from 77 to 92 % (PMC6209091). A low-risk patient is called after two misses in the first days; one at risk (cold sores
before, weak immune defence, laser on skin types IV-VI) becomes an alert after one that stays. Beside an open alert, or a
question that staff asked, twelve hours without an answer are as urgent as that alert. What never left is the clinic's
fault: the admin hears of it, and where it would have been an alert the coordinator calls instead.
Sources: clinical.md 1.3 (T6) and 4.5; rules.md, Silence.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from aftercare.care.calendar import end_of_day
from aftercare.checks.found import listed
from aftercare.checks.pack import RulePack
from aftercare.checks.sources import rule
from aftercare.model.findings import Evidence, Finding
from aftercare.model.silence import (
    CallReason,
    Nudge,
    OpenAlert,
    Reminder,
    ReminderFate,
    Silence,
    SilenceKind,
    Watch,
    WatchedCheckIn,
)
from aftercare.model.words import Code, Modality, Tier

_NEVER_LEFT = "the reminder never left"


def listen(pack: RulePack, watch: Watch, now: datetime) -> Silence:
    """Say what the silence of an episode means at `now` (an instant with a zone).

    Everything that should have happened by `now` is in one answer, however late it is asked, and asking again gives the
    same; what the patient has said since is no silence any more, so a finding raised in time stays with its alert and
    is not made again here.
    """
    listener = _Listener(pack, watch, now, high_risk=bool(_risks(pack, watch)))
    calls = [*_two_misses(listener), *_at_risk_unreached(listener)]
    return Silence(
        findings=(*_high_risk(listener), *_after_alert(listener), *_re_checks(listener)),
        call=tuple({reason.date: reason for reason in reversed(calls)}.values())[::-1],
        remind=tuple(_remind(listener)),
        never_left=tuple(_never_left(watch)),
        ask_again=tuple(
            Nudge(SilenceKind.DUE, one.due.date)
            for one in watch.calendar
            if one.said_nothing and not one.answered and not one.asked_again and now < one.due.ends_at
        ),
        next_look_at=min((instant for instant in _instants(listener) if instant > now), default=None),
    )


class _Listener(msgspec.Struct, frozen=True):
    pack: RulePack
    watch: Watch
    now: datetime
    high_risk: bool

    def heard_since(self, instant: datetime) -> bool:
        said = any(heard >= instant for heard in self.watch.heard_at)
        return said or any(one.answered and one.due.due_at >= instant for one in self.watch.calendar)

    def silent(self, one: WatchedCheckIn) -> bool:
        return not one.answered and not self.heard_since(one.due.due_at)

    def missed(self, one: WatchedCheckIn) -> bool:
        return not one.answered and one.due.ends_at <= self.now

    def patience_ends(self, one: WatchedCheckIn) -> datetime:
        """Give the end of the local day after the missed one."""
        return end_of_day(one.due.date + timedelta(days=1), ZoneInfo(self.watch.time_zone))

    def answer_by(self, due_at: datetime, reminder: Reminder) -> datetime:
        """Give when an answer beside an open alert is late; a reminder that left late gives its hours from then."""
        start = max(due_at, reminder.sent_at or due_at)
        return start + timedelta(hours=self.pack.silence.after_alert_hours)

    def asked_by(self, one: WatchedCheckIn) -> Reminder:
        """Give the reminder that asked for it: the one after the miss, where that left and the first did not."""
        later = one.miss_reminder
        return later if _our_fault(one.reminder) and later.fate is ReminderFate.SENT else one.reminder

    def watched_for_risk(self, one: WatchedCheckIn) -> bool:
        first, last = self.pack.silence.high_risk_days
        return self.high_risk and first <= one.due.day <= last

    def alerts_before(self, one: WatchedCheckIn) -> list[OpenAlert]:
        """Give the open alerts after which this check-in was awaited."""
        lowest = self.pack.silence.alert_from_tier.rank
        return [
            alert
            for alert in self.watch.alerts
            if alert.code is not Code.SILENCE and alert.tier.rank >= lowest and alert.since < one.due.due_at
        ]


def _risks(pack: RulePack, watch: Watch) -> dict[str, str]:
    """Give what makes silence dangerous, by the name of the risk."""
    patient = watch.patient
    skin_type = patient.fitzpatrick or 0
    there = {
        "hsv_history": ("had cold sores before", patient.hsv_history is True),
        "immunosuppressed": ("weak immune defence", patient.immunosuppressed is True),
        "fitzpatrick": (
            "laser on dark skin",
            watch.modality is Modality.LASER_GENESIS and skin_type >= pack.risk.dark_skin_from,
        ),
    }
    return {risk: words for risk, (words, is_there) in there.items() if is_there}


def _our_fault(*reminders: Reminder) -> bool:
    """Say whether a reminder failed and none left: then nobody was silent but us."""
    fates = {reminder.fate for reminder in reminders}
    return ReminderFate.FAILED in fates and ReminderFate.SENT not in fates


def _two_misses(listener: _Listener) -> Iterator[CallReason]:
    """Put a low-risk patient on the coordinator's list after misses in a row, until something is heard."""
    numbers = listener.pack.silence
    if listener.high_risk:
        return
    first, last = numbers.call_days
    row: list[WatchedCheckIn] = []
    unreached: list[WatchedCheckIn] = []
    for one in listener.watch.calendar:
        if not first <= one.due.day <= last:
            continue
        if one.answered:
            row, unreached = [], []
        elif listener.missed(one):
            # A day whose reminder never left neither counts as a miss nor breaks the row.
            (unreached if _our_fault(one.reminder) else row).append(one)
    if len(row) >= numbers.call_misses and listener.silent(row[-1]):
        yield _call(row[: numbers.call_misses], "")
    elif len(row) + len(unreached) >= numbers.call_misses and unreached and listener.silent(unreached[-1]):
        # Nobody was silent but us; that nobody asked for two days is reason enough to ring.
        both = sorted((*row, *unreached), key=lambda one: one.due.date)
        yield _call(both[: numbers.call_misses], f", and {_NEVER_LEFT}")


def _call(row: list[WatchedCheckIn], why: str) -> CallReason:
    days = f"day{'s' if len(row) > 1 else ''} {listed(str(one.due.day) for one in row)}"
    return CallReason(row[-1].due.date, f"No check-in on {days}{why}.")


def _at_risk_unreached(listener: _Listener) -> Iterator[CallReason]:
    """Have called whom an alert of silence would wrong: what was to reach them never left."""
    for one in listener.watch.calendar:
        if not _our_fault(one.reminder, one.miss_reminder) or not listener.silent(one):
            continue
        risk_due = listener.watched_for_risk(one) and listener.patience_ends(one) <= listener.now
        alert_due = (
            listener.alerts_before(one) and listener.answer_by(one.due.due_at, one.reminder) <= listener.now
        )
        if risk_due or alert_due:
            why = "an alert is open" if alert_due else "the patient is at risk"
            yield CallReason(one.due.date, f"Not heard since day {one.due.day}, {why}, and {_NEVER_LEFT}.")
    zone = ZoneInfo(listener.watch.time_zone)
    for asked in listener.watch.re_checks:
        late = listener.answer_by(asked.due_at, asked.reminder) <= listener.now
        if not asked.answered and late and _our_fault(asked.reminder):
            on = asked.due_at.astimezone(zone).date()
            yield CallReason(on, f"The re-check of day {asked.day} is not answered, and {_NEVER_LEFT}.")


def _high_risk(listener: _Listener) -> Iterator[Finding]:
    for one in listener.watch.calendar:
        if (
            listener.watched_for_risk(one)
            and listener.silent(one)
            and listener.patience_ends(one) <= listener.now
            and not _our_fault(one.reminder, one.miss_reminder)
        ):
            risks = _risks(listener.pack, listener.watch)
            words = ", ".join(risks.values())
            yield _finding(
                listener,
                row=f"silence.high_risk.{one.due.date}",
                day=one.due.day,
                tier=listener.pack.silence.high_risk_tier,
                reason=f"Nothing heard since the check-in of day {one.due.day} fell due, nor on the day after it; {words}",
                evidence=tuple(
                    Evidence(item=risk, now=getattr(listener.watch.patient, risk), text=text)
                    for risk, text in risks.items()
                ),
            )


def _after_alert(listener: _Listener) -> Iterator[Finding]:
    hours = listener.pack.silence.after_alert_hours
    for one in listener.watch.calendar:
        alerts = listener.alerts_before(one)
        if (
            alerts
            and listener.silent(one)
            and listener.answer_by(one.due.due_at, listener.asked_by(one)) <= listener.now
            and not _our_fault(listener.asked_by(one))
        ):
            worst = max(alerts, key=lambda alert: alert.tier.rank)
            codes = ", ".join(sorted({alert.code.value.replace("_", " ") for alert in alerts}))
            yield _finding(
                listener,
                row=f"silence.after_alert.{one.due.date}",
                day=one.due.day,
                tier=worst.tier,
                reason=f"No answer {hours:g} hours after the check-in of day {one.due.day} fell due, with an alert open: {codes}",
                evidence=tuple(
                    Evidence(item=alert.code, now=alert.tier, text="open alert") for alert in alerts
                ),
            )


def _re_checks(listener: _Listener) -> Iterator[Finding]:
    zone = ZoneInfo(listener.watch.time_zone)
    hours = listener.pack.silence.after_alert_hours
    for asked in listener.watch.re_checks:
        late = listener.answer_by(asked.due_at, asked.reminder) <= listener.now
        if not asked.answered and late and not _our_fault(asked.reminder):
            yield _finding(
                listener,
                row=f"silence.re_check.{asked.due_at.astimezone(zone).date()}.{asked.id}",
                day=asked.day,
                tier=asked.tier,
                reason=f"No answer {hours:g} hours after the re-check question of day {asked.day} fell due",
                evidence=(Evidence(item="re_check", now=asked.tier, text="tier of its alert"),),
            )


def _finding(
    listener: _Listener, *, row: str, day: int, tier: Tier, reason: str, evidence: tuple[Evidence, ...]
) -> Finding:
    heard = max(listener.watch.heard_at, default=None)
    last = f"last heard {heard.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if heard else "never heard"
    return Finding(
        code=Code.SILENCE,
        tier=tier,
        row=row,
        day=day,
        reason=reason + ".",
        evidence=(Evidence(item="silence", text=last), *evidence, rule(listener.pack, _undated(row))),
        version=listener.pack.version,
    )


def _undated(row: str) -> str:
    """The row without the day and the question that tell one silence from the next."""
    return ".".join(row.split(".")[:2])


def _remind(listener: _Listener) -> Iterator[Nudge]:
    """Yield what to send: again what failed while its day lasts, and once more after a miss of a patient at risk."""
    now = listener.now
    for one in listener.watch.calendar:
        failed = one.reminder.fate is ReminderFate.FAILED
        if failed and not one.answered and one.due.due_at <= now < one.due.ends_at:
            yield Nudge(SilenceKind.DUE, one.due.date)
        waiting = listener.watched_for_risk(one) and listener.missed(one) and listener.silent(one)
        if waiting and one.miss_reminder.fate is not ReminderFate.SENT:
            yield Nudge(SilenceKind.MISS, one.due.date)
    zone = ZoneInfo(listener.watch.time_zone)
    for asked in listener.watch.re_checks:
        if asked.reminder.fate is ReminderFate.FAILED and not asked.answered and asked.due_at <= now:
            yield Nudge(SilenceKind.RE_CHECK, asked.due_at.astimezone(zone).date(), asked.id)


def _never_left(watch: Watch) -> Iterator[Nudge]:
    zone = ZoneInfo(watch.time_zone)
    for one in watch.calendar:
        if one.reminder.fate is ReminderFate.FAILED:
            yield Nudge(SilenceKind.DUE, one.due.date)
        if one.miss_reminder.fate is ReminderFate.FAILED:
            yield Nudge(SilenceKind.MISS, one.due.date)
    for asked in watch.re_checks:
        if asked.reminder.fate is ReminderFate.FAILED:
            yield Nudge(SilenceKind.RE_CHECK, asked.due_at.astimezone(zone).date(), asked.id)


def _instants(listener: _Listener) -> Iterator[datetime]:
    """Yield every instant at which time alone can change the answer."""
    for one in listener.watch.calendar:
        if one.answered:
            continue
        yield one.due.ends_at
        if one.reminder.fate is ReminderFate.FAILED:
            yield one.due.due_at
        if listener.watched_for_risk(one):
            yield listener.patience_ends(one)
        if listener.alerts_before(one):
            yield listener.answer_by(one.due.due_at, listener.asked_by(one))
    for asked in listener.watch.re_checks:
        if not asked.answered:
            yield asked.due_at
            yield listener.answer_by(asked.due_at, asked.reminder)
