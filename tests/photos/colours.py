"""Colours by the textbook, and what is kept of a picture of one colour: what the tests of colour hold side by side."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

from PIL import Image

from aftercare.model.photos import Rendition
from aftercare.photos.renditions import render

Colour = tuple[int, int, int]
Row = tuple[float, float, float]

SKIN: tuple[Colour, ...] = ((200, 120, 100), (235, 190, 170), (120, 70, 55), (225, 60, 60), (128, 128, 128))
# From linear light of one space to linear light of sRGB (BT.2020's as BT.2087 has it).
P3_TO_SRGB = ((1.2249, -0.2247, 0.0), (-0.0420, 1.0419, 0.0), (-0.0197, -0.0786, 1.0979))
BT2020_TO_SRGB = ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187))
ADOBE_TO_SRGB = ((1.39836, -0.39836, 0.0), (0.0, 1.0, 0.0), (0.0, -0.04293, 1.04293))
ADOBE_GAMMA = 563 / 256
UNCHANGED = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def linear(level: int) -> float:
    share = level / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def in_srgb(colour: Colour, light: Callable[[int], float], matrix: tuple[Row, Row, Row]) -> Colour:
    """The same colour by the textbook: to linear light, through the matrix, and back."""
    red, green, blue = (light(level) for level in colour)
    return shown((red, green, blue), matrix)


def shown(lit: Row, matrix: tuple[Row, Row, Row]) -> Colour:
    """Linear light of some primaries as sRGB has it."""
    mixed = [min(1.0, max(0.0, sum(a * b for a, b in zip(row, lit, strict=True)))) for row in matrix]
    bent = [12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055 for part in mixed]
    return (round(bent[0] * 255), round(bent[1] * 255), round(bent[2] * 255))


def kept(sent: bytes) -> Colour:
    """The colour in the middle of what is kept; both renditions have it, as plain RGB."""
    made, found = render(sent), []
    for rendition in Rendition:
        picture = Image.open(BytesIO(made.picture(rendition).data))
        assert picture.mode == "RGB"
        assert "icc_profile" not in picture.info
        found.append(picture.getpixel((picture.width // 2, picture.height // 2)))
    assert isinstance(found[1], tuple)
    near(found[0], (int(found[1][0]), int(found[1][1]), int(found[1][2])), 4)
    assert isinstance(found[0], tuple)
    return (int(found[0][0]), int(found[0][1]), int(found[0][2]))


def near(seen: object, meant: Colour, within: int = 5) -> None:
    assert isinstance(seen, tuple)
    assert all(abs(one - other) <= within for one, other in zip(seen, meant, strict=True)), (seen, meant)


def png(depth: int, colour_type: int, pixel: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    """A PNG of 32 x 32 equal pixels, also of the kinds that Pillow does not write."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 32, 32, depth, colour_type, 0, 0, 0)), *extra]
    chunks += [(b"IDAT", zlib.compress((b"\0" + pixel * 32) * 32)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )
