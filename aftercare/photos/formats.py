"""Which picture formats are taken, told from the first bytes: never from a name or a header of the request.

Another format joins by a row in `FORMATS`; nothing else knows them by name.
"""

from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from typing import Any

import msgspec
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from aftercare.model.photos import PhotoLimits
from aftercare.photos.errors import PhotoKindError, PhotoTooLargeError

_HEAD_BYTES = 256  # the brands of a HEIC or AVIF take 20 to 60
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEVC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_ANY_CODEC = frozenset({b"mif1", b"msf1"})


class PictureFormat(msgspec.Struct, frozen=True, kw_only=True):
    """One format: how its first bytes look, and the decoder that reads its header.

    `pixels` names the limit that it has; `scales` says that it decodes straight to a fraction of its size, so that its
    pixels are cheap. `needs` is a module that is not on every server: without it the format is refused with `instead`.
    """

    name: str
    media_type: str
    begins: Callable[[bytes], bool]
    decoder: Callable[[BytesIO], ImageFile]
    pixels: Callable[[PhotoLimits], int] = lambda limits: limits.max_pixels
    scales: bool = False
    needs: str = ""
    instead: str = ""

    @property
    def taken(self) -> bool:
        """Whether this server can decode it."""
        return not self.needs or find_spec(self.needs) is not None


def _codec(head: bytes) -> str:
    """AVIF, HEIF or nothing, by the brands of a file type box (ISO 14496-12, 4.3): the first that names a codec."""
    if head[4:8] != b"ftyp":
        return ""
    box = head[8 : min(int.from_bytes(head[:4], "big"), _HEAD_BYTES)]
    brands = [box[:4], *(box[at : at + 4] for at in range(8, len(box), 4))]
    for brand in brands:
        if brand in _AVIF_BRANDS or brand in _HEVC_BRANDS:
            return "AVIF" if brand in _AVIF_BRANDS else "HEIF"
    return "HEIF" if brands[0] in _ANY_CODEC else ""


def _avif(file: BytesIO) -> ImageFile:
    plugin: Any = import_module("PIL.AvifImagePlugin")
    plugin.DEFAULT_MAX_THREADS = (
        1  # check-ins need the other processor; two photos are decoded at a time as it is
    )
    decoded: ImageFile = plugin.AvifImageFile(file)
    return decoded


def _heif(file: BytesIO) -> ImageFile:
    package: Any = import_module("pillow_heif")
    options = package.options
    # Only the picture itself: what else the file holds would cost time, and a thumbnail might show something else.
    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    options.DECODE_THREADS = 1
    decoded: ImageFile = package.HeifImageFile(file)
    return decoded


# The decoders are named rather than found by `Image.open`: that one also tries what it was not asked for, and turns a
# JPEG with a damaged multi-picture index (panoramas, portraits) away although its main picture is whole.
FORMATS = (
    PictureFormat(
        name="JPEG",
        media_type="image/jpeg",
        begins=lambda head: head.startswith(b"\xff\xd8\xff"),
        decoder=JpegImageFile,
        pixels=lambda limits: limits.max_pixels_jpeg,
        scales=True,
    ),
    PictureFormat(
        name="PNG",
        media_type="image/png",
        begins=lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"),
        decoder=PngImageFile,
    ),
    PictureFormat(
        name="WebP",
        media_type="image/webp",
        begins=lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP",
        decoder=WebPImageFile,
    ),
    PictureFormat(
        name="AVIF",
        media_type="image/avif",
        begins=lambda head: _codec(head) == "AVIF",
        decoder=_avif,
        needs="PIL._avif",
        instead="This clinic's server cannot open AVIF. Send the photo as JPEG.",
    ),
    PictureFormat(
        name="HEIC",
        media_type="image/heic",
        begins=lambda head: _codec(head) == "HEIF",
        decoder=_heif,
        pixels=lambda limits: limits.max_pixels_heic,
        needs="pillow_heif",
        instead="This phone saves photos as HEIC, which this clinic's server cannot open. Choose “Most compatible” (JPEG) "
        "in the camera's settings and take it again, or send it as JPEG.",
    ),
)


def formats_taken() -> tuple[PictureFormat, ...]:
    """The formats that this server can decode."""
    return tuple(known for known in FORMATS if known.taken)


def load_decoders() -> None:
    """Have every decoder in memory: whoever may open no more files later could not load it then."""
    for known in formats_taken():
        with suppress(OSError, SyntaxError, ValueError, RuntimeError, EOFError):  # nothing is no picture
            known.decoder(BytesIO())


def picture_format(data: bytes, limits: PhotoLimits) -> PictureFormat:
    """Tell the format of a received file from its first bytes; nothing is decoded.

    Raises PhotoTooLargeError over `limits.max_bytes`, PhotoKindError if it is no format that is taken here.
    """
    if len(data) > limits.max_bytes:
        raise PhotoTooLargeError
    head = data[:_HEAD_BYTES]
    for known in FORMATS:
        if known.begins(head):
            if not known.taken:
                raise PhotoKindError(known.instead)
            return known
    raise PhotoKindError
