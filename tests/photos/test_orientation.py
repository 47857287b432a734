"""The way up of HEIC and AVIF, which is told in the box around the picture, in its EXIF, or in both."""

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image
from PIL.ExifTags import Base

from aftercare.photos.renditions import render

Encode = Callable[..., bytes]

RED, GREEN, BLUE, WHITE = (220, 20, 20), (20, 200, 20), (20, 20, 220), (255, 255, 255)
# What the corners of the stored picture (above left, above right, below left, below right) become when it is upright:
# EXIF 2.32, 4.6.4, written out by hand.
UPRIGHT = {
    1: (RED, GREEN, BLUE, WHITE),
    2: (GREEN, RED, WHITE, BLUE),
    3: (WHITE, BLUE, GREEN, RED),
    4: (BLUE, WHITE, RED, GREEN),
    5: (RED, BLUE, GREEN, WHITE),
    6: (BLUE, RED, WHITE, GREEN),
    7: (WHITE, GREEN, BLUE, RED),
    8: (GREEN, WHITE, RED, BLUE),
}


def corners() -> Image.Image:
    picture = Image.new("RGB", (128, 96), RED)
    picture.paste(GREEN, (64, 0, 128, 48))
    picture.paste(BLUE, (0, 48, 64, 96))
    picture.paste(WHITE, (64, 48, 128, 96))
    return picture


def exif(orientation: int) -> Image.Exif:
    made = Image.Exif()
    made[Base.Orientation] = orientation
    return made


def shown(sent: bytes) -> tuple[tuple[int, int], tuple[object, ...]]:
    """The size of what is kept, and which of the four colours is in each of its corners."""
    picture = Image.open(BytesIO(render(sent).display.data))
    right, low = picture.width - 9, picture.height - 9
    return picture.size, tuple(
        min((RED, GREEN, BLUE, WHITE), key=lambda colour: _far(picture.getpixel(at), colour))
        for at in ((8, 8), (right, 8), (8, low), (right, low))
    )


def _far(seen: object, meant: tuple[int, int, int]) -> int:
    assert isinstance(seen, tuple)
    return sum(abs(one - other) for one, other in zip(seen, meant, strict=True))


def expected(orientation: int) -> tuple[tuple[int, int], tuple[object, ...]]:
    return (128, 96) if orientation < 5 else (96, 128), UPRIGHT[orientation]


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_what_box_and_exif_both_say_is_done_once(kind: str, orientation: int, encode: Encode) -> None:
    sent = encode(corners(), kind, exif=exif(orientation).tobytes())
    assert (b"irot" in sent) or (b"imir" in sent) or orientation == 1
    assert shown(sent) == expected(orientation)


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_what_only_the_box_says_is_done(orientation: int, encode: Encode) -> None:
    turned = exif(orientation).tobytes()
    sent = encode(corners(), "HEIF", exif=turned)
    assert sent.count(turned[6:]) == 1
    alone = sent.replace(turned[6:], exif(1).tobytes()[6:])
    assert shown(alone) == expected(orientation)


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_of_a_heic_the_box_counts_and_not_what_only_its_exif_says(orientation: int, encode: Encode) -> None:
    """ISO 23008-12, annex A.2.1: pixels are turned by the box's properties alone; every phone writes them."""
    sent = encode(
        corners(), "HEIF", exif=exif(orientation)
    )  # an object: the encoder keeps it, and turns nothing
    assert b"irot" not in sent
    assert b"imir" not in sent
    assert shown(sent) == expected(1)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_picture_of_tiles_is_upright_too(orientation: int, encode: Encode) -> None:
    sent = encode(
        corners().resize((256, 192)), "HEIF", exif=exif(orientation).tobytes(), tile_size=64, chroma=420
    )
    assert b"grid" in sent
    size, colours = shown(sent)
    assert size == ((256, 192) if orientation == 3 else (192, 256))
    assert colours == UPRIGHT[orientation]
