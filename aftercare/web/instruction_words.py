"""What the pages of the instructions say, and what their form offers."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from aftercare.care.instructions import languages_for, told
from aftercare.care.instrument import Kind as Answer
from aftercare.care.instrument import load
from aftercare.model.instruction_pages import DayColumn
from aftercare.model.instructions import Instruction, Kind, SetHead, ShownDay, Topic
from aftercare.model.words import Modality
from aftercare.web.times import Clock
from aftercare.web.words import ITEMS

TOPICS: Final = {
    Topic.CONTACT: "When to call",
    Topic.USUAL: "What is usual",
    Topic.TOUCHING: "Touching",
    Topic.CLEANSING: "Washing",
    Topic.MOISTURISER: "Moisturiser",
    Topic.MAKE_UP: "Make-up",
    Topic.SUNSCREEN: "Sunscreen",
    Topic.SUN: "Sun",
    Topic.EXERCISE: "Sport",
    Topic.HEAT: "Heat and water",
    Topic.ACTIVES: "Acids and retinoids",
    Topic.PRODUCTS: "Other products",
    Topic.ALCOHOL: "Alcohol",
    Topic.PAIN_RELIEF: "Medicines",
    Topic.COMPRESS: "Cooling",
    Topic.PROCEDURES: "Other treatments",
    Topic.OTHER: "Also",
}
KINDS: Final = {Kind.DO: "Do", Kind.AVOID: "Leave", Kind.KNOW: "Usual", Kind.CALL: "Call"}
KIND_HINTS: Final = {
    Kind.DO: "do",
    Kind.AVOID: "leave for now",
    Kind.KNOW: "what is usual",
    Kind.CALL: "when to call",
}
MODALITIES: Final = {Modality.MICRONEEDLING: "Micro-needling", Modality.LASER_GENESIS: "Laser Genesis"}
AFTER: Final = {Modality.MICRONEEDLING: "micro-needling", Modality.LASER_GENESIS: "Laser Genesis"}
# The heads of the patient's two lists, as the companion says them.
HEADS: Final = {
    "en": {"do": "Do", "avoid": "Leave for now"},
    "es": {"do": "Haga", "avoid": "Evite por ahora"},
    "pt": {"do": "Faça", "avoid": "Evite por agora"},
}
LANGUAGES: Final = {"en": "English", "es": "Spanish", "pt": "Portuguese"}
STATES: Final = {"draft": "draft", "published": "published", "discarded": "discarded"}
GRADES: Final = {1: "mild", 2: "moderate", 3: "severe", 4: "very severe"}
GRADED: Final = {item.key: ITEMS[item.key] for item in load().items if item.kind is Answer.GRADE}
# What can be called about, one box each. Context (a painkiller, a new product) is no sign.
SIGNS: Final = {
    item.key: ITEMS[item.key]
    for item in load().items
    if item.kind in {Answer.BOOL, Answer.CHOICE, Answer.MANY}
    and item.key not in {"painkiller_6h", "new_product", "sun", "wants_contact", "grouped", "one_sided"}
}


def choices(names: Mapping[StrEnum, str]) -> list[tuple[str, str]]:
    """Closed words as a form offers them: value and label."""
    return [(one.value, label) for one, label in names.items()]


def promises(fields: Mapping[str, str]) -> bool:
    """Tell whether anything stands in the fields of what the words promise."""
    return any(name == "call" or name.startswith(("usual/", "call/")) for name in fields)


def language(tag: str) -> str:
    """The name of a language, or its tag."""
    return LANGUAGES.get(tag, tag)


def shown_line(shown: ShownDay, clock: Clock) -> str:
    """Say in one line what a patient was shown last."""
    version = f"version {shown.version}" if shown.version else "shipped instructions"
    when = "today" if shown.date == clock.today else clock.on(shown.date)
    return f"{'Shown' if shown.shown_at else 'Sent'} {when}: {version}"


def heads(tag: str) -> dict[str, str]:
    """The heads of the patient's lists in their language, else in English, as the companion does."""
    return HEADS.get(tag.partition("-")[0].lower(), HEADS["en"])


def name_of(one: SetHead) -> str:
    """A version as people speak of it."""
    return f"Version {one.version}" if one.version else "Shipped instructions"


def days(from_day: int, to_day: int) -> str:
    """Say `day 0` or `days 1-7`."""
    return f"day {from_day}" if from_day == to_day else f"days {from_day}–{to_day}"


def column(one: DayColumn) -> str:
    """The head of a column."""
    return str(one.from_day) if one.from_day == one.to_day else f"{one.from_day}–{one.to_day}"


def text_of(one: Instruction, clinic_language: str) -> str:
    """An instruction in the words that the clinic's staff read: English where it is written, else the clinic's."""
    return told(one, languages_for("en", clinic_language)).text


def lacks(languages: Sequence[str], clinic_language: str) -> list[str]:
    """The languages, of those that ship and the clinic's own, in which a text is still missing."""
    written = {tag.partition("-")[0].lower() for tag in languages}
    wanted = dict.fromkeys((clinic_language.partition("-")[0].lower(), *LANGUAGES))
    return [tag for tag in wanted if tag not in written]
