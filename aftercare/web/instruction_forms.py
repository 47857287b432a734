"""From the form of one instruction to the model and back, and what a service refused by field. Pure."""

from typing import Any

from aftercare.model.instructions import Claim, Instruction
from aftercare.web.instruction_words import GRADED, SIGNS
from aftercare.web.typed import build

_PLAIN = ("modality", "topic", "kind", "from_day", "to_day", "source", "note")
_WRONG = {
    "modality": "Choose the treatment.",
    "topic": "Choose what it is about.",
    "kind": "Choose how it is meant.",
    "from_day": "A day is a number from 0 to 90.",
    "to_day": "A day is a number from 0 to 90.",
    "texts": "Write at least one text of at most 400 characters.",
    "source": "At most 600 characters.",
    "note": "At most 600 characters.",
}


def as_typed(one: Instruction) -> dict[str, str]:
    """An instruction as the fields of its form hold it."""
    values = {name: str(getattr(one, name)) for name in _PLAIN}
    values |= {f"texts/{language}": text for language, text in one.texts.items()}
    signs = [claim.item for claim in one.claims if _whole(claim) and claim.item in SIGNS]
    if signs:
        values["call"] = "\n".join(signs)
    for claim in one.claims:
        if _whole(claim) and claim.item in GRADED:
            values[f"{claim.says}/{claim.item}"] = str(claim.grade)
    return values


def read_instruction(
    typed: dict[str, str], before: Instruction | None
) -> tuple[Instruction | None, dict[str, str]]:
    """The instruction that a form says, or what is wrong by field. What the form has no field for stays as it was."""
    said: dict[str, Any] = {name: typed[name] for name in _PLAIN if name in typed}
    said["texts"] = {
        name.removeprefix("texts/"): text for name, text in typed.items() if name.startswith("texts/")
    }
    said["claims"] = (*_claims(typed), *(c for c in (before.claims if before else ()) if not _shown(c)))
    one, problems = build(Instruction, said)
    return one, {name: _WRONG.get(name, what) for name, what in problems.items()}


def _claims(typed: dict[str, str]) -> list[Claim]:
    graded = [
        Claim(says=says, item=item, grade=int(grade))
        for item in GRADED
        for says in ("usual", "call")
        if (grade := typed.get(f"{says}/{item}", "")) in {"1", "2", "3", "4"}
    ]
    called = typed.get("call", "").split()
    return [*graded, *(Claim(says="call", item=item) for item in SIGNS if item in called)]


def _whole(claim: Claim) -> bool:
    """It holds for all days of its instruction."""
    return claim.from_day is None and claim.to_day is None


def _shown(claim: Claim) -> bool:
    return _whole(claim) and (claim.item in GRADED or (claim.item in SIGNS and claim.says == "call"))


def at_fields(pointers: dict[str, str], place: int, one: Instruction) -> dict[str, str]:
    """What a service refused, by the form's field; what is wrong elsewhere in the set stands at the form's head."""
    found: dict[str, str] = {}
    for pointer, what in pointers.items():
        at = pointer.removeprefix(f"/instructions/{place}/")
        if at == pointer:
            found[""] = what
        elif at.startswith("claims/"):
            claim = one.claims[int(at.split("/")[1])]
            found[f"{claim.says}/{claim.item}" if claim.item in GRADED else "call"] = what
        else:
            found["texts" if at == "texts" else at] = what
    return found


def with_one(
    whole: tuple[Instruction, ...], before: Instruction | None, one: Instruction
) -> tuple[tuple[Instruction, ...], int]:
    """The set with an instruction in the place of the one it was, or behind the others; and its place."""
    if before is None:
        return (*whole, one), len(whole)
    place = next(index for index, other in enumerate(whole) if other is before)
    return (*whole[:place], one, *whole[place + 1 :]), place


def without(whole: tuple[Instruction, ...], gone: Instruction) -> tuple[Instruction, ...]:
    """The set without an instruction."""
    return tuple(other for other in whole if other is not gone)
