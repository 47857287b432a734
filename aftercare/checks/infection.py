"""Infection of the treated skin: spreading, yellow crust, weeping, pus, fever, raw skin, sores, glands, and warmth.

Cellulitis shows on days 1-7, mostly 2-5, as an edge that moves and heat and pain that rise in one area; impetigo on days
2-10 as yellow crust and weeping. The face drains towards the eye and the brain, so it is a same-day matter, and an
emergency with fever, confusion or the worst pain. Crusts of needling are pinpoint, dark and dry; a few painless pus spots
are `acne_flare`. Fever is measured >= 38, or >= 37.5 under a painkiller, or felt. Redness is never needed: it may be less
obvious on brown or black skin. Sources: clinical.md 2, numbers 4-8 and 22; rules.md 2 and 3.
"""

from collections.abc import Iterator

from aftercare.checks.found import fever_items, found, graded, listed, one_fever, since, where
from aftercare.checks.levels import course, level, two_in_a_row
from aftercare.checks.moment import Moment
from aftercare.model.findings import Finding

WAKES = (
    "very_unwell",
    "spreading",
    "yellow_crust",
    "weeping",
    "fever_c",
    "feverish",
    "chills",
    "raw_or_grey_skin",
    "pus_spots",
    "white_bumps",
    "ulcer",
    "lumps",
    "blisters",
    "grouped",
    "swollen_glands",
    "warmth",
    "sites",
)

_WORDS = {
    "spreading": "An area getting bigger",
    "yellow_crust": "Yellow crust",
    "weeping": "Weeping skin",
    "blisters": "Blisters",
    "pus_spots": "Pus spots",
    "white_bumps": "White bumps",
    "lumps": "Lumps",
    "ulcer": "A sore that does not heal",
}


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the infection rows."""
    if moment.says("very_unwell"):
        reason = f"Faint, confused, vomiting or heart racing, {since(moment, 'very_unwell')}"
        yield found(moment, "infection.very_unwell", reason, items=("very_unwell",), signs=("very_unwell",))
    yield from _spreading(moment)
    yield from _surface(moment)
    yield from _fever(moment)
    yield from _pus(moment)
    yield from _ulcer(moment)
    yield from _painful_lesion(moment)
    yield from _glands(moment)
    yield from _warmth(moment)


def _spreading(moment: Moment) -> Iterator[Finding]:
    if not moment.says("spreading"):
        return
    words = f"{_WORDS['spreading']}{where(moment, 'spreading')}"
    ill = (*fever_items(moment), *(("chills",) if moment.says("chills") else ()))
    if ill:
        with_words = listed((["fever"] if moment.fever else []) + (["chills"] if "chills" in ill else []))
        reason = f"{words} with {with_words} on day {moment.day}"
        signs = ("spreading", *one_fever(ill))
        yield found(moment, "infection.spreading_fever", reason, items=("spreading", *ill), signs=signs)
    if moment.at_least("pain", moment.pack.pain.worst):
        reason = f"{words} with pain {graded(moment, 'pain')} on day {moment.day}"
        items, signs = ("spreading", "pain"), ("spreading",)
        yield found(moment, "infection.spreading_worst_pain", reason, items=items, signs=signs)
    reason = f"{words}, {since(moment, 'spreading')}"
    yield found(moment, "infection.spreading", reason, items=("spreading",), signs=("spreading",))


def _surface(moment: Moment) -> Iterator[Finding]:
    numbers = moment.pack.signs
    raises = {
        "yellow_crust": moment.says("yellow_crust"),
        "weeping": moment.says("weeping") and (moment.laser or moment.day >= numbers.weeping_from_day),
    }
    for sign, there in raises.items():
        if there:
            reason = f"{_WORDS[sign]}{where(moment, sign)}, {since(moment, sign)}"
            yield found(moment, f"infection.{sign}", reason, items=(sign,), signs=(sign,))
    needled_before = not moment.laser and moment.day > numbers.skin_break_burn_to_day
    if needled_before and moment.says("raw_or_grey_skin"):
        sign = "raw_or_grey_skin"
        reason = f"Raw, grey or white patch{where(moment, sign)}, {since(moment, sign)}"
        yield found(moment, "infection.raw_skin", reason, items=(sign,), signs=(sign,))


def _fever(moment: Moment) -> Iterator[Finding]:
    if moment.fever:
        items = fever_items(moment)
        measured = moment.measured_fever
        reason = "Feels feverish" if measured is None else f"Fever {measured:g} °C"
        after = " after a painkiller" if moment.says("painkiller_6h") else ""
        reason = f"{reason}{after} on day {moment.day}"
        yield found(moment, "infection.fever", reason, items=items, signs=("fever",))
    if moment.says("chills"):
        swollen = moment.at_least("swelling", moment.pack.swelling.severe)
        glands = moment.says("swollen_glands")
        if moment.day >= moment.pack.signs.chills_from_day or swollen or glands:
            beside = (*(("swelling",) if swollen else ()), *(("swollen_glands",) if glands else ()))
            with_words = f" with {listed(item.replace('_', ' ') for item in beside)}" if beside else ""
            reason = f"Chills{with_words}, {since(moment, 'chills')}"
            yield found(moment, "infection.chills", reason, items=("chills", *beside), signs=("chills",))


def _pus(moment: Moment) -> Iterator[Finding]:
    painful = moment.at_least("pain", moment.pack.pain.some)
    pus = moment.amount("pus_spots")
    if pus:
        words = f"{pus.capitalize()} pus spots{where(moment, 'pus_spots')}"
        signs = ("pus_spots", "pus_spots.many") if pus == "many" else ("pus_spots",)
        if moment.fever:
            reason = f"{words} with fever on day {moment.day}"
            items = ("pus_spots", *fever_items(moment))
            yield found(moment, "infection.pus_spots_fever", reason, items=items, signs=(*signs, "fever"))
        if pus == "many" or painful:
            pain = f" with pain {graded(moment, 'pain')}" if painful else ""
            items = ("pus_spots", *(("pain",) if painful else ()))
            reason = f"{words}{pain}, {since(moment, 'pus_spots')}"
            yield found(moment, "infection.pus_spots", reason, items=items, signs=signs)
    if painful and moment.says("white_bumps"):
        reason = f"White bumps that hurt, pain {graded(moment, 'pain')}, on day {moment.day}"
        items = ("white_bumps", "pain")
        yield found(moment, "infection.painful_white_bumps", reason, items=items, signs=("white_bumps",))


def _ulcer(moment: Moment) -> Iterator[Finding]:
    if moment.says("ulcer"):
        reason = f"{_WORDS['ulcer']}{where(moment, 'ulcer')}, {since(moment, 'ulcer')}"
        yield found(moment, "infection.ulcer", reason, items=("ulcer",), signs=("ulcer",))


def _painful_lesion(moment: Moment) -> Iterator[Finding]:
    if not moment.at_least("pain", moment.pack.pain.severe):
        return
    lesions = _lesions(moment, ("lumps", "ulcer", "weeping", "white_bumps"), ("blisters", "pus_spots"))
    if lesions:
        words = listed(_WORDS[sign].lower() for sign in lesions)
        reason = f"Pain {graded(moment, 'pain')} with {words} on day {moment.day}"
        yield found(moment, "infection.painful_lesion", reason, items=("pain", *lesions), signs=lesions)


def _glands(moment: Moment) -> Iterator[Finding]:
    if not moment.says("swollen_glands"):
        return
    beside = _lesions(
        moment, ("spreading", "chills", "yellow_crust", "weeping", "ulcer"), ("pus_spots", "blisters")
    )
    beside = (*beside, *fever_items(moment))
    row = "infection.glands_with_signs" if beside else "infection.glands"
    words = listed(dict.fromkeys(_glands_word(item) for item in beside)) if beside else ""
    reason = f"Swollen glands{' with ' + words if words else ''}, {since(moment, 'swollen_glands')}"
    signs = ("swollen_glands", *one_fever(beside))
    yield found(moment, row, reason, items=("swollen_glands", *beside), signs=signs)


def _glands_word(item: str) -> str:
    return _WORDS.get(item, "chills" if item == "chills" else "fever").lower()


def _warmth(moment: Moment) -> Iterator[Finding]:
    above = moment.above("warmth")
    # After a laser this is `burn`; the infection row below it stays, so that the open alert hears of the rise.
    if above >= moment.pack.warmth.far_above and not moment.laser:
        yield level(moment, "infection.warmth_far_above", "warmth", "Warmth")
    elif above > 0:
        if moment.at_least("warmth", 2):
            yield level(moment, "infection.warmth_above", "warmth", "Warmth")
        elif pair := two_in_a_row(moment, "warmth"):
            yield level(moment, "infection.warmth_mild", "warmth", "Warmth", pair=pair)
    yield from course(
        moment, "warmth", "Warmth", rise="infection.warmth_rise", rebound="infection.warmth_rebound"
    )


def _lesions(moment: Moment, said: tuple[str, ...], counted: tuple[str, ...]) -> tuple[str, ...]:
    return (
        *(sign for sign in said if moment.says(sign)),
        *(sign for sign in counted if moment.amount(sign)),
    )
