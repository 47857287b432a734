"""A simulated cohort through a rule, counted: who alerts, on which check-ins, what was caught in time, what was missed."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from aftercare.alerts.replay import replay
from aftercare.care.cohort import SyntheticPatient, draw_episode, timeline
from aftercare.care.rates import rates
from aftercare.care.stories import NOTHING_WRONG
from aftercare.checks import RulePack
from aftercare.model.timeline import Timeline
from aftercare.model.words import Code, Modality, Tier
from tests.checks.reading import read

COMPLICATED_EVERY = 10  # episodes
LAST_DAY = 42
_ASKED = frozenset({Code.CONTACT_REQUEST, "wants_contact"})


class Said(NamedTuple):
    """One alert raised or escalated."""

    day: int
    what: str
    rank: int  # of its tier


class Stratum(NamedTuple):
    """One modality in one skin type."""

    modality: Modality
    skin_type: int


class Tally:
    """What a rule did to the episodes of a stratum; counts only, so that parts add up."""

    def __init__(self) -> None:
        self.n: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()  # by story
        self.of_story: Counter[str] = Counter()
        self.raised: Counter[str] = Counter()  # by code or item, in uneventful episodes
        self.too_urgent: Counter[str] = Counter()  # the same, `soon` and above

    def add(self, other: "Tally") -> None:
        for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True):
            mine.update(theirs)

    def share(self, of: str, among: str) -> float:
        return self.n[of] / self.n[among] if self.n[among] else 0.0

    def episode(self, patient: SyntheticPatient, said: list[Said], *, caught: bool) -> None:
        self.n["check_ins"] += len(patient.check_ins)
        self.n["alerting"] += len({one.day for one in said})
        self.n["episodes"] += 1
        self.n["alerted"] += bool(said)
        if patient.story in NOTHING_WRONG:
            self.n["uneventful"] += 1
            # Whoever asks for a call gets one: such an alert is counted, but it is no false alarm.
            urgent = {one.what for one in said if one.rank >= Tier.SOON.rank and one.what not in _ASKED}
            self.n["uneventful_soon"] += bool(urgent)
            self.raised.update({one.what for one in said})
            self.too_urgent.update(urgent)
            return
        self.n["complications"] += 1
        self.n["caught"] += caught
        within = _window(patient)
        self.n["complications_told"] += any(one.day in within for one in patient.check_ins)
        self.of_story[patient.story] += 1
        self.missed[patient.story] += not caught

    def emergencies(self, wanted: Iterable[tuple[int, str]], said: list[Said], *, same_code: bool) -> None:
        """Count the emergencies that were raised in the very check-in that said them; `wanted` are days and codes."""
        for day, code in wanted:
            self.n["emergencies"] += 1
            self.n["emergencies_at_once"] += any(
                one.day == day and (not same_code or (one.what == code and one.rank == Tier.EMERGENCY.rank))
                for one in said
            )


Emergencies = set[tuple[int, str]]  # the first of each code: day and code
Judge = Callable[[SyntheticPatient, Timeline, Emergencies, Tally], None]


def by_pack(
    pack: RulePack, patient: SyntheticPatient, line: Timeline, emergencies: Emergencies, tally: Tally
) -> None:
    """The checks with a pack, through the replay that is the same machine as live."""
    lines = replay(line, pack)
    said = [Said(one.day, one.check, one.tier.rank) for one in lines if one.check is not Code.SILENCE]
    tally.n["silent"] += any(one.check is Code.SILENCE for one in lines)
    tally.episode(patient, said, caught=_caught(patient, said))
    tally.emergencies(emergencies, said, same_code=True)


def beside(rule: Callable[[Timeline], Iterable[Said]]) -> Judge:
    """Another rule; any alert of it in time counts as having caught the complication."""

    def judge(patient: SyntheticPatient, line: Timeline, emergencies: Emergencies, tally: Tally) -> None:
        said = list(rule(line))
        within = _window(patient)
        tally.episode(patient, said, caught=any(one.day in within for one in said))
        tally.emergencies(emergencies, said, same_code=False)

    return judge


def _window(patient: SyntheticPatient) -> range:
    if patient.story in NOTHING_WRONG or patient.onset is None:
        return range(0)
    return range(patient.onset, rates().reference_day(patient.story, patient.onset) + 1)


def _caught(patient: SyntheticPatient, said: list[Said]) -> bool:
    """Say whether an alert of the right code and urgency stands by the reference day.

    One that was raised before the onset does not count, unless it is open and as urgent: then what comes joins it.
    """
    script = rates().script(patient.story)
    within = _window(patient)
    return script is not None and any(
        one.day < within.stop and one.what in script.codes and one.rank >= script.at_least.rank
        for one in said
    )


def _emergencies(line: Timeline) -> Emergencies:
    """Give the first emergency of each code as the second reading of the rules sees it, never as the engine does."""
    first: dict[str, int] = {}
    for (index, code), tier in read(line).items():
        if tier is Tier.EMERGENCY:
            day = line.check_ins[index].day
            first[code] = min(day, first.get(code, day))
    return {(day, code) for code, day in first.items()}


def judged(
    seed: int, episodes: Iterable[tuple[int, Stratum]], rules: dict[str, Judge], *, slips: bool = True
) -> dict[tuple[str, Stratum], Tally]:
    """Draw episodes by number and stratum and let each rule judge each of them."""
    tallies: dict[tuple[str, Stratum], Tally] = {}
    for index, stratum in episodes:
        patient = draw_episode(
            seed,
            index,
            modality=stratum.modality,
            skin_type=stratum.skin_type,
            complicated=index % COMPLICATED_EVERY == 0,
            slips=slips,
        )
        line = timeline(patient, until_day=LAST_DAY)
        emergencies = _emergencies(line)
        for name, rule in rules.items():
            rule(patient, line, emergencies, tallies.setdefault((name, stratum), Tally()))
    return tallies
