"""Chains and their steps in words: for the log, the pages and the next step of an alert."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from aftercare.model.alerts import Alert, Audience
from aftercare.model.chains import Chain, Step
from aftercare.model.words import AlertState, Role

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


def went(
    before: Alert, after: Alert, chain: Chain, names: Mapping[UUID, str], *, now: datetime, time_zone: str
) -> str:
    """Say to which step a late alert went, why, and which steps were passed over because they reached nobody."""
    zone = ZoneInfo(time_zone)
    late = "since nobody took it" if before.state is AlertState.OPEN else "since the patient was not reached"
    due = (before.look_at or now).astimezone(zone)
    until = f"{due:%H:%M}" if due.date() == now.astimezone(zone).date() else f"{due:%a %d %b %H:%M}"
    passed = [
        f" Step {place + 1}, {whom(chain.steps[place], names)}, was passed over: it reaches nobody now."
        for place in range(before.step + 1, after.step)
        if place in chain.absent
    ]
    return f"Step {after.step + 1}, {whom(chain.steps[after.step], names)}, {late} until {until}.{''.join(passed)}"
