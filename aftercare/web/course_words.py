"""How courses are said and drawn on the dashboard: where a session stands, what came of a call, a line of sessions."""

import math
from datetime import date
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from aftercare.model.course_plans import ContactKind, CoursePlan, EndReason, PlannedSession, PlanStatus
from aftercare.web.times import Clock

KINDS: Final = {
    ContactKind.CONTACTED: "Reached",
    ContactKind.NO_ANSWER: "No answer",
    ContactKind.BOOKED: "Booked",
    ContactKind.SNOOZED: "Call again later",
    ContactKind.DECLINED: "Declined",
}
END_REASONS: Final = {
    EndReason.COMPLETED: "completed",
    EndReason.DECLINED: "declined by the patient",
    EndReason.MOVED_AWAY: "moved away",
    EndReason.NOT_SUITABLE: "not suitable any more",
    EndReason.OTHER: "another reason",
}
STATUSES: Final = {
    PlanStatus.DONE: "done",
    PlanStatus.BLOCKED: "held",
    PlanStatus.TOO_EARLY: "not yet",
    PlanStatus.DUE: "due",
    PlanStatus.OVERDUE: "overdue",
}
_SHOWN: Final = 7  # sessions in a line, so that their dates fit a phone; the table has all
_HEIGHT, _Y, _R = 62, 15, 11


def name(one: PlannedSession, planned: int) -> str:
    """Say which session it is: "Session 2 of 4", "Maintenance 1"."""
    return place(one.number, planned).capitalize()


def place(number: int, planned: int | None) -> str:
    """Say which session of its course one is: "session 2 of 4", "maintenance 1" once the planned ones are done."""
    if planned is None:
        return f"session {number}"
    return f"maintenance {number - planned}" if number > planned else f"session {number} of {planned}"


def stands(one: PlannedSession, clock: Clock) -> str:
    """Say where a session stands: "done 2 Feb", "due since 27 Mar, until 10 Apr", "overdue by 3 days, was due ..."."""
    if one.done_on is not None:
        return f"done {clock.on(one.done_on)}"
    if one.earliest is None or one.latest is None:
        return ""
    first, last = clock.on(one.earliest), clock.on(one.latest)
    match one.timing:
        case PlanStatus.DUE:
            return f"due since {first}, until {last}" if one.earliest < one.latest else f"due {first}"
        case PlanStatus.OVERDUE:
            late = "1 day" if one.overdue_days == 1 else f"{one.overdue_days} days"
            was = f"was due {first} to {last}" if one.earliest < one.latest else f"possible since {first}"
            return f"overdue by {late}; {was}"
    return f"not before {first}, best by {last}" if first != last else f"not before {first}"


def line(plan: CoursePlan, today: date) -> Markup:
    """Draw a course as a line of sessions: filled done, outlined due, hatched held, thin to come; squares are maintenance.

    Hidden from screen readers: a table with the same stands behind it.
    """
    shown = plan.sessions[-_SHOWN:]
    step = 100 / max(1, len(shown))
    at = [step * (place + 0.5) for place in range(len(shown))]
    parts = [
        f'<line class="{"way done" if right.status is PlanStatus.DONE else "way"}" x1="{a:.2f}%" x2="{b:.2f}%" y1="{_Y}" y2="{_Y}"/>'
        for (a, b), right in zip(pairwise(at), shown[1:], strict=True)
    ]
    parts += [_mark(one, x, plan.planned_sessions, today) for one, x in zip(shown, at, strict=True)]
    return Markup(  # noqa: S704 - numbers and dates only
        f'<svg class="sessions-line" width="100%" height="{_HEIGHT}" aria-hidden="true">{"".join(parts)}</svg>'
    )


def _mark(one: PlannedSession, x: float, planned: int, today: date) -> str:
    where = _shape(one)
    number = f"M{one.number - planned}" if one.maintenance else str(one.number)
    day = one.done_on or one.earliest
    label = ""
    if day is not None:
        label = f'<text class="when" y="{_Y + 28}" text-anchor="middle">{day.day} {day:%b}</text>'
        if day.year != today.year:
            label += f'<text class="when" y="{_Y + 43}" text-anchor="middle">{day.year}</text>'
    return (
        f'<svg class="{one.status.value}" x="{x:.2f}%" overflow="visible">{where}'
        f'<text class="number" y="{_Y + 4}" text-anchor="middle">{number}</text>{label}</svg>'
    )


def _shape(one: PlannedSession) -> str:
    """The mark itself, on a ground that hides the line."""

    def drawn(kind: str) -> str:
        if one.maintenance:
            return f'<rect class="{kind}" x="{-_R - 2}" y="{_Y - _R}" width="{2 * _R + 4}" height="{2 * _R}" rx="4"/>'
        return f'<circle class="{kind}" cy="{_Y}" r="{_R}"/>'

    return drawn("spot") + (
        f'<path class="held-lines" d="{_HATCHING}"/>' if one.status is PlanStatus.BLOCKED else ""
    )


def _hatching() -> str:
    """Five slanted chords of a mark's circle."""
    chords = []
    for off in (-8, -4, 0, 4, 8):
        half = math.sqrt(_R**2 - off**2)
        a, b = (off + half) * math.sqrt(0.5), (off - half) * math.sqrt(0.5)
        chords.append(f"M{a:.1f} {_Y + b:.1f}L{b:.1f} {_Y + a:.1f}")
    return "".join(chords)


_HATCHING: Final = _hatching()
