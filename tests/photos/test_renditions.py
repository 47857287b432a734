import random
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageCms
from PIL.ExifTags import Base

from aftercare.model.photos import PhotoLimits, Picture, Rendition
from aftercare.photos.errors import PhotoTooLargeError
from aftercare.photos.renditions import render

Encode = Callable[..., bytes]
Colour = tuple[int, int, int]

RED, GREEN, BLUE, WHITE, BLACK = (220, 20, 20), (20, 200, 20), (20, 20, 220), (255, 255, 255), (0, 0, 0)
KINDS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")

# EXIF 2.32, 4.6.4 Orientation: the visual side on which the stored row 0 lies, and the one of the stored column 0.
SIDES = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}
OPPOSITE = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}


def opened(picture: Picture) -> Image.Image:
    return Image.open(BytesIO(picture.data))


def near(seen: object, meant: Colour, within: int = 12) -> bool:
    assert isinstance(seen, tuple)
    return all(abs(one - other) <= within for one, other in zip(seen, meant, strict=True))


def four_corners() -> Image.Image:
    """64 x 48 pixels: red above left, green above right, blue below left, white below right."""
    picture = Image.new("RGB", (64, 48), RED)
    picture.paste(GREEN, (32, 0, 64, 24))
    picture.paste(BLUE, (0, 24, 32, 48))
    picture.paste(WHITE, (32, 24, 64, 48))
    return picture


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", SIDES)
def test_every_orientation_is_shown_upright(kind: str, orientation: int, encode: Encode) -> None:
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    shown = opened(render(encode(four_corners(), kind, exif=exif.tobytes())).display)

    assert shown.size == ((64, 48) if orientation < 5 else (48, 64))
    row_side, column_side = SIDES[orientation]
    for colour, row, column in ((RED, 0, 0), (GREEN, 0, 1), (BLUE, 1, 0), (WHITE, 1, 1)):
        sides = {OPPOSITE[row_side] if row else row_side, OPPOSITE[column_side] if column else column_side}
        x = 4 if "left" in sides else shown.width - 5
        y = 4 if "top" in sides else shown.height - 5
        assert near(shown.getpixel((x, y)), colour), (colour, sides)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_changes_nothing(orientation: int, encode: Encode) -> None:
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    assert opened(render(encode(four_corners(), "JPEG", exif=exif)).display).size == (64, 48)


def filled(mode: str, colour: Any) -> Image.Image:
    return Image.new(mode, (24, 16), colour)


def palette(*, transparent: bool) -> Image.Image:
    picture = filled("RGB", RED).quantize(4)
    if transparent:
        picture.info["transparency"] = picture.getpixel((0, 0))
    return picture


@pytest.mark.parametrize(
    ("picture", "kind", "meant"),
    [
        (filled("RGB", RED), "JPEG", RED),
        (filled("L", 90), "JPEG", (90, 90, 90)),
        (filled("CMYK", (0, 255, 255, 0)), "JPEG", (255, 0, 0)),
        (filled("1", 1), "PNG", WHITE),
        (filled("L", 90), "PNG", (90, 90, 90)),
        (filled("I;16", 40000), "PNG", (156, 156, 156)),
        (filled("LA", (0, 255)), "PNG", BLACK),
        (filled("LA", (0, 0)), "PNG", WHITE),
        (filled("RGBA", (*RED, 255)), "PNG", RED),
        (filled("RGBA", (0, 0, 0, 0)), "PNG", WHITE),
        (filled("RGBA", (0, 0, 0, 128)), "PNG", (127, 127, 127)),
        (palette(transparent=False), "PNG", RED),
        (palette(transparent=True), "PNG", WHITE),
        (filled("RGBA", (*BLUE, 255)), "WEBP", BLUE),
        (filled("RGBA", (0, 0, 0, 0)), "WEBP", WHITE),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else str(value),
)
def test_every_mode_becomes_plain_colour_on_white(
    picture: Image.Image, kind: str, meant: Colour, encode: Encode
) -> None:
    kept = render(encode(picture, kind))
    for rendition in Rendition:
        shown = opened(kept.picture(rendition))
        assert shown.mode == "RGB"
        assert near(shown.getpixel((8, 8)), meant)


def test_a_transparent_colour_of_an_rgb_png_is_white(encode: Encode) -> None:
    shown = opened(render(encode(filled("RGB", RED), "PNG", transparency=RED)).display)
    assert near(shown.getpixel((8, 8)), WHITE)


def profile_with_red_and_green_exchanged() -> bytes:
    """An RGB profile whose red is the real green: only a reader that uses it shows green."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile = profile.replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be"))
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


@pytest.mark.parametrize("kind", KINDS)
def test_a_colour_profile_is_obeyed(kind: str, encode: Encode) -> None:
    sent = encode(filled("RGB", (255, 0, 0)), kind, icc_profile=profile_with_red_and_green_exchanged())
    assert near(opened(render(sent).display).getpixel((8, 8)), (0, 255, 0))


@pytest.mark.parametrize(
    "profile",
    [b"no profile", profile_with_red_and_green_exchanged()[:200], bytes(3000)],
    ids=["text", "cut", "zeros"],
)
def test_a_broken_colour_profile_is_ignored(profile: bytes, encode: Encode) -> None:
    sent = encode(filled("RGB", RED), "JPEG", icc_profile=profile)
    assert near(opened(render(sent).display).getpixel((8, 8)), RED)


def test_a_profile_for_another_kind_of_colour_is_ignored(encode: Encode) -> None:
    sent = encode(
        filled("CMYK", (0, 255, 255, 0)), "JPEG", icc_profile=profile_with_red_and_green_exchanged()
    )
    assert near(opened(render(sent).display).getpixel((8, 8)), (255, 0, 0))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF"])
def test_of_a_moving_picture_the_first_frame_is_kept(kind: str, encode: Encode) -> None:
    others = [filled("RGB", GREEN), filled("RGB", BLUE)]
    sent = encode(filled("RGB", RED), kind, save_all=True, append_images=others, duration=50)
    assert near(opened(render(sent).display).getpixel((8, 8)), RED)


@pytest.mark.parametrize(
    ("kind", "size", "display", "thumbnail"),
    [
        ("JPEG", (4032, 3024), (2016, 1512), (320, 240)),  # halved by the decoder alone
        ("JPEG", (1800, 2400), (1536, 2048), (240, 320)),
        ("PNG", (2200, 1100), (2048, 1024), (320, 160)),
        ("WEBP", (1100, 2200), (1024, 2048), (160, 320)),
        ("JPEG", (300, 200), (300, 200), (300, 200)),  # never enlarged
        ("PNG", (1, 1), (1, 1), (1, 1)),
        ("JPEG", (9000, 2), (2048, 1), (320, 1)),
    ],
)
def test_a_photo_is_kept_at_two_sizes(
    kind: str, size: tuple[int, int], display: tuple[int, int], thumbnail: tuple[int, int], encode: Encode
) -> None:
    kept = render(encode(Image.new("RGB", size, RED), kind))
    for picture, meant in ((kept.display, display), (kept.thumbnail, thumbnail)):
        assert (picture.width, picture.height) == meant
        assert opened(picture).size == meant
        assert opened(picture).format == "JPEG"
        assert picture.media_type == "image/jpeg"


def test_a_photo_that_is_all_grain_is_kept(encode: Encode) -> None:
    size = (600, 400)
    grain = Image.frombytes("RGB", size, random.Random(1).randbytes(size[0] * size[1] * 3))  # noqa: S311 - noise
    kept = render(encode(grain, "JPEG")).display
    assert len(kept.data) > size[0] * size[1]  # more than a byte a pixel
    assert opened(kept).size == size


def test_the_digest_is_of_the_bytes_received(encode: Encode) -> None:
    sent = encode(filled("RGB", RED), "PNG")
    assert render(sent).sha256 == sha256(sent).hexdigest()


def test_the_same_bytes_make_the_same_renditions(noise: Image.Image, encode: Encode) -> None:
    sent = encode(noise, "JPEG")
    assert render(sent) == render(sent)


@pytest.mark.parametrize("kind", KINDS)
def test_the_pixel_limit_is_exact(kind: str, encode: Encode) -> None:
    sent = encode(Image.new("RGB", (40, 30)), kind)
    assert (
        render(sent, PhotoLimits(max_pixels=1200, max_pixels_jpeg=1200, max_pixels_heic=1200)).display.width
        == 40
    )
    with pytest.raises(PhotoTooLargeError):
        render(sent, PhotoLimits(max_pixels=1199, max_pixels_jpeg=1199, max_pixels_heic=1199))


def test_the_byte_limit_is_exact(encode: Encode) -> None:
    sent = encode(Image.new("RGB", (40, 30)), "PNG")
    assert render(sent, PhotoLimits(max_bytes=len(sent))).display.width == 40
    with pytest.raises(PhotoTooLargeError):
        render(sent, PhotoLimits(max_bytes=len(sent) - 1))
