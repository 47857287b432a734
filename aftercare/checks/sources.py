"""Where a row of the rules comes from and which numbers of the pack it goes by, as the last line of a finding's evidence.

The row belongs to the code and its numbers to the pack, so that the line says what held when the finding was made.
"""

import tomllib
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec

from aftercare.checks.pack import RulePack
from aftercare.model.findings import Evidence

RULE = "rule"  # the item of this line
_FILE = Path(__file__).parent / "packs" / "sources-1.toml"


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row's place in the texts, and its numbers as paths into the pack ("swelling.mild_from_day")."""

    source: str
    numbers: tuple[str, ...] = ()


@cache
def sources() -> dict[str, Source]:
    """Give every row's source."""
    return msgspec.convert(tomllib.loads(_FILE.read_text(encoding="utf-8")), dict[str, Source])


def rule(pack: RulePack, row: str) -> Evidence:
    """Give the line of evidence that names a row's source and its numbers in this pack.

    `now` is the row. A pair of numbers, such as days from and to, is two: "signs.ulcer_herpes_days.from" and ".to".
    """
    source, numbers = _readers()[row]
    found: dict[str, float] = {}
    for name, read in numbers:
        value = read(pack)
        if isinstance(value, tuple):
            found[f"{name}.from"], found[f"{name}.to"] = float(value[0]), float(value[1])
        else:
            found[name] = float(value)
    return Evidence(item=RULE, now=row, numbers=found, text=source)


@cache
def _readers() -> dict[str, tuple[str, tuple[tuple[str, Callable[[Any], Any]], ...]]]:
    """Each row's source with its numbers ready to be read: a finding must not parse paths."""
    return {
        row: (one.source, tuple((name, attrgetter(name)) for name in one.numbers))
        for row, one in sources().items()
    }
