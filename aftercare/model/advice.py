"""What a patient is shown at once after a check-in."""

import msgspec

from aftercare.model.words import Tier


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A button that dials."""

    number: str
    label: str


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """The words after a check-in; what was shown is stored with it, as it was. `tier` None: nothing was found."""

    tier: Tier | None
    headline: str
    text: str
    language: str  # the one that it is written in: en, es or pt
    call: Call | None = None
