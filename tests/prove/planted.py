"""Words that are nobody's, planted in everything that people tell us, and looked for in everything that leaves the house.

A word is looked for as it is, in any case, and as it would stand in a URL, in base64 at any place, in UTF-16 and turned
round by no one: whoever hides it better than that does so on purpose.
"""

import base64
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

_LETTERS = "bdfghjklmnprstvwz"
# What patients report, in the words of our own questions and rules: in nothing that leaves, in no log and no metric.
SYMPTOMS = (
    "tingl", "blister", "breath", "swell", "cold_sore", "cold sore", "herpes", "airway", "tongue", "lips", "very_unwell",
    "pus_spots", "yellow_crust", "redness", "fever", "pregnan",
)  # fmt: skip


@dataclass
class Planted:
    """Words by whose they are and what for, and tokens that were given out since."""

    rng: random.Random
    words: dict[str, str] = field(default_factory=dict)

    def word(self, what: str) -> str:
        """The word for something: made once."""
        if what not in self.words:
            self.words[what] = "Zq" + "".join(self.rng.choice(_LETTERS) for _ in range(10))
        return self.words[what]

    def number(self, what: str) -> str:
        """The phone number for something."""
        if what not in self.words:
            self.words[what] = "+4420" + "".join(str(self.rng.randint(0, 9)) for _ in range(8))
        return self.words[what]

    def keep(self, what: str, secret: str) -> str:
        """A secret that the service made."""
        self.words[what] = secret
        return secret

    def found_in(self, heard: Mapping[str, bytes]) -> list[str]:
        """Which of them stand in what was heard, and where; what is heard is by its name."""
        symptoms = {f"symptom {word}": word for word in SYMPTOMS}
        return [
            f"{what} in {name}"
            for name, text in heard.items()
            for what, word in (self.words | symptoms).items()
            if any(form in text.lower() for form in _forms(word))
        ]


def _forms(word: str) -> Iterator[bytes]:
    plain = word.encode()
    yield plain.lower()
    yield quote(word, safe="").lower().encode()
    yield word.encode("utf-16-le").lower()
    if len(plain) < 8:
        return  # too little of it is left to be told from chance
    for before in range(3):
        packed = base64.b64encode(b"\0" * before + plain)
        # What shares a group of three bytes with its neighbours is different there.
        yield packed[4 if before else 0 : -4].lower()
