"""What an episode's alerts mean for the course's next session (design.md 6)."""

from collections.abc import Callable, Iterable

from aftercare.model.alerts import Alert, CourseBlock
from aftercare.model.words import Code, Outcome, Tier

# These are about being in touch, not about the skin: confirming one confirms no condition.
_NO_CONDITION = frozenset({Code.CONTACT_REQUEST, Code.SILENCE, Code.NOTE})


def course_block(alerts: Iterable[Alert]) -> CourseBlock | None:
    """Return why the next session may not take place yet, or `None`.

    `alerts` are those of all the course's episodes. It is blocked by an unresolved alert of `soon` or more, by one that
    says "course held" until it is resolved, and by a confirmed condition until a practitioner ends it.
    """
    every = list(alerts)
    for reason, blocks in _REASONS:
        ids = tuple(alert.id for alert in every if blocks(alert))
        if ids:
            return CourseBlock(reason=reason, alert_ids=ids)
    return None


def _is_urgent(alert: Alert) -> bool:
    return alert.unresolved and alert.tier.rank >= Tier.SOON.rank


def _holds(alert: Alert) -> bool:
    return alert.unresolved and alert.holds_course


def is_condition(alert: Alert) -> bool:
    """Say whether an alert confirmed a condition that no practitioner has ended yet."""
    confirmed = alert.outcome is Outcome.CONFIRMED and alert.code not in _NO_CONDITION
    return confirmed and alert.condition_ended_at is None


_REASONS: tuple[tuple[str, Callable[[Alert], bool]], ...] = (
    ("An alert of the last session is not resolved yet.", _is_urgent),
    ("A reported sign holds the course until a practitioner has looked at it.", _holds),
    ("A confirmed condition has not been ended by a practitioner yet.", is_condition),
)
