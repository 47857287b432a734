"""The screening questionnaire: versioned data, read strictly, so that a slip in it is found before anyone is screened."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import ClassVar, Final

import msgspec

from aftercare.errors import AftercareError
from aftercare.model.screenings import Lesson, Questionnaire, Said, Scope, ScreeningItem
from aftercare.model.words import Modality, Prophylaxis

CURRENT_VERSION: Final = 1
TEXTS: Final = frozenset({"allergies", "medicines"})  # risks that are kept in words

_FOLDER = Path(__file__).parent / "questionnaires"
_SKIN_TYPES = range(1, 7)  # of Fitzpatrick's scale


class UnknownQuestionnaireError(AftercareError):
    """This version of the screening questionnaire is not known here. Name one that GET /v1/screening-questionnaires lists."""

    status: ClassVar[int] = 422
    type: ClassVar[str] = "unknown-questionnaire"
    title: ClassVar[str] = "Unknown questionnaire version"


class QuestionnaireError(AftercareError):
    """A screening questionnaire cannot be used as it is written."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "questionnaire"
    title: ClassVar[str] = "Questionnaire not usable"


def versions() -> tuple[int, ...]:
    """The versions known here, the newest last."""
    return tuple(sorted(int(file.stem) for file in _FOLDER.glob("*.toml")))


@cache
def load(version: int = CURRENT_VERSION) -> Questionnaire:
    """One version of the questionnaire. Raises UnknownQuestionnaireError."""
    return parse(source_of(version))


def source_of(version: int) -> str:
    """One version as it is written down. Raises UnknownQuestionnaireError."""
    if version not in versions():
        raise UnknownQuestionnaireError(pointers={"/questionnaire": "Not one of the known versions."})
    return (_FOLDER / f"{version}.toml").read_text(encoding="utf-8")


def parse(text: str) -> Questionnaire:
    """A questionnaire as it is written down. Raises QuestionnaireError, which names what is wrong and where."""
    try:
        made = msgspec.convert(tomllib.loads(text), Questionnaire)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise QuestionnaireError(f"The questionnaire cannot be read: {error}.") from error
    wrong = list(_faults(made))
    if wrong:
        raise QuestionnaireError(f"The questionnaire cannot be used: {'; '.join(wrong)}.")
    return made


def asked(
    questionnaire: Questionnaire, scope: Scope, modality: Modality | None = None
) -> tuple[ScreeningItem, ...]:
    """The items of a scope, in their order; of a treatment only those that matter to it."""
    items = tuple(item for item in questionnaire.items if scope in item.scopes)
    if modality is None:
        return items
    matter = {item.key for item in items if _matters(item, modality)}
    matter |= {item.asked_if.item for item in items if item.asked_if is not None and item.key in matter}
    return tuple(item for item in items if item.key in matter)


def _matters(item: ScreeningItem, modality: Modality) -> bool:
    return bool(item.learns) or any(modality in effect.modalities for effect in item.effects)


def _faults(made: Questionnaire) -> Iterator[str]:
    """What is wrong with a questionnaire, each in a few words."""
    keys = [item.key for item in made.items]
    groups = {group.key for group in made.groups}
    yield from (f"{key} is there twice" for key in sorted({key for key in keys if keys.count(key) > 1}))
    for group in made.groups:
        yield from _missing(f"group {group.key}", group.text, made)
    for place, item in enumerate(made.items):
        yield from _missing(item.key, item.text, made)
        if item.group not in groups:
            yield f"{item.key} is in the unknown group {item.group}"
        if set(item.value_texts) != set(item.values) or bool(item.values) != (
            item.kind in {"choice", "many"}
        ):
            yield f"{item.key} and the words for its values do not fit"
        for value, text in item.value_texts.items():
            yield from _missing(f"{item.key}.{value}", text, made)
        if item.asked_if is not None:
            first = next((one for one in made.items[:place] if one.key == item.asked_if.item), None)
            if first is None or not _possible(first, item.asked_if.said):
                yield f"{item.key} follows from an answer that cannot come before it"
        if item.optional and item.effects:
            yield f"{item.key} weighs something, so that leaving it open must be said"
        yield from _faults_of_effects(item)
        yield from _faults_of_lessons(item)


def _missing(what: str, text: Mapping[str, str], made: Questionnaire) -> Iterator[str]:
    for language in made.languages:
        if not text.get(language, "").strip():
            yield f"{what} has no words in {language}"


def _faults_of_effects(item: ScreeningItem) -> Iterator[str]:
    for effect in item.effects:
        if not (effect.sentence.strip() and effect.plan.strip() and effect.source.strip()):
            yield f"an effect of {item.key} lacks its sentence, plan or source"
        if (effect.within_days is not None) != (item.kind == "date"):
            yield f"{item.key}: days belong to dates, and dates need them"
        elif effect.within_days is not None and effect.within_days < 1:
            yield f"{item.key}: within_days is at least 1"
        elif item.kind != "date" and not _possible(item, effect.said):
            yield f"an effect of {item.key} waits for an answer that cannot come"
        if len(effect.sides) == 1:
            yield f"{item.key}: a conflict has two sides"


def _faults_of_lessons(item: ScreeningItem) -> Iterator[str]:
    for lesson in item.learns:
        if item.kind == "text":
            fits = lesson.risk in TEXTS and not lesson.said and lesson.value is None
        else:
            fits = _possible(item, lesson.said) and _fits_its_risk(lesson)
        if not fits:
            yield f"what {item.key} tells of {lesson.risk} does not fit"


def _fits_its_risk(lesson: Lesson) -> bool:
    if lesson.risk == "fitzpatrick":
        return type(lesson.value) is int and lesson.value in _SKIN_TYPES
    if lesson.risk == "prophylaxis":
        return lesson.value in set(Prophylaxis)
    return isinstance(lesson.value, str if lesson.risk in TEXTS else bool)


def _possible(item: ScreeningItem, said: tuple[Said, ...]) -> bool:
    """Whether each of these is an answer to the item."""
    if item.kind == "yes_no":
        return bool(said) and all(isinstance(one, bool) for one in said)
    return bool(said) and item.kind in {"choice", "many"} and set(said) <= set(item.values)
