"""A clinic's own rule packs: what they change, which of them judge, and what the one in shadow would have said."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import msgspec

from aftercare.model.text import Paragraph
from aftercare.model.words import Code, Tier

PresetName = Literal["fewer-alerts-1"]  # the packs to begin a draft with that ship beside the default one


class PackState(StrEnum):
    """What a pack does: nothing yet, count, tell, nothing any more."""

    DRAFT = "draft"
    SHADOW = "shadow"
    LIVE = "live"
    RETIRED = "retired"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a pack: where (a JSON pointer into its changes), why, and the rows that it would break."""

    pointer: str
    sentence: str
    rows: tuple[str, ...] = ()


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One value that two packs hold differently."""

    pointer: str
    before: Any
    after: Any


class RulePackDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a practitioner writes: only what differs from the shipped pack, in its shape, and why.

    `preset` names what to begin with; `changes` go over it, and the record keeps both as one.
    """

    changes: dict[str, Any] = {}
    preset: PresetName | None = None
    note: Paragraph = ""


class RulePackRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A pack as it is kept. Its changes are never edited again once it has left `draft`."""

    number: int  # within the clinic, from 1
    pack_id: UUID  # what the audit names
    base: str  # the version of the shipped pack that it was written against
    changes: dict[str, Any]
    state: PackState
    note: str
    version: int  # of the record: what If-Match names
    created_by: UUID | None  # null: made with the clinic
    created_at: datetime
    edited_by: UUID | None = None
    edited_at: datetime | None = None
    released_by: UUID | None = None
    released_at: datetime | None = None
    retired_at: datetime | None = None


class PackInUse(msgspec.Struct, frozen=True, kw_only=True):
    """A pack that judges, as the read of a recovery brings it: enough to find its numbers in the process's memory.

    `digest` is of the changes, in hexadecimal: memory keyed by content is never out of date.
    """

    number: int
    state: PackState
    digest: str


class Muted(msgspec.Struct, frozen=True, kw_only=True):
    """What the pack in shadow would have said, to be counted."""

    number: int  # of the pack
    episode_id: UUID
    patient_id: UUID
    check_in_id: UUID | None  # null for silence
    code: Code
    row: str
    tier: Tier
    at: datetime


class MutedCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often a row of the pack in shadow would have spoken, and of how many patients."""

    code: Code
    row: str
    tier: Tier
    findings: int
    patients: int
