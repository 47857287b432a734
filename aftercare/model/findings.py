"""What a check says about a timeline, with the evidence that a practitioner reads."""

from typing import Any

import msgspec

from aftercare.model.words import Code, Tier


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of evidence.

    `item` is the instrument's key; `now` the answer judged; `before` the answer compared with, given on day
    `before_day`; `expected` the highest grade expected on that day of that modality; `numbers` the rule's own
    thresholds by name; `text` a sentence where no numbers say it.
    """

    item: str
    now: Any = None
    expected: int | None = None
    before: Any = None
    before_day: int | None = None
    numbers: dict[str, float] = msgspec.field(default_factory=dict)
    text: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One check's word on one check-in.

    `row` names the rule's row ("swelling.above_by_2"), stable across versions. With `check_in` it is what makes a
    finding the same finding: the same pair is never raised twice. `grades` are the item grades (0-4) that carry it,
    so that a later rise can be seen. `decisive` marks a sign rather than a level.
    """

    code: Code
    tier: Tier
    row: str
    day: int
    reason: str  # one sentence for the practitioner
    check_in: str | None = None  # its id; None for silence
    evidence: tuple[Evidence, ...] = ()
    grades: dict[str, int] = msgspec.field(default_factory=dict)
    signs: tuple[str, ...] = ()  # the decisive signs that it rests on, for "another sign joined"
    decisive: bool = False
    holds_course: bool = False  # the row says "course held"
    version: str = ""  # of the rule pack
