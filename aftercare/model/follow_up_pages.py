"""What the pages about follow-ups show. Filled and drawn as `model.pages` says."""

from typing import Literal
from uuid import UUID

import msgspec

from aftercare.model.follow_ups import NextStep, Script, StepTiming
from aftercare.model.views import Head, PatientView, StaffView


class FollowUpForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form below an alert: the script of its code beside it, and what was typed where that was refused.

    `follow_up_id` is made with the form, so that a doubled click writes one line.
    """

    follow_up_id: UUID
    script: Script
    typed: dict[str, str] = {}
    problems: dict[str, str] = {}  # by field, "" for the whole form
    checked: frozenset[str] = frozenset()


class NextStepItem(msgspec.Struct, frozen=True, kw_only=True):
    """A next step with whose it is."""

    step: NextStep
    patient: PatientView
    set_by: StaffView | None = None
    owner: StaffView | None = None  # of the alert


class NextStepsPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/next-steps?whose=&when=`: what staff said they would do, the longest overdue first."""

    head: Head
    items: tuple[NextStepItem, ...]
    whose: Literal["everyone", "mine"]
    when: StepTiming | None = None
    more: str | None = None


class ScriptsPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/scripts`: the script of every code."""

    head: Head
    scripts: tuple[Script, ...]
    by: dict[UUID, str]  # names of who changed them


class ScriptPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/scripts/{code}`: one script, to read or to edit, with what it was before.

    `overtaken` when a colleague has saved another version since what is typed was begun.
    """

    head: Head
    script: Script
    shipped: Script
    versions: tuple[Script, ...]
    by: dict[UUID, str]
    typed: dict[str, str] = {}
    problems: dict[str, str] = {}
    overtaken: bool = False
