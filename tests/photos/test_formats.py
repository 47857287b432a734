"""The kind of a file comes from its content, and each server says which kinds it takes."""

import sys
from collections.abc import Callable

import pytest
from PIL import Image

from aftercare.model.photos import PhotoLimits
from aftercare.photos.errors import PhotoDamagedError, PhotoKindError
from aftercare.photos.formats import FORMATS, formats_taken, picture_format
from aftercare.photos.renditions import render

Encode = Callable[..., bytes]
NAMES = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WebP", "AVIF": "AVIF", "HEIF": "HEIC"}


def ftyp(*brands: bytes) -> bytes:
    """A file type box: the major brand, a version, the compatible ones; then something."""
    box = b"ftyp" + brands[0] + bytes(4) + b"".join(brands[1:])
    return (len(box) + 4).to_bytes(4, "big") + box + bytes(300)


def kind_of(data: bytes) -> str:
    return picture_format(data, PhotoLimits()).name


@pytest.mark.parametrize(("kind", "name"), NAMES.items())
def test_a_format_is_told_by_its_content(kind: str, name: str, noise: Image.Image, encode: Encode) -> None:
    assert kind_of(encode(noise, kind)) == name


@pytest.mark.parametrize(
    ("brands", "name"),
    [
        ((b"heic", b"mif1", b"miaf"), "HEIC"),
        ((b"mif1", b"heic"), "HEIC"),
        ((b"mif1", b"miaf", b"avif"), "AVIF"),
        ((b"msf1", b"hevc"), "HEIC"),
        ((b"avis", b"msf1"), "AVIF"),
        ((b"MiHE", b"MiPr", b"miaf", b"mif1", b"heix"), "HEIC"),
        ((b"mif1",), "HEIC"),
        ((b"heic", b"avif"), "HEIC"),
    ],
    ids=repr,
)
def test_a_box_of_pictures_is_told_by_the_first_brand_that_names_a_codec(
    brands: tuple[bytes, ...], name: str
) -> None:
    assert kind_of(ftyp(*brands)) == name
    with pytest.raises(PhotoDamagedError):
        render(ftyp(*brands))


@pytest.mark.parametrize(
    "sent",
    [
        ftyp(b"isom", b"mp42"),
        ftyp(b"qt  "),
        ftyp(b"M4V "),
        ftyp(b"crx "),
        b"\0\0\0\x18fty",
        b"\0\0\0\0ftyp",
        b"\0\0\0\x0cftyp" + bytes(4) + b"heic",  # says that it ends before its brands
    ],
    ids=lambda sent: repr(sent[:12]),
)
def test_a_film_is_no_photo(sent: bytes) -> None:
    with pytest.raises(PhotoKindError):
        kind_of(sent)


def test_a_brand_behind_the_end_of_its_box_counts_for_nothing() -> None:
    assert kind_of(ftyp(b"mif1") + b"avif") == "HEIC"


@pytest.mark.parametrize(
    ("module", "kind", "word"),
    [("pillow_heif", "HEIF", "Most compatible"), ("PIL._avif", "AVIF", "Send the photo as JPEG")],
)
def test_a_server_without_a_decoder_says_what_to_do(
    module: str, kind: str, word: str, noise: Image.Image, encode: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = encode(noise, kind)
    assert render(sent).display.width == noise.width
    monkeypatch.setitem(sys.modules, module, None)  # as the import system says that it is not there
    with pytest.raises(PhotoKindError, match=word):
        render(sent)
    assert {one.name for one in FORMATS} - {one.name for one in formats_taken()} == {NAMES[kind]}


def test_a_picture_in_a_picture_of_another_format_is_the_outer_one(
    noise: Image.Image, encode: Encode
) -> None:
    inner = encode(Image.new("RGB", (16, 12), (255, 0, 0)), "PNG")
    outer = encode(noise, "JPEG", comment=inner)
    assert kind_of(outer) == "JPEG"
    assert render(outer + inner).display.width == noise.width
