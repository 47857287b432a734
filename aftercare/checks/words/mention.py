"""One thing that a note names, and where it says so."""

import msgspec


class Mention(msgspec.Struct, frozen=True, gc=False):
    """What some words of a note name.

    `name` is a sign of the phrase data ("blisters", "eye.vision", "self_harm"), or an item with a value of its own:
    "fever_c", or "pain" where it was given out of ten. `start` and `end` are where the words stand in the note as it
    was written. `places` are those of the instrument named beside it.
    """

    name: str
    start: int
    end: int
    negated: bool = False
    value: float | None = None
    places: tuple[str, ...] = ()
