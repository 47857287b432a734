"""Slips of the finger: one letter too many, too few, another, or two changed about, in long words only.

Words are found by what is left of them when a letter is dropped: two words one slip apart share such a rest, so that no
word of a note is compared with every word we know. The first letter must be right.
"""

from collections.abc import Iterator

_SHORTEST = 7
# Good words of their own, one letter away from one of ours.
_MEANT_AS_WRITTEN = frozenset(
    [
        "blending",
        "breeding",
        "bluster",
        "tinkling",
        "weeding",
        "injected",
        "injection",
        "inflection",
        "scolded",
        "sagrado",
        "ajustado",
        "ajustada",
    ]
)


class Slips:
    """The words one slip away from those we know."""

    def __init__(self, words: set[str], stems: set[str]) -> None:
        self._whole: dict[str, list[str]] = {}
        self._begun: dict[str, list[str]] = {}
        for word in words:
            if len(word) >= _SHORTEST and word.isalpha():
                for rest in _rests(word):
                    self._whole.setdefault(rest, []).append(word)
        for stem in stems:
            if len(stem) >= _SHORTEST:
                for rest in _rests(stem):
                    self._begun.setdefault(rest, []).append(stem)
        self._longest = max((len(stem) for stem in stems), default=0) + 1

    def meant(self, word: str) -> tuple[str, ...]:
        """Give the words and beginnings that a long word may have been meant as, none for a short one."""
        if not _SHORTEST - 1 <= len(word) <= 30 or word in _MEANT_AS_WRITTEN:
            return ()
        meant = {
            whole for rest in _rests(word) for whole in self._whole.get(rest, ()) if _one_slip(word, whole)
        }
        for length in range(_SHORTEST - 1, min(len(word), self._longest) + 1):
            begun = word[:length]
            for rest in _rests(begun):
                for stem in self._begun.get(rest, ()):
                    if _one_slip(begun, stem):
                        meant.add(stem + "*")
        return tuple(sorted(meant))


def _rests(word: str) -> Iterator[str]:
    yield word
    for place in range(1, len(word)):
        yield word[:place] + word[place + 1 :]


def _one_slip(written: str, meant: str) -> bool:
    if written == meant or abs(len(written) - len(meant)) > 1:
        return written == meant
    same = 0
    for one, other in zip(written, meant, strict=False):
        if one != other:
            break
        same += 1
    left, right = written[same:], meant[same:]
    if len(left) > len(right):
        return left[1:] == right
    if len(right) > len(left):
        return right[1:] == left
    return left[1:] == right[1:] or (left[:2] == right[1::-1] and left[2:] == right[2:])
