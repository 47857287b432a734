"""A note as words: without capitals, accents and tricks of Unicode, each word knowing where it stood."""

import re
from collections.abc import Iterator
from unicodedata import category, normalize

import msgspec

# Words with their apostrophes, numbers with their decimals, one sign, or the end of a line.
_PART = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+(?:[.,]\d+)?|\n|[^\w\s]")
_LONGEST_SIGN = 3  # letters in one: "ﬃ"; some of other scripts hold a sentence, and are no word of ours
_DRAWN_OUT = re.compile(r"(.)\1\1+")  # "sooo", "nooooo"
_SILENT = frozenset('"*~^`«»“”„#|\\')  # marks that neither end a thought nor mean anything here
_AS_APOSTROPHE = dict.fromkeys("’‘ʼ´′", "'")
_AS_SIGN = {"º": "°", "˚": "°", "…": ".", "¿": "", "¡": "", "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-"}
_ENDS = frozenset(".;:,!?()[]{}\n")


class Word(msgspec.Struct, frozen=True, gc=False):
    """A word, a number or a sign, and where it stands in the note as it was written."""

    text: str
    start: int
    end: int

    @property
    def ends(self) -> bool:
        """Whether a thought ends here: what is denied before it is not denied after it."""
        return not self.text[0].isalnum() and self.text not in _INSIDE


_INSIDE = frozenset("°%/'&+=")


def read(text: str) -> list[Word]:
    """Split a note into words. Takes time in proportion to its length, whatever it holds."""
    if text.isascii():
        folded, places = text.lower(), None
    else:
        folded, places = _fold(text)
    drawn_out = _DRAWN_OUT.search(folded) is not None
    words: list[Word] = []
    for part in _PART.finditer(folded):
        word, start, end = part[0], part.start(), part.end()
        if word in _SILENT or (word == "-" and _inside_a_word(folded, start)):
            continue
        if places is not None:
            start, end = places[start], places[end - 1] + 1
        else:
            end = part.end()
        if "'" in word and len(word) > 1:
            word = word.replace("'", "")
        if drawn_out and word[0].isalpha():
            word = _DRAWN_OUT.sub(r"\1", word)
        if word == "not" and words and words[-1].text == "can":
            word, start = "cannot", words.pop().start  # many write it apart
        words.append(Word(word, start, end))
    return words


def _inside_a_word(text: str, at: int) -> bool:
    return 0 < at < len(text) - 1 and text[at - 1].isalnum() and text[at + 1].isalnum()


def _fold(text: str) -> tuple[str, list[int]]:
    """Give the note in plain small letters, and for each of them the place it came from."""
    folded: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        plain = sign.lower() if sign.isascii() else "".join(_plain(sign))
        folded.append(plain)
        places += [place] * len(plain)
    return "".join(folded), places


def _plain(sign: str) -> Iterator[str]:
    if sign in _AS_SIGN or sign in _AS_APOSTROPHE:
        yield _AS_SIGN.get(sign) or _AS_APOSTROPHE.get(sign, "")
        return
    for part in normalize("NFKD", sign)[:_LONGEST_SIGN]:
        kind = category(part)
        if kind == "Nd":
            yield str(int(part))  # digits of any script
        elif kind[0] not in "MC" or part == "\n":
            yield part.lower()  # marks, and characters that nobody sees, say nothing
