"""What a note names: every sign it speaks of, and whether it is taken back (rules.md 3, last row; design.md 5, 7).

A denial reaches a few words far, until the thought ends or turns; over "or" it goes on, and over commas where the list
ends in "or". "No blisters, tingling" therefore names tingling: where it can be read in two ways, it is read as there.
What was long ago, might be, is asked or feared is named as well. Only what is plainly denied or gone is not.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from aftercare.care.instrument import load
from aftercare.checks.words.lexicon import Found, Lexicon, lexicon
from aftercare.checks.words.mention import Mention
from aftercare.checks.words.numbers import numbers
from aftercare.checks.words.text import Word, read
from aftercare.model.patient_messages import LONGEST_MESSAGE

LANGUAGES: Final = ("en", "es", "pt")
# Where a patient writes freely, and how much of it there can be: the note of a check-in, and a message.
SOURCES: Final = {
    "note": int(next(item.maximum or 0 for item in load().items if item.key == "note")),
    "message": LONGEST_MESSAGE,
}

_REACH = 4  # words between a denial and what it denies
_LIST_GAP = 2  # words between a comma and the next of a list
_BACK_WITHIN = (
    8  # words after "gone" in which it can be said to have come back, and after a denial to be there now
)
_PLACE_WITHIN = 5  # words between a sign and where it is
_PARTS = frozenset({"denies", "lacks", "parts"})
_TURNS = frozenset({"turns", "parts", "after_all"})
_AROUND = frozenset({"denies", "lacks", "parts", "turns"})
_SENTENCE_ENDS = frozenset(".;!?\n")


def screen(text: str, language: str | None, source: str = "note") -> tuple[Mention, ...]:
    """Give what a note or a message names, in the order of its words, the denied among it.

    `language` is the patient's, a tag such as `pt-BR`; a note of which another knows more words is read in that one as
    well, since people write as they feel and a record may be wrong. In a language that is not ours, or where it is not known, it is read in all three.
    What any of them names is named. Where two name the same words ("pus"), the one that knows most words of
    the note says whether they are denied. Of an over-long text only what is kept of its source is read.
    """
    words = read(text[: SOURCES[source]])
    spoken = (language or "").replace("_", "-").partition("-")[0].lower()
    together: dict[tuple[str, int, int], Mention] = {}
    for each in _readers(words, spoken):
        together |= {(one.name, one.start, one.end): one for one in _screen(words, each)}
    return tuple(sorted(together.values(), key=lambda one: (one.start, one.end, one.name)))


def _readers(words: list[Word], spoken: str) -> list[Lexicon]:
    """The languages that a note is read in, the one that knows most of its words last."""
    known = {language: lexicon(language).knows(words) for language in LANGUAGES}
    least = known.get(spoken, -1)
    readers = [language for language, count in known.items() if language == spoken or count > least]
    # Of two that know as many the patient's own is last.
    return [lexicon(one) for one in sorted(readers, key=lambda one: (known[one], one == spoken))]


class _At(msgspec.Struct):
    """A mention by the places of its words."""

    name: str
    first: int
    past: int
    denied: bool
    value: float | None = None


def _screen(words: list[Word], lexicon: Lexicon) -> list[Mention]:
    found = lexicon.find(words)
    if not any(found) and not any(word.text[0].isdigit() for word in words):
        return []
    reading = _Reading(words, found)
    named = reading.named()
    named += [_At(*each) for each in numbers(words, found, reading.denied)]
    places = [] if not named else list(_places(found))
    return [
        Mention(
            name=one.name,
            start=words[one.first].start,
            end=words[one.past - 1].end,
            negated=one.denied,
            value=one.value,
            places=_near(words, found, one, places) if places else (),
        )
        for one in named
    ]


class _Reading:
    """One pass over a note, from the first word to the last."""

    def __init__(self, words: list[Word], found: list[Found | None]) -> None:
        self.words, self.found = words, found
        self.denied = [False] * len(words)  # whether a denial reaches this word
        self._named: list[_At] = []
        self._reach = 0
        self._since = 0  # words since the denial that still reaches
        self._maybe: list[_At] = []  # of a list after a comma: denied if it ends in "or"
        self._list = 0  # how many more words may stand before the next of the list

    def named(self) -> list[_At]:
        at = 0
        while at < len(self.words):
            at = self._step(at)
        return self._named

    def _step(self, at: int) -> int:
        word, found = self.words[at], self.found[at]
        roles = found.roles if found else ()
        self.denied[at] = self._reach > 0
        if word.ends:
            self._end(at)
            return at + 1
        if found and "harmless" in roles and not _names(roles):
            return found.end
        signs = [] if not _AROUND.isdisjoint(roles) and not _names(roles) else self._signs(at)
        if signs:
            return self._name(at, signs)
        return self._around(at, found, roles)

    def _around(self, at: int, found: Found | None, roles: tuple[str, ...]) -> int:
        if found and "denied_with" in roles and self._reach:
            return found.end
        if found and ("denies" in roles or "lacks" in roles):
            # Twice denied is said; but "no, no" and "no, none" only say it again.
            undone = self._reach > 0 and ("lacks" in roles or self._since > 0)
            self._reach, self._since = (0 if undone else _REACH), 0
            self._mark(at, found.end)
            return found.end
        if found and not _TURNS.isdisjoint(roles):
            self._reach = self._list = 0
            self._settle(denied=False)
            return (
                at + 1 if "after_all" in roles else found.end
            )  # a sign may begin within: "there is one spot that ..."
        if self._reach:
            self._reach, self._since = self._reach - 1, self._since + 1
        if self._list:
            self._list -= 1
        return at + 1

    def _signs(self, at: int) -> list[tuple[int, str]]:
        found = self.found[at]
        return (
            []
            if found is None
            else [
                (end, role.removeprefix("sign:"))
                for end, roles in found.ends
                for role in roles
                if role.startswith("sign:")
            ]
        )

    def _name(self, at: int, signs: list[tuple[int, str]]) -> int:
        """Take what begins here and within it; its own words deny nothing else."""
        past = self.found[at].end  # type: ignore[union-attr]
        whole = [_At(name, at, end, denied=False) for end, name in signs]
        for inner in range(at + 1, past):
            whole += [_At(name, inner, end, denied=False) for end, name in self._signs(inner)]
        past = max(one.past for one in whole)
        insists = past < len(self.words) and self._is(past, "insists")
        denied = self._reach > 0 and not insists and not self._there_now(past)
        gone = self._gone(past)
        for one in whole:
            one.denied = denied or gone
        self._named += whole
        self._mark(at, past)
        listed = not denied and not gone and self._list > 0
        if listed:
            self._maybe += whole
        joins = past < len(self.words) and self._is(past, "joins")
        if denied or gone or (joins and self._maybe):
            if joins:
                self._settle(denied=denied or bool(self._maybe))
                self._reach, self._since = _REACH, 0
                return past + 1
            self._list = _LIST_GAP if denied and self._comma(past) else 0
            self._reach = 0 if self._list else self._reach
        elif listed and self._comma(past):
            self._list = _LIST_GAP
        else:
            self._list = 0
            self._settle(denied=False)
        return past

    def _mark(self, first: int, past: int) -> None:
        self.denied[first:past] = [self._reach > 0] * (past - first)

    def _end(self, at: int) -> None:
        self._reach = 0
        if not (self.words[at].text == "," and self._list):
            self._list = 0
            self._settle(denied=False)

    def _settle(self, *, denied: bool) -> None:
        for one in self._maybe:
            one.denied = denied
        self._maybe = []

    def _comma(self, at: int) -> bool:
        return at < len(self.words) and self.words[at].text == ","

    def _is(self, at: int, role: str) -> bool:
        found = self.found[at]
        return found is not None and role in found.roles

    def _there_now(self, at: int) -> bool:
        """Whether a denial before this place is of the past only: "... until today", "..., but now there is one"."""
        for place in range(at, min(at + _BACK_WITHIN, len(self.words))):
            if self.words[place].text in _SENTENCE_ENDS:
                break
            if self._is(place, "after_all"):
                return True
        return False

    def _gone(self, at: int) -> bool:
        """Whether a mention is taken back by what follows it: "... is gone", "...: no"."""
        if at >= len(self.words):
            return False
        found = self.found[at]
        if found and "gone" in found.roles:
            later = range(found.end, min(found.end + _BACK_WITHIN, len(self.words)))
            return not any(self._is(place, "came_back") for place in later)
        answer = at + 1 if self.words[at].text in ":-=?" else at
        if answer < len(self.words) and self._is(answer, "answers_no"):
            past = self.found[answer].end  # type: ignore[union-attr]
            return past >= len(self.words) or self.words[past].ends
        return False


def _places(found: list[Found | None]) -> Iterator[tuple[int, int, str]]:
    for at, each in enumerate(found):
        if each:
            for end, roles in each.ends:
                yield from (
                    (at, end, role.removeprefix("place:")) for role in roles if role.startswith("place:")
                )


def _near(
    words: list[Word], found: list[Found | None], one: _At, places: list[tuple[int, int, str]]
) -> tuple[str, ...]:
    """The places named in the same thought, a few words before or after."""
    near = []
    for first, past, place in places:
        between = range(one.past, first) if first >= one.past else range(past, one.first)
        if len(between) <= _PLACE_WITHIN and not any(words[at].ends or _parts(found[at]) for at in between):
            near.append(place)
    return tuple(dict.fromkeys(near))


def _names(roles: tuple[str, ...]) -> bool:
    return any(role.startswith("sign:") for role in roles)


def _parts(found: Found | None) -> bool:
    return found is not None and not _PARTS.isdisjoint(found.roles)
