"""Chains and their steps in words: for the log, the pages and the next step of an alert."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from aftercare.model.alerts import Alert, Audience, Change, Why
from aftercare.model.chains import Chain, Step
from aftercare.model.words import AlertState, Role

ESCALATED = "escalated"  # the kind of a line of the log
_ROLES = {
    Role.PRACTITIONER: "every practitioner",
    Role.COORDINATOR: "every coordinator",
    Role.ADMIN: "every admin",
}


def whom(step: Step, names: Mapping[UUID, str]) -> str:
    """Say whom a step tells; `names` are those of people and rotas."""
    match step.audience:
        case Audience.OWNER:
            return "whoever has it, or every practitioner"
        case Audience.ROLE if step.role is not None:
            return _ROLES[step.role]
        case Audience.PERSON if step.staff_id is not None:
            return names.get(step.staff_id, "a former colleague")
        case Audience.ON_CALL if step.rota_id is not None:
            return f"who is on call by {names.get(step.rota_id, 'a rota that is gone')}"
        case Audience.ON_CALL:
            return "who is on call"
    return "everyone at the clinic"


def log_line(
    before: Alert, change: Change, chain: Chain, names: Mapping[UUID, str], *, now: datetime, time_zone: str
) -> str | None:
    """Say to which step a late alert went, why, and which steps were passed over; `None` if it took no step.

    The same step again is no news: who was told again, and when, stands in the ledger.
    """
    if all(one.why is not Why.OVERDUE for one in change.notices):
        return None
    (after,) = change.changed
    promised = before.acknowledge_by if before.contact_by is None else before.contact_by
    if after.step == before.step and before.look_at != promised:
        return None
    passed = [
        f" Step {place + 1}, {whom(chain.steps[place], names)}, was passed over: it reaches nobody now."
        for place in range(before.step + 1, after.step)
    ]
    step = f"Step {after.step + 1}, {whom(chain.steps[after.step], names)}"
    return f"{step}, {_since(before, now, ZoneInfo(time_zone))}.{''.join(passed)}"


def _since(late: Alert, now: datetime, zone: ZoneInfo) -> str:
    why = "nobody took it" if late.state is AlertState.OPEN else "the patient was not reached"
    due = (late.look_at or now).astimezone(zone)
    until = f"{due:%H:%M}" if due.date() == now.astimezone(zone).date() else f"{due:%a %d %b %H:%M}"
    return f"since {why} until {until}"
