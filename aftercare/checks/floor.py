"""The floor: what no clinic's pack may go under (rules.md 4), and what in a pack must not cross.

A row of the floor may not be switched off or made less urgent, and none of the numbers that it reads may move so that it
fires later or less. `GUARDS` lists those numbers; a property test draws packs and timelines against it.
"""

from typing import Any

import msgspec

from aftercare.checks.clinic_pack import flat
from aftercare.checks.pack import RulePack, default_pack
from aftercare.model.findings import Finding
from aftercare.model.rule_packs import Fault
from aftercare.model.words import Code, Tier

_FEVER = (
    "infection.fever",
    "infection.spreading_fever",
    "widespread_herpes.many_blisters",
    "eye.shut_late_or_ill",
)
# An answer to a question that staff asked, or beside an alert they were told of, is no rule that is still on trial.
_FOLLOWS_UP = ("silence.after_alert.", "silence.re_check.")


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """A number that rows of the floor read: those that a larger one would narrow, those that a smaller one would.

    `day` is the place in a list of grades by day that counts; None where the number stands alone.
    """

    pointer: str
    larger: tuple[str, ...] = ()
    smaller: tuple[str, ...] = ()
    day: int | None = None


GUARDS = (
    Guard(pointer="/fever/celsius", larger=_FEVER),
    Guard(pointer="/fever/celsius_after_painkiller", larger=_FEVER),
    Guard(pointer="/pain/some", larger=("eye.shut_late_or_ill",)),
    Guard(pointer="/pain/severe", larger=("burn.raw_skin_severe_pain",)),
    Guard(pointer="/pain/worst", larger=("infection.spreading_worst_pain",)),
    Guard(pointer="/signs/early_hours", smaller=("airway.hives_elsewhere", "eye.pain_early")),
    Guard(pointer="/signs/eye_shut_from_day", larger=("eye.shut_late_or_ill",)),
    Guard(pointer="/signs/numbing_to_day", smaller=("anaesthetic.day_0",)),
    # Before this day tingling after a laser is a burn where it is hot, from it on a cold sore.
    Guard(
        pointer="/signs/tingling_from_day",
        larger=("cold_sore.tingling",),
        smaller=("burn.tingling",),
    ),
    Guard(
        pointer="/expected/laser_genesis/warmth",
        larger=("burn.tingling",),
        smaller=("cold_sore.tingling",),
        day=0,
    ),
    Guard(
        pointer="/expected/laser_genesis/pain",
        larger=("burn.tingling",),
        smaller=("cold_sore.tingling",),
        day=0,
    ),
    # To this day broken skin after needling is a burn, then an infection.
    Guard(
        pointer="/signs/skin_break_burn_to_day",
        larger=("infection.raw_skin",),
        smaller=("burn.raw_skin", "burn.blisters"),
    ),
)

# The first of each pair may not be above the second.
_ORDER = (
    ("/pain/some", "/pain/severe"),
    ("/pain/severe", "/pain/worst"),
    ("/fever/celsius_after_painkiller", "/fever/celsius"),
    ("/course/rebound_low_from_day", "/course/rebound_from_day"),
    ("/dermatitis/itching", "/dermatitis/itching_severe"),
    ("/dermatitis/bruising_from_day", "/dermatitis/bruising_slow_from_day"),
)
# The first of each pair must be below the second.
_BELOW = (("/course/rebound_low", "/course/rebound_high"),)
_ASCENDING = (
    "/course/day_before_hours",
    "/course/plateau_days/microneedling",
    "/course/plateau_days/laser_genesis",
    "/signs/ulcer_herpes_days",
    "/silence/call_days",
    "/silence/high_risk_days",
)


def floor_rows(shipped: RulePack) -> frozenset[str]:
    """Give the rows of the floor: every emergency, and what the shipped pack marks."""
    return frozenset(name for name, row in shipped.rows.items() if row.floor or row.tier is Tier.EMERGENCY)


def told_before_release(finding: Finding) -> bool:
    """Say whether a finding is told although no practitioner has released the clinic's pack yet.

    The rows of the floor; that a patient asks to be contacted, which no rule has judged; and silence after an alert that
    was told, or a question that staff asked.
    """
    return (
        finding.row in _FLOOR or finding.code is Code.CONTACT_REQUEST or finding.row.startswith(_FOLLOWS_UP)
    )


_FLOOR = floor_rows(default_pack())


def faults_of(shipped: RulePack, pack: RulePack) -> tuple[Fault, ...]:
    """Say what of a pack goes under the floor or crosses; nothing for one that may be used."""
    return (*_lowered(shipped, pack), *_narrowed(shipped, pack), *_crossing(pack))


def _lowered(shipped: RulePack, pack: RulePack) -> list[Fault]:
    faults = []
    for name in sorted(floor_rows(shipped)):
        ours, theirs = shipped.rows[name], pack.rows[name]
        if theirs.off:
            sentence = f"{name} is part of the floor and cannot be switched off."
            faults.append(Fault(pointer=f"/rows/{name}/off", sentence=sentence, rows=(name,)))
        if theirs.tier.rank < ours.tier.rank:
            sentence = f"{name} is part of the floor and stays {_word(ours.tier)} or more urgent."
            faults.append(Fault(pointer=f"/rows/{name}/tier", sentence=sentence, rows=(name,)))
        if theirs.alone_from_day > ours.alone_from_day:
            sentence = f"{name} is part of the floor and counts from the first day, alone or not."
            faults.append(Fault(pointer=f"/rows/{name}/alone_from_day", sentence=sentence, rows=(name,)))
    return faults


def _narrowed(shipped: RulePack, pack: RulePack) -> list[Fault]:
    before, after = flat(shipped), flat(pack)
    faults = []
    for guard in GUARDS:
        ours, theirs = _number(before, guard), _number(after, guard)
        if theirs > ours and guard.larger:
            faults.append(_broken(guard, guard.larger, f"at most {ours:g}"))
        elif theirs < ours and guard.smaller:
            faults.append(_broken(guard, guard.smaller, f"at least {ours:g}"))
    return faults


def _number(values: dict[str, Any], guard: Guard) -> float:
    value = values[guard.pointer]
    return float(value if guard.day is None else value[guard.day])


def _broken(guard: Guard, rows: tuple[str, ...], bound: str) -> Fault:
    where = "" if guard.day is None else f" on day {guard.day}"
    sentence = (
        f"{', '.join(rows)} would fire later or less often, and the floor holds it: keep this {bound}{where}."
    )
    return Fault(pointer=guard.pointer, sentence=sentence, rows=rows)


def _crossing(pack: RulePack) -> list[Fault]:
    values = flat(pack)
    faults = []
    for low, high in _ORDER:
        if values[low] > values[high]:
            sentence = f"This may not be above {_name(high)}, which is {values[high]:g}."
            faults.append(Fault(pointer=low, sentence=sentence))
    for low, high in _BELOW:
        if values[low] >= values[high]:
            sentence = f"This must be below {_name(high)}, which is {values[high]:g}."
            faults.append(Fault(pointer=low, sentence=sentence))
    for pointer in _ASCENDING:
        first, last = values[pointer]
        if first > last:
            faults.append(Fault(pointer=pointer, sentence="The first of the two may not be above the last."))
    return faults


def _name(pointer: str) -> str:
    return pointer.rsplit("/", 1)[-1].replace("_", " ")


def _word(tier: Tier) -> str:
    return tier.value.replace("_", " ")
