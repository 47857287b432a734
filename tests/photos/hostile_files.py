"""Files made to do harm: bombs, pictures that are something else as well, and good ones with a few bytes changed."""

import random
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pillow_heif
from PIL import Image

PLANTED = b"Planted-Kestrel"
PNG_HEAD = b"\x89PNG\r\n\x1a\n"
SCRIPT = b"<html><script>alert('" + PLANTED + b"')</script></html>"
ARCHIVE = b"PK\x03\x04" + PLANTED + b"PK\x05\x06" + bytes(18)
KINDS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 90},
    "PNG": {},
    "WEBP": {},
    "AVIF": {"speed": 9},
    "HEIF": {"enc_params": {"preset": "ultrafast"}},
}


def good(kind: str, size: tuple[int, int] = (60, 40), **more: Any) -> bytes:
    """A small picture with grain, as that format."""
    pillow_heif.register_heif_opener()
    grain = random.Random(1).randbytes(size[0] * size[1] * 3)  # noqa: S311 - grain, not a secret
    out = BytesIO()
    Image.frombytes("RGB", size, grain).save(out, kind, **KINDS[kind] | more)
    return out.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    """One PNG chunk with its right checksum."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG of 8-bit RGB that claims a size."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return PNG_HEAD + header + b"".join(chunks) + chunk(b"IEND", b"")


def bombs() -> dict[str, bytes]:
    """Small to send, large to open."""
    zeros = zlib.compress(bytes(48 * 2**20), 9)
    pixels = chunk(b"IDAT", zlib.compress(bytes(16 * (1 + 16 * 3))))
    jpeg = bytearray(good("JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 65500, 65500)
    heic = bytearray(good("HEIF"))
    size = heic.index(b"ispe") + 8
    heic[size : size + 8] = struct.pack(">II", 60_000, 60_000)
    avif = bytearray(good("AVIF"))
    size = avif.index(b"ispe") + 8
    avif[size : size + 8] = struct.pack(">II", 60_000, 60_000)
    frames = [Image.new("RGB", (32, 32), (index % 256, 0, 0)) for index in range(300)]
    moving = {}
    for kind in ("PNG", "WEBP", "AVIF"):
        out = BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:], **KINDS[kind])
        moving[f"{kind} of 300 frames"] = out.getvalue()
    return moving | {
        "PNG of 3.6 gigapixels": png(60_000, 60_000, chunk(b"IDAT", zlib.compress(bytes(10_000)))),
        "JPEG of 4.3 gigapixels": bytes(jpeg),
        "HEIC of 3.6 gigapixels": bytes(heic),
        "AVIF of 3.6 gigapixels": bytes(avif),
        "zTXt of 48 MB": png(16, 16, chunk(b"zTXt", b"bomb\0\0" + zeros), pixels),
        "iCCP of 48 MB": png(16, 16, chunk(b"iCCP", b"bomb\0\0" + zeros), pixels),
        "iTXt of 48 MB": png(16, 16, chunk(b"iTXt", b"bomb\0\x01\0\0\0" + zeros), pixels),
        "pixels without end": png(16, 16, chunk(b"IDAT", zeros)),
        "thousands of chunks": png(16, 16, *[chunk(b"tEXt", b"a\0b")] * 20_000, pixels),
    }


def polyglots() -> dict[str, bytes]:
    """Good pictures that are a page, a program or an archive as well; each is to come out as a picture and nothing else."""
    jpeg, picture = good("JPEG"), good("PNG")
    return {
        "JPEG and page": good("JPEG", comment=SCRIPT),
        "JPEG and page behind it": jpeg + SCRIPT,
        "JPEG and archive": jpeg + ARCHIVE,
        "JPEG and archive inside": good("JPEG", comment=ARCHIVE),
        "PNG and script": picture[:33] + chunk(b"tEXt", b"Comment\0" + SCRIPT) + picture[33:],
        "PNG and script behind it": picture + b"/*" + SCRIPT + b"*/",
        "PNG and a chunk of its own": picture[:33] + chunk(b"exPl", SCRIPT) + picture[33:],
        "WebP and page": good("WEBP", xmp=SCRIPT),
        "AVIF and page": good("AVIF") + SCRIPT,
        "HEIC and page": good("HEIF", xmp=SCRIPT) + SCRIPT,
        "JPEG and JPEG": jpeg + good("JPEG", comment=PLANTED),
    }


def confused() -> dict[str, bytes]:
    """One thing that begins as another."""
    heads = {
        "JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF\0",
        "PNG": PNG_HEAD,
        "WEBP": b"RIFF\0\x10\0\0WEBPVP8 ",
        "AVIF": b"\0\0\0\x14ftypavif\0\0\0\0mif1",
        "HEIF": b"\0\0\0\x14ftypheic\0\0\0\0mif1",
    }
    bodies = {"page": SCRIPT, "archive": ARCHIVE, "zeros": bytes(5000)} | {kind: good(kind) for kind in KINDS}
    return {
        f"{body} that begins as {head}": begin + content
        for head, begin in heads.items()
        for body, content in bodies.items()
        if head != body
    }


def mutated(rng: random.Random, count: int) -> Iterator[bytes]:
    """Good files with bits turned, pieces repeated, exchanged, cut out or put in from another format."""
    samples = [good(kind) for kind in KINDS] + [good("JPEG", progressive=True), good("JPEG", (200, 150))]
    for _ in range(count):
        sent = bytearray(rng.choice(samples))
        for _ in range(rng.choice((1, 1, 2, 4, 16))):
            at, length = rng.randrange(len(sent)), rng.randrange(1, 64)
            match rng.randrange(5):
                case 0:
                    sent[at] ^= 1 << rng.randrange(8)
                case 1:
                    sent[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff"))
                case 2:
                    del sent[at : at + length]
                    sent = sent or bytearray(b"\0")
                case 3:
                    sent[at:at] = sent[at : at + length]
                case _:
                    other = rng.choice(samples)
                    start = rng.randrange(len(other))
                    sent[at : at + length] = other[start : start + length]
        yield bytes(sent)
