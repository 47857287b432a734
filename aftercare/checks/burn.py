"""Burn: blisters, raw or grey skin, crusts, colour change or heat where the laser (or a first-days needle) has been.

After Laser Genesis a blister, crust, weeping, grey or white patch or quick change of colour is never normal: it is a
thermal injury, seen from minutes to 48 hours, deeper on tanned and dark skin, and early cooling and treatment decide the
scar. After needling to day 2 a raw patch or blister may be an injury as well as an infection. Raw skin with severe pain
is an emergency with either. Sources: clinical.md 1.2 and 2, number 18; rules.md 2 and 3.
"""

from collections.abc import Iterator

from aftercare.checks.cold_sore import hot
from aftercare.checks.found import found, graded, listed, since, where
from aftercare.checks.levels import level
from aftercare.checks.moment import Moment
from aftercare.model.findings import Finding

WAKES = (
    "blisters",
    "grouped",
    "raw_or_grey_skin",
    "crusting",
    "dark_patches",
    "light_patches",
    "tingling",
    "warmth",
    "sites",
)


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the burn rows."""
    yield from _broken_skin(moment)
    if moment.laser:
        yield from _heat(moment)
        yield from _crusting(moment)
        yield from _colour(moment)


def pigment_shows_damage(moment: Moment) -> bool:
    """Say whether a darkening counts: always where no pigment was treated, else only beside signs of damage."""
    return (
        moment.session.pigment_treated is not True
        or moment.at_least("pain", moment.pack.pain.some)
        or moment.amount("blisters") is not None
        or moment.at_least("crusting", 1)
        or moment.says("raw_or_grey_skin")
    )


def _broken_skin(moment: Moment) -> Iterator[Finding]:
    raw = moment.says("raw_or_grey_skin")
    raw_words = f"Raw, grey or white patch{where(moment, 'raw_or_grey_skin')}"
    if raw and moment.at_least("pain", moment.pack.pain.severe):
        reason = f"{raw_words} with pain {graded(moment, 'pain')} on day {moment.day}"
        items = ("raw_or_grey_skin", "pain")
        yield found(moment, "burn.raw_skin_severe_pain", reason, items=items, signs=("raw_or_grey_skin",))
    if not moment.laser and moment.day > moment.pack.signs.skin_break_burn_to_day:
        return
    if raw:
        reason = f"{raw_words}, {since(moment, 'raw_or_grey_skin')}"
        yield found(moment, "burn.raw_skin", reason, items=("raw_or_grey_skin",), signs=("raw_or_grey_skin",))
    blisters = moment.amount("blisters")
    if blisters:
        reason = f"{blisters.capitalize()} blisters{where(moment, 'blisters')}, {since(moment, 'blisters')}"
        signs = ("blisters", "blisters.many") if blisters == "many" else ("blisters",)
        yield found(moment, "burn.blisters", reason, items=("blisters",), signs=signs)


def _heat(moment: Moment) -> Iterator[Finding]:
    above = hot(moment)
    if above and moment.says("tingling"):
        reason = f"Tingling or burning spot{where(moment, 'tingling')} on the day of the laser with {listed(above)} above what is expected"
        yield found(moment, "burn.tingling", reason, items=("tingling", *above), signs=("tingling",))
    if moment.above("warmth") >= moment.pack.warmth.far_above:
        yield level(moment, "burn.warmth_far_above", "warmth", "Warmth")


def _crusting(moment: Moment) -> Iterator[Finding]:
    if not moment.at_least("crusting", 1):
        return
    beside = {
        "pain": moment.at_least("pain", moment.pack.pain.some),
        "weeping": moment.says("weeping"),
        "blisters": moment.amount("blisters") is not None,
        "raw_or_grey_skin": moment.says("raw_or_grey_skin"),
    }
    there = [item for item, is_there in beside.items() if is_there]
    if there or moment.at_least("crusting", moment.pack.dermatitis.laser_crusting_severe):
        with_words = f" with {listed(item.replace('_', ' ') for item in there)}" if there else ""
        reason = f"Crusting {graded(moment, 'crusting')}{with_words} on day {moment.day}; none is expected after this laser"
        yield found(moment, "burn.crusting", reason, items=("crusting", *there))


def _colour(moment: Moment) -> Iterator[Finding]:
    if moment.day > moment.pack.signs.laser_colour_burn_to_day:
        return
    for sign, words in (("dark_patches", "Darker"), ("light_patches", "Lighter")):
        if moment.says(sign) and (sign == "light_patches" or pigment_shows_damage(moment)):
            reason = f"{words} patches{where(moment, sign)} in the first days after the laser, {since(moment, sign)}"
            yield found(moment, f"burn.{sign}", reason, items=(sign,), signs=(sign,))
