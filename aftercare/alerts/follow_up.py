"""What may be written into the follow-up log, and when what comes next is due. Days are the clinic's local ones."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from aftercare.care.calendar import end_of_day
from aftercare.care.opening import digest_at
from aftercare.errors import Malformed
from aftercare.model.alerts import Audience, Notice, Why
from aftercare.model.clinic import OpeningHours
from aftercare.model.follow_ups import FollowUpDraft, ScriptDraft, StepTiming
from aftercare.model.words import Tier

LONGEST_AHEAD = timedelta(days=731)
# A call is written down after it; a clock that is a little ahead is no call from the future.
SKEW = timedelta(minutes=5)
LONGEST_BACK = timedelta(days=90)
# Looked at this long before the digest leaves, so that it still takes the step along.
LEAD = timedelta(minutes=2)


def check_entry(draft: FollowUpDraft, script: ScriptDraft | None, *, now: datetime, today: date) -> None:
    """Raise Malformed, with a pointer at each part that cannot be kept.

    `script` is the version that the draft names, None if there is none such.
    """
    problems = dict(_problems(draft, script, now, today))
    if problems:
        raise Malformed("This follow-up needs another look; nothing was saved yet.", pointers=problems)


def _problems(
    draft: FollowUpDraft, script: ScriptDraft | None, now: datetime, today: date
) -> Iterable[tuple[str, str]]:
    said = (draft.text.strip(), draft.advised.strip(), draft.next_step.strip(), draft.script, draft.visit_on)
    if not any(said):
        yield "/text", "Write what was said or done, or tick a line of the script."
    if draft.happened_at is not None and not now - LONGEST_BACK <= draft.happened_at <= now + SKEW:
        yield "/happened_at", "Choose a time that has passed, within the last 90 days."
    if draft.visit_on is not None and not today - LONGEST_BACK <= draft.visit_on <= today + LONGEST_AHEAD:
        yield "/visit_on", "Choose a day from 90 days ago to two years ahead."
    if draft.next_step.isspace():
        yield "/next_step", "Say what is to be done, or leave it empty."
    elif bool(draft.next_step) != (draft.next_on is not None):
        missing = "/next_on" if draft.next_on is None else "/next_step"
        yield missing, "A next step needs both: what is to be done, and by which day."
    elif draft.next_on is not None and not today <= draft.next_on <= today + LONGEST_AHEAD:
        yield "/next_on", "Choose today or a day ahead, within two years."
    if draft.script is not None:
        if script is None:
            yield "/script/version", "There is no such version of this script. Load the page again."
        elif not set(draft.script.checked) <= set(script.lines):
            yield "/script/checked", "These lines are not of that version. Load the page again."


def timing(next_on: date, today: date) -> StepTiming:
    """Say where a next step stands."""
    if next_on < today:
        return StepTiming.OVERDUE
    return StepTiming.TODAY if next_on == today else StepTiming.COMING


def is_reminded_of(tier: Tier) -> bool:
    """Whether a next step that is overdue stands in the daily digest: from `same_day` on."""
    return tier.rank >= Tier.SAME_DAY.rank


def first_look_at(next_on: date, hours: OpeningHours) -> datetime:
    """Return when to look whether a step was done: just before the first digest that leaves after its day is over."""
    return digest_at(hours, end_of_day(next_on, ZoneInfo(hours.time_zone))) - LEAD


def look_again_at(now: datetime, hours: OpeningHours) -> datetime:
    """Return when to look after a look: just before the next day's digest, until somebody did it."""
    return digest_at(hours, now + LEAD + timedelta(minutes=1)) - LEAD


def overdue_notice(alert_id: UUID, owner: UUID | None, now: datetime, hours: OpeningHours) -> Notice:
    """Tell who answers for an undone step, with the digest that is about to leave; at once if that one has left."""
    digest = digest_at(hours, now)
    return Notice(
        alert_id=alert_id,
        why=Why.STEP_OVERDUE,
        to=Audience.OWNER if owner is not None else Audience.PRACTITIONERS,
        owner=owner,
        tier=Tier.ROUTINE,
        step=0,
        at=now,
        not_before=digest if digest - now <= LEAD else now,
    )
