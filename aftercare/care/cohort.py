"""Synthetic patients: for the demo, for a clinic's past (`aftercare simulate`) and for judging the rules.

Nobody in it exists: names are "Sample" and a tree, identifiers begin with SYN. The same seed draws the same people, and
more people never change the first ones, so that processes can share them out. All three draw natural courses,
complications and noise from one file, `cohorts/rates-2.toml`; the demo takes typical courses without noise.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import zip_longest
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from aftercare.care import calendar
from aftercare.care.answering import DENIED as _DENIED
from aftercare.care.answering import Recovery, SyntheticCheckIn, check_ins
from aftercare.care.natural import draw_skin, graded
from aftercare.care.rates import Noise, Script, rates
from aftercare.care.stories import BEGINS, DECK, SHOWN_AFTER, Story
from aftercare.model.timeline import Risks, Timeline, TimelineCheckIn, Treatment
from aftercare.model.words import Modality

__all__ = [
    "_DENIED",
    "Story",
    "SyntheticCheckIn",
    "SyntheticPatient",
    "draw",
    "draw_episode",
    "draw_visits",
    "timeline",
]

_TREES = (  # noqa: SIM905  # forty names read better as one sentence
    "Alder Almond Apple Ash Aspen Bay Beech Birch Cedar Cherry Chestnut Cypress Elder Elm Fig Fir Hawthorn Hazel Holly "
    "Hornbeam Juniper Larch Laurel Lime Maple Medlar Mulberry Oak Olive Pear Pine Plum Poplar Quince Rowan Spruce "
    "Sycamore Walnut Willow Yew"
).split()
_ZONES = ("Europe/London",) * 6 + ("Europe/Dublin", "Europe/Lisbon", "Europe/Paris")
_MODALITIES = (Modality.MICRONEEDLING,) * 2 + (Modality.LASER_GENESIS,)
_YESTERDAY = (1, 2)
_FIRST_DAY = date(
    2025, 1, 6
)  # of the episodes that rules are judged by: a year, so that clocks change in some


class SyntheticPatient(msgspec.Struct, frozen=True, kw_only=True):
    """One invented patient with one session, and what was answered since, oldest first."""

    id: UUID
    name: str
    second_identifier: str
    birth_date: date
    risks: Risks
    own: dict[str, int]  # grades from before the first session, whether or not the clinic has them on record
    time_zone: str
    modality: Modality
    treatment: Treatment
    session_at: datetime
    story: Story
    onset: int | None  # the day on which a complication began
    silent_from: int | None  # the first day without an answer that is due; None for who still answers
    check_ins: tuple[SyntheticCheckIn, ...] = ()


def draw(seed: int, n: int, *, now: datetime) -> list[SyntheticPatient]:
    """Draw `n` patients whose sessions lie 1 to 35 days before `now`, an aware instant; nothing is recorded after it.

    Stories are dealt in turn, so that even a small cohort holds every one of the deck (all of them from `n` = 20 on).
    """
    return [_dealt(Random(f"{seed}/{index}"), index, now) for index in range(n)]  # noqa: S311  # a cohort, no secret


def draw_visits(seed: int, index: int, *, now: datetime, days: int) -> tuple[SyntheticPatient, ...]:
    """Draw one patient of a clinic's last `days` days: the same person at each session of a course, oldest first.

    Complications come at the rates of a clinic, whatever the index; sessions lie four to seven weeks apart, and what is
    asked after one ends with the next. The same seed, index, `now` and `days` draw the same person.
    """
    chance = Random(f"{seed}/{index}/visits")  # noqa: S311  # a cohort, no secret
    modality = chance.choice(_MODALITIES)
    zone = ZoneInfo(chance.choice(_ZONES))
    ago = _sessions_ago(chance, days)
    skin_type = 1 + graded(rates().people.skin_types, chance.random())
    scripts = [_by_rate(chance, modality, skin_type) for _ in ago]
    own = _own(chance, modality, *scripts)
    risks = _risks(chance, own, skin_type, *scripts)
    identity, age_days = _id(chance), chance.randrange(19 * 366, 70 * 365)
    today = now.astimezone(zone).date()
    visits: list[SyntheticPatient] = []
    for days_since, script in zip(ago, scripts, strict=True):
        story = script.name if script else _uneventful(chance)
        bare = _visit(chance, index, story, modality, zone, today - timedelta(days=days_since))
        one = msgspec.structs.replace(
            bare, id=identity, risks=risks, own=own, birth_date=today - timedelta(days=days + age_days)
        )
        visits.append(_answers(chance, one, until=now))
    return tuple(_until(one, next_one) for one, next_one in zip_longest(visits, visits[1:]))


def draw_episode(
    seed: int, index: int, *, modality: Modality, skin_type: int, complicated: bool, slips: bool = True
) -> SyntheticPatient:
    """Draw one whole episode, 42 days, by which rules are judged; skin type 1 to 6 (Fitzpatrick).

    A complication is drawn by the weights of the rates among those that this person may have. Without `slips` nobody
    mistakes anything. What is drawn depends on the arguments alone.
    """
    chance = Random(f"{seed}/{index}/{modality}/{skin_type}/episode")  # noqa: S311  # a cohort, no secret
    possible = rates().possible(modality, skin_type)
    script = chance.choices(possible, [one.weight for one in possible])[0] if complicated else None
    own = _own(chance, modality, script)
    risks = _risks(chance, own, skin_type)
    if script is not None and chance.random() < 0.5:  # half of those who fall ill were known to be at risk
        risks = msgspec.structs.replace(risks, **{**script.risks, "fitzpatrick": skin_type})
    story = script.name if script else _uneventful(chance)
    zone = ZoneInfo(chance.choice(_ZONES))
    bare = _visit(chance, index, story, modality, zone, _FIRST_DAY + timedelta(days=chance.randrange(365)))
    one = msgspec.structs.replace(bare, risks=risks, own=own)
    noise = rates().noise if slips else rates().noise.without_slips()
    return _answers(chance, one, until=datetime.max.replace(tzinfo=UTC), noise=noise)


def timeline(patient: SyntheticPatient, *, until_day: int | None = None) -> Timeline:
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
        until_day=until_day,
    )


def _sessions_ago(chance: Random, days: int) -> list[int]:
    days_ago = chance.randrange(days + 1)
    ago = []
    for _ in range(chance.choice((1, 1, 2, 3, 4, 5, 6))):
        ago.append(days_ago)
        days_ago -= chance.randrange(28, 50)
        if days_ago < 0:
            break
    return ago


def _until(one: SyntheticPatient, next_one: SyntheticPatient | None) -> SyntheticPatient:
    if next_one is None:
        return one
    said = tuple(said for said in one.check_ins if said.recorded_at < next_one.session_at)
    return msgspec.structs.replace(one, check_ins=said)


def _by_rate(chance: Random, modality: Modality, skin_type: int) -> Script | None:
    drawn = chance.random() * 1000
    for script in rates().possible(modality, skin_type):
        drawn -= script.per_thousand
        if drawn < 0:
            return script
    return None


def _uneventful(chance: Random) -> Story:
    return Story.CONTACT_REQUEST if chance.random() < rates().noise.wants_contact else Story.UNEVENTFUL


def _dealt(chance: Random, index: int, now: datetime) -> SyntheticPatient:
    story = DECK[index % len(DECK)]
    script = rates().script(story)
    modality = (script.modality if script else None) or chance.choice(_MODALITIES)
    if story in (Story.COLD_SORE, Story.INFECTION, Story.SWELLING_STAYS, Story.PROLONGED_REDNESS):
        modality = Modality.MICRONEEDLING  # after which they are what a clinic knows best
    zone = ZoneInfo(chance.choice(_ZONES))
    due = calendar.DAYS[modality]
    onset = chance.choice(
        [day for day in (script.onsets if script else BEGINS.get(story, (0,))) if day in due]
    )
    begun_ago = chance.choice(SHOWN_AFTER.get(story, _YESTERDAY))
    session_on = now.astimezone(zone).date() - timedelta(days=onset + begun_ago)
    people = rates().people
    skin_type = 1 + graded(people.skin_types, chance.random())
    own = {"redness": 1} if chance.random() < people.baseline[modality]["redness"][1] else {}
    own = {} if script and "baseline" in script.risks else own
    bare = _visit(chance, index, story, modality, zone, session_on, onset=onset)
    risks = _risks(chance, own, skin_type, script)
    one = msgspec.structs.replace(bare, own=own, risks=msgspec.structs.replace(risks, baseline=own))
    return _answers(chance, one, until=now, typical=True)


def _visit(
    chance: Random,
    index: int,
    story: Story,
    modality: Modality,
    zone: ZoneInfo,
    session_on: date,
    *,
    onset: int | None = None,
) -> SyntheticPatient:
    """Draw one session of one person, with nothing known and nothing said yet."""
    number, tree = divmod(index, len(_TREES))
    script = rates().script(story)
    onsets = script.onsets if script else BEGINS.get(story)
    if onset is None and onsets:
        onset = chance.choice(onsets)
    return SyntheticPatient(
        id=_id(chance),
        name=f"Sample {_TREES[tree]}" + (f" {number + 1}" if number else ""),
        second_identifier=f"SYN-{index + 1:04}",
        birth_date=session_on - timedelta(days=chance.randrange(19 * 366, 70 * 365)),
        risks=Risks(),
        own={},
        time_zone=zone.key,
        modality=modality,
        treatment=_treatment(chance, modality),
        session_at=calendar.at_local(
            session_on, time(chance.randrange(9, 17), chance.randrange(0, 60, 15)), zone
        ),
        story=story,
        onset=onset,
        silent_from=onset if story is Story.SILENT else None,
    )


def _id(chance: Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def _own(chance: Random, modality: Modality, *scripts: Script | None) -> dict[str, int]:
    shares = rates().people.baseline[modality]
    if any("baseline" in script.risks for script in scripts if script):
        return {}  # redness of one's own would explain what the story tells
    drawn = {item: graded(of_grades, chance.random()) for item, of_grades in shares.items()}
    return {item: grade for item, grade in drawn.items() if grade}


def _risks(chance: Random, own: dict[str, int], skin_type: int, *scripts: Script | None) -> Risks:
    """Draw what is known; a clinic does not know everything of everyone."""
    people = rates().people
    unknown = chance.random() < people.hsv_unknown
    drawn = Risks(
        fitzpatrick=skin_type,
        hsv_history=None if unknown else chance.random() < people.hsv_history,
        diabetes=chance.random() < people.diabetes,
        immunosuppressed=chance.random() < people.immunosuppressed,
        keloid_history=chance.random() < people.keloid_history,
        blood_thinner=chance.random() < people.blood_thinner,
        baseline={} if chance.random() < people.baseline_unrecorded else own,
    )
    for script in filter(None, scripts):
        drawn = msgspec.structs.replace(drawn, **script.risks)
    return drawn


def _treatment(chance: Random, modality: Modality) -> Treatment:
    people = rates().people
    if modality is Modality.LASER_GENESIS:
        return Treatment(pigment_treated=chance.random() < people.pigment_treated)
    depth = chance.choices(people.needle_depths_mm, people.needle_depth_shares)[0]
    return Treatment(
        needle_depth_mm=depth,
        anaesthetic="numbing cream" if chance.random() < people.numbing_cream else False,
    )


def _answers(
    chance: Random,
    patient: SyntheticPatient,
    *,
    until: datetime,
    noise: Noise | None = None,
    typical: bool = False,
) -> SyntheticPatient:
    skin = draw_skin(
        chance,
        rates(),
        patient.modality,
        patient.treatment,
        skin_type=patient.risks.fitzpatrick or 1,
        own=patient.own,
        typical=typical,
    )
    recovery = Recovery(
        modality=patient.modality,
        treatment=patient.treatment,
        session_at=patient.session_at,
        time_zone=patient.time_zone,
        story=patient.story,
        onset=patient.onset,
        silent_from=patient.silent_from,
        skin=skin,
        noise=noise or rates().noise,
        typical=typical,
    )
    said: Iterator[SyntheticCheckIn] = check_ins(chance, recovery)
    return msgspec.structs.replace(patient, check_ins=tuple(one for one in said if one.recorded_at <= until))
