"""Instructions of the day: which of a set belong to a day, in which words, and what is wrong with a set. Pure.

The shipped set is data with a name (clinical.md 5). A set is compared with the course that the checks expect by its
claims, since no program reads what a sentence promises: nothing is called usual that the checks would raise, and nobody is
told to call about what the course still expects.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import msgspec

from aftercare.care.calendar import LAST_DAY
from aftercare.care.instrument import Kind as Answer
from aftercare.care.instrument import load
from aftercare.model.instructions import (
    Claim,
    DayTold,
    Instruction,
    Instructions,
    InstructionSet,
    Kind,
    Told,
    Topic,
)
from aftercare.model.words import Modality

SHIPPED = "default-1"
AHEAD = 7
LANGUAGES = ("en", "es", "pt")  # that the shipped set and the topics' titles are written in
_FOLDER = Path(__file__).parent / "instruction_sets"
_DEEP_MM = 2.5

# (modality, item, day, needle depth in mm or None) -> the highest grade that the course still expects
Band = Callable[[Modality, str, int, float | None], int]


class _Shipped(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    topics: dict[Topic, dict[str, str]]
    instructions: tuple[Instruction, ...]


@cache
def _read(name: str) -> _Shipped:
    if name not in {file.stem for file in _FOLDER.glob("*.toml")}:
        raise KeyError(name)
    return msgspec.convert(tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8")), _Shipped)


@cache
def shipped(name: str = SHIPPED) -> InstructionSet:
    """Give the set that ships under that name, as version 0. Raises KeyError for one that never shipped."""
    return InstructionSet(
        version=0, state="published", note="", instructions=in_order(_read(name).instructions)
    )


def in_order(instructions: Iterable[Instruction]) -> tuple[Instruction, ...]:
    """Give them by modality, topic and day: the order in which they are kept, shown and pointed to."""
    topics = list(Topic)
    return tuple(
        sorted(
            instructions, key=lambda one: (one.modality, topics.index(one.topic), one.from_day, one.to_day)
        )
    )


def on_day(instructions: Sequence[Instruction], modality: Modality, day: int) -> tuple[Instruction, ...]:
    """Give what belongs to a day after a session of that modality."""
    return tuple(one for one in instructions if _belongs(one, modality, day))


def _belongs(one: Instruction, modality: Modality, day: int) -> bool:
    return one.modality is modality and one.from_day <= day <= one.to_day


def languages_for(patient: str, clinic: str) -> tuple[str, ...]:
    """Give the languages in which a text is looked for: the patient's, the clinic's, English; each once, broad after narrow."""
    wanted = (patient, _broad(patient), clinic, _broad(clinic), "en")
    return tuple(dict.fromkeys(tag.lower() for tag in wanted if tag))


def told(instruction: Instruction, languages: Sequence[str]) -> Told:
    """Word an instruction in the first of the languages that it is written in, else in whichever it is."""
    texts = {tag.lower(): text for tag, text in instruction.texts.items()}
    language = next((one for one in languages if one in texts), next(iter(texts)))
    return Told(
        topic=instruction.topic,
        kind=instruction.kind,
        title=title(instruction, _broad(language)),
        text=texts[language],
        language=language,
    )


def title(instruction: Instruction, language: str = "en") -> str:
    """Name the topic in a language, or in English."""
    titles = _read(SHIPPED).topics[instruction.topic]
    return titles.get(language, titles["en"])


def ahead(
    chosen: InstructionSet,
    modality: Modality,
    *,
    today: date,
    session_on: date,
    last_day: int,
    languages: Sequence[str],
) -> Instructions:
    """Word what belongs to today and the six days after it, as far as the recovery is monitored (to `last_day`)."""
    places: dict[int, int] = {}  # in the set -> in the answer, each text once
    days = []
    for on in (today + timedelta(days=step) for step in range(AHEAD)):
        number = (on - session_on).days
        if 0 <= number <= last_day:
            here = [place for place, one in enumerate(chosen.instructions) if _belongs(one, modality, number)]
            items = tuple(places.setdefault(place, len(places)) for place in here)
            days.append(DayTold(date=on, day=number, items=items))
    worded = tuple(told(chosen.instructions[place], languages) for place in places)
    return Instructions(
        version=chosen.version,
        language=languages[0],
        in_other_language=any(_broad(one.language) != _broad(languages[0]) for one in worded),
        items=worded,
        days=tuple(days),
    )


def problems(instructions: Sequence[Instruction], *, clinic_language: str, band: Band) -> dict[str, str]:
    """Say what is wrong with a set, by JSON pointer into `{"instructions": [...]}`; empty where nothing is."""
    found: dict[str, str] = {}
    for place, one in enumerate(instructions):
        at = f"/instructions/{place}"
        if one.from_day > one.to_day:
            found[f"{at}/to_day"] = f"It ends on day {one.to_day}, before it begins on day {one.from_day}."
        for language, text in one.texts.items():
            if not text.strip():
                found[f"{at}/texts/{language}"] = "There is no text. Write it, or leave the language out."
        ours = {_broad(language) for language in one.texts}
        if not ours & {"en", _broad(clinic_language)}:
            found[f"{at}/texts"] = (
                "Write it in English or in the clinic's language, so that everyone can be told."
            )
        found |= {f"{at}/claims/{index}/{field}": what for index, field, what in _claims(one, band)}
    return found | _overlaps(instructions)


def gaps(instructions: Sequence[Instruction]) -> dict[str, str]:
    """Say where nobody is told when to call: no set may go out like that."""
    missing = {}
    for modality in Modality:
        contact = [one for one in instructions if one.modality is modality and one.topic is Topic.CONTACT]
        days = [
            day
            for day in range(LAST_DAY + 1)
            if not any(one.kind is Kind.CALL and one.from_day <= day <= one.to_day for one in contact)
        ]
        if days:
            name = modality.replace("_", " ")
            missing["/instructions"] = (
                f"Nothing says when to call the clinic on day {days[0]} after {name}: days 0 to {LAST_DAY} need it."
            )
    return missing


def _overlaps(instructions: Sequence[Instruction]) -> dict[str, str]:
    """Two of one topic on one day would repeat or contradict each other. `other` may hold several."""
    found = {}
    for later, one in enumerate(instructions):
        for earlier, before in enumerate(instructions[:later]):
            same = (one.modality, one.topic) == (before.modality, before.topic)
            if same and one.topic is not Topic.OTHER and _meet(one, before):
                day = max(one.from_day, before.from_day)
                found[f"/instructions/{later}/from_day"] = (
                    f"Day {day} already has this topic, in number {earlier + 1} (days {before.from_day} to {before.to_day})."
                )
    return found


def _meet(one: Instruction, other: Instruction) -> bool:
    return one.from_day <= other.to_day and other.from_day <= one.to_day


def claimed_days(instruction: Instruction, claim: Claim) -> range:
    """Give the days for which a claim is made: the instruction's own, narrowed where the claim says so."""
    start = instruction.from_day if claim.from_day is None else max(instruction.from_day, claim.from_day)
    end = instruction.to_day if claim.to_day is None else min(instruction.to_day, claim.to_day)
    return range(start, end + 1)


def _claims(one: Instruction, band: Band) -> Iterator[tuple[int, str, str]]:
    """What of the claims the expected course contradicts: place, field, why."""
    for index, claim in enumerate(one.claims):
        item = load().item(claim.item)
        if item is None or item.kind in {Answer.TEXT, Answer.SITES, Answer.NUMBER}:
            yield index, "item", "No check-in asks for this. Name a sign or a grade of the check-in."
        elif not claimed_days(one, claim):
            yield index, "from_day", "These days lie outside the instruction's own."
        elif item.kind is Answer.GRADE:
            if (wrong := _graded(one, claim, band)) is not None:
                yield index, "grade", wrong
        elif claim.says == "usual":
            yield index, "item", "A sign is never usual: the checks would raise it."
        elif claim.grade is not None:
            yield index, "grade", "A sign has no grade: it is there or not."


def _graded(one: Instruction, claim: Claim, band: Band) -> str | None:
    if not claim.grade:
        return "Say which grade, from 1 (mild) to 4 (very severe)."
    for day in claimed_days(one, claim):
        # What is usual must be so after shallow needling too; what is called about, unusual after deep needling too.
        if claim.says == "usual" and claim.grade > (highest := band(one.modality, claim.item, day, None)):
            return f"Grade {claim.grade} is not usual on day {day}: the course expects at most {highest}."
        if claim.says == "call" and claim.grade <= (highest := band(one.modality, claim.item, day, _DEEP_MM)):
            return f"Grade {claim.grade} is still expected on day {day}: the course expects up to {highest}."
    return None


class Difference(msgspec.Struct, frozen=True):
    """What one set has that another has not, by modality, topic and days."""

    added: tuple[Instruction, ...]
    changed: tuple[Instruction, ...]  # as they are now
    removed: tuple[Instruction, ...]


def difference(before: Sequence[Instruction], after: Sequence[Instruction]) -> Difference:
    """Compare two sets; one that begins on the same day with the same topic is the same instruction, changed."""
    old, new = {_key(one): one for one in before}, {_key(one): one for one in after}
    return Difference(
        added=tuple(one for key, one in new.items() if key not in old),
        changed=tuple(one for key, one in new.items() if key in old and one != old[key]),
        removed=tuple(one for key, one in old.items() if key not in new),
    )


def same_in(one: Instruction, others: Sequence[Instruction]) -> Instruction | None:
    """Find what an instruction was before it changed, or None."""
    return next((other for other in others if _key(other) == _key(one)), None)


def _key(one: Instruction) -> tuple[str, ...]:
    # Several of `other` may begin on one day: their own words tell them apart.
    own = next(iter(one.texts.values())) if one.topic is Topic.OTHER else ""
    return one.modality, one.topic, str(one.from_day), own


def _broad(tag: str) -> str:
    return tag.partition("-")[0].lower()
