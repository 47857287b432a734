"""Colours of files that name their space without a profile: the code points of HEIC, AVIF and PNG, PNG's own numbers."""

import math
import random
import struct
from collections.abc import Callable
from io import BytesIO

import pillow_heif
import pytest
from PIL import Image

from aftercare.photos.boxes import primary_nclx
from aftercare.photos.renditions import render
from tests.photos.colours import (
    ADOBE_GAMMA,
    ADOBE_TO_SRGB,
    BT2020_TO_SRGB,
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
    shown,
)

Encode = Callable[..., bytes]

BT709, UNKNOWN, BT2020, DISPLAY_P3 = 1, 2, 9, 12
SRGB, PQ, HLG = 13, 16, 18
RGB, GREY = 2, 0
KINDS = ("PNG", "AVIF", "HEIF")
PAPER = 203  # cd/m2
# Linear light of BT.2020's primaries, 1 for paper: skin pale, red, dark, and a grey card.
LIT: tuple[Row, ...] = ((0.55, 0.38, 0.32), (0.35, 0.14, 0.11), (0.10, 0.06, 0.045), (0.18, 0.18, 0.18))


def picture(kind: str, colour: Colour, primaries: int, transfer: int, encode: Encode) -> bytes:
    """A picture of one colour that names its space by code points only."""
    if kind == "PNG":
        return png(8, RGB, bytes(colour), (b"cICP", bytes((primaries, transfer, 0, 1))))
    plain = Image.new("RGB", (64, 48), colour)
    if kind == "HEIF":
        return encode(plain, kind, color_primaries=primaries, transfer_characteristics=transfer)
    sent = encode(plain, kind)
    at = sent.index(b"colrnclx") + 8
    return sent[:at] + struct.pack(">HH", primaries, transfer) + sent[at + 4 :]


def pq(light: float) -> int:
    """BT.2100's inverse EOTF: the level of light that is so many times the paper's."""
    bent = math.pow(light * PAPER / 10_000, 0.1593017578125)
    return round(255 * math.pow((0.8359375 + 18.8515625 * bent) / (1 + 18.6875 * bent), 78.84375))


def hlg(scene: float) -> int:
    """BT.2100's OETF."""
    signal = (
        math.sqrt(3 * scene)
        if scene <= 1 / 12
        else 0.17883277 * math.log(12 * scene - 0.28466892) + 0.55991073
    )
    return round(255 * signal)


def in_hlg(lit: Row) -> Colour:
    """Light of the screen back to that of the scene, for a screen of 1000 cd/m2, and to levels."""
    shares = [part * PAPER / 1_000 for part in lit]
    bright = 0.2627 * shares[0] + 0.6780 * shares[1] + 0.0593 * shares[2]
    red, green, blue = (hlg(part / bright ** (1 - 1 / 1.2)) for part in shares)
    return red, green, blue


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("colour", SKIN, ids=str)
def test_display_p3_is_shown_in_srgb(kind: str, colour: Colour, encode: Encode) -> None:
    near(kept(picture(kind, colour, DISPLAY_P3, SRGB, encode)), in_srgb(colour, linear, P3_TO_SRGB))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("colour", SKIN, ids=str)
def test_bt2020_is_shown_in_srgb(kind: str, colour: Colour, encode: Encode) -> None:
    near(kept(picture(kind, colour, BT2020, SRGB, encode)), in_srgb(colour, linear, BT2020_TO_SRGB))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lit", LIT, ids=str)
def test_skin_in_pq_is_as_light_and_as_red_as_it_was(kind: str, lit: Row, encode: Encode) -> None:
    levels = (pq(lit[0]), pq(lit[1]), pq(lit[2]))
    near(kept(picture(kind, levels, BT2020, PQ, encode)), shown(lit, BT2020_TO_SRGB), 8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lit", LIT, ids=str)
def test_skin_in_hlg_is_as_light_and_as_red_as_it_was(kind: str, lit: Row, encode: Encode) -> None:
    near(kept(picture(kind, in_hlg(lit), BT2020, HLG, encode)), shown(lit, BT2020_TO_SRGB), 8)


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_more_light_is_never_darker_and_all_of_it_is_white(transfer: int, encode: Encode) -> None:
    greys = [kept(picture("PNG", (at, at, at), BT2020, transfer, encode))[0] for at in range(0, 256, 15)]
    assert greys == sorted(greys)
    assert (greys[0], greys[-1]) == (0, 255)


def test_light_beyond_paper_is_bent_and_not_cut(encode: Encode) -> None:
    """A shining forehead keeps its shape: three steps beyond four fifths of paper are three shades."""
    shades = [kept(picture("PNG", (pq(at),) * 3, BT2020, PQ, encode))[0] for at in (0.8, 1.0, 1.3, 2.0)]
    assert shades == sorted(set(shades))
    near((shades[0],) * 3, shown((0.8, 0.8, 0.8), UNCHANGED), 6)


def test_a_deep_heic_in_pq_is_shown_too() -> None:
    made, level = BytesIO(), pq(0.18) * 257
    deep = pillow_heif.from_bytes("RGB;16", (64, 64), struct.pack("<HHH", level, level, level) * 64 * 64)
    deep.save(made, quality=95, chroma=444, color_primaries=BT2020, transfer_characteristics=PQ)
    near(kept(made.getvalue()), shown((0.18, 0.18, 0.18), UNCHANGED), 8)


def test_a_grey_picture_in_pq_is_shown_too() -> None:
    sent = png(8, GREY, bytes([pq(0.18)]), (b"cICP", bytes((BT2020, PQ, 0, 1))))
    near(kept(sent), shown((0.18, 0.18, 0.18), UNCHANGED), 8)


def numbers(*parts: float) -> bytes:
    return b"".join(round(part * 100_000).to_bytes(4, "big") for part in parts)


ADOBE = numbers(0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
SAID_BY_SRGB = numbers(0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
SENT: Colour = (200, 120, 100)


@pytest.mark.parametrize("colour", SKIN, ids=str)
def test_primaries_and_gamma_of_a_png_are_shown_in_srgb(colour: Colour) -> None:
    sent = png(8, RGB, bytes(colour), (b"gAMA", numbers(1 / ADOBE_GAMMA)), (b"cHRM", ADOBE))
    # A gamma of 2.2 is how PNG writes the curve of sRGB.
    near(kept(sent), in_srgb(colour, linear, ADOBE_TO_SRGB))


def test_a_gamma_alone_is_shown_in_srgb() -> None:
    sent = png(8, RGB, bytes((120, 60, 40)), (b"gAMA", numbers(1.0)))
    near(kept(sent), in_srgb((120, 60, 40), lambda level: level / 255, UNCHANGED))


@pytest.mark.parametrize(
    "extra",
    [
        [(b"gAMA", numbers(0.45455)), (b"cHRM", SAID_BY_SRGB)],
        [(b"gAMA", numbers(1.0)), (b"cHRM", ADOBE), (b"sRGB", b"\0")],
        [(b"gAMA", bytes(4))],
        [(b"gAMA", b"\xff" * 4)],
        [(b"cHRM", bytes(32))],
        [(b"cHRM", b"\xff" * 32)],
        [(b"cHRM", ADOBE[:8] + ADOBE[8:16] * 3)],
        [(b"cICP", bytes((BT709, SRGB, 0, 1)))],
        [(b"cICP", bytes((UNKNOWN, UNKNOWN, 0, 1)))],
        [(b"cICP", bytes((255, 255, 0, 1)))],
        [(b"cICP", bytes((DISPLAY_P3, SRGB, 6, 1)))],
        [(b"cICP", bytes((DISPLAY_P3, SRGB, 0, 0)))],
        [(b"cICP", b"")],
    ],
    ids=lambda extra: " ".join(f"{name.decode()}:{said.hex()[:16]}" for name, said in extra),
)
def test_what_says_srgb_or_makes_no_sense_is_left_as_it_is(extra: list[tuple[bytes, bytes]]) -> None:
    near(kept(png(8, RGB, bytes(SENT), *extra)), SENT, 2)


@pytest.mark.parametrize(
    ("kind", "primaries", "transfer"),
    [
        ("AVIF", UNKNOWN, UNKNOWN),
        ("AVIF", BT709, BT709),
        ("AVIF", 0, 0),
        ("AVIF", 255, 255),
        ("HEIF", UNKNOWN, UNKNOWN),
        ("HEIF", BT709, BT709),  # its decoder refuses the numbers that H.273 reserves
    ],
)
def test_unknown_code_points_are_srgb(kind: str, primaries: int, transfer: int, encode: Encode) -> None:
    near(kept(picture(kind, SENT, primaries, transfer, encode)), SENT)


def test_code_points_of_a_png_go_before_everything_else() -> None:
    extra = (b"gAMA", numbers(1.0)), (b"cICP", bytes((DISPLAY_P3, SRGB, 0, 1))), (b"sRGB", b"\0")
    near(kept(png(8, RGB, bytes(SENT), *extra)), in_srgb(SENT, linear, P3_TO_SRGB))


def test_the_main_picture_of_an_avif_counts_and_not_what_lies_beside_it(encode: Encode) -> None:
    sent = encode(Image.new("RGBA", (64, 48), (*SENT, 200)), "AVIF")
    at = sent.index(b"colrnclx") + 8
    p3 = sent[:at] + struct.pack(">HH", DISPLAY_P3, SRGB) + sent[at + 4 :]
    assert primary_nclx(p3) == (DISPLAY_P3, SRGB)
    main = p3.index(b"pitm") + 8
    assert primary_nclx(p3[:main] + b"\0\2" + p3[main + 2 :]) is None  # its transparency names none


def test_no_damaged_avif_is_more_than_a_picture_without_a_space(encode: Encode) -> None:
    sent, dice = encode(Image.new("RGB", (64, 48), SENT), "AVIF"), random.Random(5)  # noqa: S311
    for _ in range(3000):
        damaged = bytearray(sent)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(24, len(sent))] = dice.choice((0, 1, 2, 0x7F, 0x80, 0xFF))
        found = primary_nclx(bytes(damaged[: dice.randint(8, len(sent))]))
        assert found is None or all(0 <= code <= 0xFFFF for code in found)


def test_an_avif_that_counts_to_four_thousand_million_is_done_at_once(encode: Encode) -> None:
    sent = encode(Image.new("RGB", (64, 48), SENT), "AVIF")
    at = sent.index(b"ipma") + 8
    assert primary_nclx(sent[:at] + b"\xff" * 4 + b"\0\2\0" + sent[at + 7 :]) is None


def test_a_hostile_space_never_costs_the_photo() -> None:
    dice = random.Random(7)  # noqa: S311 - hostile numbers, no secrets
    for _ in range(60):
        extra = (b"cHRM", dice.randbytes(32)), (b"gAMA", dice.randbytes(4))
        render(png(8, RGB, bytes(SENT), *extra))
