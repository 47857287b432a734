"""Pictures of more light than a screen's white (PQ and HLG of ITU-R BT.2100), brought to sRGB.

Skin is well below the white of paper, which BT.2408 puts at 203 cd/m2. Up to four fifths of that the light is shown as
it is; what is brighter bends towards white, each colour on its own, as on film.
"""

from functools import lru_cache
from math import exp
from math import pow as raised
from typing import Final

from PIL.ImageFilter import Color3DLUT

from aftercare.photos.colour_space import ColourSpace
from aftercare.photos.light import luminance, to_srgb_light

_PAPER: Final = 203.0  # cd/m2, BT.2408, 2.1
_KNEE: Final = 0.8
_STEPS: Final = 33  # of each colour; what is between them is interpolated
# BT.2100, tables 4 and 5.
_M1, _M2, _C1, _C2, _C3 = 1305 / 8192, 2523 / 32, 107 / 128, 2413 / 128, 2392 / 128
_PQ_PEAK = 10_000.0
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_HLG_PEAK, _HLG_GAMMA = 1_000.0, 1.2


@lru_cache(maxsize=4)
def table_of(space: ColourSpace) -> Color3DLUT:
    """Return what a PQ or HLG picture is filtered with to be sRGB. Takes 0.2 s to make."""
    light = [_light(step / (_STEPS - 1), space) for step in range(_STEPS)]
    mix, weights = to_srgb_light(space.primaries), luminance(space.primaries)

    def shown(r: float, g: float, b: float) -> tuple[float, float, float]:
        lit = [light[round(part * (_STEPS - 1))] for part in (r, g, b)]
        if space.curve == "hlg":
            # Light of the scene to light of the screen: by its luminance, or its colours would change.
            bright = sum(weight * part for weight, part in zip(weights, lit, strict=True))
            lit = [part * raised(bright, _HLG_GAMMA - 1) for part in lit]
        mixed = (sum(a * part for a, part in zip(row, lit, strict=True)) for row in mix)
        red, green, blue = (_srgb(_bent(max(0.0, part))) for part in mixed)
        return red, green, blue

    return Color3DLUT.generate(_STEPS, shown)


def _light(signal: float, space: ColourSpace) -> float:
    """Light by its number, 1 for paper; of HLG that of the scene, so scaled that `shown` brings it there."""
    if space.curve == "pq":
        root = raised(signal, 1 / _M2)
        return raised(max(root - _C1, 0.0) / (_C2 - _C3 * root), 1 / _M1) * _PQ_PEAK / _PAPER
    scene = signal**2 / 3 if signal <= 1 / 2 else (exp((signal - _C) / _A) + _B) / 12
    return scene * raised(_HLG_PEAK / _PAPER, 1 / _HLG_GAMMA)


def _bent(light: float) -> float:
    room = 1 - _KNEE
    return light if light <= _KNEE else _KNEE + room * (1 - exp((_KNEE - light) / room))


def _srgb(light: float) -> float:
    """IEC 61966-2-1."""
    return 12.92 * light if light <= 0.0031308 else 1.055 * raised(light, 1 / 2.4) - 0.055
