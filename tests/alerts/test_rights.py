"""Who may do what to an alert: role by act by tier by state, against a table of its own; and the page offers just that."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import msgspec
import pytest

from aftercare.alerts import acts
from aftercare.alerts.clocks import started
from aftercare.alerts.errors import PractitionerNeededError, RisenError
from aftercare.errors import AftercareError
from aftercare.model.alerts import Alert, Change
from aftercare.model.clinic import OpeningHours
from aftercare.model.people import StaffMember
from aftercare.model.words import AlertState, Code, Outcome, Role, Tier
from aftercare.services.dashboard_views import may

ME, COLLEAGUE = UUID(int=7), UUID(int=8)
ACTS = ("acknowledge", "take_over", "attempt", "contact", "snooze", "resolve", "reopen", "end_condition")
URGENT = {Tier.EMERGENCY, Tier.SAME_DAY}
MATRIX = list(product(Role, Tier, AlertState, (None, ME, COLLEAGUE)))


def alert_in(state: AlertState, tier: Tier, owner: UUID | None, now: datetime, hours: OpeningHours) -> Alert:
    """An alert in a state, raised an hour ago; what was resolved was confirmed."""
    at = now - timedelta(hours=1)
    bare = Alert(
        id=UUID(int=1), episode_id=UUID(int=2), code=Code.COLD_SORE, tier=tier, raised_at=at, day=2, reason="as reported",
        version="1", clock_from=at, acknowledge_by=at,
    )  # fmt: skip
    ours = started(bare, at, hours)
    if state is AlertState.OPEN:
        return ours
    ours = acts.acknowledge(ours, by=owner or COLLEAGUE, role=Role.PRACTITIONER, now=at, hours=hours).changed[
        0
    ]
    if state is AlertState.RESOLVED:
        outcome, by = Outcome.CONFIRMED, owner or COLLEAGUE
        return acts.resolve(ours, outcome=outcome, by=by, role=Role.PRACTITIONER, now=at).changed[0]
    return msgspec.structs.replace(
        ours, state=state, contacted_at=at if state is AlertState.CONTACTED else None
    )


def allowed(role: Role, act: str, alert: Alert) -> bool:
    """The table, as design.md 6 says it."""
    judges = role is Role.PRACTITIONER or alert.tier not in URGENT
    mine = alert.state is AlertState.OPEN or alert.owner == ME
    return (
        role is not Role.ADMIN
        and {
            "acknowledge": alert.unresolved and mine,
            "take_over": alert.unresolved,
            "attempt": alert.unresolved,
            "contact": alert.unresolved,
            "snooze": alert.unresolved and mine and alert.tier is not Tier.EMERGENCY,
            "resolve": judges and alert.unresolved,
            "reopen": judges,
            "end_condition": role is Role.PRACTITIONER and alert.outcome is Outcome.CONFIRMED,
        }[act]
    )


def do(act: str, alert: Alert, role: Role, now: datetime, hours: OpeningHours) -> Change:
    common: dict[str, Any] = {"by": ME, "role": role, "now": now}
    ways: dict[str, Callable[[], Change]] = {
        "acknowledge": lambda: acts.acknowledge(alert, **common, hours=hours),
        "take_over": lambda: acts.acknowledge(alert, **common, hours=hours, take_over=True),
        "attempt": lambda: acts.attempt(alert, **common, hours=hours),
        "contact": lambda: acts.contact(alert, **common, hours=hours),
        "snooze": lambda: acts.snooze(alert, **common, hours=hours, until=now + timedelta(minutes=10)),
        "resolve": lambda: acts.resolve(alert, **common, outcome=Outcome.FALSE_ALARM),
        "reopen": lambda: acts.reopen(alert, **common, hours=hours, others=()),
        "end_condition": lambda: acts.end_condition(alert, **common),
    }
    return ways[act]()


@pytest.mark.parametrize("act", ACTS)
def test_every_role_may_do_to_every_alert_what_the_table_says_and_nothing_else(
    act: str, hours: OpeningHours, march: Callable[..., datetime]
) -> None:
    now = march(4, 12)
    for role, tier, state, owner in MATRIX:
        alert = alert_in(state, tier, owner, now, hours)
        try:
            do(act, alert, role, now, hours)
        except AftercareError:
            was_allowed = False
        else:
            was_allowed = True
        assert was_allowed == allowed(role, act, alert), (role, act, tier, state, owner)


def test_the_page_offers_what_is_not_refused_and_changes_something(
    hours: OpeningHours, march: Callable[..., datetime]
) -> None:
    now = march(4, 12)
    for role, tier, state, owner in MATRIX:
        alert = alert_in(state, tier, owner, now, hours)
        reader = StaffMember(
            staff_id=ME, email="me@clinic.test", name="Me", role=role
        )  # fmt: skip
        offered = may(alert, reader, another_is_open=False, now=now) - {"note"}
        useful = {act for act in ACTS if allowed(role, act, alert) and _changes(act, alert, role, now, hours)}
        if alert.state is AlertState.OPEN:
            useful -= {"take_over"}  # there it is the same as taking
        assert offered == useful, (role, tier, state, owner)


def _changes(act: str, alert: Alert, role: Role, now: datetime, hours: OpeningHours) -> bool:
    return do(act, alert, role, now, hours) != Change()


@pytest.mark.parametrize("state", AlertState)
@pytest.mark.parametrize("tier", sorted(URGENT))
def test_no_act_of_a_coordinator_ends_what_is_urgent(
    tier: Tier, state: AlertState, hours: OpeningHours, march: Callable[..., datetime]
) -> None:
    """By any two acts after each other, not only by the one that is called so."""
    now = march(4, 12)
    for first, second in product(ACTS, ACTS):
        alert = alert_in(state, tier, ME, now, hours)
        was_resolved = not alert.unresolved
        for act in (first, second):
            try:
                change = do(act, alert, Role.COORDINATOR, now, hours)
            except AftercareError:
                continue
            alert = change.changed[0] if change.changed else alert
        assert (not alert.unresolved) == was_resolved, (first, second)


def test_what_rose_since_the_page_was_read_is_refused_and_says_what_it_is_now(
    hours: OpeningHours, march: Callable[..., datetime]
) -> None:
    alert = alert_in(AlertState.ACKNOWLEDGED, Tier.SAME_DAY, ME, march(4, 12), hours)
    with pytest.raises(RisenError, match="it is now same day") as refused:
        acts.refuse_if_risen(alert, Tier.SOON)
    assert refused.value.extra == {"tier": Tier.SAME_DAY}
    for seen in (None, Tier.SAME_DAY, Tier.EMERGENCY):
        acts.refuse_if_risen(alert, seen)


def test_a_coordinator_who_saw_soon_does_not_end_what_became_same_day(
    hours: OpeningHours, march: Callable[..., datetime]
) -> None:
    alert = alert_in(AlertState.ACKNOWLEDGED, Tier.SAME_DAY, ME, march(4, 12), hours)
    with pytest.raises(PractitionerNeededError):
        do("resolve", alert, Role.COORDINATOR, march(4, 12), hours)
