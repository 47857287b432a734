"""How usable a photo is: a few numbers measured while it is decoded, and friendly words about them. Never a refusal.

What was measured is kept; what it comes to is read from `quality.toml` each time, so that a better limit serves old photos
too. Nothing here looks at the colour of skin, and none of it raises or clears an alert (design.md 5).
"""

import tomllib
from functools import cache
from itertools import accumulate
from pathlib import Path

import msgspec
from PIL import Image, ImageFilter, ImageStat
from PIL.Image import Resampling

from aftercare.model.photos import Flaw, PhotoQuality
from aftercare.model.words import View

LANGUAGES = ("en", "es", "pt")
_EDGE = 1024
_OFF = 0.15  # of each side: what surrounds the face
_BLACK, _WHITE = 5, 250
_NOISE = 4
_MOST = 1000.0  # of a sharpness: a checkerboard's gradient is nothing

_Kernel = ImageFilter.Kernel
# 128 is nothing: a filter's picture holds no negative numbers.
_LAPLACIAN = _Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)
_ACROSS = _Kernel((3, 3), (0, 0, 0, -1, 0, 1, 0, 0, 0), scale=1, offset=128)
_ALONG = _Kernel((3, 3), (0, -1, 0, 0, 0, 0, 0, 1, 0), scale=1, offset=128)
_WITHOUT_NOISE = [128 if abs(level - 128) <= _NOISE else level for level in range(256)]


class _Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    source: str
    en: str
    es: str
    pt: str


class _TooSmall(_Rule, frozen=True, kw_only=True):
    long_edge_below: int


class _TooDark(_Rule, frozen=True, kw_only=True):
    lightest_below: int
    lightest_below_close_up: int
    black_share_over: float
    black_counts_below: int


class _TooBright(_Rule, frozen=True, kw_only=True):
    white_share_over: float


class _Blurred(_Rule, frozen=True, kw_only=True):
    sharpness_below: float


class QualityRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits with their sources, and what is said past them."""

    name: str
    too_small: _TooSmall
    too_dark: _TooDark
    too_bright: _TooBright
    blurred: _Blurred


@cache
def rules() -> QualityRules:
    """The limits that ship."""
    text = Path(__file__).with_name("quality.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), QualityRules)


def measure(picture: Image.Image) -> PhotoQuality:
    """Measure an upright RGB picture; about 10 ms at 2048 pixels. Shares are 0 to 1, levels 0 to 255."""
    grey = _middle(picture)
    counts = grey.histogram()
    pixels = sum(counts)
    sums = list(accumulate(counts))
    return PhotoQuality(
        long_edge=max(picture.size),
        black_share=sums[_BLACK] / pixels,
        white_share=(pixels - sums[_WHITE - 1]) / pixels,
        darkest=_level(sums, 0.02),
        lightest=_level(sums, 0.98),
        sharpness=_sharpness(grey),
    )


def flaws(quality: PhotoQuality, view: View) -> tuple[Flaw, ...]:
    """What speaks for taking the photo again, the worst first; nothing is the usual answer."""
    limits = rules()
    dark = limits.too_dark
    light_enough = (
        dark.lightest_below_close_up if view in {View.CLOSE_UP, View.OTHER} else dark.lightest_below
    )
    crushed = quality.black_share > dark.black_share_over and quality.lightest < dark.black_counts_below
    found = {
        Flaw.TOO_DARK: quality.lightest < light_enough or crushed,
        Flaw.TOO_BRIGHT: quality.white_share > limits.too_bright.white_share_over,
        Flaw.BLURRED: quality.sharpness < limits.blurred.sharpness_below,
        Flaw.TOO_SMALL: quality.long_edge < limits.too_small.long_edge_below,
    }
    return tuple(flaw for flaw, there in found.items() if there)


def said(flaw: Flaw, language: str) -> str:
    """Word it for the patient, in English where it is not written in that language."""
    rule: _Rule = getattr(rules(), flaw.value)
    broad = language.lower().split("-", 1)[0]
    return {"en": rule.en, "es": rule.es, "pt": rule.pt}.get(broad, rule.en)


def _middle(picture: Image.Image) -> Image.Image:
    """The part where the face is, grey, at the size that all photos are measured at."""
    width, height = picture.size
    left, top = int(width * _OFF), int(height * _OFF)
    grey = picture.crop((left, top, width - left, height - top)).convert("L")
    share = _EDGE / max(width, height)
    if share >= 1:
        return grey
    size = (max(1, round(grey.width * share)), max(1, round(grey.height * share)))
    return grey.resize(size, Resampling.BOX)


def _level(sums: list[int], share: float) -> int:
    return next(level for level, below in enumerate(sums) if below >= share * sums[-1])


def _sharpness(grey: Image.Image) -> float:
    """How much of what changes from pixel to pixel changes at once; the same however much light or contrast there is."""
    if min(grey.size) < 3:
        return 0.0
    gradient = _variance(grey, _ACROSS) + _variance(grey, _ALONG)
    laplacian = _variance(grey, _LAPLACIAN)
    return min(_MOST, laplacian / gradient) if gradient else min(_MOST, laplacian)


def _variance(grey: Image.Image, kernel: ImageFilter.Kernel) -> float:
    # A filter leaves the outermost pixels as they were.
    filtered = grey.filter(kernel).crop((1, 1, grey.width - 1, grey.height - 1)).point(_WITHOUT_NOISE)
    return float(ImageStat.Stat(filtered).var[0])
