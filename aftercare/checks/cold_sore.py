"""Cold sore (herpes simplex), and its spread over the skin.

Needling and heat wake the virus. A prodrome of tingling or burning in one spot shows 24-72 hours after treatment, grouped
vesicles on days 2-7; an antiviral works best within 24 hours of the prodrome, so tingling alone is enough. Needling
redness is diffuse, a cold sore grouped, in one place and painful. Near the eye it threatens sight. Many blisters that
spread, or with fever, chills, glands or weak defence are eczema herpeticum until shown otherwise.
Sources: clinical.md 2, numbers 3 and 3b (King 2017; JCAD 2021;14(6 S1):S11-14); rules.md 3.
"""

from collections.abc import Iterator

from aftercare.checks.found import fever_items, found, graded, listed, one_fever, since, where
from aftercare.checks.moment import Moment
from aftercare.model.findings import Evidence, Finding

WAKES = ("tingling", "blisters", "grouped", "ulcer", "sites")

_HERPES_PLACES = frozenset({"lips", "around_mouth", "nose"})


def check(moment: Moment) -> Iterator[Finding]:
    """Raise the cold sore rows."""
    if moment.says("tingling"):
        yield from _tingling(moment)
    blisters = moment.amount("blisters")
    if blisters:
        yield from _blisters(moment, blisters)
    first, last = moment.pack.signs.ulcer_herpes_days
    if (
        moment.says("ulcer")
        and first <= moment.day <= last
        and moment.at_least("pain", moment.pack.pain.some)
    ):
        yield found(
            moment,
            "cold_sore.painful_ulcer",
            f"Sore that does not heal{where(moment, 'ulcer')} with pain {graded(moment, 'pain')} on day {moment.day}",
            items=("ulcer", "pain"),
            signs=("ulcer",),
        )


def hot(moment: Moment) -> tuple[str, ...]:
    """Give what makes tingling on the day of a laser session a burn: warmth or pain above the band."""
    if not moment.laser or moment.day >= moment.pack.signs.tingling_from_day:
        return ()
    return tuple(item for item in ("warmth", "pain") if moment.above(item) > 0)


def _tingling(moment: Moment) -> Iterator[Finding]:
    if hot(moment):
        return  # burn.tingling says it
    near = not _HERPES_PLACES.isdisjoint(moment.places("tingling"))
    had_before = moment.patient.hsv_history is True
    if moment.day < moment.pack.signs.tingling_from_day and not (near or had_before):
        return
    reason = f"Tingling{where(moment, 'tingling') or ' in one spot'}, {since(moment, 'tingling')}"
    yield found(
        moment,
        "cold_sore.tingling",
        reason + _history(moment),
        items=("tingling",),
        signs=("tingling",),
        notes=_history_note(moment),
    )


def _blisters(moment: Moment, blisters: str) -> Iterator[Finding]:
    signs = ("blisters", "blisters.many") if blisters == "many" else ("blisters",)
    items = ("blisters", *(("grouped",) if moment.says("grouped") else ()))
    shape = f"{blisters.capitalize()} {'grouped ' if moment.says('grouped') else ''}blisters{where(moment, 'blisters')}"
    reason = f"{shape}, {since(moment, 'blisters')}"
    notes = _history_note(moment)
    if "around_eye" in moment.places("blisters") or moment.eye:
        yield found(
            moment,
            "cold_sore.blisters_at_eye",
            f"{shape} with the eye at risk, {since(moment, 'blisters')}",
            items=(*items, *(("eye",) if moment.eye else ())),
            signs=(*signs, *(f"eye.{sign}" for sign in moment.eye)),
            notes=notes,
        )
    if not moment.laser:
        yield found(
            moment, "cold_sore.blisters", reason + _history(moment), items=items, signs=signs, notes=notes
        )
    widening = _widening(moment)
    if blisters == "many" and widening:
        yield found(
            moment,
            "widespread_herpes.many_blisters",
            f"{shape} with {listed(widening.values())} on day {moment.day}",
            items=(*items, *(item for item in widening if item in moment.at.answers)),
            signs=(*signs, *one_fever(widening)),
            notes=notes,
        )


def _widening(moment: Moment) -> dict[str, str]:
    """Give what makes many blisters widespread herpes, by item and in words."""
    there = {sign: words for sign, words in _WIDENING.items() if moment.says(sign)}
    there |= dict.fromkeys(fever_items(moment)[:1], "fever")
    if moment.patient.immunosuppressed is True:
        there["immunosuppressed"] = "weak immune defence"
    return there


_WIDENING = {"spreading": "spreading", "chills": "chills", "swollen_glands": "swollen glands"}


def _history(moment: Moment) -> str:
    return "; had cold sores before" if moment.patient.hsv_history else ""


def _history_note(moment: Moment) -> tuple[Evidence, ...]:
    known = moment.patient.hsv_history
    return () if known is None else (Evidence(item="hsv_history", now=known),)
