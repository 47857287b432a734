"""What each page of the dashboard shows, as facts: services fill these Structs, `aftercare.web.render` words and draws them.

Facts, not sentences: instants are aware `datetime`s, grades 0-4, days are days since the session's local date. The
page words them in the clinic's own zone (`Head.time_zone`) and counts deadlines from `Head.now`. The two sentences
that do come ready are a check's `reason` and what staff or patients wrote. Paths are of this origin and start with "/".
"""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from aftercare.model.charts import AlertPin, Axis, ChartSeries, SignsRow
from aftercare.model.findings import Evidence
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
    notice: Notice | None = None


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


class ShownAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """What the patient's app showed after the check-in, and what they tapped."""

    text: str
    shown_at: datetime | None = None  # None: not confirmed by the phone yet
    tapped: str | None = None  # "Call 112", as recorded
    tapped_at: datetime | None = None


FollowUpKind = Literal[
    "raised", "rose", "joined", "held_back", "acknowledge", "attempt", "contact", "snooze", "resolve", "reopen",
    "end_condition", "note", "told", "told_failed",
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


class AlertView(TriageRow, frozen=True, kw_only=True):
    """Everything about one alert: its row, and what stands below when it unfolds."""

    evidence: tuple[Evidence, ...] = ()
    version: str = ""  # of the rule pack that raised it
    shown: tuple[ShownAdvice, ...] = ()
    log: tuple[FollowUpItem, ...] = ()  # oldest first
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


class TriagePage(msgspec.Struct, frozen=True, kw_only=True):
    """`/`: a row for each patient with unresolved alerts, most urgent first (tier, then deadline).

    Those that wait for nobody stand behind all others. `more` is the path of the next page.
    """

    head: Head
    rows: tuple[TriageRow, ...]
    whose: Whose = "everyone"
    in_recovery: int = 0  # episodes being monitored, for the empty page
    to_call: int = 0  # on the call list
    more: str | None = None


class AlertPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/alerts/{alert_id}?back=`: the five-second view on a page of its own, or unfolded below its row.

    `back` is the path that an act returns to: the list it is unfolded in, or `None` for the alert's own page.
    """

    head: Head
    alert: AlertView
    back: str | None = None


class ActPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/alerts/{alert_id}/{act}`: one question, with the patient's name on it; also shown as a dialog.

    `back` is the path to return to. `snooze_choices` are the instants offered, the last one allowed last.
    """

    head: Head
    alert: AlertView
    act: Act
    back: str = "/"
    snooze_choices: tuple[datetime, ...] = ()
    problem: str | None = None
    text: str = ""  # what was written before it was refused


class PatientPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/patients/{patient_id}`: one recovery on one axis, its alerts, what was done and said."""

    head: Head
    patient: PatientView
    risks: RisksView
    session: SessionView | None = None  # the newest; None before the first
    day: int | None = None
    owner: StaffView | None = None
    axis: Axis | None = None
    series: tuple[ChartSeries, ...] = ()
    signs: tuple[SignsRow, ...] = ()
    pins: tuple[AlertPin, ...] = ()
    photos: tuple[PhotoView, ...] = ()  # oldest first
    alerts: tuple[AlertView, ...] = ()  # unresolved first, most urgent first
    log: tuple[FollowUpItem, ...] = ()  # newest first
    back: str = "/patients"  # the page that led here
    messages: tuple[MessageView, ...] = ()  # oldest first; notes of check-ins among them
    invite: str = ""  # path that makes an enrolment code by POST
    last_check_in_at: datetime | None = None
    next_due_at: datetime | None = None
    course_held: str | None = None  # why the next session is blocked


class PatientRow(msgspec.Struct, frozen=True, kw_only=True):
    """A patient in the list; `tier` and `alert_id` are of the most urgent unresolved alert."""

    patient: PatientView
    session: SessionView | None = None
    day: int | None = None
    last_check_in_at: datetime | None = None
    tier: Tier | None = None
    alert_id: UUID | None = None


class PatientsPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/patients?q=`: patients whose name or identifier starts with `query`."""

    head: Head
    rows: tuple[PatientRow, ...]
    query: str = ""
    more: str | None = None


class CallListItem(msgspec.Struct, frozen=True, kw_only=True):
    """A patient who went quiet at low risk; `reminder_sent` False means it never left, which is ours to mend.

    `done` is the path that takes the patient off the list by POST.
    """

    patient: PatientView
    session: SessionView
    day: int
    done: str
    missed: tuple[int, ...]  # days of the check-ins that did not come
    last_check_in_at: datetime | None = None
    reminder_sent: bool | None = None


class CallListPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/call-list`: whom the coordinator rings today."""

    head: Head
    items: tuple[CallListItem, ...]


class InvitationPage(msgspec.Struct, frozen=True, kw_only=True):
    """`POST /patients/{patient_id}/invitations`: a one-time code, shown this once. `address` is what its QR says."""

    head: Head
    patient: PatientView
    code: str
    address: str
    expires_at: datetime


class PhotoPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/patients/{patient_id}/photos/{photo_id}`: one photo large; also shown as a dialog.

    `session` and the photo's day are of the treatment before it. `older` and `newer` are paths of its neighbours.
    """

    head: Head
    patient: PatientView
    photo: PhotoView
    session: SessionView | None = None
    older: str | None = None
    newer: str | None = None


class SignInPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/sign-in/{clinic}`. `ended` when an earlier sign-in has just ended; `then` is the path to go on to."""

    clinic: str
    clinic_key: str
    csrf: str
    email: str = ""
    problem: str | None = None
    ended: bool = False
    then: str = "/"


class ProblemPage(msgspec.Struct, frozen=True, kw_only=True):
    """An error in words: what happened and what to do. `head` is `None` when nobody is signed in."""

    status: int
    title: str
    detail: str
    head: Head | None = None
    back: str = "/"
    sign_in: str | None = None  # path, offered when signing in would help


Page = (
    TriagePage | AlertPage | ActPage | PatientPage | PatientsPage | CallListPage | InvitationPage | PhotoPage | SignInPage
    | ProblemPage
)  # fmt: skip
