"""What is known when nothing came, and what is made of it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from aftercare.model.calendar import DueCheckIn
from aftercare.model.findings import Finding
from aftercare.model.timeline import Risks
from aftercare.model.words import Code, Modality, Tier


class ReminderFate(StrEnum):
    """What became of a reminder."""

    NOT_DUE = "not_due"  # none was to leave, or not yet
    SENT = "sent"
    FAILED = "failed"  # it was due and never left: the clinic's fault, never "patient silent"


class Reminder(msgspec.Struct, frozen=True):
    """A reminder and, where it left, when."""

    fate: ReminderFate = ReminderFate.NOT_DUE
    sent_at: datetime | None = None


class WatchedCheckIn(msgspec.Struct, frozen=True, kw_only=True):
    """One due check-in and what came of it.

    `answered`: a check-in of that day has come, whenever it arrived, and said something. `said_nothing`: one came and
    everything in it was absent; `asked_again` that the patient was asked once more. `reminder` is the first one,
    `miss_reminder` the one after a miss.
    """

    due: DueCheckIn
    answered: bool = False
    said_nothing: bool = False
    asked_again: bool = False
    reminder: Reminder = Reminder()
    miss_reminder: Reminder = Reminder()


class OpenAlert(msgspec.Struct, frozen=True):
    """An unresolved alert of the episode: its code, its tier, and since when."""

    code: Code
    tier: Tier
    since: datetime


class ReCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A question that staff asked again, the tier of its alert, and the local day on which it falls due."""

    id: UUID | str
    tier: Tier
    day: int
    due_at: datetime
    answered: bool = False
    reminder: Reminder = Reminder()


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """One monitored episode as silence is looked for.

    `heard_at` are the instants at which the patient recorded check-ins that said something, of any day and kind, as far
    as they have arrived.
    """

    modality: Modality
    time_zone: str
    patient: Risks
    calendar: tuple[WatchedCheckIn, ...]
    heard_at: tuple[datetime, ...] = ()
    alerts: tuple[OpenAlert, ...] = ()
    re_checks: tuple[ReCheck, ...] = ()


class CallReason(msgspec.Struct, frozen=True):
    """Why the coordinator calls: since which missed date, and a sentence. The date makes the entry the same entry."""

    date: date
    sentence: str


class SilenceKind(StrEnum):
    """Which reminder or question: of the due check-in, after its miss, or of a re-check."""

    DUE = "due"
    MISS = "miss"
    RE_CHECK = "re_check"


class Nudge(msgspec.Struct, frozen=True):
    """One message to the patient, or one that never left: unique by kind, date and re-check."""

    kind: SilenceKind
    date: date
    re_check: UUID | str | None = None


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """What is made of a watch at one instant.

    `findings` are raised once each (their `row` holds the missed date); `call` is who stands on the coordinator's list
    now; `remind` what to send, and to send again; `never_left` what the admin must hear of; `ask_again` which empty
    answers to ask for once more; `next_look_at` the next instant at which anything could change by time alone, None
    where nothing can.
    """

    findings: tuple[Finding, ...] = ()
    call: tuple[CallReason, ...] = ()
    remind: tuple[Nudge, ...] = ()
    never_left: tuple[Nudge, ...] = ()
    ask_again: tuple[Nudge, ...] = ()
    next_look_at: datetime | None = None
