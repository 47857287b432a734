"""The phrases of one language, as data, and the one pass that finds them all.

A phrase is words with blanks. `(a|b|)` is a choice, `swell*` a word that begins so, `..` up to three words between, ` .` at
its end that the thought ends there. The phrases stand in a tree of words, so that a note is read once however many phrases there are; a long word may be one slip
of the finger away.
"""

import tomllib
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from typing import Any, Final

import msgspec

from aftercare.checks.words.slips import Slips
from aftercare.checks.words.text import Word, read

_FOLDER = Path(__file__).parent
_GAP: Final = ".."
_ENDS: Final = ""  # where a phrase ends; no word is empty
_LAST: Final = "."  # where it ends if the thought does
_LONGEST_GAP = 3
_SHORTEST_STEM = 3

Node = dict[str, Any]
Roles = tuple[str, ...]


class Phrases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Phrases of a sign: `things` that one has or has not, and what is `told` as it stands."""

    things: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


class Around(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words around a mention that decide what becomes of it.

    `denies` takes back what follows in the same thought, `lacks` as well, and either twice is once too often;
    `denied_with` goes along with a denial ("ningún"). `answers_no` and `gone` stand behind a mention, `came_back` makes
    `gone` void, as `insists` does a denial ("never had a fever like this"), and so does `after_all` a few words on ("never had
    cold sores, but now there is one"). `joins` carries a denial on, `turns` and `parts` end it, and `parts` a place's reach as well. `harmless` is what only looks like one of our phrases.
    `below` stands before a number that was not reached. `warm` are words by which a number is a temperature.
    """

    denies: tuple[str, ...]
    lacks: tuple[str, ...]
    denied_with: tuple[str, ...]
    answers_no: tuple[str, ...]
    gone: tuple[str, ...]
    came_back: tuple[str, ...]
    after_all: tuple[str, ...]
    insists: tuple[str, ...]
    joins: tuple[str, ...]
    parts: tuple[str, ...]
    turns: tuple[str, ...]
    harmless: tuple[str, ...]
    below: tuple[str, ...]
    warm: tuple[str, ...]
    out_of_ten: tuple[str, ...]
    pain: tuple[str, ...]
    degrees: tuple[str, ...]
    other_units: tuple[str, ...]


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of phrases."""

    language: str
    version: int
    signs: dict[str, Phrases]
    places: dict[str, tuple[str, ...]]
    around: Around


class Found(msgspec.Struct, frozen=True, gc=False):
    """What begins at a word: every phrase that ends somewhere, and the longest of them."""

    ends: tuple[tuple[int, Roles], ...]  # the place after its last word, and what it is; the longest last

    @property
    def end(self) -> int:
        """The place after the longest."""
        return self.ends[-1][0]

    @property
    def roles(self) -> Roles:
        """What the longest is."""
        return self.ends[-1][1]


class Lexicon:
    """One language, ready to read."""

    def __init__(self, data: Data) -> None:
        self.language, self.version = data.language, data.version
        self._root: Node = {}
        self._words: set[str] = set()
        self._stems: set[str] = set()
        for name, phrases in data.signs.items():
            self._add(f"sign:{name}", (*phrases.things, *phrases.told))
        for place, words in data.places.items():
            self._add(f"place:{place}", words)
        for role in Around.__struct_fields__:
            self._add(role, getattr(data.around, role))
        self._stops = frozenset(word for word, node in self._root.items() if _stops(node))
        self._lengths = tuple(sorted({len(stem) for stem in self._stems}))
        self._slips = Slips(self._words, self._stems)

    def find(self, words: list[Word]) -> list[Found | None]:
        """Give what begins at each word. A gap reaches over no end of a thought, no turn of it and no denial."""
        forms = [self._forms(word.text) for word in words]
        stops = {place for place, word in enumerate(words) if word.ends or word.text in self._stops}
        return [self._from(forms, start, stops) if forms[start] else None for start in range(len(words))]

    def knows(self, words: list[Word]) -> int:
        """Count the words of a note that stand in phrases of this language."""
        return sum(word.text in self._words for word in words)

    def _from(self, forms: list[tuple[str, ...]], start: int, stops: set[int]) -> Found | None:
        ends: dict[int, set[str]] = {}
        self._walk(self._root, forms, start, stops, ends)
        return Found(tuple((end, tuple(sorted(ends[end]))) for end in sorted(ends))) if ends else None

    def _walk(
        self, node: Node, forms: list[tuple[str, ...]], at: int, stops: set[int], ends: dict[int, set[str]]
    ) -> None:
        if _ENDS in node:
            ends.setdefault(at, set()).update(node[_ENDS])
        if _LAST in node and (at >= len(forms) or at in stops):
            ends.setdefault(at, set()).update(node[_LAST][_ENDS])
        if at >= len(forms):
            return
        for form in forms[at]:
            if form in node:
                self._walk(node[form], forms, at + 1, stops, ends)
        if _GAP in node:
            for past in range(_LONGEST_GAP + 1):
                self._walk(node[_GAP], forms, at + past, stops, ends)
                if at + past in stops or at + past >= len(forms):
                    break

    def _forms(self, word: str) -> tuple[str, ...]:
        """The words of our phrases that this word can be: itself, beginnings of it, and failing these a slip of one."""
        forms = [word] if word in self._words else []
        for length in self._lengths:
            if length > len(word):
                break
            if word[:length] in self._stems:
                forms.append(word[:length] + "*")
        return tuple(forms) or self._slips.meant(word)

    def _add(self, role: str, phrases: tuple[str, ...]) -> None:
        for phrase in phrases:
            for words in spelled_out(phrase):
                node = self._root
                for word in words:
                    if word not in (_GAP, _LAST):
                        self._learn(word)
                    node = node.setdefault(word, {})
                node.setdefault(_ENDS, set()).add(role)

    def _learn(self, word: str) -> None:
        if not word.endswith("*"):
            self._words.add(word)
        elif len(word) > _SHORTEST_STEM:
            self._stems.add(word[:-1])
        else:
            raise ValueError(f"{word!r} would be the beginning of too many words")


def _stops(node: Node) -> bool:
    return not {"denies", "lacks", "parts"}.isdisjoint(node.get(_ENDS, ()))


def spelled_out(phrase: str) -> list[tuple[str, ...]]:
    """Give every sequence of words that a phrase stands for, its words as a note's are read."""
    parts = [part.strip("()").split("|") if part.startswith("(") else [part] for part in _split(phrase)]
    return [tuple(_as_read(" ".join(chosen))) for chosen in product(*parts)]


def _split(phrase: str) -> list[str]:
    parts, rest = [], phrase
    while "(" in rest:
        before, _, after = rest.partition("(")
        inside, _, rest = after.partition(")")
        if "(" in inside:
            raise ValueError(f"{phrase!r} has a choice within a choice, which is not understood")
        parts += [before, f"({inside})"]
    return [part for part in (*parts, rest) if part]


def _as_read(phrase: str) -> list[str]:
    return [word for written in phrase.split() for word in _word(written)]


@lru_cache(maxsize=4096)
def _word(written: str) -> tuple[str, ...]:
    if written == _GAP:
        return (written,)
    plain = [part.text for part in read(written.rstrip("*"))]
    return (*plain[:-1], plain[-1] + "*") if written.endswith("*") else tuple(plain)


@cache
def data(language: str) -> Data:
    """Read the newest phrases of a language."""
    newest = max(_FOLDER.glob(f"{language}-*.toml"), key=lambda path: int(path.stem.partition("-")[2]))
    return msgspec.convert(tomllib.loads(newest.read_text(encoding="utf-8")), Data)


@cache
def lexicon(language: str) -> Lexicon:
    """Give a language ready to read."""
    return Lexicon(data(language))
