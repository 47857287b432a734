"""An ICC profile of a colour space that came without one, so that one engine converts them all (ICC.1:2022)."""

import struct

from aftercare.photos.colour_space import ColourSpace
from aftercare.photos.light import to_d50

_TAGS_AT = 128
_D50 = (0.9642, 1.0, 0.8249)
# `para` of type 3, clause 10.18: sRGB's curve, IEC 61966-2-1.
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def profile_of(space: ColourSpace) -> bytes:
    """Return the profile of a space whose curve is sRGB's or a power: of a screen with such primaries."""
    red, green, blue = zip(*to_d50(space.primaries), strict=True)
    bent = _para(0, space.curve) if isinstance(space.curve, float) else _para(3, *_SRGB_CURVE)
    tags = {b"rXYZ": _xyz(*red), b"gXYZ": _xyz(*green), b"bXYZ": _xyz(*blue), b"wtpt": _xyz(*_D50)}
    tags |= {b"rTRC": bent, b"gTRC": bent, b"bTRC": bent}
    content = b"".join(tags.values())
    starts = _TAGS_AT + 4 + 12 * len(tags)
    table = struct.pack(">I", len(tags))
    for name, tag in tags.items():
        table += struct.pack(">4sII", name, starts, len(tag))
        starts += len(tag)
    head = struct.pack(
        ">I4sI4s4s4s12x4s28x12s", starts, b"", 0x04300000, b"mntr", b"RGB ", b"XYZ ", b"acsp", _fixed(*_D50)
    )
    return head.ljust(_TAGS_AT, b"\0") + table + content


def _xyz(*parts: float) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*parts)


def _para(kind: int, *parts: float) -> bytes:
    return struct.pack(">4s4xHxx", b"para", kind) + _fixed(*parts)


def _fixed(*parts: float) -> bytes:
    """s15Fixed16Number."""
    return b"".join(round(part * 65536).to_bytes(4, "big", signed=True) for part in parts)
