"""From the fields of a draft to what it changes. Pure."""

import math
from typing import Any

from aftercare.checks.clinic_pack import changes_between, flat
from aftercare.checks.pack import default_pack
from aftercare.model.rule_packs import Fault, RulePackDraft
from aftercare.services.dashboard_rules import OFF
from aftercare.services.rule_packs import read_changes

_LONGEST = 1000  # characters of a field: more than ninety grades with blanks between


def read_draft(typed: dict[str, str]) -> tuple[RulePackDraft, tuple[Fault, ...]]:
    """The draft that was typed, and what is wrong with it. A field that was left empty is as shipped."""
    changes: dict[str, Any] = {}
    for pointer, shipped in flat(default_pack()).items():
        text = typed.get(pointer, "")[:_LONGEST]
        if text == OFF and pointer.startswith("/rows/"):
            _put(changes, pointer.removesuffix("/tier") + "/off", value=True)
        elif text:
            _put(changes, pointer, _read(text, several=isinstance(shipped, list)))
    pack, faults = read_changes(changes)
    note = typed.get("note", "").replace("\0", "")[:4000]
    return RulePackDraft(changes=changes_between(default_pack(), pack), note=note), faults


def _put(changes: dict[str, Any], pointer: str, value: Any) -> None:
    *path, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]
    for part in path:
        changes = changes.setdefault(part, {})
    changes[last] = value


def _read(text: str, *, several: bool) -> Any:
    return [_one(part) for part in text.replace(",", " ").split()] if several else _one(text)


def _one(text: str) -> Any:
    """What a word stands for: a number, yes or no; else itself, and the pack says whether it may stand there."""
    for read in (int, float):
        try:
            value = read(text)
            if math.isfinite(value):
                return value
        except (ValueError, OverflowError):
            continue
    return {"True": True, "False": False}.get(text, text)
