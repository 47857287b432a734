"""Instructions of the day: what a clinic tells a patient to do, leave, expect and call about, day by day."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from aftercare.model.text import END, Instant, Language
from aftercare.model.timeline import Grade
from aftercare.model.words import Modality

LONGEST_TEXT, LONGEST_NOTE, MOST = 400, 600, 160
LAST_DAY = 90

Day = Annotated[int, msgspec.Meta(ge=0, le=LAST_DAY)]
Said = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT, pattern=r"^[^\x00]*$")]
Note = Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE, pattern=r"^[^\x00]*$")]
ItemKey = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}" + END)]
Wordings = Annotated[dict[Language, Said], msgspec.Meta(min_length=1, max_length=12)]
Number = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class Topic(StrEnum):
    """What an instruction is about, in the order in which a patient reads them."""

    CONTACT = "contact"
    USUAL = "usual"
    TOUCHING = "touching"
    CLEANSING = "cleansing"
    MOISTURISER = "moisturiser"
    MAKE_UP = "make_up"
    SUNSCREEN = "sunscreen"
    SUN = "sun"
    EXERCISE = "exercise"
    HEAT = "heat"
    ACTIVES = "actives"
    PRODUCTS = "products"
    ALCOHOL = "alcohol"
    PAIN_RELIEF = "pain_relief"
    COMPRESS = "compress"
    PROCEDURES = "procedures"
    OTHER = "other"


class Kind(StrEnum):
    """How an instruction is meant."""

    DO = "do"
    AVOID = "avoid"
    KNOW = "know"  # what is usual on these days
    CALL = "call"  # when to contact the clinic


class Claim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the words promise, so that it can be compared with the course that the checks expect.

    `usual`: up to `grade` of the item belongs to these days. `call`: from `grade` on (a sign: if it is there) the patient
    is told to call. `from_day` and `to_day` narrow the instruction's own days.
    """

    says: Literal["usual", "call"]
    item: ItemKey
    grade: Grade | None = None  # of a graded item; a sign has none
    from_day: Day | None = None
    to_day: Day | None = None


class Instruction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to tell, from one day after the session to another, both included."""

    modality: Modality
    topic: Topic
    kind: Kind
    from_day: Day
    to_day: Day
    texts: Wordings  # language -> what the patient reads
    claims: Annotated[tuple[Claim, ...], msgspec.Meta(max_length=20)] = ()
    source: Note = ""  # for staff: where it comes from
    note: Note = ""  # for staff: where hand-outs conflict, and why it is said this way


class InstructionsDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A set as a practitioner writes it."""

    instructions: Annotated[tuple[Instruction, ...], msgspec.Meta(max_length=MOST)]
    note: Note = ""  # what is different in this version, for whoever reads the history


class NewDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a draft begins: a copy of a version, 0 for the shipped one; the one in use when left out."""

    copy_of: Number | None = None
    note: Note = ""


class SetHead(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a clinic's instructions, without its content. Version 0 is the shipped one."""

    version: int
    state: Literal["draft", "published", "discarded"]
    note: str
    copied_from: int | None = None
    revision: int = 1  # the ETag of an edit
    created_by: UUID | None = None
    created_at: Instant | None = None  # the shipped one has no date
    edited_at: Instant | None = None
    published_by: UUID | None = None
    published_at: Instant | None = None
    in_use: bool = False


class InstructionSet(SetHead, frozen=True, kw_only=True):
    """One version with its content."""

    instructions: tuple[Instruction, ...]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One instruction as a patient reads it; `language` is the one it is written in."""

    topic: Topic
    kind: Kind
    title: str
    text: str
    language: str


class DayTold(msgspec.Struct, frozen=True, kw_only=True):
    """A day, and which of the items belong to it, in the order in which to show them."""

    date: date
    day: int
    items: tuple[int, ...]  # places in `Instructions.items`


class Instructions(msgspec.Struct, frozen=True, kw_only=True):
    """What to do on each of the next days, each text once, so that it works offline and stays small."""

    version: int
    language: str  # the patient's own
    in_other_language: bool  # some of it is not written in the patient's language yet
    items: tuple[Told, ...]
    days: tuple[DayTold, ...]


class ShownDay(msgspec.Struct, frozen=True, kw_only=True):
    """That a patient was given a version's words for a local day, and when they were first on the screen."""

    date: date
    version: int
    shipped: str  # the shipped data behind version 0
    modality: Modality
    day: int
    languages: tuple[str, ...]  # in the order in which a text was looked for
    delivered_at: Instant | None = None  # fetched by the app on that day
    shown_at: Instant | None = None  # the app says it was looked at


class ShownWords(ShownDay, frozen=True, kw_only=True):
    """The same with the words."""

    items: tuple[Told, ...]
