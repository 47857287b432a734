"""The colour space that a file names without an ICC profile: by code points, or by primaries and a gamma.

Code points are those of ITU-T H.273, which AVIF and HEIC carry in a colour box and PNG in a cICP chunk; primaries and a
gamma are PNG's cHRM and gAMA. What is missing, unknown or makes no sense is read as sRGB's, as browsers do.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from aftercare.photos.boxes import primary_nclx

Point = tuple[float, float]
Primaries = tuple[Point, Point, Point, Point]
# A number is a power: light is the value raised to it.
Curve = Literal["srgb", "pq", "hlg"] | float


class ColourSpace(msgspec.Struct, frozen=True, kw_only=True):
    """What a file's numbers mean: the chromaticities (CIE x, y) of red, green, blue and white, and number to light."""

    primaries: Primaries
    curve: Curve = "srgb"


_D65: Final = (0.3127, 0.3290)
_C: Final = (0.310, 0.316)
_BT709: Final = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65)
_SMPTE_170M: Final = ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65)
SRGB: Final = ColourSpace(primaries=_BT709)
# H.273, table 2.
_PRIMARIES: Final[Mapping[int, Primaries]] = {
    1: _BT709,
    4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: _SMPTE_170M,
    7: _SMPTE_170M,
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),  # BT.2020
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),  # DCI P3
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),  # Display P3
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
# H.273, table 3. The cameras' curves of BT.709, BT.601 and BT.2020 are missing on purpose: pictures that name them are
# made for, and shown with, the curve of a screen.
_CURVES: Final[Mapping[int, Curve]] = {4: 2.2, 5: 2.8, 8: 1.0, 16: "pq", 17: 2.6, 18: "hlg"}
_NO_MATRIX, _FULL_RANGE = 0, 1  # a cICP that says otherwise is for no picture that PNG can hold
_NEAR = 0.002  # what writers of sRGB round their fallback values to
_SCREENS = (2.1, 2.3)  # sRGB written as one power
_GAMMAS = (1.0, 3.0)


def named_by(data: bytes, info: Mapping[Any, Any]) -> bytes | ColourSpace | None:
    """Return the ICC profile of a file, or the space that it names otherwise; None for plain sRGB.

    `info` is what the decoder read of it. PNG's code points go before its profile (PNG 3, 4.3), elsewhere a profile goes
    before everything else. Raises nothing.
    """
    profile: bytes | None = info.get("icc_profile")
    if data.startswith(b"\x89PNG"):
        codes = _png_code_points(data)
        space = _by_code(*codes) if codes else profile or _by_numbers(info)
    else:
        codes = _heic_code_points(info) or primary_nclx(data)
        space = profile or (_by_code(*codes) if codes else None)
    return None if space == SRGB else space


def _heic_code_points(info: Mapping[Any, Any]) -> tuple[int, int] | None:
    nclx = info.get("nclx_profile")
    return (nclx["color_primaries"], nclx["transfer_characteristics"]) if nclx else None


def _by_code(primaries: int, transfer: int) -> ColourSpace:
    return ColourSpace(
        primaries=_PRIMARIES.get(primaries, _BT709),
        curve=_CURVES.get(transfer, "srgb"),
    )


def _png_code_points(data: bytes) -> tuple[int, int] | None:
    for name, content in _png_head(data):
        if name == b"cICP" and len(content) == 4 and content[2:] == bytes((_NO_MATRIX, _FULL_RANGE)):
            return content[0], content[1]
    return None


def _png_head(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks before the pixels: (name, content)."""
    at = 8
    while at + 12 <= len(data):
        name, length = data[at + 4 : at + 8], int.from_bytes(data[at : at + 4], "big")
        if name == b"IDAT":
            return
        yield name, data[at + 8 : at + 8 + min(length, 32)]
        at += 12 + length


def _by_numbers(info: Mapping[Any, Any]) -> ColourSpace | None:
    """PNG's cHRM and gAMA, which an sRGB chunk overrules."""
    if "srgb" in info:
        return None
    gamma, said = info.get("gamma"), info.get("chromaticity")
    return ColourSpace(primaries=_sane(said) if said else _BT709, curve=_power(gamma) if gamma else "srgb")


def _power(gamma: float) -> Curve:
    power = 1 / gamma
    if _SCREENS[0] < power < _SCREENS[1] or not _GAMMAS[0] <= power <= _GAMMAS[1]:
        return "srgb"
    return power


def _sane(said: tuple[float, ...]) -> Primaries:
    """White, red, green, blue as PNG has them; sRGB's, where they are all but those or span no colours."""
    white, red, green, blue = ((said[at], said[at + 1]) for at in (0, 2, 4, 6))
    primaries = (red, green, blue, white)
    pairs = zip(primaries, _BT709, strict=True)
    if all(abs(a - b) <= _NEAR for one, other in pairs for a, b in zip(one, other, strict=True)):
        return _BT709
    inside = all(0 <= x <= 1 and 0.001 <= y <= 1 and x + y <= 1 for x, y in primaries)
    return primaries if inside and _surrounds(red, green, blue, white) else _BT709


def _surrounds(red: Point, green: Point, blue: Point, white: Point) -> bool:
    """Whether white is a mixture of all three, none of them all but nothing."""
    whole = _twice_the_area(red, green, blue)
    parts = (
        _twice_the_area(white, green, blue),
        _twice_the_area(red, white, blue),
        _twice_the_area(red, green, white),
    )
    return abs(whole) > 0.01 and all(part / whole > 0.01 for part in parts)


def _twice_the_area(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
