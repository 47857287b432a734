"""What the pages about the clinic's rules show. Filled and drawn as `model.pages` says."""

from datetime import datetime
from typing import Literal

import msgspec

from aftercare.model.rule_packs import Difference, MutedCount, PackState, PresetName
from aftercare.model.views import Head
from aftercare.model.words import Code, Modality, Tier

RuleAct = Literal["release", "shadow", "retire", "restore"]


class PackLine(msgspec.Struct, frozen=True, kw_only=True):
    """A pack in the history: what it is now, since when, and whose doing that was."""

    number: int
    state: PackState
    note: str
    changes: int  # values that differ from the shipped pack
    at: datetime  # released, or else made
    by: str | None = None  # who released it, or else wrote it
    released: bool = False


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the rules as this pack has it."""

    row: str
    sentence: str
    tier: Tier
    floor: bool
    off: bool
    holds_course: bool
    alone_from_day: int
    changed: bool


class RuleGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one code, the most urgent first."""

    code: Code
    rows: tuple[RuleRow, ...]


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """The highest grade still expected of an item, day by day; the last one holds ever after."""

    item: str
    grades: tuple[int, ...]
    changed: bool


class PresetOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A pack to begin with: what it is, and what a simulated cohort gave with the shipped rules and with it, in shares of 1."""

    preset: PresetName
    name: str
    note: str
    rows: int  # that it changes
    simulated: tuple[tuple[str, float, float, float], ...]  # what, shipped, with it, the goal


class RulesPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/rules` and `/rules/{number}`: one pack with everything it holds, and which of the clinic's packs do what.

    `shown` is None for a clinic that has no pack of its own and runs the shipped one.
    """

    head: Head
    packs: tuple[PackLine, ...]  # the newest first
    shown: PackLine | None
    version: int
    live: PackLine | None
    in_shadow: PackLine | None
    against: int  # what the difference is from: the live pack, 0 the shipped one
    difference: tuple[Difference, ...]
    muted: tuple[MutedCount, ...]
    muted_days: int
    groups: tuple[RuleGroup, ...]
    bands: dict[Modality, tuple[Band, ...]]
    may_change: bool
    offers: tuple[PresetOffer, ...] = ()


class RuleField(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a draft as it is typed."""

    pointer: str
    value: str
    shipped: str
    takes: str  # what may stand here, in words
    choices: tuple[str, ...] = ()
    guarded: tuple[str, ...] = ()  # rows of the floor that read it
    problem: str = ""


class RulesEditPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/rules/{number}/edit`: a draft; `problem` and those of the fields where it was refused."""

    head: Head
    number: int
    version: int
    note: str
    sections: dict[str, tuple[RuleField, ...]]
    problem: str = ""


class RulesActPage(msgspec.Struct, frozen=True, kw_only=True):
    """`/rules/{number}/{act}`: the question before a pack changes what it does, and what that would change."""

    head: Head
    pack: PackLine
    version: int
    act: RuleAct
    live: PackLine | None
    in_shadow: PackLine | None
    against: int
    difference: tuple[Difference, ...]
    problem: str = ""
