"""What must hold for every note: it can only raise, a denial silences, and nothing it holds breaks the screen."""

import random
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.care.instrument import load
from aftercare.checks import default_pack, judge
from aftercare.checks.words import LANGUAGES, screen
from aftercare.checks.words.lexicon import data, lexicon, spelled_out
from aftercare.model.findings import Finding
from aftercare.model.timeline import Timeline
from tests.checks.test_notes import CORPUS
from tests.checks.test_properties import newest, replaced, timelines

PACK = default_pack()
SPELLINGS = 12  # of each phrase; some have a hundred
some = settings(max_examples=max(100, settings().max_examples), deadline=None)

SAID = {
    "en": (
        "Since this morning I have {x}",
        "{x} since yesterday",
        "Hello, {x}. Thank you",
        "No fever, but {x}",
    ),
    "es": ("Desde esta mañana tengo {x}", "{x} desde ayer", "Hola, {x}. Gracias", "Sin fiebre, pero {x}"),
    "pt": ("Desde esta manhã tenho {x}", "{x} desde ontem", "Olá, {x}. Obrigada", "Sem febre, mas {x}"),
}
# What one has is denied by having none; what is told as a whole, by its not being so.
DENIED = {
    ("en", "things"): ("I have no {x}", "No {x} today", "I don't have any {x}", "I am fine, without {x}"),
    ("es", "things"): ("No tengo {x}", "Sin {x} hoy", "Ya no tengo {x}", "No hay {x}"),
    ("pt", "things"): ("Não tenho {x}", "Sem {x} hoje", "Já não tenho {x}", "Não há {x}"),
    ("en", "told"): ("It is not that {x}",),
    ("es", "told"): ("No es que {x}",),
    ("pt", "told"): ("Não é que {x}",),
}


def written(words: tuple[str, ...]) -> str:
    return " ".join(word.rstrip("*") for word in words if word != "..")


@cache
def phrases(language: str) -> list[tuple[str, str, str]]:
    """Every phrase of a language as a patient would write it: the sign, whether a thing or told, the words."""
    rng = random.Random(language)  # noqa: S311 - the same spellings every time
    every = []
    for name, both in data(language).signs.items():
        for kind in ("things", "told"):
            for phrase in getattr(both, kind):
                spelled = spelled_out(phrase)
                some_of = rng.sample(spelled, min(SPELLINGS, len(spelled)))
                every += [(name, kind, written(words)) for words in some_of]
    return every


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_phrase_names_its_sign_in_every_sentence_that_says_it(language: str) -> None:
    silent = [
        (name, sentence.format(x=words))
        for name, _, words in phrases(language)
        for sentence in SAID[language]
        if not any(m.name == name and not m.negated for m in screen(sentence.format(x=words), language))
    ]
    assert silent == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_phrase_denied_names_nothing(language: str) -> None:
    loud = [
        sentence.format(x=words)
        for _, kind, words in phrases(language)
        for sentence in DENIED[language, kind]
        if not words.startswith(("no ", "nao "))  # denied twice is said
        and any(not m.negated for m in screen(sentence.format(x=words), language))
    ]
    assert loud == []


notes = st.one_of(
    st.sampled_from([text for _, text, _ in CORPUS]),
    st.lists(st.sampled_from([text for _, text, _ in CORPUS]), min_size=2, max_size=4).map(" ".join),
    st.text(max_size=60),
)
spoken = st.sampled_from([None, "en", "es-MX", "pt-BR", "de"])


def noted(line: Timeline, note: str, language: str | None) -> Timeline:
    last = newest(line)
    return msgspec.structs.replace(replaced(line, last, {**last.answers, "note": note}), language=language)


def fired(found: list[Finding]) -> dict[tuple[str | None, str], tuple[int, frozenset[str]]]:
    return {(one.check_in, one.row): (one.tier.rank, frozenset(one.signs)) for one in found}


@some
@given(timelines, notes, spoken)
def test_a_note_never_lowers_a_tier_nor_takes_a_finding_or_a_sign_of_it_away(
    line: Timeline, note: str, language: str | None
) -> None:
    without, with_it = fired(judge(PACK, line)), fired(judge(PACK, noted(line, note, language)))
    for row, (rank, signs) in without.items():
        assert row in with_it
        assert with_it[row][0] >= rank
        assert with_it[row][1] >= signs


@some
@given(timelines, notes, spoken)
def test_a_note_changes_nothing_of_another_check_in(line: Timeline, note: str, language: str | None) -> None:
    def others(found: list[Finding]) -> list[Finding]:
        return [one for one in found if one.check_in != newest(line).id]

    first = min(line.check_ins, key=lambda one: (one.day, one.id))
    changed = replaced(line, first, {**first.answers, "note": note})
    changed = msgspec.structs.replace(changed, language=language)
    later = [one for one in judge(PACK, changed) if one.check_in != first.id]
    assert later == [one for one in judge(PACK, line) if one.check_in != first.id]
    assert others(judge(PACK, noted(line, note, language))) == others(judge(PACK, line))


@some
@given(timelines, st.sampled_from([(language, text) for language, text, there in CORPUS if not there]))
def test_a_harmless_note_changes_nothing(line: Timeline, harmless: tuple[str, str]) -> None:
    language, note = harmless
    assert judge(PACK, noted(line, note, language)) == judge(PACK, line)


@some
@given(st.data())
def test_more_sentences_never_name_less(draw: st.DataObject) -> None:
    language = draw.draw(st.sampled_from(LANGUAGES))
    mine = [text for spoken, text, _ in CORPUS if spoken == language]
    before, note, after = (draw.draw(st.sampled_from(mine)) for _ in range(3))
    alone = {m.name for m in screen(note, language) if not m.negated}
    assert {m.name for m in screen(f"{before}\n{note}\n{after}", language) if not m.negated} >= alone


HOSTILE: list[Any] = [
    *(
        "\x00",
        "\u202eanimal",
        "\u200b" * 2000,
        "a" + "\u0301" * 1999,
        "\ufdfa" * 2000,
        "😀" * 2000,
        "❶②³",
        "\ud800",
    ),
    *(
        "no " * 700,
        "no fever or " * 170,
        "blisters, " * 200,
        "eye " * 500,
        "38.5 " * 400,
        "(" * 2000,
        "'" * 2000,
    ),
    *(
        "no puedo puedo " * 130,
        "hard to hard to " * 120,
        "x" * 2000,
        "حمى شديدة " * 200,
        "發燒" * 1000,
        "1" * 2000,
    ),
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("language", [*LANGUAGES, None])
def test_hostile_text_breaks_nothing_and_is_quoted_where_it_stands(text: str, language: str | None) -> None:
    for mention in screen(text, language):
        assert 0 <= mention.start < mention.end <= len(text)


@some
@given(st.text(st.characters(), max_size=200), spoken)
def test_any_text_is_read_without_a_crash(text: str, language: str | None) -> None:
    for mention in screen(text, language):
        assert 0 <= mention.start < mention.end <= len(text)


def test_the_work_grows_with_the_length_and_not_faster() -> None:
    class Counting(dict[str, Any]):
        looked = 0

        def __contains__(self, key: object) -> bool:
            Counting.looked += 1
            return super().__contains__(key)

    def counted(node: dict[str, Any]) -> Counting:
        return Counting({k: counted(v) if isinstance(v, dict) else v for k, v in node.items()})

    english = lexicon("en")
    whole, english._root = english._root, counted(english._root)
    try:
        worst = []
        for text in ("eye lid ", "the swelling of my throat is not so hard to ", "no fever or "):
            work = []
            for times in (20, 80):
                Counting.looked = 0
                screen((text * times)[:2000], "en")
                work.append(Counting.looked / min(len(text) * times, 2000))
            worst.append(work[1] / work[0])
    finally:
        english._root = whole
    assert max(worst) < 1.5


def test_what_is_kept_of_a_note_is_what_is_read() -> None:
    longest = int(next(item.maximum or 0 for item in load().items if item.key == "note"))
    assert {m.name for m in screen(" " * (longest - 8) + "blisters", "en")} == {"blisters"}
    assert screen(" " * longest + "blisters", "en") == ()
