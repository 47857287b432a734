"""An alert as it is stored, and what becomes of it: plain data in, plain data out (design.md 6)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from aftercare.model.findings import Finding
from aftercare.model.words import AlertState, Code, Outcome, Role, Tier


class Audience(StrEnum):
    """Whom a notice is for; an alert without an owner belongs to whoever is a practitioner."""

    OWNER = "owner"
    PRACTITIONERS = "practitioners"
    ON_CALL = "on_call"  # by the rota; while nobody is, every practitioner
    ROLE = "role"
    PERSON = "person"
    EVERYONE = "everyone"


class Why(StrEnum):
    """Why somebody is told."""

    RAISED = "raised"
    TIER_ROSE = "tier_rose"
    REPORTED_AGAIN = "reported_again"  # an emergency, reported anew after contact
    SIGN_JOINED = "sign_joined"
    GRADE_ROSE = "grade_rose"
    STILL_REPORTED = "still_reported"  # the same, 48 hours after contact
    OVERDUE = "overdue"
    SNOOZE_ENDED = "snooze_ended"
    REOPENED = "reopened"
    STEP_OVERDUE = "step_overdue"  # a next step that was written down is not done


class Fate(StrEnum):
    """What became of a finding."""

    RAISED = "raised"  # it made a new alert
    ESCALATED = "escalated"  # it raised the tier of an open one
    JOINED = "joined"  # it became part of an open one
    HELD = "held"  # the same had just been resolved
    KNOWN = "known"  # this evidence was there already


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """One finding as its alert remembers it: who it is, and how bad it was. The evidence stays with the finding."""

    check_in: str  # "" for silence
    row: str
    day: int
    tier: Tier
    at: datetime  # when it was recorded on the phone; when judged, for silence
    grades: dict[str, int] = msgspec.field(default_factory=dict)
    signs: tuple[str, ...] = ()


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One open problem of an episode, made of findings; what staff work on.

    `reason`, `day` and `version` are those of the finding that leads: the most urgent, and of several the latest news.
    `acknowledge_by` and `contact_by` are what was promised and do not move while the alert is late; `look_at` is when the
    clock acts next. All instants are UTC.
    """

    id: UUID
    episode_id: UUID
    code: Code
    tier: Tier
    raised_at: datetime
    day: int
    reason: str
    version: str
    clock_from: datetime  # raised, or the tier rose, or reopened
    acknowledge_by: datetime
    state: AlertState = AlertState.OPEN
    owner: UUID | None = None
    contact_by: datetime | None = None
    look_at: datetime | None = None
    step: int = 0  # of the escalation chain
    snoozed_until: datetime | None = None
    acknowledged_at: datetime | None = None
    attempts: int = 0
    attempted_at: datetime | None = None
    attempted_by: UUID | None = None
    contacted_at: datetime | None = None
    contacted_by: UUID | None = None
    still_told_at: datetime | None = None  # when "still reported" was last said
    resolved_at: datetime | None = None
    resolved_by: UUID | None = None
    outcome: Outcome | None = None
    holds_course: bool = False  # one of its findings says "course held"
    condition_ended_at: datetime | None = None  # of a confirmed one: the course may go on
    condition_ended_by: UUID | None = None
    reported: tuple[Reported, ...] = ()
    held: tuple[Reported, ...] = ()  # the same again after it was resolved

    @property
    def unresolved(self) -> bool:
        """An episode has at most one unresolved alert of each code."""
        return self.state is not AlertState.RESOLVED

    @property
    def grades(self) -> dict[str, int]:
        """Item -> the highest grade (0-4) reported so far."""
        highest: dict[str, int] = {}
        for one in self.reported:
            for item, grade in one.grades.items():
                highest[item] = max(grade, highest.get(item, 0))
        return highest

    @property
    def signs(self) -> frozenset[str]:
        """The decisive signs reported so far."""
        return frozenset(sign for one in self.reported for sign in one.signs)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one finding, with the reason in words for the record."""

    finding: Finding
    fate: Fate
    alert_id: UUID
    reason: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is to be told of an alert, not before an instant. Who is in two audiences is told once.

    `routine` ones wait for the digest that leaves at `not_before`. (alert, why, step, at) tells notices apart.
    """

    alert_id: UUID
    why: Why
    to: Audience
    owner: UUID | None  # who that is, when `to` is the owner
    tier: Tier
    step: int
    at: datetime
    not_before: datetime
    role: Role | None = None  # when `to` is a role
    whom: UUID | None = None  # which person, or by which rota when `to` is who is on call


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What to store and whom to tell after something happened; empty when nothing did."""

    new: tuple[Alert, ...] = ()
    changed: tuple[Alert, ...] = ()
    findings: tuple[Told, ...] = ()
    notices: tuple[Notice, ...] = ()


class CourseBlock(msgspec.Struct, frozen=True, kw_only=True):
    """Why the course's next session may not take place yet; a practitioner can override it with a reason."""

    reason: str
    alert_ids: tuple[UUID, ...]
