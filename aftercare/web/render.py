"""Pages as HTML: one Struct of `aftercare.model.pages` in, one string out. No I/O beyond templates and built assets."""

import calendar
import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from aftercare.model.course_pages import CourseSettingsPage, RecallsPage
from aftercare.model.delivery_pages import DeliveriesPage, WebhooksPage
from aftercare.model.erasure_pages import ErasePage
from aftercare.model.follow_up_pages import NextStepsPage, ScriptPage, ScriptsPage
from aftercare.model.instruction_pages import (
    InstructionsPage,
    InstructionsPreviewPage,
    InstructionsPublishPage,
    PatientInstructionsPage,
)
from aftercare.model.me_page import MePage
from aftercare.model.message_pages import ConversationPage, MessagesPage, TemplatesPage
from aftercare.model.pages import (
    ActPage,
    AlertPage,
    BacktestPage,
    CallListPage,
    InstructionFormPage,
    InvitationPage,
    Page,
    PatientFormPage,
    PatientPage,
    PatientsPage,
    PhotoPage,
    ProblemPage,
    ScreeningAdvicePage,
    ScreeningFormPage,
    SessionFormPage,
    SignInPage,
    StatisticsPage,
    TriagePage,
)
from aftercare.model.phone_pages import PhonesPage
from aftercare.model.photo_pages import ComparePage
from aftercare.model.photo_uses import UsePhotoPage, UsesPage
from aftercare.model.reminder_pages import RemindersPage
from aftercare.model.rota_pages import ClinicSettingsPage, RotaPage, TypedForm
from aftercare.model.rule_pages import RulesActPage, RulesEditPage, RulesPage
from aftercare.model.screening_pages import ScreeningRecordPage
from aftercare.model.staff_pages import MemberPage, StaffPage
from aftercare.model.upkeep_page import UpkeepPage
from aftercare.model.views import Head
from aftercare.model.words import Tier
from aftercare.web import (
    backtest_charts,
    charts,
    course_words,
    delivery_words,
    hours_text,
    instruction_words,
    photo_words,
    questions,
    quiet_week,
    readings,
    rota_charts,
    rule_words,
    statistics_charts,
    statistics_words,
    upkeep_words,
    words,
)
from aftercare.web.times import Clock, span

ASSETS: Final = Path(__file__).with_name("assets")

_TEMPLATES: Final[dict[type, str]] = {
    TriagePage: "triage.html",
    AlertPage: "alert.html",
    NextStepsPage: "next_steps.html",
    ScriptsPage: "scripts.html",
    ScriptPage: "script.html",
    BacktestPage: "backtest.html",
    ActPage: "act.html",
    PatientPage: "patient.html",
    PatientsPage: "patients.html",
    CallListPage: "call_list.html",
    InvitationPage: "invitation.html",
    PhotoPage: "photo.html",
    ComparePage: "compare.html",
    UsesPage: "photo_uses.html",
    UsePhotoPage: "photo_use.html",
    ErasePage: "erase.html",
    UpkeepPage: "upkeep.html",
    RemindersPage: "reminders.html",
    PhonesPage: "phones.html",
    StaffPage: "staff.html",
    MemberPage: "member.html",
    PatientFormPage: "patient_form.html",
    SessionFormPage: "session_form.html",
    ScreeningFormPage: "screening_form.html",
    ScreeningAdvicePage: "screening_advice.html",
    ScreeningRecordPage: "screening_record.html",
    InstructionsPage: "instructions.html",
    InstructionFormPage: "instruction_form.html",
    InstructionsPreviewPage: "instructions_preview.html",
    InstructionsPublishPage: "instructions_publish.html",
    PatientInstructionsPage: "patient_instructions.html",
    MePage: "me.html",
    MessagesPage: "messages.html",
    RotaPage: "rota.html",
    ClinicSettingsPage: "clinic_settings.html",
    ConversationPage: "conversation.html",
    TemplatesPage: "message_templates.html",
    RulesPage: "rules.html",
    RulesEditPage: "rules_edit.html",
    RulesActPage: "rules_act.html",
    RecallsPage: "recalls.html",
    CourseSettingsPage: "course_settings.html",
    DeliveriesPage: "deliveries.html",
    WebhooksPage: "webhooks.html",
    StatisticsPage: "statistics.html",
    SignInPage: "sign_in.html",
    ProblemPage: "problem.html",
}

# What every page may load and do; no inline script or style is ever needed. For the response's header.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("aftercare.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {
        "words": words,
        "charts": charts,
        "readings": readings,
        "questions": questions,
        "told": instruction_words,
        "rule_words": rule_words,
        "photo_words": photo_words,
        "course_words": course_words,
        "delivery_words": delivery_words,
        "pictures": statistics_charts,
        "trials": backtest_charts,
        "words_of": statistics_words,
        "rota_charts": rota_charts,
        "hours_text": hours_text,
        "weekdays": calendar.day_name,
        "nothing": TypedForm(form="", values={}),
        "week": quiet_week,
        "upkeep_words": upkeep_words,
        "span": span,
        "asset": asset,
        "emergency": Tier.EMERGENCY,
    }
    return environment


@cache
def asset(name: str) -> str:
    """Give the address of a built asset with a digest of its bytes, so that browsers may keep it for ever.

    Before the front end is built there is nothing to digest and the plain address is given.
    """
    path = ASSETS / name
    if not path.is_file():
        return f"/assets/{name}"
    return f"/assets/{name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


def render(page: Page, *, fragment: bool = False) -> str:
    """Render a page; with `fragment` only what stands in its `<main>`, which htmx morphs into the page shown.

    Every text is escaped. Raises `ZoneInfoNotFoundError` for a clinic whose time zone does not exist.
    """
    head: Head | None = getattr(page, "head", None)
    clock = Clock(head.now, head.time_zone) if head is not None else None
    template = _environment().get_template(_TEMPLATES[type(page)])
    return template.render(page=page, head=head, clock=clock, fragment=fragment)
