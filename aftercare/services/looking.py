"""What one look at an episode comes to, without a database: who is asked, reminded or called, and what silence means."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from aftercare.care.calendar import MORNING, at_local, calendar
from aftercare.care.re_checks import Question, questions
from aftercare.care.reminding import leaves_at
from aftercare.checks.judging import Judging, sort_out
from aftercare.checks.recovery import day_in
from aftercare.checks.silence import listen
from aftercare.model.alerts import Alert
from aftercare.model.calendar import DueCheckIn
from aftercare.model.care import Episode
from aftercare.model.findings import Finding
from aftercare.model.preferences import DailySpan
from aftercare.model.recovery import Recovery
from aftercare.model.reminders import ALWAYS, Reminders
from aftercare.model.silence import (
    CallReason,
    OpenAlert,
    ReCheck,
    Reminder,
    ReminderFate,
    Silence,
    SilenceKind,
    Watch,
    WatchedCheckIn,
)
from aftercare.store import deliveries as delivery_store
from aftercare.store.call_list import CallListRow

_DAY = timedelta(days=1)
Sent = dict[str, delivery_store.Reminder]


def asked_of(mine: Recovery, episode: Episode, *, at: time = MORNING) -> list[DueCheckIn]:
    """The check-ins that an episode asks for, each at the local time `at` but for the first.

    None from before it was recorded, none whose day a newer session cut short.
    """
    due = calendar(
        episode.modality,
        episode.session_at,
        mine.patient.time_zone,
        with_day_90=episode.with_day_90,
        at=at,
    )
    ends_at = episode.calendar_ends_at
    return [
        one for one in due if one.ends_at > episode.opened_at and (ends_at is None or one.ends_at <= ends_at)
    ]


def asked_again(
    mine: Recovery, episode: Episode, due: list[DueCheckIn], *, at: time = MORNING
) -> list[Question]:
    """The re-checks after urgent alerts of any session, asked with the newest; `due` is its calendar."""
    if mine.newest is None or episode.episode_id != mine.newest.episode_id:
        return []
    zone = ZoneInfo(mine.patient.time_zone)
    session_on = episode.session_at.astimezone(zone).date()
    return questions(mine.alerts, due, session_on, zone, at=at)


def urgency_of(mine: Recovery, episode: Episode) -> int:
    """Silence beside an open alert is as urgent as that alert, and so is the look for it."""
    return max((one.tier.rank for one in _open_beside(mine, episode)), default=0)


def _open_beside(mine: Recovery, episode: Episode) -> list[Alert]:
    """The unresolved alerts beside which an episode's answers are awaited: its own, and with the newest those of all.

    A late sign of an older session, or what was told before any, is followed up by the one calendar that still runs.
    """
    newest = mine.newest is not None and mine.newest.episode_id == episode.episode_id
    return [one for one in mine.alerts if one.unresolved and (newest or one.episode_id == episode.episode_id)]


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """One reminder to send: which, of which check-in, and not before when."""

    kind: SilenceKind
    due: DueCheckIn
    at: datetime


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at an episode comes to."""

    remind: tuple[Asking, ...] = ()
    call: tuple[CallListRow, ...] = ()
    never_left: date | None = None  # the newest day whose reminder never left
    findings: tuple[Finding, ...] = ()
    muted: tuple[Finding, ...] = ()  # what the pack in shadow says beyond
    again: datetime | None = None  # None: nothing can change any more


def look_at(
    mine: Recovery,
    episode: Episode,
    sent: Sent,
    now: datetime,
    *,
    at: time = MORNING,
    moved_at: datetime | None = None,
    judging: Judging | None = None,
    reminders: Reminders = ALWAYS,
    quiet: DailySpan | None = None,
) -> Look:
    """Say what is to be done about an episode at an instant.

    `sent` are its reminders by `reminder_key`; `moved_at` is when the patient came to another zone, if ever; `judging`
    are the clinic's packs, without any the shipped one; `reminders` and `quiet` are what the patient asked for.
    """
    judging = judging or Judging()
    due = [
        one
        for one in asked_of(mine, episode, at=at)
        if not _flown_past(mine, episode, one, sent, moved_at) and not _unasked(mine, one, quiet)
    ]
    again = asked_again(mine, episode, due, at=at)
    watch = _watch(mine, episode, due, again, sent, now, reminders)
    silence = listen(judging.pack, watch, now)
    shadow = judging.shadow or judging.pack
    in_shadow = silence if shadow is judging.pack else listen(shadow, watch, now)
    found = sort_out(
        judging,
        {episode.episode_id: list(silence.findings)},
        {episode.episode_id: list(in_shadow.findings)},
    )
    coming = [one.due_at for one in due if one.due_at > now]
    looks = [*coming[:1], *([silence.next_look_at] if silence.next_look_at else [])]
    return Look(
        remind=tuple(
            asking
            for asking in _to_remind(mine, episode, watch, again, silence, sent, now, at, quiet)
            if reminders.wanted(asking.at)
        ),
        call=tuple(_to_call(mine, episode, reason, watch, now) for reason in silence.call),
        never_left=max((nudge.date for nudge in silence.never_left), default=None),
        findings=tuple(found.told.get(episode.episode_id, ())),
        muted=tuple(found.muted.get(episode.episode_id, ())),
        again=min(looks, default=None),
    )


def _flown_past(
    mine: Recovery, episode: Episode, one: DueCheckIn, sent: Sent, moved_at: datetime | None
) -> bool:
    """Whether a day was over, or as good as, where the patient came to before it was asked: nobody's fault, and no miss."""
    if moved_at is None or one.due_at >= moved_at or reminder_key(SilenceKind.DUE, episode, one.day) in sent:
        return False
    return leaves_at(one.due_at, moved_at, ZoneInfo(mine.patient.time_zone)) is None


def _unasked(mine: Recovery, one: DueCheckIn, quiet: DailySpan | None) -> bool:
    """Whether all that is left of its day is quiet, as the evening of a late session may be: by the patient's wish, no miss."""
    return (
        quiet is not None
        and leaves_at(one.due_at, one.due_at, ZoneInfo(mine.patient.time_zone), quiet) is None
    )


def _to_remind(
    mine: Recovery,
    episode: Episode,
    watch: Watch,
    again: list[Question],
    silence: Silence,
    sent: Sent,
    now: datetime,
    morning: time,
    quiet: DailySpan | None,
) -> Iterator[Asking]:
    zone = ZoneInfo(mine.patient.time_zone)
    own = [one.due for one in again if not one.by_calendar]
    answered = {asked.day for asked in watch.re_checks if asked.answered}
    for question in own:
        unasked = reminder_key(SilenceKind.RE_CHECK, episode, question.day) not in sent
        if unasked and question.day not in answered and question.due_at <= now < question.ends_at:
            at = leaves_at(question.due_at, now, zone, quiet)
            if at is not None:
                yield Asking(kind=SilenceKind.RE_CHECK, due=question, at=at)
    for one in watch.calendar:
        unasked = reminder_key(SilenceKind.DUE, episode, one.due.day) not in sent
        if unasked and not one.answered and one.due.due_at <= now < one.due.ends_at:
            # Late in the evening it is not caught up: at midnight it never left, and the clinic hears of that.
            at = leaves_at(max(one.due.due_at, episode.opened_at), now, zone, quiet)
            if at is not None:
                yield Asking(kind=SilenceKind.DUE, due=one.due, at=at)
    by_date = {one.due.date: one.due for one in watch.calendar}
    asked_on = by_date.keys() | {question.date for question in own}
    missed = [nudge.date for nudge in silence.remind if nudge.kind is SilenceKind.MISS]
    if missed and max(missed) + _DAY not in asked_on:
        # Not at midnight, when the miss is known, and not beside the next day's own reminder, nor another day's.
        at = leaves_at(at_local(max(missed) + _DAY, morning, zone), now, zone, quiet)
        if at is not None:
            yield Asking(kind=SilenceKind.MISS, due=by_date[max(missed)], at=at)


def _watch(
    mine: Recovery,
    episode: Episode,
    due: list[DueCheckIn],
    again: list[Question],
    sent: Sent,
    now: datetime,
    reminders: Reminders,
) -> Watch:
    def fate(key: str, due: DueCheckIn) -> Reminder:
        if key not in sent and reminders.excuse(due.due_at):
            return Reminder(ReminderFate.NOT_DUE)
        return _fate(sent.get(key), due.due_at, due.ends_at, now)

    heard_at = tuple(kept.judged_at for kept in mine.check_ins if kept.answers)
    spoken: dict[int, bool] = {}
    for kept in mine.check_ins:
        day = day_in(episode, kept)
        if day is not None and kept.judged_at >= episode.session_at:
            spoken[day] = spoken.get(day, False) or bool(kept.answers)
    return Watch(
        modality=episode.modality,
        time_zone=mine.patient.time_zone,
        patient=mine.patient.risks,
        calendar=tuple(
            WatchedCheckIn(
                due=one,
                answered=spoken.get(one.day, False),
                said_nothing=spoken.get(one.day) is False,
                asked_again=True,  # the answer to an empty check-in asks at once
                # Who answers before being asked is not asked, and nothing went wrong.
                reminder=Reminder(ReminderFate.NOT_DUE)
                if spoken.get(one.day)
                else fate(reminder_key(SilenceKind.DUE, episode, one.day), one),
                miss_reminder=_fate(
                    # The next day's own reminder is one after the miss, too.
                    sent.get(reminder_key(SilenceKind.MISS, episode, one.day))
                    or sent.get(reminder_key(SilenceKind.DUE, episode, one.day + 1)),
                    None,
                    None,
                    now,
                ),
            )
            for one in due
        ),
        heard_at=heard_at,
        re_checks=tuple(
            ReCheck(
                id=one.alert_id,
                tier=one.tier,
                day=one.due.day,
                due_at=one.due.due_at,
                answered=one.contacted or any(heard >= one.due.due_at for heard in heard_at),
                reminder=fate(_asked_by(one, episode), one.due),
            )
            for one in again
        ),
        alerts=tuple(
            OpenAlert(alert.code, alert.tier, alert.clock_from) for alert in _open_beside(mine, episode)
        ),
    )


def _asked_by(one: Question, episode: Episode) -> str:
    kind = SilenceKind.DUE if one.by_calendar else SilenceKind.RE_CHECK
    return reminder_key(kind, episode, one.due.day)


def _fate(
    row: delivery_store.Reminder | None, due_at: datetime | None, ends_at: datetime | None, now: datetime
) -> Reminder:
    if row is None:
        missed = due_at is not None and ends_at is not None and ends_at <= now
        # We were not there to send it: that is not the patient's silence.
        return Reminder(ReminderFate.FAILED if missed else ReminderFate.NOT_DUE)
    if row.state == "sent":
        return Reminder(ReminderFate.SENT, row.sent_at)
    if row.state == "dropped":  # by the patient's answer or wish: nobody's fault
        return Reminder(ReminderFate.NOT_DUE)
    over = row.state == "dead" or (ends_at is not None and ends_at <= now)
    return Reminder(ReminderFate.FAILED if over else ReminderFate.NOT_DUE)


def reminder_key(kind: SilenceKind, episode: Episode, day: int) -> str:
    """What makes a reminder the same reminder: the day since the session, not its date.

    A patient who flies has some dates twice or never.
    """
    return f"remind:{kind}:{episode.episode_id}:{day}"


def _to_call(
    mine: Recovery, episode: Episode, reason: CallReason, watch: Watch, now: datetime
) -> CallListRow:
    missed = [
        one.due.day
        for one in watch.calendar
        if not one.answered and one.due.date <= reason.date and one.due.ends_at <= now
    ]
    session_on = episode.session_at.astimezone(ZoneInfo(mine.patient.time_zone)).date()
    return CallListRow(
        episode_id=episode.episode_id,
        day=(reason.date - session_on).days,
        patient_id=mine.patient.patient_id,
        missed=tuple(missed[-2:]),
        reason=reason.sentence,
        added_at=now,
    )
