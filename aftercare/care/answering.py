"""When a synthetic patient answers, and what: the natural course, a complication over it, and the noise of people."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from aftercare.care import calendar
from aftercare.care.natural import Skin
from aftercare.care.noise import answered
from aftercare.care.rates import Noise, Script, rates
from aftercare.care.stories import Story
from aftercare.model.calendar import DueCheckIn
from aftercare.model.timeline import Answers, Treatment
from aftercare.model.words import AnsweredBy, Modality, Tier

DENIED: Answers = {
    "breathing_or_tongue": False,
    "very_unwell": False,
    "eye": [],
    "feverish": False,
    "chills": False,
    "tingling": False,
    "blisters": "none",
    "pus_spots": "none",
    "yellow_crust": False,
    "weeping": False,
    "raw_or_grey_skin": False,
    "ulcer": False,
    "fresh_bleeding": False,
    "spreading": False,
    "one_sided": False,
    "hives": "none",
    "bumpy_rash": False,
    "rash_beyond_area": False,
    "lumps": False,
    "swollen_glands": False,
    "joint_pain": False,
    "new_product": False,
    "sun": False,
    "wants_contact": "no",
}
_DENIED_LATE = ("white_bumps", "dark_patches", "light_patches", "lines_or_rows", "raised_scar")
_LATE_FROM_DAY = 7
_GRADED = frozenset(("redness", "swelling", "pain", "warmth", "itching", "dryness", "bruising", "crusting"))
_SKIPPED_BY_WHO_SKIPS = 0.4
_ALARMED_FOR = 3  # days after an onset on which somebody opens "something changed"
_CONTACT: Answers = {"wants_contact": "can_wait", "note": "May I go swimming at the weekend?"}


class SyntheticCheckIn(msgspec.Struct, frozen=True, kw_only=True):
    """One set of answers; `recorded_at` is UTC, `day` the local days since the session."""

    id: UUID
    day: int
    recorded_at: datetime
    answered_by: AnsweredBy
    answers: Answers


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be told: one session of one person. `typical`: told without noise, on the days that are due."""

    modality: Modality
    treatment: Treatment
    session_at: datetime
    time_zone: str
    story: Story
    onset: int | None
    silent_from: int | None
    skin: Skin
    noise: Noise
    typical: bool

    @property
    def script(self) -> Script | None:
        """The complication, if there is one."""
        return rates().script(self.story)

    def true_on(self, chance: Random, day: int, at: datetime) -> Answers:
        """Give what there is on a day: everything asked, what is not there denied."""
        answers: Answers = self.skin.grades((at - self.session_at) / timedelta(days=1))
        answers |= {key: list(value) if isinstance(value, list) else value for key, value in DENIED.items()}
        if day >= _LATE_FROM_DAY:
            answers |= dict.fromkeys(_DENIED_LATE, False)
        if day == 0 and self.treatment.anaesthetic:
            answers["numbing_reaction"] = False
        answers |= self.skin.said(chance, day)
        if self.script is not None and self.onset is not None:
            answers = _worse(answers, self.script.on(day - self.onset))
        if self.skin.hides_redness:
            answers["redness"] = max(0, answers["redness"] - 1)
        return answers


def check_ins(chance: Random, recovery: Recovery) -> Iterator[SyntheticCheckIn]:
    """Yield what a patient answers, oldest first, to the end of the calendar or until somebody else looks after them."""
    carer = rates().people.carer
    wants = recovery.story is Story.CONTACT_REQUEST
    told = False
    for day, at in _answered_at(chance, recovery):
        if recovery.silent_from is not None and day >= recovery.silent_from:
            return
        by = AnsweredBy.CARER if chance.random() < carer else AnsweredBy.SELF
        answers = _told(chance, recovery, day, at, by)
        if wants and recovery.onset is not None and day >= recovery.onset:
            answers |= _contact(chance, recovery)
            wants = False
        script, onset = recovery.script, recovery.onset
        ill = script is not None and onset is not None and bool(script.on(day - onset))
        yield SyntheticCheckIn(
            id=UUID(int=chance.getrandbits(128), version=4),
            day=day,
            recorded_at=at,
            answered_by=by,
            answers=answers,
        )
        told = told or ill
        if told and script is not None and script.stops_answering:
            return


def _told(chance: Random, recovery: Recovery, day: int, at: datetime, by: AnsweredBy) -> Answers:
    true = recovery.true_on(chance, day, at)
    if not recovery.typical:
        return answered(chance, recovery.noise, true, by_carer=by is AnsweredBy.CARER)
    if recovery.story is Story.SKIPS_ITEMS:
        return {key: value for key, value in true.items() if chance.random() >= _SKIPPED_BY_WHO_SKIPS}
    return true


def _contact(chance: Random, recovery: Recovery) -> Answers:
    urgent = not recovery.typical and chance.random() < recovery.noise.wants_contact_urgent
    return {**_CONTACT, "wants_contact": "urgent"} if urgent else _CONTACT


def _worse(answers: Answers, step: Answers) -> Answers:
    """Lay a story's answers over the natural ones: a grade is only ever raised."""
    return answers | {
        key: max(value, answers.get(key, 0)) if key in _GRADED else value for key, value in step.items()
    }


def _answered_at(chance: Random, recovery: Recovery) -> list[tuple[int, datetime]]:
    """Give the day and the instant of each check-in, oldest first."""
    due = calendar.calendar(recovery.modality, recovery.session_at, recovery.time_zone)
    if recovery.typical:
        return [(one.day, _in_time(chance, one)) for one in due]
    noise = recovery.noise
    forgets = chance.choices(noise.forgets, noise.forgets_shares)[0]
    stops = chance.choice(due).day if chance.random() < noise.stops else None
    answered: dict[int, datetime] = {}
    due_days = {one.day for one in due}
    for one in due:
        if chance.random() < forgets or (stops is not None and one.day >= stops):
            continue
        late = chance.random() < noise.late and one.day + 1 not in due_days
        moved = timedelta(days=late)
        answered[one.day + late] = _in_time(chance, one) + moved
    answered |= _something_changed(chance, recovery, answered)
    return sorted(
        (calendar.day_of(recovery.session_at, at, recovery.time_zone), at) for at in answered.values()
    )


def _in_time(chance: Random, due: DueCheckIn) -> datetime:
    return min(due.due_at + timedelta(minutes=chance.randrange(3, 170)), due.ends_at - timedelta(minutes=1))


def _something_changed(
    chance: Random, recovery: Recovery, answered: dict[int, datetime]
) -> dict[int, datetime]:
    """Give the check-ins of somebody whose skin turned bad, on days on which they answered none."""
    script, onset = recovery.script, recovery.onset
    if script is None or onset is None or script.at_least is Tier.ROUTINE:
        return {}
    zone = ZoneInfo(recovery.time_zone)
    session_on = recovery.session_at.astimezone(zone).date()
    opened: dict[int, datetime] = {}
    for day in range(onset, onset + _ALARMED_FOR + 1):
        if (
            day in answered
            or not script.on(day - onset)
            or chance.random() >= recovery.noise.something_changed
        ):
            continue
        at = calendar.at_local(session_on + timedelta(days=day), calendar.EVENING, zone)
        opened[day] = max(at, recovery.session_at + timedelta(hours=1)).astimezone(UTC)
    return opened
