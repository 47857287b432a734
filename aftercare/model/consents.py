"""What a patient agreed to: each word on each purpose, with the text that it was said to."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from aftercare.model.text import END, Instant

Kind = Literal["care", "photos", "teaching", "marketing"]
KINDS: tuple[Kind, ...] = ("care", "photos", "teaching", "marketing")


class Use(StrEnum):
    """What a photo may be shown for besides care, each only to whoever's patient agrees to it now."""

    TEACHING = "teaching"
    MARKETING = "marketing"


class ConsentDraft(msgspec.Struct, frozen=True, kw_only=True):
    """One word on one purpose. `decided_at` is when, by the phone's clock, if it had to wait for a network."""

    granted: bool
    text_version: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9._-]+" + END)]
    language: Annotated[str, msgspec.Meta(max_length=35, pattern=r"^[A-Za-z0-9-]*" + END)] = ""
    decided_at: Instant | None = None


class ConsentWord(msgspec.Struct, frozen=True, kw_only=True):
    """One word as it stands on record. `text` is empty where a version was named that is not known here."""

    kind: Kind
    given_at: Instant
    received_at: Instant
    granted: bool
    text_version: str
    language: str
    text: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One purpose as it is asked about today, and the newest word on it (null if it was never asked)."""

    kind: Kind
    text_version: str
    title: dict[str, str]  # language -> words
    text: dict[str, tuple[str, ...]]  # language -> paragraphs
    word: ConsentWord | None = None
