"""Nothing of what was received survives but pixels: read by a parser of our own and by libvips, not by Pillow."""

import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.PngImagePlugin import PngInfo

from aftercare.model.photos import Rendition
from aftercare.photos.renditions import render
from tests.photos.by_libvips import fields

Encode = Callable[..., bytes]

SECRET = b"Kept-Secret"
# What libvips finds in any JPEG: how large it is, and how its pixels are packed.
NOTHING_BUT_PIXELS = {
    "bands", "coding", "filename", "format", "height", "interpretation", "jpeg-chroma-subsample", "jpeg-multiscan",
    "vips-loader", "width", "xoffset", "xres", "yoffset", "yres",
}  # fmt: skip
KINDS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")
# ITU T.81, table B.1: what a baseline JPEG needs to be shown, and the JFIF mark in front.
NEEDED = {0xE0: "APP0", 0xDB: "DQT", 0xC0: "SOF0", 0xC4: "DHT", 0xDA: "SOS"}
JFIF_BYTES = 14  # without a thumbnail


def segments(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """Markers and contents up to the first scan; then checks that exactly one end follows, with nothing behind it."""
    assert jpeg[:2] == b"\xff\xd8"
    at = 2
    while True:
        assert jpeg[at] == 0xFF
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        yield marker, jpeg[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == 0xDA:
            break
    scan = jpeg[at:]
    markers = [index for index in range(len(scan) - 1) if scan[index] == 0xFF and scan[index + 1] != 0]
    assert markers == [len(scan) - 2]
    assert scan[-2:] == b"\xff\xd9"


def assert_clean(jpeg: bytes) -> None:
    found = list(segments(jpeg))
    assert {marker for marker, _ in found} == set(NEEDED)
    assert [len(content) for marker, content in found if marker == 0xE0] == [JFIF_BYTES]
    assert fields(jpeg) == NOTHING_BUT_PIXELS
    assert SECRET not in jpeg
    assert SECRET.decode().encode("utf-16-le") not in jpeg


def telling_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make] = SECRET.decode()
    exif[Base.ImageDescription] = SECRET.decode()
    exif.get_ifd(IFD.GPSInfo).update(
        {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (48.0, 51.0, 29.9), GPS.GPSAreaInformation: SECRET}
    )
    exif.get_ifd(IFD.Exif)[Base.MakerNote] = SECRET * 50
    return exif


def telling(kind: str, noise: Image.Image, encode: Encode) -> bytes:
    """A picture of that kind with everything in it that can tell about a person."""
    exif = telling_exif()
    if kind == "PNG":
        text = PngInfo()
        text.add_text("Author", SECRET.decode())
        text.add_text("Comment", SECRET.decode() * 20, zip=True)
        text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        return encode(noise, "PNG", exif=exif, pnginfo=text, icc_profile=SECRET * 20)
    options = {"comment": SECRET} if kind == "JPEG" else {}
    return encode(noise, kind, exif=exif, icc_profile=SECRET * 20, xmp=b"<x:xmpmeta>" + SECRET, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_no_metadata_survives(kind: str, noise: Image.Image, encode: Encode) -> None:
    sent = telling(kind, noise, encode)
    assert sent.count(SECRET) > 3
    kept = render(sent)
    for rendition in Rendition:
        assert_clean(kept.picture(rendition).data)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tail", [b"<script>" + SECRET, b"PK\x03\x04" + SECRET, b"\xff\xd8\xff\xe1" + SECRET])
def test_what_hangs_behind_a_picture_is_gone(
    kind: str, tail: bytes, noise: Image.Image, encode: Encode
) -> None:
    kept = render(encode(noise, kind) + tail)
    for rendition in Rendition:
        assert_clean(kept.picture(rendition).data)


def test_a_thumbnail_inside_the_metadata_is_gone(noise: Image.Image, encode: Encode) -> None:
    inner = encode(noise.resize((16, 12)), "JPEG", comment=SECRET)
    exif = b"Exif\0\0" + telling_exif().tobytes()[6:] + inner
    kept = render(encode(noise, "JPEG", exif=exif))
    assert_clean(kept.display.data)


def dated(when: object, offset: object = None) -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make] = "camera"
    shot = exif.get_ifd(IFD.Exif)
    shot[Base.DateTimeOriginal] = when
    if offset is not None:
        shot[Base.OffsetTimeOriginal] = offset
    return exif


@pytest.mark.parametrize("kind", KINDS)
def test_the_time_of_the_photo_is_read_before_it_goes(kind: str, noise: Image.Image, encode: Encode) -> None:
    sent = encode(noise, kind, exif=dated("2026:03:29 14:05:10"))
    assert render(sent).taken_at == datetime(2026, 3, 29, 14, 5, 10)  # noqa: DTZ001 - the phone's own clock


@pytest.mark.parametrize(
    ("offset", "hour"), [("+02:00", 12), ("-05:30", 19), ("+00:00", 14)], ids=["east", "west", "at Greenwich"]
)
def test_a_time_with_its_offset_is_an_instant(
    offset: str, hour: int, noise: Image.Image, encode: Encode
) -> None:
    minute = 35 if offset == "-05:30" else 5
    sent = encode(noise, "JPEG", exif=dated("2026:03:29 14:05:10", offset))
    assert render(sent).taken_at == datetime(2026, 3, 29, hour, minute, 10, tzinfo=UTC)


@pytest.mark.parametrize("offset", ["", "later", "+99:00", "+2:00", "\0\0\0", "+01:00:00"])
def test_an_unreadable_offset_leaves_the_time(offset: str, noise: Image.Image, encode: Encode) -> None:
    sent = encode(noise, "JPEG", exif=dated("2026:03:29 14:05:10", offset))
    assert render(sent).taken_at == datetime(2026, 3, 29, 14, 5, 10)  # noqa: DTZ001 - the phone's own clock


@pytest.mark.parametrize(
    "when", ["0000:00:00 00:00:00", "2026:13:29 14:05:10", "yesterday", "", "    :  :     :  :  "]
)
def test_an_unreadable_time_is_none(when: str, noise: Image.Image, encode: Encode) -> None:
    assert render(encode(noise, "JPEG", exif=dated(when))).taken_at is None


@pytest.mark.parametrize("cut", range(8, 120, 7))
def test_damaged_metadata_never_loses_a_photo(cut: int, noise: Image.Image, encode: Encode) -> None:
    exif = telling_exif().tobytes()[:cut] + b"\xff" * 40
    assert render(encode(noise, "JPEG", exif=exif)).display.width == noise.width


def test_a_damaged_png_time_never_loses_a_photo(noise: Image.Image, encode: Encode) -> None:
    png = encode(noise, "PNG")
    chunk = b"eXIf" + b"MM\0*\xff\xff\xff\xff"
    chunk = (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    assert render(png[:33] + chunk + png[33:]).taken_at is None
