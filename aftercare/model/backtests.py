"""A pack judged again on a clinic's own history: what is read, and what is answered."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from aftercare.model.care import Episode
from aftercare.model.check_ins import Kept
from aftercare.model.findings import Finding
from aftercare.model.people import Patient
from aftercare.model.text import Instant
from aftercare.model.words import Code, Outcome, Role, Tier


class StaffAct(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did to an alert, as the follow-up log has it."""

    at: Instant
    kind: str
    alert_id: UUID
    by: UUID
    role: Role
    outcome: Outcome | None = None
    until: Instant | None = None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as somebody would see it: raised by `row` on `day`, and the tier that it reached in the end."""

    tier: Tier
    raised_as: Tier
    row: str
    day: int
    at: Instant
    reason: str


class InFact(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as it really was."""

    id: UUID
    episode_id: UUID
    code: Code
    seen: Seen
    outcome: Outcome | None = None

    @property
    def raised_at(self) -> datetime:
        """When."""
        return self.seen.at


class Unasked(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that rests on no check-in, such as silence: it stands as it was, whatever the pack."""

    at: Instant
    episode_id: UUID
    finding: Finding


class History(msgspec.Struct, frozen=True, kw_only=True):
    """One patient's history as far as a back-test needs it. The patient comes without name and number."""

    patient: Patient
    episodes: tuple[Episode, ...] = ()  # the newest session first
    check_ins: tuple[Kept, ...] = ()  # in the order in which they came
    alerts: tuple[InFact, ...] = ()
    acts: tuple[StaffAct, ...] = ()  # in the order in which they were done
    unasked: tuple[Unasked, ...] = ()


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What counts: alerts raised and check-ins that came from `since` on and before `until`.

    What came before `since` is lived through all the same, since it decides what is open then.
    """

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Say whether an instant counts."""
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


Kind = Literal["gained", "lost", "changed", "late", "missed"]


class AlertDifference(msgspec.Struct, frozen=True, kw_only=True, tag="difference"):
    """Where two packs part over one patient.

    `gained` and `lost` are alerts that only the tried or only today's pack raises; `changed` ones are raised by both, at
    another time or tier; `late` and `missed` are confirmed alerts that the tried pack raises later than it was in fact, or
    not at all (`today` is then the alert in fact).
    """

    kind: Kind
    patient_id: UUID
    episode_id: UUID
    code: Code
    today: Seen | None = None
    tried: Seen | None = None
    timeline: str | None = None  # of a file, which is no patient's


class Tally(msgspec.Struct, kw_only=True):
    """What one pack makes of what was replayed; tallies of several patients add up."""

    alerts: int = 0
    by: dict[Code, dict[Tier, int]] = msgspec.field(default_factory=dict)
    weeks: dict[date, int] = msgspec.field(default_factory=dict)  # by their Monday, in the clinic's zone
    check_ins_alerting: int = 0  # that raised an alert, or its tier
    patients_alerting: int = 0  # ever, silence aside
    silence: int = 0  # alerts of silence, which are among `alerts`
    told: int = 0  # how often somebody was told of news, clocks aside
    caught: int = 0  # confirmed alerts that this pack has open by the time they were raised in fact
    late: int = 0
    missed: int = 0
    acts_without_alert: int = 0  # what staff did in fact and this pack gave no reason for

    def add(self, other: "Tally") -> None:
        """Count another tally in."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for week, count in other.weeks.items():
            self.weeks[week] = self.weeks.get(week, 0) + count
        for code, tiers in other.by.items():
            mine = self.by.setdefault(code, {})
            for tier, count in tiers.items():
                mine[tier] = mine.get(tier, 0) + count


_COUNTS = tuple(name for name in Tally.__struct_fields__ if name not in {"by", "weeks"})


class Part(msgspec.Struct, kw_only=True):
    """What some patients come to under both packs."""

    patients: int = 0
    check_ins: int = 0
    first: datetime | None = None  # check-in that counts
    last: datetime | None = None
    today: Tally = msgspec.field(default_factory=Tally)
    tried: Tally = msgspec.field(default_factory=Tally)
    differences: list[AlertDifference] = msgspec.field(default_factory=list)

    def add(self, other: "Part") -> None:
        """Count another part in; its differences are passed on, not kept."""
        self.patients += other.patients
        self.check_ins += other.check_ins
        self.first = min((one for one in (self.first, other.first) if one), default=None)
        self.last = max((one for one in (self.last, other.last) if one), default=None)
        self.today.add(other.today)
        self.tried.add(other.tried)


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag="progress"):
    """How many of the clinic's patients are done."""

    done: int
    of: int


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts of one code and tier."""

    code: Code
    tier: Tier
    today: int
    tried: int


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts raised in one week, by its Monday."""

    monday: date
    today: int
    tried: int


class PackSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What one pack makes of the history. Shares are of check-ins, and of patients who sent any."""

    version: str
    alerts: int
    alerts_a_week: float
    silence: int  # among `alerts`; counted apart in the budget
    check_ins_alerting: int
    share_of_check_ins: float
    patients_alerting: int
    share_of_patients: float
    told: int  # how often staff would have been told of news
    caught: int  # of the alerts that were confirmed in fact
    late: int
    missed: int
    acts_without_alert: int  # what staff did in fact and this pack gave no reason for


class Cases(msgspec.Struct, frozen=True, kw_only=True):
    """Of a file's cases that say what to expect, how many each pack answers as expected."""

    of: int
    today: int
    tried: int


class Summary(msgspec.Struct, frozen=True, kw_only=True, tag="summary"):
    """What the clinic's history says of a pack beside today's."""

    patients: int
    check_ins: int
    since: datetime | None  # the first check-in that counts, or as asked
    until: datetime | None
    weeks: float
    today: PackSummary
    tried: PackSummary
    by: tuple[Count, ...] = ()
    by_week: tuple[Week, ...] = ()
    differences: dict[Kind, int] = {}
    budget_of_check_ins: float = 0.10  # rules.md 5
    budget_of_patients: float = 0.20
    cases: Cases | None = None


Said = Progress | AlertDifference | Summary
