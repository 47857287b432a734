"""The contrast of the tokens, computed by WCAG 2.2: AA for text, AAA for what an alert says, 3:1 for what is drawn."""

import re
from pathlib import Path

import pytest

from aftercare.web import render

CSS = (Path(render.__file__).with_name("front") / "tokens.css").read_text()
TOKEN = re.compile(r"--([a-z-]+): (#[0-9a-f]{6});")
LIGHT, DARK = (dict(TOKEN.findall(part)) for part in CSS.split("@media"))


def luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


PAIRS = [
    # what an alert says: AAA
    *(("ink", behind, 7.0) for behind in ("ground", "surface", "sunken", "accent-soft")),
    *(("alarm", behind, 7.0) for behind in ("surface", "ground", "alarm-soft")),
    ("on-emergency", "emergency", 7.0),
    ("on-same-day", "same-day", 7.0),
    *(("soon", behind, 7.0) for behind in ("surface", "ground")),
    *(("routine", behind, 7.0) for behind in ("surface", "ground")),
    # other text: AA
    *(("muted", behind, 4.5) for behind in ("ground", "surface", "sunken", "accent-soft")),
    *(("accent", behind, 4.5) for behind in ("ground", "surface", "accent-soft")),
    ("on-accent", "accent", 4.5),
    # what is drawn and must be seen: 3:1
    *(
        (mark, "surface", 3.0)
        for mark in ("control", "band-edge", "soon-edge", "routine-edge", "accent", "ink")
    ),
    *((mark, "band", 3.0) for mark in ("accent", "ink")),
]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "behind", "least"), PAIRS)
def test_a_token_stands_out_from_what_is_behind_it(
    theme: dict[str, str], front: str, behind: str, least: float
) -> None:
    assert contrast(theme[front], theme[behind]) >= least


def test_both_themes_know_the_same_tokens() -> None:
    assert LIGHT.keys() == DARK.keys()


def test_colours_are_named_in_the_tokens_and_nowhere_else() -> None:
    front = Path(render.__file__).with_name("front")
    for sheet in front.glob("*.css"):
        if sheet.name != "tokens.css":
            assert not re.search(r"#[0-9a-f]{3,8}\b", sheet.read_text()), sheet.name
