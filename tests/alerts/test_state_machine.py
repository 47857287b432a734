"""Whatever is reported, edited, done, put off and left undone, in any order: what design.md 6 promises of every alert.

Small in `make test`; a thousand runs of it with `--long`. Beside `test_alert_invariants.py` this one knows the contract by
heart: for each finding it says beforehand what must become of it and who must be told, and compares.
"""

from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from aftercare.alerts import acts
from aftercare.alerts.chains import EVERYONE, SHIPPED
from aftercare.alerts.clocks import CLOCKS, acknowledge_deadline, due_at, lapse
from aftercare.alerts.joining import absorb
from aftercare.errors import AftercareError
from aftercare.model.alerts import Alert, Audience, Change, Fate, Told, Why
from aftercare.model.chains import Chain, Step
from aftercare.model.clinic import Opening, OpeningHours
from aftercare.model.findings import Finding
from aftercare.model.words import AlertState, Code, Outcome, Role, Tier

EPISODES = (UUID(int=1), UUID(int=2))
FIRST, SECOND, DESK, ADMIN = (
    (UUID(int=11), Role.PRACTITIONER),
    (UUID(int=12), Role.PRACTITIONER),
    (UUID(int=13), Role.COORDINATOR),
    (UUID(int=14), Role.ADMIN),
)
URGENT = {Tier.EMERGENCY, Tier.SAME_DAY}
WEEKDAYS = tuple(Opening(day, time(9), time(18)) for day in range(5))
# Clocks go back in Sydney on 5 April and forward in Berlin on 29 March; the third never said when it is open.
CLINICS = (
    OpeningHours(time_zone="Australia/Sydney", openings=WEEKDAYS),
    OpeningHours(time_zone="Europe/Berlin", openings=WEEKDAYS),
    OpeningHours(time_zone="America/Sao_Paulo"),
)
CHAINS = (
    SHIPPED,
    Chain(
        steps=(Step(tells="owner"), Step(tells="person", staff_id=UUID(int=99)), Step(tells="role", role=Role.ADMIN), EVERYONE),
        absent=frozenset({1}),
    ),
)  # fmt: skip
NEVER_HELD = {Code.CONTACT_REQUEST, Code.SILENCE, Code.NOTE}
NEWS = (Why.TIER_ROSE, Why.REPORTED_AGAIN, Why.SIGN_JOINED, Why.GRADE_ROSE, Why.STILL_REPORTED)

codes = st.sampled_from((Code.SWELLING, Code.COLD_SORE, Code.CONTACT_REQUEST))
grades = st.dictionaries(st.sampled_from(("swelling", "pain")), st.integers(1, 4), max_size=2)
signs = st.lists(st.sampled_from(("tingling", "blisters")), max_size=2, unique=True).map(tuple)
steps_of_time = st.one_of(
    st.timedeltas(timedelta(0), timedelta(hours=3)),
    st.timedeltas(timedelta(hours=3), timedelta(days=3)),
    st.timedeltas(timedelta(days=3), timedelta(days=20)),
)


class Alerts(RuleBasedStateMachine):
    """A clinic, two episodes of a patient, and four people who work there."""

    @initialize(hours=st.sampled_from(CLINICS), chain=st.sampled_from(CHAINS), begins=st.integers(0, 24 * 14))
    def begin(self, hours: OpeningHours, chain: Chain, begins: int) -> None:
        self.hours, self.chain = hours, chain
        self.now = datetime(2026, 3, 23, tzinfo=ZoneInfo(hours.time_zone)).astimezone(UTC) + timedelta(
            hours=begins
        )
        self.alerts: dict[UUID, Alert] = {}
        self.ids = count(100)
        self.check_ins: list[tuple[UUID, list[Finding]]] = []
        self.loud: set[tuple[UUID, Code, str, str, Tier]] = set()
        self.refusals: set[int] = set()

    # What patients do

    @rule(
        data=st.data(),
        episode=st.sampled_from(EPISODES),
        which=st.lists(codes, min_size=1, max_size=3, unique=True),
    )
    def a_check_in_arrives(self, data: st.DataObject, episode: UUID, which: list[Code]) -> None:
        name = f"c{len(self.check_ins)}"
        found = [data.draw(self._finding(code, name)) for code in which]
        self.check_ins.append((episode, found))
        self._report(episode, found)

    @precondition(lambda self: self.check_ins)
    @rule(data=st.data())
    def one_is_edited(self, data: st.DataObject) -> None:
        """An edit is a new check-in: it may say less or more, and takes nothing back."""
        episode, before = data.draw(st.sampled_from(self.check_ins))
        name = f"c{len(self.check_ins)}"
        found = [data.draw(self._finding(one.code, name)) for one in before]
        unresolved = {one.id: one.tier for one in self.alerts.values() if one.unresolved}
        self.check_ins.append((episode, found))
        self._report(episode, found)
        for alert_id, tier in unresolved.items():
            assert self.alerts[alert_id].unresolved
            assert self.alerts[alert_id].tier.rank >= tier.rank

    @precondition(lambda self: self.check_ins)
    @rule(data=st.data())
    def one_is_judged_again(self, data: st.DataObject) -> None:
        """By a sync that repeats itself, or because an earlier one came late: nothing is new."""
        episode, found = data.draw(st.sampled_from(self.check_ins))
        change = self._absorb(episode, found)
        assert {told.fate for told in change.findings} == {Fate.KNOWN}
        assert (change.new, change.changed, change.notices) == ((), (), ())

    def _finding(self, code: Code, check_in: str) -> st.SearchStrategy[Finding]:
        def make(tier: Tier, row: str, said: dict[str, int], seen: tuple[str, ...]) -> Finding:
            return Finding(
                code=code, tier=tier, row=f"{code}.{row}", day=len(self.check_ins), reason=f"{code} in {check_in}",
                check_in=check_in, grades=said, signs=seen, decisive=bool(seen), version="1",
            )  # fmt: skip

        return st.builds(make, st.sampled_from(Tier), st.sampled_from(("level", "sign")), grades, signs)

    # What staff do

    @precondition(lambda self: self.alerts)
    @rule(
        data=st.data(),
        who=st.sampled_from((FIRST, SECOND, DESK, ADMIN)),
        act=st.sampled_from(("take", "take_over", "attempt", "contact", "reopen", "end_condition")),
    )
    def somebody_acts(self, data: st.DataObject, who: tuple[UUID, Role], act: str) -> None:
        self._act(data, who, act)

    @precondition(lambda self: self.alerts)
    @rule(
        data=st.data(), who=st.sampled_from((FIRST, SECOND, DESK)), act=st.sampled_from(("snooze", "resolve"))
    )
    def somebody_puts_one_away(self, data: st.DataObject, who: tuple[UUID, Role], act: str) -> None:
        self._act(data, who, act)

    def _act(self, data: st.DataObject, who: tuple[UUID, Role], act: str) -> None:
        before = data.draw(st.sampled_from(sorted(self.alerts.values(), key=lambda one: one.id)))
        seen = data.draw(st.sampled_from((None, before.tier, *Tier)))
        try:
            change = self._do(data, before, who, act, seen)
        except AftercareError as refused:
            self.refusals.add(refused.status)
            event(f"{act} refused: {refused.type}")
            return
        event(f"{act} done")
        self._keep(change)
        self._hold_the_act_to_the_rights(before, self.alerts[before.id], who, act, seen)
        assert {notice.why for notice in change.notices} <= ({Why.REOPENED} if act == "reopen" else set())

    def _do(
        self, data: st.DataObject, alert: Alert, who: tuple[UUID, Role], act: str, seen: Tier | None
    ) -> Change:
        by, role = who
        plain: dict[str, Any] = {"by": by, "role": role, "now": self.now}
        timed: dict[str, Any] = {**plain, "hours": self.hours}
        if act in {"take", "take_over"}:
            return acts.acknowledge(alert, **timed, take_over=act == "take_over")
        acts.refuse_if_risen(alert, seen)
        if act == "snooze":
            until = self.now + data.draw(
                st.one_of(
                    st.timedeltas(timedelta(hours=-1), timedelta(hours=5)),
                    st.timedeltas(timedelta(0), timedelta(days=9)),
                )
            )
            return acts.snooze(alert, **timed, until=until)
        if act == "resolve":
            return acts.resolve(alert, **plain, outcome=data.draw(st.sampled_from(Outcome)))
        if act == "reopen":
            others = [one for one in self.alerts.values() if one.episode_id == alert.episode_id]
            return acts.reopen(alert, **timed, others=others)
        if act == "end_condition":
            return acts.end_condition(alert, **plain)
        return {"attempt": acts.attempt, "contact": acts.contact}[act](alert, **timed)

    def _hold_the_act_to_the_rights(
        self, before: Alert, after: Alert, who: tuple[UUID, Role], act: str, seen: Tier | None
    ) -> None:
        by, role = who
        assert role is not Role.ADMIN
        if role is Role.COORDINATOR and before.tier in URGENT:
            assert after.unresolved == before.unresolved
        if seen is not None and not act.startswith("take"):
            assert before.tier.rank <= seen.rank
        if act == "snooze" and after != before:
            assert before.tier is not Tier.EMERGENCY
            assert after.snoozed_until is not None
            promised = before.acknowledge_by if before.state is AlertState.OPEN else before.contact_by
            assert before.tier is not Tier.SAME_DAY or (promised and after.snoozed_until <= promised)
        if act == "reopen" and not before.unresolved:
            assert (after.state, after.clock_from, after.owner) == (AlertState.OPEN, self.now, by)

    # What time does

    @rule(amount=steps_of_time, outage=st.booleans())
    def time_passes(self, amount: timedelta, outage: bool) -> None:  # noqa: FBT001 - drawn
        """The worker looks at each alert when it is due, or was away and looks once at the end."""
        until = self.now + amount
        while not outage and (due := self._due_by(until)):
            self.now, alert_id = due
            self._lapse(self.alerts[alert_id])
        self.now = until
        for alert in list(self.alerts.values()):
            self._lapse(alert)

    @precondition(lambda self: self._due_by(datetime.max.replace(tzinfo=UTC)))
    @rule()
    def the_next_clock_acts(self) -> None:
        due = self._due_by(datetime.max.replace(tzinfo=UTC))
        assert due is not None
        self.now = max(self.now, due[0])
        self._lapse(self.alerts[due[1]])

    def _due_by(self, until: datetime) -> tuple[datetime, UUID] | None:
        due = [
            (at, one.id) for one in self.alerts.values() if (at := due_at(one)) is not None and at <= until
        ]
        return min(due, default=None)

    def _lapse(self, before: Alert) -> None:
        due = due_at(before)
        change = lapse(before, now=self.now, hours=self.hours, chain=self.chain)
        assert (change != Change()) is (due is not None and due <= self.now)
        if change == Change():
            return
        self._keep(change)
        after = self.alerts[before.id]
        told = {notice.why for notice in change.notices}
        assert told in ({Why.OVERDUE}, {Why.SNOOZE_ENDED})
        assert after.snoozed_until is None
        assert (due_at(after) or self.now + timedelta(1)) > self.now
        assert (after.tier, after.state, after.owner) == (before.tier, before.state, before.owner)
        if told == {Why.OVERDUE}:
            event("escalated")
            assert after.step >= before.step
            assert after.step not in self.chain.absent
            assert after.look_at is not None, "an escalation stopped by itself"
            # One step further, or again to everyone.
            last = len(self.chain.steps) - 1
            assert after.step > before.step or before.step == after.step == last
            if after.step == last:
                assert Audience.EVERYONE in {notice.to for notice in change.notices}

    # What becomes of findings, said beforehand

    def _absorb(self, episode: UUID, found: list[Finding]) -> Change:
        return absorb(
            [one for one in self.alerts.values() if one.episode_id == episode],
            found,
            episode_id=episode,
            now=self.now,
            hours=self.hours,
            new_id=lambda: UUID(int=next(self.ids)),
            chains=dict.fromkeys(Tier, self.chain),
        )

    def _report(self, episode: UUID, found: list[Finding]) -> None:
        foreseen = {one.code: self._foresee(episode, one) for one in found}
        change = self._absorb(episode, found)
        self._keep(change)
        told_of = {self.alerts[notice.alert_id].code for notice in change.notices}
        for told in change.findings:
            fate, why = foreseen[told.finding.code]
            event(f"{told.fate}: {why}")
            assert told.fate is fate, (told, why)
            assert (told.finding.code in told_of) is (why is not None), (told, why)
            self._hold_to_the_record(told)
            after = self.alerts[told.alert_id]
            if why in {Why.RAISED, Why.TIER_ROSE, Why.REPORTED_AGAIN}:
                started = (AlertState.OPEN, self.now, acknowledge_deadline(after.tier, self.now, self.hours))
                assert (after.state, after.clock_from, after.acknowledge_by) == started
            if why is not None:
                assert after.snoozed_until is None
        for notice in change.notices:
            assert notice.why is foreseen[self.alerts[notice.alert_id].code][1]

    def _foresee(self, episode: UUID, finding: Finding) -> tuple[Fate, Why | None]:
        mine = [one for one in self.alerts.values() if (one.episode_id, one.code) == (episode, finding.code)]
        unresolved = next((one for one in mine if one.unresolved), None)
        if unresolved is not None:
            why = self._news(unresolved, finding)
            return (Fate.ESCALATED if why is Why.TIER_ROSE else Fate.JOINED), why
        resolved_at = {one.id: one.resolved_at for one in mine if one.resolved_at is not None}
        last = max(mine, key=lambda one: resolved_at[one.id], default=None)
        return (Fate.HELD, None) if last and self._same_again(last, finding) else (Fate.RAISED, Why.RAISED)

    def _news(self, alert: Alert, finding: Finding) -> Why | None:
        contacted = alert.contacted_at if alert.state is AlertState.CONTACTED else None
        since = max(contacted, alert.still_told_at or contacted) if contacted else None
        signs = {sign for one in alert.reported for sign in one.signs}
        worst = {item: max(o.grades.get(item, 0) for o in alert.reported) for item in finding.grades}
        holds = (
            finding.tier.rank > alert.tier.rank,
            finding.tier is Tier.EMERGENCY and contacted is not None and self.now > contacted,
            finding.decisive and not set(finding.signs) <= signs,
            any(grade > worst[item] for item, grade in finding.grades.items()),
            since is not None and self.now >= since + timedelta(hours=48),
        )
        return next((why for why, does in zip(NEWS, holds, strict=True) if does), None)

    def _same_again(self, last: Alert, finding: Finding) -> bool:
        assert last.resolved_at is not None
        dealt_with = last.outcome in {Outcome.CONFIRMED, Outcome.EXPECTED_COURSE}
        fresh = self.now < last.resolved_at + timedelta(days=14)
        if not (dealt_with and fresh) or finding.code in NEVER_HELD or finding.tier is Tier.EMERGENCY:
            return False
        latest: dict[str, tuple[int, int]] = {}
        for one in last.reported:
            for item, grade in one.grades.items():
                latest[item] = max(latest.get(item, (-1, 0)), (one.day, grade))
        known_sign = (
            set(finding.signs) <= last.signs
            if finding.signs
            else bool(finding.grades) or any(one.row == finding.row for one in last.reported)
        )
        no_worse = all(item in latest and grade <= latest[item][1] for item, grade in finding.grades.items())
        return finding.tier.rank <= last.tier.rank and known_sign and no_worse

    def _hold_to_the_record(self, told: Told) -> None:
        assert told.reason
        if told.fate is Fate.HELD:
            assert "held until" in told.reason
        if told.fate in {Fate.RAISED, Fate.ESCALATED}:
            one = told.finding
            key = (self.alerts[told.alert_id].episode_id, one.code, str(one.check_in), one.row, one.tier)
            assert key not in self.loud, "the same evidence was raised twice"
            self.loud.add(key)

    def _keep(self, change: Change) -> None:
        for after in change.changed:
            before = self.alerts[after.id]
            assert after.reported[: len(before.reported)] == before.reported
            assert (after.code, after.episode_id, after.raised_at) == (
                before.code,
                before.episode_id,
                before.raised_at,
            )
        self.alerts |= {one.id: one for one in (*change.new, *change.changed)}
        for notice in change.notices:
            alert = self.alerts[notice.alert_id]
            assert (notice.tier, notice.step, notice.at) == (alert.tier, alert.step, self.now)
            assert notice.not_before >= self.now
            assert notice.not_before == self.now or notice.tier is not Tier.EMERGENCY
        if {notice.tier for notice in change.notices} & {Tier.EMERGENCY}:
            assert any(notice.to is not Audience.OWNER or notice.owner for notice in change.notices)

    # What holds at any time

    @invariant()
    def one_unresolved_alert_of_each_code_and_episode(self) -> None:
        unresolved = [(one.episode_id, one.code) for one in self._all() if one.unresolved]
        assert len(unresolved) == len(set(unresolved))

    @invariant()
    def a_clock_will_act_until_somebody_has_reached_the_patient(self) -> None:
        for one in self._all():
            if not one.unresolved:
                assert due_at(one) is None
            elif one.state is AlertState.OPEN:
                assert one.look_at is not None
                assert due_at(one) is not None
            elif one.state is not AlertState.CONTACTED and CLOCKS[one.tier].contact is not None:
                assert due_at(one) is not None  # nobody has to call about routine within a time
            if one.snoozed_until is not None:
                assert due_at(one) == one.snoozed_until

    @invariant()
    def a_snooze_ends_and_an_emergency_has_none(self) -> None:
        for one in self._all():
            if one.snoozed_until is not None:
                assert one.unresolved
                assert one.tier is not Tier.EMERGENCY
                assert self.now < one.snoozed_until <= self.now + acts.LONGEST_SNOOZE

    @invariant()
    def what_is_resolved_says_as_what_and_by_whom(self) -> None:
        for one in self._all():
            ended = (one.outcome, one.resolved_at, one.resolved_by)
            assert all(ended) if not one.unresolved else not any(ended), one
            if not one.unresolved and one.tier in URGENT:
                assert one.resolved_by in {FIRST[0], SECOND[0]}

    @invariant()
    def a_refusal_is_the_users_to_mend(self) -> None:
        assert self.refusals <= {403, 409, 422}

    @invariant()
    def what_is_in_hand_has_an_owner(self) -> None:
        for one in self._all():
            assert one.state is AlertState.OPEN or one.owner is not None

    def _all(self) -> list[Alert]:
        return list(self.alerts.values())


TestAlerts = Alerts.TestCase
# The profile of --long takes thousands wherever a test names no number.
LONG = settings().max_examples >= 1_000
TestAlerts.settings = settings(
    max_examples=1_000 if LONG else 25, stateful_step_count=50 if LONG else 30, deadline=None
)
