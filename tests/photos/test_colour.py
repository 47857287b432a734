"""Colours as a camera means them: wide gamuts, deep channels, inks and transparency, all shown as sRGB on white."""

import struct
from collections.abc import Callable
from io import BytesIO

import pillow_heif
import pytest
from PIL import Image, ImageCms

from tests.photos.colours import (
    ADOBE_GAMMA,
    ADOBE_TO_SRGB,
    P3_TO_SRGB,
    SKIN,
    UNCHANGED,
    Colour,
    Row,
    in_srgb,
    kept,
    linear,
    near,
    png,
)

Encode = Callable[..., bytes]

KINDS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")
# Colorants relative to D50 (ICC.1).
P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))


def profile(colorants: tuple[Row, Row, Row], curve: bytes, called: str = "mine") -> bytes:
    """A display profile of three colorants and one curve, as the ICC's specification lays it out."""
    fixed = [
        struct.pack(">i", round(value * 65536))
        for row in (*colorants, (0.9642, 1.0, 0.8249))
        for value in row
    ]
    points = [b"XYZ \0\0\0\0" + b"".join(fixed[at : at + 3]) for at in (0, 3, 6, 9)]
    said = called.encode("utf-16-be")
    words = b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(said), 28) + said
    tags = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt"), points, strict=True))
    tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve, b"desc": words, b"cprt": words}
    table, content = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(content), len(value))
        content += value + bytes(-len(value) % 4)
    head = struct.pack(
        ">I4sI4s4s4s12s4s",
        128 + len(table + content),
        b"",
        0x04200000,
        b"mntr",
        b"RGB ",
        b"XYZ ",
        b"",
        b"acsp",
    )
    head += bytes(28) + b"".join(fixed[9:12])
    return head.ljust(128, b"\0") + table + content


def p3() -> bytes:
    bent = struct.pack(
        ">HH5i",
        3,
        0,
        *(round(value * 65536) for value in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)),
    )
    return profile(P3, b"para\0\0\0\0" + bent)


def adobe() -> bytes:
    return profile(ADOBE, b"curv\0\0\0\0" + struct.pack(">IHxx", 1, 563))


def gamma(level: int) -> float:
    return float((level / 255) ** ADOBE_GAMMA)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("colour", SKIN, ids=str)
def test_a_photo_in_display_p3_is_shown_in_srgb(kind: str, colour: Colour, encode: Encode) -> None:
    meant = in_srgb(colour, linear, P3_TO_SRGB)
    near(kept(encode(Image.new("RGB", (64, 48), colour), kind, icc_profile=p3())), meant)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("colour", SKIN, ids=str)
def test_a_photo_in_adobe_rgb_is_shown_in_srgb(kind: str, colour: Colour, encode: Encode) -> None:
    meant = in_srgb(colour, gamma, ADOBE_TO_SRGB)
    near(kept(encode(Image.new("RGB", (64, 48), colour), kind, icc_profile=adobe())), meant)


def test_a_profile_is_srgb_by_what_it_does_and_not_by_its_name(encode: Encode) -> None:
    straight = profile(SRGB, b"curv\0\0\0\0" + bytes(4), "sRGB, linear")
    meant = in_srgb((120, 60, 40), lambda level: level / 255, UNCHANGED)
    near(kept(encode(Image.new("RGB", (64, 48), (120, 60, 40)), "PNG", icc_profile=straight)), meant)


def test_the_redness_of_a_wide_gamut_is_more_than_its_numbers(encode: Encode) -> None:
    """What the two tests above are for: without the conversion this patient would look less red than they are."""
    (red, green, _) = kept(encode(Image.new("RGB", (64, 48), (200, 120, 100)), "JPEG", icc_profile=p3()))
    assert red - green > 200 - 120 + 8


GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
RED_AND_BLUE = (b"PLTE", bytes((220, 20, 20, 20, 20, 220)))


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (png(16, GREY, b"\x9c\x40"), (156, 156, 156)),
        (png(16, GREY, b"\x01\x00"), (1, 1, 1)),
        (png(16, RGB, b"\xdc\x00\x14\xff\x14\x00"), (220, 20, 20)),
        (png(16, RGBA, b"\xdc\x00\x14\xff\x14\x00\xff\xff"), (220, 20, 20)),
        (png(16, RGBA, b"\xdc\x00\x14\xff\x14\x00\x00\x00"), (255, 255, 255)),
        (png(16, GREY_ALPHA, b"\x80\x00\x00\x00"), (255, 255, 255)),
        (png(16, GREY_ALPHA, b"\x80\x00\xff\xff"), (128, 128, 128)),
        (png(8, GREY_ALPHA, b"\x00\x80"), (127, 127, 127)),
        (png(8, PALETTE, b"\x01", RED_AND_BLUE), (20, 20, 220)),
        (png(8, PALETTE, b"\x01", RED_AND_BLUE, (b"tRNS", b"\xff\x00")), (255, 255, 255)),
        (png(8, PALETTE, b"\x01", RED_AND_BLUE, (b"tRNS", b"\xff\x80")), (137, 137, 237)),
        (png(8, GREY, b"\x50", (b"tRNS", b"\x00\x50")), (255, 255, 255)),
        (png(8, RGB, b"\x01\x02\x03", (b"tRNS", b"\0\1\0\2\0\3")), (255, 255, 255)),
    ],
)  # fmt: skip
def test_every_kind_of_png_is_plain_colour_on_white(sent: bytes, meant: Colour) -> None:
    near(kept(sent), meant)


@pytest.mark.parametrize("kind", ["AVIF", "HEIF", "WEBP"])
@pytest.mark.parametrize(("alpha", "meant"), [(255, (20, 60, 220)), (0, (255, 255, 255))])
def test_transparency_is_white(kind: str, alpha: int, meant: Colour, encode: Encode) -> None:
    near(kept(encode(Image.new("RGBA", (64, 48), (20, 60, 220, alpha)), kind)), meant)


@pytest.mark.parametrize("kind", ["JPEG", "AVIF", "HEIF"])
def test_greyscale_stays_grey(kind: str, encode: Encode) -> None:
    near(kept(encode(Image.new("L", (64, 48), 90), kind)), (90, 90, 90))


def test_a_deep_heic_keeps_its_light() -> None:
    level = 40_000
    pixels = struct.pack("<HHH", level, level // 2, level // 4) * (64 * 64)
    into = BytesIO()
    pillow_heif.from_bytes("RGB;16", (64, 64), pixels).save(into, quality=95, chroma=444)
    near(kept(into.getvalue()), (level >> 8, level >> 9, level >> 10), 6)


def test_inks_with_and_without_their_makers_mark(encode: Encode) -> None:
    sent = encode(Image.new("CMYK", (64, 48), (0, 255, 255, 0)), "JPEG")
    near(kept(sent), (255, 0, 0), 12)
    marked = sent.index(b"\xff\xee")
    length = int.from_bytes(sent[marked + 2 : marked + 4], "big")
    unmarked = sent[:marked] + sent[marked + 2 + length :]
    near(kept(unmarked), (255, 0, 0), 12)


def test_a_profile_that_is_for_no_picture_is_ignored(encode: Encode) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    near(kept(encode(Image.new("L", (64, 48), 90), "JPEG", icc_profile=lab)), (90, 90, 90))
