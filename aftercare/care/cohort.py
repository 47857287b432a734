"""A synthetic cohort in the middle of recovery, for the demo and for trying things out.

Nobody in it exists: names are "Sample" and a tree, identifiers begin with SYN. The same seed and the same `now` draw the
same people, and more people never change the first ones. Courses follow clinical.md 1.1 and 1.2 and stay within the
grades of 1.3; complications begin when clinical.md 2 says that they do. How often each story comes is chosen to show
everything in a small clinic; it says nothing about how often it happens.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from aftercare.care import calendar
from aftercare.care.stories import DECK, FORGETS, RATES, SCRIPTS, Script, Story
from aftercare.model.timeline import Answers, Risks, Timeline, TimelineCheckIn, Treatment
from aftercare.model.words import AnsweredBy, Modality

__all__ = ["Story", "SyntheticCheckIn", "SyntheticPatient", "draw", "draw_visits", "timeline"]

# The strongest course that is still uneventful, by day (clinical.md 1.3); after the last entry: none.
_STRONGEST: dict[Modality, dict[str, tuple[int, ...]]] = {
    Modality.MICRONEEDLING: {
        "redness": (3, 3, 2, 2, 2, 1, 1, 1),
        "swelling": (2, 2, 2, 1, 1),
        "pain": (2, 2, 1, 1),
        "warmth": (3, 2, 1),
        "itching": (1, 1, 2, 2, 1, 1, 1, 1),
        "dryness": (1, 2, 3, 3, 3, 2, 2, 1, 1, 1, 1),
        "bruising": (2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1),
        "crusting": (1, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1),
    },
    Modality.LASER_GENESIS: {
        "redness": (2, 1, 1),
        "swelling": (2, 1, 1),
        "pain": (2, 1),
        "warmth": (2, 1),
        "itching": (1, 1, 1),
        "dryness": (1, 1, 1, 1, 1, 1, 1, 1),
        "bruising": (),
        "crusting": (),
    },
}
_DEEP_MM = 2.0
_DEEP_LATER = {
    "redness": 3,
    "swelling": 3,
    "bruising": 3,
    "crusting": 3,
    "dryness": 3,
    "pain": 1,
    "warmth": 1,
}

_DENIED: Answers = {
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

_TREES = (  # noqa: SIM905  # forty names read better as one sentence
    "Alder Almond Apple Ash Aspen Bay Beech Birch Cedar Cherry Chestnut Cypress Elder Elm Fig Fir Hawthorn Hazel Holly "
    "Hornbeam Juniper Larch Laurel Lime Maple Medlar Mulberry Oak Olive Pear Pine Plum Poplar Quince Rowan Spruce "
    "Sycamore Walnut Willow Yew"
).split()
_ZONES = ("Europe/London",) * 6 + ("Europe/Dublin", "Europe/Lisbon", "Europe/Paris")
_DEPTHS_MM = (0.5, 0.75, 1.0, 1.0, 1.5, 1.5, 2.0, 2.5)
_FITZPATRICK = (1, 2, 2, 3, 3, 3, 4, 4, 5, 6)


class SyntheticCheckIn(msgspec.Struct, frozen=True, kw_only=True):
    """One set of answers; `recorded_at` is UTC, `day` the local days since the session."""

    id: UUID
    day: int
    recorded_at: datetime
    answered_by: AnsweredBy
    answers: Answers


class SyntheticPatient(msgspec.Struct, frozen=True, kw_only=True):
    """One invented patient with one session, and what was answered since, oldest first."""

    id: UUID
    name: str
    second_identifier: str
    birth_date: date
    risks: Risks
    time_zone: str
    modality: Modality
    treatment: Treatment
    session_at: datetime
    story: Story
    silent_from: int | None  # the first day without an answer that is due; None for who still answers
    check_ins: tuple[SyntheticCheckIn, ...] = ()


def draw(seed: int, n: int, *, now: datetime) -> list[SyntheticPatient]:
    """Draw `n` patients whose sessions lie 1 to 35 days before `now`, an aware instant; nothing is recorded after it.

    Stories are dealt in turn, so that even a small cohort holds every complication (all of them from `n` = 20 on).
    """
    return [_patient(Random(f"{seed}/{index}"), index, now) for index in range(n)]  # noqa: S311  # a cohort, no secret


def timeline(patient: SyntheticPatient) -> Timeline:
    """Place a patient's answers on the episode's own time, as the checks read them."""
    return Timeline(
        id=patient.second_identifier,
        modality=patient.modality,
        session_at=patient.session_at,
        time_zone=patient.time_zone,
        patient=patient.risks,
        session=patient.treatment,
        check_ins=[
            TimelineCheckIn(
                id=str(one.id),
                day=one.day,
                hours_after=(one.recorded_at - patient.session_at) / timedelta(hours=1),
                answers=one.answers,
            )
            for one in patient.check_ins
        ],
    )


def draw_visits(seed: int, index: int, *, now: datetime, days: int) -> tuple[SyntheticPatient, ...]:
    """Draw one patient of a clinic's last `days` days: the same person at each session of a course, oldest first.

    Stories come at their rates, whatever the index; sessions lie four to seven weeks apart, and what is asked after one
    ends with the next. The same seed, index, `now` and `days` draw the same person.
    """
    chance = Random(f"{seed}/{index}/visits")  # noqa: S311  # a cohort, no secret
    modality = chance.choice((Modality.MICRONEEDLING,) * 2 + (Modality.LASER_GENESIS,))
    zone = ZoneInfo(chance.choice(_ZONES))
    days_ago = chance.randrange(days + 1)
    ago = []
    for _ in range(chance.choice((1, 1, 2, 3, 4, 5, 6))):
        ago.append(days_ago)
        days_ago -= chance.randrange(28, 50)
        if days_ago < 0:
            break
    scripts = [_by_rate(chance, modality) for _ in ago]
    risks = _risks(chance, *scripts)
    forgets = chance.choice(FORGETS)
    identity, age_days = _id(chance), chance.randrange(19 * 366, 70 * 365)
    today = now.astimezone(zone).date()
    visits: list[SyntheticPatient] = []
    for days_since, script in zip(ago, scripts, strict=True):
        onset = chance.choice(script.onsets)
        bare = _visit(chance, index, script, onset, modality, zone, today - timedelta(days=days_since))
        one = msgspec.structs.replace(
            bare, id=identity, risks=risks, birth_date=today - timedelta(days=days + age_days)
        )
        said = [said for said in _check_ins(chance, one, script, onset, now) if chance.random() >= forgets]
        visits.append(msgspec.structs.replace(one, check_ins=tuple(said)))
    return tuple(_until(one, next_one) for one, next_one in zip_longest(visits, visits[1:]))


def _until(one: SyntheticPatient, next_one: SyntheticPatient | None) -> SyntheticPatient:
    if next_one is None:
        return one
    said = tuple(said for said in one.check_ins if said.recorded_at < next_one.session_at)
    return msgspec.structs.replace(one, check_ins=said)


def _by_rate(chance: Random, modality: Modality) -> Script:
    fitting = {story: rate for story, rate in RATES.items() if SCRIPTS[story].modality in {None, modality}}
    return SCRIPTS[chance.choices(list(fitting), list(fitting.values()))[0]]


def _patient(chance: Random, index: int, now: datetime) -> SyntheticPatient:
    script = SCRIPTS[DECK[index % len(DECK)]]
    modality = script.modality or chance.choice((Modality.MICRONEEDLING,) * 2 + (Modality.LASER_GENESIS,))
    zone = ZoneInfo(chance.choice(_ZONES))
    onset = chance.choice(script.onsets)
    session_on = now.astimezone(zone).date() - timedelta(days=onset + chance.choice(script.days_since_onset))
    patient = _visit(chance, index, script, onset, modality, zone, session_on)
    return msgspec.structs.replace(patient, check_ins=tuple(_check_ins(chance, patient, script, onset, now)))


def _visit(
    chance: Random,
    index: int,
    script: Script,
    onset: int,
    modality: Modality,
    zone: ZoneInfo,
    session_on: date,
) -> SyntheticPatient:
    """Draw one session of one person, with nothing said yet."""
    number, tree = divmod(index, len(_TREES))
    return SyntheticPatient(
        id=_id(chance),
        name=f"Sample {_TREES[tree]}" + (f" {number + 1}" if number else ""),
        second_identifier=f"SYN-{index + 1:04}",
        birth_date=session_on - timedelta(days=chance.randrange(19 * 366, 70 * 365)),
        risks=_risks(chance, script),
        time_zone=zone.key,
        modality=modality,
        treatment=_treatment(chance, modality),
        session_at=calendar.at_local(
            session_on, time(chance.randrange(9, 17), chance.randrange(0, 60, 15)), zone
        ),
        story=script.story,
        silent_from=onset if script.silent else onset + 1 if script.silent_after_onset else None,
    )


def _id(chance: Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def _risks(chance: Random, *scripts: Script) -> Risks:
    """Draw what is known; a clinic does not know everything of everyone."""
    drawn = Risks(
        fitzpatrick=chance.choice(_FITZPATRICK),
        hsv_history=chance.choice((True, False, False, None)),
        diabetes=chance.random() < 0.06,
        immunosuppressed=chance.random() < 0.03,
        keloid_history=chance.choice((False,) * 9 + (None,)),
        blood_thinner=chance.random() < 0.05,
        baseline={"redness": 1} if chance.random() < 0.2 else {},
    )
    for script in scripts:
        drawn = msgspec.structs.replace(drawn, **script.risks)
    return drawn


def _treatment(chance: Random, modality: Modality) -> Treatment:
    if modality is Modality.LASER_GENESIS:
        return Treatment(pigment_treated=False)
    return Treatment(needle_depth_mm=chance.choice(_DEPTHS_MM), anaesthetic="numbing cream")


def _check_ins(
    chance: Random, patient: SyntheticPatient, script: Script, onset: int, now: datetime
) -> Iterator[SyntheticCheckIn]:
    milder = {item: chance.choice((0, 0, 1, 1, 2)) for item in _STRONGEST[patient.modality]}
    steps = iter(script.steps)
    step: Answers = {}
    for due in calendar.calendar(patient.modality, patient.session_at, patient.time_zone):
        recorded_at = min(
            due.due_at + timedelta(minutes=chance.randrange(3, 170)), due.ends_at - timedelta(minutes=1)
        )
        if recorded_at > now or (patient.silent_from is not None and due.day >= patient.silent_from):
            return
        answers = _natural(chance, patient, due.day, milder)
        if script.skips:
            answers = {key: value for key, value in answers.items() if chance.random() < 0.6}
        if due.day >= onset:
            step = next(steps, step if script.stays else {})
        yield SyntheticCheckIn(
            id=_id(chance),
            day=due.day,
            recorded_at=recorded_at,
            answered_by=AnsweredBy.CARER if chance.random() < 0.04 else AnsweredBy.SELF,
            answers=_with(answers, step),
        )


def _natural(chance: Random, patient: SyntheticPatient, day: int, milder: dict[str, int]) -> Answers:
    """Answer as someone who recovers as expected: everything asked, every sign denied."""
    answers: Answers = {}
    for item in _STRONGEST[patient.modality]:
        slip = chance.random() < 0.15  # nobody grades themselves the same way every day
        grade = max(0, _strongest(patient, item, day) - milder[item] - slip)
        answers[item] = min(3, grade + patient.risks.baseline.get(item, 0))
    answers |= {key: list(value) if isinstance(value, list) else value for key, value in _DENIED.items()}
    if day >= _LATE_FROM_DAY:
        answers |= dict.fromkeys(_DENIED_LATE, False)
    if day == 0 and patient.treatment.anaesthetic:
        answers["numbing_reaction"] = False
    return answers


def _strongest(patient: SyntheticPatient, item: str, day: int) -> int:
    """Give the highest uneventful grade of the day; deep needling (2 mm or more) heals later, from day 2 on."""
    course = dict(enumerate(_STRONGEST[patient.modality][item]))
    if (patient.treatment.needle_depth_mm or 0) < _DEEP_MM or day < 2 or item not in _DEEP_LATER:
        return course.get(day, 0)
    return max(course.get(day, 0), course.get(max(0, day - _DEEP_LATER[item]), 0))


def _with(answers: Answers, step: Answers) -> Answers:
    """Lay a story's answers over the natural ones: a grade is only ever raised."""
    return answers | {
        key: max(value, answers.get(key, 0)) if key in _STRONGEST[Modality.MICRONEEDLING] else value
        for key, value in step.items()
    }
