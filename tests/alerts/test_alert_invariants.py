"""Whatever is reported, done and left undone, in any order: what must always hold of an episode's alerts."""

from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from aftercare.alerts import acts
from aftercare.alerts.clocks import due_at, lapse
from aftercare.alerts.joining import absorb
from aftercare.errors import AftercareError
from aftercare.model.alerts import Alert, Change, Fate
from aftercare.model.clinic import Opening, OpeningHours
from aftercare.model.findings import Finding
from aftercare.model.words import AlertState, Code, Outcome, Role, Tier

EPISODE = UUID(int=1)
STAFF = ((UUID(int=7), Role.PRACTITIONER), (UUID(int=8), Role.COORDINATOR), (UUID(int=9), Role.ADMIN))
HOURS = OpeningHours(
    time_zone="Australia/Sydney", openings=tuple(Opening(day, time(9), time(18)) for day in range(5))
)
CODES = (Code.SWELLING, Code.COLD_SORE, Code.CONTACT_REQUEST)
TOLD = {Fate.RAISED, Fate.ESCALATED}

found = st.builds(
    Finding,
    code=st.sampled_from(CODES),
    tier=st.sampled_from(Tier),
    row=st.sampled_from(("level", "sign")),
    day=st.integers(0, 42),
    reason=st.just("as reported"),
    check_in=st.sampled_from(("c1", "c2", "c3", "c4", None)),
    grades=st.dictionaries(st.sampled_from(("swelling", "pain")), st.integers(1, 4), max_size=2),
    signs=st.lists(st.sampled_from(("tingling", "blisters")), max_size=2, unique=True).map(tuple),
    decisive=st.booleans(),
)
who = st.sampled_from(STAFF)


class Alerts(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 4, 1, tzinfo=UTC)  # clocks go back in Sydney on the 5th
        self.alerts: dict[UUID, Alert] = {}
        self.ids = count(100)
        self.refusals: set[int] = set()
        self.raised: list[tuple[str, str, Tier]] = []

    def keep(self, change: Change) -> None:
        for after in change.changed:
            before = self.alerts[after.id]
            if before.unresolved and after.unresolved:
                assert after.tier.rank >= before.tier.rank
            assert after.reported[: len(before.reported)] == before.reported
        for alert in (*change.new, *change.changed):
            self.alerts[alert.id] = alert
        for notice in change.notices:
            assert notice.alert_id in self.alerts
            assert notice.not_before >= notice.at == self.now
            if notice.tier is Tier.EMERGENCY:
                assert notice.not_before == self.now

    @rule(findings=st.lists(found, min_size=1, max_size=4))
    def report(self, findings: list[Finding]) -> None:
        def absorbed() -> Change:
            return absorb(
                self.alerts.values(),
                findings,
                episode_id=EPISODE,
                now=self.now,
                hours=HOURS,
                new_id=lambda: UUID(int=next(self.ids)),
            )

        change = absorbed()
        self.raised += [
            (
                str(told.finding.check_in or told.finding.day),
                f"{told.finding.code} {told.finding.row}",
                told.finding.tier,
            )
            for told in change.findings
            if told.fate in TOLD
        ]
        self.keep(change)
        assert len(self.raised) == len(set(self.raised)), "the same evidence was raised twice"
        again = absorbed()
        assert {told.fate for told in again.findings} == {Fate.KNOWN}
        assert (again.new, again.changed, again.notices) == ((), (), ())

    @rule(hours=st.integers(0, 400))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(minutes=15 * hours)
        for alert in list(self.alerts.values()):
            due = due_at(alert)
            change = lapse(alert, now=self.now, hours=HOURS)
            assert (change != Change()) is (due is not None and due <= self.now)
            self.keep(change)
            assert (due_at(self.alerts[alert.id]) or self.now + timedelta(1)) > self.now

    @rule(data=st.data(), staff=who, act=st.sampled_from(("take", "take_over", "attempt", "contact")))
    def work(self, data: st.DataObject, staff: tuple[UUID, Role], act: str) -> None:
        self.act(data, staff, act)

    @rule(data=st.data(), staff=who, outcome=st.sampled_from(Outcome))
    def resolve(self, data: st.DataObject, staff: tuple[UUID, Role], outcome: Outcome) -> None:
        self.act(data, staff, "resolve", outcome=outcome)

    @rule(data=st.data(), staff=who, hours=st.integers(-2, 200))
    def snooze(self, data: st.DataObject, staff: tuple[UUID, Role], hours: int) -> None:
        self.act(data, staff, "snooze", until=self.now + timedelta(hours=hours))

    @rule(data=st.data(), staff=who)
    def reopen(self, data: st.DataObject, staff: tuple[UUID, Role]) -> None:
        self.act(data, staff, "reopen")

    def act(self, data: st.DataObject, staff: tuple[UUID, Role], act: str, **more: Any) -> None:
        if not self.alerts:
            return
        alert = data.draw(st.sampled_from(sorted(self.alerts.values(), key=lambda one: one.id)))
        by, role = staff
        common: dict[str, Any] = {"by": by, "role": role, "now": self.now}
        timed = {**common, "hours": HOURS}
        ways = {
            "take": lambda: acts.acknowledge(alert, **timed),
            "take_over": lambda: acts.acknowledge(alert, **timed, take_over=True),
            "attempt": lambda: acts.attempt(alert, **timed),
            "contact": lambda: acts.contact(alert, **timed),
            "snooze": lambda: acts.snooze(alert, **timed, **more),
            "resolve": lambda: acts.resolve(alert, **common, **more),
            "reopen": lambda: acts.reopen(alert, **timed, others=self.alerts.values()),
        }
        try:
            change = ways[act]()
        except AftercareError as refused:
            self.refusals.add(refused.status)
            return
        assert role is not Role.ADMIN
        assert act != "resolve" or role is Role.PRACTITIONER or alert.tier.rank < Tier.SAME_DAY.rank
        self.keep(change)

    @invariant()
    def a_refusal_is_the_users_to_mend(self) -> None:
        assert self.refusals <= {403, 409, 422}

    @invariant()
    def one_unresolved_alert_of_each_code(self) -> None:
        unresolved = [alert.code for alert in self.alerts.values() if alert.unresolved]
        assert len(unresolved) == len(set(unresolved))

    @invariant()
    def an_emergency_is_looked_at_until_the_patient_is_reached(self) -> None:
        for alert in self.alerts.values():
            if alert.tier is Tier.EMERGENCY and alert.unresolved and alert.state is not AlertState.CONTACTED:
                due = due_at(alert)
                assert due is not None
                assert due <= self.now + timedelta(minutes=30)
                assert alert.snoozed_until is None

    @invariant()
    def nobody_waits_for_ever(self) -> None:
        for alert in self.alerts.values():
            if alert.state is AlertState.OPEN:
                assert due_at(alert) is not None
            if alert.snoozed_until is not None:
                assert due_at(alert) == alert.snoozed_until <= self.now + acts.LONGEST_SNOOZE

    @invariant()
    def an_alert_remembers_the_worst_that_was_reported(self) -> None:
        for alert in self.alerts.values():
            assert alert.tier.rank == max(one.tier.rank for one in alert.reported)


TestAlerts = Alerts.TestCase
TestAlerts.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
