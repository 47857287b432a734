"""What pages of the dashboard are made of: people, sessions, photos and alerts as staff see them.

Facts, not sentences: instants are aware `datetime`s, grades 0-4, days are days since the session's local date. The two
sentences that do come ready are a check's `reason` and what staff or patients wrote. Paths are of this origin and start
with "/".
"""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from aftercare.model.alerts import Fate
from aftercare.model.charts import Axis, ChartSeries
from aftercare.model.findings import Evidence
from aftercare.model.follow_ups import FollowUp
from aftercare.model.ledger import ChannelFault, LedgerEntry
from aftercare.model.rotas import Gap
from aftercare.model.timeline import Risks
from aftercare.model.words import (
    AlertState,
    AnsweredBy,
    Code,
    Modality,
    Outcome,
    Prophylaxis,
    Role,
    Tier,
    View,
)

# What a staff member can do to an alert; the word is also the last part of the form's address.
Act = Literal[
    "acknowledge", "take_over", "attempt", "contact", "snooze", "resolve", "reopen", "end_condition", "note"
]  # fmt: skip

# Whose alerts the triage list shows.
Whose = Literal["everyone", "mine", "nobody"]


class StaffView(msgspec.Struct, frozen=True, kw_only=True):
    """A staff member as colleagues see them."""

    id: UUID
    name: str
    role: Role


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the act that led to this page, said where it was done: at `alert_id`'s row, else below the head."""

    text: str
    problem: bool = False
    alert_id: UUID | None = None
    undo: str | None = None  # path that takes it back by POST, only where that is safe
    back: str = "/"  # where that leads back to
    taken: UUID | None = None  # the alert that somebody else took meanwhile
    holder: str | None = None  # who that is
    holds: Code | None = None  # and what the alert is about


class Standstill(msgspec.Struct, frozen=True, kw_only=True):
    """Background work of a clinic stands still, since when: `nobody` is at work at all, or urgent work waits all the same."""

    since: datetime
    nobody: bool


class Upkeep(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for the clinic itself: patients who asked to be erased, and pictures that cannot be shown (for admins)."""

    erasures: int
    answer_by: date | None  # the first of them
    pictures: int


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The head of every page behind the sign-in."""

    clinic: str  # its name
    clinic_key: str  # its part of the sign-in address
    staff: StaffView
    csrf: str  # goes into every form
    now: (
        datetime  # the server's clock when the page was read: deadlines and the age of the page count from it
    )
    time_zone: str  # the clinic's, IANA
    last_event_id: int | None = None  # newest live update that the page already contains
    urgent: int = 0  # unresolved alerts of `same_day` and above, for the tab's title
    steps_due: int = 0  # next steps due today or overdue
    unread: int = 0  # patients who wrote what nobody has read
    gaps: tuple[
        Gap, ...
    ] = ()  # of the next seven days, in which nobody is on call; for practitioners and admins
    notice: Notice | None = None
    given_up: int = 0  # deliveries that reached nobody lately; for admins
    faults: tuple[ChannelFault, ...] = ()  # ways out that fail now; for admins
    standstill: Standstill | None = None
    upkeep: Upkeep | None = None


class PatientView(msgspec.Struct, frozen=True, kw_only=True):
    """Who it is: name and second identifier together, so that two people of one name are told apart."""

    id: UUID
    name: str
    identifier: str  # the clinic's own number for the patient
    born: date | None = None
    phone: str | None = None


class RisksView(msgspec.Struct, frozen=True, kw_only=True):
    """What changes a judgement at a glance. `None` is not known and is shown as such; it is never "no"."""

    known: Risks = msgspec.field(default_factory=Risks)
    allergies: tuple[str, ...] | None = None  # empty: asked, none
    medicines: tuple[str, ...] | None = None
    prophylaxis: Prophylaxis | None = None


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """One treatment, as far as its recovery is read by it."""

    id: UUID
    modality: Modality
    at: datetime
    number: int | None = None  # in its course, from 1
    planned: int | None = None  # sessions in the course
    needle_depth_mm: float | None = None
    areas: tuple[str, ...] = ()
    by: str | None = None


class PhotoView(msgspec.Struct, frozen=True, kw_only=True):
    """One photo: `thumbnail` and `display` are paths of its two renditions, `page` of the page that shows it large."""

    id: UUID
    view: View
    taken_at: datetime
    day: int
    thumbnail: str
    display: str
    page: str


class AlertLine(msgspec.Struct, frozen=True, kw_only=True):
    """An alert in one line.

    `deadline` is the instant of the running clock, acknowledging while `open` and contacting after that; `None` when
    no clock runs.
    """

    alert_id: UUID
    code: Code
    tier: Tier
    state: AlertState
    day: int
    reason: str
    raised_at: datetime
    deadline: datetime | None = None
    snoozed_until: datetime | None = None
    owner: StaffView | None = None
    attempts: int = 0
    may: frozenset[Act] = frozenset()  # what this reader may do now; nothing else is offered


class TriageRow(AlertLine, frozen=True, kw_only=True):
    """An unresolved alert, as far as one glance at the list needs it; in the list it leads the patient's others.

    `recorded_at` is the time on the phone, `arrived_at` ours: a later day between them is said in red.
    `curve` is the symptom that carries the alert and `lead` the line of evidence the sentence rests on.
    """

    patient: PatientView
    session: SessionView | None  # None: reported before any session
    also: tuple[AlertLine, ...] = ()  # the patient's other unresolved alerts, most urgent first
    risks: RisksView = msgspec.field(default_factory=RisksView)
    recorded_at: datetime | None = None
    arrived_at: datetime | None = None
    answered_by: AnsweredBy | None = None
    lead: Evidence | None = None
    axis: Axis | None = None
    curve: ChartSeries | None = None
    photo: PhotoView | None = None


FollowUpKind = Literal[
    "raised", "rose", "joined", "held_back", "acknowledge", "attempt", "contact", "snooze", "resolve", "reopen",
    "end_condition", "note", "told", "told_failed", "waits", "escalated", "call", "advice", "visit", "message",
]  # fmt: skip


class FollowUpItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what happened to an alert. `by` is `None` for the service itself."""

    at: datetime
    kind: FollowUpKind
    by: StaffView | None = None
    text: str = ""
    alert_id: UUID | None = None
    code: Code | None = None
    tier: Tier | None = None
    outcome: Outcome | None = None
    until: datetime | None = None  # of a snooze
    why: str = ""  # what became of a finding and why, or why somebody was told
    entry: FollowUp | None = None  # what was written down beside the acts, with its next step
    done_by: StaffView | None = None  # of that step


class FoundView(msgspec.Struct, frozen=True, kw_only=True):
    """One finding of an alert: what it says, by which row, and what became of it.

    `numbers` and `source` are of the rule's own line of evidence: as it was, by their path in the pack, and its place in
    the texts.
    """

    at: datetime
    day: int
    tier: Tier
    reason: str
    row: str
    fate: Fate
    fate_reason: str
    version: str
    evidence: tuple[Evidence, ...] = ()  # without that line
    source: str = ""  # "" for findings from before sources were kept
    numbers: dict[str, float] = msgspec.field(default_factory=dict)


class AlertView(TriageRow, frozen=True, kw_only=True):
    """Everything about one alert: its row, and what stands below when it unfolds."""

    found: tuple[FoundView, ...] = ()  # the one that leads, then the others, the latest first
    reported_at: datetime | None = None  # by the phone's clock; of silence when it was raised
    nearest: PhotoView | None = None  # the photo nearest to that, of any view
    version: str = ""  # of the rule pack that raised it
    shown: tuple[str, ...] = ()  # what the patient was answered, the latest first
    log: tuple[FollowUpItem, ...] = ()  # oldest first
    told: tuple[LedgerEntry, ...] = ()  # who was told, in order of time
    photos: tuple[PhotoView, ...] = ()  # newest first
    holds_course: bool = False
    outcome: Outcome | None = None
    resolved_at: datetime | None = None
    next_step_at: datetime | None = None  # when the escalation goes on
    next_step_to: str = ""  # to whom, in words


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """One message between patient and clinic; `by` is `None` for the patient."""

    at: datetime
    text: str
    by: StaffView | None = None
