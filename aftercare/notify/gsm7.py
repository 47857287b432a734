"""The alphabet of SMS (GSM 03.38) and how names are written in it.

A text that keeps to it has room for 160 characters in one part; a single letter outside of it turns the whole text into
UCS-2, with room for 70, which is less than most links need. So letters lose their accents here rather than the link
its end.
"""

import unicodedata
from typing import Final

ONE_PART: Final = 160
_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("^{}\\[~]|€")  # an escape and a letter
_INSTEAD: Final = {
    **dict.fromkeys("‘’‚‛´`", "'"),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("‐‑‒–—−", "-"),
    "ı": "i",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ð": "d",
    "þ": "th",
    "Þ": "Th",
    "œ": "oe",
    "Œ": "OE",
    "·": ".",
    "•": "-",
    "×": "x",
    "©": "(c)",
    "®": "(R)",
    "™": "TM",
}


def septets(text: str) -> int | None:
    """How much room `text` takes, of `ONE_PART`; None if it holds a letter that SMS has not."""
    if not all(char in _BASIC or char in _EXTENDED for char in text):
        return None
    return len(text) + sum(char in _EXTENDED for char in text)


def written_plainly(text: str) -> str | None:
    """Give `text` with letters that SMS has, without ornaments; None if one of its letters would be lost."""
    plain = [_letter(char) for char in unicodedata.normalize("NFC", text)]
    if any(letter is None for letter in plain):
        return None
    return " ".join("".join(letter or "" for letter in plain).split())


def _letter(char: str) -> str | None:
    if char in _BASIC or char in _EXTENDED:
        return char
    bare = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    letters = _INSTEAD.get(char, bare)
    if septets(letters) is not None:
        return letters
    return None if char.isalnum() else ""
