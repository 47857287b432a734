"""The budget of alerts (rules.md 5): the checks and a flat rule on one simulated cohort, per skin type and modality.

The cohort is `aftercare/care/cohorts/`: one episode in ten is complicated, people answer with slips. Two packs are held to
the whole budget: the shipped one for people who answer what they mean, and the preset with fewer alerts for people who slip.
docs/decisions/the-budget.md says what the shipped one comes to for people who slip, and why it stays as it is.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from math import sqrt

from aftercare.checks import default_pack
from aftercare.checks.presets import Simulated, preset, preset_pack
from aftercare.model.rule_packs import PresetName
from aftercare.model.words import Modality
from tests.prove.conftest import Trial
from tests.prove.flat_rule import flat
from tests.prove.judged import Judge, Stratum, Tally, beside, by_pack, judged

STRATA = tuple(Stratum(modality, skin_type) for modality in Modality for skin_type in range(1, 7))
PRESET: PresetName = "fewer-alerts-1"
SKIN_TYPES = ("I", "II", "III", "IV", "V", "VI")
CHECKS, FEWER, FLAT, FLAT_AND_SIGNS = "checks", "checks, fewer alerts", "flat rule", "flat rule and any sign"
PART = 240  # episodes a process takes at once

ALERTING_CHECK_INS = 0.10
ALERTED_PATIENTS = 0.20
FALSE_AND_SOON = 0.03
CAUGHT = 0.97
# What the rules' own text gives where people slip: see docs/decisions/the-budget.md.
ALERTED_PATIENTS_WHO_SLIP = 0.28
FALSE_AND_SOON_WHO_SLIP = 0.11

Tallies = dict[tuple[str, Stratum], Tally]


def _part(seed: int, first: int, last: int, *, slips: bool) -> Tallies:
    episodes = ((number // len(STRATA), STRATA[number % len(STRATA)]) for number in range(first, last))
    rules: dict[str, Judge] = {CHECKS: partial(by_pack, default_pack())}
    if slips:
        rules[FEWER] = partial(by_pack, preset_pack(PRESET))
        rules |= {FLAT: beside(flat), FLAT_AND_SIGNS: beside(partial(flat, with_signs=True))}
    return judged(seed, episodes, rules, slips=slips)


def _cohort(trial: Trial, size: int, *, slips: bool) -> Tallies:
    parts = [(first, min(first + PART, size)) for first in range(0, size, PART)]
    run = partial(_part, trial.seed, slips=slips)
    whole: Tallies = {}
    if trial.long:
        with ProcessPoolExecutor(os.cpu_count()) as processes:
            found = list(processes.map(run, *zip(*parts, strict=True)))
    else:
        found = [run(first, last) for first, last in parts]
    for key, tally in chain.from_iterable(part.items() for part in found):
        whole.setdefault(key, Tally()).add(tally)
    return whole


def _of(tallies: Tallies, rule: str, modality: Modality | None = None) -> Tally:
    total = Tally()
    for (name, stratum), tally in tallies.items():
        if name == rule and modality in {None, stratum.modality}:
            total.add(tally)
    return total


def _percent(tally: Tally) -> str:
    shares = (
        tally.share("alerting", "check_ins"),
        tally.share("alerted", "episodes"),
        tally.share("uneventful_soon", "uneventful"),
        tally.share("caught", "complications"),
        tally.share("caught", "complications_told"),
        tally.share("emergencies_at_once", "emergencies"),
        tally.share("silent", "episodes"),
    )
    return " ".join(f"{100 * share:6.1f}" for share in shares)


def _table(tallies: Tallies, rule: str) -> Iterator[str]:
    yield f"{rule}, in %: check-ins alert, patients alert, uneventful soon+, caught, caught of who answered in time, emergencies at once, silence"
    for stratum in STRATA:
        yield f"  {stratum.modality:14} {SKIN_TYPES[stratum.skin_type - 1]:>4} {_percent(tallies[rule, stratum])}"
    for modality in Modality:
        yield f"  {modality:14}  all {_percent(_of(tallies, rule, modality))}"


def _misses(tallies: Tallies, rule: str) -> str:
    whole = _of(tallies, rule)
    missed = [f"{story} {n} of {whole.of_story[story]}" for story, n in whole.missed.most_common() if n]
    return f"{rule}, missed: {', '.join(missed) or 'none'}"


def _at_most(goal: float, share: float, among: int) -> bool:
    """Say whether a share is no higher than its goal, but for what chance does in a sample of this size (4 sigma)."""
    return share <= goal + 4 * sqrt(goal * (1 - goal) / among)


def _within(tally: Tally, *, patients: float, false_and_soon: float) -> dict[str, bool]:
    shares = {
        "check_ins": (ALERTING_CHECK_INS, tally.share("alerting", "check_ins"), tally.n["check_ins"]),
        "patients": (patients, tally.share("alerted", "episodes"), tally.n["episodes"]),
        "soon": (false_and_soon, tally.share("uneventful_soon", "uneventful"), tally.n["uneventful"]),
        "missed": (1 - CAUGHT, 1 - tally.share("caught", "complications"), tally.n["complications"]),
    }
    kept = {name: _at_most(*share) for name, share in shares.items()}
    return kept | {"emergencies": tally.n["emergencies_at_once"] == tally.n["emergencies"]}


def _as_stated(tally: Tally, stated: Simulated) -> bool:
    """Say whether what the page of the rules shows a clinic is what came of this cohort, but for chance (4 sigma)."""
    found = {
        stated.patients_alerted: ("alerted", "episodes"),
        stated.uneventful_soon: ("uneventful_soon", "uneventful"),
        stated.caught_in_time: ("caught", "complications"),
    }
    return all(
        abs(tally.share(*of) - share) <= 4 * sqrt(share * (1 - share) / tally.n[of[1]])
        for share, of in found.items()
    )


def _say(trial: Trial, tallies: Tallies, rule: str) -> str:
    lines = [*_table(tallies, rule), _misses(tallies, rule)]
    # A small cohort says little of a stratum: there only the totals are printed, unless something fails.
    trial.say("\n".join(lines if trial.long else [lines[0], *(line for line in lines if "  all " in line)]))
    return "\n".join(lines)


def test_the_checks_keep_the_budget_beside_a_flat_rule(trial: Trial) -> None:
    tallies = _cohort(trial, trial.size(720, 20_000), slips=True)
    said = "\n".join(_say(trial, tallies, rule) for rule in (CHECKS, FEWER, FLAT, FLAT_AND_SIGNS))
    for stratum in STRATA:
        kept = _within(
            tallies[CHECKS, stratum],
            patients=ALERTED_PATIENTS_WHO_SLIP,
            false_and_soon=FALSE_AND_SOON_WHO_SLIP,
        )
        assert all(kept.values()), f"{stratum}: {kept}\n{said}"
        kept = _within(tallies[FEWER, stratum], patients=ALERTED_PATIENTS, false_and_soon=FALSE_AND_SOON)
        assert all(kept.values()), f"{stratum}, {FEWER}: {kept}\n{said}"
    shown = preset(PRESET).simulated
    for rule, stated in ((CHECKS, shown["shipped"]), (FEWER, shown["preset"])):
        assert _as_stated(_of(tallies, rule), stated), f"{rule}: {stated}\n{said}"
    checks, other = _of(tallies, CHECKS), _of(tallies, FLAT)
    assert _at_most(1 - CAUGHT, 1 - checks.share("caught", "complications"), checks.n["complications"]), said
    assert checks.n["emergencies"] >= 5, said
    assert other.share("caught", "complications") < checks.share("caught", "complications") - 0.2, said
    assert other.share("uneventful_soon", "uneventful") > checks.share("uneventful_soon", "uneventful"), said
    assert other.n["emergencies_at_once"] < checks.n["emergencies_at_once"], said


def test_without_slips_the_checks_keep_the_whole_budget(trial: Trial) -> None:
    tallies = _cohort(trial, trial.size(360, 20_000), slips=False)
    said = _say(trial, tallies, CHECKS)
    for stratum in STRATA:
        kept = _within(tallies[CHECKS, stratum], patients=ALERTED_PATIENTS, false_and_soon=FALSE_AND_SOON)
        assert all(kept.values()), f"{stratum}: {kept}\n{said}"
