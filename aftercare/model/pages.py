"""What each page of the dashboard shows, as facts: services fill these Structs, `aftercare.web.render` words and draws them.

The page words them in the clinic's own zone (`Head.time_zone`) and counts deadlines from `Head.now`.
"""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from aftercare.model.backtests import AlertDifference, Kind, Summary
from aftercare.model.charts import AlertPin, Axis, ChartSeries, SignsRow
from aftercare.model.check_ins import ConsentState
from aftercare.model.course_pages import CourseSettingsPage, RecallsPage
from aftercare.model.course_plans import CoursePlan
from aftercare.model.delivery_pages import DeliveriesPage, WebhooksPage
from aftercare.model.erasure_pages import ErasePage
from aftercare.model.follow_up_pages import FollowUpForm, NextStepsPage, ScriptPage, ScriptsPage
from aftercare.model.instruction_pages import (
    InstructionsPage,
    InstructionsPreviewPage,
    InstructionsPublishPage,
    PatientInstructionsPage,
)
from aftercare.model.instructions import ShownDay
from aftercare.model.me_page import MePage
from aftercare.model.message_pages import ConversationPage, MessagesPage, TemplatesPage
from aftercare.model.phone_pages import PhonesPage
from aftercare.model.photo_pages import ComparePage
from aftercare.model.photo_uses import UsePhotoPage, UsesPage
from aftercare.model.reminder_pages import RemindersPage
from aftercare.model.rota_pages import ClinicSettingsPage, RotaPage
from aftercare.model.rule_pages import RulesActPage, RulesEditPage, RulesPage
from aftercare.model.screening_pages import Candidacy, QuestionGroup, ScreeningRecordPage
from aftercare.model.screenings import ScreeningAdvice
from aftercare.model.staff_pages import MemberPage, StaffPage
from aftercare.model.statistics import PeriodChoice, Statistics
from aftercare.model.upkeep_page import UpkeepPage
from aftercare.model.views import (
    Act,
    AlertView,
    FollowUpItem,
    Head,
    MessageView,
    PatientView,
    PhotoView,
    RisksView,
    SessionView,
    StaffView,
    TriageRow,
    Whose,
)
from aftercare.model.words import Modality, Tier


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
    unreleased: int | None = None  # the pack in shadow, where nobody has released one yet


class AlertPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/alerts/{alert_id}?back=`: the five-second view on a page of its own, or unfolded below its row.

    `back` is the path that an act returns to: the list it is unfolded in, or `None` for the alert's own page.
    """

    head: Head
    alert: AlertView
    back: str | None = None
    form: FollowUpForm | None = None  # of a follow-up; none for who writes none


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
    told: ShownDay | None = None  # the newest instructions that the patient was given
    plans: tuple[CoursePlan, ...] = ()  # of each course, those that go on first
    agreed: tuple[ConsentState, ...] = ()  # the newest word on each purpose that was asked about
    candidacy: Candidacy = Candidacy()  # screenings signed and prepared, and what to mind


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
    recorded: bool = False  # it follows the recording of a session


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


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """A form as somebody filled it in: what stands in its fields, and what is wrong where.

    `problems` are by the field's name, "" for the whole form. Names are paths into what the form makes, `/` between.
    `newer` is what a colleague wrote meanwhile, where it differs from what is typed here.
    """

    values: dict[str, str]
    problems: dict[str, str] = {}
    newer: dict[str, str] = {}


class PatientFormPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/patients/new` and `/patients/{patient_id}/edit`. `patient` is `None` for a new one."""

    head: Head
    form: Typed
    patient: PatientView | None = None
    version: int = 0  # that the edit writes over


class ModalityChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Which course a session of this modality would belong to: its next number, or the first of a new one."""

    modality: Modality
    number: int
    planned: int
    last_at: datetime | None = None


class SessionFormPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/patients/{patient_id}/sessions/new`: a session with its short screening.

    `held` says why the course's next session is blocked or too soon: then the reason to override it is asked for.
    """

    head: Head
    patient: PatientView
    risks: RisksView
    form: Typed
    choices: tuple[ModalityChoice, ...]
    held: str | None = None
    candidacy: Candidacy = Candidacy()


class StatisticsPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/statistics?since=&until=`: what the alarms of a period came to. `problem` is what was wrong with the days asked for."""

    head: Head
    statistics: Statistics
    choices: tuple[PeriodChoice, ...]
    problem: str = ""


class DifferenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where two packs part over one patient, who is named to those who work with patients."""

    difference: AlertDifference
    patient: PatientView | None = None


class DifferenceGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The first differences of one kind, and how many there are."""

    kind: Kind
    rows: tuple[DifferenceRow, ...]
    of: int


class BacktestPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/rules/{number}/backtest`: the pack's last back-test; `state` is empty before the first."""

    head: Head
    number: int
    state: Literal["", "waiting", "running", "done", "failed"] = ""
    asked_at: datetime | None = None
    done: int = 0
    total: int = 0
    since: date | None = None
    until: date | None = None  # included
    summary: Summary | None = None
    groups: tuple[DifferenceGroup, ...] = ()


class InstructionFormPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/instructions/{version}/edit/{key}` and `/new`: one instruction of a draft; `key` is `None` for a new one."""

    head: Head
    version: int
    revision: int  # of the draft that it is written over
    form: Typed
    languages: tuple[str, ...]  # the clinic's own first
    key: str | None = None


class ScreeningFormPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/patients/{patient_id}/screening/{modality}`: the questions. `version` is that of the prepared answers, 0 for none."""

    head: Head
    patient: PatientView
    risks: RisksView
    modality: Modality
    language: str
    groups: tuple[QuestionGroup, ...]
    form: Typed
    version: int = 0
    prepared_at: datetime | None = None
    prepared_by: StaffView | None = None


class ScreeningAdvicePage(msgspec.Struct, frozen=True, kw_only=True):
    """`/patients/{patient_id}/screening/{modality}/advice`: what the answers come to, and the decision."""

    head: Head
    patient: PatientView
    risks: RisksView
    modality: Modality
    advice: ScreeningAdvice
    open_questions: tuple[str, ...]
    form: Typed
    version: int
    may_sign: bool


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
    NextStepsPage | ScriptsPage | ScriptPage | TriagePage | AlertPage | ActPage | PatientPage | PatientsPage | CallListPage | InvitationPage | PhotoPage | SignInPage
    | RecallsPage | DeliveriesPage | WebhooksPage | CourseSettingsPage | StatisticsPage | BacktestPage | ProblemPage | PatientFormPage | SessionFormPage
    | RotaPage | ClinicSettingsPage | StaffPage | MemberPage | PhonesPage
    | MePage | MessagesPage | ConversationPage | TemplatesPage | RulesPage | RulesEditPage | RulesActPage | ComparePage | UsesPage | UsePhotoPage | ErasePage | RemindersPage | UpkeepPage
    | ScreeningFormPage | ScreeningAdvicePage | ScreeningRecordPage
    | InstructionsPage | InstructionFormPage | InstructionsPreviewPage | InstructionsPublishPage | PatientInstructionsPage
)  # fmt: skip
