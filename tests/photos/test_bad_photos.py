import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from io import BytesIO

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import Base

from aftercare.errors import AftercareError
from aftercare.photos.errors import PhotoDamagedError, PhotoKindError, PhotoTooLargeError
from aftercare.photos.renditions import render

Encode = Callable[..., bytes]

KINDS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, content: bytes) -> bytes:
    """One PNG chunk with its right checksum."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return PNG_HEAD + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sixteenths", range(16))
def test_a_truncated_picture_is_refused(
    kind: str, sixteenths: int, noise: Image.Image, encode: Encode
) -> None:
    whole = encode(noise, kind)
    cut = whole[: len(whole) * sixteenths // 16]
    with pytest.raises(PhotoDamagedError if sixteenths else PhotoKindError):
        render(cut)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\xff\xd8",
        b"Dear clinic, here is my photo.jpg",
        b"<html><img src=x></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00",
        b"BM\x3a\x00\x00\x00\x00\x00\x00\x00",
        b"II*\x00\x08\x00\x00\x00",
        b"PK\x03\x04photo.jpg",
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"RIFF\x24\x00\x00\x00AVI LIST",
        b" " + PNG_HEAD,
    ],
    ids=lambda sent: repr(sent[:12]),
)
def test_what_is_no_picture_of_ours_is_refused_by_its_content(sent: bytes) -> None:
    with pytest.raises(PhotoKindError):
        render(sent)


def test_one_kind_dressed_as_another_is_refused(noise: Image.Image, encode: Encode) -> None:
    heads = {
        "JPEG": b"\xff\xd8\xff\xe0",
        "PNG": PNG_HEAD,
        "WEBP": b"RIFF\x00\x10\x00\x00WEBPVP8 ",
        "AVIF": b"\0\0\0\x14ftypavif\0\0\0\0mif1",
        "HEIF": b"\0\0\0\x14ftypheic\0\0\0\0mif1",
    }
    for worn, head in heads.items():
        for kind in KINDS:
            if kind != worn:
                with pytest.raises(PhotoDamagedError):
                    render(head + encode(noise, kind))


def huge_jpeg(encode: Encode) -> bytes:
    jpeg = bytearray(encode(Image.new("RGB", (16, 16)), "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 65500, 65500)
    return bytes(jpeg)


def huge_webp(encode: Encode) -> bytes:
    webp = bytearray(
        encode(Image.new("RGBA", (16, 16), (0, 0, 0, 0)), "WEBP", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0")
    )
    assert webp[12:16] == b"VP8X"
    webp[24:30] = (16383).to_bytes(3, "little") * 2
    return bytes(webp)


def lossless_webp(_: Encode) -> bytes:
    size = struct.pack("<I", 16382 | 16382 << 14)
    body = b"WEBPVP8L" + struct.pack("<I", 40) + b"\x2f" + size + bytes(35)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def huge_png(_: Encode) -> bytes:
    return png(60000, 60000, chunk(b"IDAT", zlib.compress(bytes(10_000))))


@pytest.mark.parametrize("bomb", [huge_png, huge_jpeg, huge_webp, lossless_webp])
def test_a_huge_picture_is_refused_by_its_header(bomb: Callable[[Encode], bytes], encode: Encode) -> None:
    sent = bomb(encode)
    began = time.process_time()
    with pytest.raises((PhotoTooLargeError, PhotoDamagedError)) as refused:
        render(sent)
    assert time.process_time() - began < 0.2
    if bomb in (huge_png, huge_jpeg):
        assert refused.type is PhotoTooLargeError


@pytest.mark.parametrize("name", [b"zTXt", b"iCCP", b"iTXt"])
def test_a_compressed_bomb_in_a_png_is_not_blown_up(name: bytes) -> None:
    packed = zlib.compress(bytes(80 * 2**20), 9)
    content = b"bomb\0\x01\0\0\0" + packed if name == b"iTXt" else b"bomb\0\0" + packed
    pixels = chunk(b"IDAT", zlib.compress(bytes(16 * (1 + 16 * 3))))
    sent = png(16, 16, chunk(name, content), pixels)
    tracemalloc.start()
    try:
        with pytest.raises(PhotoDamagedError):
            render(sent)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_many_frames_cost_no_more_than_one(encode: Encode) -> None:
    frames = [Image.new("RGB", (64, 64), (index, 0, 0)) for index in range(200)]
    sent = encode(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=1)
    one, many = encode(frames[0], "PNG"), sent
    assert render(many).display == render(one).display


def test_a_png_that_claims_endless_frames_is_one_picture(encode: Encode) -> None:
    plain = encode(Image.new("RGB", (16, 16)), "PNG")
    claims = chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    assert render(plain[:33] + claims + plain[33:]).display.width == 16


def test_a_jpeg_with_a_damaged_index_of_pictures_is_kept(noise: Image.Image, encode: Encode) -> None:
    jpeg = encode(noise, "JPEG")
    index = b"MPF\0MM\0*\0\0\0\x08\0\x01\xb0\x02\0\x07\xff\xff\xff\xff\xff\xff\xff\xff"
    sent = jpeg[:2] + b"\xff\xe2" + struct.pack(">H", len(index) + 2) + index + jpeg[2:]
    assert render(sent).display.width == noise.width


def test_a_refusal_tells_nothing_of_the_file(noise: Image.Image, encode: Encode) -> None:
    sent = encode(noise, "PNG")
    for bad in (sent[:-200], b"photo of Somebody", PNG_HEAD + chunk(b"Some", b"body")):
        with pytest.raises(AftercareError) as refused:
            render(bad)
        assert "ome" not in refused.value.detail.replace("some", "")
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__ or refused.value.__context__ is None


def samples() -> list[bytes]:
    pillow_heif.register_heif_opener()
    made = []
    for kind in KINDS:
        out, exif = BytesIO(), Image.Exif()
        exif[Base.Make] = "camera"
        Image.linear_gradient("L").resize((24, 16)).convert("RGB").save(out, kind, exif=exif)
        made.append(out.getvalue())
    return made


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.sampled_from(samples()),
    st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=4)), min_size=1, max_size=6),
)
def test_whatever_is_wrong_is_one_of_our_errors(whole: bytes, harm: list[tuple[int, bytes]]) -> None:
    sent = bytearray(whole)
    for at, put in harm:
        place = at % len(sent)
        sent[place : place + len(put)] = put
    try:
        kept = render(bytes(sent))
    except (PhotoDamagedError, PhotoKindError, PhotoTooLargeError):
        return
    assert kept.display.data.startswith(b"\xff\xd8\xff")
