"""The texts that patients agree to, as versioned data; and whose word counts when several arrive. Pure.

A version that was ever shown stays shipped, so that a phone which was offline can still name it. A new wording is a new
version, never an edit of an old one: what somebody agreed to is what they read.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

import msgspec

from aftercare.model.check_ins import ConsentState
from aftercare.model.consents import Kind

CURRENT_TEXT = "2"

_FOLDER = Path(__file__).parent / "consent_texts"


class PurposeText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One purpose in words: language -> title, and language -> paragraphs."""

    title: dict[str, str]
    text: dict[str, tuple[str, ...]]

    def as_shown(self, language: str) -> tuple[str, str]:
        """(language, everything that was read) in the nearest language that there is: `pt-BR` reads `pt`, `fr` English."""
        spoken = language.lower().split("-")[0]
        known = spoken if spoken in self.text else "en"
        return known, "\n\n".join((self.title[known], *self.text[known]))


class ConsentTexts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of the texts, a text for each purpose."""

    version: str
    purposes: dict[Kind, PurposeText]


@cache
def versions() -> tuple[str, ...]:
    """Name every version that was ever shown."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.json")))


@cache
def texts(version: str = CURRENT_TEXT) -> ConsentTexts:
    """Give the texts of a version. Raises KeyError for one that was never shown."""
    if version not in versions():
        raise KeyError(version)
    return msgspec.json.decode((_FOLDER / f"{version}.json").read_bytes(), type=ConsentTexts)


def counts_from(*, granted: bool, decided_at: datetime | None, now: datetime) -> datetime:
    """Say from when a word counts.

    A refusal counts as it arrives, whatever a phone's clock says. An agreement counts from when it was decided: one that
    waited for a network does not undo a withdrawal made meanwhile on another phone.
    """
    return now if not granted or decided_at is None else min(decided_at, now)


def photos_refused(given: Mapping[str, ConsentState]) -> bool:
    """Whether the patient said no to photos. Whoever was never asked said nothing: a photo is kept, and asked about after."""
    word = given.get("photos")
    return word is not None and not word.granted
