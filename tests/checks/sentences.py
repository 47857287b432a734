"""Write out what the checks say of the named cases, as sentences.txt holds it: `python -m tests.checks.sentences`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aftercare.care.instrument import load
from aftercare.care.noise import denial
from aftercare.checks import default_pack, judge
from aftercare.checks.sources import RULE
from aftercare.model.findings import Evidence, Finding
from aftercare.model.timeline import Answers
from tests.checks.conftest import timeline
from tests.checks.test_level_rows import LEVELS
from tests.checks.test_sign_rows import SIGNS

PAGE = Path(__file__).with_name("sentences.txt")
Case = tuple[str, str, dict[int, Answers], dict[str, Any]]
CIT, LASER = "microneedling", "laser_genesis"
_PACK = default_pack()
_ITEMS = {item.key: item for item in load().items}

# Cases beside those of the rows: what is said where several things come together, and of what came before.
BESIDE: list[Case] = [
    ("tingling at the nose, had cold sores", LASER, {0: {"tingling": True, "sites": {"tingling": ["nose"]}}}, {"hsv_history": True}),
    ("tingling around the mouth, never had cold sores", CIT, {0: {"tingling": True, "sites": {"tingling": ["around_mouth"]}}}, {"hsv_history": False}),
    ("hot and painful tingling after laser", LASER, {0: {"tingling": True, "warmth": 3, "pain": 3}}, {}),
    ("tingling on day 1 after laser, painful", LASER, {1: {"tingling": True, "pain": 2}}, {}),
    ("few grouped blisters at the lips", CIT, {3: {"blisters": "few", "grouped": True, "sites": {"blisters": ["lips", "chin"]}}}, {"hsv_history": True}),
    ("grouped blisters and every sign of the eye", CIT, {3: {"blisters": "many", "grouped": True, "eye": ["lid_swelling", "shut", "pain", "vision"]}}, {}),
    ("blisters around the eye, had cold sores", CIT, {3: {"blisters": "few", "sites": {"blisters": ["around_eye"]}}}, {"hsv_history": True}),
    ("many grouped blisters, all that widens them", CIT, {4: {"blisters": "many", "grouped": True, "spreading": True, "chills": True, "swollen_glands": True, "fever_c": 38.4, "feverish": True}}, {"immunosuppressed": True, "hsv_history": False}),
    ("many blisters and a felt fever", LASER, {4: {"blisters": "many", "feverish": True, "fever_c": 37.0}}, {}),
    ("a sore that hurts at the nose on day 2", CIT, {2: {"ulcer": True, "pain": 3, "sites": {"ulcer": ["nose"]}}}, {}),
    ("a sore that hurts on day 10", CIT, {10: {"ulcer": True, "pain": 2}}, {}),
    ("a sore that hurts on day 1", CIT, {1: {"ulcer": True, "pain": 2}}, {}),
    ("fever under a painkiller with spreading and chills", CIT, {3: {"spreading": True, "chills": True, "fever_c": 37.6, "painkiller_6h": True, "feverish": True}}, {}),
    ("chills with severe swelling and glands", CIT, {1: {"chills": True, "swelling": 3, "swollen_glands": True}}, {}),
    ("many pus spots that hurt, with fever", CIT, {4: {"pus_spots": "many", "pain": 3, "fever_c": 38.2, "sites": {"pus_spots": ["chin"]}}}, {}),
    ("many painless pus spots with fever", CIT, {4: {"pus_spots": "many", "pain": 1, "feverish": True}}, {}),
    ("every lesion with severe pain", CIT, {9: {"pain": 4, "lumps": True, "ulcer": True, "weeping": True, "white_bumps": True, "blisters": "few", "pus_spots": "few"}}, {}),
    ("severe pain with white bumps", CIT, {9: {"pain": 3, "white_bumps": True}}, {}),
    ("glands with everything", CIT, {9: {"swollen_glands": True, "spreading": True, "chills": True, "yellow_crust": True, "weeping": True, "ulcer": True, "pus_spots": "few", "blisters": "few", "fever_c": 38.0, "feverish": True}}, {}),
    ("lumps with a fever that is felt and measured", CIT, {9: {"lumps": True, "feverish": True, "fever_c": 38.5}}, {}),
    ("joint pain with two rashes and lumps", CIT, {9: {"joint_pain": True, "bumpy_rash": True, "rash_beyond_area": True, "lumps": True, "pain": 3, "feverish": True}}, {}),
    ("rash, itching, swollen lids", CIT, {3: {"bumpy_rash": True, "rash_beyond_area": True, "itching": 3, "swelling": 2, "eye": ["lid_swelling"], "new_product": True}}, {}),
    ("sun and a new product before dryness", CIT, {13: {"dryness": 2, "sun": True, "new_product": True}, 14: {"dryness": 2, "sun": True, "new_product": True}}, {}),
    ("swelling that has not fallen since its peak", CIT, {0: {"swelling": 0}, 2: {"swelling": 2}, 5: {"swelling": 2, "one_sided": True}, 6: {"swelling": 2, "one_sided": True}}, {"needle_depth_mm": 2.0}),
    ("redness that has not fallen since its peak after laser", LASER, {1: {"redness": 2}, 5: {"redness": 3}, 7: {"redness": 3}}, {"fitzpatrick": 5}),
    ("itching that is new after the first days", CIT, {1: {"itching": 0}, 3: {"itching": 0}, 6: {"itching": 3}}, {}),
    ("pain that is new after the first days", CIT, {1: {"pain": 0}, 3: {"pain": 0}, 9: {"pain": 2, "one_sided": True}}, {}),
    ("pain that was there before", CIT, {1: {"pain": 1}, 3: {"pain": 0}, 9: {"pain": 2}}, {}),
    ("itching beyond the own, which came back", CIT, {3: {"itching": 1}, 5: {"itching": 4}}, {"baseline": {"itching": 1}}),
    ("a rise from the lower of two the day before", CIT, {2: {"warmth": 1}, 3: {"warmth": 0}, 4: {"warmth": 3}}, {"hours": {2: 70, 3: 74, 4: 98}}),
    ("a rise from mild to severe", CIT, {2: {"warmth": 1}, 3: {"warmth": 3}}, {}),
    ("a rise since the calendar day before, 39 hours ago", CIT, {2: {"pain": 0}, 3: {"pain": 2}}, {"hours": {2: 44, 3: 83}}),
    ("a rise since the calendar day before, 8 hours ago", CIT, {2: {"pain": 0}, 3: {"pain": 2}}, {"hours": {2: 60, 3: 68}}),
    ("a rise over two dates in 37 hours", CIT, {1: {"pain": 0}, 3: {"pain": 2}}, {"hours": {1: 36, 3: 73}}),
    ("a rise over two dates in 36 hours", CIT, {1: {"pain": 0}, 3: {"pain": 2}}, {"hours": {1: 36, 3: 72}}),
    ("swelling that has fallen since its peak", CIT, {2: {"swelling": 3}, 6: {"swelling": 2}}, {}),
    ("bruising and dryness that stay", LASER, {11: {"bruising": 2, "pain": 2, "dryness": 3, "crusting": 2}, 12: {"bruising": 2, "pain": 2, "dryness": 3, "crusting": 2}}, {}),
    ("crusting after laser with weeping, blisters and raw skin", LASER, {2: {"crusting": 1, "weeping": True, "blisters": "few", "raw_or_grey_skin": True, "pain": 3}}, {}),
    ("dark and light patches after laser", LASER, {6: {"dark_patches": True, "light_patches": True, "sites": {"dark_patches": ["temple"], "light_patches": ["forehead"]}}}, {"fitzpatrick": 6}),
    ("dark patches of a treated pigment with crusting and blisters", LASER, {6: {"dark_patches": True, "crusting": 2, "blisters": "few", "pain": 2, "raw_or_grey_skin": True}}, {"pigment_treated": True}),
    ("dark patches of a treated pigment, nothing else", LASER, {6: {"dark_patches": True}}, {"pigment_treated": True}),
    ("dark patches of a treated pigment that hurt", LASER, {6: {"dark_patches": True, "pain": 2}}, {"pigment_treated": True}),
    ("dark patches of a treated pigment with a little pain", LASER, {6: {"dark_patches": True, "pain": 1}}, {"pigment_treated": True}),
    ("dark patches of a treated pigment with a few blisters", LASER, {6: {"dark_patches": True, "blisters": "few"}}, {"pigment_treated": True}),
    ("dark patches of a treated pigment with a little crusting", LASER, {6: {"dark_patches": True, "crusting": 1}}, {"pigment_treated": True}),
    ("dark patches of a treated pigment with raw skin", LASER, {6: {"dark_patches": True, "raw_or_grey_skin": True}}, {"pigment_treated": True}),
    ("dark patches of a treated pigment on day 13, raw skin", LASER, {13: {"dark_patches": True, "raw_or_grey_skin": True}}, {"pigment_treated": True}),
    ("dark patches of a treated pigment on day 14", LASER, {14: {"dark_patches": True}}, {"pigment_treated": True}),
    ("light patches of a treated pigment", LASER, {6: {"light_patches": True}}, {"pigment_treated": True}),
    ("lines and a raised scar, had keloids", CIT, {30: {"lines_or_rows": True, "raised_scar": True}}, {"keloid_history": True}),
    ("a raised scar, never had keloids", CIT, {30: {"raised_scar": True}}, {"keloid_history": False}),
    ("fresh bleeding on a blood thinner", CIT, {3: {"fresh_bleeding": True}}, {"blood_thinner": True}),
    ("fresh bleeding without a blood thinner", CIT, {3: {"fresh_bleeding": True}}, {"blood_thinner": False}),
    ("all signs of the eye, early", CIT, {1: {"eye": ["vision", "pain", "shut", "lid_swelling"], "pain": 2, "swelling": 3, "feverish": True}}, {}),
    ("all signs of the eye, late", CIT, {5: {"eye": ["vision", "pain", "shut", "lid_swelling"], "pain": 2, "swelling": 3, "fever_c": 38.5}}, {}),
    ("wants to be called at once, said before", CIT, {2: {"wants_contact": "can_wait"}, 3: {"wants_contact": "urgent"}}, {}),
]  # fmt: skip
OF_LEVELS: list[Case] = [case[:4] for case in LEVELS]
CASES: list[Case] = [*OF_LEVELS, *(case[:4] for case in SIGNS), *BESIDE]


def told(case: Case) -> list[str]:
    """What is said of a case, line by line."""
    _, modality, days, known = case
    plain = _findings(modality, days, known)
    lines = [line for finding in plain for line in _lines(finding)]
    weak = _findings(modality, days, {**known, "immunosuppressed": True})
    lines += _otherwise("weak", plain, weak)
    if len(days) == 1 and case not in OF_LEVELS:
        lines += _ways(modality, days, known, plain)
    return lines


def _ways(
    modality: str, days: dict[int, Answers], known: dict[str, Any], plain: list[Finding]
) -> Iterator[str]:
    """The same answers after a denial on the day before, after the same three days before, and with places."""
    ((last, now),) = days.items()
    asked = [item for item in dict.fromkeys([*now, *now.get("sites", {})]) if item in _ITEMS]
    denied = {item: no for item in asked if (no := denial(_ITEMS[item])) is not None}
    if last:
        yield from _otherwise("new", plain, _findings(modality, {last - 1: denied, **days}, known))
    if last >= 3:
        yield from _otherwise("again", plain, _findings(modality, {last - 3: now, **days}, known))
    placed = {item: ["cheek", "jaw"] for item in asked} | now.get("sites", {})
    yield from _otherwise("placed", plain, _findings(modality, {last: {**now, "sites": placed}}, known))


def _lines(finding: Finding) -> Iterator[str]:
    held = ", course held" if finding.holds_course else ""
    grades = "".join(f", {item} {grade}" for item, grade in finding.grades.items())
    yield f"{finding.tier.value} {finding.row} ({finding.code.value}){grades}{held}"
    yield f"    {finding.reason}"
    if finding.signs:
        yield f"    signs: {', '.join(finding.signs)}"
    yield from (f"    {_said(line)}" for line in finding.evidence if line.item != RULE)


def _findings(modality: str, days: dict[int, Answers], known: dict[str, Any]) -> list[Finding]:
    found = judge(_PACK, timeline(modality, days, **dict(known)))
    return [finding for finding in found if finding.day == max(days)]


def _otherwise(how: str, plain: list[Finding], found: list[Finding]) -> Iterator[str]:
    """The sentences and tiers that differ from those of the plain case."""
    said = {(finding.row, finding.tier, finding.reason) for finding in plain}
    for one in found:
        if (one.row, one.tier, one.reason) not in said:
            yield f"{how}: {one.tier.value} {one.row}: {one.reason}"


def _said(line: Evidence) -> str:
    parts = [line.item]
    parts += [f"is {line.now}"] if line.now is not None else []
    parts += [f"expected {line.expected}"] if line.expected is not None else []
    parts += [f"was {line.before}"] if line.before is not None else []
    parts += [f"on day {line.before_day}"] if line.before_day is not None else []
    parts += [f"{name}={number:g}" for name, number in line.numbers.items()]
    return " ".join(parts) + (f": {line.text}" if line.text else "")


def title(case: Case) -> str:
    """A case's name on the page."""
    return f"{case[0]} ({case[1]})"


def read() -> dict[str, list[str]]:
    """The page as it was agreed."""
    cases: dict[str, list[str]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            lines = cases[line.removeprefix("== ")] = []
        elif line:
            lines.append(line)
    return cases


if __name__ == "__main__":
    blocks = ("\n".join([f"== {title(case)}", *told(case)]) for case in CASES)
    PAGE.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
